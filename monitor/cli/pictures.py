"""The command that draws what the change log says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from monitor.cli import render
from monitor.cli.app import cli, executor_option, pass_program, reading, workers_option
from monitor.cli.options import asked_of, log_filters

if TYPE_CHECKING:
    from monitor.cli.options import LogFilters
    from monitor.program import Program


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@log_filters
@workers_option
@executor_option
@pass_program
def pictures(
    program: Program, folder: Path, *, workers: int | None, executor: str | None, **filters: Unpack[LogFilters]
) -> None:
    """Draw where the records of amendments stand on their pages of PDFs, before and after, into FOLDER.

    Each picture shows one record in a frame. pictures.csv says of each which entry of the log it belongs to, and which
    file it shows: its name, address and SHA-256.

    Example: monitor pictures exhibits --jurisdiction "Travis County, Texas"
    """
    from monitor.history import pictures as steps  # noqa: PLC0415 - only here
    from monitor.store import changelog  # noqa: PLC0415 - the same

    wanted = steps.wanted(program.store, changelog.entries(program.store, asked_of(program, filters)))
    if not wanted:
        click.echo("nothing to draw: none of these amendments stands in a PDF")
        return
    failed = 0
    with render.progress() as bar, reading(program, workers=workers, executor=executor) as readers:
        task = bar.add_task("drawing records", total=len(wanted))
        for drawn in steps.draw(program.archive, readers, wanted, folder):
            if drawn.fault:
                failed += 1
                render.tell(
                    bar, f"monitor: entry {drawn.wanted.row['entry']}, {drawn.wanted.row['side']}: {drawn.fault}"
                )
            bar.advance(task)
    entries = len({each.row["entry"] for each in wanted})
    click.echo(
        f"{len(wanted) - failed:,} pictures of {entries:,} amendments in {folder}; {steps.INDEX} tells what they show"
    )
    if failed:
        raise SystemExit(1)
