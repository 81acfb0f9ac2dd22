"""Reads the records about a place, and how well their lists were known at a time; `monitor.standing` decides by it.

A line of corrections is one record followed through all its corrections. Each form of the record is a row of its own,
and all these rows have the same line id. `monitor.standing` decides from these data whether a record is listed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monitor.model import Instant, Jurisdiction, ReportKind
from monitor.standing import ListLook, has_stopped
from monitor.store import records
from monitor.store.queries import RecordDetails, version_as_of
from monitor.store.rows import locator_of
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.database import QueryRow, Store
    from monitor.store.rows import VersionRow

# Selects records with all that a PlaceLine has; a condition follows.
LINES = """
SELECT records.id, records.line_id, records.report_id, reports.source, reports.key AS report,
    reports.name AS report_name, reports.kind, records.list, records.fields, records.jurisdiction,
    records.locator, firsts.sha256 AS first_version, firsts.captured_at AS first_observed_at,
    begun.captured_at AS listed_since, last_versions.number AS last_number, last_versions.last_seen_at
FROM records
JOIN reports ON reports.id = records.report_id
JOIN versions ON versions.id = records.first_version
JOIN captures AS firsts ON firsts.id = versions.capture_id
JOIN records AS beginnings ON beginnings.id = records.line_id
JOIN versions AS first_versions ON first_versions.id = beginnings.first_version
JOIN captures AS begun ON begun.id = first_versions.capture_id
LEFT JOIN versions AS last_versions ON last_versions.id = records.last_version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine(RecordDetails):
    """A record in the form that it had at the time asked about, with the dates that tell whether it is listed.

    - `line_id`: the record's line of corrections; all forms that the record has had share this id.
    - `report_id`, `report_name`: the id of its report, and the report's name in the configuration.
    - `since`: when the record was first seen about this place; `listed_since` is when it was first seen in any form.
    - `last_number`: the number of the last version that has it; None while the latest version has it.
    - `last_seen_at`: when that last version was last seen; None while the latest version has the record.
    """

    line_id: int
    report_id: int
    report_name: str
    kind: ReportKind
    since: Instant
    last_number: int | None
    last_seen_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAt:
    """How well a list of one report was known at a time (`look`), and the version that was current then, if any.

    `came` has the key of each report of the series that had appeared by then, and when it was first seen.
    """

    look: ListLook
    version: VersionRow | None
    report_id: int | None = None
    came: tuple[tuple[str, str], ...] = ()

    def is_later_than(self, number: int) -> bool:
        """Return whether the version of that time is a later one than the version with this number."""
        return self.version is not None and number < self.version.number

    def last_seen_at(self) -> str | None:
        """Return when the version of that time was last seen; None if there was none."""
        return self.version.last_seen_at if self.version else None

    def replaced_at(self, report: str) -> str | None:
        """Return when the next report of the series after the one with the key `report` appeared; None if none has."""
        return min((at for key, at in self.came if key > report), default=None)


def lines_about(
    store: Store,
    *,
    ocd_ids: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
    within: bool = True,
    at: str | None,
    limit: int,
) -> list[PlaceLine]:
    """Return the records about a place, or with certain words, as they were at the time `at` (None: now).

    - `ocd_ids`: the Open Civic Data ids of the place. With `within`, places that lie in it count too.
    - `words`: records whose values contain all these words, or have them as parts of words, are returned too.
    - `limit`: the largest number of records. Those that are still in their list come first, then those that left last.
    """
    about = _ids_about(store, ocd_ids, at, within=within)
    found = about.keys() | _ids_saying(store, words, at)
    rows = store.all(
        f"""
        {LINES}
        WHERE records.id IN (SELECT value FROM json_each(:found))
        ORDER BY last_versions.id IS NULL OR last_versions.last_seen_at >= coalesce(:at, '9') DESC,
            last_versions.last_seen_at DESC, reports.source, reports.key DESC, records.list, records.id
        LIMIT :limit
        """,  # noqa: S608 - a constant
        {"found": json.dumps(sorted(found)), "at": at, "limit": limit},
    )
    begun: dict[int, str] = {
        row["id"]: row["captured_at"]
        for row in store.all(
            """
            SELECT records.id, versions.captured_at FROM json_each(:first) AS wanted
            CROSS JOIN records ON records.id = wanted.value JOIN versions ON versions.id = records.first_version
            """,
            {"first": json.dumps(sorted(about.values()))},
        )
    }
    since = {last: begun[first] for last, first in about.items()}
    return [replace(_line(row), since=since.get(row["id"]) or row["listed_since"]) for row in rows]


