"""The second step: what a kept version says. Records, amendments and alert are committed in one transaction.

Reading and matching happen outside it; inside, what they were based on is checked to be still so. A version that can't
be read or believed is held with its reason, and the last good one stays live.
"""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.alerts import outbox
from monitor.changelog.record import ListChange, record_list
from monitor.errors import MonitorError, ReadError, RefusedError, StoreError
from monitor.matching import plausible
from monitor.matching.amend import amend
from monitor.matching.match import Matching, match
from monitor.model import RecordList, ReportKind, VersionStatus
from monitor.sandbox.pool import Understanding
from monitor.steps.outcomes import Processed
from monitor.store import join, records
from monitor.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from monitor.config.sources import Config, ReportDescription
    from monitor.matching.doubts import Doubt
    from monitor.sandbox.pool import Lists, Workers
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow

    Said = Callable[[], Lists]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """What the step needs: where bytes and rows are, who reads them, and what the lists are like.

    `workers`, where there are any, read many versions ahead; else each is read when its turn comes.
    """

    config: Config
    store: Store
    archive: Archive
    reader: Reader
    now: Callable[[], datetime]
    workers: Workers | None = None


class _StaleError(Exception):
    """Another process has recorded a version since this one was compared."""


def process(
    step: Processor, *, source: str | None = None, before_gap: bool = False, believe: bool = False
) -> Iterator[Processed]:
    """Understand every version that waits, oldest first; yields each as it is committed.

    Where one can't be - its bytes are gone, say - it waits on, and so do the later ones of its report; others don't.
    With `before_gap` also those of history that a backfill found; with `believe` none is held, and one that can't be
    read is left out.
    """
    stuck: set[int] = set()
    waiting = records.kept_versions(step.store, source=source, before_gap=before_gap)
    for version, said in _read(step, waiting):
        if version.report_id in stuck or said is None:
            continue
        try:
            done = _understood(step, version, said, believe=believe)
        except ReadError as fault:  # which is not believed
            done = Processed(version=version, fault=f"{version.file_name} can't be read: {fault}")
        except (StoreError, RefusedError) as fault:
            stuck.add(version.report_id)
            done = Processed(version=version, fault=str(fault))
        except (MonitorError, OSError):  # of the machine, not of this version
            raise
        except Exception as fault:  # noqa: BLE001 - one version must not keep all others waiting
            done = _hold(step, version, _unforeseen(fault), releasable=True)
        if done:
            yield done


def _unforeseen(fault: Exception) -> str:
    """An error that nobody thought of, with its place."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    what = " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
    return f"comparing it failed: {what} ({Path(place.filename).name}:{place.lineno}); please report that"


def process_version(step: Processor, version: VersionRow, *, believe: bool = False) -> Processed | None:
    """Understand one version; with `believe`, a person has decided that its difference is true.

    Returns None where another process was quicker, or where its source is no longer configured. Raises ReadError for
    what can't be read and is to be believed.
    """
    [(_, said)] = _read(replace(step, workers=None), [version])
    return said and _understood(step, version, said, believe=believe)


def _read(step: Processor, versions: Sequence[VersionRow]) -> Iterator[tuple[VersionRow, Said | None]]:
    """Each version with what it says, once that is asked for; None where its source is no longer configured."""

    def job(version: VersionRow) -> Understanding | None:
        report = _description(step, version)
        on = moment(version.captured_at).date()
        return Understanding(content=step.archive.get(version.sha256), report=report, on=on) if report else None

    def said(version: VersionRow) -> Lists:
        asked = job(version)
        assert asked is not None
        return asked.do(step.reader)

    if step.workers:
        yield from step.workers.in_order(versions, job)
    else:
        yield from ((each, partial(said, each) if _description(step, each) else None) for each in versions)


def _description(step: Processor, version: VersionRow) -> ReportDescription | None:
    source = step.config.sources.get(version.source)
    return source.reports.get(version.report_name) if source else None


def _understood(step: Processor, version: VersionRow, said: Said, *, believe: bool = False) -> Processed | None:
    """Record what a version says, or hold it."""
    report = _description(step, version)
    assert report is not None
    try:
        lists = said()
    except ReadError as fault:
        if believe:
            raise
        return _hold(step, version, str(fault), releasable=False)
    if not believe and (why := _beyond_size(step, version, [each for each, _ in lists])):
        return _hold(step, version, why, releasable=True)
    while True:
        changes = [_change(step, version, report, each, doubts) for each, doubts in lists]
        try:
            return _believed(step, version, changes, believe=believe)
        except _StaleError:
            continue  # compare again, with what is recorded now


def _believed(step: Processor, version: VersionRow, changes: list[ListChange], *, believe: bool) -> Processed | None:
    """Record a version's changes, or hold it where they are not to be believed."""
    whys = [] if believe else [f"{each.name}: {why}" for each in changes if (why := _implausible(step, version, each))]
    if whys:
        return _hold(step, version, "; ".join(whys), releasable=True)
    return _record(step, version, changes)


