"""Writes kept files, and how they came, as WARC/1.1 (ISO 28500:2017), the format of web archives.

An exchange becomes records of what was received: `request` and `response` for each redirect and for the last answer.
A file without an exchange, such as an imported one, becomes a `resource` record: no answer is invented for it.

- The payload of a response is the body as it came: packed where it came packed.
- A body that came in chunks is written as one chunk, because how it was cut is not kept.
- HTTP/2 has no text form, so its answers get the first line of HTTP/1.1; `WARC-Protocol` says what was spoken.
- Line breaks within a header, which a hostile server can send over HTTP/2, are written as blanks.
- A redirect's body is never read; its record says so by `WARC-Truncated`.
- A `metadata` record has the exchange as `monitor.store.exchanges.canonical` writes it.
- Certificates are `resource` records; each is named by its hash, as a `ni` address (RFC 6920).

Pure: what its functions return depends only on their arguments. The same files make the same bytes, with any version of
the compression library, because nothing is compressed.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from monitor.store.exchanges import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.store.exchanges import ExchangeRow, HopRow

MAX_BLOCK_BYTES = 0xFFFF  # of one stored block of a gzip member (RFC 1951)
BREAKS = re.compile(r"[\r\n\0]")
HTTP = "application/http; msgtype="


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One kept file, and how it came.

    - `url`: the address that the file is of, or that the web archive has it under.
    - `captured_at`: the time of the capture, as in the database.
    - `content`, `media_type`: the bytes of the file, and the server's Content-Type, or None.
    - `exchange`, `packed`: how it came, and the body as it came packed; None where there is none.
    - `certificates`: the certificates that the exchange names, by their SHA-256.
    """

    url: str
    captured_at: str
    content: bytes
    media_type: str | None
    exchange: ExchangeRow | None
    packed: bytes | None
    certificates: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record of a WARC file.

    - `kind`, `url`, `date`, `id`: its type, what it is about (None for the record about the file), when, and its name.
    - `fields`: its further header fields.
    - `head`, `payload`: its block: for HTTP the first line and headers with the empty line after them, and the rest.
    - `media_type`, `status`: of what it holds, for an index; `status` is None where there was no answer.
    """

    kind: str
    url: str | None
    date: str
    id: str
    fields: tuple[tuple[str, str], ...]
    head: bytes
    payload: bytes
    media_type: str | None = None
    status: int | None = None

    @property
    def payload_digest(self) -> str:
        """The hash of the payload, as WARC files give it."""
        return digest(self.payload)

    def to_bytes(self) -> bytes:
        """Return the record as one gzip member."""
        block = self.head + self.payload
        pairs = [
            ("WARC-Type", self.kind),
            ("WARC-Record-ID", self.id),
            *([("WARC-Target-URI", self.url)] if self.url else []),
            ("WARC-Date", self.date),
            *self.fields,
            ("WARC-Block-Digest", digest(block)),
            *([("WARC-Payload-Digest", self.payload_digest)] if self.status or self.kind == "resource" else []),
            ("Content-Length", str(len(block))),
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        return member(f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n")


def warc(captures: Sequence[Captured]) -> bytes:
    """Return a WARC file with these captures; each record is a gzip member of its own."""
    return b"".join(record.to_bytes() for record in warc_records(captures))


def warc_records(captures: Sequence[Captured]) -> list[WarcRecord]:
    """Return the records of a WARC file with these captures, the one about the file first; none comes twice."""
    written = [record for captured in captures for record in _records_of(captured)]
    latest = max((record.date for record in written), default="1970-01-01T00:00:00Z")
    programs = sorted({captured.exchange.program for captured in captures if captured.exchange})
    info = {
        "software": ", ".join(programs) or "monitor",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in info.items()).encode()
    about = _record("warcinfo", None, latest, head=head, fields=(("Content-Type", "application/warc-fields"),))
    return list({record.id: record for record in (about, *written)}.values())


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes as WARC files give it: in base 32."""
    return f"sha256:{b32encode(sha256(content).digest()).decode()}"


def member(content: bytes) -> bytes:
    """Return bytes as one gzip member (RFC 1952) of stored blocks, without a time or a name."""
    blocks = [content[start : start + MAX_BLOCK_BYTES] for start in range(0, len(content), MAX_BLOCK_BYTES)] or [b""]
    stored = (
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ MAX_BLOCK_BYTES) + block
        for number, block in enumerate(blocks, start=1)
    )
    start = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return start + b"".join(stored) + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def named_by_hash(hexadecimal: str) -> str:
    """Return the address (RFC 6920) of whatever has this SHA-256."""
    return f"ni:///sha-256;{urlsafe_b64encode(bytes.fromhex(hexadecimal)).decode().rstrip('=')}"


