"""Makes the items of an alert from entries of the change log; an item is one change: place, record, fields.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.alerts.message import Change, Item, PageLink
from monitor.config.titles import Titles
from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from monitor.alerts.pages import EntryPages
    from monitor.model import Jurisdiction
    from monitor.store.entry import DocumentChange, LogEntry

# The kinds of amendments in the order in which an alert counts and shows them.
KINDS_IN_ORDER = (
    AmendmentKind.ADDED,
    AmendmentKind.REMOVED,
    AmendmentKind.MOVED,
    AmendmentKind.CORRECTED,
    AmendmentKind.WITHDRAWN,
    AmendmentKind.RESTORED,
    AmendmentKind.DOCUMENT,
    AmendmentKind.COSMETIC,
    AmendmentKind.REFORMATTED,
)
MAX_REPEATED = 60  # letters of a changed value that the record's name repeats
MIN_ALIKE = 3  # corrections from one value to the same other, from which on they are one item
MAX_LINKED_ENTRIES = 10  # of an item
NO_TITLES = Titles()
ARCHIVED_ON = re.compile(r"/web/(\d{4})(\d\d)(\d\d)\d{6}")  # in the address of a copy in a web archive


def told_entries(entries: Iterable[LogEntry], *, beside: Iterable[LogEntry] = ()) -> list[LogEntry]:
    """Return the entries, without removals and additions that are part of a move.

    A move from list to list has an entry of its own, which is kept. `beside` are further moves that are shown
    elsewhere, for example on another page.
    """
    entries = list(entries)
    tied = {number for entry in (*entries, *beside) for number in entry.of or ()}
    return [entry for entry in entries if entry.id is None or entry.id not in tied]


def items_of(
    entries: Iterable[LogEntry],
    *,
    doubts: Mapping[int, tuple[str, ...]],
    titles: Titles = NO_TITLES,
    pages: Mapping[int, EntryPages] | None = None,
) -> tuple[Item, ...]:
    """Return the items of an alert about `entries`, sorted by kind; three or more identical corrections become one.

    A record that moved from one list to another is one item, in place of its removal and its addition.
    Corrections are identical if they change the same fields of a list from the same old values to the same new ones.
    `doubts` has the doubts about a record in words, by the number of its entry; `titles` are the words for readers;
    `pages` has the addresses of the pages about each entry, by its number.
    """
    groups: dict[tuple[object, ...], list[LogEntry]] = defaultdict(list)
    entries = list(entries)
    known = {entry.id for entry in entries}
    for entry in told_entries(entries):
        groups[_sameness(entry)].append(entry)
    items: list[Item] = []
    for group in groups.values():
        if group[0].kind == AmendmentKind.CORRECTED and len(group) >= MIN_ALIKE:
            items.append(_together(group, doubts, titles))
        else:
            items.extend(item_of(entry, doubts=doubts, known=known, titles=titles) for entry in group)
    linked = (replace(item, links=_links(item, pages)) for item in items) if pages else items
    return tuple(sorted(linked, key=lambda item: (KINDS_IN_ORDER.index(item.kind), item.entries)))


def _links(item: Item, pages: Mapping[int, EntryPages]) -> tuple[PageLink, ...]:
    """Return the links of an item: its entries, the page of its record, and that of its place.

    An item of many entries links the first ones alone. `pages` has the addresses, by the number of the entry.
    """
    known = [pages[number] for number in item.entries[:MAX_LINKED_ENTRIES] if number in pages]
    links = [PageLink(label=f"entry {each.entry}", address=each.page) for each in known]
    is_one_record = len(item.entries) == 1 or item.kind == AmendmentKind.MOVED
    record = next((each.record for each in known if each.record), "") if is_one_record else ""
    places = {each.place for each in known if each.place}
    if record:
        links.append(PageLink(label="record", address=record))
    if item.place and len(places) == 1:
        links.append(PageLink(label=item.place, address=places.pop()))
    return tuple(links)


def item_of(
    entry: LogEntry,
    *,
    doubts: Mapping[int, tuple[str, ...]] | None = None,
    known: Collection[int | None] = frozenset(),
    titles: Titles = NO_TITLES,
) -> Item:
    """Return the item for one entry; `doubts` has the doubts about a record in words, by the number of its entry.

    `titles` are the words for readers in place of names from the configuration.

    `known` are the numbers of all entries that are told together: a move among them includes its removal and addition.
    """
    tied = [number for number in entry.of or () if number in known]
    return Item(
        kind=entry.kind,
        list=titles.where(entry.source, entry.list),
        entries=(*_numbers([entry]), *(number for number in tied if number is not None)),
        place=place_of(entry),
        what=_record_of(entry, titles),
        changes=_changes(entry, titles),
        reason=_reason(entry, known, titles),
        takes_back=entry.reverts,
        doubts=(doubts or {}).get(entry.id or 0, ()),
    )


def _reason(entry: LogEntry, known: Collection[int | None], titles: Titles) -> str:
    """Return the reason of an entry in words, for the item in the alert.

    For a move, the words name the two lists, and also the two other entries that told of the record's removal and
    addition.

    - `known`: the numbers of the entries that the alert shows; of these the words say nothing.
    - `titles`: the names of lists as readers are shown them.
    """
    if not entry.of:
        return entry.reason or ""
    told = (
        f"entry {number} told that it was {kind}"
        for number, kind in zip(entry.of, (AmendmentKind.REMOVED, AmendmentKind.ADDED), strict=True)
        if known and number is not None and number not in known
    )
    return "; ".join((titles.move(entry.source, entry.list, entry.moved_to or ""), *told))


def state_of(entry: LogEntry) -> str | None:
    """Return the postal code of an entry's state, from its jurisdiction or else its field `state`; None if unknown."""
    if entry.jurisdiction:
        return entry.jurisdiction.state
    return code_of((entry.after or entry.before or {}).get("state"))


