"""Writes and reads exchanges: what a server was asked, and how it answered, beside the bytes of the answer.

A body that came packed, and the certificates of a server, are files of the archive. They are written there first
(`keep_files`), and then the row that names them (`add_exchange`). No row is ever altered.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from monitor.store.rows import compact
from monitor.store.statements import state
from monitor.times import instant, moment, precise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Exchange
    from monitor.store.archive import Archive
    from monitor.store.database import QueryRow, Store

    Headers = tuple[tuple[str, str], ...]

NESTED = ("headers", "redirects", "request", "tls")  # columns that hold JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRow:
    """How a connection was secured: version, cipher, and the SHA-256 of each certificate that the server showed."""

    version: str
    cipher: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HopRow:
    """One request and the answer to it; its fields are those of `monitor.model.Exchange`, its times are texts.

    `server_address` and `server_port` are both None where the connection did not tell them, as through a proxy.
    """

    asked_at: str
    headers_at: str
    ended_at: str
    method: str
    url: str
    request_headers: Headers
    http_version: str
    status: int
    reason: str
    headers: Headers
    headers_cut: int
    server_address: str | None
    server_port: int | None
    by_proxy: bool = False
    tls: TlsRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow(HopRow):
    """The exchange that brought the bytes of a capture.

    - `redirects`: the exchanges that led there, in order.
    - `packed_sha256`, `packed_bytes`: of the body as it came, where it came packed; else None.
    - `program`: the name and version of the program that asked.
    """

    redirects: tuple[HopRow, ...]
    packed_sha256: str | None
    packed_bytes: int | None
    program: str


def row_of(exchange: Exchange) -> ExchangeRow:
    """Return the row of an exchange."""
    packed = exchange.packed
    return ExchangeRow(
        **_hop_fields(exchange),
        redirects=tuple(HopRow(**_hop_fields(hop)) for hop in exchange.redirects),
        packed_sha256=None if packed is None else hashlib.sha256(packed).hexdigest(),
        packed_bytes=None if packed is None else len(packed),
        program=exchange.program,
    )


def canonical(row: ExchangeRow) -> bytes:
    """Return an exchange as one line of JSON: UTF-8, sorted keys, no blanks; texts, integers, lists, objects and null.

    It has every column but `capture_id`, so that equal exchanges have equal lines. `exchange_of_line` reads it back.
    """
    return compact(_columns(row)).encode()


def exchange_of_line(line: str | bytes) -> ExchangeRow:
    """Read back a line that `canonical` wrote."""
    return _row(json.loads(line))


def keep_files(archive: Archive, exchange: Exchange) -> None:
    """Write the packed body and the certificates of an exchange to the archive, before a row names them."""
    for content in (*([] if exchange.packed is None else [exchange.packed]), *_certificates(exchange)):
        archive.put(content)


def add_exchange(store: Store, capture_id: int, exchange: Exchange) -> None:
    """Add the exchange of a capture, whose files `keep_files` has written; in the transaction that adds the capture."""
    note_certificates(store, exchange)
    add_exchange_row(store, capture_id, row_of(exchange))


def add_exchange_row(store: Store, capture_id: int, row: ExchangeRow) -> None:
    """Add the exchange of a capture, whose certificates are noted already."""
    columns = _columns(row)
    texts = {name: compact(columns[name]) for name in NESTED if columns[name] is not None}
    store.write(
        """
        INSERT INTO exchanges (capture_id, asked_at, headers_at, ended_at, request, http_version, status, reason,
            headers, headers_cut, redirects, server_address, server_port, tls, packed_sha256, packed_bytes, program)
        VALUES (:capture_id, :asked_at, :headers_at, :ended_at, :request, :http_version, :status, :reason, :headers,
            :headers_cut, :redirects, :server_address, :server_port, :tls, :packed_sha256, :packed_bytes, :program)
        """,
        columns | texts | {"capture_id": capture_id},
    )
    state(store, "exchange", capture_id)


def note_certificates(store: Store, exchange: Exchange) -> None:
    """Note which files of the archive are the certificates of an exchange."""
    rows = [
        {
            "sha256": hashlib.sha256(certificate).hexdigest(),
            "bytes": len(certificate),
            "url": exchange.url,
            "at": instant(exchange.ended_at),
        }
        for certificate in _certificates(exchange)
    ]
    store.write_each(
        "INSERT OR IGNORE INTO certificates (sha256, bytes, url, shown_at) VALUES (:sha256, :bytes, :url, :at)", rows
    )


def shown_certificates(store: Store) -> Iterator[tuple[str, str, str]]:
    """Yield each certificate that the stored exchanges say a server showed, as `note_certificates` notes it.

    These are its SHA-256, the address that was asked, and the time when the answer had come. An exchange that another
    hand has made unreadable is passed over.
    """
    rows = store.all("SELECT * FROM exchanges WHERE tls IS NOT NULL OR redirects <> '[]'")
    lines = store.all("SELECT exchange FROM mementos WHERE exchange IS NOT NULL")
    for readable in (*(partial(_stored, row) for row in rows), *(partial(_of_line, row) for row in lines)):
        try:
            exchange = readable()
        except (ValueError, TypeError, KeyError):
            continue
        for hop in (*exchange.redirects, exchange):
            for sha256 in hop.tls.certificates if hop.tls else ():
                yield sha256, exchange.url, instant(moment(exchange.ended_at))


def exchange_of(store: Store, capture_id: int) -> ExchangeRow | None:
    """Return the exchange that brought a capture.

    None for an imported file, and for captures from before exchanges were kept.
    """
    row = store.one("SELECT * FROM exchanges WHERE capture_id = :id", {"id": capture_id})
    return _stored(row) if row else None


def exchange_of_version(store: Store, version_id: int) -> ExchangeRow | None:
    """Return the exchange that brought the file of a version, or None as `exchange_of` does."""
    row = store.one(
        """
        SELECT exchanges.* FROM versions JOIN exchanges ON exchanges.capture_id = versions.capture_id
        WHERE versions.id = :id
        """,
        {"id": version_id},
    )
    return _stored(row) if row else None


def _certificates(exchange: Exchange) -> list[bytes]:
    """Return the certificates that were shown in an exchange and on the way there, each once."""
    shown = (certificate for hop in (*exchange.redirects, exchange) if hop.tls for certificate in hop.tls.certificates)
    return list(dict.fromkeys(shown))


def _hop_fields(exchange: Exchange) -> dict[str, Any]:
    address, port = exchange.server or (None, None)
    tls = exchange.tls and TlsRow(
        version=exchange.tls.version,
        cipher=exchange.tls.cipher,
        certificates=tuple(hashlib.sha256(certificate).hexdigest() for certificate in exchange.tls.certificates),
    )
    return {
        "asked_at": precise(exchange.asked_at),
        "headers_at": precise(exchange.headers_at),
        "ended_at": precise(exchange.ended_at),
        "method": exchange.method,
        "url": exchange.url,
        "request_headers": exchange.request_headers,
        "http_version": exchange.http_version,
        "status": exchange.status_code,
        "reason": exchange.reason,
        "headers": exchange.headers,
        "headers_cut": exchange.headers_cut,
        "server_address": address,
        "server_port": port,
        "by_proxy": exchange.by_proxy,
        "tls": tls,
    }


def _columns(row: ExchangeRow) -> dict[str, Any]:
    return _hop_columns(row) | {
        "redirects": [_hop_columns(hop) for hop in row.redirects],
        "packed_sha256": row.packed_sha256,
        "packed_bytes": row.packed_bytes,
        "program": row.program,
    }


def _hop_columns(hop: HopRow) -> dict[str, Any]:
    tls = hop.tls and {
        "version": hop.tls.version,
        "cipher": hop.tls.cipher,
        "certificates": list(hop.tls.certificates),
    }
    return {
        "asked_at": hop.asked_at,
        "headers_at": hop.headers_at,
        "ended_at": hop.ended_at,
        "request": {
            "method": hop.method,
            "url": hop.url,
            "headers": [list(pair) for pair in hop.request_headers],
            **({"proxy": True} if hop.by_proxy else {}),  # absent from older rows, whose hashes stay as they are
        },
        "http_version": hop.http_version,
        "status": hop.status,
        "reason": hop.reason,
        "headers": [list(pair) for pair in hop.headers],
        "headers_cut": hop.headers_cut,
        "server_address": hop.server_address,
        "server_port": hop.server_port,
        "tls": tls,
    }


def _of_line(row: QueryRow) -> ExchangeRow:
    """Return the exchange of a memento as a value."""
    return exchange_of_line(row["exchange"])


def _stored(row: QueryRow) -> ExchangeRow:
    """Return a row of the database as a value."""
    return _row(row | {name: json.loads(row[name]) for name in NESTED if row[name] is not None})


def _row(columns: dict[str, Any]) -> ExchangeRow:
    return ExchangeRow(
        **_fields(columns),
        redirects=tuple(HopRow(**_fields(hop)) for hop in columns["redirects"]),
        packed_sha256=columns["packed_sha256"],
        packed_bytes=columns["packed_bytes"],
        program=columns["program"],
    )


def _fields(columns: dict[str, Any]) -> dict[str, Any]:
    request, tls = columns["request"], columns["tls"]
    plain = ("asked_at", "headers_at", "ended_at", "http_version", "status", "reason", "headers_cut")
    return {name: columns[name] for name in (*plain, "server_address", "server_port")} | {
        "method": request["method"],
        "url": request["url"],
        "request_headers": _pairs(request["headers"]),
        "by_proxy": bool(request.get("proxy")),
        "headers": _pairs(columns["headers"]),
        "tls": tls and TlsRow(**tls | {"certificates": tuple(tls["certificates"])}),
    }


def _pairs(lists: list[list[str]]) -> Headers:
    return tuple((name, value) for name, value in lists)