def _records_of(captured: Captured) -> Iterator[WarcRecord]:
    exchange = captured.exchange
    if exchange is None:
        kind = captured.media_type or "application/octet-stream"
        yield _record(
            "resource",
            _address(captured.url),
            captured.captured_at,
            payload=captured.content,
            fields=(("Content-Type", BREAKS.sub(" ", kind)),),
            media_type=kind,
        )
        return
    for hop in exchange.redirects:
        yield from _exchanged(hop, None)
    assert (captured.packed is None) == (exchange.packed_sha256 is None)
    body = captured.content if captured.packed is None else captured.packed
    response, request = _exchanged(exchange, body)
    yield from (response, request)
    about = (("WARC-Refers-To", response.id), ("WARC-Concurrent-To", response.id), ("Content-Type", "application/json"))
    line = canonical(exchange)
    yield _record("metadata", named_by_hash(sha256(line).hexdigest()), exchange.ended_at, payload=line, fields=about)
    for hop in (*exchange.redirects, exchange):
        for name in hop.tls.certificates if hop.tls else ():
            yield _certificate(name, captured.certificates[name], date=hop.ended_at)


def _certificate(name: str, content: bytes, *, date: str) -> WarcRecord:
    kind = "application/pkix-cert"
    fields = (("Content-Type", kind),)
    return _record("resource", named_by_hash(name), date, payload=content, fields=fields, media_type=kind)


def _exchanged(hop: HopRow, body: bytes | None) -> tuple[WarcRecord, WarcRecord]:
    """Return the records of an answer and of what was asked. `body` is None where it was not read."""
    url = _address(hop.url)
    connection = (
        *([("WARC-IP-Address", hop.server_address)] if hop.server_address else []),
        *(("WARC-Protocol", name) for name in _protocols(hop)),
    )
    answer = (
        *connection,
        *([("WARC-Truncated", "unspecified")] if body is None and _value(hop, "content-length") != "0" else []),
        ("Content-Type", f"{HTTP}response"),
    )
    is_http1 = hop.http_version.startswith("HTTP/1.")
    chunked = is_http1 and (_value(hop, "transfer-encoding") or "").lower() == "chunked"
    payload = body or b""
    response = _record(
        "response",
        url,
        hop.ended_at,
        head=_head(f"{hop.http_version if is_http1 else 'HTTP/1.1'} {hop.status} {hop.reason}", hop.headers),
        payload=_one_chunk(payload) if chunked and body is not None else payload,
        fields=answer,
        media_type=_value(hop, "content-type"),
        status=hop.status,
    )
    target = re.sub(r"\A[a-z]+://[^/?#]*", "", hop.url) or "/"
    request = _record(
        "request",
        url,
        hop.ended_at,
        head=_head(f"{hop.method} {target} HTTP/1.1", hop.request_headers),
        fields=(*connection, ("WARC-Concurrent-To", response.id), ("Content-Type", f"{HTTP}request")),
    )
    return response, request


def _record(
    kind: str,
    url: str | None,
    date: str,
    *,
    fields: tuple[tuple[str, str], ...],
    head: bytes = b"",
    payload: bytes = b"",
    media_type: str | None = None,
    status: int | None = None,
) -> WarcRecord:
    """Return a record whose name is made from what it holds."""
    name = uuid5(NAMESPACE_URL, f"{kind} {url} {date} {digest(head + payload)}")
    return WarcRecord(
        kind=kind,
        url=url,
        date=date,
        id=f"<urn:uuid:{name}>",
        fields=fields,
        head=head,
        payload=payload,
        media_type=media_type,
        status=status,
    )


def _head(first: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """Return the first line of a request or an answer, its headers, and the empty line after them."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{BREAKS.sub(' ', line)}\r\n" for line in (*lines, "")).encode("latin-1", errors="replace")


def _value(hop: HopRow, name: str) -> str | None:
    """Return the first value of a header of an answer, or None."""
    return next((value.strip() for key, value in hop.headers if key.lower() == name), None)


def _one_chunk(body: bytes) -> bytes:
    """Return a body as one chunk, and the chunk of no bytes that ends it (RFC 9112)."""
    return (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"


def _protocols(hop: HopRow) -> list[str]:
    """Return the names of the protocols of an exchange, as in `WARC-Protocol`: like `h2` and `tls/1.3`."""
    http = "h2" if hop.http_version == "HTTP/2" else hop.http_version.lower()
    return [http, *([f"tls/{hop.tls.version.removeprefix('TLSv')}"] if hop.tls else [])]


def _address(url: str) -> str:
    """Return an address with all that no address may have written as %XX."""
    return quote(url, safe="!#$%&'()*+,-./:;=?@[]_~")
