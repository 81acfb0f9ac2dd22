"""Packs a WARC file with its index into a WACZ file (version 1.1.1), a form for showing web archives in a browser.

Pure: what its functions return depends only on their arguments. The same files make the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlsplit

from monitor.evidence.warc import warc_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.evidence.warc import Captured, WarcRecord

WARC_NAME = "data.warc.gz"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file can say
PORTS = {"http": 80, "https": 443}


def wacz(captures: Sequence[Captured], *, title: str, description: str) -> bytes:
    """Return a WACZ file with these captures.

    - `title`, `description`: what its reader shows of it; the description is Markdown.
    """
    written = warc_records(captures)
    members, lines, offset = [], [], 0
    for record in written:
        member = record.to_bytes()
        if record.kind in {"response", "resource"}:
            lines.append(_line(record, offset=offset, member=member))
        members.append(member)
        offset += len(member)
    files = {
        f"archive/{WARC_NAME}": b"".join(members),
        "indexes/index.cdx": "".join(sorted(lines)).encode(),
        "pages/pages.jsonl": _pages(written),
    }
    package = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": title,
        "description": description,
        "created": _second(written[0].date),
        "software": "monitor",
        "resources": [
            {"name": path.rpartition("/")[2], "path": path, "hash": _hash(file), "bytes": len(file)}
            for path, file in files.items()
        ],
    }
    files["datapackage.json"] = _json(package)
    files["datapackage-digest.json"] = _json({"path": "datapackage.json", "hash": _hash(files["datapackage.json"])})
    return _zipped(files)


def surt(url: str) -> str:
    """Return the key under which an index has an address: host backwards, all in lower case, `www.` left out.

    It follows the rules of the Internet Archive's `surt` for addresses as publishers use them.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme not in PORTS or not host:
        return re.sub("//+", "/", url).lower()
    turned = ",".join(reversed(re.sub(r"\Awww\d*\.", "", host).split(".")))
    path = _unescaped(re.sub("//+", "/", parts.path).rstrip("/")) or "/"
    query = "&".join(sorted(_unescaped(parts.query).split("&"))) if parts.query else ""
    return f"{turned}{f':{port}' if port and port != PORTS[parts.scheme] else ''}){path}{f'?{query}' if query else ''}"


def _unescaped(part: str) -> str:
    """Return a part of an address in lower case, with %XX only where nothing else is possible."""
    return quote(unquote_to_bytes(part), safe="!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~").lower()


def _line(record: WarcRecord, *, offset: int, member: bytes) -> str:
    """Return the line of the index (CDXJ) for a record.

    `offset` is where the record begins in the WARC file, and `member` are its bytes there.
    """
    assert record.url is not None
    fields = {
        "url": record.url,
        "mime": (record.media_type or "unk").partition(";")[0].strip() or "unk",
        **({"status": str(record.status)} if record.status else {}),
        "digest": record.payload_digest,
        "length": str(len(member)),
        "offset": str(offset),
        "filename": WARC_NAME,
        "recordDigest": _hash(member),
    }
    at = re.sub(r"\D", "", record.date)[:14]
    return f"{surt(record.url)} {at} {json.dumps(fields)}\n"


def _pages(written: Sequence[WarcRecord]) -> bytes:
    """Return the list of what a reader can open: each file that was kept, and nothing that only led there."""
    first = {"format": "json-pages-1.0", "id": "pages", "title": "Kept files"}
    pages = [
        {"id": record.id.strip("<>").rpartition(":")[2], "url": record.url, "ts": _second(record.date)}
        for record in written
        if record.url and not record.url.startswith("ni:")
        and (record.kind == "resource" or (record.status is not None and not 300 <= record.status < 400))
    ]  # fmt: skip
    return b"".join(json.dumps(line).encode() + b"\n" for line in (first, *pages))


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, ZIP_TIME)
            entry.create_system = 3  # so that the same is written on each system
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)
    return out.getvalue()


def _hash(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _second(date: str) -> str:
    """Return a time without its fractions of a second."""
    return re.sub(r"\.\d+", "", date)
