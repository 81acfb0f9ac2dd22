"""Turns rows of the database into values, and values into its JSON columns.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.model import Box, Jurisdiction, Locator, Record, VersionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Values = tuple[str | None, ...]

MAX_REMEMBERED_ROWS = 3_000  # of a list whose values and places are remembered until it is read again
DRAWN_MARK = "#drawn"  # the end of the address of a document that a browser drew, in place of a file that came
PLAIN_PLACES = ("sheet", "row", "selector", "line", "part")  # parts of a locator that are one value
_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_IN_ORDER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One report, as its row in the database has it. Times are ISO 8601 in UTC.

    - `key`, `name`: what identifies it within its source, and its name in the configuration (one for a whole series).
    - `asked_at`, `changed_at`: when it was last fetched, and when it last changed.
    - `misses`: how many polls in a row have not found it. `withdrawn_at`: since when it counts as taken down, or None.
    - `latest_id`, `digest`: the id and the content hash of its latest version; None if it has none.
    """

    id: int
    source: str
    key: str
    name: str
    kind: str
    url: str
    first_seen_at: str
    asked_at: str
    changed_at: str
    misses: int
    withdrawn_at: str | None
    latest_id: int | None
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of a report, with the report and the kept answer (capture) that it came from.

    Times are ISO 8601 in UTC.

    - `report_key`, `report_name`: what identifies the report within its source, and its name in the configuration.
    - `number`: the version's number within its report, from 1; it is below 1 for older versions that a backfill added.
    - `sha256`, `digest`: the hash of the file's bytes, and the hash of its content.
    - `captured_at`, `last_seen_at`: when it was first and last seen.
    - `hold_reason`, `releasable`: for a held version, the reason, and whether a person can still have it recorded.
    - `via`: `poll`, or `import` for files from elsewhere.
    - `page_sha256`: the SHA-256 of the page that linked it, or None; of a document that a browser drew, the SHA-256 of
      the page as its server sent it.
    - `memento`: the address of the copy in a web archive that it was taken from, or None.
    - `gap_after_version_id`: None for most versions. A version from a backfill that is not joined to the later history
      yet has here the id of the last version before the gap.
    """

    id: int
    report_id: int
    source: str
    report_key: str
    report_name: str
    kind: str
    number: int
    sha256: str
    digest: str
    url: str
    file_name: str
    captured_at: str
    last_seen_at: str
    bytes: int
    status: VersionStatus
    hold_reason: str | None
    releasable: bool
    via: str
    page_sha256: str | None
    last_modified: str | None
    content_type: str | None
    memento: str | None
    gap_after_version_id: int | None

    @property
    def is_drawn(self) -> bool:
        """Whether a browser drew its file, from the page with the hash `page_sha256`."""
        return self.url.endswith(DRAWN_MARK) and self.page_sha256 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow:
    """What a web address answered last: headers for a conditional request, and hashes of the bytes and the content.

    `links` are the links of a web page as JSON, or None. `answered_at` is the time of the answer; the database sets it.
    """

    etag: str | None
    last_modified: str | None
    sha256: str
    digest: str
    links: str | None
    answered_at: str = ""


class RecordRow(NamedTuple):
    """One record with the id of its row. It is a tuple, since a long list has very many.

    `line_id` is its line of corrections: all forms that the record has had through corrections share this id. It is the
    row id of the first of them. `seen` is the locator of the record as JSON.
    """

    id: int
    line_id: int
    record: Record
    seen: str


def compact(value: object) -> str:
    """Return a value as JSON in its canonical form: sorted keys, no blanks, UTF-8.

    It follows RFC 8785 except for numbers: `1.0` stays `1.0`.
    """
    return _COMPACT.encode(value)


def in_order(value: object) -> str:
    """Return a value as JSON without blanks.

    The keys keep their order, which for a record is that of its list's fields.
    """
    return _IN_ORDER.encode(value)


def by_key(value: Mapping[str, Any]) -> dict[str, object]:
    """Return a JSON object with the keys of all objects in it in alphabetical order."""
    return {
        name: [by_key(part) for part in value[name]] if name == "continued" else value[name] for name in sorted(value)
    }


def fields_value(fields: tuple[str, ...], record: Record) -> dict[str, str]:
    """Return the values of a record, keyed by field.

    A field whose value is None, because the version has no column for it, is left out.
    """
    return {field: value for field, value in zip(fields, record.values, strict=True) if value is not None}


def record_rows(fields: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> list[RecordRow]:
    """Make the records of a list from rows with an id, a line id, fields, a locator, a state and a jurisdiction.

    - `fields`: the fields of the list, which give the order of a record's values.
    - `rows`: the rows in the order of the records. All but the ids are JSON; a state, and None, stand as they are.

    The rows of a list that is not long were mostly read before, with the version before it.
    """
    if not rows:
        return []
    ids, lines, texts, seen, states, abouts = zip(*rows, strict=True)
    named = set(abouts) - {None}
    known: dict[str | None, Jurisdiction | None] = {None: None}
    if len(rows) > MAX_REMEMBERED_ROWS:  # it would take much memory, and the JSON of a whole column is parsed faster
        values: Iterable[Values] = [tuple(map(told.get, fields)) for told in _parsed(texts)]
        places: Iterable[Locator] = map(locator_of, _parsed(seen))
        known |= zip(named, (Jurisdiction(**each) for each in _parsed(named)), strict=True)
    else:
        values = (_values_of(fields, text) for text in texts)
        places = map(_place_of, seen)
        known |= zip(named, map(_jurisdiction_of, named), strict=True)
    records = (
        Record(values=told, locator=place, position=position, state=state, jurisdiction=known[about])
        for position, (told, place, state, about) in enumerate(zip(values, places, states, abouts, strict=True))
    )
    return list(map(RecordRow, ids, lines, records, seen))


def _parsed(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return the objects that some JSON texts are, parsed at once."""
    objects: list[dict[str, Any]] = json.loads(f"[{','.join(texts)}]")
    return objects


