"""The real spreadsheets of the 287(g) programme as editions: each row keeps its identity from file to file.

The corpus beside the project says which rows were added, removed or corrected from each file to the next; where it is
absent, the demo's issues stand in its place.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl

from drifts.editions import Row, plain
from drifts.grids import GridStyle, workbook
from monitor.demo.agreements import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
FIELDS = {
    "STATE": "state",
    "LAW ENFORCEMENT AGENCY": "agency",
    "TYPE": "type",
    "COUNTY": "county",
    "SUPPORT TYPE": "support_type",
    "SIGNED": "signed",
    "MOA": "moa",
    "ADDENDUM": "addendum",
}
KEY = ("state", "agency", "support_type")
DEMO_ISSUES = ("0317", "0318", "0321", "0328", "0411", "0514", "0522", "0612", "0703")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One file of a list, as it was published: its rows, its columns, and whether it follows clearly from the last.

    `is_clear` is False where the corpus calls a change ambiguous, or where a column came or went.
    """

    list: str
    at: datetime
    content: bytes
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    is_clear: bool


def issues() -> tuple[Issue, ...]:
    """Return all files of both lists, oldest first."""
    found = _real() if (CORPUS / "manifest.csv").exists() else _demo()
    return tuple(sorted(found, key=lambda issue: issue.at))


def _real() -> Iterator[Issue]:
    events: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for said in (CORPUS / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(said)
        events[event["list"], event["to_sha"]].append(event)
    before: dict[str, dict[int, Row]] = {}
    numbers = count(1)
    with (CORPUS / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        manifest = sorted(csv.DictReader(lines), key=lambda line: line["captured_at"])
    for line in manifest:
        content = (CORPUS / line["file"]).read_bytes()
        columns, cells = _cells(content)
        name = line["list"]
        old = before.get(name, {})
        rows, is_clear = _identified(old, cells, events[name, line["sha256"]], numbers)
        before[name] = rows
        yield Issue(
            list=name,
            at=datetime.fromisoformat(line["captured_at"]),
            content=content,
            columns=columns,
            rows=tuple(rows.values()),
            is_clear=bool(old) and is_clear,
        )


def _cells(content: bytes) -> tuple[tuple[tuple[str, str], ...], dict[int, dict[str, str]]]:
    """Return the columns of a workbook, and its rows by their number in the sheet, links by their targets."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    header, *lines = sheet.iter_rows()
    columns = tuple((FIELDS[text], text) for cell in header if (text := str(cell.value or "").strip()) in FIELDS)
    rows = {}
    for number, line in enumerate(lines, start=2):
        cells = {name: _text(cell) for (name, _), cell in zip(columns, line, strict=False)}
        if any(cells.values()):
            rows[number] = cells
    return columns, rows


def _text(cell: Any) -> str:  # noqa: ANN401 - one of several classes of openpyxl's
    if cell.hyperlink and cell.hyperlink.target:
        return str(cell.hyperlink.target)
    if isinstance(cell.value, datetime):
        return cell.value.date().isoformat()
    return str(cell.value if cell.value is not None else "").strip()


def _identified(
    old: Mapping[int, Row], cells: Mapping[int, dict[str, str]], said: Sequence[dict[str, Any]], numbers: Iterator[int]
) -> tuple[dict[int, Row], bool]:
    """Return the rows of a file with the identities that they had in the file before, and whether that was clear.

    `said` are the changes from the file before. The rows that it does not name are found by equal values.
    """
    rows: dict[int, Row] = {}
    left = dict(old)
    for event in said:
        was, now = event["old"], event["new"]
        if event["kind"] == "added":
            rows[now["row"]] = Row.of(next(numbers), cells[now["row"]])
        elif event["kind"] == "removed":
            left.pop(was["row"], None)
        elif event["kind"] in {"corrected", "cosmetic"} and was["row"] in left and not event.get("grouped"):
            wrong = event["fields"] if event["kind"] == "corrected" else ()
            rows[now["row"]] = _again(left.pop(was["row"]), cells[now["row"]], wrong)
    for fields in (tuple(FIELDS.values()), (*KEY, "signed"), KEY):
        places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, row in left.items():
            places[_same(row.cells, fields)].append(place)
        for number, values in cells.items():
            if number not in rows and (fitting := places.get(_same(values, fields))):
                rows[number] = _again(left.pop(fitting.pop(0)), values, ())
    found = {number: rows.get(number) or Row.of(next(numbers), values) for number, values in cells.items()}
    return found, not left and len(rows) == len(found) and all(map(_is_plain, said))


def _is_plain(event: Mapping[str, Any]) -> bool:
    """Return whether a change is one of records, and sure."""
    return not event["ambiguous"] and event["kind"] in {"added", "removed", "corrected", "cosmetic"}


def _same(cells: Mapping[str, str], fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain(cells.get(name)) for name in fields)


def _again(row: Row, cells: dict[str, str], corrected: Sequence[str]) -> Row:
    """Return a row as the next file prints it, with another meaning only in the fields that were corrected."""
    wrong = {name.removesuffix("_link") for name in corrected}
    meant = {name: text if name in wrong else row.meant.get(name, text) for name, text in cells.items()}
    return Row(id=row.id, cells=cells, meant=meant)


def _demo() -> Iterator[Issue]:
    roster, numbers = Roster(), defaultdict[tuple[str, ...], int](count(1).__next__)
    columns = {
        "participating": tuple((name, header) for header, name in FIELDS.items() if name != "addendum"),
        "pending": tuple((name, header) for header, name in list(FIELDS.items())[:5]),
    }
    for index, issue in enumerate(DEMO_ISSUES):
        roster = roster.after(issue)
        for name, agreements in (("participating", roster.participating), ("pending", roster.pending)):
            at = datetime(2025, int(issue[:2]), int(issue[2:]), 14, tzinfo=UTC) + timedelta(hours=name == "pending")
            rows = tuple(
                Row.of(
                    numbers[name, *each.order],
                    {
                        "state": each.state,
                        "agency": each.agency,
                        "type": each.type,
                        "county": each.county,
                        "support_type": each.model,
                        "signed": each.signed.isoformat() if each.signed else "",
                        "moa": each.moa,
                    },
                )
                for each in sorted(agreements, key=lambda each: each.order)
            )
            content = workbook(rows, GridStyle(columns=list(columns[name])))
            yield Issue(
                list=name, at=at, content=content, columns=columns[name], rows=rows, is_clear=index > 0,
            )  # fmt: skip
