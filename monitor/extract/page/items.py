"""Reads lists whose items are under headings (`STATES`, `COUNTIES`), once on a page or once for each state."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from lxml import etree

from monitor.errors import LayoutError
from monitor.extract.listed_no_more import UNSURE_TITLE
from monitor.extract.page.own_items import LEADS_BACK, UPDATED, own_blocks
from monitor.extract.page.sections import (
    CELL_TAGS,
    FOOTNOTE_MARKS,
    GONE,
    Elsewhere,
    gone_above,
    group_above,
    group_above_or_none,
)
from monitor.extract.values import BULLET_MARK, folded
from monitor.jurisdictions.states import code_of
from monitor.model import Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.page.flow import Block
    from monitor.extract.page.sections import Section
    from monitor.extract.page.tree import Selectors

    Entry = tuple[str, Element]  # the text of an item, and where it stands

# A line that stands instead of a list without items.
EMPTY_LIST = re.compile(r"\W*(?:none|n/?a|not applicable)\W*", re.IGNORECASE)
BADGES = frozenset({"new", "updated"})  # words that a page shows beside an item for some time
# A line of prose: no line of a list of names has a digit or 120 characters.
PROSE = re.compile(r"\d|.{120}")
# An item with its number before it.
NUMBERED_ITEM = re.compile(r"(\d{1,4})[.)]\s+(\S.*)")
MIN_DIVISIONS = 2  # of a list that further headings divide


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
    elsewhere = Elsewhere(page, titles, grouped=bool(description.group))
    claimed = [index for index, section in enumerate(page) if description.heading.search(section.title)]
    for index in claimed:
        below = [] if description.group else list(_divisions(page, index, titles))
        taken.update(range(index, index + 1 + len(below)))
        section = (
            replace(page[index], blocks=[block for each in below for block in each.blocks]) if below else page[index]
        )
        entries = _without_numbers(list(_entries(section, name, account)))
        if not entries:
            continue
        above = section if description.names_own_group else group_above(page, index, titles=titles)
        if (over := elsewhere(index, above)) is not None:
            _pass_over_section(name, section, over, entries, account)
            continue
        of_heading = description.groups_in_heading(section.title)
        part = section if of_heading else above
        if part in groups:
            raise LayoutError(f"list {name!r}: {section.title!r} stands twice under {above.title!r}")
        groups.add(part)
        _account_for_title(name, page, index, account)
        for text, element in entries:
            named = _named(text, description, name=name, section=section)
            if named is None:
                message = f"{name}: under {section.title!r} stands {text[:80]!r}, which is no item as described"
                where = f"{above.title} / {section.title}"
                account.pass_over(PassedOverKind.ITEMS, where, [text], message=message, holds=True, list_name=name)
            else:
                stands_for_group = named.pop("_", None) is not None
                named.update(dict.fromkeys(description.group, above.title) | of_heading)
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


def _divisions(page: Sequence[Section], index: int, titles: Sequence[re.Pattern[str]]) -> Iterator[Section]:
    """Yield the sections into which the list under the heading of section number `index` is divided, as by regions.

    Their headings are of a lower level than that heading, no list describes them, and items stand under each of them.
    None is yielded where something stands under that heading itself, or where one of them may be of another list, like
    `Under review`, or names a state: the state of its items would be lost.
    """
    if page[index].blocks:
        return
    below = list(takewhile(lambda each: each.level > page[index].level, page[index + 1 :]))
    if len(below) >= MIN_DIVISIONS and all(
        any(block.item for block in each.blocks)
        and not (GONE.search(each.title) or UNSURE_TITLE.search(each.title) or code_of(each.title))
        and not any(title.search(each.title) for title in titles)
        for each in below
    ):
        yield from below


def _account_for_title(name: str, page: Sequence[Section], index: int, account: Account) -> None:
    """Note in the account a heading over section number `index` by which its list is in effect no more.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    if over := gone_above(page, index):
        message = f"{name}: over {page[index].title!r} stands {over.title[:80]!r}"
        account.pass_over(PassedOverKind.SECTION, over.title, message=message, holds=True, list_name=name)


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
    own = description.names_own_group
    read = {each.title for each in groups} if own else set()
    for index, section in enumerate(page if description.group else ()):
        if section.blocks or section.title in read or not description.heading.search(section.title):
            continue
        above = section if own else group_above_or_none(page, index, titles=titles)
        if above and above not in groups:
            where = section.title if own else f"{above.title} / {section.title}"
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


def _pass_over_section(name: str, section: Section, over: Section, entries: Sequence[Entry], account: Account) -> None:
    """Note in the account a section with the list's heading that belongs to another list.

    `over` is the section with the heading of that other list, and `entries` are the items that are not read.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    where = f"{over.title} / {section.title}"
    message = f"{name}: {section.title!r} stands once more, under {over.title!r}, and is not read"
    texts = [text for text, _ in entries]
    account.pass_over(PassedOverKind.SECTION, where, texts, message=message, holds=True, list_name=name)


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
    if why := _is_table(items or blocks):
        raise LayoutError(f"list {name!r}: no list under {section.title!r}, but {why}")
    has_begun = False
    for block in own_blocks(section, name, blocks, items, account):
        for line in [folded(block.text)] if block.item else block.text.split("\n"):
            text = FOOTNOTE_MARKS.sub("", folded(BULLET_MARK.sub("", line)))
            is_beside = UPDATED.fullmatch(text) or LEADS_BACK.fullmatch(text)
            if not block.item and PROSE.search(line) and not (is_beside and has_begun):
                raise LayoutError(f"list {name!r}: no list under {section.title!r}, but {line[:80]!r}")
            if is_beside:
                continue
            text = _without_badge(text, block.owner) if block.item else text
            if text and not EMPTY_LIST.fullmatch(text):
                has_begun = True
                yield text, block.owner


def _without_numbers(entries: list[Entry]) -> list[Entry]:
    """Return the items of a list without numbers before them, if these count all items: `1. Boston`, `2. Chicago`."""
    found = [NUMBERED_ITEM.fullmatch(text) for text, _ in entries]
    if [int(each[1]) if each else 0 for each in found] != list(range(1, len(entries) + 1)):
        return entries
    return [(each[2], element) for each, (_, element) in zip(found, entries, strict=True) if each]


def _is_table(blocks: Sequence[Block]) -> str | None:
    """Return what shows that lines under a heading are the cells of a table with several columns; None if nothing does.

    A table may also lay out a list: then each of its cells is an item, so that it has no headers, and no text twice.
    """
    cells = [block for block in blocks if not block.item and block.element.tag in CELL_TAGS]
    header = next((block.text for block in cells if block.element.tag == "th"), None)
    if header is not None:
        return f"a table with the header {header[:80]!r}"
    again = next((text for text, count in Counter(block.text for block in cells).items() if count > 1), None)
    return f"a table in which {again[:80]!r} stands more than once" if again is not None else None


def _without_badge(text: str, item: Element) -> str:
    """Return the text of a list item without the word `New` at its end or beginning, if that is in its own element."""
    before, _, last = text.rpartition(" ")
    first, _, after = text.partition(" ")
    for name, said in ((before, last), (after, first)):
        is_badge = name and said.casefold().strip("!()[]:") in BADGES
        if is_badge and any(folded("".join(each.itertext())) == said for each in item.iter(etree.Element)):
            return name
    return text


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
