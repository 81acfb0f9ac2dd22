"""Runs the second and the third step (process, deliver) for a command, and prints the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import render

if TYPE_CHECKING:
    from monitor.program import Program
    from monitor.store.rows import VersionRow

BRIEF = 1_500  # characters of an alert that the terminal shows; the log has them all


def process_all(program: Program, source: str | None = None, *, tell: bool = False) -> bool:
    """Process the versions that wait, of one source or (None) of all; print a line for each that could not be recorded.

    With `tell`, the changes of the other versions are printed. Return True if a version could not be recorded.
    """
    failed = False
    screen = render.console()
    for done in program.process(source):
        if done.hold_reason:
            click.echo(render.plain(f"monitor: {_held(done.version, done.hold_reason)}"), err=True)
        elif done.fault:
            where = f"{done.version.source}/{done.version.report_key}"
            click.echo(render.plain(f"monitor: {where}: {done.fault}"), err=True)
        elif tell and (message := program.message_about(done)):
            screen.print(render.message(message, limit=BRIEF), end="")
        for note in done.notes:
            click.echo(render.plain(note))
        failed = failed or bool(done.hold_reason or done.fault)
    return failed


def deliver_all(program: Program) -> bool:
    """Send the alerts that are due, and print a line for each attempt; return True if one failed."""
    failed = False
    for done in program.deliver():
        subject = render.plain(done.message.subject)
        if done.fault:
            failed = True
            click.echo(render.plain(f"monitor: {done.fault}; see `monitor outbox`"), err=True)
        else:
            click.echo(f"sent on {done.channel}: {subject}")
    return failed


def _held(version: VersionRow, reason: str) -> str:
    where = f"{version.source}/{version.report_key}: {version.file_name}"
    return f"{where} is held: {reason}; look with `monitor holds`"
