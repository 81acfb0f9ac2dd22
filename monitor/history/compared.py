"""Compares the copies that a web archive has saved with the versions that it was asked to save.

The copy is fetched as the publisher sent it, and has the same bytes as the version, or other bytes. The database says
how that went, so that a copy that could not be compared is tried again later, also after a restart, some few times.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import FetchError, ReadError, TooLargeError, WaybackError
from monitor.fetch.verdict import charset_of
from monitor.model import ReportKind
from monitor.store import copies
from monitor.times import backoff, instant, moment
from monitor.wayback.client import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from monitor.config.sources import Config
    from monitor.fetch.verdict import Response
    from monitor.sandbox.reader import Reader
    from monitor.store.copies import ArchiveCopy
    from monitor.store.database import Store
    from monitor.wayback.client import WebArchive

MAX_COMPARISONS = 5  # attempts to compare one copy, over some days
FIRST_COMPARE_PAUSE = timedelta(hours=6)  # after the first attempt; each further one doubles it
MAX_COMPARE_PAUSE = timedelta(days=2)  # a later time was written while the clock stood ahead, and is not believed
MIN_REST = timedelta(minutes=15)  # before an archive that can't answer is asked again
MAX_REST_TIME = timedelta(days=1)  # before it is asked again, whatever the archive asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveContext:
    """The objects that are needed to have versions saved, and to compare the copies with them.

    `reader` reads pages, to tell whether a copy with other bytes says the same.
    """

    config: Config
    store: Store
    reader: Reader
    web: WebArchive
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCopy:
    """The result of comparing a copy with its version.

    - `copy`: the copy, as it stands now.
    - `silent_until`: if the archive did not answer: until when no copy is asked for; else None.
    """

    copy: ArchiveCopy
    silent_until: datetime | None = None


def compare_next(context: SaveContext, sources: Sequence[str]) -> ComparedCopy | None:
    """Compare the copy that has waited longest, if its time has come; return None if none waits.

    `sources` are the names of the sources whose copies are to be compared.
    """
    now = context.now()
    limits = copies.CompareLimits(at=instant(now), latest=instant(now + MAX_COMPARE_PAUSE), attempts=MAX_COMPARISONS)
    copy = copies.next_uncompared(context.store, sources, limits)
    return compare_copy(context, sources, copy) if copy else None


def compare_due(context: SaveContext, sources: Sequence[str]) -> Iterator[ComparedCopy]:
    """Compare all copies of these sources whose time has come; yield each result.

    The function ends at a copy for which the archive does not answer.
    """
    while done := compare_next(context, sources):
        yield done
        if done.silent_until:
            return


def compare_copy(context: SaveContext, sources: Sequence[str], copy: ArchiveCopy) -> ComparedCopy:
    """Fetch a copy once, and note whether it has the bytes of its version, or why that can't be said.

    If the archive does not answer, all copies of `sources` wait.
    """
    pause = backoff(copy.attempts + 1, first=FIRST_COMPARE_PAUSE, longest=MAX_COMPARE_PAUSE)
    with context.store.transaction():
        copies.begin_comparison(context.store, copy, until=instant(context.now() + pause))
    receipt = Receipt(url=copy.url, saved_at=moment(copy.saved_at), memento=copy.memento)
    try:
        response = context.web.copy_of(receipt)
    except FetchError as fault:
        until = context.now() + archive_rest(fault.retry_after) if isinstance(fault, WaybackError) else None
        with context.store.transaction():
            copies.note_uncompared(context.store, copy, fault=_reason(fault))
            if until:
                copies.postpone_comparisons(context.store, sources, until=instant(until))
        return ComparedCopy(copy=_now(context, copy), silent_until=until)
    found = _found(context, copy, response)
    with context.store.transaction():
        copies.note_compared(context.store, copy, found, at=instant(context.now()))
    return ComparedCopy(copy=_now(context, copy))


def archive_rest(retry_after: float | None) -> timedelta:
    """Return how long to leave an archive alone that can't answer, and asks for a pause of so many seconds or none."""
    return min(max(MIN_REST, timedelta(seconds=retry_after or 0)), MAX_REST_TIME)


def _now(context: SaveContext, copy: ArchiveCopy) -> ArchiveCopy:
    found = copies.archive_copy(context.store, copy.version_id)
    assert found is not None  # a receipt is never taken away
    return found


def _found(context: SaveContext, copy: ArchiveCopy, response: Response) -> copies.CopyBytes:
    """Return what the copy is that the archive has sent."""
    sha256 = hashlib.sha256(response.content).hexdigest()
    is_other_page = sha256 != copy.version and copy.kind == ReportKind.PAGE
    return copies.CopyBytes(
        sha256=sha256,
        bytes=len(response.content),
        http_status=response.status_code,
        same_text=is_other_page and _says_the_same(context, copy, response),
    )


def _says_the_same(context: SaveContext, copy: ArchiveCopy, response: Response) -> bool:
    """Return whether the copy of a page says the same as the page; False where the copy can't be read."""
    charset = charset_of(response.header("content-type"))
    source = context.config.sources[copy.source]
    try:
        page = context.reader.page(
            response.content, copy.url, charset=charset, queries=source.reads_links, as_content=source.content_page,
            source=copy.source,
        )  # fmt: skip
    except ReadError:
        return False
    return page.digest == copy.digest


def _reason(fault: FetchError) -> str:
    """Return why a copy can't be compared, without its address and without what could be done about it."""
    reason = str(fault).removeprefix(f"{fault.url}: ").partition(";")[0].partition(", asked ")[0]
    if isinstance(fault, TooLargeError):
        return f"too large, {reason}"
    return f"the archive {reason}" if reason.startswith(("did not answer", "answered")) else reason
