"""The words that every form of an alert shares, and values made safe to show. Pure."""

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

    from monitor.alerts.message import File, Item, SourceFiles

EMPTY = "(empty)"
LONGEST_IDENTITY = 100
MARKS = {AmendmentKind.ADDED: "+", AmendmentKind.REMOVED: "-", AmendmentKind.CORRECTED: "~"}
OTHER_MARK = "*"
KINDS = {AmendmentKind.WITHDRAWN: "TAKEN DOWN", AmendmentKind.RESTORED: "BACK AGAIN"}
# Controls, marks that turn the direction of writing, line separators, halves of characters, and what XML forbids.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the evidence: what it is, and its value; `exact` values are hashes, paths and the like."""

    label: str
    value: str
    exact: bool = False


def shown(value: str) -> str:
    """A value in which nothing can hide or take effect: a character that can't be seen is told by its number."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", lines)


def one_line(value: str) -> str:
    """A value on one line, blanks folded."""
    return " ".join(shown(" ".join(value.split())).split())


def cut(value: str, limit: int) -> str:
    """The beginning of a value, with the number of characters that were left off."""
    if len(value) <= limit:
        return value
    kept = max(limit - 40, 0)
    return f"{value[:kept]} ... ({len(value) - kept:,} more characters)"


def kind(item: Item) -> str:
    """`ADDED`, `CORRECTED (respelled)`."""
    word = KINDS.get(item.kind, str(item.kind).upper())
    return f"{word} ({one_line(item.reason)})" if item.reason and item.reason != Reason.OTHER else word


def what(item: Item) -> str:
    """The record, or how many of them: `14 records: ...`."""
    said = one_line(item.what)
    if len(item.entries) < 2:
        return said
    return f"{len(item.entries):,} records: {said}" if said else f"{len(item.entries):,} records"


def doubts(item: Item) -> tuple[str, ...]:
    """What can't be right in an amendment."""
    return tuple(f"DOUBT: {one_line(doubt)}" for doubt in item.doubts)


def takes_back(item: Item) -> str:
    """Which entry of the change log an amendment reverts; "" where it reverts none."""
    return "" if item.takes_back is None else f"takes back entry {item.takes_back}"


def remarks(item: Item) -> tuple[str, ...]:
    """Everything to be said about an amendment beside what differs."""
    return tuple(filter(None, (*doubts(item), takes_back(item))))


def numbers(entries: Sequence[int]) -> str:
    """`entry 7`, `entries 12-25, 31`; "" where there are none."""
    if not entries:
        return ""
    ordered = sorted(set(entries))
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    runs = ", ".join(
        f"{first}-{last}" if last > first else f"{first}" for first, last in zip(starts, ends, strict=True)
    )
    return f"{'entries' if len(ordered) > 1 else 'entry'} {runs}"


def moment(value: str) -> str:
    """A time as people write it: `2025-07-04 14:00:12 UTC`. What is no time stays as it is."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return one_line(value)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at.tzinfo else one_line(value)


def is_link(value: str) -> bool:
    """Whether a value is a web address; no other scheme becomes a link."""
    return re.fullmatch(r"https?://[^\s<>\"]+", value) is not None and not HIDDEN.search(value)


def identity(value: str) -> str:
    """A value as an id that every protocol takes (RFC 5322, `dot-atom`): itself where it is one, else its hash."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value) and len(value) <= LONGEST_IDENTITY
    return value if plain else hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def is_silent(files: SourceFiles) -> bool:
    """Whether a file was exchanged for another one; a list on the page itself has no file that could be."""
    return files.silent and files.file.url != files.page


def replacement(files: SourceFiles) -> str:
    """How the file came: a new one, or another one at the same address."""
    if files.before is None:
        return "The file"
    if is_silent(files):
        return "SILENT REPLACEMENT: the file at this address was exchanged for another one"
    return "The page itself changed" if files.silent else "New file, at a new address"


def origin(files: SourceFiles) -> str:
    """`ice-287g, participating`."""
    return ", ".join(dict.fromkeys(filter(None, (one_line(files.source), one_line(files.report)))))


def facts(files: SourceFiles) -> Iterator[tuple[str, tuple[Fact, ...]]]:
    """What there is to check, under `now`, `before` and "" (both)."""
    yield "now", tuple(_of_file(files.file, before=False))
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
        ("first seen", moment(file.captured_at), False),
        ("last seen", moment(last_seen), False),
        ("kept bytes", one_line(file.kept), True),
    )
    yield from (Fact(label=label, value=value, exact=exact) for label, value, exact in told if value)
