"""Read lists whose items stand under headings (`STATES`, `COUNTIES`), once on a page or once for each state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.page.flow import FOLDER_LEVEL
from monitor.extract.values import BULLET_MARK, folded
from monitor.model import Locator, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.sources import ListDescription
    from monitor.extract.page.flow import Block
    from monitor.extract.page.tree import Selectors

    Entry = tuple[str, Element]  # the text of an item, and where it stands

# A line that stands instead of a list without items.
EMPTY_LIST = re.compile(r"\W*(?:none|n/?a|not applicable)\W*", re.IGNORECASE)
# The marks of footnotes after a name: `*`, `[1]`.
FOOTNOTE_MARKS = re.compile(r"(?:\s*(?:[*\u2020\u2021\u00a7]+|\[\w{1,3}\]))+$")
# A line of prose: no line of a list of names has a digit or 120 characters.
PROSE = re.compile(r"\d|.{120}")
# Text in these elements is never a heading, even if it has a heading's words.
CELL_TAGS = frozenset({"td", "th"})
# The level of a block with only the words of a described heading: below a bold block.
PLAIN_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A heading, and the blocks between it and the next heading."""

    title: str
    level: int
    element: Element
    blocks: list[Block] = field(default_factory=list)


def sections(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Section]:
    """Divide the blocks of a page into sections, each with its heading.

    `titles` are the patterns of the described headings. A text that matches one counts as a heading even if the page
    does not mark it as one.
    """
    result: list[Section] = []
    for block in blocks:
        heading = _heading(block, titles)
        if heading:
            title, level, rest = heading
            result.append(Section(title=title, level=level, element=block.element))
            result[-1].blocks.extend([replace(block, text=rest)] if rest else [])
        elif result:
            result[-1].blocks.append(block)
    return result


def _heading(block: Block, titles: Sequence[re.Pattern[str]]) -> tuple[str, int, str] | None:
    """Return the title, level and remaining text of a block that is a heading or starts with one; else None.

    A block starts with a heading if its first line matches one of `titles`, the patterns of the described headings.
    """
    if block.level is not None:
        return _title(block.text), block.level, ""
    if block.item or block.element.tag in CELL_TAGS:
        return None
    first, _, rest = block.text.partition("\n")
    title = _title(first)
    return (title, PLAIN_LEVEL, rest) if any(each.fullmatch(title) for each in titles) else None


def _title(text: str) -> str:
    """Return the text of a heading without footnote marks and without a colon at its end."""
    return FOOTNOTE_MARKS.sub("", folded(text)).rstrip(" :")


def read_items(
    name: str,
    description: ListDescription,
    *,
    page: Sequence[Section],
    titles: Sequence[re.Pattern[str]],
    selectors: Selectors,
) -> RecordList:
    """Return the list `name`: the items under each heading that its description matches.

    `page` holds the sections of the page, and `titles` the patterns of all described headings. Raises LayoutError if
    there is no such heading, if there are no items although the list may not be empty, if an item does not look as
    described, or if a heading stands twice under the same heading.
    """
    assert description.heading is not None
    fields = description.fields
    records: list[Record] = []
    groups: set[Section] = set()
    for index, section in enumerate(page):
        entries = list(_entries(section, name)) if description.heading.search(section.title) else []
        if not entries:
            continue
        above = _above(page, index, titles=titles) if description.group else section
        if above in groups:
            raise LayoutError(f"list {name!r}: {section.title!r} stands twice under {above.title!r}")
        groups.add(above)
        for text, element in entries:
            named = _named(text, description, name=name, section=section)
            if named is not None:
                named.update(dict.fromkeys(description.group, above.title))
                values = tuple(folded(named[each] or "") for each in fields)
                records.append(Record(values=values, locator=Locator(selector=selectors.of(element))))
    if not records and (groups or not description.may_be_empty):
        raise LayoutError(_nothing(name, description, page=page, seen=bool(groups)))
    return RecordList(name=name, fields=fields, records=tuple(records))


