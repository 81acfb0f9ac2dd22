"""Finds the text that stands after a label, like `Phone:`, within one element of a web page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from lxml import etree

from monitor.extract.page.tree import INLINE_TAGS
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.columns import Column
    from monitor.extract.page.sight import PageSight

# The element of a label has no more elements in it.
MAX_LABEL_PARTS = 3
# The beginning of a line that is a label of its own.
LABEL = re.compile(r"[^\W\d_][\w '/.-]{0,38}:(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """A text within a card, of one or several lines, and the addresses of the links in it.

    `several`: whether the card has other texts that may be the value as well.
    """

    text: str
    links: tuple[str, ...] = ()
    several: bool = False


def _plain(text: str) -> str:
    """Return a label in the form in which labels are compared."""
    return folded(text).rstrip(" :").casefold()


def labelled(card: Element, column: Column, labels: Sequence[str], sight: PageSight) -> CardText | None:
    """Return the text in a card after the label of a column; None if the card does not have the label.

    - `labels`: the labels of all columns. A value ends before any of them.
    - `sight`: tells which elements a reader of the page sees.

    A label is the whole text of an element, as in `<dt>Phone</dt><dd>555</dd>` or `<b>Phone:</b> 555`. It may also
    stand in a text, at the beginning of a line or after another value, as in `Phone: 555`.
    """
    wanted = _plain(column.label)
    others = {_plain(each) for each in labels}
    found: dict[Element, CardText] = {}
    for element in card.iter(etree.Element):
        if element is card or len(element) > MAX_LABEL_PARTS:
            continue
        if _plain("".join(element.itertext())) == wanted and sight.is_shown(element):
            innermost = element
            while len(innermost) == 1 and _plain("".join(innermost[0].itertext())) == wanted:
                innermost = innermost[0]
            if innermost not in found:
                found[innermost] = _after(innermost, card, others, sight, bullets=column.kind == "bullets")
    if not found:
        return _in_text(card, column.label, labels, sight)
    filled = [each for each in found.values() if each.text] or [*found.values()]
    return replace(filled[0], several=len({each.text for each in filled}) > 1)


def _after(label: Element, card: Element, labels: set[str], sight: PageSight, *, bullets: bool) -> CardText:
    """Return what stands after the element of a label: beside it in its parent, or else beside that one, and so on."""
    node = label
    while node is not card:
        parts = list(_beside(node, labels))
        text = "".join(part if isinstance(part, str) else _in_place(part, sight, bullets=bullets) for part in parts)
        if folded(text).strip(" :-\u2013"):
            links = sight.links(part for part in parts if not isinstance(part, str))
            return CardText(text=_first_lines(text, labels), links=links)
        following = node.getnext()
        if following is not None and (node.tag in {"dt", following.tag} or _is_label(following, labels)):
            break  # a label without a value
        parent = node.getparent()
        assert parent is not None
        node = parent
    return CardText(text="")


def _in_place(element: Element, sight: PageSight, *, bullets: bool) -> str:
    if element.tag == "br":
        return "\n"
    text = sight.text(element, bullets=bullets)
    return text if element.tag in INLINE_TAGS else f"\n{text}\n"


def _beside(node: Element, labels: set[str]) -> Iterator[Element | str]:
    """Yield the texts and elements after an element in its parent that belong to it, if it is a label.

    - After a definition's term come its definitions, after a cell the next cell, after a block the next one.
    - After a part of a line comes its rest, up to the next label; or a block, if nothing is before it.
    """
    following = [each for each in node.itersiblings() if isinstance(each.tag, str)]
    if node.tag == "dt":
        yield from takewhile(lambda each: each.tag == "dd", following)
        return
    if node.tag not in INLINE_TAGS:
        yield node.tail or ""
        if following and not folded(node.tail or "") and not _is_label(following[0], labels):
            yield following[0]
        return
    is_begun = bool(folded(node.tail or "").strip(" :"))
    yield node.tail or ""
    for each in following:
        if _is_label(each, labels) or (is_begun and (each.tag == node.tag or _is_block(each))):
            return
        yield each
        if _is_block(each):
            return
        yield each.tail or ""
        is_begun = is_begun or bool(folded("".join(each.itertext())) or folded(each.tail or ""))


def _is_block(element: Element) -> bool:
    return element.tag not in INLINE_TAGS and element.tag != "br"


def _is_label(element: Element, labels: set[str]) -> bool:
    text = folded("".join(element.itertext()))
    return element.tag in {"dt", "th"} or _plain(text) in labels or text.endswith(":")


def _first_lines(text: str, labels: set[str]) -> str:
    """Return the lines of a value, up to one that begins with a label; marks between label and value are left out."""
    lines = [folded(line) for line in text.split("\n")]
    filled = [line for line in lines if line]
    filled[0] = filled[0].lstrip(":-\u2013 ")
    kept = [
        filled[0],
        *takewhile(
            lambda line: not (LABEL.match(line) or any(line.casefold().startswith(f"{each}:") for each in labels)),
            filled[1:],
        ),
    ]
    return "\n".join(line for line in kept if line)


def _in_text(card: Element, label: str, labels: Sequence[str], sight: PageSight) -> CardText | None:
    """Return the text after a label that is no element of its own, in the lines of a card."""
    own, ends = re.escape(label.rstrip(" :")), "|".join(re.escape(each.rstrip(" :")) for each in labels)
    before = r"[\s;,|\u2022]"
    pattern = re.compile(
        rf"(?:^|{before}){own}\s*:\s*(.*?)\s*[;,|]?\s*(?=(?:{before}(?:{ends})\s*:)|$)",
        re.IGNORECASE,
    )
    lines = sight.text(card).split("\n")
    for number, line in enumerate(lines):
        match = pattern.search(folded(line))
        if match is None:
            continue
        if not match[1] and match.end() == len(folded(line)) and number + 1 < len(lines):
            below = folded(lines[number + 1])
            return CardText(text="" if LABEL.match(below) else below)
        return CardText(text=match[1])
    return None
