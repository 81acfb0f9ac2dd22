"""The command that draws changed records as they stand on the pages of PDF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import executor_option, pass_program, readers, with_log_filter, workers_option
from monitor.history import pictures as steps
from monitor.store import changelog

if TYPE_CHECKING:
    from monitor.program import Program
    from monitor.store.search import LogFilter


@click.command(name="pictures")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@with_log_filter
@workers_option
@executor_option
@pass_program
def pictures_command(
    program: Program, folder: Path, *, workers: int | None, executor: str | None, log_filter: LogFilter
) -> None:
    """Draw changed records as they stand on the pages of PDF files.

    Each picture in FOLDER shows one record in a frame, before or after an amendment. The file pictures.csv says for
    each picture which entry of the log it belongs to, and which file it shows, with its name, address and SHA-256.

    Example: monitor pictures exhibits --jurisdiction "Travis County, Texas"
    """
    jobs = steps.picture_jobs(program.store, changelog.log_entries(program.store, log_filter))
    if not jobs:
        click.echo("nothing to draw: none of these amendments stands in a PDF")
        return
    failed = 0
    with render.progress() as bar, readers(program, workers=workers, executor=executor) as reading:
        task = bar.add_task("drawing records", total=len(jobs))
        for drawn in steps.draw(program.archive, reading, jobs, folder):
            if drawn.fault:
                failed += 1
                render.tell(
                    bar, f"monitor: entry {drawn.wanted.row['entry']}, {drawn.wanted.row['side']}: {drawn.fault}"
                )
            bar.advance(task)
    entries = len({each.row["entry"] for each in jobs})
    click.echo(
        f"{len(jobs) - failed:,} pictures of {entries:,} amendments in {folder}; {steps.INDEX} tells what they show"
    )
    if failed:
        raise SystemExit(1)
