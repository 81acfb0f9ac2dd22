"""Reads a web page from top to bottom as blocks of text; notes which are headings, and where the tables are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from monitor.extract.page.tree import (
    HEADING_TAGS,
    INLINE_TAGS,
    UNSEEN_TAGS,
    controls,
    is_hidden,
    is_struck,
    tabs_apart,
)
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lxml.etree import _Element as Element

# The level of a block that is bold throughout, as content systems write headings.
BOLD_LEVEL = 8
# The level of an element that unfolds a part of the page: below h6, above a bold block.
FOLDER_LEVEL = 7
# The level of each heading element.
HEADING_LEVELS = {**{tag: int(tag[1]) for tag in HEADING_TAGS}, "summary": FOLDER_LEVEL, "dt": FOLDER_LEVEL}
# A button with one of these attributes unfolds a part of the page.
UNFOLDING_BUTTON_ATTRIBUTES = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle")
# Elements with these roles surround the content on every page of a site.
CHROME_ROLES = frozenset({"navigation", "banner", "contentinfo", "search"})
# A header or footer inside one of these belongs to the content.
ARTICLE_TAGS = frozenset({"main", "article", "section"})
# The text of a superscript that refers to a footnote: `[1]`, `*`, `a`.
FOOTNOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*\u2020\u2021\u00a7\u00b6]+|[a-z])[\])]?")
# Pieces of text of one element that is struck out, of which a reason for a hold tells.
MAX_STRUCK_PIECES = 50
# One or more blanks as they stand in the source of a page.
BLANK_RUN = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of text on a web page with a break before and after it, like a paragraph or a list item.

    A line break inside it is kept as one line break.

    - `element`: the innermost HTML block element around the text.
    - `owner`: the heading or list item that the text belongs to; for other text it is `element`.
    - `level`: the level of a heading, from 1 for the highest; None for other text.
    - `item`: whether the text is in a list item.
    - `chrome`: whether it is in a menu, header or footer, which every page of a site repeats.
    """

    text: str
    element: Element
    owner: Element
    level: int | None
    item: bool
    chrome: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The blocks of text of a web page from top to bottom, and its tables.

    - `tables`: each table, with the number of blocks before it.
    - `struck`: the texts that are struck out, each with its element; they are in no block.
    - `hidden`: the elements that a reader of the page does not see, without scripts and the like.
    """

    blocks: tuple[Block, ...]
    tables: tuple[tuple[Element, int], ...]
    struck: tuple[tuple[str, Element], ...] = ()
    hidden: tuple[Element, ...] = ()


def flow(root: Element, *, unfolded: Collection[str] = ()) -> Flow:
    """Return the blocks of text and the tables of a page from top to bottom; `root` is the page or a part of it.

    `unfolded` are the ids of parts that are unfolded from elsewhere on the page; those unfolded from `root` are known.
    """
    marked = [element for element in root.iter(etree.Element) if element.attrib]
    panels = tabs_apart(marked)
    walker = _Walker(root, panels)
    events = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    # In a part of a page, only what it holds itself is known.
    own = (controls(element.attrib) for element in marked)
    unfolded = {*unfolded, *(name for names in own for name in names), *(panel.get("id", "") for panel in panels)}
    tabs = set(panels.values())
    hidden: list[Element] = []
    skipped = None  # the element whose end comes next, because nothing in it is read
    for event, element in events:
        if event == "start" and is_struck(element.tag, element.attrib):
            walker.struck.append((folded("".join(islice(element.itertext(), MAX_STRUCK_PIECES))), element))
            skipped = element
            events.skip_subtree()
        elif event == "start" and element in tabs:
            skipped = element
            events.skip_subtree()
        elif event == "start" and is_unseen(element, unfolded):
            skipped = element
            events.skip_subtree()
            if element.tag not in UNSEEN_TAGS and element.tag != "sup":
                hidden.append(element)
        elif event == "start":
            walker.start(element)
        elif event == "end" and element is not skipped:
            walker.end(element)
        if event != "start" and element is not root:
            walker.add(element.tail)
    walker.flush()
    struck = tuple(each for each in walker.struck if each[0])
    return Flow(blocks=tuple(walker.blocks), tables=tuple(walker.tables), struck=struck, hidden=tuple(hidden))


def joined(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks, with successive blocks of the same heading or list item merged into one."""
    result: list[Block] = []
    for block in blocks:
        entry = block.item or block.level not in {None, BOLD_LEVEL}
        if entry and result and result[-1].owner is block.owner:
            before = result.pop()
            block = Block(  # noqa: PLW2901 - the two are one from here on
                text=f"{before.text}\n{block.text}",
                element=block.owner,
                owner=block.owner,
                level=before.level,
                item=before.item,
                chrome=before.chrome,
            )
        result.append(block)
    return result


def is_unseen(element: Element, unfolded: Collection[str]) -> bool:
    """Return whether the text of an element is left out: scripts, forms, footnote marks and hidden text.

    `unfolded` are the ids of the parts of the page that a reader can unfold; their text is read.
    """
    if (element.attrib or element.tag == "dialog") and is_hidden(element.tag, element.attrib, unfolded=unfolded):
        return True
    if element.tag == "sup":
        return bool(FOOTNOTE_MARK.fullmatch(folded("".join(islice(element.itertext(), 5)))))
    return element.tag in UNSEEN_TAGS


