"""Formats entries, records, doubts, versions and alerts for a person; on a terminal with colours."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.alerts.items import (
    NO_TITLES,
    archive_in_words,
    document_in_words,
    place_of,
    state_of,
    told_entries,
    without_change,
)
from monitor.alerts.writing import brief as in_brief
from monitor.alerts.writing import text as written
from monitor.alerts.writing.differences import excerpts
from monitor.alerts.writing.words import KIND_WORDS, PROBLEMS, UNCHECKED
from monitor.changelog.listed import latest_of_series
from monitor.cli.printed import plain
from monitor.jurisdictions.states import STATES
from monitor.model import AmendmentKind
from monitor.standing import StandingState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.progress import Progress

    from monitor.alerts.message import Message
    from monitor.changelog.listed import LineHistory, PlaceInList
    from monitor.config.titles import Titles
    from monitor.model import Jurisdiction, Suggestion
    from monitor.store.doubts import ListedDoubt
    from monitor.store.entry import LogEntry
    from monitor.store.queries import RecordDetails
    from monitor.store.rows import VersionRow

MAX_EVENT_ROWS = 3  # of one report that name a place, shown one by one
STANDINGS = {"listed": "green", "was listed": "red", "named": "cyan", "not known": "magenta"}
STYLES = {
    "added": "green",
    "removed": "red",
    "corrected": "yellow",
    "moved": "cyan",
    "withdrawn": "bold red",
    "restored": "bold green",
    "document": "blue",
    "cosmetic": "dim",
    "reformatted": "dim",
}
EMPTY = "(empty)"
MAX_TOLD_CONFIDENCE = 0.95  # below this an entry is shown with its confidence
MAX_SUGGESTIONS = 2  # of a doubt that are shown


def console(*, stderr: bool = False) -> Console:
    """Return the console on which a command prints for a person; if that is no terminal, it is 200 characters wide."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, soft_wrap=True, width=200)


def progress() -> Progress:
    """Return a progress bar that also shows the remaining time; it shows nothing if standard error is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - only here
    from rich.progress import Progress as Bars  # noqa: PLC0415 - the same

    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bars(*columns, console=screen, disable=not screen.is_terminal, transient=True)


def tell(bar: Progress, line: str) -> None:
    """Print a line above a progress bar, if one is shown on a terminal.

    Else print it without a bar: a line that begins with "monitor: " to standard error, any other to standard output.
    """
    if bar.live.is_started and bar.console.is_terminal:
        bar.console.print(plain(line), markup=False)
    else:
        click.echo(plain(line), err=line.startswith("monitor: "))


def amendment(entry: LogEntry, titles: Titles = NO_TITLES) -> Text:
    """Format one entry of the change log, with the differences between old and new values marked.

    `titles` are the words for readers in place of names from the configuration.
    """
    number = f"{entry.id:>6}  " if entry.id is not None else ""
    text = Text(f"{number}{entry.observed_at[:16].replace('T', ' ')}  ")
    text.append(f"{KIND_WORDS[entry.kind]:<11}", style=STYLES.get(entry.kind, ""))
    text.append(f"  {plain(titles.where(entry.source, entry.list, report=entry.report))}", style="dim")
    if remarks := list(_remarks(entry, titles)):
        text.append(f"  [{', '.join(remarks)}]", style="dim")
    values = entry.after or entry.before
    if values and entry.kind != AmendmentKind.REFORMATTED:
        text.append(f"\n        {plain(without_change(_record(entry, values, titles), entry))}")
    if entry.mentions:
        places = "; ".join(f"{place.name}, {place.state}" for place in entry.mentions)
        reports = (titles.report_in_text(entry.source, report) for report in entry.speaks_of)
        of_reports = f" (in {', '.join(reports)})" if entry.speaks_of else ""
        text.append(f"\n        speaks of {places}{of_reports}", style="magenta")
    if entry.document:
        title = titles.of_field(entry.source, entry.list, entry.document.field)
        is_moved = entry.reason == "moved" and entry.document.from_url
        text.append("\n        ").append(f"{title}: ", style="dim")
        text.append(plain(f"{entry.document.from_url} -> {entry.document.url}" if is_moved else entry.document.url))
        if entry.reason == "recovered":
            text.append(f"\n        {archive_in_words(entry.document)}: {plain(entry.document.from_url or '')}")
        text.append(f"\n        {document_in_words(entry.document)}" if entry.document.sha256 else "", style="dim")
    for field in () if entry.document else entry.fields:
        title = titles.of_field(entry.source, entry.list, field)
        text.append("\n        ").append(f"{title}: ", style="dim").append(
            _change(entry, field, short=titles.is_prose(entry.source, entry.list))
        )
    if titles.is_unchecked(entry.source, entry.list):
        text.append(f"\n        {UNCHECKED}", style="magenta")
    return text


def print_together(texts: Iterable[Text]) -> None:
    """Print formatted entries at once, each on lines of its own; colours are for a terminal alone."""
    there = console()
    if there.is_terminal:
        there.print(Text("\n").join(texts))
    else:
        click.echo("\n".join(text.plain for text in texts))


def _record(entry: LogEntry, values: Mapping[str, str], titles: Titles) -> str:
    """Return the record of an entry in one line, after its place if the line itself does not say in which state it is.

    `values` are those of the record.
    """
    said, code = titles.record(entry.source, entry.list, values), state_of(entry)
    names_state = code is None or re.search(rf"\b(?:(?i:{STATES[code][0]})|{code})\b", said)
    return said if names_state else f"{place_of(entry)}: {said}"


def _remarks(entry: LogEntry, titles: Titles) -> Iterator[str]:
    """Yield short remarks about an entry, like its reason or "minor"; they are printed in brackets."""
    if entry.moved_to:
        yield f"to {titles.of_list(entry.source, entry.moved_to)}"
    elif entry.reason:
        yield entry.reason
    if entry.of:
        yield " and ".join(f"entry {number}" for number in entry.of if number)
    if entry.minor:
        yield "minor"
    if entry.reverts:
        yield f"takes back {entry.reverts}"
    if entry.resolves_doubt:
        yield f"resolves a doubt noted {entry.resolves_doubt.noted_at[:10]}"
    if entry.confidence < MAX_TOLD_CONFIDENCE:
        yield f"confidence {entry.confidence:.2f}"
    if entry.observed_by:
        yield "seen by a web archive"


def place(body: Jurisdiction, lists: Sequence[PlaceInList], at: str | None, titles: Titles) -> Text:
    """Format for each list whether a place is listed in it, at the time `at` (None: now).

    Lists that never named the place are put together in one line.
    """
    text = Text(f"{body.name}, {body.state}" if body.level != "state" else body.name, style="bold")
    for each in lists:
        if each.standing.state != StandingState.NEVER:
            text.append(f"\n    {titles.where(each.source, each.list)}: ", style="not bold dim")
            text.append(plain(each.standing.words(at)), style=f"not bold {STANDINGS.get(each.standing.state, '')}")
    if never := [titles.where(each.source, each.list) for each in lists if each.standing.state == StandingState.NEVER]:
        text.append(f"\n    never named in {'; '.join(never)}", style="not bold dim")
    return text


def story(line: LineHistory, told: str, titles: Titles) -> Text:
    """Format what happened to one record, in one line; `told` is the line's text."""
    record = line.listed.line
    said = plain(titles.record(record.source, record.list, record.fields))
    return Text(f"{said}: ").append(plain(told), style="cyan")


