"""Collects the links and the visible text of a web page while it is parsed, without building a tree of elements."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import etree

from monitor.extract.page.tree import INLINE_TAGS, UNSEEN_TAGS, controls, is_hidden, is_struck, page_source
from monitor.extract.values import folded, unwrapped
from monitor.model import Link, PageReading

if TYPE_CHECKING:
    from collections.abc import Mapping

# Stands before text that is struck out: to strike out an entry is news.
STRUCK_OUT = " [struck out] "
# Further links of a page are left out.
MAX_LINKS = 5_000
# A link with a longer address is left out: no publisher has one.
MAX_LINK_CHARACTERS = 4_000
# Further addresses, as written in the page, are not made absolute any more.
MAX_RAW_ADDRESSES = 20_000
# A page that sends its reader elsewhere after more seconds than this is a page to be read.
MAX_REFRESH_SECONDS = 30
# The part of an address that often tells one visit from another, and not one document from another.
QUERY = re.compile(r"\?[^#]*|;jsessionid=[^?#/]*", re.IGNORECASE)
# An address of a file behind a button or a line of a table, which a script opens.
ADDRESS_ATTRIBUTES = ("data-href", "data-url", "data-link", "data-file", "data-download", "formaction")
FILE_PATH = re.compile(r"[^?#'\"]+\.(?:pdf|xls[xmb]?|csv|ods|zip|docx?)(?:[?#].*)?", re.IGNORECASE)
QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
# The content of <meta http-equiv="refresh">: seconds, and the address.
REFRESH = re.compile(r"\s*(\d+)[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?([\"']?)(?P<address>.+?)\2\s*", re.IGNORECASE)


def page_reading(content: bytes, url: str, *, charset: str | None = None, queries: bool = True) -> PageReading:
    """Return the links of the web page at `url`, and a hash of its content; see `page_meaning` and `page_links`."""
    page = _parsed(content, charset)
    sends_to = _absolute(_base(page, url), page.sends_to) if page.sends_to else None
    return PageReading(
        digest=_meaning(page, queries=queries),
        links=_links(page, url),
        sends_to=sends_to if sends_to != _absolute(url, "") else None,
    )


def page_links(content: bytes, base_url: str, *, charset: str | None = None) -> tuple[Link, ...]:
    """Return the links of a page in order, as absolute http(s) addresses without the part after `#`.

    - `base_url`: the address of the page.
    - `charset`: the encoding that the server named, or None.

    Each address comes once, with the first text of it that is not empty; it is the one that is meant where a mail
    filter has wrapped it. After the links come the files behind buttons, without a text. At most `MAX_LINKS` are
    returned, and none for bytes that are no web page.
    """
    return _links(_parsed(content, charset), base_url)


def _base(page: _Content, url: str) -> str:
    """Return the address that relative addresses of a page start from; `url` is the address of the page."""
    return _absolute(url, page.base) or url


def _links(page: _Content, url: str) -> tuple[Link, ...]:
    base = _base(page, url)
    texts: dict[str, str] = {}
    for address, text in (*page.links.items(), *((address, "") for address in page.behind)):
        there = _absolute(base, unwrapped(address))
        if there and (there in texts or len(texts) < MAX_LINKS):
            texts[there] = texts.get(there) or text
    return tuple(Link(url=there, text=text) for there, text in texts.items())


def page_meaning(content: bytes, *, charset: str | None = None, queries: bool = True) -> str:
    """Return a SHA-256 hash of the visible text of a page and of the addresses that it links to.

    Everything else (scripts, styles, comments, attributes, hidden tokens) is left out, because it can change each time
    the page is fetched although the page says the same. Runs of blanks count as one blank.

    - `charset`: the encoding that the server named, or None.
    - `queries`: whether the part of an address after `?` counts. It may have a session's number, which changes each
      time, but also what tells one document from another.
    """
    return _meaning(_parsed(content, charset), queries=queries)


def _meaning(page: _Content, *, queries: bool) -> str:
    text = folded(re.sub(r"\s+", " ", "".join(page.text)))
    digest = hashlib.sha256(text.encode())
    addresses = page.links if queries else dict.fromkeys(QUERY.sub("", address) for address in page.links)
    for address in addresses:
        digest.update(b"\0" + address.encode())
    return digest.hexdigest()


def _absolute(base: str, address: str) -> str | None:
    """Return an address as an absolute http(s) address without fragment; None if it can't be one.

    `base` is the address that a relative address starts from.
    """
    try:
        parts = urlsplit(urljoin(base, address))
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    url = parts._replace(netloc=parts.netloc.lower(), fragment="").geturl().replace(" ", "%20")
    return url if usable and len(url) <= MAX_LINK_CHARACTERS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What was collected from one page.

    - `text`: the visible text, in pieces.
    - `links`: the text of each link, keyed by the address as written.
    - `behind`: the addresses of files behind buttons, as written.
    - `base`: the address from which the page says that relative addresses start; "" if it says none.
    - `sends_to`: the address, as written, to which the page forwards its reader; "" if it does not.
    """

    text: list[str]
    links: dict[str, str]
    behind: list[str]
    base: str
    sends_to: str


