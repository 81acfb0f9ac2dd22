"""Asking a real server on loopback: conditions, redirects, patience, politeness."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from monitor import __version__
from monitor.config.sources import Poll
from monitor.errors import (
    BlockedError,
    FetchError,
    ForbiddenAddressError,
    GoneError,
    MistakenBodyError,
    StatusError,
    TooLargeError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)
from monitor.fetch.backend import addresses
from monitor.fetch.fetcher import Answer, Conditions, Fetcher, NotModified
from monitor.fetch.route import Route
from tests.support.servers import DEADLINE, Reply, Request, Server, in_turn, raw, redirect, reset, speaking_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence

    from monitor.fetch.verdict import Format

PAGE = Reply(
    headers=(("Content-Type", "text/html"), ("ETag", '"v1"'), ("Last-Modified", "Fri, 18 Jul 2025 12:00:00 GMT")),
    body=b"<!doctype html><html><title>List</title><ul><li>Cook County</li></ul></html>",
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Client:
    """A fetcher whose naps are recorded instead of slept."""

    def __init__(
        self,
        *,
        contact: str = "desk@example.org",
        resolve: Callable[[str, int], Sequence[str]] = addresses,
        route: Route | None = None,
        **poll: object,
    ) -> None:
        self.naps: list[float] = []
        settings = Poll.model_validate(
            {"allow_private_addresses": True, "timeout": timedelta(seconds=DEADLINE), **poll}
        )
        self.fetcher = Fetcher(poll=settings, contact=contact, sleep=self.naps.append, resolve=resolve, route=route)

    def get(
        self,
        url: str,
        *,
        expect: Format = "html",
        allowed_hosts: frozenset[str] = LOOPBACK,
        conditions: Conditions | None = None,
    ) -> Answer:
        """An answer that must not be `NotModified`."""
        answer = self.fetcher.get(url, expect=expect, allowed_hosts=allowed_hosts, conditions=conditions)
        assert isinstance(answer, Answer)
        return answer


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that may go to loopback."""
    client = Client()
    with client.fetcher:
        yield client


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with one good page."""
    with Server({"/list": PAGE}) as server:
        yield server


# --- what comes back, and what is sent ---


def test_an_answer_has_the_document_and_where_it_came_from(client: Client, server: Server) -> None:
    """Content, address and validators of a plain 200."""
    answer = client.get(server.address("/list#section-3"))
    assert answer == Answer(
        url=server.address("/list"),
        requested_url=server.address("/list"),
        status_code=200,
        headers=(
            *(("content-type", "text/html"), ("etag", '"v1"'), ("last-modified", "Fri, 18 Jul 2025 12:00:00 GMT")),
            ("content-length", str(len(PAGE.body))),
        ),
        content=PAGE.body,
        etag='"v1"',
        last_modified="Fri, 18 Jul 2025 12:00:00 GMT",
    )


def test_headers_that_are_not_worth_keeping_are_dropped(client: Client, server: Server) -> None:
    """Above all cookies."""
    kept = (("Server", "nginx"), ("Content-Disposition", 'attachment; filename="list.html"'))
    server.pages["/list"] = Reply(headers=(*kept, ("Set-Cookie", "id=1"), ("X-Trace", "1")), body=PAGE.body)
    names = [name for name, _ in client.get(server.address("/list")).headers]
    assert names == ["server", "content-disposition", "content-length"]


def test_the_program_says_who_it_is_and_asks_for_gzip_alone(client: Client, server: Server) -> None:
    """Name, version and contact in User-Agent, and nothing that a browser would claim."""
    client.get(server.address("/list"))
    assert server.requests[0].headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"monitor/{__version__} (+desk@example.org)",
        "accept": "*/*",
        "accept-encoding": "gzip",
    }


@pytest.mark.parametrize(
    ("contact", "agent"),
    [("", f"monitor/{__version__}"), ("a\r\nX-Evil: 1", f"monitor/{__version__} (+aX-Evil: 1)")],
    ids=["none", "line break"],
)
def test_any_contact_makes_one_header(server: Server, contact: str, agent: str) -> None:
    """An empty one leaves the name alone; a line break can't add a header."""
    client = Client(contact=contact)
    with client.fetcher:
        client.get(server.address("/list"))
    assert server.requests[0].headers["user-agent"] == agent
    assert "x-evil" not in server.requests[0].headers


