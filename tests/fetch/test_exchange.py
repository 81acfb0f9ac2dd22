"""One exchange with a real server on loopback: what it takes, what it refuses, and by which name."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from socket import create_server, gaierror
from typing import TYPE_CHECKING

import h2.exceptions
import h11
import httpcore
import httpx
import pytest
import trustme

from monitor.errors import (
    FetchError,
    ForbiddenAddressError,
    MistakenBodyError,
    TooLargeError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)
from monitor.fetch.backend import addresses
from monitor.fetch.exchange import Connection
from monitor.fetch.faults import naming
from monitor.fetch.route import Route
from tests.support.servers import DEADLINE, Reply, Request, Server, in_turn, raw, reset, speaking_tls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from monitor.fetch.verdict import Response
    from tests.support.servers import Page

    Ask = Callable[..., Response]

SHORT = 0.3  # seconds, for exchanges that must run into their deadline
START = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that only these tests trust."""
    return trustme.CA()


@pytest.fixture
def ask(authority: trustme.CA) -> Iterator[Ask]:
    """Ask over a connection of its own, to loopback unless told otherwise, trusting the tests' authority."""
    connections: list[Connection] = []

    def trusting() -> ssl.SSLContext:
        tls = httpx.create_ssl_context()
        authority.configure_trust(tls)
        return tls

    def ask_once(
        url: str,
        *,
        seconds: float = DEADLINE,
        max_bytes: int = 1_000_000,
        private: bool = True,
        resolve: Callable[[str, int], Sequence[str]] = addresses,
    ) -> Response:
        connections.append(
            Connection(
                route=Route(tls=trusting), resolve=resolve, clock=time.monotonic, allow_private_addresses=private
            )
        )
        return connections[-1].send("GET", httpx.URL(url), [], seconds=seconds, max_bytes=max_bytes)

    yield ask_once
    for connection in connections:
        connection.close()


def drip(server: Server, start: bytes) -> Callable[[Request], Iterator[bytes]]:
    """A page that sends one byte after another, for far longer than it may, and then ends."""

    def pieces() -> Iterator[bytes]:
        yield start
        for _ in range(int(10 * DEADLINE / SHORT)):
            if server.closing.wait(SHORT / 10):
                break
            yield b"x"

    return lambda _: pieces()


def exceptions(module: ModuleType) -> Iterator[type[Exception]]:
    """The kinds of exception that a package publishes."""
    published = (each for each in vars(module).values() if isinstance(each, type))
    return (each for each in published if issubclass(each, Exception))


def descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    """A class and all classes below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


TOPS: tuple[type[Exception], ...] = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError),
    *exceptions(httpcore),
    *(h11.ProtocolError, h2.exceptions.H2Error),
)
LOWER = {each for top in TOPS for each in descendants(top)}
NEED_ARGUMENTS: dict[type[Exception], Exception] = {
    h2.exceptions.InvalidBodyLengthError: h2.exceptions.InvalidBodyLengthError(9, 5),
    h2.exceptions.StreamIDTooLowError: h2.exceptions.StreamIDTooLowError(1, 3),
}
OF_THE_SYSTEM = (OSError, ConnectionResetError, TimeoutError, gaierror, ssl.SSLError, ssl.SSLCertVerificationError)


@pytest.mark.parametrize(
    "kind",
    sorted({*LOWER, *OF_THE_SYSTEM, UnicodeError, ValueError}, key=str),
    ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)
def test_every_error_of_the_libraries_below_has_a_name_of_ours(kind: type[Exception]) -> None:
    """No exception of httpx, httpcore, h11, h2, sockets or TLS passes the boundary as it is."""
    fault = NEED_ARGUMENTS.get(kind) or kind.__new__(kind)
    with pytest.raises(FetchError, match=r"^https://agency\.test/: ") as caught, naming("https://agency.test/"):
        raise fault
    assert caught.value.__cause__ is fault
    assert "\n" not in str(caught.value)


def test_every_exception_that_httpx_publishes_is_among_those() -> None:
    """A new kind of exception in httpx would make this fail."""
    assert set(exceptions(httpx)) <= LOWER


def test_status_headers_and_body_come_as_they_were_sent(ask: Ask) -> None:
    """Header names are in lower case, their values and the body untouched."""
    page = Reply(headers=(("ETag", 'W/"\xe4-1"'), ("X-Twice", "a"), ("X-Twice", "b")), body=bytes(range(256)))
    with Server({"/": page}) as server:
        reply = ask(server.address())
    assert reply.status_code == 200
    assert reply.headers[:3] == (("etag", 'W/"\xe4-1"'), ("x-twice", "a"), ("x-twice", "b"))
    assert reply.content == bytes(range(256))


def test_a_connection_is_kept_and_is_dropped_after_a_fault() -> None:
    """Answers that were read to their end share a connection; a fault or an unread redirect ends it."""
    cut = raw(START + b"Content-Length: 9\r\n\r\nabc")
    pages: dict[str, Page] = {
        "/": Reply(body=b"ok"),
        "/cut": cut,
        "/away": Reply(status=302, headers=(("Location", "/"),), body=b"go"),
    }
    with Server(pages) as server:
        connection = Connection(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
        seen = []
        for path in ("/", "/", "/away", "/", "/cut", "/"):
            try:
                connection.send("GET", httpx.URL(server.address(path)), [], seconds=DEADLINE, max_bytes=100)
            except TruncatedError:
                assert path == "/cut"
            seen.append(server.connections)
        connection.close()
    assert seen == [1, 1, 1, 2, 2, 3]


# --- too little ---


@pytest.mark.parametrize(
    "page",
    [
        raw(START + b"Content-Length: 100\r\n\r\nonly this"),
        raw(START + b"Transfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n"),
        raw(START + b"Transfer-Encoding: chunked\r\n\r\n4\r\nonly\r\nzz\r\n"),
        raw(START + b"Content-Length: 100\r\n\r\n"),
    ],
    ids=["content-length", "chunked", "broken chunk", "no body at all"],
)
def test_a_body_cut_short_is_truncated(ask: Ask, page: Callable[[Request], Iterator[bytes]]) -> None:
    """Fewer bytes than announced are never taken for the document."""
    with Server({"/": page}) as server, pytest.raises(TruncatedError, match="broke off"):
        ask(server.address())


def test_a_connection_reset_within_the_body_is_truncated(ask: Ask) -> None:
    """A reset after the headers is told from one before them."""

    def page(request: Request) -> Iterator[bytes]:
        yield START + b"Content-Length: 100\r\n\r\nonly"
        reset(request)

    with Server({"/": page}) as server, pytest.raises(TruncatedError):
        ask(server.address())


def test_gzip_that_breaks_off_is_truncated(ask: Ask) -> None:
    """A gzip stream without its end is truncated, though Content-Length fits."""
    body = gzip.compress(b"a list of jurisdictions" * 100)[:-9]
    page = Reply(headers=(("Content-Encoding", "gzip"),), body=body)
    with Server({"/": page}) as server, pytest.raises(TruncatedError, match="gzip"):
        ask(server.address())


# --- too much ---


def test_an_endless_body_ends_at_the_cap(ask: Ask) -> None:
    """A server that never stops sending is left at `max_bytes`."""

    def page(_: Request) -> Iterator[bytes]:
        yield START + b"\r\n"
        while True:
            yield b"x" * 10_000

    with Server({"/": page}) as server, pytest.raises(TooLargeError, match="100,000 bytes"):
        ask(server.address(), max_bytes=100_000)


def test_an_announced_size_over_the_cap_is_refused_unread(ask: Ask) -> None:
    """Content-Length alone is enough to refuse."""
    with Server({"/": raw(START + b"Content-Length: 1000001\r\n\r\n")}) as server, pytest.raises(TooLargeError):
        ask(server.address(), max_bytes=1_000_000)


def test_a_body_of_just_the_cap_is_taken(ask: Ask) -> None:
    """The cap itself is allowed, packed or not."""
    packed = Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"x" * 1000))
    with Server({"/": Reply(body=b"x" * 1000), "/gzip": packed}) as server:
        assert len(ask(server.address(), max_bytes=1000).content) == 1000
        assert len(ask(server.address("/gzip"), max_bytes=1000).content) == 1000
        with pytest.raises(TooLargeError):
            ask(server.address("/gzip"), max_bytes=999)


def test_a_gzip_bomb_is_refused_without_being_unpacked(ask: Ask) -> None:
    """Two million bytes in one small piece cost no more memory than the cap allows."""
    bomb = gzip.compress(bytes(2_000_000))
    with Server({"/": Reply(headers=(("Content-Encoding", "gzip"),), body=bomb)}) as server:
        tracemalloc.start()
        with pytest.raises(TooLargeError):
            ask(server.address(), max_bytes=10_000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    "start", [START + b"X-Flood: ", START + b"X-Flood: 1\r\n" * 20_000], ids=["one line", "many lines"]
)
def test_headers_without_end_are_refused(ask: Ask, start: bytes) -> None:
    """A flood of headers is too large, not a lost connection to try again."""

    def page(_: Request) -> Iterator[bytes]:
        yield start
        yield from [b"x" * 10_000] * 50

    with Server({"/": page}) as server, pytest.raises(TooLargeError, match="headers"):
        ask(server.address())


# --- packed ---


def test_gzip_is_unpacked_member_by_member(ask: Ask) -> None:
    """A stream of several gzip members is one body."""
    body = gzip.compress(b"counties, ") + gzip.compress(b"cities")
    with Server({"/": Reply(headers=(("Content-Encoding", "gzip"),), body=body)}) as server:
        assert ask(server.address()).content == b"counties, cities"


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_refused(ask: Ask, encoding: str) -> None:
    """Only gzip is asked for, so nothing else is unpacked or kept packed."""
    page = Reply(headers=(("Content-Encoding", encoding),), body=b"packed")
    with Server({"/": page}) as server, pytest.raises(MistakenBodyError, match=encoding):
        ask(server.address())


def test_broken_gzip_is_a_mistaken_body(ask: Ask) -> None:
    """Bytes that claim to be gzip and are not are named as that."""
    page = Reply(headers=(("Content-Encoding", "gzip"),), body=b"not gzip")
    with Server({"/": page}) as server, pytest.raises(MistakenBodyError, match="gzip"):
        ask(server.address())


def test_an_error_status_is_believed_without_its_body(ask: Ask) -> None:
    """A 404 whose body breaks off is still a 404."""
    with Server({"/": raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nsorry")}) as server:
        reply = ask(server.address())
    assert (reply.status_code, reply.content) == (404, b"")


# --- too slow ---


@pytest.mark.parametrize(
    "start",
    [START + b"Content-Length: 100000\r\n\r\n", START + b"X-Slow: ", b""],
    ids=["body", "headers", "status line"],
)
def test_bytes_that_drip_end_at_the_deadline(ask: Ask, start: bytes) -> None:
    """No single read takes long, and still the exchange ends in time."""
    with Server() as server:
        server.pages["/"] = drip(server, start)
        with pytest.raises(TooSlowError, match=r"0\.3 seconds"):
            ask(server.address(), seconds=SHORT)


def test_endless_interim_responses_end_at_the_deadline(ask: Ask) -> None:
    """A server that says 103 for ever makes no answer."""
    with Server() as server:

        def page(_: Request) -> Iterator[bytes]:
            for __ in range(int(10 * DEADLINE / SHORT)):
                if server.closing.wait(SHORT / 10):
                    break
                yield b"HTTP/1.1 103 Early Hints\r\n\r\n"

        server.pages["/"] = page
        with pytest.raises(TooSlowError):
            ask(server.address(), seconds=SHORT)


def test_a_silent_server_ends_at_the_deadline(ask: Ask) -> None:
    """A read that gets nothing is cut to what the deadline leaves."""
    with Server() as server:
        server.pages["/"] = lambda _: iter([b""] if server.closing.wait(DEADLINE) else [])
        with pytest.raises(TooSlowError, match=r"0\.3 seconds"):
            ask(server.address(), seconds=SHORT)


def test_a_tls_handshake_that_never_ends_ends_at_the_deadline(ask: Ask) -> None:
    """A server that takes the connection and says nothing can't hold up TLS."""
    with create_server(("127.0.0.1", 0)) as listener, pytest.raises(TooSlowError):
        ask(f"https://127.0.0.1:{listener.getsockname()[1]}/", seconds=SHORT)


