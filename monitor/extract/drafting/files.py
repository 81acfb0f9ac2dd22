"""Reads the tables and lists of a file that nobody has described yet, and drafts a description of each."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from monitor.config.drafts import FileDraft, literal, slug
from monitor.extract.drafting.columns import before_others, draft_table, understand
from monitor.extract.header import header_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.drafts import ListDraft
    from monitor.extract.drafting.columns import FoundTable, UnderstoodTable

MAX_DRAFTED_LISTS = 30  # of one file
MAX_LIST_TITLE = 120  # letters
# The names of sheets with notes, which have few columns.
NOTES_SHEET = re.compile(
    r"^(?:foot)?notes?\b|\b(?:definitions?|glossary|read ?me|about|(?:data )?dictionary|methodology|terms|legend)\b",
    re.IGNORECASE,
)
MAX_NOTES_COLUMNS = 3
MONTH_WORD = re.compile(
    r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b"
)


def draft_file(content: bytes, file_format: str, name: str, *, charset: str | None = None) -> FileDraft:
    """Return a draft of each list in a file.

    - `file_format`: `xlsx`, `csv`, `pdf` or `html`. `name`: the name of its list, if it has one only.
    - `charset`: the encoding that the server named, or None.

    The bytes are read in this process. For bytes from outside, use `monitor.sandbox.reader`. Raises UnreadableError or
    BombError.
    """
    read: Callable[..., tuple[list[FoundTable], list[ListDraft], str]] = getattr(
        import_module("monitor.extract.drafting.formats"), f"found_in_{file_format}"
    )
    tables, sections, title = read(content, charset)
    return replace(_together(tables, sections, name), title=title)


def _together(tables: Iterable[FoundTable], sections: Sequence[ListDraft], name: str) -> FileDraft:
    """Return the drafts of tables and of sections, each under a name of its own.

    Tables with one header are one list.
    """
    kinds: dict[frozenset[tuple[str, ...]], list[UnderstoodTable]] = {}
    unsure: list[str] = []
    for whole in tables:
        found, others = before_others(whole)
        table = understand(found)
        if table and others:
            where = ", ".join(map(str, others[:5]))
            unsure.append(
                f"{found.table.title}: other tables begin in row {where}, and are not drafted; their rows would be "
                "read as records of the table above them, unless skip_rows tells them apart"
            )
        if table and found.sheet and NOTES_SHEET.search(found.sheet) and len(table.headers) <= MAX_NOTES_COLUMNS:
            unsure.append(f"{found.table.title} is left out: its name says that it has notes")
        elif table is None:
            unsure += [f"{found.table.title} has no header that could be told, and is left out"] * bool(
                found.table.rows
            )
        else:
            kinds.setdefault(table.headers, []).append(table)
    drafts = [(parts, draft_table(parts, name)) for parts in kinds.values()]
    several = len(drafts) + len(sections) > 1
    lists = [_told_apart(parts, draft, [other for _, other in drafts], several=several) for parts, draft in drafts]
    return FileDraft(lists=tuple(_own_names([*lists, *sections])[:MAX_DRAFTED_LISTS]), unsure=tuple(unsure))


def _headers(draft: ListDraft) -> frozenset[tuple[str, ...]]:
    return frozenset(header_words(each.header) for each in draft.columns if each.header)


def _told_apart(
    parts: Sequence[UnderstoodTable], draft: ListDraft, others: Sequence[ListDraft], *, several: bool
) -> ListDraft:
    """Return a draft under a name of its own, with what tells its table from others that have all of its columns."""
    own = _headers(draft)
    wider = [each for other in others if own < _headers(other) for each in other.columns]
    more = tuple(dict.fromkeys(each.header for each in wider if header_words(each.header) not in own and each.header))
    found = parts[0].found
    title = (found.sheet or next(reversed(found.headings), ""))[:MAX_LIST_TITLE]
    title = "" if len({part.found.sheet for part in parts}) > 1 else title  # of several sheets, none names the list
    named = (slug(title) or draft.name) if several else draft.name
    unsure = draft.unsure
    if len(parts) > 1:
        last = parts[-1].found.table.title
        unsure = (
            *unsure,
            f"{len(parts)} tables have this header, from {found.table.title} to {last}: they are one list",
        )
    return replace(
        draft,
        name=named,
        title=title if several else "",
        not_columns=more[:20],
        sheet=_sheets(parts) if len(parts) > 1 else None,
        unsure=unsure,
    )


def _sheets(parts: Sequence[UnderstoodTable]) -> str | None:
    """Return the pattern of the names of sheets, where they have one form, like `Jan 2026`; else None."""
    shapes = {_shape(part.found.sheet) for part in parts if part.found.sheet}
    return f"^{shapes.pop()}$" if len(shapes) == 1 and all(part.found.sheet for part in parts) else None


def _shape(text: str) -> str:
    """Return a pattern for texts that differ from this one in figures and names of months only."""
    pattern = re.sub(r"\d+", lambda found: rf"\d{{{len(found[0])}}}", MONTH_WORD.sub("MONTH", literal(text)))
    return pattern.replace("MONTH", "[A-Z][a-z]+")


def _own_names(lists: Iterable[ListDraft]) -> list[ListDraft]:
    """Return the drafts, with a number after each name that was there before."""
    result: list[ListDraft] = []
    seen: dict[str, int] = {}
    for each in lists:
        seen[each.name] = seen.get(each.name, 0) + 1
        number = seen[each.name]
        result.append(each if number == 1 else replace(each, name=f"{each.name}-{number}"))
    return result
