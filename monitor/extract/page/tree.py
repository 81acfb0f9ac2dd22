"""Parses a web page into a tree of elements, and makes CSS selectors by which an element is found again."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import webencodings
from lxml import etree

from monitor.errors import BombError, UnreadableError
from monitor.extract.values import BYTE_ORDER_MARKS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lxml.etree import _Element as Element

# The start of an element without which bytes are no web page.
HTML_ELEMENT = re.compile(rb"<(?:!doctype html|html|head|body|div|main|h[1-6]|p|ul|ol|table)[\s>]", re.IGNORECASE)

# Where a page declares its encoding: in the XML declaration, or in an element `meta`, which stands near the beginning.
XML_ENCODING = re.compile(rb"^\s*<\?.*encoding=['\"](.*?)['\"].*\?>", re.IGNORECASE)
META_ENCODING = re.compile(rb"<\s*meta[^>]+charset\s*=\s*[\"']?([^>]*?)[ /;'\">]", re.IGNORECASE)
MAX_XML_START_BYTES = 1_024
MIN_HTML_START_BYTES, HTML_START_SHARE = 2_048, 20  # of a long page the first twentieth is looked at

# The end tags that a browser passes over, because content may follow.
END_TAGS = re.compile(rb"</(?:body|html)(?:\s[^>]*)?>", re.IGNORECASE)
# The end tag of a page is looked for in so many of its last bytes.
MAX_TAIL_BYTES = 4_000
# A style that hides an element, or moves its text out of sight.
HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![\d.])"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3}|clip\s*:\s*rect\(",
    re.IGNORECASE,
)
# A class whose text is meant for screen readers alone, or is not shown at all, perhaps after a prefix of the site's.
HIDING_CLASS = re.compile(
    r"(?:[a-z\d]+[-_]+)*(?:sr-only|visually-?hidden|screen-reader(?:-text|-only))(?:-focusable)?"
    r"|element-invisible|show-for-sr|off-?screen|d-none|is-hidden"
)
# The same, unless other classes of the element show it on wide screens, like `md:block`.
HIDING_ON_NARROW_SCREENS = "hidden"
# Attributes of a button or link that unfolds a part of the page, with the id of that part.
UNFOLDING_ATTRIBUTES = ("aria-controls", "data-target", "data-bs-target", "popovertarget", "commandfor")
# Elements whose text is struck out, and classes that strike it out.
STRUCK_TAGS = frozenset({"s", "strike", "del"})
STRUCK_CLASSES = frozenset({"line-through", "text-decoration-line-through", "strikethrough"})

MAX_TAB_LETTERS = 200  # of the title of a tab, with the blanks of the source
HEADING_TAGS = tuple(f"h{number}" for number in range(1, 7))
# Elements inside a line of text. Every other element begins and ends a line.
INLINE_TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark nobr output q rp "
        "rt ruby s samp small span strike strong sub sup time tt u var wbr",
    )
)
# Elements whose text is not shown as part of the page.
UNSEEN_TAGS = frozenset(
    re.findall(
        r"\w+",
        "script style template noscript head title iframe object embed canvas audio video svg math select textarea "
        "datalist",
    )
)


def declared_encoding(content: bytes) -> str:
    """Return the label of the encoding that a page declares at its beginning; an empty text where it declares none."""
    found = XML_ENCODING.search(content, endpos=MAX_XML_START_BYTES) or META_ENCODING.search(
        content, endpos=max(MIN_HTML_START_BYTES, len(content) // HTML_START_SHARE)
    )
    return found[1].decode("ascii", "replace").lower() if found else ""


def utf8(content: bytes, charset: str | None = None) -> bytes:
    """Return the bytes of a page, converted to UTF-8 from whatever encoding they have. This never fails.

    As in browsers, the encoding is that of the byte order mark; else the one that the server named (`charset`); else
    the one that the page declares; else UTF-8. Bytes that are not valid in UTF-8 are read as Windows-1252, the most
    frequent cause.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace").encode()
    named = webencodings.lookup(charset or "")
    known = named or webencodings.lookup(declared_encoding(content))
    not_read_so = {"utf-8", "x-user-defined", "replacement"}
    if named is None or b"\0" not in content:  # a page in UTF-16 can't say so itself, since that could not be read
        not_read_so |= {"utf-16le", "utf-16be"}
    if known is not None and known.name not in not_read_so:
        text: str = known.codec_info.decode(content, "replace")[0]
        return text.encode()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        codecs.register_error("windows-1252", _as_windows_1252)
        return content.decode("utf-8", "windows-1252").encode()
    return content


def page_source(content: bytes, charset: str | None = None) -> bytes:
    """Return the bytes of a page in UTF-8, without the tags `</body>` and `</html>`.

    Browsers read on after these tags as if they were not there; the parser would begin another document there.
    """
    return END_TAGS.sub(b"", utf8(content, charset))


def has_end(content: bytes) -> bool:
    """Return whether the end tag of the body or of the page itself is among the last bytes of a page."""
    return END_TAGS.search(content[-MAX_TAIL_BYTES:]) is not None


def controls(attributes: Mapping[str, str]) -> set[str]:
    """Return the ids of the parts of the page that an element, given by its attributes, folds and unfolds.

    An attribute may name several. Scripts also find one whose id has blanks in it, like `New York`.
    """
    told = [value for name in UNFOLDING_ATTRIBUTES if (value := attributes.get(name, "").strip())]
    return {word.lstrip("#") for value in told for word in (value, *value.split())}


def opened(element: Element) -> set[str]:
    """Return the ids of the parts of the page that a button, link or tab opens; a tab may say it by its address."""
    attributes = element.attrib
    address = attributes.get("href", "")
    return controls(attributes) | ({address[1:]} if is_tab(attributes) and address.startswith("#") else set())


