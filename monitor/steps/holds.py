"""Carries out a person's decision about a held version (one that was set aside as doubtful): release or reject it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import ReadError, RefusedError
from monitor.model import VersionStatus
from monitor.steps.process import process_as_decided, too_late
from monitor.store import holds, records
from monitor.store.entry import Decision
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.steps.context import Context
    from monitor.steps.outcomes import Processed
    from monitor.store.rows import VersionRow


def release_held(context: Context, version: VersionRow, *, by: str | None = None) -> Processed:
    """Record a held version after all, because a person decided that it is right, and return the result.

    A version that was rejected by mistake can be released too. `by` is the person's name, or None; it is written to the
    change log together with the reason for the hold.

    Raises RefusedError in these cases:
    - the version is neither held nor rejected,
    - it can't be read,
    - a newer version of its report is recorded already,
    - its source is no longer in the configuration.
    """
    if version.status not in {VersionStatus.HELD, VersionStatus.REJECTED}:
        raise RefusedError(f"{version.file_name} is {version.status}, not held; see `monitor holds`")
    last = records.last_recorded(context.store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    if last and last.number > version.number:
        raise RefusedError(too_late(version, last))
    try:
        done = process_as_decided(context, version, Decision(by=by, hold_reason=version.hold_reason or ""))
    except ReadError as fault:
        raise RefusedError(f"{version.file_name} can't be released: {fault}; reject it") from fault
    if done is None:
        raise RefusedError(f"{version.source} is no longer in the configuration; put it back, then release")
    return done


def reject_held(context: Context, version: VersionRow, *, by: str | None = None) -> None:
    """Mark a held version as rejected: its content never enters the history.

    `by` is the name of the person who decided so, or None. Raises RefusedError if the version is not held.
    """
    with context.store.transaction():
        if records.status_of(context.store, version.id) != VersionStatus.HELD:
            raise RefusedError(f"{version.file_name} is {version.status}, not held; see `monitor holds`")
        decision = Decision(by=by, hold_reason=version.hold_reason or "")
        records.mark_rejected(context.store, version, reason=f"rejected by {by or 'a person'}: {version.hold_reason}")
        holds.note_decision(context.store, version, decision, released=False, at=instant(context.now()))
