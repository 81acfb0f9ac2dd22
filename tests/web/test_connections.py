"""Connections that send nothing, or take nothing, cost the others nothing; tried passwords are answered ever later."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.web import server as web_server
from monitor.web.attempts import FORGET_SECONDS, MAX_PAUSE_SECONDS, MAX_REMEMBERED_ADDRESSES, Attempts
from monitor.web.connections import ConnectionLimits, OpenConnections, RequestLimit, counted_as
from monitor.web.context import Access
from tests.web.conftest import serving_of
from tests.web.test_guard import PASSWORD, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEADLINE = 300  # seconds after which a test fails
SOON = 0.2  # seconds


async def said(request: Request) -> PlainTextResponse:
    """A page that says how long the body of its request was."""
    return PlainTextResponse(str(len(await request.body())))


@contextmanager
def serving(limits: ConnectionLimits, application: ASGIApp | None = None) -> Iterator[int]:
    """A server with these limits; gives its port."""
    made: Any = application or Starlette(routes=[Route("/", said, methods=["GET", "POST"])])
    with web_server.bound("127.0.0.1", 0) as listening:
        server = web_server.server(made, limits)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def connected(port: int) -> socket.socket:
    """A connection that has sent nothing."""
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes a connection without a word; False where it says something."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "start",
    [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"],
    ids=["nothing", "one letter", "one line", "half a header", "half a body"],
)  # fmt: skip
def test_a_connection_without_a_whole_request_is_closed(start: bytes) -> None:
    """Wherever the request stops."""
    with serving(ConnectionLimits(request_seconds=SOON)) as port, connected(port) as connection:
        connection.sendall(start)
        assert is_closed(connection)


@pytest.mark.parametrize("together", [True, False], ids=["with the first", "after the first"])
def test_the_second_request_of_a_connection_has_the_same_time(*, together: bool) -> None:
    """Its first piece begins the time anew, also where it came with the request before."""
    first, second = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
    with serving(ConnectionLimits(request_seconds=SOON)) as port, connected(port) as connection:
        connection.sendall(first + (second if together else b""))
        answer = b""
        while not answer.endswith(b"\r\n\r\n0"):
            answer += connection.recv(1)
        if not together:
            connection.sendall(second)
        assert is_closed(connection)


def test_requests_that_come_one_after_the_other_are_all_answered() -> None:
    """Over one connection, in one piece, and in pieces."""
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    last = request.replace(b"Host", b"Connection: close\r\nHost")
    with serving(ConnectionLimits()) as port:
        for pieces in ([request * 4 + last], [request, *(bytes([each]) for each in request + last)]):
            with connected(port) as connection:
                for piece in pieces:
                    connection.sendall(piece)
                answers = b"".join(iter(lambda: connection.recv(65_536), b""))
            assert answers.count(b"200 OK") == (5 if len(pieces) == 1 else 3)


def test_silent_connections_do_not_keep_others_out() -> None:
    """More of them than there may be connections: the longest silent ones make room, and pages are served."""
    limits = ConnectionLimits(connections=5, request_seconds=10 * DEADLINE)
    with serving(limits) as port, ExitStack() as stack:
        silent = [stack.enter_context(connected(port)) for _ in range(20)]
        for _ in range(3):
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=DEADLINE).status_code == 200
        assert all(is_closed(each) for each in silent[:15])


def test_a_reader_that_takes_nothing_of_its_answer_is_let_go() -> None:
    """An answer that is never taken ends."""
    left = threading.Event()

    async def endless(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        gone = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done():
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            await asyncio.sleep(0)
        left.set()

    with serving(ConnectionLimits(answer_seconds=SOON), endless) as port, connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert left.wait(DEADLINE)


def test_requests_beyond_the_limit_are_told_to_come_again() -> None:
    """The others are answered, and when one of them is, there is room."""

    async def scene() -> list[int]:
        go, statuses = asyncio.Event(), []

        async def slow(_: Scope, __: Receive, send: Send) -> None:
            await go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        limited = RequestLimit(slow, most=2)
        under_way = [asyncio.ensure_future(limited({"type": "http"}, receive, send)) for _ in range(2)]
        await asyncio.sleep(0)
        await limited({"type": "http"}, receive, send)
        go.set()
        await asyncio.gather(*under_way)
        await limited({"type": "http"}, receive, send)
        return statuses

    assert asyncio.run(scene()) == [503, 200, 200, 200]


# --- which connection makes room ---


def test_the_longest_silent_connection_of_an_address_makes_room() -> None:
    """Connections of other addresses stay."""
    among = OpenConnections[str](ConnectionLimits(per_address=2, connections=100))
    assert [among.add(name, "a") for name in ("a1", "a2")] == [None, None]
    assert among.add("b1", "b") is None
    assert among.add("a3", "a") == "a1"
    among.begin("a2")
    assert among.add("a4", "a") == "a3"
    among.end("a2")
    assert among.add("a5", "a") == "a4"
    among.remove("a5")
    assert among.add("a6", "a") is None


def test_where_all_others_are_answered_the_new_connection_is_closed() -> None:
    """A request under way is never cut off for another one."""
    for address in ("a", None):
        among = OpenConnections[str](ConnectionLimits(per_address=1, connections=1))
        among.add("old", address)
        among.begin("old")
        assert among.add("new", address) == "new"


def test_addresses_of_this_machine_are_not_counted() -> None:
    """A web server in front of the pages makes all connections from one of them."""
    among = OpenConnections[int](ConnectionLimits(per_address=1, connections=100))
    assert [among.add(number, counted_as("127.0.0.1")) for number in range(50)] == [None] * 50


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
    ],
)
def test_an_address_is_counted_by_its_network(host: str, name: str | None) -> None:
    """One client of IPv6 has a whole network of addresses."""
    assert counted_as(host) == name


# --- passwords ---


def test_wrong_passwords_are_answered_ever_later_and_right_ones_at_once(history: Path) -> None:
    """A request without any is asked for one at once, as browsers expect it."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with serving_of(history, Access(password=PASSWORD, token=TOKEN, sleep=sleep)) as guarded:
        assert guarded.get("/").status_code == 401
        assert pauses == []
        for wrong in ("Basic YTpi", "Bearer wrong", "Basic !!!"):
            assert guarded.get("/", authorization=wrong).status_code == 401
        assert guarded.client.get(f"{guarded.address}/about", auth=("any", PASSWORD)).status_code == 200
    assert pauses == [0.25, 0.5, 1.0]


def test_each_address_has_pauses_of_its_own() -> None:
    """They grow to a longest one, and begin anew after a quiet time."""
    attempts = Attempts()
    assert [attempts.pause("a", now=0) for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, MAX_PAUSE_SECONDS, 8]
    assert attempts.pause("b", now=0) == 0.25
    assert attempts.pause("a", now=FORGET_SECONDS - 1) == 8
    assert attempts.pause("a", now=2 * FORGET_SECONDS) == 0.25


def test_no_number_of_addresses_fills_the_memory() -> None:
    """The one that was quiet for longest is forgotten."""
    attempts = Attempts()
    for number in range(MAX_REMEMBERED_ADDRESSES + 1):
        attempts.pause(str(number), now=0)
    assert attempts.pause("1", now=0) == 0.5
    assert attempts.pause("0", now=0) == 0.25
