"""The commands that keep a machine in order: what would go wrong, backups, restoring."""

from __future__ import annotations

import dataclasses
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.app import cli, pass_program
from monitor.cli.read import as_json, print_json
from monitor.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table

    from monitor.program import Program
    from monitor.upkeep.doctor import Finding

STYLES = {"ok": "green", "warning": "yellow", "fault": "bold red"}


@cli.command()
@click.option("--offline", is_flag=True, help="Ask no other machine: neither sources nor channels.")
@as_json
@pass_program
def doctor(program: Program, *, offline: bool, as_json: bool) -> None:
    """Look for what would go wrong, and say how to mend it: nothing is changed, and nothing is sent.

    Exit status 1 where something does not work, 2 where the configuration has faults.

    Example: monitor doctor --offline
    """
    from monitor.upkeep.doctor import Examination, Finding, Level, examine  # noqa: PLC0415 - only here

    try:
        asked = Examination(
            config=program.config,
            config_path=program.config_path,
            state=program.state,
            now=program.now,
            offline=offline,
        )
    except ConfigError as faulty:
        if not as_json:
            raise
        for each in faulty.faults:
            remedy = "correct it; docs/configuration.md explains each key"
            print_json(dataclasses.asdict(Finding(about="configuration", level=Level.FAULT, what=each, remedy=remedy)))
        raise SystemExit(2) from faulty
    found: list[Finding] = []
    with render.console(stderr=True).status("looking ...") as status:
        for finding in examine(asked):
            found.append(finding)
            status.update(f"{finding.about} ...")
            if as_json:
                print_json(dataclasses.asdict(finding))
    if not as_json:
        _print_findings(found)
    if any(finding.level == Level.FAULT for finding in found):
        raise SystemExit(1)


def _print_findings(found: Sequence[Finding]) -> None:
    """A table on a terminal; elsewhere a line for each finding, its remedy at the end."""
    screen = render.console()
    if screen.is_terminal:
        screen.print(_table(found))
    for finding in () if screen.is_terminal else found:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        click.echo(render.plain(f"{finding.level:<7}  {finding.about}: {finding.what}{remedy}"))
    counts = Counter(str(finding.level) for finding in found)
    said = (f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in ("fault", "warning") if counts[level])
    click.echo(", ".join(said) or "nothing to see to")


def _table(found: Sequence[Finding]) -> Table:
    """The findings, the remedy under what was found."""
    from rich.table import Table  # noqa: PLC0415 - only on a terminal
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(header_style="bold")
    for column in ("", "about", "finding"):
        table.add_column(column, overflow="fold")
    for finding in found:
        style = STYLES[finding.level]
        what = Text(render.plain(finding.what))
        if finding.remedy:
            what.append(f"\n{render.plain(finding.remedy)}", style="italic")
        table.add_row(Text(str(finding.level), style=style), Text(finding.about), what)
    return table


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Check also what the backup holds already against its hashes.")
@pass_program
def backup(program: Program, folder: Path, *, full: bool) -> None:
    """Copy the history into FOLDER, or bring the backup there up to date; the daemon may run meanwhile.

    `monitor --state NEW restore FOLDER` makes a state folder from it.

    Example: monitor backup /mnt/backup/monitor
    """
    from monitor.upkeep import backup as backups  # noqa: PLC0415 - only here

    if not (program.state / "monitor.db").exists():
        raise RefusedError(f"{program.state}: no history to back up; name its folder with --state")
    with _progress() as progress:
        done = backups.back_up(
            program.store, program.archive, folder, config_path=program.config_path, full=full, progress=progress
        )
    for fault in done.faults:
        click.echo(f"monitor: {fault}", err=True)
    click.echo(
        f"{folder}: {done.copied} files copied ({_megabytes(done.copied_bytes)}), {done.files} in all "
        f"({_megabytes(done.bytes)} with the database); {done.entries} entries of the change log, head {done.head}"
    )
    if done.faults:
        raise SystemExit(1)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@pass_program
def restore(program: Program, folder: Path) -> None:
    """Make a state folder from the backup in FOLDER, and verify it; an existing history is never overwritten.

    Example: monitor --state /var/lib/monitor restore /mnt/backup/monitor
    """
    from monitor.upkeep import backup as backups  # noqa: PLC0415 - only here

    with _progress() as progress:
        restored = backups.restore(folder, program.state, config=program.config, progress=progress)
    for fault in restored.faults:
        click.echo(f"monitor: {fault}", err=True)
    click.echo(
        f"{program.state}: {restored.files} files, {restored.entries} entries of the change log, head {restored.head}"
    )
    click.echo("not all is as it was written" if restored.faults else "all as it was written")
    if restored.faults:
        raise SystemExit(1)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal for each thing that is done; elsewhere nothing."""
    from rich.progress import Progress  # noqa: PLC0415 - only here

    screen = render.console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bars:
        known = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=total or None)
            bars.update(known[what], completed=done)

        yield show


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
