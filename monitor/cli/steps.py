"""Runs the second and the third step (process, deliver) for a command, and prints the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.printed import plain
from monitor.errors import ConfigError
from monitor.store import metrics
from monitor.times import moment

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from monitor.config.sources import Config
    from monitor.program import Program
    from monitor.store.alerts import DeliveryRow
    from monitor.store.rows import VersionRow

BRIEF = 1_500  # characters of an alert that the terminal shows; the log has them all


def require_sources(program: Program) -> None:
    """Raise ConfigError if the configuration has no source, with the commands that add one."""
    if not program.outline.sources:
        message = (
            f"{program.config_path}: sources: nothing is watched yet; add a page with `monitor watch ADDRESS`, a list "
            "with `monitor describe ADDRESS --add NAME`, or a known one with `monitor sources add NAME`"
        )
        raise ConfigError((message,))


def process_all(program: Program, source: str | None = None, *, tell: bool = False) -> bool:
    """Process the versions that wait, of one source or (None) of all; print a line for each that could not be recorded.

    With `tell`, the changes of the other versions are printed. Return True if a version could not be recorded.
    """
    failed = False
    for done in program.process(source):
        if done.hold_reason:
            click.echo(plain(f"monitor: {_held(done.version, done.hold_reason)}"), err=True)
        elif done.fault:
            where = f"{done.version.source}/{done.version.report_key}"
            click.echo(plain(f"monitor: {where}: {done.fault}"), err=True)
        elif tell and (message := program.message_about(done)):
            print_message(message)
        for note in done.notes:
            click.echo(plain(note))
        failed = failed or bool(done.hold_reason or done.fault)
    return failed


def print_message(message: Message) -> None:
    """Print an alert in short."""
    from monitor.cli import render  # noqa: PLC0415 - loads rich and the words of alerts, and most polls find nothing

    render.console().print(render.message(message, limit=BRIEF), end="")


def deliver_all(program: Program, *, settled: bool = False) -> bool:
    """Send the alerts that are due, and print a line for each attempt; return True if one failed.

    With `settled`, immediate alerts do not wait for further changes.
    """
    failed = False
    if settled and program.outline.subscriptions:
        from monitor.alerts import outbox  # noqa: PLC0415 - loads the gazetteer, and many configurations tell nobody

        with program.store.transaction():
            outbox.settle(program.store, program.config, now=program.now())
    for done in program.deliver():
        subject = plain(done.message.subject)
        if done.fault:
            failed = True
            click.echo(plain(f"monitor: {done.fault}; see `monitor outbox`"), err=True)
        else:
            click.echo(f"sent on {done.channel}: {subject}")
    return failed


def tell_waiting(program: Program) -> None:
    """Print a line for each alert that is not sent yet: to whom and on which channel, until when it waits, and why."""
    if not metrics.count_undelivered(program.store):
        return
    from monitor.store import alerts  # noqa: PLC0415 - loads the change log, and mostly no alert waits

    disabled = alerts.disabled_channels(program.store)
    for delivery in alerts.open_deliveries(program.store):
        if delivery.status == alerts.WAITING:
            until = f"{moment(delivery.next_attempt_at):%Y-%m-%d %H:%M} UTC"
            why = _why_waiting(program.config, delivery, until, disabled.get(delivery.channel))
            click.echo(plain(f"  an alert for {delivery.subscription} on {delivery.channel} waits {why}"))


def _why_waiting(config: Config, delivery: DeliveryRow, until: str, fault: str | None) -> str:
    """Return until when an alert waits, and why.

    `until` is the time of the next attempt in words, and `fault` says why its channel is disabled; None if it is not.
    """
    subscription = config.subscriptions.get(delivery.subscription)
    if delivery.channel not in config.channels:
        return "for its channel, which the configuration no longer has"
    if fault:
        return f"until its channel is mended ({fault}); then `monitor test-alert {delivery.channel}`"
    if delivery.attempts:
        return f"until {until}, when it is tried again ({delivery.fault or 'the last attempt was cut short'})"
    if subscription and subscription.when != "immediate" and delivery.subject is None:
        return f"until {until}, the time of its digest"
    return f"until {until}" + (", the end of its quiet hours" if subscription and subscription.quiet else "")


def _held(version: VersionRow, reason: str) -> str:
    where = f"{version.source}/{version.report_key}: {version.file_name}"
    return f"{where} is held: {reason}; look with `monitor holds`"