def in_short(lines: Sequence[LineHistory], at: str | None, titles: Titles) -> Iterator[Text]:
    """Yield records formatted; of many rows about events in one list of one report, only the first few and a count.

    Rows with amendments or doubts are never left out. A record that is in report after report of a series is shown as
    in the latest one.
    """
    left_out: Counter[tuple[str, str, str]] = Counter()
    shown: Counter[tuple[str, str, str]] = Counter()
    latest = {id(each) for each in latest_of_series([line.listed for line in lines])}
    for line in lines:
        record = line.listed.line
        key = (record.source, record.report, record.list)
        is_told = bool(line.amendments or line.doubts or line.notices)
        is_event = line.listed.standing.state == StandingState.NAMED
        if is_event and not is_told and shown[key] >= MAX_EVENT_ROWS:
            left_out[key] += 1
        elif is_event or is_told or id(line.listed) in latest:
            shown[key] += not is_told
            yield line_history(line, at, titles)
    for key, count in left_out.items():
        source, report, name = key
        where = titles.where(source, name, report=report)
        yield Text(f"{where}: {count:,} more {'row' if count == 1 else 'rows'}; --json shows all", style="dim")


def line_history(line: LineHistory, at: str | None, titles: Titles) -> Text:
    """Format one record about a place, with its amendments, its doubts, and the notices that mention it."""
    record, standing = line.listed.line, line.listed.standing
    text = Text()
    text.append(f"{titles.where(record.source, record.list, report=record.report)}: ", style="dim")
    text.append(plain(standing.words(at)), style=STANDINGS.get(standing.state, ""))
    text.append(f"\n        {plain(titles.record(record.source, record.list, record.fields))}")
    for entry in told_entries(line.amendments):
        text.append("\n").append(amendment(entry, titles))
    for noted in line.doubts:
        state = f"mended {noted.gone_at[:10]}" if noted.gone_at else "stands"
        title = titles.of_field(record.source, record.list, noted.field)
        problem = PROBLEMS.get(noted.problem, noted.problem)
        text.append(f"\n        doubt: {title} {noted.value!r}, {problem}", style="magenta")
        text.append(f" ({state})", style="dim")
    for number in line.notices:
        text.append(f"\n        a notice speaks of it: entry {number}", style="magenta")
    return text


