"""Adds old copies of a source's files, which a web archive has, to the history before the versions already there.

A copy in the archive is called a capture. The steps of a backfill:

1. `mementos.list_captures` asks the archive which captures it has of the source, and lists them in the database.
2. `get_capture`, in this module, fetches the bytes of one listed capture.
3. `placement.place_captures` makes versions of the fetched captures.
4. `steps.process` reads these versions like any others, but separately from the rest of the history.
5. `join.join` closes the gap between the older history and the rest.

Each step can be killed at any time and run again, because the database says what is done already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import FetchError, ReadError, WaybackError
from monitor.fetch.verdict import charset_of
from monitor.model import ReportKind
from monitor.steps.context import Context
from monitor.store import captures as capture_rows
from monitor.store.captures import Bytes
from monitor.store.exchanges import canonical, keep_files, note_certificates, row_of
from monitor.store.rows import compact
from monitor.times import moment
from monitor.wayback.client import Memento

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.config.sources import Source
    from monitor.model import Exchange
    from monitor.store.captures import MementoRow
    from monitor.wayback.client import WebArchive

MIN_PATIENCE_SECONDS = 300.0  # of rest that an archive is given in any case
PATIENCE_SECONDS_PER_CAPTURE = 60.0  # of rest that are worth waiting for each capture that is still to be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillContext(Context):
    """The objects that a backfill needs: those of every step, the web archive, and the range of time to add.

    - `since`, `until`: only captures made at `since` or later, and before `until`, are added; None sets no limit.
    - `refuse`: a function that is called with a sentence, once for each report in the archive that can't be added
      because its key is the name of another report, or because it is several files or pages.
    """

    web: WebArchive
    since: datetime | None = None
    until: datetime | None = None
    refuse: Callable[[str], None] = lambda _: None


def is_another_report(source: Source, report: str, key: str) -> bool:
    """Return True if `key`, made from an address of the series `report`, is the configured name of another report.

    Such an address can't be added, because its versions would be mixed with those of the other report.
    """
    return source.reports[report].kind == ReportKind.SERIES and key in source.reports


def captures_to_get(context: BackfillContext, name: str) -> list[MementoRow]:
    """Return the captures of a source that are listed but not fetched yet, oldest first; those that failed come last.

    `name` is the name of the source.
    """
    source = context.config.sources[name]
    listed = capture_rows.mementos_with_status(context.store, name, status="listed")
    return [
        capture
        for capture in sorted(listed, key=lambda capture: capture.fault is not None)
        if capture.report_name in source.reports
        and not source.reports[capture.report_name].is_in_parts
        and not is_another_report(source, capture.report_name, capture.report_key)
        and (context.since is None or moment(capture.captured_at) >= context.since)
        and (context.until is None or moment(capture.captured_at) < context.until)
    ]


def patience(left: int) -> float:
    """Return the longest pause, in seconds, that a backfill waits when the archive asks for one; then it gives up.

    It is one minute for each of the `left` captures still to be fetched, and at least five minutes. Giving up costs
    little, because the same command later goes on where it stopped.
    """
    return max(MIN_PATIENCE_SECONDS, PATIENCE_SECONDS_PER_CAPTURE * left)


def get_capture(context: BackfillContext, name: str, memento: MementoRow, *, left: int) -> str | None:
    """Fetch the bytes of one listed capture and keep them; return a sentence if that failed for good, else None.

    - `name`: the name of the source.
    - `memento`: the capture.
    - `left`: the number of captures still to be fetched, including this one; see `patience`.

    Nothing is fetched if a capture with the same bytes is kept already. Raises WaybackError the first time that the
    archive does not answer for this capture. The second time counts as a failure of the capture itself, and a sentence
    is returned.
    """
    kept = capture_rows.same_bytes(context.store, name, memento)
    exchange = None
    try:
        if kept is None:
            kept, exchange = _fetched(context, name, memento, left)
    except (FetchError, ReadError) as fault:
        may_pass = isinstance(fault, WaybackError) and memento.fault is None
        note = capture_rows.note_memento_fault if may_pass else capture_rows.mark_failed_for_good
        with context.store.transaction():
            note(context.store, memento, fault=str(fault))
        if may_pass:
            raise
        return str(fault)
    with context.store.transaction():
        if exchange:
            note_certificates(context.store, exchange)
        capture_rows.mark_kept(context.store, memento, kept)
    return None


def _fetched(context: BackfillContext, name: str, memento: MementoRow, left: int) -> tuple[Bytes, Exchange | None]:
    """Fetch the bytes of a capture, and write them to the archive of kept files; return also how they came.

    Raises FetchError, ReadError. `left` is the number of captures still to be fetched; see `patience`.
    """
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
    digest = sha256
    if description.kind == ReportKind.PAGE:
        source = context.config.sources[name]
        page = context.reader.page(
            answer.content, memento.url, charset=charset_of(dict(answer.headers).get("content-type")),
            queries=source.reads_links, as_content=source.content_page, source=name,
        )  # fmt: skip
        digest = page.digest
    exchange = answer.exchange
    if exchange:
        keep_files(context.archive, exchange)
    kept = Bytes(
        sha256=sha256,
        digest=digest,
        size=len(answer.content),
        headers=compact([list(pair) for pair in answer.headers]),
        exchange=canonical(row_of(exchange)).decode() if exchange else None,
    )
    return kept, exchange
