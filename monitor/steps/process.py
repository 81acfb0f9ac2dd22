"""The second step: read a kept version, compare it with the one before, and record its changes in one transaction.

The slow work (reading, comparing) is done before that transaction. Within it, the program first checks that no other
process has recorded a version meanwhile. A version that can't be read, or that differs too much to be believed, is
held: it is set aside for a person, with the reason, and the last good version stays in force.
"""

from __future__ import annotations

import gc
import hashlib
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.alerts import outbox
from monitor.alerts.preview import preview
from monitor.changelog import entry, moves
from monitor.changelog.record import ListChange, record_list
from monitor.config.titles import Titles
from monitor.errors import MonitorError, ReadError, RefusedError, StoreError
from monitor.fetch.verdict import charset_of
from monitor.model import PartOfFile, VersionStatus
from monitor.sandbox.pool import Understanding
from monitor.steps import comparison, descriptions
from monitor.steps.outcomes import Processed
from monitor.steps.reread import told_by_publisher
from monitor.store import accounts, holds, records
from monitor.store.parts import WHOLE_MARK, parts_of_version
from monitor.times import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from monitor.config.reports import ReportDescription
    from monitor.model import Amendment, PassedOver
    from monitor.sandbox.known import KnownRecords
    from monitor.sandbox.pool import Workers
    from monitor.sandbox.reader import Understood
    from monitor.steps.context import Context
    from monitor.store.database import Store
    from monitor.store.entry import Decision, LogEntry
    from monitor.store.parts import Part
    from monitor.store.rows import VersionRow

    # Returns what was read of one version, once it is. Records that are given to it as known are not judged, unless the
    # version was read ahead. Raises ReadError.
    ReadVersion = Callable[[KnownRecords], Understood]

MAX_FAULT_LETTERS = 300  # of an unforeseen error, in the reason for a hold


class _StaleError(Exception):
    """Another process has recorded a version since this version was compared, so it must be compared again."""


def process(
    context: Context,
    *,
    source: str | None = None,
    before_gap: bool = False,
    believe: bool = False,
    workers: Workers | None = None,
) -> Iterator[Processed]:
    """Process every version that waits, oldest first, and yield each result once it is in the database.

    1. Read the lists of the version, in the process that reads untrusted files.
    2. Hold the version (set it aside for a person) if it can't be read, or has far more records than the version before
       it.
    3. Compare each list with the one before it: find which records are the same, and work out the amendments.
    4. Hold the version if a list changed too much to be believed.
    5. In one transaction, check that no other process has recorded a version meanwhile (if one has, compare again),
       then write records, amendments, alerts and the new status.
    6. End the holds of older versions of the report, and let newer versions that are held be processed again.

    Before all this, some held versions are set to be processed again: those whose description in the configuration, or
    the program itself, has changed since they were held.

    - `source`: the name of the one source to process; None means all.
    - `before_gap`: whether to process also the versions that a backfill found and that are not yet joined to the rest
      of the history.
    - `believe`: record each version however much it differs. One that can't be read is then not held; its result has a
      fault.
    - `workers`: these read many versions ahead; without them each version is read when its turn comes.

    A version may be impossible to process for now, for example because its kept file is lost. Then it waits, and so do
    all later versions of its report; other reports are processed. Errors of the machine (like a full disk) are raised.
    """
    stuck: set[int] = set()
    if not believe:
        _try_held_again(context, source, before_gap=before_gap)
    waiting = records.kept_versions(context.store, source=source, before_gap=before_gap)
    for version, read in _read(context, waiting, workers):
        if version.report_id in stuck or read is None:
            continue
        try:
            with _uncollected():
                done = _understand(context, version, read, believe=believe)
        except ReadError as fault:  # only where versions are to be believed
            done = Processed(version=version, fault=f"{version.file_name} can't be read: {fault}")
        except (StoreError, RefusedError) as fault:
            stuck.add(version.report_id)
            done = Processed(version=version, fault=str(fault))
        except (MonitorError, OSError):  # of the machine, not of this version
            raise
        except Exception as fault:  # noqa: BLE001 - one version must not keep all others waiting
            done = _hold(context, version, _unforeseen(fault), releasable=True)
        if done:
            yield done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage in circles while the block runs.

    Meanwhile lists of records grow, which are in no circles, and it would look through them again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def process_as_decided(context: Context, version: VersionRow, decision: Decision) -> Processed | None:
    """Record a version however much it differs from the one before, because a person decided so; return the result.

    `decision` is what the person decided. Return None if another process has processed the version already, or if its
    source is no longer in the configuration. Raises ReadError if the version can't be read.
    """
    [(_, read)] = _read(context, [version], None)
    return read and _understand(context, version, read, believe=True, decision=decision)


