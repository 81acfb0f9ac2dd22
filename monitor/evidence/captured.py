"""Takes a kept file and all that is kept of how it came out of a state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.evidence.warc import Captured
from monitor.store.exchanges import exchange_of_version

if TYPE_CHECKING:
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.exchanges import ExchangeRow
    from monitor.store.rows import VersionRow


def captured_version(store: Store, archive: Archive, version: VersionRow) -> Captured:
    """Return the file of a version, and how it came. Raises StoreError where the archive lacks something of it."""
    return captured_file(
        archive,
        url=version.memento or version.url,
        captured_at=version.captured_at,
        sha256=version.sha256,
        media_type=version.content_type,
        exchange=exchange_of_version(store, version.id),
    )


def captured_file(
    archive: Archive,
    *,
    url: str,
    captured_at: str,
    sha256: str,
    media_type: str | None,
    exchange: ExchangeRow | None,
) -> Captured:
    """Return a kept file, and how it came. Raises StoreError where the archive lacks something of it.

    - `url`: its address. A file from a web archive that was not fetched itself, because another capture has the same
      bytes, goes by its address in the web archive.
    - `captured_at`, `sha256`, `media_type`: when it was captured, the hash of its bytes, and the server's Content-Type.
    - `exchange`: how it came, or None.
    """
    hops = (*exchange.redirects, exchange) if exchange else ()
    packed = exchange.packed_sha256 if exchange else None
    return Captured(
        url=url,
        captured_at=captured_at,
        content=archive.get(sha256),
        media_type=media_type,
        exchange=exchange,
        packed=archive.get(packed) if packed else None,
        certificates={name: archive.get(name) for hop in hops if hop.tls for name in hop.tls.certificates},
    )
