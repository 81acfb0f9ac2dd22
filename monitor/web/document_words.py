"""Puts into words, for the web pages, the state and the files of documents that records link to.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts.writing import words
from monitor.fetch.links import file_name
from monitor.history.subjects import deed_in_words

if TYPE_CHECKING:
    from monitor.config.titles import Titles
    from monitor.store.document_pages import DocumentSummary
    from monitor.store.documents import DocumentFile
    from monitor.store.entry import DocumentChange, LogEntry

STATE_LOOKS = {"new": "", "there": "good", "gone": "bad", "refused": "warn"}  # the looks of the mark for each status


def document_name(url: str) -> str:
    """Return the short name of a document: the name of the file at its address, or the address itself."""
    return words.one_line(file_name(url) or url)


def document_state(document: DocumentSummary) -> str:
    """Return in one or two words whether a document is there."""
    row = document.row
    if row.unlinked_at:  # so that nobody looks at it any more
        return "no longer linked"
    if row.status == "gone":
        return "gone" if document.files else "not there"
    return {"new": "not fetched yet", "there": "there", "refused": "could not be had"}[row.status]


def document_looks(document: DocumentSummary) -> str:
    """Return the CSS class that colours the mark for a document's state; "" for a mark without colour."""
    return "" if document.row.unlinked_at else STATE_LOOKS[document.row.status]


def document_standing(document: DocumentSummary) -> str:
    """Return a sentence, without a full stop, on the state of a document at the last look; times are in UTC."""
    row = document.row
    asked = f"at {words.time_in_words(row.asked_at)}" if row.asked_at else ""
    if row.status == "new":
        said = "It has not been asked for yet" if not asked else f"It was asked for {asked}, and no answer came"
    elif row.status == "gone" and document.files:
        said = f"It is gone from its address. The last look was {asked}"
    elif row.status == "gone":
        said = f"It was not at its address at any look so far. The last look was {asked}"
    elif row.status == "refused":
        said = f"It could not be had. The last look was {asked}"
    elif row.fault:
        said = f"It was there when it was last found. The last look, {asked}, found nothing"
    else:
        said = f"It was there at the last look, {asked}"
    why = f": {words.one_line(row.fault)}" if row.fault else ""
    unlinked = (
        f". No record links it since {words.time_in_words(row.unlinked_at)}, so it is no longer looked at"
        if row.unlinked_at
        else ""
    )
    return f"{said}{why}{unlinked}"


def file_in_words(file: DocumentFile) -> str:
    """Return how many pages a file has, and whether they can be read."""
    if file.pages is None:
        return f"can't be read: {words.one_line(file.fault or 'it is no whole PDF')}"
    pages = "1 page" if file.pages == 1 else f"{file.pages:,} pages"
    return pages if file.letters else f"{pages}, a scan without text"


def files_in_words(document: DocumentSummary) -> str:
    """Return a few words on a document's latest file: its pages, its number and its day; "" without a file."""
    latest = document.latest
    if latest is None:
        return ""
    said = "can't be read" if latest.pages is None else file_in_words(latest)
    return f"{said}, {'file' if latest.number == 1 else f'file {latest.number}'} of {latest.captured_at[:10]}"


def deed(entry: LogEntry, titles: Titles) -> str:
    """Return an entry of the change log in a few words: its kind, or for a document a text like `MOA replaced`."""
    return deed_in_words(entry, titles) if entry.document else words.KIND_WORDS[entry.kind]


def document_gist(change: DocumentChange, *, is_recovered: bool = False) -> str:
    """Return a change of a document in one line: its name, its pages, and whether the text has changed.

    `is_recovered`: whether the file is a web archive's copy. The change's `from_url` is then the address of the copy;
    otherwise it is the document's earlier address.
    """
    text = {None: "", True: "with the same text", False: "with another text"}[change.same_text]
    pages = "" if change.pages is None else "1 page" if change.pages == 1 else f"{change.pages:,} pages"
    whence = "a web archive's copy" if is_recovered else f"earlier at {words.one_line(change.from_url or '')}"
    earlier = whence if change.from_url else ""
    return ", ".join(filter(None, (document_name(change.url), pages, text, earlier)))
