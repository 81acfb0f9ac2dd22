"""Writes an alert as text of limited length; of changes that do not fit, it gives the number and a command.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from monitor.alerts.writing import words
from monitor.alerts.writing.differences import excerpts, unmarked
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.alerts.message import Change, Item, Message, SourceFiles

MAX_BRIEF_CHARACTERS = 300
MAX_ITEM_CHARACTERS = 1_400
MAX_NOTE_CHARACTERS = 500
MAX_NOTES = 6
MAX_FILES = 3
ROOM_FOR_FILES = 2_000  # characters from which on the files are named too
Written = TypeVar("Written")  # the form in which an item is written
CONTEXT = 40  # characters before the first difference that a cut value still shows
MAX_PROSE_CHARACTERS = 500  # of each side of a changed text of a page


def brief(message: Message, limit: int) -> str:
    """Return the alert as text without its subject, in at most `limit` characters."""
    end = "\n".join(ending(message)) if limit >= ROOM_FOR_FILES else ""
    start = "".join(f"{note}\n\n" for note in notes(message.notes))
    room = limit - len(start) - len(end) - 200
    told, left = fitting(message.items, room, cost=lambda said: len(said) + 2, write=item_with_link)
    more = f"{remainder(message, left)}\n\n" if left else ""
    return words.cut((start + "".join(f"{said}\n\n" for said in told) + more + end).rstrip(), limit)


def fitting(
    items: Sequence[Item], budget: int, *, cost: Callable[[Written], int], write: Callable[[Item], Written]
) -> tuple[list[Written], Sequence[Item]]:
    """Return the first items that fit into `budget` in their written form, and the items that do not fit.

    `write` is a function that writes an item, and `cost` one that returns how much of the budget that uses.
    """
    told: list[Written] = []
    for number, item in enumerate(items):
        said = write(item)
        budget -= cost(said)
        if budget < 0:
            return told, items[number:]
        told.append(said)
    return told, ()


def item_with_link(item: Item) -> str:
    """Return an item in a few lines, and below them the address of its first page, if it has one."""
    links = words.item_links(item)
    return "\n".join((item_in_brief(item), *(address for _, address in links[:1])))


def item_in_brief(item: Item) -> str:
    """Return an item in a few lines; long values are shortened to the part around their first difference."""
    number = words.numbers(item.entries)
    place = words.cut(words.one_line(item.place), MAX_BRIEF_CHARACTERS)
    lines = [
        " ".join(
            filter(
                None,
                (
                    words.KIND_MARKS.get(item.kind, words.OTHER_MARK),
                    f"{place}:" if place else "",
                    words.cut(words.kind(item), MAX_BRIEF_CHARACTERS),
                    words.cut(words.what(item), MAX_BRIEF_CHARACTERS),
                    f"({words.cut(number, MAX_BRIEF_CHARACTERS)})" if number else "",
                ),
            )
        )
    ]
    for change in item.changes:
        before, after = _briefly(change)
        field = words.cut(words.one_line(change.field), MAX_BRIEF_CHARACTERS)
        lines += [f"{field}:", f"- was: {before or words.EMPTY_VALUE}", f"+ now: {after or words.EMPTY_VALUE}"]
    lines += [words.cut(remark, MAX_BRIEF_CHARACTERS) for remark in words.remarks(item)]
    return words.cut("\n".join(lines), MAX_ITEM_CHARACTERS)


def remainder(message: Message, left: Sequence[Item]) -> str:
    """Return a line with the number of changes that did not fit (`left`), and the command that shows them."""
    every, missing = amendments(message.items), amendments(left)
    return f"... and {missing:,} more of {every:,} amendments" + (
        f"; see them by: {_log(message)}" if message.log else ""
    )


def amendments(items: Sequence[Item]) -> int:
    """Return the number of changes in items; an item can combine several, and a move counts as one."""
    return sum(1 if item.kind == AmendmentKind.MOVED else max(len(item.entries), 1) for item in items)


def notes(given: Sequence[str]) -> Iterator[str]:
    """Yield the first notes, each shortened to a limit, and a line with the number of the others."""
    yield from (words.cut(words.shown(note), MAX_NOTE_CHARACTERS) for note in given[:MAX_NOTES])
    if len(given) > MAX_NOTES:
        yield f"... and {len(given) - MAX_NOTES:,} more notes"


def ending(message: Message) -> Iterator[str]:
    """Yield the last lines of a short alert: its files, the state of the logs, and the command for more."""
    for files in message.files[:MAX_FILES]:
        yield from file_in_brief(files)
    if len(message.files) > MAX_FILES:
        yield f"... and {len(message.files) - MAX_FILES:,} more files"
    yield from (words.cut(line, MAX_BRIEF_CHARACTERS) for line in words.log_lines(message))
    if message.log:
        yield f"See: {_log(message)}"


def file_in_brief(files: SourceFiles) -> Iterator[str]:
    """Yield a few lines about a file, and about the earlier file that it followed."""
    yield words.replacement(files)
    for label, file in (("now", files.file), ("before", files.before)):
        if file:
            is_now = label == "now" and not files.gone
            seen = file.captured_at if is_now else file.last_seen_at
            when = "seen" if is_now else "last seen"
            shown = "gone" if label == "now" and files.gone else label
            dated = f", Last-Modified {words.one_line(file.last_modified)}" if file.last_modified else ""
            said = f"{shown}: {words.one_line(file.name)}, {when} {words.time_in_words(seen)}{dated}"
            yield words.cut(said, MAX_BRIEF_CHARACTERS)
            yield f"SHA-256 {words.cut(words.one_line(file.sha256), MAX_BRIEF_CHARACTERS)}"


def _log(message: Message) -> str:
    return words.cut(words.one_line(message.log), MAX_BRIEF_CHARACTERS)


def _folded(value: str) -> str:
    """Return a value on one line, with ` / ` in place of its line breaks."""
    return " / ".join(filter(None, (words.one_line(line) for line in words.shown(value).split("\n"))))


def _briefly(change: Change) -> tuple[str, str]:
    """Return both values of a change on a line each; of long ones, only what stands around the difference."""
    before, after = _folded(change.before), _folded(change.after)
    if not change.is_prose:
        return _around_the_difference(before, after)
    old, new = (unmarked(pieces) for pieces in excerpts(before, after, context=CONTEXT))
    return words.cut(old, MAX_PROSE_CHARACTERS), words.cut(new, MAX_PROSE_CHARACTERS)


def _around_the_difference(before: str, after: str) -> tuple[str, str]:
    """Return two values, each cut to MAX_BRIEF_CHARACTERS characters, with their first difference inside."""
    if max(len(before), len(after)) <= MAX_BRIEF_CHARACTERS:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    first = next((at for at, (ours, theirs) in pairs if ours != theirs), min(len(before), len(after)))
    alike = max(first - CONTEXT, 0)
    start = f"({alike:,} characters alike) ... " if alike else ""
    ours, theirs = (words.cut(f"{start}{value[alike:]}", MAX_BRIEF_CHARACTERS) for value in (before, after))
    return ours, theirs
