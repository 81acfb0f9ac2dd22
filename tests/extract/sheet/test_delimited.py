"""Delimited text: encodings, delimiters, quotes, and lines."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.lists import ListDescription
from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract.row_kinds import says_sum
from monitor.extract.sheet import delimited
from monitor.extract.values import trimmed

if TYPE_CHECKING:
    from monitor.model import RecordList

LIST = ListDescription.model_validate(
    {
        "columns": {
            "state": "STATE",
            "agency": ["AGENCY"],
            "signed": {"header": "SIGNED", "kind": "date"},
            "moa": {"header": "MOA", "kind": "link", "optional": True},
        }
    }
)
ROWS = (
    "STATE,AGENCY,SIGNED\n"
    'FLORIDA,"Bay County, Sheriff\'s Office",2/19/2025\n'
    '\n"TEXAS","Bee County\nSheriff ""Bee""",05/082025\n'
    "UTAH,Utah County,\n"
)


def read(content: bytes | str) -> RecordList:
    """The list in a text."""
    (found,) = delimited.read_csv(content.encode() if isinstance(content, str) else content, {"agencies": LIST})
    return found


def test_records_know_the_line_they_start_on() -> None:
    """Lines are counted as an editor counts them, also where a quoted value runs over several."""
    found = read(ROWS)
    assert [(record.locator.line, record.values) for record in found.records] == [
        (2, ("FLORIDA", "Bay County, Sheriff's Office", "2025-02-19", None)),
        (4, ("TEXAS", 'Bee County\nSheriff "Bee"', "05/082025", None)),
        (6, ("UTAH", "Utah County", "", None)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_and_line_ends_are_found(encoding: str, end: str) -> None:
    """Byte order marks, UTF-8 and Windows-1252, with any of the three line ends, read the same."""
    text = "STATE,AGENCY,SIGNED\nTEXAS,Pe\u00f1a County Sheriff\u2019s Office,1/2/2025\n".replace("\n", end)
    (record,) = read(text.encode(encoding)).records
    assert record.values[1] == "Pe\u00f1a County Sheriff\u2019s Office"
    assert record.locator.line == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_the_one_that_shows_the_header(delimiter: str) -> None:
    """Other delimiters inside values, and titles above the header, don't mislead."""
    row = ("TEXAS", "Bee, Sheriff; Co", "1/2/2025", "x|y")
    lines = [("Agencies; as of July 18, 2025 | final",), (), ("STATE", "AGENCY", "SIGNED", "MOA"), row]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    (record,) = read(text.getvalue()).records
    assert record.values == ("TEXAS", "Bee, Sheriff; Co", "2025-01-02", "x|y")
    assert record.locator.line == 4


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", UnreadableError, "empty"),
        (b"\x7fELF\x02\x01\x01\0\0\0", UnreadableError, "binary"),
        (bytes(range(256)) * 20, UnreadableError, "no text"),
        (b"STATE,AGENCY\x81,SIGNED\xff\n", UnreadableError, "no text in UTF-8 or Windows-1252"),
        (b"\xff\xfeS\0T", UnreadableError, "no text in utf-16"),
        (b'STATE,AGENCY,SIGNED\nTEXAS,"Bee', UnreadableError, "line 2: unexpected end of data"),
        (b'STATE,AGENCY,SIGNED\nTEXAS,"Bee" County,x\n', UnreadableError, "line 2"),
        (b'STATE,AGENCY,SIGNED\nTEXAS,"' + b"x" * 200_000 + b'",\n', BombError, "line 2: a value of more than"),
        (b"STATE,AGENCY\nTEXAS,Bee\n", LayoutError, "lacks the column 'SIGNED'"),
        (b"STATE,AGENCY,SIGNED\nTEXAS,Bee County, Texas,1/2/2025\n", LayoutError, "line 2 has more values"),
        (b"<html><body>Access Denied</body></html>", LayoutError, "no header of it in the file"),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, error: type[Exception], message: str) -> None:
    """Junk, damage, shifted and missing columns each end in one clear line."""
    with pytest.raises(error, match=message):
        read(content)


TEXT = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)
    .filter(trimmed)
    .filter(lambda text: not says_sum(text))  # a row of sums is no record
)


@given(
    rows=st.lists(st.tuples(TEXT, TEXT, st.dates().map(str)), min_size=1),
    delimiter=st.sampled_from(delimited.DELIMITERS),
)
def test_what_was_written_is_read(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    """Any text comes back as it was written, but for the blanks and invisible marks around it."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("STATE", "AGENCY", "SIGNED"), *rows])
    assert [record.values[:3] for record in read(text.getvalue()).records] == [tuple(map(trimmed, row)) for row in rows]


@given(st.binary())
def test_junk_raises_a_named_error(junk: bytes) -> None:
    """Whatever the bytes, the outcome is one of the reader's own errors."""
    with pytest.raises((UnreadableError, BombError, LayoutError)):
        read(junk)
