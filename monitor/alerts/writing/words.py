"""The words that alerts have in common in all forms (mail, Slack and so on), and making values safe to show.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.model import AmendmentKind, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.alerts.message import File, Item, Message, SourceFiles

EMPTY_VALUE = "(empty)"
# What is said of what the program reads by a description that it drafted itself.
NOT_CHECKED = "NOT CHECKED: "  # before a note that says so
UNCHECKED = "read by a drafted description that no person has checked"
MAX_IDENTITY_CHARACTERS = 100
KIND_MARKS = {
    AmendmentKind.ADDED: "+",
    AmendmentKind.REMOVED: "-",
    AmendmentKind.CORRECTED: "~",
    AmendmentKind.MOVED: ">",
}
OTHER_MARK = "*"
# What readers are told of each kind. A kind's own name is only for filters and JSON.
KIND_WORDS = {kind: str(kind) for kind in AmendmentKind} | {
    AmendmentKind.REFORMATTED: "column reformatted",
    AmendmentKind.WITHDRAWN: "taken down",
    AmendmentKind.RESTORED: "back again",
}
PROBLEMS = {
    "no-such-county": "the state has no such county",
    "no-such-place": "the state has no such place",
    "other-state": "it lies in another state",
    "wrong-level": "a city where a county should be, or the reverse",
    "contradicts-agency": "the agency's own name says another place",
    "misspelt": "misspelt",
    "unknown-state": "no such state",
    "odd-date": "an odd date",
    "odd-number": "no number, or not sure which",
    "duplicate": "the same record twice",
    "names-another": "the document is about another agency",
    "other-date": "the document was signed on another day",
    "same-file": "the document is also that of another agency",
}
# Controls, marks that turn the direction of writing, line separators, halves of characters, and what XML forbids.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line about a file: a label and a value.

    `exact` is True for a value in which every character counts, like a hash or a path.
    """

    label: str
    value: str
    exact: bool = False


def shown(value: str) -> str:
    """Return a value with each invisible character written as its number, for example `[U+202E]`."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", lines)


def one_line(value: str) -> str:
    """Return a value on one line, with one blank for each run of blanks and line breaks."""
    return " ".join(shown(" ".join(value.split())).split())


def cut(value: str, limit: int) -> str:
    """Shorten a value that has more than `limit` characters; the number of characters left off stands at its end."""
    if len(value) <= limit:
        return value
    kept = max(limit - 40, 0)
    return f"{value[:kept]} ... ({len(value) - kept:,} more characters)"


def kind(item: Item) -> str:
    """Return the kind of an item with its reason, for example `ADDED` or `CORRECTED (respelled)`."""
    if item.kind == AmendmentKind.DOCUMENT:  # like `MOA REPLACED`
        return one_line(f"{item.changes[0].field if item.changes else 'document'} {item.reason}").upper()
    word = KIND_WORDS[item.kind].upper()
    return f"{word} ({one_line(item.reason)})" if item.reason and item.reason != Reason.OTHER else word


def what(item: Item) -> str:
    """Return the short name of an item's record; for several records, their number stands before it (`14 records`).

    A move from list to list is one record, though it has several entries.
    """
    said = one_line(item.what)
    if len(item.entries) < 2 or item.kind == AmendmentKind.MOVED:
        return said
    return f"{len(item.entries):,} records: {said}" if said else f"{len(item.entries):,} records"


def doubt_lines(item: Item) -> tuple[str, ...]:
    """Return the doubts about an item, each as a line that begins with `DOUBT:`."""
    return tuple(f"DOUBT: {one_line(doubt)}" for doubt in item.doubts)


def takes_back(item: Item) -> str:
    """Return a line that names the earlier entry that an item undoes; "" if it undoes none."""
    return "" if item.takes_back is None else f"takes back entry {item.takes_back}"


def item_links(item: Item) -> tuple[tuple[str, str], ...]:
    """Return the labels and the addresses of an item's links; what is no web address is left out."""
    return tuple((one_line(link.label), link.address) for link in item.links if is_link(link.address))


def remarks(item: Item) -> tuple[str, ...]:
    """Return the lines that follow an item's changes: its doubts, and the earlier entry that it undoes."""
    return tuple(filter(None, (*doubt_lines(item), takes_back(item))))