def _line(row: QueryRow) -> PlaceLine:
    values = {name: value for name, value in row.items() if name != "id"}
    return PlaceLine(
        **values
        | {
            "since": row["listed_since"],
            "kind": ReportKind(row["kind"]),
            "fields": json.loads(row["fields"]),
            "locator": locator_of(json.loads(row["locator"])),
            "jurisdiction": Jurisdiction(**json.loads(row["jurisdiction"])) if row["jurisdiction"] else None,
        }
    )


def record_in_file(store: Store, sha256: str, name: str, mark: str) -> PlaceLine | None:
    """Return the record of the list `name` that first appeared in the file with the hash `sha256`, or None.

    `mark` is its place in that file (see `Locator.mark`). If several versions have the same bytes, the first one
    counts.
    """
    rows = store.all(
        """
        SELECT records.id, records.locator
        FROM captures
        CROSS JOIN versions ON versions.capture_id = captures.id
        CROSS JOIN records INDEXED BY records_of_list
        ON records.report_id = versions.report_id AND records.list = :list AND records.first_version = versions.id
        WHERE captures.sha256 = :sha256 ORDER BY records.id
        """,
        {"sha256": sha256, "list": name},
    )
    found = next((row["id"] for row in rows if _mark_of(row["locator"]) == mark), None)
    row = store.one(f"{LINES} WHERE records.id = :id", {"id": found})
    return _line(row) if row else None


@lru_cache(10_000)  # the page of each record of a file looks through all of that file
def _mark_of(locator: str) -> str:
    """Return the mark of a place in a file (see `Locator.mark`), which is given as JSON text."""
    return locator_of(json.loads(locator)).mark


def form_of_amendment(store: Store, number: int) -> tuple[str, str, str] | None:
    """Return what names the record of an entry of the change log, in the form that the entry left it in.

    It is the SHA-256 of the file in which this form first appeared, the list, and the place in that file (see
    `Locator.mark`): the parts of the address of its page. A record that was removed has its last form. Return None if
    the entry is about no record. `number` is the entry's.
    """
    row = store.one(
        """
        SELECT captures.sha256, records.list, records.locator
        FROM amendments
        CROSS JOIN versions AS amended ON amended.id = amendments.version_id
        CROSS JOIN records ON records.line_id = amendments.line_id
        CROSS JOIN versions AS firsts ON firsts.id = records.first_version
        CROSS JOIN captures ON captures.id = firsts.capture_id
        WHERE amendments.id = :number AND firsts.captured_at <= amended.captured_at
        ORDER BY firsts.captured_at DESC, records.id DESC LIMIT 1
        """,
        {"number": number},
    )
    return (row["sha256"], row["list"], _mark_of(row["locator"])) if row else None


def record_standing(store: Store, line_id: int) -> PlaceLine | None:
    """Return the record of a line of corrections as the latest version of its report has it, or None if it is gone."""
    row = store.one(
        f"{LINES} WHERE records.line_id = :line AND records.last_version IS NULL ORDER BY records.id DESC LIMIT 1",
        {"line": line_id},
    )
    return _line(row) if row else None


def records_of_line(store: Store, line: PlaceLine) -> list[PlaceLine]:
    """Return all forms that a record has had through its corrections, in all reports of its series, oldest first."""
    rows = store.all(
        f"""
        {LINES}
        WHERE records.line_id = :line ORDER BY firsts.captured_at, records.id
        """,
        {"line": line.line_id},
    )
    return [_line(row) for row in rows]


def _ids_about(store: Store, ocd_ids: tuple[str, ...], at: str | None, *, within: bool) -> dict[int, int]:
    """Return for each record about some places, up to the time `at` (None: now), the ids of its last and first form.

    `ocd_ids` are the Open Civic Data ids of the places; with `within`, places that lie in them count too. The result
    maps the id of the last form to that of the first.
    """
    rows = store.all(
        """
        SELECT max(records.id) AS last, min(records.id) AS first FROM json_each(:ids) AS wanted CROSS JOIN records
        ON json_extract(records.jurisdiction, '$.ocd_id') >= wanted.value
            AND json_extract(records.jurisdiction, '$.ocd_id') < wanted.value || '0'
        WHERE (
            json_extract(records.jurisdiction, '$.ocd_id') = wanted.value
            OR (:within AND json_extract(records.jurisdiction, '$.ocd_id') LIKE wanted.value || '/%')
        ) AND (
            :at IS NULL OR (SELECT captured_at FROM versions WHERE id = records.first_version) <= :at
        )
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"ids": json.dumps(ocd_ids), "at": at, "within": within},
    )
    return {row["last"]: row["first"] for row in rows}


def _ids_saying(store: Store, words: tuple[str, ...], at: str | None) -> set[int]:
    """Return the ids of records whose values contain all `words`, as of the time `at` (None: now).

    Of a record with several forms with these words, only the id of the last is returned.
    """
    pieces = [_pieces(store, word) for word in words]
    if not all(pieces) or not pieces:
        return set()
    rows = store.all(
        """
        SELECT max(records.id) AS last FROM record_words CROSS JOIN records
        ON records.id = record_words.rowid
        WHERE record_words MATCH :match AND NOT EXISTS (
            SELECT 1 FROM json_each(:words) AS words WHERE NOT EXISTS (
                SELECT 1 FROM json_each(records.fields) AS fields WHERE instr(lower(fields.value), lower(words.value))
            )
        ) AND (
            :at IS NULL OR (SELECT captured_at FROM versions WHERE id = records.first_version) <= :at
        )
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"match": " AND ".join(pieces), "words": json.dumps(words), "at": at},
    )
    return {row["last"] for row in rows}


