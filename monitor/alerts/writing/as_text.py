"""Writes an alert as plain text: for the text part of a mail, and for a terminal.

No publisher's value can imitate a line of the alert, because all lines of a value are indented deeper than its label.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from monitor.alerts.writing import words
from monitor.alerts.writing.differences import excerpts, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.alerts.message import Change, Item, Message, SourceFiles
    from monitor.alerts.writing.differences import Piece

WIDTH = 100
MOSTLY = 0.5  # where more than this part of a value differs, marks under it say nothing


def text(message: Message, *, with_subject: bool = True) -> str:
    """Return the whole alert as text; lines have at most WIDTH characters, unless a single word is longer.

    `with_subject` is False where the subject is shown elsewhere, and must not stand there twice.
    """
    subject = words.one_line(message.subject)
    lines = [*_wrapped(subject, ""), "=" * min(len(subject), WIDTH)] if with_subject else []
    for note in message.notes:
        lines += ["", *_wrapped(note, "* ")]
    name = ""
    for item in message.items:
        if item.list != name:
            name = item.list
            lines += ["", f"[{words.one_line(name)}]"] if name else []
        lines += ["", *_item(item)]
    for picture in message.pictures:
        lines += ["", *_wrapped(f"Picture in the HTML part: {words.one_line(picture.caption)}", "")]
    for files in message.files:
        lines += ["", *_source_files(files)]
    lines += _log(message)
    return "\n".join(line.rstrip() for line in lines).lstrip("\n") + "\n"


def _item(item: Item) -> Iterator[str]:
    place = f"{words.one_line(item.place)}: " if item.place else ""
    number = f" ({words.numbers(item.entries)})" if item.entries else ""
    mark = words.KIND_MARKS.get(item.kind, words.OTHER_MARK)
    yield from _wrapped(f"{place}{words.kind(item)}{number}", f"{mark} ")
    if said := words.what(item):
        yield from _wrapped(said, "    ")
    for change in item.changes:
        yield from _change(change)
    for remark in words.remarks(item):
        yield from _wrapped(remark, "    ", "      ")
    for label, address in words.item_links(item):
        yield f"    {label}: {address}"  # not wrapped: it is there to be clicked


def _change(change: Change) -> Iterator[str]:
    yield f"    {words.one_line(change.field)}"
    both = excerpts(words.shown(change.before), words.shown(change.after), short=change.is_prose)
    before, after = map(unmarked, both)
    sides = (("      - was: ", before), ("      + now: ", after))
    short = not any("\n" in value or len(label + value) > WIDTH for label, value in sides)
    for (label, value), pieces in zip(sides, both, strict=True):
        yield from _wrapped(value or words.EMPTY_VALUE, label)
        if short and before and after:
            yield from _marks(pieces, " " * len(label))


def _marks(pieces: Sequence[Piece], indent: str) -> Iterator[str]:
    """Yield a line with ^ under the parts that differ; no line if they are most of the value.

    `pieces` are the parts of the value, and `indent` stands before the line.
    """
    line = "".join(("^" if piece.changed else " ") * len(piece.text) for piece in pieces)
    if 0 < line.count("^") <= MOSTLY * len(line):
        yield indent + line


def _source_files(files: SourceFiles) -> Iterator[str]:
    origin = words.origin(files)
    yield origin
    yield "-" * len(origin)
    yield words.replacement(files)
    for title, facts in words.facts(files):
        if title:
            yield f"  {title}"
        for fact in facts:
            label = f"    {fact.label + ':':<15}" if title else f"  {fact.label + ':':<17}"
            yield from [label + fact.value] if fact.exact else _wrapped(fact.value, label)


def _log(message: Message) -> Iterator[str]:
    facts = list(words.log_facts(message))
    if facts or message.log:
        yield ""
        yield "Change log"
        yield "----------"
    for fact in facts:
        yield from _wrapped(fact.value, f"  {fact.label + ':':<17}")
    if message.log:
        yield f"  see:             {words.one_line(message.log)}"  # not wrapped: it is there to be copied


def _wrapped(value: str, first: str, rest: str | None = None) -> Iterator[str]:
    """Yield a value as wrapped lines; `first` is put before the first line, and `rest` before the others.

    If `rest` is None, the other lines are indented to begin under the first.
    """
    rest = " " * len(first) if rest is None else rest
    for line in words.shown(value).split("\n"):
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first]
        first = rest
