"""The third step: what is due in the outbox is sent, and marked after it was sent: at least once, never lost.

Each channel is drained by itself: the daemon gives each a loop of its own, so that one that hangs delays no other.
Before an attempt the next one is put into the database: whoever is killed in between leaves a delivery that comes
again, under the same key.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.alerts import contents, outbox
from monitor.config.channels import EmailChannel
from monitor.errors import TransportError
from monitor.steps.outcomes import Delivered
from monitor.store import alerts
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor
    from datetime import datetime

    from monitor.channels import Channel
    from monitor.config.sources import Config
    from monitor.sandbox.reader import Reader
    from monitor.store.alerts import DeliveryRow
    from monitor.store.archive import Archive
    from monitor.store.database import Store

FIRST_WAIT = timedelta(seconds=30)  # after the first failure; each further one doubles it
LONGEST_WAIT = timedelta(hours=6)
MOST_ASKED = timedelta(days=1)  # a receiver that asks for longer is not believed
GIVEN_UP = timedelta(days=7)  # an alert that could not be sent for so long is given up, and said to be,
AHEAD = timedelta(days=1)  # no clock is corrected by as much as this
ENOUGH = 10  # if it was tried so often: a machine that was off, or a channel disabled, for a week loses nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """What the step needs; `channels` are kept between drains, for what they remember of a half-taken alert.

    `store` gives the connection of the thread that asks; `threads` has at least one for each channel.
    """

    config: Config
    store: Callable[[], Store]
    threads: Executor
    archive: Archive
    reader: Reader
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]


def deliver(step: Deliverer) -> Iterator[Delivered]:
    """Send what is due, on all channels side by side; yields each attempt, channel by channel."""
    for done in step.threads.map(lambda name: list(drain(step, name)), step.channels):
        yield from done


def drain(step: Deliverer, name: str) -> Iterator[Delivered]:
    """Send what is due on one channel, oldest first, until it is empty or does not take any more for now."""
    store = step.store()
    now = step.now()
    # What was written while the clock stood ahead would otherwise wait until that time has really come.
    ahead, far = instant(now + AHEAD), instant(now + GIVEN_UP + AHEAD)
    for delivery in alerts.due(store, name, at=instant(now), ahead=ahead, far=far):
        done = _attempt(step, store, delivery)
        if done is None:
            continue
        yield done
        if done.fault:
            return


def _attempt(step: Deliverer, store: Store, delivery: DeliveryRow) -> Delivered | None:
    """Try to send one alert; None where another process is at it."""
    with store.transaction():
        if not alerts.mark_tried(store, delivery, next_attempt_at=instant(step.now() + wait(delivery.attempts, None))):
            return None
    # Only now is it put into words: from here on nothing joins this alert any more.
    # Drawing takes longer than all the rest, and only a mail shows what is drawn.
    picture = step.reader.picture if isinstance(step.config.channels[delivery.channel], EmailChannel) else None
    message = contents.message_of(store, step.archive, step.config, delivery, picture=picture)
    try:
        step.channels[delivery.channel].send(message)
    except TransportError as fault:
        with store.transaction():
            _failed(step, store, delivery, fault)
        return Delivered(channel=delivery.channel, message=message, fault=str(fault))
    with store.transaction():
        alerts.mark_sent(store, delivery, at=instant(step.now()))
    return Delivered(channel=delivery.channel, message=message)


def wait(attempts: int, retry_after: float | None) -> timedelta:
    """How long to wait after so many failures: twice as long each time, a little by chance, never less than asked."""
    doubled: timedelta = min(FIRST_WAIT * int(2 ** min(attempts, 20)), LONGEST_WAIT)
    jittered = doubled * random.uniform(0.8, 1.2)  # noqa: S311 - no secret, only so that not all come at once
    return max(jittered, min(timedelta(seconds=retry_after or 0), MOST_ASKED))


def _failed(step: Deliverer, store: Store, delivery: DeliveryRow, fault: TransportError) -> None:
    """Note a failure: again later, given up, or the whole channel disabled; of the last two, operators are told."""
    now = step.now()
    if fault.disables:
        alerts.mark_failed(store, delivery, fault=str(fault), next_attempt_at=instant(now))
        alerts.disable(store, delivery.channel, fault=str(fault), at=instant(now))
        subject = f"channel {delivery.channel} is disabled"
        mend = f"Its alerts wait. When it is mended, `monitor test-alert {delivery.channel}` lets them go."
        outbox.tell_operators(store, step.config, subject=subject, notes=(str(fault), mend), now=now)
        return
    overdue = now - moment(delivery.due_at) >= GIVEN_UP and delivery.attempts + 1 >= ENOUGH
    given_up = fault.permanent or overdue
    again = None if given_up else instant(now + wait(delivery.attempts, fault.retry_after))
    alerts.mark_failed(store, delivery, fault=str(fault), next_attempt_at=again)
    if again and fault.retry_after:
        alerts.postpone(store, delivery.channel, until=again)
    if given_up and delivery.subject is None:
        subject = f"an alert could not be sent on {delivery.channel}, and was given up"
        mend = f"`monitor redeliver {delivery.alert_id}` tries again."
        outbox.tell_operators(store, step.config, subject=subject, notes=(str(fault), mend), now=now)