def too_late(version: VersionRow, last: VersionRow) -> str:
    """Return the message that `version` can't be recorded, because a newer version (`last`) is recorded already."""
    return (
        f"{version.file_name} (version {version.number}) is older than version {last.number}, which is recorded; "
        "the past can't be rewritten, so reject it"
    )


def _unforeseen(fault: Exception) -> str:
    """Return the reason for holding a version on which the program itself failed.

    It names the error, and the file and line of the program where it was raised.
    """
    place = traceback.extract_tb(fault.__traceback__)[-1]
    sentence = " ".join(f"{type(fault).__name__}: {fault}".split())[:MAX_FAULT_LETTERS]
    return f"comparing it failed: {sentence} ({Path(place.filename).name}:{place.lineno}); please report that"


def _read(
    context: Context, versions: Sequence[VersionRow], workers: Workers | None
) -> Iterator[tuple[VersionRow, ReadVersion | None]]:
    """Yield each version with a function that reads its lists, or with None if its source is no longer configured.

    With `workers`, many versions are read ahead, in parallel.
    """

    def job(version: VersionRow) -> Understanding | None:
        report = _description(context, version)
        on = moment(version.captured_at).date()
        if report is None:
            return None
        parts = parts_of_version(context.store, version.id)
        if WHOLE_MARK in version.url and not parts:
            raise StoreError(f"{version.file_name}: its parts are not in the database; see `monitor verify`")
        if parts:
            return _understanding_of_parts(context, parts, report, on=on, source=version.source)
        return Understanding(
            content=context.archive.get(version.sha256), report=report, on=on, charset=charset_of(version.content_type),
            url=version.url, source=version.source,
        )  # fmt: skip

    def read(version: VersionRow, known: KnownRecords) -> Understood:
        understanding = job(version)
        assert understanding is not None
        return replace(understanding, known=known).do(context.reader)

    if workers:
        for version, found in workers.in_order(versions, job):
            yield version, partial(_read_ahead, found) if found else None
    else:
        for version in versions:
            described = _description(context, version)
            if described:
                context.reader.start(version.source)
            yield version, partial(read, version) if described else None


def _read_ahead(found: Callable[[], Understood], _: KnownRecords) -> Understood:
    """Return what was read of a version before it was known which of its records were judged already."""
    return found()


def _understanding_of_parts(
    context: Context, parts: Sequence[Part], report: ReportDescription, *, on: date, source: str
) -> Understanding:
    """Return the job of reading a version of several files or pages. Raises StoreError."""
    contents = [context.archive.get(part.sha256) for part in parts]
    return Understanding(
        content=b"".join(contents),
        report=report,
        on=on,
        source=source,
        parts=tuple(
            PartOfFile(name=part.name, size=len(content), charset=charset_of(part.content_type))
            for part, content in zip(parts, contents, strict=True)
        ),
    )


def _description(context: Context, version: VersionRow) -> ReportDescription | None:
    return context.config.report_description(version.source, version.report_name)