def test_a_resolver_that_hangs_ends_at_the_deadline(ask: Ask) -> None:
    """The system's resolver takes no time limit, and still the exchange ends in time."""
    released = threading.Event()

    def hang(_: str, __: int) -> Sequence[str]:
        released.wait(DEADLINE)
        return []

    with pytest.raises(TooSlowError, match="DNS"):
        ask("http://agency.test/", seconds=SHORT, resolve=hang)
    released.set()


# --- no connection ---


def test_a_refused_connection_is_unreachable(ask: Ask) -> None:
    """Nobody listens there."""
    with Server() as server:
        address = server.address()
    with pytest.raises(UnreachableError, match="Connection refused"):
        ask(address)


def test_the_next_address_is_tried_where_one_refuses(ask: Ask) -> None:
    """A host with a dead address and a live one is reached."""
    with Server({"/": Reply(body=b"ok")}) as server:
        url = server.address(host="agency.test")
        assert ask(url, resolve=lambda _, __: ["::1", "127.0.0.1"]).content == b"ok"


@pytest.mark.parametrize(
    "fault", [gaierror(-2, "Name or service not known"), UnicodeError("label too long")], ids=["unknown", "no name"]
)
def test_a_host_without_address_is_unreachable(ask: Ask, fault: Exception) -> None:
    """A name that does not resolve, or can't, is no connection."""

    def resolve(_: str, __: int) -> Sequence[str]:
        raise fault

    with pytest.raises(UnreachableError, match=str(fault.args[-1])):
        ask("http://agency.test/", resolve=resolve)


