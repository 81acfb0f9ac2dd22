"""Hashes over a list as it stood in one version, so that the evidence log says which records were in it.

There are three hashes: over the records as they can be shown to anyone (`lines`), over the rows of these records and of
the doubts that stand (`standing`), and over the rows that are gone with this version (`ended`). Each covers lines that
are sorted by their bytes and end with a line break, as `LC_ALL=C sort FILE | sha256sum` makes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monitor.store.statements import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedList:
    """One list in one version, and what is needed to find its rows.

    - `version_id`, `number`, `captured_at`: of the version. `report_id`: of its report. `list`: the name of the list.
    - `gap_after_version_id`: given for older history that a backfill added and that is not joined to the later history
      yet; the id of the last version of that older history.
    - `previous_id`: the id of the version before it in which the list was read, in the same part of the history.
    - `is_latest`: True if no later version in the same part of the history has the list.
    """

    version_id: int
    report_id: int
    number: int
    captured_at: str
    list: str
    gap_after_version_id: int | None
    previous_id: int | None
    is_latest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHashes:
    """The three hashes over a list in one version, in hexadecimal; the module's docstring says what they cover."""

    lines: str
    standing: str
    ended: str

    def are(self, now: ListHashes) -> bool:
        """Return whether these stored hashes are those of `now`; its `standing` may be empty, and then does not count.

        The rows of an earlier version that still stand have been changed since, as records have moved in the file.
        """
        return (self.lines, self.ended) == (now.lines, now.ended) and now.standing in {"", self.standing}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProof:
    """The stored hashes over a list in one version. `id` is the row's id, by which its leaf is found."""

    id: int
    proved: ProvedList
    hashes: ListHashes


_PROVED = """
    SELECT versions.id AS version_id, versions.report_id, versions.number, captures.captured_at, lists.name AS list,
        versions.gap_after_version_id,
        (
            SELECT before.id FROM versions AS before
            CROSS JOIN lists AS read ON read.version_id = before.id AND read.name = lists.name
            WHERE before.report_id = versions.report_id AND before.number < versions.number
                AND before.gap_after_version_id IS versions.gap_after_version_id
            ORDER BY before.number DESC LIMIT 1
        ) AS previous_id,
        NOT EXISTS (
            SELECT 1 FROM versions AS later
            CROSS JOIN lists AS read ON read.version_id = later.id AND read.name = lists.name
            WHERE later.report_id = versions.report_id AND later.number > versions.number
                AND later.gap_after_version_id IS versions.gap_after_version_id
        ) AS is_latest
    FROM lists
    JOIN versions ON versions.id = lists.version_id
    JOIN captures ON captures.id = versions.capture_id
"""

# The records of a list that stand in its latest version, and those that stood in an earlier one.
_STANDING = "report_id = :report AND list = :list AND last_version IS :gap"
_STOOD = """
    report_id = :report AND list = :list AND first_version <= :version
    AND (last_version IS NULL OR last_version >= :version)
"""
# The records that are gone with a version.
_ENDED = "report_id = :report AND list = :list AND last_version = :previous"
_OPEN_DOUBTS = "gone_at IS NULL AND gap_after_version_id IS :gap"
_CLOSED_DOUBTS = "gone_at = :at"
# The database makes the lines, because Python takes three times as long. Its JSON is that of `rows.in_order`.
_LINE = "'[' || fields || ',' || json_quote(state) || ',' || coalesce(jurisdiction, 'null') || ']'"
_SEEN = "coalesce(seen_locators.locator, seen_locator)"
_ROW = f"json_array(id, line_id, records.locator, {_SEEN}, first_version)"
_ENDED_ROW = f"json_array(id, line_id, records.locator, {_SEEN}, first_version, last_version)"
_DOUBT = """json_array(id, report_id, list, line_id, field, value, problem, suggestions, noted_at, gone_at,
    gap_after_version_id)"""
_RECORDS = "records LEFT JOIN seen_locators ON seen_locators.record_id = records.id"


def prove_list(store: Store, version_id: int, name: str) -> None:
    """Store the hashes over the list `name` as it is now, and append the leaf about it to the evidence log.

    `version_id` is the version that the list was just read from; its row in `lists` is written already.
    """
    proved = proved_list(store, version_id, name)
    assert proved is not None
    _add(store, proved, hashes_of(store, proved))


def proved_list(store: Store, version_id: int, name: str) -> ProvedList | None:
    """Return the list `name` in a version, with what is needed to find its rows; None if it was not read from there."""
    row = store.one(f"{_PROVED} WHERE lists.version_id = :id AND lists.name = :list", {"id": version_id, "list": name})
    return _proved(row) if row else None


