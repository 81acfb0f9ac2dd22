"""Reads and writes by which description each list was read last, so that a changed description can be told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedDescription:
    """By which description a list was read last.

    - `list`: its name. `report_key`, `number`: the report and the number of the version that was read last.
    - `described_as`: a hash of the description by which it was read.
    - `told_as`: a hash of the description of which a person was told last; that by which it was read, if of none.
    """

    list: str
    report_key: str
    number: int
    described_as: str
    told_as: str


def note_description(store: Store, version: VersionRow, name: str, *, mark: str, judged: str) -> None:
    """Note that the list `name` of a version was read by the description with the hash `mark`.

    `judged` is a hash of all that decides which of its values are doubted.
    """
    store.write(
        """
        INSERT INTO list_descriptions (source, list, version_id, described_as, told_as, judged_as)
        VALUES (:source, :list, :version, :mark, :mark, :judged)
        ON CONFLICT (source, list) DO UPDATE
        SET version_id = excluded.version_id, described_as = excluded.described_as, told_as = excluded.told_as,
            judged_as = excluded.judged_as
        """,
        {"source": version.source, "list": name, "version": version.id, "mark": mark, "judged": judged},
    )


def judged_as(store: Store, version: VersionRow, name: str) -> str | None:
    """Return the hash of all that decided which values of the list `name` are doubted, when a version was recorded.

    Return None if an earlier release recorded it, or if the list was read from another version since.
    """
    row = store.one(
        "SELECT judged_as FROM list_descriptions WHERE source = :source AND list = :list AND version_id = :version",
        {"source": version.source, "list": name, "version": version.id},
    )
    return row["judged_as"] if row else None


def noted_descriptions(store: Store, source: str) -> list[NotedDescription]:
    """Return by which description each list of a source was read last; a list that was never read is not there."""
    rows = store.all(
        """
        SELECT list, report_key, number, described_as, told_as
        FROM list_descriptions JOIN version_details ON version_details.id = list_descriptions.version_id
        WHERE list_descriptions.source = :source ORDER BY list
        """,
        {"source": source},
    )
    return [NotedDescription(**row) for row in rows]


def note_told_description(store: Store, source: str, name: str, mark: str) -> None:
    """Note that a person was told of the description with the hash `mark` of the list `name`."""
    store.write(
        "UPDATE list_descriptions SET told_as = :mark WHERE source = :source AND list = :list",
        {"source": source, "list": name, "mark": mark},
    )
