"""Divides a web page into sections, each under its heading, and finds the heading that is over another one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lxml import etree

from monitor.config.gone_words import GONE_WORDS
from monitor.errors import LayoutError
from monitor.extract.page.flow import BOLD_LEVEL, FOLDER_LEVEL, HEADING_LEVELS
from monitor.extract.page.tree import opened
from monitor.extract.row_kinds import ITEM_COUNT
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

    from monitor.extract.page.flow import Block

# The marks of footnotes after a name: `*`, `[1]`.
FOOTNOTE_MARKS = re.compile(r"(?:\s*(?:[*\u2020\u2021\u00a7]+|\[\w{1,3}\]))+$")
# The end of a heading over a further part of a list.
CONTINUED = re.compile(r"\s*[,-]?\s*\(?\b(?:continued|cont(?:'?d)?\.?)\)?$", re.IGNORECASE)
# Signs behind a heading that are no words of it: of a link to it, as content systems add them, or of what unfolds it.
SIGNS = re.compile(
    r"(?<=[\w)\]])(?:\s*[#\u00b6\U0001f517]"
    r"|\s+[-+\u2212\u2013\u2039\u203a\u00ab\u00bb\u2190-\u21ff\u25a0-\u25ff\u2795\u2796])+$"
)
# A number at the end of a heading.
COUNT_BEHIND = re.compile(r"(?<=\w) (\d{1,3}(?:,\d{3})*)$")
MIN_HEADED_ITEMS = 2  # of a list whose items are headings
# A heading that divides a list by its letters: `A`, `A-F`, `A to F`.
LETTERS = re.compile(r"[A-Z](?:\s*(?:[-\u2013\u2014]|to|through)\s*[A-Z])?", re.IGNORECASE)
# The words of a heading over what is no longer in a list.
GONE = re.compile(rf"\b(?:removed|removals?|no longer|former(?:ly)?|previous(?:ly)?|{GONE_WORDS})\b", re.IGNORECASE)
# Text in these elements is never a heading, even if it has a heading's words.
CELL_TAGS = frozenset({"td", "th"})
# The level of a block with only the words of a described heading: below a bold block.
PLAIN_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A heading on a web page, with the blocks of text between it and the next heading.

    `level` is the level of the heading, from 1 for the highest.
    """

    title: str
    level: int
    element: Element
    blocks: list[Block] = field(default_factory=list)


def page_sections(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Section]:
    """Divide the blocks of a page into sections, each with its heading; blocks before the first heading are left out.

    `titles` are the patterns of the headings in the configuration. A text that matches one of them counts as a heading
    even if the page does not mark it as one. Where there is none, the items over lists inside other lists are tried.
    """
    result = _divided(blocks, titles)
    if titles and not any(_is_described(section.title, titles) for section in result):
        result = _divided(_with_labels(blocks, titles), titles)
    return _without_counts(result, titles)


def _with_labels(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Block]:
    """Return the blocks of a page with those items as headings that stand over a list inside them.

    These are items with a described heading, like `Counties`, and the items around them, like the state.
    """
    named = {
        block.owner
        for block in blocks
        if block.item and _is_described(ITEM_COUNT.sub("", title_of(block.text)), titles)
    }
    labels = {owner for owner in named if any(each.tag in {"ul", "ol"} for each in owner)}
    lists = {label.getparent() for label in labels}
    labels |= {owner for owner in named if owner.getparent() in lists}  # with nothing below it
    labels |= {item for item in map(_item_around, labels) if item is not None}
    heads: dict[Element | None, Block] = {}  # the first block of each label, and the heading above all of them
    now: Element | None = None  # the label that the last block is under
    result = []
    for block in blocks:
        if not block.item:
            if block.level is not None:
                heads[None] = block
            now = None
            result.append(block)
            continue
        own = block.owner
        while own is not None and own not in labels:
            own = _item_around(own)
        if own is block.owner and own not in heads:
            block = replace(block, level=BOLD_LEVEL, item=False)  # noqa: PLW2901 - it is the heading from here on
            heads[own] = block
        elif own is not now:  # what follows stands under this one again, and not in the list inside it
            result.append(heads.get(own) or replace(block, text="", level=BOLD_LEVEL, item=False))
        now = own
        result.append(block)
    return result


def _item_around(element: Element) -> Element | None:
    """Return the nearest list item around an element; None if there is none."""
    return next((each for each in element.iterancestors() if each.tag == "li"), None)


