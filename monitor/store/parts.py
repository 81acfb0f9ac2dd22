"""Writes and reads the parts of versions that consist of several files or pages.

Each such version has a list of parts: a text file in UTF-8, which the program writes. Each line is one JSON object,
with sorted keys and without blanks, and ends with a line break:

    {"list":"monitor-parts","version":1}
    {"captured_at":"2026-01-05T00:01:00Z","key":"north","part":"north.csv","sha256":"5e88...","url":"https://..."}

Each line after the first one is a part, in order: the time and address of its capture, the SHA-256 of its bytes, its
name in locators, and the key by which it is known again in another version. The same parts give the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.model import Capture
from monitor.store.rows import compact
from monitor.store.versions import add_capture
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from monitor.store.archive import Archive
    from monitor.store.database import Store

WHOLE_MARK = "#parts-of-"  # in the address of a list of parts, before the name of the report
FIRST_LINE = compact({"list": "monitor-parts", "version": 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file or page of a version that has several.

    - `key`: the text by which it is known again in another version. `name`: its name in locators.
    - `capture_id`: the id of the capture that has its bytes. The other fields are those of that capture; `digest` is
      the hash of its content, and `content_type` the server's Content-Type, or None.
    """

    key: str
    name: str
    capture_id: int
    url: str
    sha256: str
    digest: str
    captured_at: str
    bytes: int
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPart:
    """A part that the last polls found gone.

    - `misses`: the number of polls in a row that found it gone.
    - `instead`: the address of a file that no report matches, and that the page began to link when the part went; None
      if there is none. It may be the part under another name.
    """

    misses: int
    instead: str | None = None


def whole_address(page: str, report: str) -> str:
    """Return the address under which the list of a report's parts is kept; `page` is the page that shows the parts.

    In a browser, the address opens that page. The program never asks a server for it, and no other capture has it.
    """
    return f"{page.partition('#')[0]}{WHOLE_MARK}{report}"


def list_of_parts(parts: Iterable[Part]) -> bytes:
    """Return the list of these parts as the bytes of a file; see the module's docstring."""
    lines = [
        compact(
            {"captured_at": each.captured_at, "key": each.key, "part": each.name, "sha256": each.sha256,
             "url": each.url}
        )
        for each in parts
    ]  # fmt: skip
    return "".join(f"{line}\n" for line in (FIRST_LINE, *lines)).encode()


def digest_of_parts(parts: Iterable[Part], *, in_order: bool) -> str:
    """Return the hash of the content of all parts; two versions are the same if they have the same hash.

    `in_order`: whether the order of the parts counts, as with the pages of a list. Otherwise parts that were only
    renamed, or that are linked in another order, give the same hash.
    """
    digests = [each.digest for each in parts]
    said = compact(["parts", *(digests if in_order else sorted(digests))])
    return hashlib.sha256(said.encode()).hexdigest()


def add_list(
    store: Store,
    archive: Archive,
    source: str,
    parts: Sequence[Part],
    *,
    url: str,
    digest: str,
    at: datetime,
    via: str,
) -> int:
    """Write the list of a version's parts to the archive, add a capture that has it, and return the capture's id.

    - `source`: the name of the source. `parts`: the parts, each of which is a capture already.
    - `url`: the address under which the list is kept; see `whole_address`.
    - `digest`: the hash of the content of the parts; see `digest_of_parts`.
    - `at`, `via`: the time of the capture, and the step of the program that made it, like `poll`.
    """
    content = list_of_parts(parts)
    capture = Capture(url=url, captured_at=at, sha256=archive.put(content), size=len(content))
    whole_id = add_capture(store, source, capture, digest=digest, at=instant(at), via=via)
    store.write_each(
        """
        INSERT INTO parts (whole_id, position, capture_id, key, name)
        VALUES (:whole, :position, :capture, :key, :name)
        """,
        [
            {"whole": whole_id, "position": position, "capture": part.capture_id, "key": part.key, "name": part.name}
            for position, part in enumerate(parts, start=1)
        ],
    )
    return whole_id


def parts_of_version(store: Store, version_id: int) -> tuple[Part, ...]:
    """Return the parts of a version in order; () for a version that is one file or page."""
    return _parts(store, "(SELECT capture_id FROM versions WHERE id = :id)", version_id)


def parts_of_capture(store: Store, capture_id: int) -> tuple[Part, ...]:
    """Return the parts that are named by a capture which is a list of parts, in order; () for any other capture."""
    return _parts(store, ":id", capture_id)


def part_values(parts: Iterable[Part]) -> list[dict[str, str]]:
    """Return the parts of a version as JSON objects, in order."""
    return [
        {"part": each.name, "url": each.url, "sha256": each.sha256, "captured_at": each.captured_at} for each in parts
    ]


