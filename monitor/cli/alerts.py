"""The commands about alerts: what waits, trying again, trying out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.app import cli, pass_program
from monitor.cli.options import instant_of
from monitor.cli.read import as_json, print_json
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from monitor.program import Program
    from monitor.store.rows import VersionRow


@cli.command()
@as_json
@pass_program
def outbox(program: Program, *, as_json: bool) -> None:
    """Show the alerts that are not delivered: waiting, or given up.

    Example: monitor outbox
    """
    from monitor.store import alerts  # noqa: PLC0415 - only here

    found = alerts.outbox(program.store)
    if as_json:
        for delivery in found:
            print_json(dataclasses.asdict(delivery))
        return
    for channel, fault in alerts.disabled(program.store).items():
        click.echo(f"{channel} is disabled: {fault}; when it is mended, `monitor test-alert {channel}`")
    if not found:
        click.echo("nothing waits")
    for delivery in found:
        when = "given up" if delivery.status == alerts.DEAD else f"next at {delivery.next_attempt_at}"
        click.echo(f"{delivery.alert_id:>6}  {delivery.subscription} on {delivery.channel}: {when}")
        if delivery.fault:
            click.echo(render.plain(f"        after {delivery.attempts} attempts: {delivery.fault}"))


@cli.command()
@click.argument("alert", type=int, required=False)
@pass_program
def redeliver(program: Program, alert: int | None) -> None:
    """Try again what was given up: one ALERT by its number, or all.

    Example: monitor redeliver 12
    """
    from monitor.cli.steps import deliver_all  # noqa: PLC0415 - only here
    from monitor.store import alerts  # noqa: PLC0415 - only here
    from monitor.times import instant  # noqa: PLC0415 - only here

    with program.store.transaction():
        revived = alerts.revive(program.store, alert=alert, at=instant(program.now()))
    if not revived:
        raise RefusedError("nothing was given up" + (f" of alert {alert}" if alert else "") + "; see `monitor outbox`")
    click.echo(f"{revived} deliveries are tried again")
    if deliver_all(program):
        raise SystemExit(1)


@cli.command(name="test-alert")
@click.argument("channel")
@pass_program
def test_alert(program: Program, channel: str) -> None:
    """Send a test alert on CHANNEL, now; a disabled channel that takes it is enabled again.

    Example: monitor test-alert desk
    """
    from monitor.alerts.message import Message  # noqa: PLC0415 - only here
    from monitor.store import alerts  # noqa: PLC0415 - only here
    from monitor.times import instant  # noqa: PLC0415 - only here

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
        alerts.enable(program.store, channel)
    click.echo(f"{channel} took it")


@cli.command()
@click.argument("subscription")
@click.option("--since", help="What was observed at this time or later (ISO 8601; default: everything).")
@click.option("--html", type=click.Path(path_type=Path), help="Write the HTML form of a mail into this file.")
@pass_program
def preview(program: Program, subscription: str, *, since: str | None, html: Path | None) -> None:
    """Write what SUBSCRIPTION would be sent about the change log so far, as one alert.

    Example: monitor preview texas --since 2025-07-01
    """
    from monitor.alerts import writing  # noqa: PLC0415 - only here

    message = _previewed(program, subscription, instant_of(since))
    if message is None:
        click.echo(f"nothing in the change log is what {subscription} asks for")
        return
    render.console().print(render.message(message))
    if html:
        html.write_text(writing.html(message, picture=writing.data_address), encoding="utf-8")


def _previewed(program: Program, name: str, since: str | None) -> Message | None:
    """All that a subscription asks for, as one alert."""
    from monitor.alerts import contents, outbox, subscriptions  # noqa: PLC0415 - only here
    from monitor.store import changelog, queries  # noqa: PLC0415 - only here
    from monitor.times import instant  # noqa: PLC0415 - only here

    described = program.config.subscriptions.get(name)
    if described is None:
        there = ", ".join(program.config.subscriptions) or "none"
        raise RefusedError(f"no subscription {name!r}; {program.config_path} has {there}")
    entries = [
        entry
        for entry in changelog.entries(program.store, changelog.Asked(since=since))
        if subscriptions.wants(described, entry, states=outbox.states(program.config, entry))
    ]
    if not entries:
        return None
    wanted = {(entry["source"], entry["report"], entry["version"]) for entry in entries}
    versions: list[tuple[VersionRow, dict[str, int]]] = [
        (version, {})
        for version, _ in queries.versions(program.store)
        if (version.source, version.report_key, version.sha256) in wanted
    ]
    return contents.message(
        program.store, program.archive, program.config, entries=entries, versions=versions, key=f"preview-{name}",
        subscription=name, created_at=instant(program.now()), picture=program.reader.picture,
    )  # fmt: skip