def _pieces(store: Store, word: str) -> str:
    """Return a full-text query that finds a word, or "" if no record can contain it.

    The index consists of pieces of three letters, so the query asks for each piece of the word. A word of one or two
    letters is found by the pieces that begin with it; there are such pieces even at the end of a value, because the
    index adds blanks there.
    """
    pieces = [word[at : at + 3] for at in range(len(word) - 2)]
    if pieces:
        return "(" + " AND ".join(_quoted(piece) for piece in dict.fromkeys(pieces)) + ")"
    rows = store.all(
        "SELECT term FROM record_pieces WHERE term >= :begin AND term < :begin || char(0x10FFFF)",
        {"begin": word.lower()},
    )
    return "(" + " OR ".join(_quoted(row["term"]) for row in rows) + ")" if rows else ""


def _quoted(piece: str) -> str:
    """Return a three-letter piece in quotes, for a full-text query."""
    return '"' + piece.replace('"', '""') + '"'


def leavings(store: Store, line_ids: Iterable[int]) -> dict[int, list[Mapping[str, Any]]]:
    """Return the log entries that say how records left their lists, oldest first, keyed by line id.

    `line_ids` tell which records: a record shares its line id with all its corrected forms. Each entry is a row with
    the columns `id`, `line_id`, `kind`, `reason`, `source`, `list`, `report`, `observed_at`, `jurisdiction` and `of`.
    """
    rows = store.all(
        """
        SELECT amendments.id, line_id, kind, reason, source, list, report, observed_at, jurisdiction, "of"
        FROM json_each(:lines) AS wanted CROSS JOIN amendments INDEXED BY amendments_of_line
        ON amendments.line_id = wanted.value
        WHERE kind IN ('removed', 'corrected', 'moved') ORDER BY amendments.id
        """,
        {"lines": json.dumps(sorted(set(line_ids)))},
    )
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["line_id"], []).append(row)
    return found


def list_at(
    store: Store, source: str, report_name: str, name: str, *, at: str, now: str, report_id: int | None = None
) -> ListAt:
    """Return how well the list `name` was known at the time `at`; `now` is the present time.

    - `report_name`: the name of the list's report in the configuration.
    - `report_id`: the id of one report of a series; None means the report of the latest period at that time.
    """
    version = version_as_of(store, source, report_name, at) if report_id is None else _version_at(store, report_id, at)
    is_read = version is not None and _is_read(store, version, name)
    # Where the list was read from the version of that time, it was first seen then or before, which is all that counts.
    first_at = version.captured_at if version and is_read else _first_seen(store, source, report_name, name)
    if version is None:
        return ListAt(look=ListLook(report=report_name, first_at=first_at), version=None)
    following = _following(store, version)
    came = _series(store, version, at) if version.kind == ReportKind.SERIES else []
    latest = came[-1] if came else None
    look = ListLook(
        report=version.report_key,
        is_series=version.kind == ReportKind.SERIES,
        first_at=first_at,
        is_described=is_read,
        seen_at=version.last_seen_at,
        next_at=following,
        held_at=_held_since(store, version, at),
        withdrawn_at=_withdrawn_since(store, version, at, now=now),
        later=latest["key"] if latest and latest["key"] > version.report_key else None,
        silent_since=latest["came_at"] if latest and has_stopped([row["came_at"] for row in came], at=at) else None,
    )
    return ListAt(
        look=look,
        version=version,
        report_id=version.report_id,
        came=tuple((row["key"], row["came_at"]) for row in came),
    )


