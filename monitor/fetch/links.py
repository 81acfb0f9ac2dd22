"""Finding the links on a page that lead to a report, and the key of each report. Pure."""

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


def report_links(links: Iterable[Link], name: str, description: ReportDescription) -> dict[str, str]:
    """Choose the links on a page that lead to a report; return the address of each, by the report's key.

    name: the report's name in the configuration.
    description: the report's part of the configuration.

    Where several links have the same key, the first one is taken.
    """
    addresses: dict[str, str] = {}
    for link in links:
        if matches(description, link.url, link.text):
            addresses.setdefault(key_of(name, description, link.url), link.url)
    return addresses


def matches(description: ReportDescription, url: str, text: str) -> bool:
    """Return whether a link leads to the report that `description` describes.

    url: the link's address.
    text: the link's text on the page.
    """
    match = description.match
    if match is None:
        return False
    path = unquote(urlsplit(url).path)
    fits = match.href is None or match.href.search(path) or match.href.search(url)
    return bool(fits and (match.text is None or match.text.search(text)))


def key_of(name: str, description: ReportDescription, url: str) -> str:
    """Return the key of a report, which tells it from the other reports of its source.

    For a report of a series it is the period in its address, for example `2025-07`, or the
    file's name where the address has no period. For any other report it is `name`, its name in the configuration.
    """
    if description.kind != ReportKind.SERIES:
        return name
    path = unquote(urlsplit(url).path)
    period = description.key.search(path) if description.key else None
    if period:
        return _plain_key(period[1] if period.re.groups else period[0])
    # Without a period it must not pass for the latest one: a hyphen sorts before all digits and letters.
    return ("-" if description.key else "") + _plain_key(PurePosixPath(path).stem)


def _plain_key(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text)


def file_name(url: str) -> str:
    """Return the file name at the end of an address, to show to a person."""
    parts = urlsplit(url)
    name = PurePosixPath(unquote(parts.path, errors="replace")).name or parts.hostname or url
    return "".join(letter if letter.isprintable() else "?" for letter in name)
