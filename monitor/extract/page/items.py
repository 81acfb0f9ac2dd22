"""Reads lists whose items are under headings (`STATES`, `COUNTIES`), once on a page or once for each state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.page.flow import BOLD_LEVEL, FOLDER_LEVEL, HEADING_LEVELS
from monitor.extract.values import BULLET_MARK, folded
from monitor.model import Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.page.flow import Block
    from monitor.extract.page.tree import Selectors

    Entry = tuple[str, Element]  # the text of an item, and where it stands

# A line that stands instead of a list without items.
EMPTY_LIST = re.compile(r"\W*(?:none|n/?a|not applicable)\W*", re.IGNORECASE)
# The marks of footnotes after a name: `*`, `[1]`.
FOOTNOTE_MARKS = re.compile(r"(?:\s*(?:[*\u2020\u2021\u00a7]+|\[\w{1,3}\]))+$")
# The end of a heading over a further part of a list.
CONTINUED = re.compile(r"\s*[,-]?\s*\(?\b(?:continued|cont(?:'?d)?\.?)\)?$", re.IGNORECASE)
# A line that tells when the page was changed, and that somebody made an item of the list.
UPDATED = re.compile(
    r"(?:(?:page|list) )?(?:was )?(?:last )?(?:updated|revised|reviewed|modified)\b(?: on)?:? [\w,./ -]{0,20}"
    r"\b(?:19|20)?\d\d\W*",
    re.IGNORECASE,
)
MIN_HEADED_ITEMS = 2  # of a list whose items are headings
BADGES = frozenset({"new", "updated"})  # words that a page shows beside an item for some time
# The number of items behind a heading: `(12)`, `[12 counties]`, ` - 12 jurisdictions`, `: 12`.
_COUNT = r"\d{1,3}(?:,\d{3})*(?: [a-z]{3,}){0,2}"
ITEM_COUNT = re.compile(rf"(?<=\w)(?:\s*[(\[]{_COUNT}[)\]]|(?:\s+[-\u2013\u2014]|:)\s*{_COUNT})$", re.IGNORECASE)
# A heading that divides a list by its letters: `A`, `A-F`, `A to F`.
LETTERS = re.compile(r"[A-Z](?:\s*(?:[-\u2013\u2014]|to|through)\s*[A-Z])?", re.IGNORECASE)
# A line of prose: no line of a list of names has a digit or 120 characters.
PROSE = re.compile(r"\d|.{120}")
# The words of a heading over what is no longer in a list.
GONE = re.compile(
    r"\b(?:removed|removals?|no longer|former(?:ly)?|previous(?:ly)?|delisted|rescinded|withdrawn|terminated"
    r"|expired)\b",
    re.IGNORECASE,
)
# Text in these elements is never a heading, even if it has a heading's words.
CELL_TAGS = frozenset({"td", "th"})
# Elements that are a part of the page of their own.
LANDMARK_TAGS = frozenset({"main", "article", "section", "aside", "details", "dialog", "form"})
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


def sections(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Section]:
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
    labels = {
        block.owner
        for block in blocks
        if block.item
        and _is_described(ITEM_COUNT.sub("", title_of(block.text)), titles)
        and any(each.tag in {"ul", "ol"} for each in block.owner)
    }
    around = (next((each for each in label.iterancestors() if each.tag == "li"), None) for label in labels)
    labels |= {item for item in around if item is not None}
    seen: set[Element] = set()
    result = []
    for block in blocks:
        first = block.item and block.owner in labels and block.owner not in seen
        seen.add(block.owner)
        result.append(replace(block, level=BOLD_LEVEL, item=False) if first else block)
    return result


def _divided(blocks: Sequence[Block], titles: Sequence[re.Pattern[str]]) -> list[Section]:
    """Do what `sections` does, without a second try."""
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
        return title_of(block.text), block.level, ""
    if block.item or block.element.tag in CELL_TAGS:
        return None
    first, _, rest = block.text.partition("\n")
    title = title_of(first)
    are = {title, ITEM_COUNT.sub("", title)}
    return (title, PLAIN_LEVEL, rest) if any(each.fullmatch(one) for each in titles for one in are) else None


def title_of(text: str) -> str:
    """Return the text of a heading without footnote marks, without a colon at its end, and without `(continued)`."""
    return CONTINUED.sub("", FOOTNOTE_MARKS.sub("", folded(text)).rstrip(" :"))


def read_items(
    name: str,
    description: ListDescription,
    *,
    page: Sequence[Section],
    titles: Sequence[re.Pattern[str]],
    selectors: Selectors,
    account: Account,
    taken: set[int],
) -> RecordList:
    """Return the list `name`: the items under each heading that matches its description.

    - `page`: the sections of the page. `titles`: the patterns of all headings in the configuration.
    - `selectors`: makes the CSS selector by which a record is found again.
    - `account`: a heading that belongs to another list, and a missing heading, are noted in it.
    - `taken`: the indices of the sections that are read are added to it.

    Raises LayoutError in three cases:
    - the list may not be empty, and has no heading or no items,
    - an item does not look as described,
    - a heading is there twice for the same group.
    """
    assert description.heading is not None
    fields = description.fields
    records: list[Record] = []
    groups: set[Section] = set()
    elsewhere = _Elsewhere(page, titles, grouped=bool(description.group))
    claimed = [index for index, section in enumerate(page) if description.heading.search(section.title)]
    for index in claimed:
        section = page[index]
        taken.add(index)
        entries = list(_entries(section, name, account))
        if not entries:
            continue
        above = _above(page, index, titles=titles) if description.group else section
        if (over := elsewhere(index, above)) is not None:
            _pass_over_section(name, section, over, entries, account)
            continue
        if above in groups:
            raise LayoutError(f"list {name!r}: {section.title!r} stands twice under {above.title!r}")
        groups.add(above)
        for text, element in entries:
            named = _named(text, description, name=name, section=section)
            if named is None:
                message = f"{name}: under {section.title!r} stands {text[:80]!r}, which is no item as described"
                where = f"{above.title} / {section.title}"
                account.pass_over(PassedOverKind.ITEMS, where, [text], message=message, holds=True, list_name=name)
            else:
                stands_for_group = named.pop("_", None) is not None
                named.update(dict.fromkeys(description.group, above.title))
                if stands_for_group:
                    named = {field: value or above.title for field, value in named.items()}
                values = tuple(folded(named[each] or "") for each in fields)
                records.append(Record(values=values, locator=Locator(selector=selectors.of(element))))
    _account_for_empty(name, description, page=page, titles=titles, groups=groups, account=account)
    if not records and (groups or not description.may_be_empty):
        raise LayoutError(_nothing(name, description, page=page, seen=bool(groups)))
    if not claimed:
        message = f"{name}: no heading like {description.heading.pattern!r} is on the page"
        account.pass_over(PassedOverKind.SECTION, "no heading", message=message, holds=True, list_name=name)
    return RecordList(name=name, fields=fields, records=tuple(records))


def _account_for_empty(
    name: str,
    description: ListDescription,
    *,
    page: Sequence[Section],
    titles: Sequence[re.Pattern[str]],
    groups: Collection[Section],
    account: Account,
) -> None:
    """Note in the account the headings of a list with groups that nothing stands under: a script perhaps fills them.

    `groups` are the sections above those of the list that have items.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    assert description.heading is not None
    for index, section in enumerate(page if description.group else ()):
        if section.blocks or not description.heading.search(section.title):
            continue
        above = _above_or_none(page, index, titles=titles)
        if above and above not in groups:
            where = f"{above.title} / {section.title}"
            message = f"{name}: under {where!r} stands nothing that can be read"
            account.pass_over(PassedOverKind.ITEMS, where, message=message, holds=True, list_name=name)


