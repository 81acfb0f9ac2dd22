"""An exchange with a server is stored beside its capture, to be read back to the letter, and never altered."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Exchange, Tls
from monitor.store import exchanges, queries
from monitor.store.archive import Archive
from monitor.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 1, 5, 12, 30, 1, 250, tzinfo=UTC)
PLAIN = Exchange(
    asked_at=AT,
    headers_at=AT + timedelta(seconds=1),
    ended_at=AT + timedelta(seconds=2),
    method="GET",
    url="http://example.org/a",
    request_headers=(("host", "example.org"),),
    http_version="HTTP/1.1",
    status_code=200,
    reason="OK",
    headers=(("Server", "Ängström \x01"), ("server", "")),
    program="monitor/1",
)
FULL = replace(
    PLAIN,
    redirects=(replace(PLAIN, status_code=301, tls=Tls(version="TLSv1.2", cipher="b", certificates=(b"one", b"two"))),),
    tls=Tls(version="TLSv1.3", cipher="a", certificates=(b"two", b"three")),
    packed=b"packed",
    server=("2001:db8::1", 443),
    headers_cut=3,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database with two captures and no exchange."""
    with Store(tmp_path) as store:
        for number in (1, 2):
            store.write(
                """
                INSERT INTO captures (id, source, url, captured_at, sha256, bytes, digest, headers, via)
                VALUES (:id, 'a', 'http://example.org/first', '2026-01-05T12:30:00Z', '00', 1, '00', '[]', 'poll')
                """,
                {"id": number},
            )
        yield store


@pytest.mark.parametrize("exchange", [PLAIN, FULL], ids=["plain", "full"])
def test_what_is_written_is_read_back(store: Store, exchange: Exchange) -> None:
    """Row, line and exchange say the same."""
    with store.transaction():
        exchanges.add_exchange(store, 1, exchange)
    row = exchanges.exchange_of(store, 1)
    assert row == exchanges.row_of(exchange)
    assert exchanges.exchange_of_line(exchanges.canonical(row)) == row
    assert exchanges.exchange_of(store, 2) is None


def test_the_line_of_an_exchange_is_fixed() -> None:
    """Whoever holds its hash must be able to make it again, in any language."""
    zone = timezone(timedelta(hours=-5))
    line = exchanges.canonical(exchanges.row_of(replace(FULL, redirects=(), asked_at=AT.astimezone(zone))))
    assert line.decode() == (
        '{"asked_at":"2026-01-05T12:30:01.000250Z","ended_at":"2026-01-05T12:30:03.000250Z",'
        '"headers":[["Server","Ängström \\u0001"],["server",""]],"headers_at":"2026-01-05T12:30:02.000250Z",'
        '"headers_cut":3,"http_version":"HTTP/1.1",'
        '"packed_bytes":6,"packed_sha256":"88cb8a087b6e8cebfc9ae5602f5a2159a6bcf923e7f2c56809bcda6cad1727a7",'
        '"program":"monitor/1","reason":"OK","redirects":[],'
        '"request":{"headers":[["host","example.org"]],"method":"GET","url":"http://example.org/a"},'
        '"server_address":"2001:db8::1","server_port":443,"status":200,'
        '"tls":{"certificates":["3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",'
        '"8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"],"cipher":"a","version":"TLSv1.3"}}'
    )


LATIN = st.text(st.characters(max_codepoint=255))


@given(headers=st.lists(st.tuples(LATIN, LATIN)), reason=LATIN, server=st.none() | st.just(("127.0.0.1", 1)))
def test_any_exchange_comes_back_from_its_line(
    headers: list[tuple[str, str]], reason: str, server: tuple[str, int] | None
) -> None:
    """The line is one line, has no numbers but integers, and loses nothing."""
    row = exchanges.row_of(replace(FULL, headers=tuple(headers), reason=reason, server=server))
    line = exchanges.canonical(row)
    assert b"\n" not in line
    assert exchanges.exchange_of_line(line) == row
    json.loads(line, parse_float=pytest.fail, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exchanges SET status = 404",
        "DELETE FROM exchanges",
        "UPDATE certificates SET bytes = 1",
        "DELETE FROM certificates",
    ],
)
def test_nothing_of_it_can_be_altered(store: Store, statement: str) -> None:
    """By mistake, that is; who removes the triggers first is found out by other means."""
    with store.transaction():
        exchanges.add_exchange(store, 1, FULL)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        store.write(statement, {})


def test_its_files_are_among_those_that_must_be_kept(store: Store, tmp_path: Path) -> None:
    """Packed body and certificates, each once, also where two captures came in the same way."""
    archive = Archive(tmp_path / "archive")
    for number in (1, 2):
        exchanges.keep_files(archive, FULL)
        with store.transaction():
            exchanges.add_exchange(store, number, FULL)
    kept = {hashlib.sha256(each).hexdigest(): len(each) for each in (b"packed", b"one", b"two", b"three")}
    assert sorted(archive.names()) == sorted(kept)
    named = [(file.sha256, file.bytes) for file in queries.archived_files(store) if file.sha256 != "00"]
    assert sorted(named) == sorted(kept.items())