def _understand(
    context: Context, version: VersionRow, read: ReadVersion, *, believe: bool = False, decision: Decision | None = None
) -> Processed | None:
    """Read one version and compare its lists; then record the version, or hold it. Return the result.

    - `read`: the function that reads the version's file.
    - `believe`: record it however much it differs, and raise ReadError, instead of holding it, if it can't be read.
    - `decision`: the person's decision to release the version, if there was one.

    Return None if another process has processed the version already.
    """
    store = context.store
    report = _description(context, version)
    assert report is not None
    source = context.config.sources[version.source]
    earlier = comparison.earlier_lists(store, version, report)
    try:
        understood = read(comparison.known_records(store, report, earlier))
    except ReadError as fault:
        if believe:
            raise
        return _hold(context, version, str(fault), releasable=False)
    if not believe and (why := comparison.size_doubt(store, version, understood.reading.lists)):
        return _hold(context, version, why, releasable=True)
    while True:
        compared = comparison.compare_lists(store, version, report, understood, earlier)
        changes = list(told_by_publisher(context, report, compared))
        if not believe and (
            reasons := list(comparison.reasons_to_hold(store, source, version, understood.reading, changes))
        ):
            return _hold(context, version, "; ".join(reasons), releasable=True, changes=changes)
        try:
            return _record(context, version, changes, passed_over=understood.reading.passed_over, decision=decision)
        except _StaleError:
            earlier = comparison.earlier_lists(store, version, report)  # compare again, with what is recorded now


def _hold(
    context: Context, version: VersionRow, reason: str, *, releasable: bool, changes: Sequence[ListChange] = ()
) -> Processed | None:
    """Hold a version: set it aside for a person, and tell operators why. Return the result.

    - `reason`: a sentence.
    - `releasable`: whether the file could be read, so that a person can still have it recorded.
    - `changes`: what would be recorded if the version were released, as far as that is known.

    Operators are not told if the version was held before for the same reason. Nor are they told of a version from a web
    archive: the person who runs a backfill sees its holds on the terminal.

    Return None if another process has processed the version already.
    """
    report = _description(context, version)
    told = [_entry(version, change, amendment) for change in changes for amendment in change.amendments]
    titles = Titles(context.config)
    would_tell = preview(told, titles) if releasable and changes else ()
    with context.store.transaction():
        if records.status_of(context.store, version.id) != VersionStatus.KEPT:
            return None
        before = holds.hold_details(context.store, version)
        records.mark_held(context.store, version, reason=reason, releasable=releasable)
        details = holds.HoldDetails(reason=reason, described_as=_mark(report) if report else "", would_tell=would_tell)
        holds.note_hold(context.store, version, details)
        subject = f"{titles.where(version.source, report=version.report_key)}: {version.file_name} is held"
        notes = (
            reason,
            *would_tell,
            f"The last good version stays live. `monitor release {version.sha256[:12]}` if it is right.",
        )
        is_told = version.memento is not None  # the person who runs a backfill sees its holds on the terminal
        if not is_told and not (before and before.reason == reason):
            outbox.tell_operators(context.store, context.config, subject=subject, notes=notes, now=context.now())
    return Processed(version=version, hold_reason=reason)


def _entry(version: VersionRow, change: ListChange, amendment: Amendment) -> LogEntry:
    """Return the change log's entry for an amendment, without a number, because it may never be added to the log."""
    return entry.of_amendment(
        amendment, change.description, name=change.name, version=version, previous=change.previous
    )


def _mark(report: ReportDescription) -> str:
    """Return a hash that changes when a report would be read differently.

    It covers the report's description in the configuration, and the release of this program.
    """
    return hashlib.sha256(f"{__version__}\n{report.model_dump_json()}".encode()).hexdigest()


def _try_held_again(context: Context, source: str | None, *, before_gap: bool) -> None:
    """Set held versions back to waiting if they would be read differently now.

    That is so if the description of their report was changed since, or the program was upgraded.
    """
    for held in holds.held_of_source(context.store, source):
        report = _description(context, held)
        details = holds.hold_details(context.store, held)
        if report is None or (held.gap_after_version_id is not None and not before_gap):
            continue
        if details is None or details.described_as != _mark(report):
            with context.store.transaction():
                if details is None:  # held by an earlier release
                    known = holds.HoldDetails(reason=held.hold_reason or "", described_as="")
                    holds.note_hold(context.store, held, known)
                records.keep_again(context.store, held)


