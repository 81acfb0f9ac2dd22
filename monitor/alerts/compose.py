"""Makes the message of an alert from its contents: the subject, the notes, and one item for each change.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.alerts.items import KINDS_IN_ORDER, items_of, state_of, told_entries
from monitor.alerts.message import Message
from monitor.alerts.writing.words import KIND_WORDS
from monitor.jurisdictions.states import STATES
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.alerts.contents import AlertContents
    from monitor.config.titles import Titles
    from monitor.store.entry import LogEntry

    FirstSeen = Mapping[tuple[str, str], int]  # numbers of records, by source and list

MAX_COUNTED_CHARACTERS = 75  # of the lists in a subject; if it would take more, only their number is given
TURNED = {AmendmentKind.WITHDRAWN: "was taken down", AmendmentKind.RESTORED: "is back again"}


def compose(contents: AlertContents) -> Message:
    """Return the message of an alert, made from its contents; the same contents always give the same message."""
    reports = list(dict.fromkeys(f"{files.source}/{files.report}" for files in contents.files))
    sources = [files.source for files in contents.files]
    subject = subject_of(contents.entries, titles=contents.titles, sources=sources, first_seen=contents.first_seen)
    if contents.subject_places:
        subject = f"{contents.subject_places}: {subject}"
    return Message(
        id=contents.id,
        subscription=contents.subscription,
        thread=reports[0] if len(reports) == 1 else contents.subscription,
        subject=contents.subject or subject,
        created_at=contents.created_at,
        notes=tuple(_notes(contents)),
        items=items_of(contents.entries, doubts=contents.doubts, titles=contents.titles, pages=contents.pages),
        files=contents.files,
        pictures=contents.pictures,
        entries=contents.entries,
        head=contents.head,
        checkpoint=contents.checkpoint,
        log=contents.log,
        pages=tuple(contents.pages.values()),
    )


def subject_of(
    entries: Sequence[LogEntry], *, titles: Titles, sources: Sequence[str] = (), first_seen: FirstSeen | None = None
) -> str:
    """Return the subject of an alert, like `ICE 287(g) agreements, Pending agencies: 2 added, 1 corrected in Texas`.

    - `titles`: the words for readers.
    - `sources`: the sources of the files, for an alert without entries.
    - `first_seen`: the number of records of each list that was seen for the first time.
    """
    where = _where(entries, titles, sources)
    entries = told_entries(entries)
    kinds = Counter(entry.kind for entry in entries)
    counts = [
        _documents(entries) if kind == AmendmentKind.DOCUMENT else f"{kinds[kind]} {KIND_WORDS[kind]}"
        for kind in KINDS_IN_ORDER
        if kinds[kind]
    ]
    if not counts:
        counted = _counted(first_seen or {}, titles)
        if len(counted) > MAX_COUNTED_CHARACTERS:
            lists = [count for count in (first_seen or {}).values() if count]
            counted = f"{sum(lists)} records in {len(lists)} lists"
        return f"{where}: first seen, {counted}"
    if all(entry.list is None for entry in entries):
        turned = dict.fromkeys(
            f"{titles.report_in_text(entry.source, entry.report)} {TURNED[entry.kind]}" for entry in entries
        )
        return f"{where}: {', '.join(turned)}"
    states = {state_of(entry) for entry in entries}
    state = states.pop() if len(states) == 1 else None
    return f"{where}: {', '.join(counts)}" + (f" in {STATES[state][0]}" if state else "")


def _documents(entries: Sequence[LogEntry]) -> str:
    """Return what happened to documents in words, like `2 documents posted, 1 document replaced`."""
    happened = Counter(entry.reason for entry in entries if entry.kind == AmendmentKind.DOCUMENT)
    return ", ".join(f"{count} document{'s' if count > 1 else ''} {what}" for what, count in happened.items())


def _where(entries: Sequence[LogEntry], titles: Titles, without: Sequence[str]) -> str:
    """Return the beginning of a subject: the title of the source, and the list if all entries are of one list.

    If the entries are of several sources, it is like `3 sources`. Without entries, it is the titles of the sources
    `without`.
    """
    sources = {entry.source for entry in entries}
    if not sources:
        return ", ".join(dict.fromkeys(map(titles.of_source, without)))
    if len(sources) > 1:
        return f"{len(sources)} sources"
    first = entries[0]
    one_list = len({entry.list for entry in entries}) == 1
    return titles.where(first.source, first.list if one_list else None)


def _counted(lists: FirstSeen, titles: Titles) -> str:
    """Return the number of records of each list in words, like `1024 in Pending agencies`; empty lists are left out."""
    return ", ".join(f"{count} in {titles.of_list(*name)}" for name, count in lists.items() if count)


def _notes(contents: AlertContents) -> Iterator[str]:
    """Yield the lines before the items: lists seen for the first time, doubts, resolved doubts, other notes."""
    if seen := _counted(contents.first_seen, contents.titles):
        yield f"first seen: {seen}"
    if doubtful := len(contents.doubts):
        yield f"{doubtful} of these records {'is' if doubtful == 1 else 'are'} doubtful, and marked so"
    for entry in contents.entries:
        if doubt := entry.resolves_doubt:
            noted = f"a doubt noted on {doubt.noted_at[:10]}"
            field = contents.titles.of_field(entry.source, entry.list, doubt.field)
            yield f"entry {entry.id} resolves {noted}: {field} {doubt.value!r}"
    yield from contents.notes