def is_tab(attributes: Mapping[str, str]) -> bool:
    """Return whether an element with these attributes is a tab: a title by which a reader opens a part of the page."""
    toggle = attributes.get("data-bs-toggle") or attributes.get("data-toggle")
    return attributes.get("role") == "tab" or toggle in {"tab", "pill"}


def tabs_apart(elements: Sequence[Element]) -> dict[Element, Element]:
    """Return the panels of a page whose tabs are no headings directly above them, each with its tab.

    `elements` are the elements of the page, or of a part of it, that have attributes, in order.

    Most tabs stand in a row above all panels, so that other text is between a tab and what it opens. A tab with much
    text, or with the panel inside itself, is no title.
    """
    tabs = [each for each in elements if is_tab(each.attrib)]
    by_id = {name: tab for tab in tabs for name in opened(tab)}
    by_label = {name: tab for tab in tabs if (name := tab.get("id"))}
    known = {*by_id.values(), *by_label.values()}
    order: list[tuple[Element, Element | None]] = []  # tabs, and panels with their tabs
    for each in elements if known else ():
        tab = by_id.get(each.get("id", ""))
        if tab is None and each.get("role") == "tabpanel":
            tab = by_label.get(each.get("aria-labelledby", ""))
        if tab is not None or each in known:
            order.append((each, tab))
    headed = {
        panel
        for (before, _), (panel, tab) in pairwise(order)
        if tab is not None
        and before is tab
        and (tab.tag == "button" or next(tab.iter(*HEADING_TAGS), None) is not None)
    }
    around = {tab for panel, tab in order if tab is panel or tab in panel.iterancestors()}
    long = {tab for _, tab in order if tab is not None and len("".join(tab.itertext())) > MAX_TAB_LETTERS}
    return {panel: tab for panel, tab in order if tab is not None and tab not in around | long and panel not in headed}


def is_hidden(tag: object, attributes: Mapping[str, str], *, unfolded: Collection[str] = ()) -> bool:
    """Return whether an element with this tag and these attributes is hidden, or is for screen readers only.

    `unfolded` are the ids of the parts of the page that a reader can unfold; these do not count as hidden.
    """
    if attributes.get("role") == "tabpanel" or attributes.get("id") in unfolded:
        return False
    is_tooltip = attributes.get("role") == "tooltip"  # which is shown beside what the pointer is on
    if is_tooltip or ("hidden" in attributes and attributes["hidden"] != "until-found"):
        return True
    if (tag == "dialog" and "open" not in attributes) or "popover" in attributes:
        return True
    style = attributes.get("style", "")
    if style and HIDING_STYLE.search(style):
        return True
    classes = attributes.get("class", "").lower().split()
    if HIDING_ON_NARROW_SCREENS in classes:
        return not any(":" in each for each in classes)
    return any(map(HIDING_CLASS.fullmatch, classes))


def is_struck(tag: object, attributes: Mapping[str, str]) -> bool:
    """Return whether the text of an element is struck out."""
    if tag in STRUCK_TAGS or "line-through" in attributes.get("style", ""):
        return True
    return "class" in attributes and not STRUCK_CLASSES.isdisjoint(attributes["class"].split())


def _as_windows_1252(fault: UnicodeError) -> tuple[str, int]:
    assert isinstance(fault, UnicodeDecodeError)
    return fault.object[fault.start : fault.end].decode("cp1252", "replace"), fault.end


def parse_page(content: bytes, charset: str | None = None) -> Element:
    """Return the root element of a web page; `charset` is the encoding that the server named, or None.

    Raises UnreadableError if the bytes are no web page, BombError if its elements are nested too deeply.
    """
    text = page_source(content, charset)
    if not HTML_ELEMENT.search(text):
        raise UnreadableError("no web page: there is no HTML in it")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(text, parser)
    fault = parser.error_log.last_error
    if fault is not None and fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        raise BombError("the page has too many elements inside each other")
    if root is None:
        raise UnreadableError("no web page: there is no element in it")
    return root


class Selectors:
    """Makes CSS selectors for the elements of one page; each selector matches one element only."""

    def __init__(self, root: Element) -> None:
        self._ids = Counter(root.xpath("//@id"))
        self._steps: dict[Element, dict[Element, str]] = {}  # by parent; kept, for lists are long

    def of(self, element: Element) -> str:
        """Return a selector that matches this element only.

        It starts at the nearest element around it that has an id of its own; if there is none, at the root.
        """
        steps: list[str] = []
        node: Element | None = element
        while node is not None:
            key = node.get("id", "")
            parent = node.getparent()
            if self._ids.get(key) == 1 and re.fullmatch(r"[A-Za-z][\w-]*", key, re.ASCII):
                steps.append(f"#{key}")
                break
            steps.append(self._step(node, parent))
            node = parent
        return " > ".join(reversed(steps))

    def _step(self, node: Element, parent: Element | None) -> str:
        if parent is None:
            return str(node.tag)
        if parent not in self._steps:
            self._steps[parent] = _steps(parent)
        return self._steps[parent][node]


def _steps(parent: Element) -> dict[Element, str]:
    """Return for each child of `parent` the part of a selector that tells it from the other children."""
    steps: dict[Element, str] = {}
    seen: Counter[str] = Counter()
    for number, child in enumerate((each for each in parent if isinstance(each.tag, str)), 1):
        seen[child.tag] += 1
        plain = re.fullmatch(r"[a-z][a-z0-9]*", child.tag, re.ASCII)
        steps[child] = f"{child.tag}:nth-of-type({seen[child.tag]})" if plain else f":nth-child({number})"
    return steps
