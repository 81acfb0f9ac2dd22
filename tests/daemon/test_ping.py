"""The sign of life: what counts as an answer, and that no address makes it hang, follow or read without end."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from monitor.config.sources import Run
from monitor.daemon import ping as sign
from monitor.daemon.ping import ping
from monitor.errors import FetchError, ForbiddenAddressError, StatusError, TooSlowError
from tests.support.proxy import LocalProxy
from tests.support.servers import Reply, Server, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_an_answer(status: int) -> None:
    """The address is asked once, with its query."""
    with Server({"/ping/key?a=b": Reply(status=status)}) as server:
        ping(server.address("/ping/key?a=b"), Run())
        assert [request.path for request in server.requests] == ["/ping/key?a=b"]


def test_it_goes_through_the_proxy_that_run_names() -> None:
    """Which knows the way to its receiver."""
    with Server({"/ping": Reply()}) as server, LocalProxy(names={"alarm.test": server.port}) as proxy:
        ping("http://alarm.test/ping", Run.model_validate({"proxy": proxy.address}))
        assert proxy.asked == ["GET http://alarm.test/ping"]
        assert server.paths() == ["/ping"]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_another_status_is_a_fault(status: int) -> None:
    """A service that does not know the address takes no sign of life."""
    with Server({"/": Reply(status=status)}) as server, pytest.raises(StatusError, match=f"answered {status}"):
        ping(server.address(), Run())


def test_no_redirect_is_followed() -> None:
    """The address is a secret of one host."""
    with Server({"/": Reply()}) as other:
        with Server({"/": redirect(other.address())}) as server, pytest.raises(StatusError, match="answered 302"):
            ping(server.address(), Run())
        assert not other.requests


def test_bytes_that_drip_end_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No single read takes long, and still the exchange ends in time."""
    monkeypatch.setattr(sign, "MAX_PING_SECONDS", 0.3)
    with Server() as server:

        def pieces() -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\nX-Slow: "
            while not server.closing.wait(0.03):
                yield b"x"

        server.pages["/"] = lambda _: pieces()
        with pytest.raises(TooSlowError, match=r"not done after 0\.3 seconds"):
            ping(server.address(), Run())


def test_an_answer_without_end_is_left_unread() -> None:
    """Its status is all that is asked for."""
    with Server() as server:

        def pieces() -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while not server.closing.is_set():
                yield b"x" * 65_536

        server.pages["/"] = lambda _: pieces()
        ping(server.address(), Run())


def test_a_login_in_the_address_is_sent_as_one() -> None:
    """A service behind Basic authentication works."""
    with Server({"/": Reply()}) as server:
        ping(server.address().replace("http://", "http://user:p%40ss@"), Run())
        (request,) = server.requests
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"user:p@ss").decode()


@pytest.mark.parametrize("address", ["hc-ping.com/key", "ftp://127.0.0.1/x", "http://", "http://[::1"])
def test_an_address_that_is_none_is_a_fault(address: str) -> None:
    """It needs a person."""
    with pytest.raises(ForbiddenAddressError):
        ping(address, Run())


def test_nobody_there_is_a_fault() -> None:
    """A refused connection is a FetchError as any other."""
    with Server() as server:
        pass
    with pytest.raises(FetchError, match="refused"):
        ping(server.address(), Run())
