"""Read files as most scripts do, for programs that compare rows: no knowledge of any list goes in but its key.

A row is a dictionary of its cells, with its key under "key": the list and the fields that identify a record.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from typing import TYPE_CHECKING

import openpyxl
import pdfplumber
from lxml import html

from drifts.editions import plain
from monitor.demo.ddor_layout import SECTION_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Rows = list[dict[str, str]]
KEYS = {
    "agreements": ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE"),
    "offices": ("Office",),
    "section-1": ("Jurisdiction", "State"),
    "section-3": ("Jurisdiction (AOR)",),
}
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
SEPARATOR = "\x1f"


def key(name: str, texts: Sequence[str]) -> str:
    """Return a list and the plain texts of a record's key as one text."""
    return SEPARATOR.join((name, *map(plain, texts)))


def read(ground: str, name: str, content: bytes) -> Rows:
    """Return the rows of a file of one kind. Raises an error where the simplest way of reading ends with one."""
    if ground in {"xlsx", "offices"}:
        return _keyed(name, _book(content), KEYS["offices" if ground == "offices" else "agreements"])
    if ground == "csv":
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")))
        return _keyed(name, lines, KEYS["agreements"])
    if ground == "table":
        return _keyed(name, _cells(content), KEYS["agreements"])
    return list(_report(content) if ground == "ddor" else _items(ground, content))


def _book(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    return [[_text(value) for value in line] for line in sheet.iter_rows(values_only=True)]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value).strip()


def _cells(content: bytes) -> list[list[str]]:
    return [
        [" ".join(cell.text_content().split()) for cell in line.xpath("./th | ./td")]
        for line in html.fromstring(content).xpath("//table//tr")
    ]


def _keyed(name: str, lines: Sequence[Sequence[str]], fields: Sequence[str]) -> Rows:
    """Return the lines below the first as rows. Raises KeyError where a field of the key has no column."""
    header, *rest = lines
    rows = [dict(zip(header, line, strict=False)) for line in rest if any(line)]
    return [
        {"key": key(name, [row[field] for field in fields]), **{each: row[each] for each in row if each}}
        for row in rows
    ]


def _items(ground: str, content: bytes) -> Iterator[dict[str, str]]:
    """Yield each item of a page's lists, with the headings above it."""
    above = {"h2": "", "h3": ""}
    for element in html.fromstring(content).xpath("//main//*[self::h2 or self::h3 or self::li]"):
        text = " ".join(element.text_content().split())
        if element.tag != "li":
            above[element.tag] = text
            continue
        if ground == "doj":
            listed, texts = above["h2"].lower(), tuple(text.rsplit(", ", 1))
        else:
            listed, texts = above["h3"].lower(), (text, above["h2"])
        name = {"state": "states"}.get(listed, listed)
        texts = texts[-1:] if name == "states" else texts
        yield {"key": key(name, texts), "headings": " / ".join(above.values()), "item": text}


def _day(text: str) -> str:
    """Return a date of a report as the log writes dates, any other text unchanged."""
    found = DAY.fullmatch(text)
    return f"{found[3]}-{int(found[1]):02}-{int(found[2]):02}" if found else text


def _report(content: bytes) -> Iterator[dict[str, str]]:
    """Yield each row of a report's tables; a table without a header goes on with the one before."""
    headers = {header: name for name, header in SECTION_HEADERS.items()}
    name, header = "", tuple[str, ...]()
    with pdfplumber.open(io.BytesIO(content)) as document:
        for page in document.pages:
            for table in page.extract_tables():
                for cells in table:
                    line = tuple(" ".join((cell or "").split()) for cell in cells)
                    if line in headers:
                        name, header = headers[line], line
                        continue
                    row = dict(zip(header, line, strict=False))
                    fields = KEYS.get(name, header)
                    yield {"key": key(name, [_day(row.get(field, "")) for field in fields]), **row}
