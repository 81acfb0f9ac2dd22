"""How things look on a terminal: rich, coloured only there; plain in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.alerts.compose import name
from monitor.alerts.writing import brief as in_brief
from monitor.alerts.writing import text as written
from monitor.alerts.writing.differences import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.progress import Progress

    from monitor.alerts.message import Message
    from monitor.store.rows import VersionRow

STYLES = {
    "added": "green",
    "removed": "red",
    "corrected": "yellow",
    "withdrawn": "bold red",
    "restored": "bold green",
    "cosmetic": "dim",
    "reformatted": "dim",
}
EMPTY = "(empty)"


def console(*, stderr: bool = False) -> Console:
    """Where a command writes for a person; wide enough in a pipe that nothing is cut."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, soft_wrap=True, width=200)


def progress() -> Progress:
    """How far something has come and how long it will still take, on a terminal; nothing elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - only here
    from rich.progress import Progress as Bars  # noqa: PLC0415 - the same

    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bars(*columns, console=screen, disable=not screen.is_terminal, transient=True)


def tell(bar: Progress, line: str) -> None:
    """A line above the progress; what failed goes to standard error."""
    if bar.live.is_started and bar.console.is_terminal:
        bar.console.print(plain(line), markup=False)
    else:
        click.echo(plain(line), err=line.startswith("monitor: "))


def amendment(entry: Mapping[str, Any]) -> Text:
    """One entry of the change log in two or more lines, the difference marked."""
    where = "/".join(part for part in (entry["source"], entry["report"], entry["list"]) if part)
    number = f"{entry['id']:>6}  " if "id" in entry else ""
    text = Text(f"{number}{entry['observed_at'][:16].replace('T', ' ')}  ")
    text.append(f"{entry['kind']:<11}", style=STYLES.get(entry["kind"], ""))
    text.append(f"  {where}", style="dim")
    reason = [entry["reason"]] if entry["reason"] else []
    reason += ["minor"] if entry["minor"] else []
    reason += [f"takes back {entry['reverts']}"] if entry["reverts"] else []
    if resolved := entry["resolves_doubt"]:
        reason.append(f"resolves a doubt noted {resolved['noted_at'][:10]}")
    reason += [f"confidence {entry['confidence']:.2f}"] if entry["confidence"] < 0.95 else []
    reason += ["seen by a web archive"] if "observed_by" in entry else []
    if reason:
        text.append(f"  [{', '.join(reason)}]", style="dim")
    told = entry["after"] or entry["before"]
    if told and entry["kind"] != "reformatted":
        text.append(f"\n        {name(told)}")
    if entry["mentions"]:
        spoken = "; ".join(f"{place['name']}, {place['state']}" for place in entry["mentions"])
        of_reports = f" (of {', '.join(entry['speaks_of'])})" if entry["speaks_of"] else ""
        text.append(f"\n        speaks of {spoken}{of_reports}", style="magenta")
    for field in entry["fields"]:
        text.append("\n        ").append(f"{field}: ", style="dim").append(_change(entry, field))
    return text


def appearance(line: Mapping[str, Any]) -> Text:
    """One record of a place with all its amendments."""
    until = f"until {line['until'][:10]}" if line["until"] else "still listed"
    text = Text()
    text.append(f"{line['source']}/{line['report']}/{line['list']}: ", style="dim")
    text.append(f"since {line['listed_since'][:10]}, {until}", style="red" if line["until"] else "green")
    text.append(f"\n        {name(line['fields'])}")
    for entry in line["amendments"]:
        text.append("\n").append(amendment(entry))
    for noted in line["doubts"]:
        state = f"mended {noted['gone_at'][:10]}" if noted["gone_at"] else "stands"
        text.append(f"\n        doubt: {noted['field']} {noted['value']!r}, {noted['problem']}", style="magenta")
        text.append(f" ({state})", style="dim")
    for number in line["notices"]:
        text.append(f"\n        a notice speaks of it: entry {number}", style="magenta")
    return text


def doubt(noted: Mapping[str, Any]) -> Text:
    """One doubt: the record, what is doubtful, and what was likely meant."""
    where = "/".join((noted["source"], noted["report"], noted["list"]))
    text = Text().append(f"{where}  ", style="dim").append(noted["problem"], style="magenta")
    text.append(f"  since {noted['noted_at'][:10]}\n        {name(noted['fields'])}")
    text.append(f"\n        {noted['field']}: ", style="dim").append(_shown(noted["value"]), style="red")
    if noted["suggestions"]:
        text.append(f" - likely {said_suggestions(noted['suggestions'])}")
    return text


def said_suggestions(suggestions: Sequence[Mapping[str, Any]]) -> str:
    """The first suggestions in words."""
    return " or ".join(", ".join(filter(None, (each["name"], each["state"]))) for each in suggestions[:2])


def _change(entry: Mapping[str, Any], field: str) -> Text:
    """A field's value before and after, what differs marked."""
    if entry["before"] is None or entry["after"] is None:
        return Text("the whole column" if entry["kind"] == "reformatted" else "")
    old = _shown(entry["before"].get(field))
    new = _shown(entry["after"].get(field))
    told = Text()
    for pieces, style, end in zip(marked(old, new), ("red underline", "green underline"), (" -> ", ""), strict=True):
        for piece in pieces:
            told.append(piece.text, style=style if piece.changed else "")
        told.append(end)
    return told


def plain(line: str) -> str:
    """A line that may hold a publisher's words, without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _shown(value: str | None) -> str:
    """A value with what could mislead a terminal made visible."""
    if not value:
        return EMPTY
    return "".join(c if c.isprintable() else " / " if c == "\n" else repr(c)[1:-1] for c in value)


def records(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    """A list as a table: a column for each field, and since when."""
    table = Table(title=Text(plain(title)), title_justify="left", header_style="bold")
    fields = list(dict.fromkeys(field for row in rows for field in row["fields"]))
    for field in fields:
        table.add_column(field, overflow="fold")
    table.add_column("since", no_wrap=True)
    for row in rows:
        cells = [_shown(row["fields"].get(field)) if row["fields"].get(field) else "" for field in fields]
        table.add_row(*(Text(cell) for cell in cells), row["listed_since"][:10])
    return table


def versions(rows: Iterable[tuple[VersionRow, Mapping[str, int]]]) -> Table:
    """Reports and their versions as a table."""
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


def message(told: Message, limit: int | None = None) -> Text:
    """An alert as it is shown on a terminal: its text form, coloured by the marks in front; in brief with a limit."""
    body = written(told).partition("\n")[2] if limit is None else in_brief(told, limit)
    text = Text(f"{plain(told.subject)}\n", style="bold")
    for line in body.rstrip().splitlines():
        if limit and not line:
            continue
        begins = line.lstrip()[:2]
        style = {"+ ": "green", "- ": "red", "~ ": "yellow", "* ": "cyan", "DO": "magenta"}.get(begins, "not bold")
        text.append(f"{'  ' if limit else ''}{line}\n", style=f"not bold {style}")
    for evidence in told.evidence if limit else ():
        on_page = evidence.file.url == evidence.page
        how = "the page" if on_page else "SILENT REPLACEMENT of" if evidence.silent else "from"
        text.append(
            f"  {how} {plain(evidence.file.name)}, SHA-256 {evidence.file.sha256[:16]}...\n", style="not bold dim"
        )
    return text