def _named(text: str, description: ListDescription, *, name: str, section: Section) -> dict[str, str | None] | None:
    """Return the fields that the described pattern finds in the text of an item; None for an item to be skipped.

    The pattern says that items are skipped by a group called `_`. Without it, raises LayoutError for an item that does
    not match: leaving it out would report it as removed.
    """
    assert description.item is not None
    match = description.item.search(text)
    if match:
        return match.groupdict()
    if "_" in description.item.groupindex:
        return None
    raise LayoutError(f"list {name!r}: under {section.title!r} stands {text[:80]!r}, which is no item as described")


def _above(page: Sequence[Section], index: int, *, titles: Sequence[re.Pattern[str]]) -> Section:
    """Return the section whose heading stands above the heading of section number `index`: it names the group.

    This is the nearest section before it with a heading of a higher level. Two other kinds of heading count too if they
    are nearer: one that unfolds the part of the page in which the section is, whatever its level; and one of the same
    level with no text of its own, for pages whose headings all have one level. Raises LayoutError if there is none.
    """
    own = page[index]
    for position in range(index - 1, -1, -1):
        above = page[position]
        opens = not above.blocks and not any(each.search(above.title) for each in titles)
        if above.level < own.level or (opens and above.level in {own.level, FOLDER_LEVEL}) or _unfolds(above, own):
            return above
    raise LayoutError(f"the heading {own.title!r} stands under no other heading, which should name its group")


def _unfolds(above: Section, section: Section) -> bool:
    """Return whether the heading `above` is a summary or button that opens the part of the page with `section`."""
    if above.level != FOLDER_LEVEL:
        return False
    around = list(section.element.iterancestors())
    controlled = above.element.get("aria-controls")
    details = above.element.getparent() if above.element.tag == "summary" else None
    return details in around or any(controlled and each.get("id") == controlled for each in around)


def _entries(section: Section, name: str) -> Iterator[Entry]:
    """Yield the items under a heading, without footnote marks; if it has no list, its lines of text instead.

    Text outside of the innermost element that holds both the heading and its list belongs to another part of the page,
    and is left out. Raises LayoutError if the text is prose and no list.
    """
    blocks = [block for block in section.blocks if block.element.tag != "button"]
    if not blocks or (not blocks[0].item and EMPTY_LIST.fullmatch(blocks[0].text)):
        return
    items = [block for block in blocks if block.item]
    inside = _Inside(section.element, (items or blocks)[0].element)
    for block in filter(inside, items or blocks):
        for line in [folded(block.text)] if block.item else block.text.split("\n"):
            if not block.item and PROSE.search(line):
                raise LayoutError(f"list {name!r}: no list under {section.title!r}, but {line[:80]!r}")
            text = FOOTNOTE_MARKS.sub("", folded(BULLET_MARK.sub("", line)))
            if text and not EMPTY_LIST.fullmatch(text):
                yield text, block.owner


class _Inside:
    """Tells whether a block is in the innermost element that contains both of two given elements."""

    def __init__(self, first: Element, second: Element) -> None:
        around = {first, *first.iterancestors()}
        self._shared = next(each for each in (second, *second.iterancestors()) if each in around)
        self._known: dict[Element | None, bool] = {None: False, self._shared: True}

    def __call__(self, block: Block) -> bool:
        way: list[Element] = []
        node: Element | None = block.element
        while node not in self._known:
            assert node is not None
            way.append(node)
            node = node.getparent()
        self._known.update(dict.fromkeys(way, self._known[node]))
        return self._known[node]


def _nothing(name: str, description: ListDescription, *, page: Sequence[Section], seen: bool) -> str:
    """Return a message that says why the list `name` is empty.

    `seen` says whether there were items under its heading.
    """
    assert description.heading is not None
    assert description.item is not None
    if seen:
        return f"list {name!r}: none of its items is like {description.item.pattern!r}"
    if any(description.heading.search(section.title) for section in page):
        return f"list {name!r}: its heading is there, but no list under it"
    there = ", ".join(repr(section.title[:60]) for section in page[:12]) or "none"
    return f"list {name!r}: no heading like {description.heading.pattern!r}; the headings of the page are {there}"