def _named(text: str, description: ListDescription, *, name: str, section: Section) -> dict[str, str | None] | None:
    """Return the fields of an item, as the described pattern finds them in its text; None for an item to be skipped.

    If the text does not match: the item is skipped if the pattern has a group called `_`. Otherwise LayoutError is
    raised, since leaving the item out would report its record as removed.
    """
    assert description.item is not None
    match = description.item.search(text)
    if match:
        return match.groupdict()
    if "_" in description.item.groupindex:
        return None
    raise LayoutError(f"list {name!r}: under {section.title!r} stands {text[:80]!r}, which is no item as described")


def _above(page: Sequence[Section], index: int, *, titles: Sequence[re.Pattern[str]]) -> Section:
    """Return the section whose heading names the group of section number `index`, like the state above `COUNTIES`.

    This is the nearest section before it with a heading of a higher level. Two other kinds of heading count as well if
    they are nearer, whatever their level:
    - one that a reader clicks to open the part of the page with the section,
    - one without any text of its own, because on some pages the levels only follow the looks.

    A heading that is not marked up as one is not under another list's heading, which may be marked up.

    Raises LayoutError if there is none.
    """
    if above := _above_or_none(page, index, titles=titles):
        return above
    raise LayoutError(f"the heading {page[index].title!r} stands under no other heading, which should name its group")


def _above_or_none(page: Sequence[Section], index: int, *, titles: Sequence[re.Pattern[str]]) -> Section | None:
    """Return what `_above` returns; None where there is no such section."""
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


class _Elsewhere:
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