def test_cookies_are_not_sent_back(client: Client, server: Server) -> None:
    """Neither on the next request nor on a redirect."""
    cookie = ("Set-Cookie", "id=1; Path=/")
    server.pages["/list"] = Reply(headers=(cookie, ("Location", "/next")), status=302)
    server.pages["/next"] = Reply(headers=(cookie,), body=PAGE.body)
    for _ in range(2):
        client.get(server.address("/list"))
    assert len(server.requests) == 4
    assert not any("cookie" in request.headers for request in server.requests)


def test_proxies_and_logins_of_the_environment_are_not_used(
    client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is polled is asked directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert client.get(server.address("/list")).status_code == 200


# --- conditions ---


@pytest.mark.parametrize("etag", ['"v1"', 'W/"v1"', '"v1-gzip"', "unquoted", '"\xe4"'])
def test_validators_are_sent_back_as_they_came(client: Client, server: Server, etag: str) -> None:
    """Weak, odd or not ASCII: byte for byte."""
    server.pages["/list"] = Reply(headers=(("ETag", etag), ("Last-Modified", "yesterday")), body=PAGE.body)
    first = client.get(server.address("/list"))
    client.get(server.address("/list"), conditions=Conditions(etag=first.etag, last_modified=first.last_modified))
    sent = server.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == (etag, "yesterday")


def test_304_is_not_modified(client: Client, server: Server) -> None:
    """The expected answer to conditions is a result, not an error."""
    server.pages["/list"] = Reply(status=304, headers=(("ETag", '"v1"'), ("Content-Length", "999")))
    url = server.address("/list")
    got = client.fetcher.get(url, expect="html", allowed_hosts=LOOPBACK, conditions=Conditions(etag='"v1"'))
    assert got == NotModified(url=url)


@pytest.mark.parametrize("conditions", [None, Conditions()], ids=["none", "empty"])
def test_304_without_conditions_is_an_odd_status(client: Client, server: Server, conditions: Conditions | None) -> None:
    """Nobody asked whether it was modified."""
    server.pages["/list"] = Reply(status=304)
    with pytest.raises(StatusError, match="304"):
        client.get(server.address("/list"), conditions=conditions)


def test_conditions_hold_for_their_own_address_only(client: Client, server: Server) -> None:
    """Where a redirect leads, another document could match them by chance; so they are neither sent nor taken there."""
    server.pages["/old"] = redirect("/list")
    answer = client.get(server.address("/old"), conditions=Conditions(etag='"v1"'))
    assert [request.headers.get("if-none-match") for request in server.requests] == ['"v1"', None]
    assert (answer.etag, answer.last_modified) == (None, None)


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_within_the_allowed_hosts(client: Client, server: Server, status: int) -> None:
    """Each kind, relative and absolute, to another allowed host; the trail is kept."""
    server.pages["/a"] = redirect("b?x=1", status=status)
    server.pages["/b?x=1"] = redirect(server.address("/list", host="localhost"), status=status)
    answer = client.get(server.address("/a"))
    assert answer.url == server.address("/list", host="localhost")
    assert answer.requested_url == server.address("/a")
    assert answer.redirected_from == (server.address("/a"), server.address("/b?x=1"))


def test_a_location_may_be_utf8(client: Client, server: Server) -> None:
    """As many servers send it, though it should be ASCII."""
    server.pages["/a"] = raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\xc3\xb1\r\n\r\n")
    server.pages["/%C3%B1"] = PAGE
    assert client.get(server.address("/a")).url.endswith("/%C3%B1")


def test_a_redirect_loop_ends(client: Client, server: Server) -> None:
    """After five redirects, and without trying again."""
    server.pages["/a"] = redirect("/b")
    server.pages["/b"] = redirect("/a")
    with pytest.raises(StatusError, match="over 5 redirects"):
        client.get(server.address("/a"))
    assert len(server.requests) == 6
    assert client.naps == []


def test_a_redirect_without_location_is_an_odd_status(client: Client, server: Server) -> None:
    """There is nowhere to go."""
    server.pages["/a"] = Reply(status=302)
    with pytest.raises(StatusError, match="302"):
        client.get(server.address("/a"))


@pytest.mark.parametrize(
    "target",
    [
        *("http://elsewhere.test/", "//elsewhere.test/list", "https://127.0.0.1.elsewhere.test/"),
        *("http://169.254.169.254/latest/meta-data", "http://[::ffff:7f00:1]/", "http://2130706433/"),
        *("ftp://127.0.0.1/list", "file:///etc/passwd", "javascript:alert(1)"),
        *("http://user:secret@127.0.0.1/list", "http://user@127.0.0.1/list", "http://127.0.0.1\\@elsewhere.test/"),
        *(
            "http://[bad/",
            "http://127.0.0.1:99999/list",
            "http://127.0.0.1:port/",
            "http://127.0.0.1:0/",
        ),
        *("http://xn--a/", f"http://{'a' * 300}.test/"),
    ],
)
def test_a_redirect_to_where_it_may_not_go_is_forbidden(client: Client, server: Server, target: str) -> None:
    """Other hosts, other schemes, logins, addresses that are none: refused at once, unasked and untried again."""
    server.pages["/a"] = redirect(target)
    with pytest.raises(ForbiddenAddressError) as caught:
        client.get(server.address("/a"))
    assert caught.value.url == server.address("/a")
    assert "secret" not in str(caught.value)
    assert server.paths() == ["/a"]
    assert client.naps == []


@pytest.mark.parametrize(
    "url", ["http://elsewhere.test/list", "ftp://127.0.0.1/", "http://[bad/", "list", "", "http://a\nb/"]
)
def test_the_first_address_is_held_to_the_same_rules(client: Client, url: str) -> None:
    """A link found on a page is no more trusted than a redirect."""
    with pytest.raises(ForbiddenAddressError):
        client.get(url)


def test_an_allowed_name_of_a_private_address_is_forbidden() -> None:
    """What counts is the address that a name leads to; it is refused once, and nothing is sent."""
    hosts = frozenset({"www.agency.test"})
    client = Client(allow_private_addresses=False, resolve=lambda _, __: ["127.0.0.1"])
    refused = pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.1, no public address")
    with Server({"/list": PAGE}) as server, client.fetcher, refused:
        client.get(server.address("/list", host="www.agency.test"), allowed_hosts=hosts)
    assert server.connections == 0
    assert client.naps == []


def test_loopback_is_forbidden_unless_it_is_allowed(server: Server) -> None:
    """The working default asks nobody on this machine, by name or by number, IPv4 or IPv6."""
    client = Client(allow_private_addresses=False)
    with Server({"/list": PAGE}, host="::1") as six, client.fetcher:
        for url in (server.address("/list"), server.address("/list", host="localhost"), six.address("/list")):
            with pytest.raises(ForbiddenAddressError):
                client.get(url)
    assert server.connections + six.connections == 0


def test_https_is_never_left_by_a_redirect(server: Server) -> None:
    """From https to http is refused, though the host is allowed; from http to https is followed."""
    authority = trustme.CA()

    def trusting() -> ssl.SSLContext:
        context = httpx.create_ssl_context()
        authority.configure_trust(context)
        return context

    client = Client(route=Route(tls=trusting))
    tls = speaking_tls(authority.issue_cert("127.0.0.1"))
    with Server({"/down": redirect(server.address("/list")), "/list": PAGE}, tls=tls) as secure, client.fetcher:
        server.pages["/up"] = redirect(secure.address("/list"))
        with pytest.raises(ForbiddenAddressError, match="without TLS"):
            client.get(secure.address("/down"))
        assert client.get(server.address("/up")).url == secure.address("/list")
    assert server.paths() == ["/up"]


@pytest.mark.parametrize("front", ["/", "/en/", "/index.html"])
def test_a_redirect_to_the_front_page_is_gone(client: Client, server: Server, front: str) -> None:
    """As sites do with what they took down."""
    server.pages |= {"/report.xlsx": redirect(front), front: PAGE}
    with pytest.raises(GoneError, match="front page"):
        client.get(server.address("/report.xlsx"), expect="xlsx")


def test_a_front_page_that_was_asked_for_is_a_page(client: Client, server: Server) -> None:
    """Through a redirect or without one."""
    server.pages |= {"/": redirect("/en/"), "/en/": PAGE}
    assert client.get(server.address("/")).url == server.address("/en/")


# --- trying again ---


def test_a_passing_503_is_tried_again(client: Client, server: Server) -> None:
    """Twice 503, then 200: two naps, the second one longer on the whole."""
    server.pages["/list"] = in_turn(Reply(status=503), Reply(status=503), PAGE)
    assert client.get(server.address("/list")).status_code == 200
    first, second = client.naps
    assert 0.5 <= first <= 1.5
    assert 1 <= second <= 3


def test_a_passing_reset_is_tried_again(client: Client, server: Server) -> None:
    """Twice a connection reset, then 200."""
    server.pages["/list"] = in_turn(reset, reset, PAGE)
    assert client.get(server.address("/list")).status_code == 200
    assert len(client.naps) == 2


def test_a_body_cut_short_is_tried_again(client: Client, server: Server) -> None:
    """It is a connection lost, whose document may come whole the next time."""
    cut = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>")
    server.pages["/list"] = in_turn(cut, PAGE)
    assert client.get(server.address("/list")).content == PAGE.body
    server.pages["/list"] = cut
    with pytest.raises(TruncatedError):
        client.get(server.address("/list"))
    assert len(client.naps) == 1 + 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_lasting_fault_of_the_server_is_given_up(client: Client, server: Server, status: int) -> None:
    """After three more attempts."""
    server.pages["/list"] = Reply(status=status)
    with pytest.raises(StatusError) as caught:
        client.get(server.address("/list"))
    assert (caught.value.status_code, caught.value.retry_after) == (status, None)
    assert (len(server.requests), len(client.naps)) == (4, 3)


def test_retry_after_in_seconds_is_obeyed(client: Client, server: Server) -> None:
    """To the second."""
    server.pages["/list"] = in_turn(Reply(status=429, headers=(("Retry-After", "7"),)), PAGE)
    client.get(server.address("/list"))
    assert client.naps == [7.0]


def test_retry_after_as_a_date_is_obeyed(client: Client, server: Server) -> None:
    """Until that time by this machine's clock."""
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.pages["/list"] = in_turn(Reply(status=503, headers=(("Retry-After", until),)), PAGE)
    client.get(server.address("/list"))
    assert 20 < client.naps[0] <= 30


def test_a_retry_after_beyond_patience_is_for_the_caller(client: Client, server: Server) -> None:
    """Nobody waits an hour within a poll; the error says when to come back."""
    server.pages["/list"] = Reply(status=429, headers=(("Retry-After", "3600"),))
    with pytest.raises(StatusError, match="asks to wait 3600 seconds") as caught:
        client.get(server.address("/list"))
    assert caught.value.retry_after == 3600
    assert (len(server.requests), client.naps) == (1, [])


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ("", "; set `contact`, or ask less often"),
        (" ", "; set `contact`, or ask less often"),
        ("desk@example.org", "; ask less often, or ask the publisher to let this program in"),
    ],
)
def test_a_refusal_asks_for_a_contact_where_there_is_none(server: Server, contact: str, said: str) -> None:
    """Whoever has named one is told what else helps."""
    client = Client(contact=contact)
    server.pages["/list"] = Reply(body=b"<title>Access Denied</title>")
    with client.fetcher, pytest.raises(BlockedError) as raised:
        client.get(server.address("/list"))
    assert str(raised.value).endswith(said)


