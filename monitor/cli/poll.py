"""The command that runs the three steps (poll, process, deliver) once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import pass_program
from monitor.cli.steps import BRIEF, deliver_all, process_all
from monitor.store import alerts, holds
from monitor.times import moment

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="poll")
@click.argument("sources", nargs=-1)
@pass_program
def poll_command(program: Program, sources: tuple[str, ...]) -> None:
    """Look at the sources once, now, and send what follows.

    Without a SOURCE, all sources of the configuration are looked at. A new version of a report is compared with the
    one before it, the differences enter the change log, and the alerts about them are sent.

    Example: monitor poll ice-287g
    """
    names = list(dict.fromkeys(sources)) or list(program.config.sources)
    for name in names:
        program.source(name)
    failed = False
    for polled in program.poll(names):
        failed = failed or bool(polled.faults)
        said = f"{polled.kept} new" if polled.kept else "nothing new" if not polled.faults else "failed"
        click.echo(f"{polled.source}: {said}")
        for line in polled.faults:
            click.echo(render.plain(f"monitor: {polled.source}: {line}"), err=True)
        for line in (*polled.notes, *program.changed_descriptions(polled.source)):
            click.echo(render.plain(f"  {line}"))
        for turned in polled.turned:
            if message := program.message_about(turned):
                render.console().print(render.message(message, limit=BRIEF), end="")
    before = {held.id for held in holds.held_of_source(program.store, None)}
    failed = process_all(program, tell=True) or failed
    for held in holds.held_of_source(program.store, None):
        if held.source in names and held.id in before:
            click.echo(render.plain(f"  {held.source}: {held.file_name} is still held; look with `monitor holds`"))
    failed = deliver_all(program) or failed
    _print_waiting(program)
    if failed:
        raise SystemExit(1)


def _print_waiting(program: Program) -> None:
    """Print a line for each alert that was not tried yet, because its subscription lets it wait (`settle`, `when`)."""
    for each in alerts.open_deliveries(program.store):
        if each.status == alerts.WAITING and not each.attempts:
            when = f"{moment(each.next_attempt_at):%Y-%m-%d %H:%M:%S} UTC"
            line = f"an alert for {each.subscription} on {each.channel} waits until {when}; "
            click.echo(render.plain(f"{line}then `monitor poll` sends it, or `monitor run`"))
