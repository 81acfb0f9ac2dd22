"""Takes what a web archive has of a source into the history: before what is already there, in its place in time.

1. `mementos.list_captures` asks the archive which captures it has of the source, and lists them in the database.
2. `get_capture`, in this module, gets the bytes of one listed capture.
3. `placement.place_captures` makes versions of the captures that are kept.
4. `steps.process` understands these versions like any others, apart from the rest of the history.
5. `join.join` closes the gap between the two.

Each of these can be killed at any line and run again, for the database says what is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import FetchError, ReadError, WaybackError
from monitor.model import ReportKind
from monitor.steps.context import Context
from monitor.store import captures as capture_rows
from monitor.store.captures import Bytes
from monitor.store.rows import compact
from monitor.times import moment
from monitor.wayback.client import Memento

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.config.sources import Source
    from monitor.store.captures import MementoRow
    from monitor.wayback.client import WebArchive

MIN_PATIENCE_SECONDS = 300.0  # of rest that an archive is given in any case
PATIENCE_SECONDS_PER_CAPTURE = 60.0  # of rest that are worth waiting for each capture that is still to be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillContext(Context):
    """What every step works with, the web archive, and the time from which captures are wanted.

    Captures count from `since` on, and before `until`. `refuse` is called once for each report of the archive that no
    report of the configuration can take, with a sentence.
    """

    web: WebArchive
    since: datetime | None = None
    until: datetime | None = None
    refuse: Callable[[str], None] = lambda _: None


def is_another_report(source: Source, report: str, key: str) -> bool:
    """Return True where the period that an address of a series tells is the name of another report."""
    return source.reports[report].kind == ReportKind.SERIES and key in source.reports


def captures_to_get(context: BackfillContext, name: str) -> list[MementoRow]:
    """Return the listed captures whose bytes are not kept yet, oldest first; those that failed before come last."""
    source = context.config.sources[name]
    listed = capture_rows.mementos_with_status(context.store, name, status="listed")
    return [
        capture
        for capture in sorted(listed, key=lambda capture: capture.fault is not None)
        if capture.report_name in source.reports
        and not is_another_report(source, capture.report_name, capture.report_key)
        and (context.since is None or moment(capture.captured_at) >= context.since)
        and (context.until is None or moment(capture.captured_at) < context.until)
    ]


def patience(left: int) -> float:
    """Return the longest rest, in seconds, that an archive is waited for while `left` captures are still to be got.

    It is a minute for each capture, and five at least. The command goes on where it stopped, so nobody has to sit
    through ten minutes for the last capture of all.
    """
    return max(MIN_PATIENCE_SECONDS, PATIENCE_SECONDS_PER_CAPTURE * left)


def get_capture(context: BackfillContext, name: str, memento: MementoRow, *, left: int) -> str | None:
    """Get the bytes of one listed capture and keep them; return why that could not be, or None.

    `left` is the number of captures still to be got, this one among them: it says how long an archive is waited for.
    A capture that has the same bytes as another is not asked for. Raises WaybackError where the archive does not answer
    for now. That may be about this capture alone: the second time it is returned as a fault of it.
    """
    kept = capture_rows.same_bytes(context.store, name, memento)
    try:
        kept = kept or _bytes_of(context, name, memento, left)
    except (FetchError, ReadError) as fault:
        may_pass = isinstance(fault, WaybackError) and memento.fault is None
        note = capture_rows.note_memento_fault if may_pass else capture_rows.mark_failed_for_good
        with context.store.transaction():
            note(context.store, memento, fault=str(fault))
        if may_pass:
            raise
        return str(fault)
    with context.store.transaction():
        capture_rows.mark_kept(context.store, memento, kept)
    return None


def _bytes_of(context: BackfillContext, name: str, memento: MementoRow, left: int) -> Bytes:
    """Ask for the bytes of a capture, and put them into this program's archive. Raises FetchError, ReadError."""
    description = context.config.sources[name].reports[memento.report_name]
    capture = Memento(
        url=memento.url,
        captured_at=moment(memento.captured_at),
        digest=memento.archive_sha1,
        media_type=memento.media_type,
        address=memento.address,
    )
    answer = context.web.get(capture, expect=description.format, patience=patience(left))
    sha256 = context.archive.put(answer.content)
    on_page = description.kind == ReportKind.PAGE
    return Bytes(
        sha256=sha256,
        digest=context.reader.page(answer.content, memento.url)[0] if on_page else sha256,
        size=len(answer.content),
        headers=compact([list(pair) for pair in answer.headers]),
    )
