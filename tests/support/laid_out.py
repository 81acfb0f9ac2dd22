"""Small files with tables laid out for people, and what is read from them by a description of one list."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import xlsxwriter

from monitor.config.reports import ReportDescription
from monitor.extract.read import read_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import FileReading

HEADER = ["Agency", "Model", "Signed"]
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column, as xlsxwriter counts them


def book(*sheets: tuple[str, Sequence[Sequence[object]], Sequence[Merge]], hide: str = "") -> bytes:
    """A workbook: for each sheet its name, its rows, and its merged cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        for name, rows, merges in sheets:
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            for top, left, bottom, right in merges:
                sheet.merge_range(top, left, bottom, right, rows[top][left])
            if name == hide:
                sheet.hide()
    return out.getvalue()


def delimited(rows: Sequence[Sequence[object]]) -> bytes:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def page(body: str) -> bytes:
    """A web page."""
    return f"<!DOCTYPE html><html><body><main>{body}</main></body></html>".encode()


def tr(*cells: str, tag: str = "td") -> str:
    """A row of a table on a page; a cell may have attributes, as in `colspan=2|Male`."""
    made = []
    for cell in cells:
        attributes, bar, text = cell.partition("|")
        made.append(f"<{tag} {attributes}>{text}</{tag}>" if bar else f"<{tag}>{cell}</{tag}>")
    return f"<tr>{''.join(made)}</tr>"


def reading(format_: str, content: bytes, **described: Any) -> FileReading:
    """What is read from a file by a description of its one list."""
    match = {} if format_ == "html" else {"match": {"href": "x"}}
    kind = "page" if format_ == "html" else "rolling"
    report = ReportDescription.model_validate({"kind": kind, "format": format_, "lists": {"all": described}} | match)
    return read_report(content, report)


def rows_of(found: FileReading) -> list[tuple[str | None, ...]]:
    """The values of the records, where nothing speaks against them."""
    assert [each.message for each in found.suspicions] == []
    return [record.values for record in found.lists[0].records]


def why(found: FileReading) -> str:
    """Why the file may be misread."""
    return "; ".join(each.message for each in found.suspicions)
