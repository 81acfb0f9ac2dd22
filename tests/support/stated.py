"""Adds to a state folder what the demo leaves out, so that the evidence log has statements of each kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from monitor.model import Capture, DocumentReading, Exchange, Tls
from monitor.store import document_links, documents, exchanges, holds, queries, stamps, versions
from monitor.store.entry import Decision
from monitor.store.leaves import tree
from monitor.store.statements import note_restore, state
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.store.archive import Archive
    from monitor.store.database import Store

AT = datetime(2026, 1, 5, 12, 30, 1, 250, tzinfo=UTC)
EXCHANGE = Exchange(
    asked_at=AT,
    headers_at=AT + timedelta(seconds=1),
    ended_at=AT + timedelta(seconds=2),
    method="GET",
    url="https://example.org/a",
    request_headers=(("host", "example.org"),),
    http_version="HTTP/1.1",
    status_code=200,
    reason="OK",
    headers=(("Server", "Ängström"), ("server", "")),
    program="monitor/1",
    tls=Tls(version="TLSv1.3", cipher="a", certificates=(b"of a",)),
    packed=b"packed",
    server=("203.0.113.1", 443),
)
REDIRECTED = replace(
    EXCHANGE,
    url="https://example.org/b",
    ended_at=AT + timedelta(hours=1),
    redirects=(replace(EXCHANGE, url="https://example.org/c", status_code=301, packed=None, tls=None),),
    tls=Tls(version="TLSv1.2", cipher="b", certificates=(b"of b",)),
    packed=None,
)


def add_each_kind(store: Store, archive: Archive) -> None:
    """Add two rows each: captures over TLS with their exchanges, files of documents, decisions, keys, stamps, restores.

    All of that is the same each time.
    """
    with store.transaction():
        for exchange in (EXCHANGE, REDIRECTED):
            exchanges.keep_files(archive, exchange)
            content = exchange.url.encode()
            capture = Capture(
                url=exchange.url, captured_at=exchange.asked_at, sha256=archive.put(content), size=len(content)
            )
            number = versions.add_capture(
                store, "other", capture, digest=capture.sha256, at=instant(exchange.asked_at), via="poll"
            )
            exchanges.add_exchange(store, number, exchange)
        for version, _ in islice(queries.all_versions(store), 2):
            decision = Decision(by="A. Person", hold_reason="odd")
            holds.note_decision(store, version, decision, released=False, at=instant(AT))
        for number in (1, 2):
            key = stamps.UsedKey(
                origin="example.org/log",
                fingerprint=f"SHA256:{number}",
                public_key=f"ssh-ed25519 {number}",
                used_since=instant(AT),
            )
            state(store, "key", stamps.add_signing_key(store, key) or 0)
            reply = f"reply {number}".encode()
            now = tree(store)
            stamp = stamps.Stamp(
                size=now.size,
                root=now.root.hex(),
                checkpoint=f"example.org/log\n{now.size}\n{now.root.hex()}\n",
                authority=f"https://authority-{number}.example.org",
                asked_at=instant(AT),
                gen_time=instant(AT + timedelta(seconds=number)),
                clock_difference_ms=number,
                reply=archive.put(reply),
                bytes=len(reply),
                verified="openssl",
            )
            state(store, "stamp", stamps.add_stamp(store, stamp))
            note_restore(store, at=instant(AT + timedelta(days=number)))
        for number in (1, 2):
            add_document(store, archive, number)


def add_document(store: Store, archive: Archive, number: int) -> None:
    """Add a document with one file, which is linked by a record."""
    url = f"https://example.org/{number}.pdf"
    content = url.encode()
    line = store.one("SELECT line_id FROM records ORDER BY id LIMIT 1")
    assert line
    link = document_links.DocumentLink(url=url, host="example.org", list="a", field="moa", line_id=line["line_id"])
    document_links.add_links(store, "other", [link], at=instant(AT), is_news=True)
    row = documents.document_with_url(store, "other", url)
    assert row
    capture = Capture(url=url, captured_at=AT, sha256=archive.put(content), size=len(content))
    capture_id = versions.add_capture(store, "other", capture, digest=capture.sha256, at=instant(AT), via="poll")
    reading = DocumentReading(pages=(f"page of {number}", "another"))
    documents.add_file(store, row, capture_id=capture_id, reading=reading, fault=None)