def _level(element: Element) -> int | None:
    """Return the level of a heading element; None for other elements."""
    if element.get("role") == "heading":
        level = element.get("aria-level", "2")
        return int(level) if re.fullmatch(r"[1-6]", level) else 2
    if element.tag == "button" and (
        "accordion" in element.get("class", "") or any(map(element.get, UNFOLDING_BUTTON_ATTRIBUTES))
    ):
        return FOLDER_LEVEL
    return HEADING_LEVELS.get(element.tag)


class _Walker:
    """Collects the blocks, tables and struck-out texts of a page.

    The function `flow` tells it of the start and the end of each element, in the order of the page.
    """

    def __init__(self, root: Element, panels: Mapping[Element, Element]) -> None:
        self._panels = panels
        inside = (int(each.tag[1]) for panel in panels for each in panel.iter(*HEADING_TAGS))
        self._tab_level = max(min(inside, default=FOLDER_LEVEL + 1) - 1, 1)
        self._tab: Element | None = None  # whose panel has begun, without any text so far
        self.blocks: list[Block] = []
        self.tables: list[tuple[Element, int]] = []
        self.struck: list[tuple[str, Element]] = []
        self._open: list[Element] = [root]  # block elements
        self._headings: list[tuple[Element, int]] = []
        self._items: list[Element] = []
        self._chrome = 0
        self._articles = 0
        self._bold = 0
        self._text: list[str] = []
        self._plain = False  # whether there are words in the text that are not bold

    def start(self, element: Element) -> None:
        """Handle the start of an element, and add the text with which it begins.

        If it is a block, like a paragraph or a table, the block of text before it ends.
        """
        tag = element.tag
        if tag == "br":
            self._break_line()
        elif tag not in INLINE_TAGS:
            self.flush()
            if element in self._panels:
                self._add_tab()
                self._tab = self._panels[element]
            self._open_block(element)
        elif tag in {"b", "strong"}:
            self._bold += 1
        self.add(element.text)

    def end(self, element: Element) -> None:
        """Handle the end of an element.

        If it is a block, like a paragraph or a table, the block of text collected so far ends too.
        """
        tag = element.tag
        if tag in {"b", "strong"}:
            self._bold -= 1
        elif tag not in INLINE_TAGS and tag != "br" and tag not in UNSEEN_TAGS:
            self.flush()
            if element in self._panels:
                self._add_tab()
            self._close_block(element)

    def add(self, text: str | None) -> None:
        """Add a piece of text to the current block; line ends of the source count as blanks."""
        if not text:
            return
        self._text.append(BLANK_RUN.sub(" ", text))
        self._plain = self._plain or (not self._bold and any(map(str.isalnum, text)))

    def flush(self) -> None:
        """End the current block; add it to the blocks if it has any text."""
        if not self._text:
            return
        lines = (folded(line) for line in "".join(self._text).split("\n"))
        text = "\n".join(line for line in lines if line)
        bold, self._text, self._plain = not self._plain, [], False
        if not text:
            return
        element = self._open[-1]
        item = self._items[-1] if self._items and not self._headings else None
        heading, level = self._headings[0] if self._headings else (None, None)
        if level is None and item is None and bold and any(map(str.isalnum, text)):
            level = BOLD_LEVEL
        owner = heading if heading is not None else item if item is not None else element
        self._add_tab(level=level, text=text)
        self.blocks.append(
            Block(text=text, element=element, owner=owner, level=level, item=item is not None, chrome=self._chrome > 0)
        )

    def _add_tab(self, *, level: int | None = None, text: str = "") -> None:
        """Add the title of the panel that has begun as a heading, unless it begins with a heading of the same text.

        `level` and `text` are those of the first block in the panel, if there is one.
        """
        tab, self._tab = self._tab, None
        title = folded("".join(tab.itertext())) if tab is not None else ""
        if tab is None or not title or (level is not None and folded(text).casefold() == title.casefold()):
            return
        self.blocks.append(
            Block(text=title, element=tab, owner=tab, level=self._tab_level, item=False, chrome=self._chrome > 0)
        )

    def _break_line(self) -> None:
        """Handle a `<br>`. Two in a row show as an empty line, so they end the block."""
        last = next((piece for piece in reversed(self._text) if piece == "\n" or piece.strip()), None)
        if last == "\n":
            self.flush()
        else:
            self._text.append("\n")

    def _open_block(self, element: Element) -> None:
        self._open.append(element)
        level = _level(element)
        if level is not None:
            self._headings.append((element, level))
        if element.tag == "li":
            self._items.append(element)
        if element.tag == "table":
            self._add_tab()
            self.tables.append((element, len(self.blocks)))
        self._chrome += self._is_chrome(element)
        self._articles += element.tag in ARTICLE_TAGS

    def _close_block(self, element: Element) -> None:
        if self._open[-1] is not element:
            return
        self._open.pop()
        if self._headings and self._headings[-1][0] is element:
            self._headings.pop()
        if self._items and self._items[-1] is element:
            self._items.pop()
        self._articles -= element.tag in ARTICLE_TAGS
        self._chrome -= self._is_chrome(element)

    def _is_chrome(self, element: Element) -> bool:
        """Return whether an element is a menu, or a header or footer of the page as a whole."""
        if element.tag == "nav" or element.get("role") in CHROME_ROLES:
            return True
        return element.tag in {"header", "footer"} and not self._articles
