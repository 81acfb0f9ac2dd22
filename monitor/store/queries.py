"""Answers the questions of the commands: the versions, a list as it was at a time, all records about a place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from monitor.errors import StoreError
from monitor.model import AmendmentKind, Instant, Jurisdiction, Locator, Sha256
from monitor.store import changelog, doubts, records
from monitor.store.rows import by_key, locator_of, locator_value
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.store.database import Store
    from monitor.store.doubts import LineDoubt
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow


MAY_BE_MOVED = {AmendmentKind.ADDED, AmendmentKind.REMOVED}  # the amendments that a move ties together
MAX_REPORTS_NAMED = 10  # other reports of a series that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDetails:
    """A record as a version has it; the fields are those that `monitor list --json` prints.

    `first_version` is the SHA-256 of the first file with exactly these values; `locator` is the record's place in it.
    """

    source: str
    report: str
    list: str
    fields: dict[str, str]
    jurisdiction: Jurisdiction | None
    locator: Locator
    first_version: Sha256
    first_observed_at: Instant
    listed_since: Instant

    def to_json(self) -> dict[str, object]:
        """Return the record as the JSON object that `monitor list --json` prints."""
        return {
            "source": self.source,
            "report": self.report,
            "list": self.list,
            "fields": self.fields,
            "jurisdiction": by_key(self.jurisdiction.as_value()) if self.jurisdiction else None,
            "locator": by_key(locator_value(self.locator)),
            "first_version": self.first_version,
            "first_observed_at": self.first_observed_at,
            "listed_since": self.listed_since,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """One line of corrections: the same record of a report through all its corrections.

    - `record`: the latest record of the line.
    - `until`: the last time that a version had it; None while it is listed.
    - `amendments`, `doubts`: those of the line, oldest first.
    - `notices`: the numbers of the log entries with notices about its place and report.
    """

    record: RecordDetails
    until: str | None
    amendments: tuple[LogEntry, ...]
    doubts: tuple[LineDoubt, ...]
    notices: tuple[int, ...]

    def to_json(self) -> dict[str, object]:
        """Return the line of corrections as the JSON object that `monitor show --json` prints."""
        return self.record.to_json() | {
            "until": self.until,
            "amendments": [entry.to_json() for entry in self.amendments],
            "doubts": [asdict(doubt) for doubt in self.doubts],
            "notices": list(self.notices),
        }


def all_versions(store: Store, source: str | None = None) -> Iterator[tuple[VersionRow, dict[str, int]]]:
    """Yield all versions, of one source or of all, each with the number of records in its lists, keyed by list.

    They come report by report, oldest first.
    """
    counts: dict[int, dict[str, int]] = {}
    for row in store.all(
        """
        SELECT version_id, name, records FROM lists WHERE version_id IN (
            SELECT id FROM versions
            WHERE report_id IN (SELECT id FROM reports WHERE :source IS NULL OR source = :source)
        )
        """,
        {"source": source},
    ):
        counts.setdefault(row["version_id"], {})[row["name"]] = row["records"]
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE report_id IN (SELECT id FROM reports WHERE :source IS NULL OR source = :source)
        ORDER BY source, report_key, number
        """,
        {"source": source},
    )
    for row in rows:
        yield version_row(row), counts.get(row["id"], {})


def named_version(store: Store, name: str) -> list[VersionRow]:
    """Return all versions that a person may mean by `name`.

    A name is either the first digits of a SHA-256, at least six, or `source/report/number`.
    """
    source, _, rest = name.partition("/")
    report, _, number = rest.rpartition("/")
    rows = store.all(
        """
        SELECT * FROM version_details
        WHERE id IN (
            SELECT versions.id FROM captures CROSS JOIN versions ON versions.capture_id = captures.id
            WHERE length(:begin) >= 6 AND captures.sha256 >= :begin AND captures.sha256 < :begin || 'g'
            UNION
            SELECT versions.id FROM reports JOIN versions ON versions.report_id = reports.id
            WHERE reports.source = :source AND reports.key = :report AND versions.number = :number
        )
        ORDER BY id
        """,
        {
            "begin": name.lower(),
            "source": source,
            "report": report,
            "number": int(number[:18]) if number.removeprefix("-").isdecimal() else None,
        },
    )
    return [version_row(row) for row in rows]


