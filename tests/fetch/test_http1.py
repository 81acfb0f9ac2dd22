"""An answer that nothing has changed is taken at a look; every other one is read, and refused, as it always was."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from monitor.errors import FetchError, TooSlowError, UnreachableError
from monitor.fetch.backend import addresses
from monitor.fetch.exchange import UNCHANGED, Connection
from tests.support.servers import DEADLINE, Reply, Server, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers import Page, Request

SHORT = 0.3  # seconds, for exchanges that must run into their deadline
CONDITION = (b"if-none-match", b'"1"')
SAME = b"HTTP/1.1 304 Not Modified\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE = {
    "304 in two pieces": raw(SAME + b"ETag: ", b'"1"\r\n\r\n'),
    "304 byte by byte": raw(*(bytes([byte]) for byte in SAME + b"\r\n")),
    "304 without a reason": raw(b"HTTP/1.1 304\r\n\r\n"),
    "304 in HTTP/1.0": raw(b"HTTP/1.0 304 Not Modified\r\n\r\n"),
    "304 in small letters": raw(b"http/1.1 304 Not Modified\r\n\r\n"),
    "304 in HTTP/2.0": raw(b"HTTP/2.0 304 Not Modified\r\n\r\n"),
    "304 that closes": raw(SAME + b"Connection: close\r\n\r\n"),
    "304 with a body": raw(SAME + b"Content-Length: 5\r\n\r\nhello"),
    "304 in chunks": raw(SAME + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "304 in an unknown encoding": raw(SAME + b"Transfer-Encoding: magic\r\n\r\n"),
    "304 of two lengths": raw(SAME + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    "304 of no length": raw(SAME + b"Content-Length: five\r\n\r\n"),
    "304 and a second answer": raw(SAME + b"\r\n" + OK + b"Content-Length: 2\r\n\r\nno"),
    "304 after others": raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100 + SAME + b"\r\n"),
    "304 with bare line ends": raw(b"HTTP/1.1 304 Not Modified\nETag: 1\n\n"),
    "a folded header": raw(SAME + b"ETag: 1\r\n 2\r\n\r\n"),
    "a header without a colon": raw(SAME + b"ETag\r\n\r\n"),
    "a header with a blank in its name": raw(SAME + b"E Tag: 1\r\n\r\n"),
    "a header with a zero byte": raw(SAME + b"ETag: \0\r\n\r\n"),
    "a header without end": raw(SAME + b"ETag: ", b"x" * 200_000),
    "headers without end": raw(SAME, b"X: 1\r\n" * 40_000),
    "a switch of protocols": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "no answer": raw(b""),
    "no HTTP": raw(b"SSH-2.0-OpenSSH\r\n"),
    "a status line cut off": raw(b"HTTP/1.1 3"),
    "a head cut off": raw(SAME + b"ETag: 1\r\n"),
    "a document": raw(OK + b"Content-Length: 5\r\n\r\nhello"),
    "a document and more": raw(OK + b"Content-Length: 5\r\n\r\nhello, world"),
    "a document cut off": raw(OK + b"Content-Length: 50\r\n\r\nhello"),
    "a document until the end": raw(OK + b"\r\nhello"),
    "a bad chunk": raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
    "a chunk cut off": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello"),
    "a length below zero": raw(OK + b"Content-Length: -1\r\n\r\nhello"),
    "a refusal": raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection that is closed after the test."""
    made = Connection(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
    yield made
    made.close()


def outcome(connection: Connection, url: str, *, conditional: bool, seconds: float = DEADLINE) -> tuple[object, ...]:
    """What became of a request: status and body, or the kind of error and what it says."""
    try:
        answer = connection.send(
            "GET", httpx.URL(url), [CONDITION], seconds=seconds, max_bytes=1_000, conditional=conditional
        )
    except FetchError as fault:
        return type(fault), str(fault)
    return answer.status_code, answer.content


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
def test_the_look_changes_nothing_of_what_an_answer_means(page: Page) -> None:
    """The same status and body, or the same fault in the same words."""
    seen = []
    with Server({"/": Reply(body=b"ok"), "/hostile": page}) as server:
        for conditional in (False, True):
            with closing(Connection(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)) as own:
                assert outcome(own, server.address(), conditional=conditional) == (200, b"ok")
                seen.append(outcome(own, server.address("/hostile"), conditional=conditional))
        assert server.connections == 2
    assert seen[0] == seen[1]


def test_the_request_is_the_same_to_the_letter(connection: Connection) -> None:
    """A server can't tell by the request whether the answer will be looked at or read."""
    with Server({"/list": Reply(status=304)}) as server:
        for conditional in (False, True, True):
            assert outcome(connection, server.address("/list?a=1"), conditional=conditional)[0] in {304, 404}
        first, *others = server.requests
        assert others == [first, first]
        assert server.connections == 1


def test_answers_without_news_share_a_connection(connection: Connection) -> None:
    """The answer itself, in the forms that servers send it, is the constant; a document between them is a document."""
    plain = Reply(status=304, headers=(("ETag", '"1"'), ("Connection", "keep-alive")))
    with Server({"/same": plain, "/new": Reply(body=b"new")}) as server:
        for path in ("/same", "/new", "/same", "/same", "/new"):
            answer = connection.send(
                "GET", httpx.URL(server.address(path)), [CONDITION], seconds=DEADLINE, max_bytes=99, conditional=True
            )
            assert (answer is UNCHANGED) == (path == "/same")
            assert answer.content == (b"" if path == "/same" else b"new")
        assert server.connections == 1


@pytest.mark.parametrize("status", [200, 304, 404])
def test_what_follows_an_answer_is_never_the_next_answer(connection: Connection, status: int) -> None:
    """Bytes that nobody asked for end the connection, even where they look like an answer."""
    forged = OK + b"Content-Length: 6\r\n\r\nforged"
    good = Reply(body=b"good")
    bad = Reply(status=status, headers=(("Content-Length", "0"),), body=forged)
    with Server({"/": good, "/bad": bad}) as server:
        for conditional in (False, True):
            assert outcome(connection, server.address("/bad"), conditional=conditional) == (status, b"")
            assert outcome(connection, server.address(), conditional=conditional) == (200, b"good")


def test_a_header_that_can_not_be_sent_is_not_sent(connection: Connection) -> None:
    """A line end in a condition makes no second header."""
    with Server({"/": Reply(status=304)}) as server:
        for conditional in (False, True):
            with pytest.raises(UnreachableError):
                connection.send(
                    "GET", httpx.URL(server.address()), [(b"if-none-match", b"1\r\nx: 2")], seconds=DEADLINE,
                    max_bytes=99, conditional=conditional,
                )  # fmt: skip
        assert server.requests == []


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 304 ", SAME + b"ETag: ", OK + b"Content-Length: 999\r\n\r\n"])
def test_a_slow_drip_ends_at_the_deadline(connection: Connection, start: bytes) -> None:
    """However the answer begins, and however regularly its bytes come."""

    def drip(server: Server) -> Callable[[Request], Iterator[bytes]]:
        def pieces() -> Iterator[bytes]:
            yield start
            while not server.closing.wait(SHORT / 10):
                yield b"x"

        return lambda _: pieces()

    with Server() as server:
        server.pages["/"] = drip(server)
        kind, message = outcome(connection, server.address(), conditional=True, seconds=SHORT)
    assert kind is TooSlowError
    assert "0.3 seconds" in str(message)


def test_a_connection_that_the_server_has_left_is_made_anew(connection: Connection) -> None:
    """An answer that says `close`, and one after which the server just leaves, cost the next request nothing."""
    closing = raw(SAME + b"Connection: close\r\n\r\n")
    with Server({"/closing": closing, "/leaving": raw(SAME + b"\r\n"), "/": Reply(status=304)}) as server:
        for path in ("/closing", "/", "/", "/leaving"):
            assert outcome(connection, server.address(path), conditional=True) == (304, b"")
        assert server.connections == 2