def _record(
    context: Context,
    version: VersionRow,
    changes: list[ListChange],
    *,
    passed_over: Sequence[PassedOver],
    decision: Decision | None,
) -> Processed | None:
    """Write a version's records, amendments, alerts and new status in one transaction; return the result.

    - `changes`: how each list differs from the one before it.
    - `passed_over`: the parts of the file that no list was read from.
    - `decision`: the person's decision to release the version, if there was one.

    Return None if another process has processed the version already. Raises _StaleError if another version was recorded
    since the comparison was made, RefusedError if a newer version of the report is recorded.
    """
    store = context.store
    with store.transaction():
        if records.status_of(store, version.id) != version.status:
            return None
        last = records.last_recorded(store, version.report_id, gap_after_version_id=version.gap_after_version_id)
        if last and last.number > version.number:
            raise RefusedError(too_late(version, last))
        _check_still_so(store, last, changes)
        entries: list[LogEntry] = []
        for change in changes:
            entries += record_list(store, version, change, decision=decision)
            counts = Counter(str(amendment.kind) for amendment in change.amendments)
            records.note_list(store, version, change.name, records=len(change.new.records), counts=counts)
        source = context.config.sources[version.source]
        entries += moves.log_moves(store, source, version, changes)
        accounts.note_account(store, version, passed_over)
        descriptions.note_reading(context, version, (change.name for change in changes))
        records.mark_recorded(store, version)
        notes = tuple(_end_holds(context, version, decision))
        first = {change.name: len(change.new.records) for change in changes if change.previous is None}
        outbox.announce(store, context.config, version, entries=entries, first=first, now=context.now())
    return Processed(version=version, entries=tuple(entries), first=first, notes=notes)


def _end_holds(context: Context, version: VersionRow, decision: Decision | None) -> Iterator[str]:
    """End the holds that are settled now that `version` is recorded; tell operators, and yield a sentence for each.

    - Older versions that are held are rejected: this version counts in their place.
    - Newer versions that are held are set to be processed again; no sentence is yielded for these.
    - If `version` itself was held, and was recorded without a person's `decision`, a sentence says so.
    """
    store, where = context.store, f"{version.source}/{version.report_key}"
    ended = []
    details = holds.hold_details(store, version)
    if details and decision is None:
        ended.append(f"{version.file_name} was held ({details.reason}); it is recorded now, for it can be read")
    if decision:
        holds.note_decision(store, version, decision, released=True, at=instant(context.now()))
    for held in records.held_beside(store, version):
        if held.number > version.number:
            records.keep_again(store, held)
            continue
        records.mark_rejected(store, held, reason=f"superseded by version {version.number}; {held.hold_reason}")
        ended.append(
            f"{held.file_name} (version {held.number}) was held ({held.hold_reason}); version {version.number} is good "
            "and counts in its place"
        )
    if ended and version.memento is None and decision is None:
        title = Titles(context.config).where(version.source, report=version.report_key)
        subject = f"{title}: {version.file_name} is good, and a hold has ended"
        outbox.tell_operators(store, context.config, subject=subject, notes=ended, now=context.now())
    yield from (f"{where}: {sentence}" for sentence in ended)


def _check_still_so(store: Store, last: VersionRow | None, changes: list[ListChange]) -> None:
    """Raise _StaleError if a list would be compared with another version now than it was compared with before.

    `last` is the last recorded version now. `changes` are the comparisons that were made; another process may have
    recorded a version since.
    """
    for change in changes:
        follows = comparison.compared_version(store, last, change.name)
        based_on = None if change.across else change.previous
        if (follows and follows.id) != (based_on and based_on.id):
            raise _StaleError