def version_as_of(store: Store, source: str, report_name: str, at: str | None) -> VersionRow | None:
    """Return the version of a report that was the latest recorded one at the time `at`, or None.

    Where `at` is None, that is now. Of a series, the version belongs to the report of the latest period.
    """
    row = store.one(
        """
        SELECT * FROM version_details
        WHERE id = (
            SELECT versions.id
            FROM reports
            CROSS JOIN versions INDEXED BY versions_in_time ON versions.report_id = reports.id
            WHERE reports.source = :source AND reports.name = :name AND versions.status = 'recorded'
                AND (:at IS NULL OR versions.captured_at <= :at)
            ORDER BY reports.key DESC, versions.number DESC LIMIT 1
        )
        """,
        {"source": source, "name": report_name, "at": at},
    )
    return version_row(row) if row else None


def reports_beside(store: Store, version: VersionRow, at: str | None) -> list[str]:
    """Return the keys of the other reports of a series that stood beside that of `version` at the time `at`, or now.

    They are in the order of their periods, the latest first. Reports that were taken down are left out.
    """
    rows = store.all(
        """
        SELECT reports.key FROM reports
        WHERE reports.source = :source AND reports.name = :name AND reports.id <> :report
            AND reports.kind = 'series' AND (reports.withdrawn_at IS NULL OR reports.withdrawn_at > :at)
            AND EXISTS (
                SELECT 1 FROM versions JOIN captures ON captures.id = versions.capture_id
                WHERE versions.report_id = reports.id AND versions.status = 'recorded'
                    AND (:at IS NULL OR captures.captured_at <= :at)
            )
        ORDER BY reports.key DESC
        """,
        {"source": version.source, "name": version.report_name, "report": version.report_id, "at": at},
    )
    return [row["key"] for row in rows]


def shown_of_series(store: Store, version: VersionRow, at: str | None) -> str | None:
    """Return a sentence that says which report of a series a list is shown of, and names the others; None if alone."""
    others = reports_beside(store, version, at)
    if not others:
        return None
    named = ", ".join(others[:MAX_REPORTS_NAMED])
    more = f" and {len(others) - MAX_REPORTS_NAMED:,} more" if len(others) > MAX_REPORTS_NAMED else ""
    return f"this is the list of the report {version.report_key}; others stand beside it: {named}{more}"


def withdrawn_at(store: Store, report_id: int) -> str | None:
    """Return the time from which a report counts as taken down, or None where it is not."""
    row = store.one("SELECT withdrawn_at FROM reports WHERE id = :id", {"id": report_id})
    return row["withdrawn_at"] if row else None


def records_of(store: Store, version: VersionRow, name: str) -> list[RecordDetails]:
    """Return the records of the list `name` in a version, in the order of the file."""
    rows = store.all(
        """
        SELECT * FROM record_details
        WHERE report_id = :report AND list = :list AND first_version <= :version
            AND (last_version IS NULL OR last_version >= :version)
        ORDER BY id
        """,
        {"report": version.report_id, "list": name, "version": version.id},
    )
    return _listed(rows)


def not_looked_for(store: Store, version: VersionRow, name: str) -> str | None:
    """Return a sentence that says why the list `name` is not known in a version, or None where it is known.

    A list is not known where the configuration did not describe it when the version was recorded.
    """
    last = records.last_with_list(store, version, name)
    if last and last.id == version.id:
        return None
    return (
        f"{version.source}/{name}: was not looked for in {version.file_name} of {version.captured_at}, "
        f"as it was not described then; `monitor versions {version.source}` shows where it was"
    )