def prove_again(store: Store, source: str) -> None:
    """Store new hashes over each list of a source whose rows were changed rightly, as by joining older history to it.

    Each gets a new leaf; the old leaves stay.
    """
    for proof in latest_proofs(store, source=source):
        hashes = hashes_of(store, proof.proved)
        if not proof.hashes.are(hashes):
            _add(store, proof.proved, hashes)


def prove_all(store: Store) -> Iterator[int]:
    """Store hashes over each list of each version that has none yet; yield the ids of the new rows.

    Their leaves are not appended: an older release has written these lists, and so their leaves say.
    """
    unproved = "NOT EXISTS (SELECT 1 FROM list_proofs WHERE version_id = lists.version_id AND list = lists.name)"
    rows = store.all(f"{_PROVED} WHERE {unproved} ORDER BY versions.id, lists.name")
    for row in rows:
        proved = _proved(row)
        yield _insert(store, proved, hashes_of(store, proved))


def latest_proofs(store: Store, *, source: str | None = None) -> Iterator[ListProof]:
    """Yield the latest stored hashes over each list in each version, of one source or (None) of all."""
    proofs = {
        (row["version_id"], row["list"]): row
        for row in store.all("SELECT id, version_id, list, lines, standing, ended FROM list_proofs ORDER BY id")
    }
    for row in store.all(
        f"""
        {_PROVED} JOIN reports ON reports.id = versions.report_id
        WHERE :source IS NULL OR reports.source = :source ORDER BY versions.report_id, lists.name, versions.number
        """,
        {"source": source},
    ):
        proof = proofs.get((row["version_id"], row["list"]))
        if proof:
            hashes = ListHashes(lines=proof["lines"], standing=proof["standing"], ended=proof["ended"])
            yield ListProof(id=proof["id"], proved=_proved(row), hashes=hashes)


def record_lines(store: Store, proved: ProvedList) -> list[str]:
    """Return the records of a list in one version as lines of JSON, sorted: `[FIELDS, STATE, JURISDICTION]`."""
    where = _STANDING if proved.is_latest else _STOOD
    return sorted(store.column(f"SELECT {_LINE} FROM records WHERE {where}", _values(proved)))  # noqa: S608 - constants


def hashes_of(store: Store, proved: ProvedList) -> ListHashes:
    """Return the hashes over a list in one version, made of the rows as they are now.

    `standing` can be made for the latest version alone; for others it is empty.
    """
    values = _values(proved)
    standing = ""
    if proved.is_latest:
        rows = store.column(f"SELECT {_ROW} FROM {_RECORDS} WHERE {_STANDING}", values)  # noqa: S608 - constants
        standing = _sha256([*rows, *_doubts(store, _OPEN_DOUBTS, values)])
    ended = store.column(f"SELECT {_ENDED_ROW} FROM {_RECORDS} WHERE {_ENDED}", values)  # noqa: S608 - constants
    return ListHashes(
        lines=_sha256(record_lines(store, proved)),
        standing=standing,
        ended=_sha256([*ended, *_doubts(store, _CLOSED_DOUBTS, values)]),
    )


def _doubts(store: Store, where: str, values: dict[str, object]) -> list[str]:
    """Return the rows of doubts about a list as lines of JSON; `where` says of which."""
    sql = f"SELECT {_DOUBT} FROM doubts WHERE report_id = :report AND list = :list AND {where}"  # noqa: S608 - constants
    return store.column(sql, values)


def _values(proved: ProvedList) -> dict[str, object]:
    return {
        "report": proved.report_id,
        "list": proved.list,
        "version": proved.version_id,
        "gap": proved.gap_after_version_id,
        "previous": proved.previous_id,
        "at": proved.captured_at,
    }


def _proved(row: dict[str, object]) -> ProvedList:
    return ProvedList(**row | {"is_latest": bool(row["is_latest"])})  # type: ignore[arg-type]


def _sha256(lines: Iterable[str]) -> str:
    """Return the hash over lines, after sorting them."""
    return hashlib.sha256("\n".join([*sorted(lines), ""]).encode()).hexdigest()


def _add(store: Store, proved: ProvedList, hashes: ListHashes) -> None:
    state(store, "list", _insert(store, proved, hashes))


def _insert(store: Store, proved: ProvedList, hashes: ListHashes) -> int:
    return store.write(
        """
        INSERT INTO list_proofs (version_id, list, lines, standing, ended)
        VALUES (:version, :list, :lines, :standing, :ended)
        """,
        {"version": proved.version_id, "list": proved.list} | asdict(hashes),
    )