@lru_cache(2 * MAX_REMEMBERED_ROWS)
def _values_of(fields: tuple[str, ...], text: str) -> Values:
    """Return the values of a record from their JSON text, in the order of the fields of its list."""
    return tuple(map(json.loads(text).get, fields))


@lru_cache(2 * MAX_REMEMBERED_ROWS)
def _place_of(text: str) -> Locator:
    """Return a locator from its JSON text."""
    return locator_of(json.loads(text))


@lru_cache(10_000)
def _jurisdiction_of(text: str) -> Jurisdiction:
    """Return a jurisdiction from its JSON text, as `jurisdiction_json` writes it."""
    return Jurisdiction(**json.loads(text))


def locator_value(locator: Locator) -> dict[str, Any]:
    """Return a locator as a JSON object, with `page` and `box`, `sheet` and `row`, `selector`, or `line`.

    A record in a version of several files or pages also has `part`.
    """
    found: dict[str, Any] = {}
    for place, box in enumerate(locator.boxes):
        corners = [round(edge, 1) for edge in (box.left, box.top, box.right, box.bottom)]
        if place == 0:
            found |= {"page": box.page, "box": corners}
        else:
            found.setdefault("continued", []).append({"page": box.page, "box": corners})
    plain = {name: getattr(locator, name) for name in PLAIN_PLACES}
    return found | {name: value for name, value in plain.items() if value is not None}


def locator_json(locator: Locator) -> str:
    """Return the JSON text of a locator, as it is stored with a record."""
    sheet, row, line = locator.sheet, locator.row, locator.line
    if locator.boxes or locator.selector is not None or locator.part is not None:
        return compact(locator_value(locator))
    # The same, for long lists in sheets and in CSV files.
    if line is None and row is not None and sheet is not None:
        return f'{{"row":{row},"sheet":{encode_basestring(sheet)}}}'
    if line is not None and row is None and sheet is None:
        return f'{{"line":{line}}}'
    return compact(locator_value(locator))


def locator_of(value: Mapping[str, Any]) -> Locator:
    """Return the locator that `locator_value` has written."""
    if "box" not in value:
        return Locator(**value)
    parts = ([value] if "box" in value else []) + list(value.get("continued", []))
    boxes = tuple(
        Box(page=part["page"], left=part["box"][0], top=part["box"][1], right=part["box"][2], bottom=part["box"][3])
        for part in parts
    )
    plain = {name: value.get(name) for name in PLAIN_PLACES}
    return Locator(boxes=boxes, **plain)


@lru_cache(10_000)
def jurisdiction_json(jurisdiction: Jurisdiction | None) -> str | None:
    """Return the JSON text of a jurisdiction, or None where there is no jurisdiction."""
    return None if jurisdiction is None else compact(jurisdiction.as_value())
