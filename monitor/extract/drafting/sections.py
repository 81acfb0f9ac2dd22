"""Drafts the lists of a web page whose items are under headings, like `STATES` or, under each state, `Counties`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from monitor.config.drafts import ColumnDraft, ListDraft, literal, slug
from monitor.extract.page.items import EMPTY_LIST, PROSE
from monitor.extract.page.own_items import is_whole_link
from monitor.extract.page.sections import FOOTNOTE_MARKS
from monitor.extract.values import BULLET_MARK, folded
from monitor.jurisdictions import resolve
from monitor.jurisdictions.states import STATES, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.extract.page.sections import Section

# A heading that is the name of a state, and one that is its code.
STATE_TITLE = re.compile(f"^(?P<state>{'|'.join(name for name, _ in STATES.values())})$", re.IGNORECASE)
STATE_CODE = re.compile(f"^(?P<state>(?-i:{'|'.join(STATES)}))$", re.IGNORECASE)
MIN_STATES = 2  # over which parts of one list stand
MIN_NAMED_ITEMS = 5  # of a list that names no places
MAX_ITEM_LETTERS = 60
MAX_HEADING_LETTERS = 150
MAX_TRIED_ITEMS = 100
MAX_SECTION_LISTS = 30
MOST_ITEMS = 0.8
WITH_CODE = re.compile(r"(?P<name>.+?),\s*(?P<state>[A-Z]{2})")
WITH_STATE = re.compile(r"(?P<name>.+),\s*(?P<state>[^,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The items under one heading: the heading, the heading above it, the items, and how many are only links."""

    title: str
    above: str | None
    items: Sequence[str]
    links: int


def draft_by_state(page: Sequence[Section], title: re.Pattern[str]) -> list[ListDraft]:
    """Return the draft of the one list of a page whose places stand directly under headings that are states.

    `title` is the pattern of such headings, and `page` are the page's sections, divided also at these. No draft is
    returned for other pages. What stands under other headings is drafted too.
    """
    parts = [part for part in _parts(page) if title.fullmatch(part.title)]
    level, share = _level([(item, part.title) for part in parts for item in part.items])
    are_places = share >= MOST_ITEMS / 2
    if len({part.title.casefold() for part in parts}) < MIN_STATES or not (are_places or _are_names(parts)):
        return []
    draft = _draft(
        parts[0].above or "",
        item="^(?P<name>.+)$",
        fields=("name", "state"),
        group=("state",),
        key=("name", "state"),
        place=({"name": "name"} if are_places else {}) | {"state": "state"} | ({"level": level} if level else {}),
        unsure=["a part stands under the name of each state"],
    )
    others = [section for section in page if not title.fullmatch(section.title)]
    places = [each for each in draft_sections(others) if each.place]
    return [replace(draft, heading=title.pattern), *places]


def draft_sections(page: Sequence[Section]) -> list[ListDraft]:
    """Return a draft for each list of items on a page; `page` are the page's sections, in order.

    A list is drafted if most of its items are places. Where there is none, others are drafted too, as doubtful.
    """
    parts: dict[str, list[_Part]] = {}
    for part in _parts(page):
        parts.setdefault(part.title.casefold(), []).append(part)
    places = [draft for each in parts.values() if (draft := _of_places(each))]
    others = [] if places else [draft for each in parts.values() if (draft := _of_names(each))]
    return (places or others)[:MAX_SECTION_LISTS]


def _parts(page: Sequence[Section]) -> Iterator[_Part]:
    over: list[Section] = []  # the headings in force, the highest first
    for section in page:
        while over and over[-1].level >= section.level:
            over.pop()
        above = over[-1].title if over else None
        over.append(section)
        blocks = [block for block in section.blocks if block.element.tag != "button"]
        own = [block for block in blocks if block.item]
        lines = [line for block in blocks for line in block.text.split("\n")]
        if not own and (len(lines) < 2 or any(PROSE.search(line) for line in lines)):
            continue
        texts = [folded(block.text) for block in own] if own else lines
        items = [FOOTNOTE_MARKS.sub("", folded(BULLET_MARK.sub("", text))) for text in texts]
        items = [text for text in items if text and not EMPTY_LIST.fullmatch(text)]
        if items and len(section.title) <= MAX_HEADING_LETTERS:
            yield _Part(title=section.title, above=above, items=items, links=sum(map(is_whole_link, own)))