def listed_doubt(listed: ListedDoubt, titles: Titles) -> Text:
    """Format one doubt: the record, the doubtful value, and the likeliest corrections."""
    where = titles.where(listed.source, listed.list, report=listed.report)
    text = Text().append(f"{where}  ", style="dim")
    text.append(PROBLEMS.get(listed.problem, listed.problem), style="magenta")
    said = plain(titles.record(listed.source, listed.list, listed.fields))
    text.append(f"  since {listed.noted_at[:10]}\n        {said}")
    title = titles.of_field(listed.source, listed.list, listed.field)
    text.append(f"\n        {title}: ", style="dim").append(_shown(listed.value), style="red")
    if listed.suggestions:
        text.append(f" - likely {_in_words(listed.suggestions[:MAX_SUGGESTIONS])}")
    return text


def _in_words(suggestions: Sequence[Suggestion]) -> str:
    """Join suggested corrections with "or", each as a name with its state."""
    return " or ".join(", ".join(filter(None, (each.name, each.state))) for each in suggestions)


def _change(entry: LogEntry, field: str, *, short: bool) -> Text:
    """Format a field's value before and after an amendment, with the difference marked.

    `short` says that of long values only the words around the difference are shown.
    """
    if entry.before is None or entry.after is None:
        if entry.is_untold:
            return Text("other values")
        return Text("the whole column" if entry.kind == AmendmentKind.REFORMATTED else "")
    old = _shown(entry.before.get(field))
    new = _shown(entry.after.get(field))
    text = Text()
    for pieces, style, end in zip(
        excerpts(old, new, short=short), ("red underline", "green underline"), (" -> ", ""), strict=True
    ):
        for piece in pieces:
            text.append(piece.text, style=style if piece.changed else "")
        text.append(end)
    return text


def _shown(value: str | None) -> str:
    """Make the invisible characters of a value visible, because they could mislead a reader."""
    if not value:
        return EMPTY
    return "".join(c if c.isprintable() else " / " if c == "\n" else repr(c)[1:-1] for c in value)


def records(rows: Sequence[RecordDetails], title: str, titles: Titles) -> Table:
    """Format the records of a list as a table: a column for each field, and the day since which a record is listed."""
    table = Table(title=Text(plain(title)), title_justify="left", header_style="bold")
    fields = list(dict.fromkeys(field for row in rows for field in row.fields))
    for field in fields:
        table.add_column(titles.of_field(rows[0].source, rows[0].list, field), overflow="fold")
    table.add_column("since", no_wrap=True)
    for row in rows:
        cells = [_shown(row.fields[field]) if row.fields.get(field) else "" for field in fields]
        table.add_row(*(Text(cell) for cell in cells), row.listed_since[:10])
    return table


def versions(rows: Iterable[tuple[VersionRow, Mapping[str, int]]]) -> Table:
    """Format versions as a table; each comes with the number of records in each of its lists."""
    table = Table(header_style="bold")
    for column in ("report", "no.", "captured", "last seen", "file", "status", "records", "SHA-256"):
        table.add_column(column, overflow="fold" if column in {"report", "file", "status"} else "ellipsis")
    for version, counts in rows:
        status = f"{version.status}: {version.hold_reason}" if version.hold_reason else str(version.status)
        table.add_row(
            Text(f"{version.source}/{version.report_key}"), str(version.number), version.captured_at[:16],
            version.last_seen_at[:16], Text(version.file_name), Text(status),
            ", ".join(f"{count} {each}" for each, count in counts.items()), version.sha256[:12],
        )  # fmt: skip
    return table


def message(alert: Message, limit: int | None = None) -> Text:
    """Format an alert for a terminal, each line coloured by the sign at its start, like "+" for an addition.

    With a `limit`, the alert is shortened to that number of characters.
    """
    body = written(alert).partition("\n")[2] if limit is None else in_brief(alert, limit)
    text = Text(f"{plain(alert.subject)}\n", style="bold")
    for line in body.rstrip().splitlines():
        if limit and not line:
            continue
        begins = line.lstrip()[:2]
        style = {"+ ": "green", "- ": "red", "~ ": "yellow", "* ": "cyan", "DO": "magenta"}.get(begins, "not bold")
        text.append(f"{'  ' if limit else ''}{line}\n", style=f"not bold {style}")
    for files in alert.files if limit else ():
        on_page = files.file.url == files.page
        how = "the page" if on_page else "SILENT REPLACEMENT of" if files.silent else "from"
        text.append(f"  {how} {plain(files.file.name)}, SHA-256 {files.file.sha256[:16]}...\n", style="not bold dim")
    return text
