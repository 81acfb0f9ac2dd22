"""Reads and writes details of held versions: why they are held, what they would change, and who decided about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import in_order
from monitor.store.statements import state
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.store.database import Store
    from monitor.store.entry import Decision
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDetails:
    """What is known of a version that was held, that is, set aside for a person to decide about.

    - `reason`: why it was held, when the program last looked at it.
    - `described_as`: a hash of the report's description and of the program's release at that time; if it is another
      now, the version is worth reading again.
    - `would_tell`: lines of text that say what subscribers would be told if it were released; () if that is not known.
    """

    reason: str
    described_as: str
    would_tell: tuple[str, ...] = ()


def note_hold(store: Store, version: VersionRow, details: HoldDetails) -> None:
    """Write the details of a held version; they replace those of an earlier hold of the same version."""
    store.write(
        """
        INSERT INTO hold_details (version_id, reason, described_as, would_tell)
        VALUES (:version, :reason, :described_as, :would_tell)
        ON CONFLICT (version_id) DO UPDATE
        SET reason = excluded.reason, described_as = excluded.described_as, would_tell = excluded.would_tell
        """,
        {
            "version": version.id,
            "reason": details.reason,
            "described_as": details.described_as,
            "would_tell": in_order(list(details.would_tell)),
        },
    )


def hold_details(store: Store, version: VersionRow) -> HoldDetails | None:
    """Return the details of a held version; None if it was never held, or if an earlier release held it."""
    row = store.one(
        "SELECT reason, described_as, would_tell FROM hold_details WHERE version_id = :version", {"version": version.id}
    )
    return HoldDetails(**row | {"would_tell": tuple(json.loads(row["would_tell"]))}) if row else None


def held_of_source(store: Store, source: str | None) -> list[VersionRow]:
    """Return the held versions that are newer than the last recorded one, of one source or (None) of all."""
    rows = store.all(
        """
        SELECT * FROM version_details AS held
        WHERE status = 'held' AND (:source IS NULL OR source = :source) AND NOT EXISTS (
            SELECT 1 FROM versions AS newer
            WHERE newer.report_id = held.report_id AND newer.number > held.number AND newer.status = 'recorded'
                AND newer.gap_after_version_id IS held.gap_after_version_id
        )
        ORDER BY id
        """,
        {"source": source},
    )
    return [version_row(row) for row in rows]


def any_unprocessed(store: Store) -> bool:
    """Return whether there is a version that waits to be read, or one that is held and perhaps to be read again."""
    return store.one("SELECT 1 FROM versions WHERE status IN ('kept', 'held') LIMIT 1", {}) is not None


def note_decision(store: Store, version: VersionRow, decision: Decision, *, released: bool, at: str) -> None:
    """Write that a person released (`released`) or rejected a version at the time `at`."""
    row_id = store.write(
        """
        INSERT INTO decisions (version_id, decision, decided_by, decided_at, hold_reason)
        VALUES (:version, :decision, :by, :at, :reason)
        """,
        {
            "version": version.id,
            "decision": "released" if released else "rejected",
            "by": decision.by,
            "at": at,
            "reason": decision.hold_reason,
        },
    )
    state(store, "decision", row_id)