def _listed(rows: list[dict[str, Any]]) -> list[RecordDetails]:
    """Make records from rows of the view record_details.

    The JSON of all rows is parsed at once, which is faster: a list may have thousands of records.
    """
    texts = [text or "null" for row in rows for text in (row["fields"], row["jurisdiction"], row["locator"])]
    read = iter(json.loads(f"[{','.join(texts)}]"))
    return [
        RecordDetails(
            source=row["source"],
            report=row["report_key"],
            list=row["list"],
            fields=next(read),
            jurisdiction=None if (place := next(read)) is None else Jurisdiction(**place),
            locator=locator_of(next(read)),
            first_version=row["first_version_sha256"],
            first_observed_at=row["first_observed_at"],
            listed_since=row["listed_since"],
        )
        for row in rows
    ]


def appearances(store: Store, *, ocd_ids: tuple[str, ...], words: tuple[str, ...]) -> list[Appearance]:
    """Return all lines of corrections about a place or with certain words, also those that are no longer listed.

    - `ocd_ids`: the Open Civic Data ids of the place; places within it count too, as their ids begin with its id.
    - `words`: lines also count that have a record whose values contain all these words, whole or as parts of words.
    """
    first = _about(store, ocd_ids) | _saying(store, words)
    rows = store.all(
        "SELECT * FROM record_details WHERE id IN (SELECT value FROM json_each(:found))",
        {"found": json.dumps(list(first))},
    )
    rows.sort(key=lambda row: (row["source"], row["list"], row["line_id"], first[row["id"]]))
    notices = list(changelog.notices(store))
    amendments = [_amendments(store, row) for row in rows]
    ended = [entry.id for told in amendments for entry in told if entry.id and entry.kind in MAY_BE_MOVED]
    moves: dict[int | None, list[LogEntry]] = {}
    for move in changelog.moves_of(store, ended):
        for number in move.of or ():
            moves.setdefault(number, []).append(move)
    return [
        Appearance(
            record=record,
            until=row["last_observed_at"],
            amendments=tuple(_with_moves(told, moves)),
            doubts=tuple(doubts.doubts_of_line(store, row["line_id"])),
            notices=tuple(notice.id for notice in notices if notice.id and _is_spoken_of(record, notice)),
        )
        for row, record, told in zip(rows, _listed(rows), amendments, strict=True)
    ]


def _amendments(store: Store, row: Mapping[str, Any]) -> list[LogEntry]:
    """Return the amendments of a record's line of corrections in the record's own report, oldest first."""
    line = changelog.of_line(store, row["line_id"])
    return [each for each in line if each.report == row["report_key"] and each.kind != AmendmentKind.MOVED]


def _with_moves(amendments: list[LogEntry], moves: Mapping[int | None, list[LogEntry]]) -> list[LogEntry]:
    """Return the amendments of a record together with the moves that tell of its removal or addition, oldest first."""
    tied = [move for entry in amendments for move in moves.get(entry.id, ())]
    return sorted((*amendments, *tied), key=lambda entry: (entry.observed_at, entry.id or 0))


def _is_spoken_of(record: RecordDetails, notice: LogEntry) -> bool:
    """Return whether a notice is about a record's place, and about the record's report or no report in particular."""
    place = record.jurisdiction
    return (
        place is not None
        and notice.source == record.source
        and any(mentioned.ocd_id == place.ocd_id for mentioned in notice.mentions)
        and (not notice.speaks_of or record.report in notice.speaks_of)
    )


