"""Writes Atom feeds (RFC 4287) and their entries as XML, for feeds in files and in the web application.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "http://www.w3.org/2005/Atom"
AUTHOR = "monitor"


def tag(name: str) -> str:
    """Return the name of an Atom element in lxml's notation, with the namespace before it."""
    return f"{{{NAMESPACE}}}{name}"


def feed_element(
    *, feed_id: str, title: str, updated: str = "", subtitle: str = "", links: Mapping[str, str] | None = None
) -> etree._Element:
    """Return a feed without entries; `links` has an address for each relation, for example `self`."""
    feed = etree.Element(tag("feed"), nsmap={None: NAMESPACE})
    _put(feed, "id", feed_id)
    _put(feed, "title", title)
    if subtitle:
        _put(feed, "subtitle", subtitle)
    _put(feed, "updated", updated)
    for relation, address in (links or {}).items():
        etree.SubElement(feed, tag("link"), rel=relation, href=address)
    _put(etree.SubElement(feed, tag("author")), "name", AUTHOR)
    return feed


def entry_element(
    *, entry_id: str, title: str, updated: str, link: str = "", summary: str = "", html: str = ""
) -> etree._Element:
    """Return an entry for a feed; `link` is the address of its page, `summary` is plain text, `html` is its content."""
    entry = etree.Element(tag("entry"), nsmap={None: NAMESPACE})
    _put(entry, "id", entry_id)
    _put(entry, "title", title)
    _put(entry, "updated", updated)
    if link:
        etree.SubElement(entry, tag("link"), rel="alternate", href=link)
    if summary:
        _put(entry, "summary", summary)
    if html:
        _put(entry, "content", html, type="html")
    return entry


def document(feed: etree._Element) -> bytes:
    """Return a feed as the bytes of an XML file."""
    return bytes(etree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _put(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    """Add to `parent` an Atom element with this name, text and attributes."""
    etree.SubElement(parent, tag(name), **attributes).text = text
