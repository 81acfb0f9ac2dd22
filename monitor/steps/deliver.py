"""The third step: send the alerts that are due. Each alert is sent at least once, and no alert is lost.

Each channel is handled on its own, so a channel that does not answer delays no other. Before each attempt, the time of
the next attempt is written to the database. If the program is killed during an attempt, the alert is sent again at that
time, with the same id, so that the receiver can recognise it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.alerts import contents, outbox
from monitor.alerts.compose import compose
from monitor.config.channels import EmailChannel
from monitor.errors import TransportError
from monitor.steps import schedule
from monitor.steps.outcomes import Delivered
from monitor.store import alerts
from monitor.times import backoff, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.channels import Channel
    from monitor.steps.context import Context
    from monitor.store.alerts import DeliveryRow

FIRST_RETRY_PAUSE = timedelta(seconds=30)  # after the first failure; each further one doubles it
MAX_RETRY_PAUSE = timedelta(hours=6)  # between two attempts, unless the receiver asks for more
MAX_DELAY = timedelta(days=7)  # after which an alert that could not be sent is given up, and operators are told,
MIN_ATTEMPTS = 10  # if it was tried as often as this: a machine that was off for a week loses nothing
MAX_CLOCK_ERROR = timedelta(days=1)  # no clock is corrected by more than this


def deliver(context: Context, name: str, channel: Channel) -> Iterator[Delivered]:
    """Send the alerts that are due on one channel, oldest first, and yield the outcome of each attempt.

    1. Take the next delivery (an alert for this channel) that is due.
    2. Write down the time of the next attempt, in case this one is cut short. If another process is already sending
       this delivery, skip it.
    3. Put the alert into words. From now on no further entry of the change log is added to it.
    4. Send it, and mark it as sent.
    5. If sending fails, plan the next attempt, or give the alert up, or disable the channel. Then stop, because the
       channel is not likely to take further alerts now.

    `name` is the channel's name in the configuration.
    """
    now = context.now()
    # A time that was written while the clock stood ahead must not delay an alert until that time has come.
    ahead, far = instant(now + MAX_CLOCK_ERROR), instant(now + MAX_DELAY + MAX_CLOCK_ERROR)
    for delivery in alerts.due_deliveries(context.store, name, at=instant(now), ahead=ahead, far=far):
        attempt = _attempt(context, delivery, channel)
        if attempt is None:
            continue
        yield attempt
        if attempt.fault:
            return


def _attempt(context: Context, delivery: DeliveryRow, channel: Channel) -> Delivered | None:
    """Try to send one alert once; return the outcome, or None if another process is sending it already."""
    store = context.store
    with store.transaction():
        next_at = context.now() + retry_pause(delivery.attempts, None)
        if not alerts.mark_tried(store, delivery, next_attempt_at=instant(next_at)):
            return None
    # Drawing takes longer than all the rest, and only a mail shows pictures.
    draw = context.reader.picture if isinstance(context.config.channels[delivery.channel], EmailChannel) else None
    message = compose(contents.of_delivery(store, context.archive, context.config, delivery, draw=draw))
    try:
        channel.send(message)
    except TransportError as fault:
        with store.transaction():
            _note_failure(context, delivery, fault)
        return Delivered(channel=delivery.channel, message=message, fault=str(fault))
    with store.transaction():
        alerts.mark_sent(store, delivery, at=instant(context.now()))
    return Delivered(channel=delivery.channel, message=message)


def retry_pause(attempts: int, retry_after: float | None) -> timedelta:
    """Return how long to wait before an alert is sent again after a failure.

    - `attempts`: how many attempts were made before this one. The pause doubles with each of them, and varies a little
      at random, so that not all alerts are sent again at once.
    - `retry_after`: the seconds that the receiver asked to wait, or None. The pause is at least that long, but the
      receiver can't ask for more than MAX_RETRY_AFTER.
    """
    pause = backoff(attempts + 1, first=FIRST_RETRY_PAUSE, longest=MAX_RETRY_PAUSE, spread=0.2)
    return max(pause, min(timedelta(seconds=retry_after or 0), schedule.MAX_RETRY_AFTER))


def _note_failure(context: Context, delivery: DeliveryRow, fault: TransportError) -> None:
    """Write down that an attempt failed; plan the next one, or give the alert up, or disable the channel.

    Operators are told if the alert is given up or the channel is disabled.
    """
    store, config, now = context.store, context.config, context.now()
    if fault.disables:
        alerts.mark_failed(store, delivery, fault=str(fault), next_attempt_at=instant(now))
        alerts.disable_channel(store, delivery.channel, fault=str(fault), at=instant(now))
        subject = f"channel {delivery.channel} is disabled"
        remedy = f"Its alerts wait. When it is mended, `monitor test-alert {delivery.channel}` lets them go."
        outbox.tell_operators(store, config, subject=subject, notes=(str(fault), remedy), now=now)
        return
    is_overdue = now - moment(delivery.due_at) >= MAX_DELAY and delivery.attempts + 1 >= MIN_ATTEMPTS
    is_given_up = fault.permanent or is_overdue
    next_at = None if is_given_up else instant(now + retry_pause(delivery.attempts, fault.retry_after))
    alerts.mark_failed(store, delivery, fault=str(fault), next_attempt_at=next_at)
    if next_at and fault.retry_after:
        alerts.postpone(store, delivery.channel, until=next_at)
    if is_given_up and delivery.subject is None:
        subject = f"an alert could not be sent on {delivery.channel}, and was given up"
        remedy = f"`monitor redeliver {delivery.alert_id}` tries again."
        outbox.tell_operators(store, config, subject=subject, notes=(str(fault), remedy), now=now)