def _sameness(entry: LogEntry) -> tuple[object, ...]:
    """Return a key that is equal for identical corrections of the same list; these can share one item."""
    if entry.kind != AmendmentKind.CORRECTED:
        return (entry.id,)
    before, after = entry.before or {}, entry.after or {}
    values = (value for field in entry.fields for value in (before.get(field), after.get(field)))
    return (entry.source, entry.report, entry.list, *entry.fields, *values)


def _together(group: Sequence[LogEntry], doubts: Mapping[int, tuple[str, ...]], titles: Titles) -> Item:
    """Return one item for a group of identical corrections; `doubts` and `titles` are as in `items_of`."""
    first = group[0]
    places = {place_of(entry) for entry in group}
    return Item(
        kind=AmendmentKind.CORRECTED,
        list=titles.where(first.source, first.list),
        entries=_numbers(group),
        place=places.pop() if len(places) == 1 else "",
        what="",
        changes=_changes(first, titles),
        reason=first.reason or "",
        doubts=tuple(dict.fromkeys(doubt for entry in group for doubt in doubts.get(entry.id or 0, ()))),
    )


def _numbers(entries: Iterable[LogEntry]) -> tuple[int, ...]:
    """Return the numbers that entries have in the change log."""
    return tuple(entry.id for entry in entries if entry.id is not None)


def _record_of(entry: LogEntry, titles: Titles) -> str:
    """Return a short name for what an entry is about: a record, or else columns or a report."""
    if values := entry.after or entry.before:
        return without_change(titles.record(entry.source, entry.list, values), entry)
    if not entry.list:
        return titles.report_in_text(entry.source, entry.report)
    return f"{entry.reason}: {', '.join(titles.of_field(entry.source, entry.list, field) for field in entry.fields)}"


def without_change(name: str, entry: LogEntry) -> str:
    """Return a record's name, cut where it repeats a long value that is shown beside it as changed.

    `name` is the record in one line; `entry` is the entry of the log that is about it.
    """
    shown = entry.before is not None and entry.after is not None
    long = [
        value for field in entry.fields if shown and len(value := (entry.after or {}).get(field, "")) > MAX_REPEATED
    ]
    for value in (" ".join(each.split()) for each in long):
        name = name.replace(value, f"{value[:MAX_REPEATED].rpartition(' ')[0] or value[:MAX_REPEATED]} \u2026")
    return name


def place_of(entry: LogEntry) -> str:
    """Return the place of an entry, for example `Texas, Travis County`.

    If only the state is known, it stands alone; if not even that is known, the place is "".
    """
    place = entry.jurisdiction
    if place is None:
        code = state_of(entry)
        return STATES[code][0] if code else ""
    state = STATES[place.state][0]
    return state if place.level == "state" else f"{state}, {place.name}"


def place_name_of(place: Jurisdiction) -> str:
    """Return the name of a place as a sentence has it, for example `Travis County, Texas`."""
    state = STATES[place.state][0]
    return state if place.level == "state" else f"{place.name}, {state}"


def _changes(entry: LogEntry, titles: Titles) -> tuple[Change, ...]:
    """Return the changed fields of an entry; none if it has no record before or none after the change.

    For a document that the record links to, it is the file before and the file now.
    """
    if entry.document:
        return (_document_change(entry.document, entry, titles),)
    if entry.before is None or entry.after is None:
        return ()
    return tuple(
        Change(
            field=titles.of_field(entry.source, entry.list, field),
            before=entry.before.get(field) or "",
            after=entry.after.get(field) or "",
            is_prose=titles.is_prose(entry.source, entry.list),
        )
        for field in entry.fields
    )


def _document_change(change: DocumentChange, entry: LogEntry, titles: Titles) -> Change:
    """Return what happened to a document as a change of the field that links it: from one file to another."""
    field = titles.of_field(entry.source, entry.list, change.field)
    if entry.reason == "recovered":
        said = f"{archive_in_words(change)}\n{change.from_url}\n{document_in_words(change)}"
        return Change(field=field, before=f"nothing at {change.url}", after=said)
    if change.from_url:
        return Change(field=field, before=change.from_url, after=change.url)
    text = " (the same text)" if change.same_text else ""
    now = f"{change.url}\n{document_in_words(change)}{text}" if change.sha256 else f"nothing at {change.url}"
    before = f"a file with the SHA-256 {change.previous}" if change.previous else "no file"
    return Change(field=field, before=before, after=now)


def archive_in_words(change: DocumentChange) -> str:
    """Return of which day a web archive's copy of a document is, like `the archive's copy of 2025-07-04`."""
    day = ARCHIVED_ON.search(change.from_url or "")
    return f"the archive's copy of {'-'.join(day.groups())}" if day else "the archive's copy"


def document_in_words(change: DocumentChange) -> str:
    """Return what is known of a document's file in one line: pages, bytes and SHA-256."""
    count = "1 page" if change.pages == 1 else f"{change.pages:,} pages" if change.pages else ""
    size = f"{change.bytes:,} bytes" if change.bytes is not None else ""
    return ", ".join(filter(None, (count, size, f"SHA-256 {change.sha256}" if change.sha256 else "")))
