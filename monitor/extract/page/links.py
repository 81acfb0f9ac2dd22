"""What a page links to, and whether it says anything new. Reads the page as a stream: no tree is built."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import etree

from monitor.extract.page.tree import INLINE_TAGS, UNSEEN_TAGS, utf8
from monitor.extract.values import folded
from monitor.model import Link

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LINKS = 5_000
MAX_ADDRESS_CHARACTERS = 4_000  # characters; a longer address is no publisher's
MAX_RAW_ADDRESSES = 20_000  # different addresses as written, before they are made absolute


def page_links(content: bytes, base_url: str) -> tuple[Link, ...]:
    """The addresses that a page links to: absolute http(s) without fragment, each once, in order; at most 5,000.

    A page that is none has no links. Where an address is linked several times, the first text there is counts.
    """
    found = _parsed(content)
    base = _absolute(base_url, found.base) or base_url
    texts: dict[str, str] = {}
    for address, text in found.links.items():
        url = _absolute(base, address)
        if url and (url in texts or len(texts) < MAX_LINKS):
            texts[url] = texts.get(url) or text
    return tuple(Link(url=url, text=text) for url, text in texts.items())


def page_meaning(content: bytes) -> str:
    """SHA-256 of what a page says: its visible text, blanks folded, and the addresses it links to.

    What differs from one answer to the next without saying anything - nonces, tokens, scripts, styles, comments,
    attributes - is left out.
    """
    found = _parsed(content)
    text = folded(re.sub(r"\s+", " ", "".join(found.text)))
    digest = hashlib.sha256(text.encode())
    for address in found.links:
        digest.update(b"\0" + address.encode())
    return digest.hexdigest()


def _absolute(base: str, address: str) -> str | None:
    """The address as one of its own, without fragment; None for what is no http(s) address."""
    try:
        parts = urlsplit(urljoin(base, address))
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    url = parts._replace(netloc=parts.netloc.lower(), fragment="").geturl().replace(" ", "%20")
    return url if usable and len(url) <= MAX_ADDRESS_CHARACTERS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """Pieces of visible text; link texts by address as written; the address that others are relative to."""

    text: list[str]
    links: dict[str, str]
    base: str


def _parsed(content: bytes) -> _Content:
    parser = etree.HTMLParser(target=_Target(), encoding="utf-8", huge_tree=True)
    parser.feed(utf8(content) or b" ")
    found: _Content = parser.close()
    return found


class _Target:
    """Takes the events of one parse."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._links: dict[str, str] = {}
        self._base = ""
        self._unseen = 0
        self._address: str | None = None  # of the link that is open
        self._begin = 0  # where its text begins

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        if tag in UNSEEN_TAGS:
            self._unseen += 1
        if tag == "base" and not self._base:
            self._base = _clean(attributes.get("href", ""))
        if tag not in INLINE_TAGS:
            self._text.append(" ")
        if tag in {"a", "area"}:
            self._open(attributes.get("href"))

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if tag in UNSEEN_TAGS:
            self._unseen -= 1
        if tag not in INLINE_TAGS:
            self._text.append(" ")
        if tag == "a":
            self._open(None)

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if not self._unseen:
            self._text.append(text)

    def close(self) -> _Content:
        """End of the page."""
        self._open(None)
        return _Content(text=self._text, links=self._links, base=self._base)

    def _open(self, address: str | None) -> None:
        """End the link that is open, and begin another."""
        if self._address is not None and (self._address in self._links or len(self._links) < MAX_RAW_ADDRESSES):
            text = folded("".join(self._text[self._begin :]))
            self._links[self._address] = self._links.get(self._address) or text
        self._address = _clean(address) if address is not None else None
        self._begin = len(self._text)


def _clean(address: str) -> str:
    """An address as a browser takes it: no blanks around it, no line ends or tabs in it."""
    return re.sub(r"[\t\r\n]", "", address).strip(" \x00\x0b\x0c")
