"""Reads how a browser drew a web page, for pages whose content comes by scripts.

Such a page has two captures, which are written in one transaction. One is the page as the server sent it, with the
exchange that brought it. The other is the drawn document: its address is that of the page with `DRAWN_MARK` at the
end, and in place of a server's headers it has lines that say how it was drawn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.rows import DRAWN_MARK

if TYPE_CHECKING:
    from monitor.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingRow:
    """The origin of a drawn document.

    - `served_id`: the id of the capture of the page as the server sent it, or None if there is none.
    - `served_sha256`: the SHA-256 of the bytes that the server sent.
    - `browser`: the name and version of the browser.
    """

    served_id: int | None
    served_sha256: str
    browser: str


def served_address(url: str) -> str:
    """Return the address under which a page is kept as its server sent it, if it is also kept as drawn."""
    return url.partition("#")[0]


def drawn_address(url: str) -> str:
    """Return the address under which the drawn document of a page is kept; `url` is that of the page."""
    return served_address(url) + DRAWN_MARK


def drawing_of(store: Store, capture_id: int) -> DrawingRow | None:
    """Return how the document of a capture was drawn; None if no browser drew it."""
    row = store.one("SELECT source, url, headers FROM captures WHERE id = :id", {"id": capture_id})
    if row is None or not row["url"].endswith(DRAWN_MARK):
        return None
    headers = dict(json.loads(row["headers"]))
    sha256 = headers.get("x-monitor-drawn-from")
    if sha256 is None:
        return None
    served = store.one(
        """
        SELECT max(id) AS id FROM captures
        WHERE source = :source AND url = :url AND sha256 = :sha256 AND id < :drawn
        """,
        {"source": row["source"], "url": served_address(row["url"]), "sha256": sha256, "drawn": capture_id},
    )
    served_id = served["id"] if served else None
    return DrawingRow(served_id=served_id, served_sha256=sha256, browser=headers.get("x-monitor-browser", "unknown"))


def drawing_of_version(store: Store, version_id: int) -> DrawingRow | None:
    """Return how the document of a version was drawn; None if no browser drew it."""
    row = store.one("SELECT capture_id FROM versions WHERE id = :id", {"id": version_id})
    return drawing_of(store, row["capture_id"]) if row else None


def is_served_page(store: Store, sha256: str) -> bool:
    """Return whether a file is a page as its server sent it, from which a browser drew a version."""
    row = store.one(
        """
        SELECT 1 FROM captures JOIN versions ON versions.page_id = captures.id
        JOIN captures AS drawn ON drawn.id = versions.capture_id
        WHERE captures.sha256 = :sha256 AND drawn.url = captures.url || :mark
        """,
        {"sha256": sha256, "mark": DRAWN_MARK},
    )
    return row is not None
