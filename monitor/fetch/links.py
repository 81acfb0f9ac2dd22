"""Which links of a page are which report, and what the report is called. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from monitor.model import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.config.sources import ReportDescription
    from monitor.model import Link


def wanted(links: Iterable[Link], name: str, description: ReportDescription) -> dict[str, str]:
    """Which of a page's links are a report: address by key. Of several for a rolling report the first one counts."""
    found: dict[str, str] = {}
    for link in links:
        if matches(description, link.url, link.text):
            found.setdefault(key_of(name, description, link.url), link.url)
    return found


def matches(description: ReportDescription, url: str, text: str) -> bool:
    """True where a link is the report that is described."""
    match = description.match
    if match is None:
        return False
    path = unquote(urlsplit(url).path)
    fits = match.href is None or match.href.search(path) or match.href.search(url)
    return bool(fits and (match.text is None or match.text.search(text)))


def key_of(name: str, description: ReportDescription, url: str) -> str:
    """What a report is called: in a series its period as the address tells it, else its name in the configuration."""
    if description.kind != ReportKind.SERIES:
        return name
    path = unquote(urlsplit(url).path)
    found = description.key.search(path) if description.key else None
    if found:
        return _plain_key(found[1] if found.re.groups else found[0])
    # Without a period it must not pass for the latest one: a hyphen sorts before all digits and letters.
    return ("-" if description.key else "") + _plain_key(PurePosixPath(path).stem)


def _plain_key(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text)


def file_name(url: str) -> str:
    """The last part of an address's path, as a person would call the file."""
    parts = urlsplit(url)
    name = PurePosixPath(unquote(parts.path, errors="replace")).name or parts.hostname or url
    return "".join(letter if letter.isprintable() else "?" for letter in name)
