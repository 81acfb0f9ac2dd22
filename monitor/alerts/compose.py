"""Makes the message of an alert from its contents: the subject, the notes, and one item for each change.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.alerts.items import KINDS_IN_ORDER, items_of, state_of, told_entries
from monitor.alerts.message import Message
from monitor.jurisdictions.states import STATES
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.alerts.contents import AlertContents
    from monitor.store.entry import LogEntry

TURNED = {AmendmentKind.WITHDRAWN: "was taken down", AmendmentKind.RESTORED: "is back again"}


def compose(contents: AlertContents) -> Message:
    """Return the message of an alert, made from its contents; the same contents always give the same message."""
    reports = list(dict.fromkeys(f"{files.source}/{files.report}" for files in contents.files))
    titles, first = contents.titles, contents.first_seen
    return Message(
        id=contents.id,
        subscription=contents.subscription,
        thread=reports[0] if len(reports) == 1 else contents.subscription,
        subject=contents.subject or subject_of(contents.entries, titles=titles, first_seen=first),
        created_at=contents.created_at,
        notes=tuple(_notes(contents)),
        items=items_of(contents.entries, doubts=contents.doubts, said=contents.said),
        files=contents.files,
        pictures=contents.pictures,
        entries=contents.entries,
        head=contents.head,
        log=contents.log,
    )


def subject_of(
    entries: Sequence[LogEntry], *, titles: Mapping[str, str], first_seen: Mapping[str, int] | None = None
) -> str:
    """Return the subject of an alert, like `ICE 287(g) agreements, participating: 2 added, 1 corrected in Texas`.

    `titles` has the title of each source by its name. `first_seen` has the number of records of each list that was seen
    for the first time, by the list's name.
    """
    where = _where(entries, titles)
    entries = told_entries(entries)
    kinds = Counter(entry.kind for entry in entries)
    counts = [f"{kinds[kind]} {kind}" for kind in KINDS_IN_ORDER if kinds[kind]]
    if not counts:
        return f"{where}: first seen, {_counted(first_seen or {})}"
    if all(entry.list is None for entry in entries):
        turned = dict.fromkeys(f"{entry.report} {TURNED[entry.kind]}" for entry in entries)
        return f"{where}: {', '.join(turned)}"
    states = {state_of(entry) for entry in entries}
    state = states.pop() if len(states) == 1 else None
    return f"{where}: {', '.join(counts)}" + (f" in {STATES[state][0]}" if state else "")


def _where(entries: Sequence[LogEntry], titles: Mapping[str, str]) -> str:
    """Return the beginning of a subject: the title of the source, and the list if all entries are of one list.

    If the entries are of several sources, it is like `3 sources`. Without entries, it is the titles of all sources.
    """
    sources = {entry.source for entry in entries}
    if not sources:
        return ", ".join(titles.values())
    if len(sources) > 1:
        return f"{len(sources)} sources"
    first = entries[0]
    title = titles.get(first.source, first.source)
    one_list = first.list and len({entry.list for entry in entries}) == 1
    return f"{title}, {first.list}" if one_list else title


def _counted(lists: Mapping[str, int]) -> str:
    """Return the number of records of each list in words, like `1024 in participating`; empty lists are left out."""
    return ", ".join(f"{count} in {name}" for name, count in lists.items() if count)


def _notes(contents: AlertContents) -> Iterator[str]:
    """Yield the lines before the items: lists seen for the first time, doubts, resolved doubts, other notes."""
    if seen := _counted(contents.first_seen):
        yield f"first seen: {seen}"
    if doubtful := len(contents.doubts):
        yield f"{doubtful} of these records {'is' if doubtful == 1 else 'are'} doubtful, and marked so"
    for entry in contents.entries:
        if doubt := entry.resolves_doubt:
            noted = f"a doubt noted on {doubt.noted_at[:10]}"
            yield f"entry {entry.id} resolves {noted}: {doubt.field} {doubt.value!r}"
    yield from contents.notes