def _pass_over_section(name: str, section: Section, over: Section, entries: Sequence[Entry], account: Account) -> None:
    """Note in the account a section with the list's heading that belongs to another list.

    `over` is the section with the heading of that other list, and `entries` are the items that are not read.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    where = f"{over.title} / {section.title}"
    message = f"{name}: {section.title!r} stands once more, under {over.title!r}, and is not read"
    texts = [text for text, _ in entries]
    account.pass_over(PassedOverKind.SECTION, where, texts, message=message, holds=True, list_name=name)


def _unfolds(above: Section, section: Section) -> bool:
    """Return whether a reader clicks the heading of `above` to open the part of the page that has `section`."""
    if above.level != FOLDER_LEVEL:
        return False
    around = list(section.element.iterancestors())
    controlled = above.element.get("aria-controls")
    details = above.element.getparent() if above.element.tag == "summary" else None
    return details in around or any(controlled and each.get("id") == controlled for each in around)


def _entries(section: Section, name: str, account: Account) -> Iterator[Entry]:
    """Yield the items under a heading, without footnote marks; if there is no list, its lines of text.

    A second list that follows directly belongs to the heading too, unless only its items are links. Whatever comes
    after other text is left out and noted in the account. Raises LayoutError if the text is prose and no list.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    blocks = [block for block in section.blocks if block.element.tag != "button"]
    if not blocks or (not blocks[0].item and EMPTY_LIST.fullmatch(blocks[0].text)):
        return
    items = [block for block in blocks if block.item]
    for block in _own_blocks(section, name, blocks, items, account):
        for line in [folded(block.text)] if block.item else block.text.split("\n"):
            if not block.item and PROSE.search(line):
                raise LayoutError(f"list {name!r}: no list under {section.title!r}, but {line[:80]!r}")
            text = FOOTNOTE_MARKS.sub("", folded(BULLET_MARK.sub("", line)))
            text = _without_badge(text, block.owner) if block.item else text
            if text and not EMPTY_LIST.fullmatch(text) and not UPDATED.fullmatch(text):
                yield text, block.owner


def _without_badge(text: str, item: Element) -> str:
    """Return the text of a list item without the word `New` at its end or beginning, if that is in its own element."""
    before, _, last = text.rpartition(" ")
    first, _, after = text.partition(" ")
    for name, said in ((before, last), (after, first)):
        is_badge = name and said.casefold().strip("!()[]:") in BADGES
        if is_badge and any(folded("".join(each.itertext())) == said for each in item.iter()):
            return name
    return text


def _own_blocks(
    section: Section, name: str, blocks: Sequence[Block], items: Sequence[Block], account: Account
) -> list[Block]:
    """Return those blocks of a section that make up the list under its heading; note the others in the account.

    `items` are those of the `blocks` that are list items.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    inside = _Inside(section.element, (items or blocks)[0].element)
    own = [block for block in items or blocks if inside(block)]
    if not items or not own:
        return own
    own = _without_links_after_text(blocks, own)
    rest = blocks[max(place for place, block in enumerate(blocks) if block is own[-1]) + 1 :]
    part = _landmark(section.element)
    following = list(takewhile(lambda block: block.item and _landmark(block.element) is part, rest))
    are_links = all(map(is_whole_link, own))
    if following and not are_links and all(map(is_whole_link, following)):
        following = []
    kept = {id(block) for block in (*own, *following)}  # two blocks of equal text are two
    others = [block for block in blocks if id(block) not in kept]
    texts = [folded(line) for block in others for line in block.text.split("\n")]
    like = any(block.item and not is_whole_link(block) for block in others)
    _account_for_rest(texts, name=name, title=section.title, account=account, holds=like)
    return [*own, *following]


def _account_for_rest(texts: Sequence[str], *, name: str, title: str, account: Account, holds: bool) -> None:
    """Note in the account items or lines that follow a list under its heading, and that were not read as its own.

    `title` is the heading. `holds` says whether they could be records.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    kept = [text for text in texts if text]
    if kept:
        message = f"{name}: under {title!r}, after the list, stands more, like {kept[0][:80]!r}"
        account.pass_over(PassedOverKind.ITEMS, title, kept, message=message, holds=holds, list_name=name)


def _without_links_after_text(blocks: Sequence[Block], own: list[Block]) -> list[Block]:
    """Return the items of a list; leave out those that come after other text if they are only links.

    `blocks` are all blocks under the heading, and `own` those of them that are items of the list. Nothing is left out
    if the items before the text are only links too.
    """
    begin = next(place for place, block in enumerate(blocks) if block is own[0])
    text = next((place for place in range(begin, len(blocks)) if not blocks[place].item), len(blocks))
    first = {id(block) for block in blocks[:text]}
    list_, after = ([block for block in own if (id(block) in first) is is_first] for is_first in (True, False))
    return list_ if after and all(map(is_whole_link, after)) and not all(map(is_whole_link, list_)) else own


def _landmark(element: Element) -> Element | None:
    """Return the nearest element around another that is a main part of a page, like `main` or `aside`; or None."""
    return next((each for each in element.iterancestors() if each.tag in LANDMARK_TAGS), None)


def is_whole_link(block: Block) -> bool:
    """Return whether the whole text of a block is one link."""
    link = next(block.owner.iter("a"), None)
    return link is not None and folded("".join(link.itertext())) == folded(block.text)


class _Inside:
    """Tells whether a block is inside a certain element: the innermost one that contains both `first` and `second`."""

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
    """Return the error message that says why the list `name` has no items.

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
