"""The command that draws pictures of changed records as they look on the pages of PDF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import jurisdictions
from monitor.changelog import listed
from monitor.cli import render
from monitor.cli.options import end_of, executor_option, pass_program, readers, with_log_filter, workers_option
from monitor.errors import RefusedError
from monitor.history import pictures as steps
from monitor.store.search import log_entries

if TYPE_CHECKING:
    from monitor.program import Program
    from monitor.store.search import LogFilter


@click.command(name="pictures")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@with_log_filter
@click.option("--standing", metavar="PLACE", help="Draw instead the records about this place as they stand.")
@click.option("--at", help="With --standing: as they stood at this time (ISO 8601; a date means its end).")
@workers_option
@executor_option
@pass_program
def pictures_command(
    program: Program,
    folder: Path,
    *,
    standing: str | None,
    at: str | None,
    workers: int | None,
    executor: str | None,
    log_filter: LogFilter,
) -> None:
    """Draw changed records as they stand on pages of PDF files.

    Each picture in FOLDER shows one record in a frame, before or after an amendment, and says below which file it
    shows. The file pictures.csv says for each picture which entry of the log it belongs to, and which file it shows,
    with its name, address and SHA-256. With --standing, the pictures show the records about a place as they stand, also
    those that never changed.

    Example: monitor pictures exhibits --jurisdiction "Travis County, Texas"
    """
    if standing:
        jobs = _standing(program, standing, at)
    else:
        jobs = steps.picture_jobs(program.store, log_entries(program.store, log_filter))
    if not jobs:
        click.echo(f"nothing to draw: none of these {'records' if standing else 'amendments'} stands in a PDF")
        return
    failed = 0
    with render.progress() as bar, readers(program, workers=workers, executor=executor) as reading:
        task = bar.add_task("drawing records", total=len(jobs))
        for drawn in steps.draw(program.archive, reading, jobs, folder):
            if drawn.fault:
                failed += 1
                row = drawn.wanted.row
                what = f"entry {row['entry']}, {row['side']}" if "entry" in row else row["picture"]
                render.tell(bar, f"monitor: {what}: {drawn.fault}")
            bar.advance(task)
    entries = len({each.row.get("entry") for each in jobs})
    what = "records" if standing else f"{entries:,} amendments"
    click.echo(f"{len(jobs) - failed:,} pictures of {what} in {folder}; {steps.INDEX} tells what they show")
    if failed:
        raise SystemExit(1)


def _standing(program: Program, place: str, at: str | None) -> list[steps.PictureJob]:
    """Return the pictures to draw of the records about a place that are listed or named at the time `at` (None: now).

    Raises RefusedError if no place has this name.
    """
    places = jurisdictions.find(place)
    if not places:
        raise RefusedError(f'no place is called {place!r}; write it like "Travis County, Texas"')
    question = listed.Question.of(program.config, now=program.now(), at=end_of(at))
    found = [each for one in places for group in listed.of_place(program.store, question, one) for each in group.lines]
    return steps.standing_jobs(program.store, found, question.at)