def _of_places(parts: Sequence[_Part]) -> ListDraft | None:
    """Return the draft of a list of places that stands under one heading, or under one heading for each state."""
    states = [code_of(part.above) for part in parts]
    if sum(state is not None for state in states) >= MOST_ITEMS * len(parts):
        return _by_state(parts)
    items = parts[0].items
    unsure = [f"{parts[0].title!r} stands {len(parts)} times on the page; only the first is read"] * (len(parts) > 1)
    if sum(code_of(item) is not None for item in items) >= MOST_ITEMS * len(items):
        return _draft(
            parts[0].title,
            item="^(?P<name>(?P<state>.+))$",
            fields=("name", "state"),
            key=("name",),
            place={"state": "state"},
            unsure=unsure,
        )
    for pattern, text in ((WITH_CODE, r"^(?P<name>.+?),\s*(?P<state>[A-Z]{2})$"), (WITH_STATE, _anchored(WITH_STATE))):
        matches = [pattern.fullmatch(item) for item in items]
        if all(match and code_of(match["state"]) for match in matches):
            pairs = [(match["name"], match["state"]) for match in matches if match]
            level, share = _level(pairs)
            if share >= MOST_ITEMS / 2:
                return _draft(
                    parts[0].title,
                    item=text,
                    fields=("name", "state"),
                    key=("name", "state"),
                    place={"name": "name", "state": "state"} | ({"level": level} if level else {}),
                    unsure=unsure,
                )
    _, share = _level([(item, "") for item in items])
    if share >= MOST_ITEMS / 2:
        return _draft(
            parts[0].title,
            item="^(?P<name>.+)$",
            fields=("name",),
            key=("name",),
            place={"name": "name"},
            unsure=[*unsure, "the items do not all say their state"],
        )
    return None


def _by_state(parts: Sequence[_Part]) -> ListDraft | None:
    """Return the draft of a list that has a part under the heading of each state."""
    pairs = [(item, part.above or "") for part in parts for item in part.items]
    level, share = _level(pairs)
    different = {item for item, _ in pairs}
    if (
        share < MOST_ITEMS / 2 and len(different) <= 2 and max(map(len, different)) <= MAX_HEADING_LETTERS
    ):  # a sentence that says that the state itself is listed
        said = "|".join(literal(item) for item in sorted(different))
        return _draft(
            parts[0].title,
            item=f"^(?P<_>{said})",
            fields=("name", "state"),
            group=("name", "state"),
            key=("name",),
            place={"state": "state"},
            unsure=["each item stands for the state in the heading above"],
        )
    if share < MOST_ITEMS / 2:
        return None
    return _draft(
        parts[0].title,
        item="^(?P<name>.+)$",
        fields=("name", "state"),
        group=("state",),
        key=("name", "state"),
        place={"name": "name", "state": "state"} | ({"level": level} if level else {}),
        unsure=(),
    )


def _of_names(parts: Sequence[_Part]) -> ListDraft | None:
    """Return the draft of a list that names no places; None for a menu of links, or for sentences."""
    if not _are_names(parts[:1]):
        return None
    return _draft(
        parts[0].title,
        item="^(?P<name>.+)$",
        fields=("name",),
        key=("name",),
        place={},
        unsure=["this may be no list that is worth watching: its items are no places"],
    )


def _are_names(parts: Sequence[_Part]) -> bool:
    """Return whether the items of some parts may be names: enough short texts, of which most are no links."""
    items = [item for part in parts for item in part.items]
    short = items and median(map(len, items)) <= MAX_ITEM_LETTERS
    return len(items) >= MIN_NAMED_ITEMS and 2 * sum(part.links for part in parts) <= len(items) and bool(short)


def _draft(
    title: str,
    *,
    item: str,
    fields: tuple[str, ...],
    key: tuple[str, ...],
    place: dict[str, str],
    unsure: Sequence[str],
    group: tuple[str, ...] = (),
) -> ListDraft:
    return ListDraft(
        name=slug(title) or "items",
        title=title,
        heading=f"^{literal(title)}$",
        item=item,
        group=group,
        columns=tuple(ColumnDraft(name=each) for each in fields),
        key=key,
        anchors=("state",) if "state" in key else (),
        names=("name",),
        says="{name}, {state}" if "state" in key else "{name}",
        place=place,
        unsure=tuple(unsure),
    )


def _anchored(pattern: re.Pattern[str]) -> str:
    return f"^{pattern.pattern}$"


def _level(pairs: Sequence[tuple[str, str]]) -> tuple[str | None, float]:
    """Return the one level of the places that items name, or None, and the share of the items that are places."""
    tried = list(dict.fromkeys(pairs))[:MAX_TRIED_ITEMS]
    found = [resolve(name[:200], state or None).jurisdiction for name, state in tried]
    levels = [each.level for each in found if each]
    for level in ("county", "place"):
        if levels and levels.count(level) >= MOST_ITEMS * len(levels):
            return level, len(levels) / len(tried)
    return None, len(levels) / max(len(tried), 1)