@pytest.mark.parametrize(
    ("page", "expect", "kind"),
    [
        (Reply(status=403), "html", BlockedError),
        (Reply(status=404), "html", GoneError),
        (Reply(status=400), "html", StatusError),
        (Reply(status=501, body=b"<title>Just a moment...</title>"), "html", BlockedError),
        (Reply(body=b"<title>Access Denied</title>"), "xlsx", BlockedError),
        (Reply(body=b"<title>Page Not Found | Agency</title>"), "html", GoneError),
        (Reply(body=PAGE.body), "xlsx", MistakenBodyError),
        (Reply(), "html", MistakenBodyError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), "html", TooLargeError),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    client: Client, server: Server, page: Reply, expect: Format, kind: type[FetchError]
) -> None:
    """Refusals, takedowns and mistaken bodies are named at once."""
    server.pages["/list"] = page
    with pytest.raises(kind):
        client.get(server.address("/list"), expect=expect)
    assert (len(server.requests), client.naps) == (1, [])


def unreadable() -> ssl.SSLContext:
    """The certificates of the authorities, on a machine where they can't be read."""
    raise PermissionError(13, "Permission denied", "/etc/ssl/cert.pem")


def test_authorities_that_can_not_be_read_are_a_fault_of_https_alone(server: Server) -> None:
    """It is named like any other fault; whoever is asked without TLS is asked without them."""
    client = Client(route=Route(tls=unreadable))
    with client.fetcher:
        with pytest.raises(UnreachableError, match="Permission denied"):
            client.get(server.address("/list").replace("http:", "https:"))
        assert client.get(server.address("/list")).content == PAGE.body
    assert len(server.requests) == 1