def _divided(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Section]:
    """Do what `page_sections` does, without a second try."""
    result: list[Section] = []
    known: dict[Element, bool] = {}
    for block in (_as_item(block, titles, known) for block in blocks):
        heading = _heading(block, titles)
        if heading and LETTERS.fullmatch(heading[0]) and not _is_described(heading[0], titles):
            continue
        if heading:
            title, level, rest = heading
            result.append(Section(title=title, level=level, element=block.element))
            result[-1].blocks.extend([replace(block, text=rest)] if rest else [])
        elif result:
            result[-1].blocks.append(block)
    return result


def _as_item(block: Block, titles: Sequence[re.Pattern[str]], known: dict[Element, bool]) -> Block:
    """Return a block as an item of a list if it is a heading in a list in each item of which stands a heading alone.

    Content systems mark up the names in cards and collections so. `titles` are the patterns of the headings in the
    configuration; what these match stays a heading. `known` says of lists whether they are such; it is added to.
    """
    if block.level is None or block.owner.tag == "button" or _is_described(title_of(block.text), titles):
        return block
    item = next((each for each in block.owner.iterancestors() if each.tag == "li"), None)
    around = item.getparent() if item is not None else None
    if item is None or around is None:
        return block
    if around not in known:
        beside = [each for each in around if each.tag == "li"]
        known[around] = len(beside) >= MIN_HEADED_ITEMS and all(map(_is_heading_alone, beside))
    return replace(block, level=None, item=True, owner=item) if known[around] else block


def _is_heading_alone(item: Element) -> bool:
    """Return whether the whole text of a list item is one heading."""
    heading = next(item.iter(*HEADING_LEVELS), None)
    return heading is not None and folded("".join(heading.itertext())) == folded("".join(item.itertext()))


def _without_counts(page: list[Section], titles: Sequence[re.Pattern[str]]) -> list[Section]:
    """Return the sections without the number of items behind their headings: `Counties (12)`, `California (53)`.

    The number stays where it tells headings apart, as in `Region (1)` and `Region (2)`, and where a single heading ends
    in a number without brackets. `titles` are the patterns of the headings in the configuration: what these match
    stays, too, and may come again in each group without its number.
    """
    shorter = [ITEM_COUNT.sub("", section.title) for section in page]
    several = sum(title != section.title for section, title in zip(page, shorter, strict=True)) > 1
    return [
        replace(section, title=title)
        if title != section.title
        and not _is_described(section.title, titles)
        and (_is_described(title, titles) or (shorter.count(title) == 1 and (section.title[-1] in ")]" or several)))
        else section
        for section, title in zip(page, shorter, strict=True)
    ]


def _is_described(title: str, titles: Sequence[re.Pattern[str]]) -> bool:
    """Return whether one of `titles`, the patterns of the headings in the configuration, finds itself in a title."""
    return any(each.search(title) for each in titles)


def _heading(block: Block, titles: Sequence[re.Pattern[str]]) -> tuple[str, int, str] | None:
    """Return the title and level of a block that is a heading, and the rest of its text; None if it is none.

    A block whose first line matches one of `titles`, the patterns of the headings in the configuration, is a heading
    too.
    """
    if block.level is not None:
        return _bracketed(title_of(block.text), block.owner), block.level, ""
    if block.item or block.element.tag in CELL_TAGS:
        return None
    first, _, rest = block.text.partition("\n")
    title = title_of(first)
    are = {title, ITEM_COUNT.sub("", title)}
    return (title, PLAIN_LEVEL, rest) if any(each.fullmatch(one) for each in titles for one in are) else None


def _bracketed(title: str, heading: Element) -> str:
    """Return the title of a heading, with brackets around a number at its end that stands in an element of its own.

    Pages show the number of items behind a heading so.
    """
    number = COUNT_BEHIND.search(title)
    inside = heading.iterdescendants(etree.Element) if number else ()
    is_apart = number and any(folded("".join(each.itertext())) == number[1] for each in inside)
    return COUNT_BEHIND.sub(r" (\1)", title) if is_apart else title


def title_of(text: str) -> str:
    """Return the text of a heading without footnote marks, signs and a colon at its end, and without `(continued)`."""
    return CONTINUED.sub("", FOOTNOTE_MARKS.sub("", SIGNS.sub("", folded(text))).rstrip(" :"))


def group_above(page: Sequence[Section], index: int, *, titles: Sequence[re.Pattern[str]]) -> Section:
    """Return the section whose heading names the group of section number `index`, like the state above `COUNTIES`.

    This is the nearest section before it with a heading of a higher level. Two other kinds of heading count as well if
    they are nearer, whatever their level:
    - one that a reader clicks to open the part of the page with the section,
    - one without any text of its own, because on some pages the levels only follow the looks.

    A heading that is not marked up as one is not under another list's heading, which may be marked up.

    Raises LayoutError if there is none.
    """
    if above := group_above_or_none(page, index, titles=titles):
        return above
    raise LayoutError(f"the heading {page[index].title!r} stands under no other heading, which should name its group")


