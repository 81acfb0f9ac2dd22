"""How an answer came is noted as it was: by real servers that pack, redirect, speak HTTP/2 and TLS, or mean harm."""

from __future__ import annotations

import gzip
import ssl
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from monitor import __version__
from monitor.errors import TooLargeError
from monitor.fetch.exchange import send_once
from monitor.fetch.fetcher import Conditions, NotModified
from monitor.fetch.route import Route
from monitor.fetch.trace import MAX_KEPT_HEADER_BYTES, SECRETS
from tests.fetch.test_fetcher import LOOPBACK, PAGE, Client
from tests.support.servers import DEADLINE, Reply, Server, raw, redirect, speaking_tls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Exchange
    from tests.support.servers import Page

HTML = ("Content-Type", "text/html; charset=utf-8")


@contextmanager
def serving(page: Page, *protocols: str) -> Iterator[tuple[Client, Server, trustme.LeafCert]]:
    """A server with one page over TLS, and a client that trusts it."""
    authority = trustme.CA()
    certificate = authority.create_child_ca().issue_cert("127.0.0.1")

    def trusting() -> ssl.SSLContext:
        context = httpx.create_ssl_context()
        authority.configure_trust(context)
        return context

    client = Client(route=Route(tls=trusting))
    with Server({"/list": page}, tls=speaking_tls(certificate, *protocols)) as server, client.fetcher:
        yield client, server, certificate


def exchange_with(page: Page) -> Exchange:
    """The exchange with a server that has one page, without TLS."""
    client = Client()
    with Server({"/list": page}) as server, client.fetcher:
        exchange = client.get(server.address("/list")).exchange
    assert exchange is not None
    return exchange


def test_all_of_an_exchange_is_noted_as_it_was() -> None:
    """Every header in its own letters and order, twice where it came twice; request, address, status and times."""
    headers = (HTML, ("Set-COOKIE", "a=1"), ("set-cookie", "b=2"), ("X-Mixed-Case", "  Ängström  "))
    client = Client()
    before = datetime.now(UTC)
    with Server({"/list": Reply(headers=headers, body=PAGE.body)}) as server, client.fetcher:
        exchange = client.get(server.address("/list")).exchange
    assert exchange is not None
    assert exchange.headers == (
        *headers[:3],
        ("X-Mixed-Case", "Ängström"),
        ("Content-Length", str(len(PAGE.body))),
    )
    assert (exchange.http_version, exchange.status_code, exchange.reason) == ("HTTP/1.1", 200, "OK")
    assert (exchange.method, exchange.url) == ("GET", server.address("/list"))
    assert dict(exchange.request_headers) == server.requests[0].headers
    assert exchange.server == ("127.0.0.1", server.port)
    assert before <= exchange.asked_at <= exchange.headers_at <= exchange.ended_at <= datetime.now(UTC)
    assert exchange.program == f"monitor/{__version__}"
    assert (exchange.tls, exchange.packed, exchange.redirects, exchange.headers_cut) == (None, None, (), 0)


def test_the_version_and_the_reason_are_the_servers_own() -> None:
    """An old server says what it wants."""
    exchange = exchange_with(raw(b"HTTP/1.0 200 Here You Are\r\nServer: old\r\n\r\n" + PAGE.body))
    assert (exchange.http_version, exchange.reason) == ("HTTP/1.0", "Here You Are")
    assert exchange.headers == (("Server", "old"),)


def test_a_packed_body_is_kept_as_it_came() -> None:
    """Several members of gzip, which nobody could pack again in the same way."""
    packed = gzip.compress(PAGE.body[:20], 1) + gzip.compress(PAGE.body[20:], 9)
    client = Client()
    page = Reply(headers=(HTML, ("Content-Encoding", "gzip")), body=packed)
    with Server({"/list": page}) as server, client.fetcher:
        answer = client.get(server.address("/list"))
    assert answer.content == PAGE.body
    assert answer.exchange is not None
    assert answer.exchange.packed == packed


def test_a_chunked_body_is_noted_with_the_header_that_said_so() -> None:
    """Its chunks are not: they tell of the connection and not of the document."""
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
    pieces = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (PAGE.body[:9], PAGE.body[9:]))
    exchange = exchange_with(raw(start, *pieces, b"0\r\n\r\n"))
    assert exchange.headers == (("Transfer-Encoding", "chunked"), ("Content-Type", "text/html"))


