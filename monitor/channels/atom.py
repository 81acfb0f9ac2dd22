"""The channel to a file with an Atom feed (RFC 4287): each alert becomes an entry; old entries are dropped.

A reader of the file never sees a half-written one. An alert that is sent again is recognised by its id, and changes
nothing. A file that is no feed is renamed, and a new feed is begun.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lxml import etree

from monitor.alerts import writing
from monitor.alerts.writing import as_atom
from monitor.alerts.writing.as_atom import tag
from monitor.alerts.writing.words import is_link
from monitor.errors import TransportError
from monitor.files import lock, sync, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.alerts.message import Message

MAX_FEED_FILE_ENTRIES = 100  # in the feed; older ones are dropped


class Atom:
    """A channel to a file with an Atom feed, which any web server can publish."""

    def __init__(self, name: str, *, path: Path) -> None:
        self._name = name
        self._path = path

    def send(self, message: Message) -> None:
        """Add an alert to the feed; return when it is safely on disk. Raises TransportError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with lock(self._path.parent):  # a command may run beside the daemon
                feed = self._read()
                if feed is None:
                    feed = _new(f"monitor: {writing.one_line(message.subscription)}")
                if _add(feed, message):
                    self._write(feed)
        except OSError as fault:
            words = f"channel {self._name}: {self._path}: {fault.strerror}; see to it"
            raise TransportError(words, permanent=False) from fault

    def _read(self) -> etree._Element | None:
        """Read the feed from the file; return None if there is no file.

        If the file is no feed, it is renamed, and a new feed is returned.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            feed = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
        except etree.XMLSyntaxError:
            feed = None
        if feed is not None and feed.tag == tag("feed") and feed.findtext(tag("id")):
            return feed
        aside = self._set_aside()
        return _new(self._path.stem, f"Begun anew: the file before could not be read, and is kept as {aside.name}.")

    def _set_aside(self) -> Path:
        """Rename the file, which is no feed, to a free name in the same folder, and return its new path."""
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.broken-{number}")).exists():
            number += 1
        return self._path.rename(aside)

    def _write(self, feed: etree._Element) -> None:
        write_whole(self._path, as_atom.document(feed), mode=0o644)
        sync(self._path.parent)


def _new(title: str, subtitle: str = "") -> etree._Element:
    return as_atom.feed_element(feed_id=uuid.uuid4().urn, title=title, subtitle=subtitle)


def _add(feed: etree._Element, message: Message) -> bool:
    """Add an alert to a feed as its first entry, and drop the oldest entries if there are too many.

    Return False, and change nothing, if the alert is in the feed already.
    """
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{feed.findtext(tag('id'))} {message.id}").urn
    entries = feed.findall(tag("entry"))
    if any(entry.findtext(tag("id")) == identity for entry in entries):
        return False
    page = message.log if is_link(message.log) else message.files[0].page if message.files else ""
    entry = as_atom.entry_element(
        entry_id=identity,
        title=writing.one_line(message.subject),
        updated=message.created_at,
        link=page if is_link(page) else "",
        html=writing.entry_html(message),
    )
    for old in entries[MAX_FEED_FILE_ENTRIES - 1 :]:
        feed.remove(old)
    if entries:
        entries[0].addprevious(entry)
    else:
        feed.append(entry)
    feed.find(tag("updated")).text = max(entry.findtext(tag("updated")) or "" for entry in feed.findall(tag("entry")))
    return True