def last_version_with(store: Store, line: PlaceLine, *, at: str | None) -> VersionRow | None:
    """Return the latest recorded version that has a record in exactly this form, up to the time `at` (None: now).

    Return None if the record came later than that.
    """
    row = store.one(
        """
        SELECT * FROM version_details WHERE id = (
            SELECT versions.id FROM versions
            CROSS JOIN lists ON lists.version_id = versions.id AND lists.name = :list
            JOIN captures ON captures.id = versions.capture_id
            WHERE versions.report_id = :report AND versions.status = 'recorded'
                AND captures.captured_at >= :first AND (:at IS NULL OR captures.captured_at <= :at)
                AND (:last IS NULL OR versions.number <= :last)
            ORDER BY versions.number DESC LIMIT 1
        )
        """,
        {
            "list": line.list,
            "report": line.report_id,
            "first": line.first_observed_at,
            "at": at,
            "last": line.last_number,
        },
    )
    return version_row(row) if row else None


def _version_at(store: Store, report_id: int, at: str) -> VersionRow | None:
    """Return the recorded version of a report that was current at the time `at`; None if there was none."""
    row = store.one(
        """
        SELECT * FROM version_details WHERE id = (
            SELECT id FROM versions INDEXED BY versions_in_time
            WHERE report_id = :report AND status = 'recorded' AND captured_at <= :at ORDER BY number DESC LIMIT 1
        )
        """,
        {"report": report_id, "at": at},
    )
    return version_row(row) if row else None


def _is_read(store: Store, version: VersionRow, name: str) -> bool:
    """Return whether the list `name` was read from a version."""
    values = {"version": version.id, "name": name}
    return store.one("SELECT 1 FROM lists WHERE version_id = :version AND name = :name", values) is not None


def _first_seen(store: Store, source: str, report_name: str, name: str) -> str | None:
    """Return when the list `name` was first seen in any report with this configured name; None if it never was."""
    row = store.one(
        """
        SELECT min((
            SELECT versions.captured_at FROM versions INDEXED BY versions_in_time
            CROSS JOIN lists ON lists.version_id = versions.id AND lists.name = :list
            WHERE versions.report_id = reports.id AND versions.status = 'recorded'
            ORDER BY versions.number LIMIT 1
        )) AS captured_at
        FROM reports WHERE source = :source AND name = :name
        """,
        {"source": source, "name": report_name, "list": name},
    )
    return row["captured_at"] if row else None


def _following(store: Store, version: VersionRow) -> str | None:
    """Return when the next recorded version after `version` was first seen; None if there is none."""
    row = store.one(
        """
        SELECT captured_at FROM versions INDEXED BY versions_in_time
        WHERE report_id = :report AND status = 'recorded' AND number > :number ORDER BY number LIMIT 1
        """,
        {"report": version.report_id, "number": version.number},
    )
    return row["captured_at"] if row else None


def _held_since(store: Store, version: VersionRow, at: str) -> str | None:
    """Return when the first later version that is held was seen, if that was at the time `at` or before; else None."""
    held = [
        each.captured_at
        for each in records.held_versions(store)
        if each.report_id == version.report_id and each.number > version.number and each.captured_at <= at
    ]
    return min(held, default=None)


def _withdrawn_since(store: Store, version: VersionRow, at: str, *, now: str) -> str | None:
    """Return since when the report of `version` was taken down, as known at the time `at`; None if it was not.

    `now` is the present time.
    """
    if at >= now:
        row = store.one("SELECT withdrawn_at FROM reports WHERE id = :report", {"report": version.report_id})
        return row["withdrawn_at"] if row else None
    row = store.one(
        """
        SELECT kind, observed_at FROM amendments INDEXED BY amendments_of_kind
        WHERE kind IN ('withdrawn', 'restored') AND source = :source AND report = :report AND observed_at <= :at
        ORDER BY observed_at DESC, id DESC LIMIT 1
        """,
        {"source": version.source, "report": version.report_key, "at": at},
    )
    return row["observed_at"] if row and row["kind"] == "withdrawn" else None


def _series(store: Store, version: VersionRow, at: str) -> Sequence[Mapping[str, Any]]:
    """Return the reports of a series that had appeared by the time `at`, ordered by key.

    `version` is a version of one of them. Each is a row with `key` and `came_at`, the time when it was first seen.
    """
    return store.all(
        """
        SELECT reports.key, min(versions.captured_at) AS came_at FROM reports
        CROSS JOIN versions INDEXED BY versions_in_time ON versions.report_id = reports.id
        WHERE reports.source = :source AND reports.name = :name AND versions.status = 'recorded'
            AND versions.captured_at <= :at
        GROUP BY reports.id ORDER BY reports.key
        """,
        {"source": version.source, "name": version.report_name, "at": at},
    )