def _parsed(content: bytes, charset: str | None) -> _Content:
    parser = etree.HTMLParser(target=_Target(), encoding="utf-8", huge_tree=True)
    parser.feed(page_source(content, charset) or b" ")
    page: _Content = parser.close()
    return page


class _Target:
    """Collects the content of one page; the parser of lxml calls its methods while it goes through the page."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._links: dict[str, str] = {}
        self._behind: list[str] = []
        self._base = ""
        self._sends_to = ""
        self._unfolded: set[str] = set()  # ids of parts of the page that a button before unfolds
        self._hidden = 0  # elements that are open within one that is not shown, and that one
        self._address: str | None = None  # of the link that is open
        self._begin = 0  # where its text begins

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element: whether it hides what is in it, and whether it is a link.

        Also note a base address, or an address to which the page forwards its reader.
        """
        self._unfolded |= controls(attributes)
        if tag in UNSEEN_TAGS or self._hidden or is_hidden(tag, attributes, unfolded=self._unfolded):
            self._hidden += 1
        elif is_struck(tag, attributes):
            self._text.append(STRUCK_OUT)
        if tag == "base" and not self._base:
            self._base = _clean(attributes.get("href", ""))
        if tag == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh" and not self._sends_to:
            self._sends_to = _refresh(attributes.get("content", ""))
        if tag not in INLINE_TAGS:
            self._text.append(" ")
        if tag in {"a", "area"}:
            self._open(attributes.get("href"))
        if attributes and len(self._behind) < MAX_LINKS:
            self._behind.extend(_behind(tag, attributes))

    def end(self, tag: str) -> None:
        """Handle the end of an element; if it is a link, its text is complete."""
        self._hidden -= self._hidden > 0
        if tag not in INLINE_TAGS:
            self._text.append(" ")
        if tag == "a":
            self._open(None)

    def data(self, text: str) -> None:
        """Handle a piece of text: add it to what was collected, unless it is hidden."""
        if not self._hidden:
            self._text.append(text)

    def close(self) -> _Content:
        """Handle the end of the page, and return all that was collected from it."""
        self._open(None)
        return _Content(
            text=self._text, links=self._links, behind=self._behind, base=self._base, sends_to=self._sends_to
        )

    def _open(self, address: str | None) -> None:
        """End the current link, if there is one, and begin another unless `address` is None."""
        if self._address is not None and (self._address in self._links or len(self._links) < MAX_RAW_ADDRESSES):
            text = folded("".join(self._text[self._begin :]))
            self._links[self._address] = self._links.get(self._address) or text
        self._address = _clean(address) if address is not None else None
        self._begin = len(self._text)


def _behind(tag: str, attributes: Mapping[str, str]) -> list[str]:
    """Return the addresses of the files that a script or a form opens when a reader clicks an element."""
    told = [attributes.get(name, "") for name in ADDRESS_ATTRIBUTES]
    told += [attributes.get("action", "")] if tag == "form" else []
    told += [one or other for one, other in QUOTED.findall(attributes.get("onclick", ""))]
    return [address for each in told if FILE_PATH.fullmatch(address := _clean(each))]


def _refresh(content: str) -> str:
    """Return the address to which a page forwards its reader soon, read from its `refresh` instruction; "" for none."""
    found = REFRESH.fullmatch(content)
    soon = found and len(found[1]) < 9 and int(found[1]) <= MAX_REFRESH_SECONDS
    return _clean(found["address"]) if found and soon else ""


def _clean(address: str) -> str:
    """Return an address as a browser reads it: without blanks around it and without line ends or tabs in it."""
    return re.sub(r"[\t\r\n]", "", address).strip(" \x00\x0b\x0c")
