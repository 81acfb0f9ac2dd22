"""Looks in a web archive for documents that their publisher does not have, and keeps the archive's latest copy of each.

Such a file is the document's, but it is always said to be the archive's copy of a certain day: the publisher is never
said to have posted it, and the document itself stays gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import FetchError, WaybackError
from monitor.steps.documents import ArchivedCopy, DocumentLook, keep_archived
from monitor.store import documents
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.steps.context import PollContext
    from monitor.store.documents import DocumentRow
    from monitor.wayback.client import Memento, WebArchive

MAX_COPIES_TRIED = 3  # of one document, the newest first: each may be an error page, or cut off
SEARCH_AGAIN = timedelta(days=30)  # after which the archive is asked again for a document that it did not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering:
    """The objects that are needed to look for documents in a web archive: those of a poll, and the archive's client."""

    context: PollContext
    web: WebArchive


def documents_to_recover(recovering: Recovering, sources: Sequence[str]) -> int:
    """Return how many documents of some sources are missing and were not looked for in the archive lately."""
    return len(_missing(recovering, sources, limit=-1))


def recover_documents(
    recovering: Recovering, sources: Sequence[str], *, limit: int, stopping: Callable[[], bool] = lambda: False
) -> Iterator[DocumentLook]:
    """Look in the archive for documents that have no file, one after the other, and yield the result of each search.

    - `sources`: the names of the sources whose documents are looked for.
    - `limit`: the largest number of documents; -1 for all.
    - `stopping`: a function that says, before each search, whether to stop.

    A document that the archive does not have is looked for again after a month. Raises WaybackError if the archive does
    not answer now; what is left is looked for the next time.
    """
    for row in _missing(recovering, sources, limit=limit):
        if stopping():
            return
        yield _recovered(recovering, row)


def _missing(recovering: Recovering, sources: Sequence[str], *, limit: int) -> list[DocumentRow]:
    """Return the documents that are missing and were not looked for in the archive lately."""
    before = instant(recovering.context.now() - SEARCH_AGAIN)
    return documents.never_had(recovering.context.store, sources=sources, searched_before=before, limit=limit)


def _recovered(recovering: Recovering, row: DocumentRow) -> DocumentLook:
    """Look in the archive for one document. Raises WaybackError if the archive does not answer now."""
    context = recovering.context
    done = DocumentLook(document=row, fault=f"{row.url}: the archive has no copy")
    try:
        copies = sorted(recovering.web.mementos(row.url), key=lambda copy: copy.captured_at)
        for memento in reversed(copies[-MAX_COPIES_TRIED:]):
            done = _kept(recovering, row, memento)
            if done.is_new:
                break
    except WaybackError:
        raise
    except FetchError as fault:  # of the index
        done = DocumentLook(document=row, fault=str(fault))
    with context.store.transaction():
        documents.note_searched(context.store, row.id, at=instant(context.now()), fault=done.fault)
    return done


def _kept(recovering: Recovering, row: DocumentRow, memento: Memento) -> DocumentLook:
    """Fetch one copy of a document from the archive, and keep it."""
    try:
        answer = recovering.web.get(memento, expect="pdf")
    except WaybackError:
        raise
    except FetchError as fault:
        return DocumentLook(document=row, fault=str(fault))
    copy = ArchivedCopy(answer=answer, captured_at=memento.captured_at, address=memento.address)
    return keep_archived(recovering.context, row, copy)
