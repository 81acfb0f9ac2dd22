"""The details of versions that are held: what they would tell, how they were read, and who decided about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import in_order
from monitor.store.versions import version_row

if TYPE_CHECKING:
    from monitor.store.database import Store
    from monitor.store.entry import Decision
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDetails:
    """What is known of a version that was held.

    - `reason`: why it was held when it was last judged.
    - `described_as`: a hash of the description and the release by which it was read.
    - `would_tell`: in lines of text, what subscribers would be told if it were released; () where that is not known.
    """

    reason: str
    described_as: str
    would_tell: tuple[str, ...] = ()


def note_hold(store: Store, version: VersionRow, details: HoldDetails) -> None:
    """Write the details of a hold, in place of those of an earlier hold of the same version."""
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
    """Return the details of a version's hold; None where it was never held, or held by an earlier release."""
    row = store.one(
        "SELECT reason, described_as, would_tell FROM hold_details WHERE version_id = :version", {"version": version.id}
    )
    return HoldDetails(**row | {"would_tell": tuple(json.loads(row["would_tell"]))}) if row else None


def held_of_source(store: Store, source: str | None) -> list[VersionRow]:
    """Return the held versions of one source, or (None) of all, that are newer than the last recorded one."""
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


def note_decision(store: Store, version: VersionRow, decision: Decision, *, released: bool, at: str) -> None:
    """Write that a person released or rejected a version; `at` is the time."""
    store.write(
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