def _about(store: Store, ocd_ids: tuple[str, ...]) -> dict[int, int]:
    """Find the lines of corrections about jurisdictions or places within them.

    `ocd_ids` are the Open Civic Data ids of the jurisdictions. Returns, for each line, the id of its last record about
    them, mapped to the id of its first.
    """
    rows = store.all(
        """
        SELECT max(records.id) AS last, min(records.id) AS first FROM json_each(:ids) AS wanted CROSS JOIN records
        ON json_extract(records.jurisdiction, '$.ocd_id') >= wanted.value
            AND json_extract(records.jurisdiction, '$.ocd_id') < wanted.value || '0'
        WHERE json_extract(records.jurisdiction, '$.ocd_id') = wanted.value
            OR json_extract(records.jurisdiction, '$.ocd_id') LIKE wanted.value || '/%'
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"ids": json.dumps(ocd_ids)},
    )
    return {row["last"]: row["first"] for row in rows}


def _saying(store: Store, words: tuple[str, ...]) -> dict[int, int]:
    """Find the lines of corrections with a record that contains all `words`, whole or as parts of words.

    Returns, for each line, the id of its last record with the words, mapped to the id of its first.
    """
    pieces = [_pieces(store, word) for word in words]
    if not all(pieces) or not pieces:
        return {}
    rows = store.all(
        """
        SELECT max(records.id) AS last, min(records.id) AS first FROM record_words CROSS JOIN records
        ON records.id = record_words.rowid
        WHERE record_words MATCH :match AND NOT EXISTS (
            SELECT 1 FROM json_each(:words) AS words WHERE NOT EXISTS (
                SELECT 1 FROM json_each(records.fields) AS fields WHERE instr(lower(fields.value), lower(words.value))
            )
        )
        GROUP BY records.report_id, records.list, records.line_id
        """,
        {"match": " AND ".join(pieces), "words": json.dumps(words)},
    )
    return {row["last"]: row["first"] for row in rows}


def _pieces(store: Store, word: str) -> str:
    """Return the full-text query that finds a word in the index of three-letter pieces, or "" where nothing can match.

    A word of one or two letters matches all pieces that begin with it; there are such pieces even at the end of a
    value, because the index pads values with blanks.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file that the archive must hold, with the address and the time of its first capture."""

    sha256: str
    bytes: int
    url: str
    captured_at: str


def archived_files(store: Store) -> list[ArchivedFile]:
    """Return all files that the archive must hold.

    The database may have been written by an older release.
    """
    rows = store.all("SELECT sha256, bytes, url, captured_at FROM captures")
    if store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'mementos'"):
        # Captures that a backfill has kept wait for their place in the history.
        rows += store.all("SELECT sha256, bytes, url, captured_at FROM mementos WHERE sha256 IS NOT NULL")
    first: dict[tuple[str, int], ArchivedFile] = {}
    for row in sorted(rows, key=lambda row: (row["captured_at"], row["url"])):
        first.setdefault((row["sha256"], row["bytes"]), ArchivedFile(**row))
    return list(first.values())


def database_faults(store: Store) -> list[str]:
    """Return the faults that SQLite's full check finds: damaged pages and indexes, and references to missing rows."""
    broken = [row["integrity_check"] for row in store.all("PRAGMA integrity_check") if row["integrity_check"] != "ok"]
    dangling = [
        f"{row['table']}: row {row['rowid']} refers to nothing" for row in store.all("PRAGMA foreign_key_check")
    ]
    return broken + dangling


def integrity_faults(store: Store) -> list[str]:
    """Return the faults that a quick check finds.

    They are damaged pages, and a change log that ends with another entry than the last one written.
    """
    try:
        broken = [row["quick_check"] for row in store.all("PRAGMA quick_check") if row["quick_check"] != "ok"]
        # One statement, because another process may be writing.
        cut = store.all(
            """
            SELECT last.id FROM (SELECT 1) LEFT JOIN change_log_head
                LEFT JOIN (SELECT id, entry_hash FROM amendments WHERE id = (SELECT max(id) FROM amendments)) AS last
            WHERE last.id IS NOT change_log_head.length OR last.entry_hash IS NOT change_log_head.head
            """
        )
    except StoreError as fault:
        return [str(fault)]
    ends = (f"the change log ends with entry {row['id'] or 0}, and not as it was written" for row in cut)
    return [*broken, *(f"{end}; see `monitor verify`" for end in ends)]
