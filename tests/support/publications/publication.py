"""A made publication: what an agency's server has at each time, what its files truly say, and how they are described.

The truth is written beside the files, without the program: the records of each file, and what changed between issues.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from openpyxl import Workbook
from openpyxl.styles import Font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

Record = dict[str, str]
Row = TypeVar("Row")
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two issues that readers should be told: an amendment of a list.

    `record` is the record as it stands after it, or stood before where it was removed. `before` has the former values
    of the fields that were corrected.
    """

    list_name: str
    kind: str
    record: Record
    before: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A document at one address, with the records that it has, by list."""

    path: str
    content: bytes
    records: Mapping[str, Sequence[Record]] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The type that the server names; an address without an ending is a page."""
        ending = self.path.partition("?")[0].rpartition("/")[2].rpartition(".")
        return CONTENT_TYPES[ending[2] if ending[1] else "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """All that the server has at one time, its page first, and what is to be told since the issue before.

    `current` are the lists as they stand then, in any order.
    """

    files: Sequence[File]
    current: Mapping[str, Sequence[Record]]
    told: Sequence[Change] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One made publication.

    - `name`: the name of its source. `peculiar`: what is peculiar about its files.
    - `issues`: the oldest first. `description`: its description, as YAML under `sources:`, on the host of HOST.
    """

    name: str
    peculiar: str
    issues: Sequence[Issue]
    description: str


HOST = "https://www.example.gov"


def added(list_name: str, record: Record) -> Change:
    """A record that was not there before."""
    return Change(list_name=list_name, kind="added", record=record)


def removed(list_name: str, record: Record) -> Change:
    """A record that is no longer there."""
    return Change(list_name=list_name, kind="removed", record=record)


def corrected(list_name: str, record: Record, **before: str) -> Change:
    """A record that has other values now; `before` are those that it had."""
    return Change(list_name=list_name, kind="corrected", record=record, before=before)


def page(title: str, body: str) -> bytes:
    """A web page with a menu and a foot, as sites have them."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | Agency</title></head><body>'
        '<header><nav><ul><li><a href="/">Home</a></li><li><a href="/about">About</a></li></ul></nav></header>'
        f"<main><h1>{title}</h1>{body}</main>"
        '<footer><p><a href="/contact">Contact us</a></p></footer></body></html>'
    ).encode()


def links(*paths: str) -> str:
    """Paragraphs that link files by their names."""
    return "".join(f'<p><a href="{each}">{each.rpartition("/")[2]}</a></p>' for each in paths)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell whose value is shown in a format of the spreadsheet program."""

    value: float | date
    number_format: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its rows, and the ranges that are merged. `bold` are the numbers of its bold rows."""

    name: str
    rows: Sequence[Sequence[object]]
    merged: Sequence[str] = ()
    bold: Sequence[int] = ()


def workbook(*sheets: Sheet) -> bytes:
    """A workbook with these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for each in sheets:
        sheet = book.create_sheet(each.name)
        for number, row in enumerate(each.rows, 1):
            for place, value in enumerate(row, 1):
                if value is None:
                    continue
                cell = sheet.cell(number, place, value.value if isinstance(value, Shown) else value)
                if isinstance(value, Shown):
                    cell.number_format = value.number_format
                if number in each.bold:
                    cell.font = Font(bold=True)
        for area in each.merged:
            sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def in_sheets(rows: Sequence[Row], size: int) -> list[Sequence[Row]]:
    """The rows in sheets of so many; the last one has what is left."""
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]


def plain(value: float) -> str:
    """A number as a plain decimal, without zeros at its end."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
