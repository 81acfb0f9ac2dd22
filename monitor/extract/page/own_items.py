"""Finds the blocks of text under a heading of a web page that make up the list under it, and notes the others."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.extract.listed_no_more import DAILY_FIGURES
from monitor.extract.values import folded
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

    from monitor.extract.account import Account
    from monitor.extract.page.flow import Block
    from monitor.extract.page.sections import Section

# A line that tells when the page was changed, and that somebody made an item of the list.
UPDATED = re.compile(
    r"(?:(?:page|list) )?(?:was )?(?:last )?(?:updated|revised|reviewed|modified)\b(?: on)?:? [\w,./ -]{0,20}"
    r"\b(?:19|20)?\d\d\W*",
    re.IGNORECASE,
)
# The words of a link to the beginning of a page or list, which pages repeat below each part.
LEADS_BACK = re.compile(
    r"\W*(?:(?:back|return|jump|go|scroll) (?:up )?to (?:the )?(?:\w+ of (?:the )?)?"
    r"(?:top|start|beginning|page|list|index|menu|map|contents|states)|top of (?:the )?(?:page|list))\W*",
    re.IGNORECASE,
)
MIN_SENTENCE_WORDS = 4
MAX_LOOKED_UP_ITEMS = 10  # items of a list of which one must be a place
MAX_PLACE_NAME_CHARACTERS = 100  # of the name of a place
# Elements that are a part of the page of their own.
LANDMARK_TAGS = frozenset({"main", "article", "section", "aside", "details", "dialog", "form"})


def own_blocks(
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
    links = _links_in_another_list(own)
    places = sum(names_a_place(folded(block.text)) for block in links)
    are_others = places < len(links) and any(names_a_place(folded(block.text)) for block in own[:MAX_LOOKED_UP_ITEMS])
    if are_others:
        own = own[: -len(links)]
    rest = blocks[max(place for place, block in enumerate(blocks) if block is own[-1]) + 1 :]
    part = _landmark(section.element)
    following = list(takewhile(lambda block: block.item and _landmark(block.element) is part, rest))
    are_links = all(map(is_whole_link, own))
    if following and not are_links and all(map(is_whole_link, following)):
        following = []
    kept = {id(block) for block in (*own, *following)}  # two blocks of equal text are two
    others = [block for block in blocks if id(block) not in kept]
    texts = [folded(line) for block in others for line in block.text.split("\n")]
    like = (are_others and places > 0) or any(block.item and not is_whole_link(block) for block in others)
    _account_for_rest(texts, name=name, title=section.title, account=account, holds=like)
    _account_for_text_between(blocks, [*own, *following], name=name, title=section.title, account=account)
    return [*own, *following]


def _account_for_text_between(
    blocks: Sequence[Block], own: Sequence[Block], *, name: str, title: str, account: Account
) -> None:
    """Note in the account sentences between the items of a list: what follows them is perhaps another list.

    `blocks` are all blocks under the heading `title`, and `own` those of them that were read as items of the list.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    places = [place for place, block in enumerate(blocks) if any(block is each for each in (own[0], own[-1]))]
    for block in blocks[places[0] : places[-1]]:
        text = folded(block.text)
        if not block.item and len(text.split()) >= MIN_SENTENCE_WORDS and not UPDATED.fullmatch(text):
            message = f"{name}: under {title!r}, {text[:80]!r} stands between items; is what follows another list?"
            where = f"{title} / {DAILY_FIGURES.sub('', text)}"
            account.pass_over(PassedOverKind.ITEMS, where, message=message, holds=True, list_name=name)


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


def _links_in_another_list(own: list[Block]) -> list[Block]:
    """Return the items at the end that stand in a list of their own and are links, where none before them is a link."""
    last = own[-1].owner.getparent()
    links = list(takewhile(lambda block: block.owner.getparent() is last, reversed(own)))[::-1]
    others = own[: -len(links)]
    return links if others and all(map(is_whole_link, links)) and not any(map(is_whole_link, others)) else []


def names_a_place(text: str) -> bool:
    """Return whether a text is the name of a state, county or place."""
    name = re.sub(r"^(?:city|town|village|county) of ", "", text, flags=re.IGNORECASE)
    return len(text) < MAX_PLACE_NAME_CHARACTERS and any(jurisdictions.find(each) for each in (text, name))


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