def _beyond_size(step: Processor, version: VersionRow, lists: Sequence[RecordList]) -> str | None:
    """Why a version is not to be believed by the number of its records alone: before they are compared."""
    for new in lists:
        past = plausible.Past(**records.past(step.store, version, new.name))
        if why := plausible.growth_doubt(past.records, len(new.records)):
            return f"{new.name}: {why}"
    return None


def _change(
    step: Processor, version: VersionRow, report: ReportDescription, new: RecordList, doubtful: tuple[Doubt, ...]
) -> ListChange:
    """Compare one list with what it follows; nothing, where the list was not described when that was read."""
    description = report.lists[new.name]
    previous = _having(
        step,
        records.last_recorded(step.store, version.report_id, gap_after_version_id=version.gap_after_version_id),
        new.name,
    )
    across = previous is None and report.kind == ReportKind.SERIES and description.compare == "across"
    if across and version.gap_after_version_id is not None:  # what is there may have told already how its period began
        first = join.first_recorded(step.store, version.report_id)
        across = first is None or join.follows_nothing(step.store, first, new.name)
    if across:
        previous = _having(step, records.recorded_before(step.store, version), new.name)
    if previous is None:
        nothing = Matching(pairs=(), removed=(), added=new.records)
        return ListChange(
            name=new.name, description=description, rows=(), new=new, matching=nothing, amendments=(), previous=None,
            doubts=doubtful,
        )  # fmt: skip
    rows = tuple(
        records.standing(
            step.store, previous.report_id, new.name, new.fields, gap_after_version_id=previous.gap_after_version_id
        )
    )
    before = RecordList(name=new.name, fields=new.fields, records=tuple(row.record for row in rows))
    matching = match(before, new, description)
    return ListChange(
        name=new.name,
        description=description,
        rows=rows,
        new=new,
        matching=matching,
        amendments=amend(matching, description),
        previous=previous,
        doubts=doubtful,
        across=across,
    )


def _having(step: Processor, version: VersionRow | None, name: str) -> VersionRow | None:
    """The version that a list is compared with: the last one, up to this, that was read for it."""
    return records.last_with_list(step.store, version, name) if version else None


def _implausible(step: Processor, version: VersionRow, change: ListChange) -> str | None:
    """Why a list's difference is not to be believed. The period before says little of how one list changes."""
    if change.previous is None or change.across:
        return None
    return plausible.doubt(
        change.amendments,
        size=len(change.rows),
        new_size=len(change.new.records),
        past=plausible.Past(**records.past(step.store, version, change.name)),
        description=change.description,
    )


def _hold(step: Processor, version: VersionRow, reason: str, *, releasable: bool) -> Processed | None:
    with step.store.transaction():
        if records.status_of(step.store, version.id) != VersionStatus.KEPT:
            return None
        records.mark_held(step.store, version, reason=reason, releasable=releasable)
        subject = f"{version.source}/{version.report_key}: {version.file_name} is held"
        notes = (reason, f"The last good version stays live. `monitor release {version.sha256[:12]}` if it is right.")
        if version.memento is None:  # a person sees what a backfill finds
            outbox.tell_operators(step.store, step.config, subject=subject, notes=notes, now=step.now())
    return Processed(version=version, hold_reason=reason)


def _record(step: Processor, version: VersionRow, changes: list[ListChange]) -> Processed | None:
    """Write records, amendments, alert and status together, if all is still as it was when they were worked out."""
    with step.store.transaction():
        if records.status_of(step.store, version.id) != version.status:
            return None
        last = records.last_recorded(step.store, version.report_id, gap_after_version_id=version.gap_after_version_id)
        if last and last.number > version.number:
            raise RefusedError(too_late(version, last))
        _check_still_so(step, last, changes)
        entries: list[dict[str, Any]] = []
        for change in changes:
            entries += record_list(step.store, version, change)
            counts = Counter(str(each.kind) for each in change.amendments)
            records.note_list(step.store, version, change.name, records=len(change.new.records), counts=counts)
        records.mark_recorded(step.store, version)
        _judge_again(step.store, version)
        first = {change.name: len(change.new.records) for change in changes if change.previous is None}
        outbox.announce(step.store, step.config, version, entries=entries, first=first, now=step.now())
    return Processed(version=version, entries=tuple(entries), first=first)


def _judge_again(store: Store, version: VersionRow) -> None:
    """What was held before a recorded version is superseded; what was held after it is judged against it."""
    for other in records.held_beside(store, version):
        if other.number < version.number and version.status != VersionStatus.KEPT:
            records.mark_rejected(store, other, reason=f"superseded by version {version.number}")
        elif other.number > version.number:
            records.keep_again(store, other)


def _check_still_so(step: Processor, last: VersionRow | None, changes: list[ListChange]) -> None:
    """Raise _StaleError where another process has recorded a version since the comparison."""
    for change in changes:
        follows = _having(step, last, change.name)
        based_on = None if change.across else change.previous
        if (follows and follows.id) != (based_on and based_on.id):
            raise _StaleError


def too_late(version: VersionRow, last: VersionRow) -> str:
    """Return the sentence that refuses a version older than one that is recorded."""
    return (
        f"{version.file_name} (version {version.number}) is older than version {last.number}, which is recorded; "
        "the past can't be rewritten, so reject it"
    )