def part_of_capture(store: Store, capture_id: int, *, key: str, name: str) -> Part:
    """Return the part that is made of a capture, a key and a name; see `Part`."""
    row = store.one(
        """
        SELECT id AS capture_id, url, sha256, digest, captured_at, bytes, (
            SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
            WHERE json_extract(value, '$[0]') = 'content-type'
        ) AS content_type
        FROM captures WHERE id = :id
        """,
        {"id": capture_id},
    )
    assert row is not None
    return Part(**row, key=key, name=name)


def part_named(store: Store, sha256: str, part: str | None) -> Part | None:
    """Return the part of a version in which a record stands; None if the version is one file.

    - `sha256`: the SHA-256 of the version's file, which is its list of parts.
    - `part`: the name of the part in the record's locator; None if the locator names no part.
    """
    if part is None:
        return None
    row = store.one(
        """
        SELECT whole_id FROM captures CROSS JOIN parts ON parts.whole_id = captures.id
        WHERE captures.sha256 = :sha256 LIMIT 1
        """,
        {"sha256": sha256},
    )
    found = parts_of_capture(store, row["whole_id"]) if row else ()
    return next((each for each in found if each.name == part), None)


def file_with(store: Store, sha256: str, part: str | None) -> str:
    """Return the SHA-256 of the file in which a record stands: `sha256` itself for a version that is one file.

    The arguments are those of `part_named`.
    """
    found = part_named(store, sha256, part)
    return found.sha256 if found else sha256


def name_of_part(store: Store, sha256: str) -> str | None:
    """Return the name that the file with this SHA-256 has as a part of a version; None if it is no part of any."""
    row = store.one(
        """
        SELECT name FROM captures CROSS JOIN parts ON parts.capture_id = captures.id
        WHERE captures.sha256 = :sha256 LIMIT 1
        """,
        {"sha256": sha256},
    )
    return row["name"] if row else None


def missing_parts(store: Store, source: str, report: str) -> dict[str, MissingPart]:
    """Return the parts of a source's report that the last polls found gone, by their keys."""
    rows = store.all(
        "SELECT key, misses, instead FROM missing_parts WHERE source = :source AND report = :report ORDER BY key",
        {"source": source, "report": report},
    )
    return {row["key"]: MissingPart(misses=row["misses"], instead=row["instead"]) for row in rows}


def note_missing_parts(store: Store, source: str, report: str, missing: Mapping[str, MissingPart]) -> None:
    """Note the parts of a report that a poll found gone, by their keys, in place of those noted before."""
    which = {"source": source, "report": report}
    store.write("DELETE FROM missing_parts WHERE source = :source AND report = :report", which)
    store.write_each(
        """
        INSERT INTO missing_parts (source, report, key, misses, instead)
        VALUES (:source, :report, :key, :misses, :instead)
        """,
        [which | {"key": key, "misses": each.misses, "instead": each.instead} for key, each in missing.items()],
    )


def part_faults(store: Store, archive: Archive) -> Iterator[str]:
    """Yield a sentence for each list of parts in the archive that names other parts than the database.

    Lists that are missing or damaged are passed over here; the check of the archive reports them.
    """
    for row in store.all(
        "SELECT DISTINCT captures.id, captures.sha256, captures.url FROM parts JOIN captures ON captures.id = whole_id"
    ):
        try:
            written = archive.get(row["sha256"])
        except StoreError:
            continue
        if written != list_of_parts(parts_of_capture(store, row["id"])):
            yield f"parts: those of {row['url']} (capture {row['id']}) are not the ones that were written down"
    rows = store.all(
        """
        SELECT id, sha256, url FROM captures
        WHERE url LIKE :url AND NOT EXISTS (SELECT 1 FROM parts WHERE whole_id = captures.id)
        """,
        {"url": f"%{WHOLE_MARK}%"},
    )
    for row in rows:
        try:
            is_list = archive.get(row["sha256"]).startswith(f"{FIRST_LINE}\n".encode())
        except StoreError:
            continue
        if is_list:
            yield f"parts: those of {row['url']} (capture {row['id']}) are missing"


def _parts(store: Store, whole: str, ref: int) -> tuple[Part, ...]:
    rows = store.all(
        f"""
        SELECT parts.capture_id, parts.key, parts.name, captures.url, captures.sha256, captures.digest,
            captures.captured_at, captures.bytes, (
                SELECT json_extract(value, '$[1]') FROM json_each(captures.headers)
                WHERE json_extract(value, '$[0]') = 'content-type'
            ) AS content_type
        FROM parts JOIN captures ON captures.id = parts.capture_id WHERE parts.whole_id = {whole} ORDER BY position
        """,  # noqa: S608 - one of two constants
        {"id": ref},
    )
    return tuple(Part(**row) for row in rows)
