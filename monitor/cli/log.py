"""The command that shows the change log.

It is the one that people call again and again, so it loads only what the entries that it prints need.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

import click

from monitor.cli.options import as_csv, as_json, pass_program, with_log_filter
from monitor.cli.printed import print_all_json
from monitor.store.search import LogFilter, log_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.config.titles import Titles
    from monitor.program import Program
    from monitor.store.entry import LogEntry

ENTRIES_PRINTED_TOGETHER = 500  # of the log that are held to be printed
FOLLOW_SECONDS = 1  # between two looks for entries that came since


@click.command(name="log")
@with_log_filter
@click.option("--follow", is_flag=True, help="Stay, and show new entries as they come.")
@as_json
@as_csv
@pass_program
def log_command(program: Program, *, follow: bool, as_json: bool, as_csv: bool, log_filter: LogFilter) -> None:
    """Show the change log, oldest entry first.

    Each entry is one record that was added to a list, removed from it, or corrected in it. Times are UTC.

    Example: monitor log --state-code TX --kind added --since 2025-06-01
    """
    show = shower(lambda: program.titles, as_json=as_json, as_csv=as_csv)
    last = 0
    while True:
        last = show(log_entries(program.store, log_filter, after=last), last)
        if not follow:
            break
        time.sleep(FOLLOW_SECONDS)
    if not last:
        click.echo(_why_nothing(program, log_filter), err=True)


def _why_nothing(program: Program, log_filter: LogFilter) -> str:
    """Return a sentence for a person who asked for entries of which there are none."""
    if next(log_entries(program.store, LogFilter()), None) is None:
        return "the change log has no entry yet; changes show from the second poll on"
    sources = [log_filter.source] if log_filter.source else program.outline.sources
    known = dict.fromkeys(name for each in sources for lists in program.reports(each).values() for name in lists)
    if log_filter.list and log_filter.list not in known:
        return f"no entry fits: there is no list {log_filter.list!r}, but {', '.join(known)}"
    return "no entry of the change log fits"


def shower(titles: Callable[[], Titles], *, as_json: bool, as_csv: bool) -> Callable[[Iterable[LogEntry], int], int]:
    """Return a function that prints entries of the log as JSON, as CSV, or as text with these words for readers.

    The function takes the entries, and the number of the last entry printed before. It returns the number of the last
    entry that it printed; if there were no entries, the number that it was given. `titles` is called only if there is
    an entry to print as text.
    """
    show = _shown_as_json if as_json else _as_text(titles)
    if as_csv:
        show = _as_csv()

    def show_all(entries: Iterable[LogEntry], last: int) -> int:
        coming = iter(entries)
        while batch := list(islice(coming, ENTRIES_PRINTED_TOGETHER)):
            show(batch)
            last = batch[-1].id or last
        return last

    return show_all


def _shown_as_json(batch: list[LogEntry]) -> None:
    """Print entries as JSON, each on a line."""
    print_all_json(entry.to_json() for entry in batch)


def _as_csv() -> Callable[[list[LogEntry]], None]:
    """Print the header of a table, and return a function that prints entries as its rows."""
    from monitor.alerts.writing import as_csv as csv_rows  # noqa: PLC0415 - loads the words of alerts

    click.echo(csv_rows.lines((), csv_rows.LOG_COLUMNS), nl=False)

    def show(batch: list[LogEntry]) -> None:
        click.echo(csv_rows.lines(map(csv_rows.log_row, batch), csv_rows.LOG_COLUMNS, header=False), nl=False)

    return show


def _as_text(titles: Callable[[], Titles]) -> Callable[[list[LogEntry]], None]:
    """Return a function that prints entries for a person; all that this needs is loaded with the first of them."""

    def show(batch: list[LogEntry]) -> None:
        from monitor.cli import render  # noqa: PLC0415 - loads the console and the words of alerts

        words = titles()
        render.print_together(render.amendment(entry, words) for entry in batch)

    return show
