"""The command that asks a web archive to save new versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program
from monitor.cli.printed import plain
from monitor.history.compared import MAX_COMPARISONS, ComparedCopy
from monitor.history.receipts import save as save_now

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="save")
@click.argument("sources", nargs=-1)
@pass_program
def save_command(program: Program, sources: tuple[str, ...]) -> None:
    """Ask the Internet Archive to keep the latest versions.

    The answer is a receipt: an address at which anyone can see what the publisher showed. The copy there is then
    compared with the file that was kept, and has the same bytes or others. Without a SOURCE, all sources are saved. A
    source with `save: true` in the configuration needs no command, for the daemon asks by itself.

    Example: monitor save ice-287g
    """
    names = list(dict.fromkeys(sources)) or list(program.config.sources)
    for name in names:
        program.source(name)
    saved = failed = compared = 0
    last = None
    for done in save_now(program.save_context(tell=_tell), names):
        if isinstance(done, ComparedCopy):
            compared += 1
            copy = done.copy
            if copy.memento != last:  # saved earlier
                click.echo(plain(f"{copy.source}/{copy.report_key}: {copy.memento}"))
            waits = copy.compared == "not compared" and copy.attempts < MAX_COMPARISONS
            again = "; it is tried again later" if waits else ""
            click.echo(plain(f"  {copy.words}{again}"))
            continue
        where = f"{done.version.source}/{done.version.report_key}"
        if done.fault:
            failed += 1
            click.echo(plain(f"monitor: {where}: {done.fault}"), err=True)
        else:
            saved += 1
            last = done.memento
            click.echo(plain(f"{where}: {done.memento}"))
    if failed:
        raise SystemExit(1)
    if not saved and not compared:
        click.echo("nothing to save: the latest version of each report has its receipt")


def _tell(line: str) -> None:
    """Print a sentence that says why an answer of the web archive takes long."""
    click.echo(plain(line), err=True)