def test_redirects_are_noted_each_as_an_exchange() -> None:
    """With the address of each, in order, and without bodies."""
    client = Client()
    with Server({"/list": PAGE}) as last, Server() as first, client.fetcher:
        first.pages["/a"] = redirect("/b", status=301)
        first.pages["/b"] = redirect(last.address("/list", host="localhost"))
        exchange = client.get(first.address("/a")).exchange
    assert exchange is not None
    assert [(hop.url, hop.status_code, hop.server) for hop in exchange.redirects] == [
        (first.address("/a"), 301, ("127.0.0.1", first.port)),
        (first.address("/b"), 302, ("127.0.0.1", first.port)),
    ]
    assert [dict(hop.headers)["Location"] for hop in exchange.redirects] == [
        "/b",
        last.address("/list", host="localhost"),
    ]
    assert exchange.url == last.address("/list", host="localhost")
    times = [at for hop in (*exchange.redirects, exchange) for at in (hop.asked_at, hop.headers_at, hop.ended_at)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("protocol", "said", "reason"), [("http/1.1", "HTTP/1.1", "OK"), ("h2", "HTTP/2", "")], ids=["http/1.1", "h2"]
)
def test_tls_is_noted_with_the_certificates_that_were_shown(protocol: str, said: str, reason: str) -> None:
    """Over HTTP/1.1 and HTTP/2; the certificates as bytes, so that their hashes are those that other tools print.

    Before Python 3.13 only the first can be had.
    """
    with serving(PAGE, protocol) as (client, server, certificate):
        exchange = client.get(server.address("/list")).exchange
    assert exchange is not None
    assert (exchange.http_version, exchange.status_code, exchange.reason) == (said, 200, reason)
    assert exchange.server == ("127.0.0.1", server.port)
    assert exchange.tls is not None
    assert exchange.tls.version == "TLSv1.3"
    assert exchange.tls.cipher.startswith("TLS_")
    shown = tuple(ssl.PEM_cert_to_DER_cert(each.bytes().decode()) for each in certificate.cert_chain_pems)
    assert len(shown) == 2
    assert exchange.tls.certificates == (shown if sys.version_info >= (3, 13) else shown[:1])
    name = (lambda text: text.lower()) if protocol == "h2" else str
    headers = PAGE.headers if protocol == "h2" else (*PAGE.headers, ("Content-Length", str(len(PAGE.body))))
    assert exchange.headers == tuple((name(key), value) for key, value in headers)


def test_not_modified_has_no_exchange(client: Client) -> None:
    """There is nothing to keep."""
    with Server({"/list": Reply(status=304)}) as server:
        answer = client.fetcher.get(
            server.address("/list"), expect="html", allowed_hosts=LOOPBACK, conditions=Conditions(etag='"v1"')
        )
    assert isinstance(answer, NotModified)


def test_headers_beyond_the_limit_are_left_out_and_counted(client: Client) -> None:
    """Headers that are short enough are kept after a long one; how many are missing is said."""
    long = ("X-Long", "y" * (MAX_KEPT_HEADER_BYTES - 200))
    headers = (long, HTML, ("X-Longer", "z" * 300), ("Content-Encoding", "gzip"))
    with Server({"/list": Reply(headers=headers, body=gzip.compress(PAGE.body))}) as server:
        exchange = client.get(server.address("/list")).exchange
    assert exchange is not None
    assert [name for name, _ in exchange.headers] == ["X-Long", "Content-Type", "Content-Encoding", "Content-Length"]
    assert exchange.headers_cut == 1


def test_headers_without_end_are_refused_as_before(client: Client) -> None:
    """The libraries below stop them first."""
    page = Reply(headers=tuple((f"X-{number}", "y" * 1000) for number in range(300)), body=PAGE.body)
    with Server({"/list": page}) as server, pytest.raises(TooLargeError, match="headers without end"):
        client.get(server.address("/list"))


def test_secrets_of_a_request_are_never_noted() -> None:
    """Nor is anything at all of a request that is sent for a channel."""
    with Server({"/hook": Reply(status=204)}) as server:
        url = httpx.URL(server.address("/hook"))
        response = send_once("POST", url, [], body=b"{}", seconds=DEADLINE, max_bytes=1000)
        assert response.exchange is None
    assert {"authorization", "cookie"} <= SECRETS
    client = Client()
    with Server({"/list": PAGE}) as server, client.fetcher:
        asked = client.fetcher.ask(
            server.address("/list"), allowed_hosts=LOOPBACK, headers=(("Authorization", "LOW key:secret"),)
        )
        assert server.requests[0].headers["authorization"] == "LOW key:secret"
    assert asked.exchange is not None
    assert "secret" not in str(asked.exchange)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that may go to loopback."""
    client = Client()
    with client.fetcher:
        yield client
