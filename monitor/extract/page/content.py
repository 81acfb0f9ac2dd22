"""Reads what any web page has: its own text by paragraphs and headings, and its links to files; menus are left out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from monitor.config.noise import without_noise, without_visit
from monitor.errors import LayoutError
from monitor.extract.page.flow import ARTICLE_TAGS, CHROME_ROLES, joined
from monitor.extract.page.tree import UNSEEN_TAGS, is_hidden
from monitor.extract.values import folded, unwrapped
from monitor.model import Locator, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.lists import ListDescription
    from monitor.extract.page.flow import Block, Flow
    from monitor.extract.page.tree import Selectors

# The format of a file by the end of its address.
FILE_FORMATS = {
    **{name: name for name in ("pdf", "xlsx", "xls", "xlsm", "csv", "ods", "zip", "docx", "doc", "pptx", "ppt", "txt")},
    **{name: name for name in ("tsv", "json", "xml", "kml", "kmz", "geojson", "rtf", "odt", "parquet")},
}
# The words of a link's text that name the format of the file to which it leads.
FORMAT_IN_TEXT = re.compile(r"\b(pdf|xlsx?|csv|excel|docx?|zip)\b", re.IGNORECASE)
# The end of an address at which content systems give out a file without naming its format; a year is that of a page.
DOWNLOAD_PATH = re.compile(
    r"/(?:download|dl|@@download|getfile|downloadfile)/?$"
    r"|/(?:[a-z]{1,20}-)?downloads?/(?:[a-z-]{1,40}/){0,3}(?!(?:19|20)\d\d/?$)(?=[a-f-]*\d)[\da-f-]++/?$",
    re.IGNORECASE,
)
# Elements and roles that stand beside the content of a page.
BESIDE_TAGS = frozenset({"nav", "aside"})
BESIDE_ROLES = CHROME_ROLES | {"complementary", "menu", "menubar", "dialog", "timer"}
# A class or id of what surrounds the content, wherever it stands; and of what does so outside of the content alone.
BESIDE_NAME = re.compile(
    r"(?:[a-z\d]+[-_]+)*(?:breadcrumbs?|sidebar|cookies?[-_](?:banner|notice|consent|bar)|skip-?(?:link|nav|to-content)s?"
    r"|usa-banner|social(?:[-_](?:media|share|links?|icons?))?|share[-_]?(?:buttons?|links?|bar|this)|addtoany\w*"
    r"|nav(?:bar|igation)?|main-menu|menu)",
    re.IGNORECASE,
)
AROUND_NAME = re.compile(r"(?:(?:site|page|main|global|usa)[-_])?(?:header|footer|masthead|top-?bar)", re.IGNORECASE)
WHOLE_PAGE_TAGS = frozenset({"html", "body", "main", "article"})
# A page with fewer words than this that has scripts draws its content by a script.
MIN_WORDS_OF_PAGE = 12
NEEDS_SCRIPT = re.compile(
    r"(?:enable|requires?|turn on|activate|without)\s+(?:\w+\s+)?javascript|^loading\b", re.IGNORECASE
)
# A row of a table with more texts than this in each of its cells is no row, but a layout.
MAX_TEXTS_OF_CELL = 2


@dataclass(frozen=True, slots=True)
class _Text:
    """One text of a page: the heading above it, itself, and its element."""

    heading: str
    text: str
    element: Element


def read_text(
    name: str, description: ListDescription, *, page: Flow, root: Element, selectors: Selectors
) -> RecordList:
    """Return the list `name`: a record for each heading, paragraph, item and row of the page, without its noise.

    Each has the heading above it and its text. A line that is nothing but a link to a file is a record of `read_files`,
    and none of these. Raises LayoutError if the page has no text, unless the list may be empty; the message says so
    where a script draws the page.
    """
    beside = _Beside(description.not_in)
    blocks = joined(block for block in page.blocks if not block.chrome and not beside(block.element))
    records = []
    linked = cache(_letters_of_file_links)
    for each in _texts(blocks):
        heading = without_noise(each.heading, description.ignore)
        text = without_noise(each.text, description.ignore, heading=each.heading)
        if text and linked(each.element) != _letters(each.text):
            records.append(Record(values=(heading, text), locator=Locator(selector=selectors.of(each.element))))
    words = sum(len((record.values[1] or "").split()) for record in records)
    if words < MIN_WORDS_OF_PAGE and not description.may_be_empty and (why := _drawn(root, records)):
        raise LayoutError(f"list {name!r}: {why}")
    if not records and not description.may_be_empty:
        raise LayoutError(f"list {name!r}: the page has no text of its own outside of menus, headers and footers")
    return RecordList(name=name, fields=description.fields, records=tuple(records))


def read_files(name: str, description: ListDescription, *, root: Element, url: str, selectors: Selectors) -> RecordList:
    """Return the list `name`: a record for each file that the page links, with the link's text, address and format.

    `url` is the address of the page, from which relative addresses start; with "" they stay as they are written.
    """
    beside = _Beside(description.not_in)
    base = next((urljoin(url, each.get("href", "").strip()) for each in root.iter("base") if each.get("href")), url)
    found: dict[str, tuple[str, str, Element]] = {}
    for link in root.iter("a", "area"):
        address = _absolute(base, link.get("href", ""))
        text = _linked_text(link)
        file_format = _format(address, text)
        if file_format is None or beside(link, hidden=True):
            continue
        address = without_visit(address, description.ignore)
        shown = without_noise(text, description.ignore) or unquote(PurePosixPath(urlsplit(address).path).name)
        if address not in found or (text and not _linked_text(found[address][2])):
            found[address] = (folded(shown), file_format, link)
    records = tuple(
        Record(values=(text, address, file_format), locator=Locator(selector=selectors.of(link)))
        for address, (text, file_format, link) in found.items()
    )
    return RecordList(name=name, fields=description.fields, records=records)


def _texts(blocks: Sequence[Block]) -> Iterator[_Text]:
    """Yield the texts of a page, each with the heading above it; the cells of a table's row are one text."""
    counts = Counter(row for block in blocks if (row := _row(block.element)) is not None)
    headings: list[tuple[int, str]] = []

    def has_cells(row: Element) -> bool:
        cells = sum(1 for cell in row if cell.tag in {"td", "th"})
        return cells > 1 and counts[row] <= MAX_TEXTS_OF_CELL * cells

    rows = {row for row in counts if has_cells(row)}

    def row_of(block: Block) -> Element | None:
        row = _row(block.element)
        return row if row in rows else None

    for row, group in groupby(blocks, key=row_of):
        several = list(group)
        if row is not None:
            text = " | ".join(folded(block.text.replace("\n", " ")) for block in several)
            yield _Text(headings[-1][1] if headings else "", text, row)
            continue
        for block in several:
            text = folded(block.text.replace("\n", " "))
            while block.level is not None and headings and headings[-1][0] >= block.level:
                headings.pop()
            yield _Text(headings[-1][1] if headings else "", text, block.element)
            if block.level is not None:
                headings.append((block.level, text))


