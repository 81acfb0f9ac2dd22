"""The command that tries a description of a source on its files, before it goes live."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import print_json
from monitor.config.titles import Titles
from monitor.errors import ConfigError, MonitorError, RefusedError
from monitor.history import trial
from monitor.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.history.trial import Trial, TriedFile, TriedPage
    from monitor.history.tried_list import TriedList

MAX_AMENDMENTS = 20  # that are shown of one file
SECONDS_BETWEEN_LOOKS = 0.5  # at the files that are watched
MAX_VALUE_LETTERS = 100  # of one value


@click.command(name="try")
@click.argument("source")
@click.argument("files", nargs=-1, metavar="[FILE|URL]...")
@click.option("--report", help="The report that the files belong to, where their names do not tell.")
@click.option("--watch", is_flag=True, help="Try again each time the configuration or a file changes, until Ctrl-C.")
@as_json
@pass_program
def try_command(
    program: Program, *, source: str, files: tuple[str, ...], report: str | None, watch: bool, as_json: bool
) -> None:
    """Show what a description would read and tell.

    Without files, the page of SOURCE is fetched, and the latest file of each report. With files or web addresses, these
    are read in order; a later file of a report is compared with the one before, and the amendments that would be told
    are shown. Nothing is written to the history. The exit status is 1 if a file can't be read or would be held.

    Example: monitor try ice-287g old.xlsx new.xlsx
    """
    if not watch:
        if not _tried(program, source, files, report, as_json=as_json):
            raise SystemExit(1)
        return
    paths = [program.config_path, *(Path(each) for each in files if "://" not in each)]
    for _ in changes(paths):
        click.clear()
        try:
            with Program(config_path=program.config_path) as fresh:
                _tried(fresh, source, files, report, as_json=as_json)
        except ConfigError as fault:
            for line in fault.faults:
                click.echo(f"monitor: {line}", err=True)
        except MonitorError as fault:
            click.echo(f"monitor: {fault}", err=True)
        click.echo(f"\nwaiting for {program.config_path} to change; Ctrl-C ends this", err=True)


def changes(paths: Sequence[Path]) -> Iterator[None]:
    """Yield at once, and then each time one of these files has changed, appeared or gone. It never ends by itself."""
    known: list[int] | None = None
    while True:
        now = [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
        if now != known:
            known = now
            yield
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _tried(program: Program, source: str, files: Sequence[str], report: str | None, *, as_json: bool) -> bool:
    """Try a source once and print what came of it; return whether all files can be read and none would be held."""
    described = program.source(source)
    if report and report not in described.reports:
        raise RefusedError(f"{source} has no report {report!r}; it has {', '.join(described.reports)}")
    screen = render.console(stderr=True)
    with screen.status("reading ..."), program.trial() as context:
        found = trial.try_files(context, source, files, report=report) if files else trial.try_source(context, source)
    if as_json:
        print_json(trial_value(found))
    else:
        for line in trial_lines(found, Titles(program.config)):
            click.echo(line)
    return not found.faults and not any(each.fault or each.held for each in found.files)


def trial_value(found: Trial) -> dict[str, object]:
    """Return the trial as a JSON object; amendments are as `monitor log --json` prints them, without their numbers."""
    files = [
        dataclasses.asdict(dataclasses.replace(each, amendments=()))
        | {"amendments": [_without_number(entry.to_json()) for entry in each.amendments]}
        for each in found.files
    ]
    return {
        "page": dataclasses.asdict(found.page) if found.page else None,
        "files": files,
        "faults": list(found.faults),
    }


def _without_number(entry: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name not in {"id", "entry_hash"}}


def trial_lines(found: Trial, titles: Titles) -> Iterator[str]:
    """Yield the lines that tell a person what came of a trial."""
    if found.page:
        yield from _page_lines(found.page)
    for fault in found.faults:
        yield f"could not be fetched: {fault}"
    for file in found.files:
        yield ""
        yield from _file_lines(file, titles)


def _page_lines(page: TriedPage) -> Iterator[str]:
    yield f"{page.url}: {page.links} {'link' if page.links == 1 else 'links'}"
    for report, urls in page.chosen.items():
        yield f"  report {report}: {len(urls)} {'link matches' if len(urls) == 1 else 'links match'}"
        yield from _indented(urls[-5:], "    ")
    if page.others:
        yield "  links to files that match no report:"
        yield from _indented(page.others[:10], "    ")
    yield from _indented(page.notes, "  ")


def _file_lines(file: TriedFile, titles: Titles) -> Iterator[str]:
    yield f"{file.file} (report {file.report})"
    if file.fault:
        yield f"  can't be read: {file.fault}"
        return
    for each in file.lists:
        yield from _list_lines(each)
    yield from _titled("parts of the file that belong to no list", file.others)
    if file.held:
        yield f"  would be held for a person: {file.held}"
    told = [entry for entry in file.amendments if not entry.is_untold]
    if told:
        yield f"  would be told: {len(told):,} amendments"
        for entry in told[:MAX_AMENDMENTS]:
            record = titles.record(entry.source, entry.list, entry.after or entry.before or {})
            changed = ", ".join(
                f"{titles.of_field(entry.source, entry.list, name)}: "
                f"{_short((entry.before or {}).get(name, ''))!r} -> {_short((entry.after or {}).get(name, ''))!r}"
                for name in entry.fields
                if entry.before and entry.after
            )
            yield f"    {entry.kind} {record}{f' ({changed})' if changed else ''}"
        if len(told) > MAX_AMENDMENTS:
            yield f"    and {len(told) - MAX_AMENDMENTS:,} more"
    for entry in file.amendments:
        if entry.is_untold:
            fields = ", ".join(titles.of_field(entry.source, entry.list, name) for name in entry.fields)
            yield f"  {entry.list}: {entry.reason} ({fields})"


def _list_lines(each: TriedList) -> Iterator[str]:
    yield f"  list {each.name}: {each.records:,} records"
    absent = [field for field in each.fields if field not in each.headers and field not in each.groups]
    yield from _titled("columns", [f"{field}: {header!r}" for field, header in each.headers.items()])
    yield from _titled("columns that were not found", absent if each.headers else ())
    yield from _titled("groups", [f"{field}: {', '.join(values)}" for field, values in each.groups.items()])
    for record in each.first:
        values = " | ".join(_short(value) for value in record.fields.values())
        yield f"    {record.where}: {values}{f' [{record.jurisdiction}]' if record.jurisdiction else ''}"
    yield from _titled("columns that are described nowhere", each.undescribed)
    yield from _titled("what the reader noted", each.passed_over)
    yield from _titled(
        "keys that stand more than once (if the records differ, `key` needs a further field)", each.repeated
    )
    yield from _titled("records whose place is not known", each.placeless)
    yield from _titled("dates and numbers that can't be read", each.undated)
    yield from _titled("doubtful values", each.doubts)


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines under a title; nothing if there are none."""
    found = list(lines)
    if found:
        yield f"    {title}:"
        yield from _indented(found, "      ")


def _indented(lines: Iterable[str], blanks: str) -> Iterator[str]:
    yield from (f"{blanks}{line}" for line in lines)


def _short(value: str) -> str:
    """Return a value on one line, shortened if it is long."""
    line = " ".join(value.split())
    return line if len(line) <= MAX_VALUE_LETTERS else f"{line[: MAX_VALUE_LETTERS - 3]}..."
