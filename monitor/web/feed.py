"""Entries of the change log as an Atom feed (RFC 4287), its ids the same whatever filter asks for them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from monitor.alerts.writing import words
from monitor.web import templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.web.parameters import LogAsked

NAMESPACE = "http://www.w3.org/2005/Atom"


def feed(entries: Sequence[Mapping[str, Any]], asked: LogAsked, *, base: str, title: Callable[[str], str]) -> bytes:
    """The feed of a filter; `title` names a source."""
    root = etree.Element(_tag("feed"), nsmap={None: NAMESPACE})
    own = base + asked.address("/log.atom")
    said = ", ".join(f"{name} {words.one_line(str(value))}" for name, value in asked.filters.items())
    _put(root, "id", own)
    _put(root, "title", f"monitor: {said or 'the change log'}")
    _put(root, "updated", max((entry["observed_at"] for entry in entries), default="1970-01-01T00:00:00Z"))
    etree.SubElement(root, _tag("link"), rel="self", href=own)
    etree.SubElement(root, _tag("link"), rel="alternate", href=base + asked.address())
    _put(etree.SubElement(root, _tag("author")), "name", "monitor")
    for entry in entries:
        each = etree.SubElement(root, _tag("entry"))
        _put(each, "id", f"urn:sha256:{entry['entry_hash']}")
        _put(each, "title", f"{words.one_line(title(entry['source']))}: {templates.told(entry)}")
        _put(each, "updated", entry["observed_at"])
        etree.SubElement(each, _tag("link"), rel="alternate", href=f"{base}/amendment/{entry['id']}")
        _put(each, "summary", _summary(entry))
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _summary(entry: Mapping[str, Any]) -> str:
    """What differs, line by line."""
    changes = [
        f"{change.field}: {words.shown(change.before) or words.EMPTY} -> {words.shown(change.after) or words.EMPTY}"
        for change in templates.item(entry).changes
    ]
    where = "/".join(filter(None, (entry["source"], entry["report"], entry["list"])))
    return "\n".join([*changes, words.one_line(where), f"entry {entry['id']}, hash {entry['entry_hash']}"])


def _put(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _tag(name)).text = text


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