def _linked_text(link: Element) -> str:
    return folded(" ".join("".join(link.itertext()).split()))


def _letters_of_file_links(element: Element) -> str:
    """Return the letters of all links to files within an element, by which a text is known that is nothing else."""
    texts = ((link, _linked_text(link)) for link in element.iter("a"))
    return "".join(_letters(text) for link, text in texts if _format(link.get("href", ""), text) is not None)


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _row(element: Element) -> Element | None:
    """Return the row of a table in which an element stands; None if it is in none."""
    for each in (element, *element.iterancestors()):
        if each.tag == "tr":
            return each
        if each.tag == "table":
            return None
    return None


class _Beside:
    """Tells whether an element stands beside the content of a page: in a menu, a header, or a part that is left out.

    `not_in` are the parts that the configuration leaves out. Answers are remembered.
    """

    def __init__(self, not_in: Iterable[str]) -> None:
        self._ids = {each[1:] for each in not_in if each.startswith("#")}
        self._classes = [each.partition(".")[::2] for each in not_in if not each.startswith("#")]
        self._known: dict[tuple[Element, bool], bool] = {}

    def __call__(self, element: Element, *, hidden: bool = False) -> bool:
        """Return the answer for an element; with `hidden`, one that is not shown counts as beside the content too."""
        path = []
        node: Element | None = element
        while node is not None and (node, hidden) not in self._known:
            path.append(node)
            node = node.getparent()
        answer = node is not None and self._known[node, hidden]
        for each in reversed(path):
            answer = answer or self._is_beside(each) or (hidden and _is_unshown(each))
            self._known[each, hidden] = answer
        return answer

    def _is_beside(self, element: Element) -> bool:
        if not isinstance(element.tag, str) or element.tag in {"html", "body"}:
            return False
        classes = element.get("class", "").split()
        if element.get("id", "") in self._ids or any(
            (not tag or tag == element.tag) and (not name or name in classes) for tag, name in self._classes
        ):
            return True
        if element.tag in WHOLE_PAGE_TAGS:
            return False
        if element.tag in BESIDE_TAGS or element.get("role", "") in BESIDE_ROLES:
            return True
        names = [*classes, element.get("id", "")]
        if not any(map(BESIDE_NAME.fullmatch, names)) and not (
            (element.tag in {"header", "footer"} or any(map(AROUND_NAME.fullmatch, names)))
            and not any(above.tag in ARTICLE_TAGS for above in element.iterancestors())
        ):
            return False
        return next(element.iter("main", "article", "h1"), None) is None


def _is_unshown(element: Element) -> bool:
    return element.tag in UNSEEN_TAGS or is_hidden(element.tag, element.attrib)


def _absolute(base: str, address: str) -> str:
    """Return an address of a link as an absolute one, without the part after `#`; "" if it can't be one."""
    written = unwrapped(re.sub(r"[\t\r\n]", "", address).strip())
    try:
        parts = urlsplit(urljoin(base, written))
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https", ""}:
        return ""
    return parts._replace(fragment="").geturl().replace(" ", "%20")


def _format(address: str, text: str) -> str | None:
    """Return the format of the file to which a link leads, "" if it is not known; None if the link leads to no file."""
    path = unquote(urlsplit(address).path)
    if known := FILE_FORMATS.get(PurePosixPath(path).suffix.lower().lstrip(".")):
        return known
    if not DOWNLOAD_PATH.search(path):
        return None
    named = FORMAT_IN_TEXT.search(text)
    return named[1].lower().replace("excel", "xlsx") if named else ""


def _drawn(root: Element, records: Sequence[Record]) -> str | None:
    """Return a sentence if a page with so few words is drawn by a script, so that what was served is not the page."""
    if next(root.iter("script"), None) is None:
        return None
    shown = " ".join(record.values[1] or "" for record in records)
    unseen = " ".join(
        "".join(each.itertext()) for each in root.iter("noscript", etree.Element) if each.tag == "noscript"
    )
    if not records or NEEDS_SCRIPT.search(shown) or NEEDS_SCRIPT.search(unseen):
        return (
            "the page draws its content by a script, and what the server sends has no text; look for the file or "
            "address that the script loads, or for another page with the same content"
        )
    return None