def test_a_certificate_fault_is_not_tried_again() -> None:
    """It would be the same in a second."""
    client = Client()
    tls = speaking_tls(trustme.CA().issue_cert("127.0.0.1"))
    with Server({"/list": PAGE}, tls=tls) as server, client.fetcher, pytest.raises(UnreachableError, match="TLS"):
        client.get(server.address("/list"))
    assert (server.connections, client.naps) == (1, [])


def test_a_server_that_drips_is_left_at_the_deadline_and_not_tried_again(server: Server) -> None:
    """One exchange takes `poll.timeout` at most, however it goes on."""
    client = Client(timeout=timedelta(seconds=0.3))

    def drip(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n<html>"
        for __ in range(int(DEADLINE / 0.05)):  # else it would be cut off, and no longer too slow
            if server.closing.wait(0.05):
                break
            yield b"x"

    server.pages["/list"] = drip
    with client.fetcher, pytest.raises(TooSlowError, match=r"0\.3 seconds"):
        client.get(server.address("/list"))
    assert client.naps == []


# --- many at once ---


class Crowd:
    """Counts how many requests are answered at the same time, and holds each until `together` have come."""

    def __init__(self, together: int) -> None:
        self.most = self.now = 0
        self._changed = threading.Condition()
        self._gate = threading.Barrier(together)

    def page(self, _: Request) -> Reply:
        """Answer, once enough others ask too; give a further one the time to show itself."""
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
        self._gate.wait(DEADLINE)
        with self._changed:
            self._changed.wait_for(lambda: self.now > self._gate.parties, timeout=0.05)
            self.now -= 1
        return PAGE


@pytest.mark.parametrize("per_host", [1, 2, 3])
def test_a_host_is_asked_by_no_more_than_per_host_at_once(server: Server, per_host: int) -> None:
    """Six threads, and the server counts: just as many at once as are allowed, over as many connections."""
    crowd = Crowd(per_host)
    server.pages["/list"] = crowd.page
    client = Client(per_host=per_host)
    with client.fetcher, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: client.get(server.address("/list")), range(6)))
    assert [answer.content for answer in answers] == [PAGE.body] * 6
    assert (crowd.most, server.connections) == (per_host, per_host)


