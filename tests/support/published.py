"""A small list of counties' offices that is published in each format, and what the program tells and holds of it."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import xlsxwriter

from tests.support import facsimiles
from tests.support.facsimiles import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands

FORMATS = ("html", "csv", "xlsx", "pdf")
HEADER = ("State", "Agency", "Code", "Signed")
WIDTHS = (90, 240, 80, 110)
CONFIG = (
    "contact: tests\nsources:"
    + "".join(
        f"""
  {format_}:
    page: https://www.example.gov/{format_}
    reports:
      file:
        kind: {"page" if format_ == "html" else "rolling"}
        format: {format_}
        {"" if format_ == "html" else f"match: {{ href: '[.]{format_}$' }}"}
        lists:
          offices:
            columns:
              state: State
              agency: Agency
              code: Code
              signed: {{ header: Signed, kind: date }}
            key: [state, agency]
            anchors: [code, signed]
            names: [agency]
            jurisdiction: {{ name: agency, state: state, level: county }}"""
        for format_ in FORMATS
    )
    + "\n"
)
STATES = ("Georgia", "Kansas", "Texas")
NAMES = (
    "Adams", "Baker", "Clay", "Dade", "Early", "Floyd", "Grady", "Hall", "Irwin", "Jones", "Lee", "Macon", "Pike",
    "Rabun", "Schley", "Tift", "Union", "Ware",
)  # fmt: skip
DAY = date(2025, 3, 1)

Row = tuple[str, ...]


def offices(count: int = 60) -> list[Row]:
    """So many rows, in order of state and agency: state, agency, code, and the day of its agreement."""
    numbers = sorted(range(count), key=lambda number: (number % len(STATES), number))
    return [
        (
            STATES[number % len(STATES)],
            f"{NAMES[number % len(NAMES)]} County {'Jail' if number // len(NAMES) % 2 else 'Sheriff'}"
            + (f" {number // 36 + 1}" if number >= 36 else ""),
            f"{1000 + 7 * number}",
            f"{DAY + timedelta(days=number % 40):%-m/%-d/%Y}",
        )
        for number in numbers
    ]


def html(rows: Sequence[Row], header: Row = HEADER, *, after: str = "", foot: str = "") -> bytes:
    """A page with the rows in a table, with a foot of it and more after it as they are given."""
    head = "".join(f"<th>{escape(text)}</th>" for text in header)
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"
    return f"<!DOCTYPE html><html><body><main><h1>Offices</h1>\n{table}\n{after}</main></body></html>".encode()


def delimited(rows: Sequence[Row], header: Row = HEADER) -> bytes:
    """A CSV file with the rows."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def workbook(
    rows: Sequence[Sequence[object]],
    header: Row = HEADER,
    *,
    then: Callable[[xlsxwriter.Workbook, Any], object] | None = None,
    **options: object,
) -> bytes:
    """A workbook with the rows on one sheet, to which `then` may write more."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_urls": False, **options}) as book:
        page = book.add_worksheet("Offices")
        for number, row in enumerate([header, *rows]):
            page.write_row(number, 0, row)
        if then:
            then(book, page)
    return out.getvalue()


def pdf(rows: Sequence[Row], header: Row = HEADER, *, per_page: int = 25) -> bytes:
    """A PDF of the rows in a table that is ruled, with so many rows on each page."""
    return facsimiles.drawn(*([table] for table in tables(rows, header, per_page=per_page)))


def tables(rows: Sequence[Row], header: Row = HEADER, *, per_page: int = 25, top: float = 60) -> list[Drawn]:
    """The tables of such a PDF, page by page."""
    starts = range(0, max(len(rows), 1), per_page)
    return [Drawn(rows=(header, *rows[start : start + per_page]), widths=WIDTHS, top=top) for start in starts]


# The state folders that were made: where each is, and the last day and the number of entries of its report.
_stood: dict[tuple[Path, str, str, tuple[bytes, ...]], tuple[Path, date, int]] = {}
WRITERS: dict[str, Callable[..., bytes]] = {"html": html, "csv": delimited, "xlsx": workbook, "pdf": pdf}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one file came to: why it is held, or '', and the entries that it added to the change log."""

    held: str
    entries: list[dict[str, Any]]

    @property
    def short(self) -> list[tuple[str, str]]:
        """Kind of each entry, with the fields that differ, or else the value that names the record, in order."""
        return sorted((entry["kind"], " ".join(entry["fields"]) or _name(entry)) for entry in self.entries)


def _name(entry: dict[str, Any]) -> str:
    values = entry["after"] or entry["before"] or {}
    return str(values.get("agency") or values.get("name") or values.get("jurisdiction") or values.get("text") or "")


SILENT = Told(held="", entries=[])


@dataclass(kw_only=True)
class Published:
    """One report whose files come one after the other, each on its day."""

    monitor: Commands
    folder: Path
    source: str
    report: str = ""  # a report of a source that has several: a part of its file name
    suffix: str = ""
    day: date = DAY + timedelta(days=60)
    entries: int = field(default=0, init=False)

    def come(self, content: bytes, *, days: int = 1) -> Told:
        """Publish a file after some days."""
        self.day += timedelta(days=days)
        file = self.folder / f"{self.report or 'file'}{self.day:%m%d%Y}.{self.suffix or self.source}"
        file.write_bytes(content)
        self.monitor("import", self.source, file, "--at", f"{self.day}T12:00:00Z")
        held = [row for row in self.monitor("holds", "--json").rows if row["captured_at"].startswith(str(self.day))]
        log = self.monitor("log", "--json").rows
        told = Told(held=held[0]["hold_reason"] if held else "", entries=log[self.entries :])
        self.entries = len(log)
        return told


def published(monitor: Commands, folder: Path, format_: str) -> Published:
    """The list of offices in a format, with the configuration that describes it."""
    config = folder / "config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return Published(monitor=replace(monitor, config=config), folder=folder, source=format_)


def stood(report: Published, *contents: bytes) -> Published:
    """A report after these files, none of which is held.

    The state folder of a report of the same files is made once, and copied for each test.
    """
    key = (report.folder.parent, report.source, report.report, contents)
    if key not in _stood:
        for content in contents:
            assert report.come(content).held == ""
        kept = report.folder.parent / f"stood-{len(_stood)}"
        shutil.copytree(report.monitor.state, kept)
        _stood[key] = (kept, report.day, report.entries)
        return report
    kept, report.day, report.entries = _stood[key]
    shutil.copytree(kept, report.monitor.state)
    return report


def standing(monitor: Commands, folder: Path, format_: str, rows: Sequence[Row], *, files: int = 2) -> Published:
    """The list of offices as it has stood in some files, in each of which but the first one code was corrected."""
    firsts = [(*rows[0][:2], f"{rows[0][2]}{number or ''}", *rows[0][3:]) for number in range(files - 1, -1, -1)]
    write = WRITERS[format_]
    return stood(published(monitor, folder, format_), *(write([first, *rows[1:]]) for first in firsts))
