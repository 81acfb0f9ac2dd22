"""Tells which elements of a web page a reader sees, and the text and links in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from monitor.extract.page.flow import ARTICLE_TAGS, CHROME_ROLES, flow, is_unseen, joined
from monitor.extract.page.tree import controls, is_struck
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element as Element


class PageSight:
    """Tells what a reader sees of a page; `root` is the root element of the page."""

    def __init__(self, root: Element) -> None:
        self._shown: dict[Element, bool] = {}
        self._unfolded = {name for each in root.iter(etree.Element) if each.attrib for name in controls(each.attrib)}

    def is_shown(self, element: Element) -> bool:
        """Return whether a reader sees an element: it is not hidden, not struck out, and in no menu, header or foot."""
        way: list[Element] = []
        node: Element | None = element
        while node is not None and node not in self._shown:
            way.append(node)
            node = node.getparent()
        shown = node is None or self._shown[node]
        for each in reversed(way):
            shown = shown and not (self._is_left_out(each) or is_struck(each.tag, each.attrib))
            self._shown[each] = shown
        return shown

    def is_struck(self, element: Element) -> bool:
        """Return whether an element is struck out, but not hidden in any other way."""
        around = [element, *element.iterancestors()]
        return any(is_struck(each.tag, each.attrib) for each in around) and not any(map(self._is_left_out, around))

    def text(self, element: Element, *, bullets: bool = False) -> str:
        """Return the text of an element, a line for each block; with `bullets`, each list item begins with a bullet."""
        if not len(element) and element.tag != "li":  # as most are
            return folded(element.text or "") if self.is_shown(element) else ""
        return "\n".join(
            f"\u2022 {folded(block.text)}" if block.item and bullets else block.text
            for block in joined(flow(element, unfolded=self._unfolded).blocks)
        )

    def blocks(self, element: Element) -> Iterator[tuple[Element, str]]:
        """Yield each block of text in an element, as the innermost element that contains the block and the text."""
        for block in joined(flow(element, unfolded=self._unfolded).blocks):
            yield block.element, block.text

    def links(self, elements: Iterable[Element]) -> tuple[str, ...]:
        """Return the addresses of the links in these elements; links to a place on the same page are left out."""
        targets = (
            (each.get("href") or "").strip()
            for element in elements
            for each in element.iter("a")
            if self.is_shown(each)
        )
        return tuple(target for target in targets if target and not target.startswith(("#", "javascript:")))

    def _is_left_out(self, element: Element) -> bool:
        if element.tag == "nav" or element.get("role") in CHROME_ROLES:
            return True
        if element.tag in {"header", "footer"} and not any(e.tag in ARTICLE_TAGS for e in element.iterancestors()):
            return True
        return is_unseen(element, self._unfolded)