@pytest.mark.parametrize(
    "page", [raw(b"220 mail.agency.test ESMTP\r\n"), raw(b""), reset], ids=["smtp", "none", "reset"]
)
def test_what_is_no_http_is_unreachable(ask: Ask, page: Callable[[Request], Iterator[bytes]]) -> None:
    """Another protocol, a server that hangs up, a connection reset: no answer."""
    with Server({"/": page}) as server, pytest.raises(UnreachableError):
        ask(server.address())


# --- TLS ---


def test_a_trusted_server_is_asked_over_tls_under_its_own_name(ask: Ask, authority: trustme.CA) -> None:
    """The connection goes to the checked address; TLS and Host still carry the name."""
    tls = speaking_tls(authority.issue_cert("www.agency.test"))
    with Server({"/": Reply(body=b"ok")}, tls=tls) as server:
        url = server.address(host="www.agency.test")
        assert ask(url, resolve=lambda _, __: ["127.0.0.1"]).content == b"ok"
    assert server.requests[0].headers["host"] == f"www.agency.test:{server.port}"


@pytest.mark.parametrize(
    ("issued_to", "days", "message"),
    [("localhost", -1, "TLS: certificate has expired"), ("elsewhere.test", 1, "TLS: Hostname mismatch")],
    ids=["expired", "wrong host"],
)
def test_a_certificate_that_does_not_hold_is_unreachable(
    ask: Ask, authority: trustme.CA, issued_to: str, days: int, message: str
) -> None:
    """Expired, or for another host: the error names TLS and the reason, and nothing was asked."""
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        issued_to, not_before=now - timedelta(days=9), not_after=now + timedelta(days=days)
    )
    tls = speaking_tls(certificate)
    with Server({"/": Reply()}, tls=tls) as server, pytest.raises(UnreachableError, match=message):
        ask(server.address(host="localhost"), resolve=lambda _, __: ["127.0.0.1"])
    assert server.requests == []


def test_an_authority_that_nobody_trusts_is_unreachable(ask: Ask) -> None:
    """A certificate of an unknown authority: the error names TLS and the reason."""
    tls = speaking_tls(trustme.CA().issue_cert("127.0.0.1"))
    with Server({"/": Reply()}, tls=tls) as server, pytest.raises(UnreachableError, match="TLS: unable to get local"):
        ask(server.address())
    assert server.requests == []


