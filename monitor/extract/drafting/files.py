"""Reads the tables and lists of a file that nobody has described yet, and drafts a description of each."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from monitor.config.drafts import FileDraft, slug
from monitor.extract.drafting.columns import draft_table
from monitor.extract.header import header_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.drafts import ListDraft
    from monitor.extract.drafting.columns import FoundTable

MAX_DRAFTED_LISTS = 30  # of one file
MAX_LIST_TITLE = 120  # letters


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
    """Return the drafts of tables and of sections, each under a name of its own; a list is drafted once."""
    drafts: list[tuple[FoundTable, ListDraft]] = []
    unsure: list[str] = []
    for found in tables:
        draft = draft_table(found, name)
        if draft is None:
            unsure += [f"{found.table.title} has no header that could be told, and is left out"] * bool(
                found.table.rows
            )
        elif any(_headers(draft) == _headers(other) for _, other in drafts):
            unsure.append(f"{found.table.title} has the header of a table before it, and is read as one list with it")
        else:
            drafts.append((found, draft))
    several = len(drafts) + len(sections) > 1
    lists = [_told_apart(found, draft, [other for _, other in drafts], several=several) for found, draft in drafts]
    return FileDraft(lists=tuple(_own_names([*lists, *sections])[:MAX_DRAFTED_LISTS]), unsure=tuple(unsure))


def _headers(draft: ListDraft) -> frozenset[tuple[str, ...]]:
    return frozenset(header_words(each.header) for each in draft.columns)


def _told_apart(found: FoundTable, draft: ListDraft, others: Sequence[ListDraft], *, several: bool) -> ListDraft:
    """Return a draft under a name of its own, with what tells its table from others that have all of its columns."""
    own = _headers(draft)
    wider = [each for other in others if own < _headers(other) for each in other.columns]
    more = tuple(dict.fromkeys(each.header for each in wider if header_words(each.header) not in own))
    title = (found.sheet or next(reversed(found.headings), ""))[:MAX_LIST_TITLE]
    named = (slug(title) or draft.name) if several else draft.name
    return replace(draft, name=named, title=title if several else "", not_columns=more[:20])


def _own_names(lists: Iterable[ListDraft]) -> list[ListDraft]:
    """Return the drafts, with a number after each name that was there before."""
    result: list[ListDraft] = []
    seen: dict[str, int] = {}
    for each in lists:
        seen[each.name] = seen.get(each.name, 0) + 1
        number = seen[each.name]
        result.append(each if number == 1 else replace(each, name=f"{each.name}-{number}"))
    return result