def test_hosts_are_counted_apart(server: Server) -> None:
    """One host's exchange does not keep another one waiting, whatever its port."""
    crowd = Crowd(2)
    server.pages["/list"] = crowd.page
    client = Client(per_host=1)
    urls = [server.address("/list"), server.address("/list", host="localhost")]
    with client.fetcher, ThreadPoolExecutor(2) as threads:
        list(threads.map(client.get, urls))
    assert crowd.most == 2


def test_a_nap_leaves_the_place_to_others(server: Server) -> None:
    """While one waits to try again, another one is served."""
    server.pages["/busy"] = in_turn(Reply(status=503), PAGE)
    seen: list[bytes] = []

    def nap(_: float) -> None:
        seen.append(fetcher_get("/list").content)

    poll = Poll(per_host=1, allow_private_addresses=True)
    with Fetcher(poll=poll, contact="", sleep=nap) as fetcher:

        def fetcher_get(path: str) -> Answer:
            answer = fetcher.get(server.address(path), expect="html", allowed_hosts=LOOPBACK)
            assert isinstance(answer, Answer)
            return answer

        fetcher_get("/busy")
    assert seen == [PAGE.body]


def test_a_place_is_given_back_after_any_fault(client: Client, server: Server) -> None:
    """More faults than there are places, and the next request still goes out."""
    server.pages["/cut"] = raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n")
    for _ in range(5):
        with pytest.raises(GoneError):
            client.get(server.address("/cut"))
    assert client.get(server.address("/list")).status_code == 200


def test_a_fetcher_ends_its_connections_and_can_be_used_again(client: Client, server: Server) -> None:
    """`close` leaves nothing open, and nothing hanging."""
    client.get(server.address("/list"))
    client.fetcher.close()
    client.get(server.address("/list"))
    assert server.connections == 2


def test_nobody_waits_for_a_request_that_is_apart(server: Server) -> None:
    """A document that takes long leaves its host's one place to the pages."""
    asked, answered = threading.Event(), threading.Event()

    def slow(_: Request) -> Reply:
        asked.set()
        assert answered.wait(DEADLINE)
        return PAGE

    server.pages |= {"/slow": slow, "/quick": PAGE}
    poll = Poll(per_host=1, allow_private_addresses=True)
    hosts = frozenset({"127.0.0.1"})
    with Fetcher(poll=poll, contact="tests") as fetcher, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetcher.get, server.address("/slow"), expect="html", allowed_hosts=hosts, apart=True)
        assert asked.wait(DEADLINE)
        assert isinstance(fetcher.get(server.address("/quick"), expect="html", allowed_hosts=hosts), Answer)
        assert not waiting.done()
        answered.set()
        assert isinstance(waiting.result(DEADLINE), Answer)
    assert server.connections == 2