def group_above_or_none(page: Sequence[Section], index: int, *, titles: Sequence[re.Pattern[str]]) -> Section | None:
    """Return what `group_above` returns; None where there is no such section."""
    own = page[index]
    for position in range(index - 1, -1, -1):
        above = page[position]
        if own.level >= BOLD_LEVEL > above.level and _is_described(above.title, titles):
            continue
        if above.level < own.level or _opens(above, titles) or _unfolds(above, own):
            return above
    return None


def _opens(above: Section, titles: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a heading of a page is only a title over the headings that follow it.

    It is if no text stands directly under it, and if it is not the heading of a list in the configuration.

    - `above`: the heading with what stands under it.
    - `titles`: the patterns of all headings that lists in the configuration have.
    """
    return not above.blocks and not any(each.search(above.title) for each in titles)


def gone_above(page: Sequence[Section], index: int) -> Section | None:
    """Return the nearest heading over section number `index` that says that something is listed no more; or None.

    Only headings of a higher level are over a section.
    """
    level = page[index].level
    for above in reversed(page[:index]):
        if above.level < level:
            if GONE.search(above.title):
                return above
            level = above.level
    return None


class Elsewhere:
    """Finds out which sections of a page have the heading of a list, but belong to another list.

    Example: a page has `COUNTIES` for the present counties and, under `No longer listed`, once more `COUNTIES`.

    - `page`: the sections of the page. `titles`: the patterns of all headings in the configuration.
    - `grouped`: whether the list has a part in each group of the page, like one for each state.
    """

    def __init__(self, page: Sequence[Section], titles: Sequence[re.Pattern[str]], *, grouped: bool) -> None:
        self._page = page
        self._titles = titles
        self._grouped = grouped
        self._gone = next((number for number, each in enumerate(page) if GONE.search(each.title)), len(page))
        self._first: Section | None = None
        self._read: set[str] = set()  # the titles of the groups that the list was read under

    def __call__(self, index: int, above: Section) -> Section | None:
        """Return None if section number `index` is a part of the list; else the section that begins the other list.

        - `index`: the number of a section whose heading is the list's, like `COUNTIES`.
        - `above`: the section whose heading names its group, like the state `TEXAS`.

        A list without groups is under one heading only; the same heading elsewhere is of another list. In a list with
        groups, a group that comes a second time under another heading is of another list. So is a group under a heading
        like `No longer listed`.
        """
        title = above.title.casefold()
        if not self._read:
            self._first = self._over(index, above)
        elif not self._grouped or title in self._read or index > self._gone:
            over = self._over(index, above)
            gone = over is not None and GONE.search(over.title)
            if over is not self._first and (not self._grouped or title in self._read or gone):
                return over or self._page[0]
        self._read.add(title)
        return None

    def _over(self, index: int, above: Section) -> Section | None:
        """Return the section whose heading is over section number `index`, or over its group; None if there is none.

        `above` is the section whose heading names the group. A heading of the same level is also over a section if it
        has no items of its own, for example if it only has a paragraph that introduces the lists below it.
        """
        own = above if self._grouped else self._page[index]
        start = next(place for place in range(index, -1, -1) if self._page[place] is own)
        before = (self._page[place] for place in range(start - 1, -1, -1))
        described = (lambda each: any(title.search(each.title) for title in self._titles)) if self._grouped else None
        if described:
            return next((each for each in before if each.level < own.level and not described(each)), None)
        return next((each for each in before if each.level < own.level or _introduces(each, own, self._titles)), None)


def _introduces(above: Section, own: Section, titles: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a heading only introduces other sections: no list describes it, and it has no items of its own.

    `above` is the section with this heading, and `own` the section that it may introduce. A heading of a lower level
    than that of `own` introduces it only if there is no text at all under it.
    """
    if any(each.search(above.title) for each in titles):
        return False
    return not above.blocks or (above.level <= own.level and not any(block.item for block in above.blocks))


def _unfolds(above: Section, section: Section) -> bool:
    """Return whether a reader clicks the heading of `above` to open the part of the page that has `section`."""
    if above.level != FOLDER_LEVEL:
        return False
    around = list(section.element.iterancestors())
    names = opened(above.element)
    details = above.element.getparent() if above.element.tag == "summary" else None
    return details in around or any(each.get("id") in names for each in around)