def numbers(entries: Sequence[int]) -> str:
    """Return a text that names entries of the change log, like `entry 7` or `entries 12-25, 31`; "" for no entries.

    `entries` are the numbers of the entries.
    """
    if not entries:
        return ""
    ordered = sorted(set(entries))
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    runs = ", ".join(
        f"{first}-{last}" if last > first else f"{first}" for first, last in zip(starts, ends, strict=True)
    )
    return f"{'entries' if len(ordered) > 1 else 'entry'} {runs}"


def time_in_words(value: str) -> str:
    """Return an ISO 8601 time as people write it, like `2025-07-04 14:00:12 UTC`; other texts become one line."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return one_line(value)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at.tzinfo else one_line(value)


def is_link(value: str) -> bool:
    """Return whether a value is a web address (http or https), which may become a link."""
    return re.fullmatch(r"https?://[^\s<>\"]+", value) is not None and not HIDDEN.search(value)


def identity(value: str) -> str:
    """Return an id that all protocols allow (RFC 5322, `dot-atom`): the value itself, or else a hash of it."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value) and len(value) <= MAX_IDENTITY_CHARACTERS
    return value if plain else hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def is_warning(note: str) -> bool:
    """Return whether a note is to be seen before anything else is believed."""
    return note.startswith(NOT_CHECKED)


def is_silent(files: SourceFiles) -> bool:
    """Return whether the publisher replaced a file by another at the same address.

    `files` are the file of the new version and that of the version before. If the list stands on the web page itself
    and not in a file, the result is False, because a page always changes at its own address.
    """
    return files.silent and files.file.url != files.page


def replacement(files: SourceFiles) -> str:
    """Return a line that says how a file appeared: at a new address, or in place of another at the same address.

    Of a report that was taken down, the line says that it is gone.
    """
    if files.gone:
        return "Gone; this is what was last seen of it"
    if files.is_in_parts:
        return "Several files or pages, which are one list" if files.before is None else "Some of its parts are new"
    if files.before is None:
        return "The file"
    if is_silent(files):
        return "SILENT REPLACEMENT: the file at this address was exchanged for another one"
    return "The page itself changed" if files.silent else "New file, at a new address"


def origin(files: SourceFiles) -> str:
    """Return the source and report of the files, for example `ICE 287(g) agreements, Participating agencies`."""
    return one_line(files.origin) or ", ".join(filter(None, map(one_line, (files.source, files.report))))


def facts(files: SourceFiles) -> Iterator[tuple[str, tuple[Fact, ...]]]:
    """Yield lines about the files in groups, each with its title: `now`, `before`, or "" for lines about both."""
    yield "last seen" if files.gone else "now", tuple(_of_file(files.file, before=files.gone))
    if files.before:
        yield "before", tuple(_of_file(files.before, before=True))
    if files.page and files.page != files.file.url:
        yield "", (Fact(label="linked on", value=one_line(files.page)),)


def _of_file(file: File, *, before: bool) -> Iterator[Fact]:
    last_seen = file.last_seen_at if before or file.last_seen_at != file.captured_at else ""
    told = (
        ("file", one_line(file.name), False),
        ("address", one_line(file.url), False),
        ("SHA-256", one_line(file.sha256), True),
        ("Last-Modified", one_line(file.last_modified), False),
        ("first seen", time_in_words(file.captured_at), False),
        ("last seen", time_in_words(last_seen), False),
        ("kept copy", one_line(file.kept), not is_link(file.kept)),
        ("its page", one_line(file.version_page), False),
    )
    yield from (Fact(label=label, value=value, exact=exact) for label, value, exact in told if value)


def caption(file_name: str, page: int, captured_at: str, sha256: str) -> str:
    """Return the line that stands under a picture of a record: the file, the page, the time, and the hash's beginning.

    `captured_at` is when the file was first seen.
    """
    return one_line(f"{file_name}, page {page}, first seen {captured_at}, SHA-256 {sha256[:16]}...")


def log_facts(message: Message) -> Iterator[Fact]:
    """Yield what an alert says of the logs: the head of the change log, the checkpoint of the evidence log, its key."""
    if message.head:
        yield Fact(label="head", value=one_line(message.head), exact=True)
    if message.checkpoint:
        yield Fact(label="checkpoint", value=one_line(message.checkpoint.words), exact=True)
        if message.checkpoint.key:
            yield Fact(label="key", value=one_line(message.checkpoint.key), exact=True)


def log_lines(message: Message) -> Iterator[str]:
    """Yield the same as lines that stand alone, for short alerts."""
    labels = {"head": "Change log head", "checkpoint": "Evidence log", "key": "Its key"}
    yield from (f"{labels[fact.label]}: {fact.value}" for fact in log_facts(message))