def test_a_server_without_tls_is_unreachable_over_https(ask: Ask) -> None:
    """Plain HTTP where TLS should be is a TLS fault."""
    with Server() as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        with pytest.raises(UnreachableError, match="TLS"):
            ask(server.address().replace("http:", "https:"))


# --- HTTP/2 ---


@pytest.fixture
def http2(authority: trustme.CA) -> Iterator[Server]:
    """A server that speaks HTTP/2 over TLS."""
    with Server(host="127.0.0.1", tls=speaking_tls(authority.issue_cert("127.0.0.1"), "h2", "http/1.1")) as server:
        yield server


def test_http2_is_spoken_where_the_server_offers_it(ask: Ask, http2: Server) -> None:
    """ALPN settles on h2, and the answer is the same."""
    http2.pages["/"] = Reply(headers=(("ETag", '"a"'),), body=b"over http/2")
    reply = ask(http2.address())
    assert (reply.content, reply.header("etag")) == (b"over http/2", '"a"')
    assert http2.requests[0].version == "HTTP/2"


def test_a_short_body_over_http2_is_truncated(ask: Ask, http2: Server) -> None:
    """Content-Length is held against what came over HTTP/2 too."""
    http2.pages["/"] = Reply(headers=(("Content-Length", "100"),), body=b"only this")
    with pytest.raises(TruncatedError):
        ask(http2.address())


def test_http2_faults_end_the_connection_cleanly(ask: Ask, http2: Server) -> None:
    """A stream that is left at the cap, or an error body that is, leaves nothing behind."""
    http2.pages["/"] = Reply(body=b"x" * 10_000)
    http2.pages["/error"] = Reply(status=500, body=b"x" * 10_000)
    with pytest.raises(TooLargeError):
        ask(http2.address(), max_bytes=100)
    assert ask(http2.address("/error"), max_bytes=100).content == b""


def test_http2_headers_without_end_are_refused(ask: Ask, http2: Server) -> None:
    """The limit on headers holds for HTTP/2."""
    http2.pages["/"] = Reply(headers=tuple((f"X-Flood-{number}", "x" * 1000) for number in range(200)))
    with pytest.raises(TooLargeError, match="headers"):
        ask(http2.address())


# --- addresses ---


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_loopback_is_refused_before_a_connection_is_made(ask: Ask, host: str) -> None:
    """By number, IPv4 or IPv6: the server never hears of it."""
    with Server({"/": Reply()}, host=host) as server:
        with pytest.raises(ForbiddenAddressError, match="no public address"):
            ask(server.address(), private=False)
        assert ask(server.address()).status_code == 200
    assert server.connections == 1


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433"])
def test_names_that_lead_to_loopback_are_refused(ask: Ask, host: str) -> None:
    """What counts is the address a name leads to, however it is written."""
    with Server({"/": Reply()}) as server, pytest.raises(ForbiddenAddressError):
        ask(server.address(host=host), private=False, resolve=addresses)
    assert server.connections == 0


def test_a_connection_goes_to_the_very_address_that_was_checked(ask: Ask) -> None:
    """The name is looked up once: a second look-up, which could say otherwise, never happens (DNS rebinding)."""
    told = [["127.0.0.1"], ["::1"]]
    with Server({"/": Reply(body=b"ok")}) as server:
        assert ask(server.address(host="agency.test"), resolve=lambda _, __: told.pop(0)).content == b"ok"
    assert told == [["::1"]]


def test_each_new_connection_is_checked_again() -> None:
    """A name that led to an allowed address and now leads inside is refused, though it was asked before."""
    with Server({"/": in_turn(raw(b""), Reply(body=b"inside"))}) as server:
        told = [[], ["127.0.0.1"]]
        connection = Connection(
            resolve=lambda _, __: told.pop(0),
            clock=time.monotonic,
            allow_private_addresses=False,
        )
        url = httpx.URL(server.address(host="agency.test"))
        with pytest.raises(UnreachableError, match="has no address"):
            connection.send("GET", url, [], seconds=DEADLINE, max_bytes=100)
        with pytest.raises(ForbiddenAddressError, match=r"agency\.test leads to 127\.0\.0\.1"):
            connection.send("GET", url, [], seconds=DEADLINE, max_bytes=100)
        connection.close()
    assert server.connections == 0
