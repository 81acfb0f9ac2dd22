"""The commands about alerts: show those that wait, send them again, send a test, preview a subscription."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.alerts import outbox as alert_outbox
from monitor.alerts import subscriptions, writing
from monitor.alerts.compose import compose
from monitor.alerts.contents import AlertScope, gather
from monitor.alerts.message import Message
from monitor.cli import render
from monitor.cli.options import as_json, instant_of, pass_program
from monitor.cli.printed import plain, print_json
from monitor.cli.steps import deliver_all
from monitor.errors import RefusedError
from monitor.store import alerts, queries
from monitor.store.search import LogFilter, log_entries
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.program import Program
    from monitor.store.rows import VersionRow


@click.command(name="outbox")
@as_json
@pass_program
def outbox_command(program: Program, *, as_json: bool) -> None:
    """Show the alerts that are not delivered, or were given up.

    Example: monitor outbox
    """
    undelivered = alerts.open_deliveries(program.store)
    if as_json:
        for delivery in undelivered:
            print_json(dataclasses.asdict(delivery))
        return
    for channel, fault in alerts.disabled_channels(program.store).items():
        click.echo(f"{channel} is disabled: {fault}; when it is mended, `monitor test-alert {channel}`")
    if not undelivered:
        click.echo("nothing waits")
    for delivery in undelivered:
        when = "given up" if delivery.status == alerts.DEAD else f"next at {delivery.next_attempt_at}"
        click.echo(f"{delivery.alert_id:>6}  {delivery.subscription} on {delivery.channel}: {when}")
        if delivery.fault:
            click.echo(plain(f"        after {delivery.attempts} attempts: {delivery.fault}"))


@click.command(name="redeliver")
@click.argument("alert", type=int, required=False)
@pass_program
def redeliver_command(program: Program, alert: int | None) -> None:
    """Try to deliver alerts again that were given up.

    ALERT is an alert's number in `monitor outbox`. Without it, all that were given up are tried.

    Example: monitor redeliver 12
    """
    with program.store.transaction():
        revived = alerts.revive(program.store, alert=alert, at=instant(program.now()))
    if not revived:
        raise RefusedError("nothing was given up" + (f" of alert {alert}" if alert else "") + "; see `monitor outbox`")
    click.echo(f"{revived} deliveries are tried again")
    if deliver_all(program):
        raise SystemExit(1)


@click.command(name="test-alert")
@click.argument("channel")
@pass_program
def test_alert_command(program: Program, channel: str) -> None:
    """Send a test alert on CHANNEL, now.

    A channel that was disabled after a failure is enabled again when the test succeeds, and its waiting alerts go out.

    Example: monitor test-alert desk
    """
    if channel not in program.channels:
        there = ", ".join(program.channels) or "none"
        raise RefusedError(f"no channel {channel!r}; {program.config_path} has {there}")
    at = instant(program.now())
    message = Message(
        id=f"test-{at}",
        subscription="test",
        thread="test",
        subject=f"monitor: a test of the channel {channel}",
        created_at=at,
        notes=("This is a test, asked for on the command line. Nothing has changed anywhere.",),
    )
    program.channels[channel].send(message)
    with program.store.transaction():
        alerts.enable_channel(program.store, channel)
    click.echo(f"{channel} took it")


@click.command(name="preview")
@click.argument("subscription")
@click.option("--since", help="Only what was observed at this time or later (ISO 8601; default: everything).")
@click.option(
    "--html", type=click.Path(path_type=Path), help="Also write the alert as the HTML of a mail into this file."
)
@pass_program
def preview_command(program: Program, subscription: str, *, since: str | None, html: Path | None) -> None:
    """Show what SUBSCRIPTION would be sent about the whole log.

    It is shown as one alert. Nothing is sent.

    Example: monitor preview texas --since 2025-07-01
    """
    message = _previewed(program, subscription, instant_of(since))
    if message is None:
        click.echo(f"nothing in the change log is what {subscription} asks for")
        return
    render.console().print(render.message(message))
    if html:
        html.write_text(writing.html(message, picture=writing.data_address), encoding="utf-8")


def _previewed(program: Program, name: str, since: str | None) -> Message | None:
    """Return one alert with all log entries that the subscription `name` asks for; None if there are none.

    With `since`, only entries observed then or later are in it. Raises RefusedError if there is no such subscription.
    """
    described = program.config.subscriptions.get(name)
    if described is None:
        there = ", ".join(program.config.subscriptions) or "none"
        raise RefusedError(f"no subscription {name!r}; {program.config_path} has {there}")
    entries = [
        entry
        for entry in log_entries(program.store, LogFilter(since=since))
        if subscriptions.wants(described, entry, states=alert_outbox.states_of(program.config, entry))
    ]
    if not entries:
        return None
    wanted = {(entry.source, entry.report, entry.version) for entry in entries}
    versions: list[tuple[VersionRow, dict[str, int]]] = [
        (version, {})
        for version, _ in queries.all_versions(program.store)
        if (version.source, version.report_key, version.sha256) in wanted
    ]
    scope = AlertScope(
        id=f"preview-{name}",
        subscription=name,
        created_at=instant(program.now()),
        entries=entries,
        versions=versions,
    )
    return compose(gather(program.store, program.archive, program.config, scope, draw=program.reader.picture))
