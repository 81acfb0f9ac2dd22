"""The commands that copy the history elsewhere, and bring it back."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import Progress

from monitor.cli import render
from monitor.cli.options import pass_program
from monitor.errors import RefusedError
from monitor.times import instant
from monitor.upkeep import backup as backups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.program import Program


@click.command(name="backup")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Also check the files that the backup has already against their hashes.")
@pass_program
def backup_command(program: Program, folder: Path, *, full: bool) -> None:
    """Copy the history into FOLDER, or update that copy.

    The daemon may run meanwhile. `monitor --state NEW restore FOLDER` makes a state folder of the copy.

    Example: monitor backup /mnt/backup/monitor
    """
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


@click.command(name="restore")
@click.argument("folder", type=click.Path(path_type=Path))
@pass_program
def restore_command(program: Program, folder: Path) -> None:
    """Make a state folder from the backup in FOLDER.

    The new state folder is named with --state. An existing history is never overwritten.

    Example: monitor --state /var/lib/monitor restore /mnt/backup/monitor
    """
    with _progress() as progress:
        restored = backups.restore(
            folder, program.state, config=program.config, at=instant(program.now()), progress=progress
        )
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
    """Show a progress bar for each part of the work, if standard error is a terminal.

    Yield the function that updates a bar: it takes the part's name, the amount that is done, and the total amount.
    """
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
