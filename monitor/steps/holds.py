"""Carries out a person's decision about a version that was held: to release it, or to reject it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import ReadError, RefusedError
from monitor.model import VersionStatus
from monitor.steps.process import process_version, too_late
from monitor.store import records

if TYPE_CHECKING:
    from monitor.steps.context import Context
    from monitor.steps.outcomes import Processed
    from monitor.store.rows import VersionRow


def release_held(context: Context, version: VersionRow) -> Processed:
    """Record a version that was held, or rejected by mistake, because a person decided that it is right.

    Raises RefusedError if the version is neither held nor rejected, can't be read, is older than a recorded version, or
    belongs to a source that is no longer in the configuration.
    """
    if version.status not in {VersionStatus.HELD, VersionStatus.REJECTED}:
        raise RefusedError(f"{version.file_name} is {version.status}, not held; see `monitor holds`")
    last = records.last_recorded(context.store, version.report_id, gap_after_version_id=version.gap_after_version_id)
    if last and last.number > version.number:
        raise RefusedError(too_late(version, last))
    try:
        done = process_version(context, version, believe=True)
    except ReadError as fault:
        raise RefusedError(f"{version.file_name} can't be released: {fault}; reject it") from fault
    if done is None:
        raise RefusedError(f"{version.source} is no longer in the configuration; put it back, then release")
    return done


def reject_held(context: Context, version: VersionRow) -> None:
    """Mark a held version as rejected, so that it never counts. Raises RefusedError if it is not held."""
    with context.store.transaction():
        if records.status_of(context.store, version.id) != VersionStatus.HELD:
            raise RefusedError(f"{version.file_name} is {version.status}, not held; see `monitor holds`")
        records.mark_rejected(context.store, version, reason=f"rejected by a person: {version.hold_reason}")
