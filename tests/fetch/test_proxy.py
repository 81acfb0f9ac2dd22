"""Asking servers through a real proxy on loopback: what is passed on, what is refused, and what is noted of it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from socket import create_server
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from monitor.config.sources import Poll
from monitor.errors import FetchError, ForbiddenAddressError, GoneError, ProxyError, StatusError, UnreachableError
from monitor.fetch.backend import is_public_name
from monitor.fetch.fetcher import Answer, Fetcher
from monitor.store.exchanges import canonical, exchange_of_line, row_of
from tests.support.proxy import LOGIN, PASSWORD, LocalProxy
from tests.support.servers import DEADLINE, Reply, Server, redirect, speaking_tls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOST = "agency.test"  # which nobody but the proxy can look up
PAGE = Reply(
    headers=(("Content-Type", "text/html"),),
    body=b"<!doctype html><html><title>List</title><ul><li>Cook County</li></ul></html>",
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that this machine does not know."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file with its certificate."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Server]:
    """The agency's server at https."""
    with Server({"/list": PAGE}, tls=speaking_tls(authority.issue_cert(HOST))) as server:
        yield server


@pytest.fixture
def plain() -> Iterator[Server]:
    """The agency's server at http."""
    with Server({"/list": PAGE}) as server:
        yield server


class Clerk:
    """Asks as `poll` describes it, and knows no name but that of the proxy: the server's is not looked up here."""

    def __init__(self, **poll: Any) -> None:
        self.naps: list[float] = []
        settings = Poll.model_validate({"timeout": timedelta(seconds=DEADLINE)} | poll)
        self.fetcher = Fetcher(poll=settings, contact="", sleep=self.naps.append, resolve=self._resolve)

    @staticmethod
    def _resolve(host: str, _: int) -> Sequence[str]:
        assert host == "127.0.0.1", f"{host} was looked up"
        return ("127.0.0.1",)

    def get(self, url: str, *, hosts: frozenset[str] = frozenset({HOST})) -> Answer:
        """An answer that was not known before."""
        answer = self.fetcher.get(url, expect="html", allowed_hosts=hosts)
        assert isinstance(answer, Answer)
        return answer

    def fault(self, url: str, *, hosts: frozenset[str] = frozenset({HOST})) -> FetchError:
        """What asking raises."""
        with pytest.raises(FetchError) as raised:
            self.get(url, hosts=hosts)
        return raised.value


# --- what is passed on, and what is noted ---


def test_a_page_comes_through_a_tunnel(server: Server, ca_file: Path) -> None:
    """The server is asked as ever, and knows nothing of the proxy; two requests share one tunnel."""
    with LocalProxy(names={HOST: server.port}) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            answers = [clerk.get(f"https://{HOST}/list") for _ in range(2)]
    assert [each.content for each in answers] == [PAGE.body, PAGE.body]
    assert proxy.asked == [f"CONNECT {HOST}:443"]
    assert server.connections == 1
    assert set(server.requests[0].headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert server.requests[0].headers["host"] == HOST


def test_http_2_is_spoken_through_a_tunnel(authority: trustme.CA, ca_file: Path) -> None:
    """As without a proxy."""
    tls = speaking_tls(authority.issue_cert(HOST), "h2", "http/1.1")
    with Server({"/list": PAGE}, tls=tls) as server, LocalProxy(names={HOST: server.port}) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            exchange = clerk.get(f"https://{HOST}/list").exchange
    assert exchange is not None
    assert exchange.http_version == "HTTP/2"


def test_a_page_at_http_is_sent_on_by_the_proxy(plain: Server) -> None:
    """The proxy is given the whole address, and the server sees no login of the proxy's."""
    with LocalProxy(names={HOST: plain.port}, login=f"clerk:{PASSWORD}") as proxy:
        clerk = Clerk(proxy_env="OFFICE_PROXY")
        with pytest.MonkeyPatch.context() as patch, clerk.fetcher:
            patch.setenv("OFFICE_PROXY", f"http://{LOGIN}@{proxy.name}")
            answers = [clerk.get(f"http://{HOST}:8080/list") for _ in range(2)]
    assert [each.content for each in answers] == [PAGE.body, PAGE.body]
    assert proxy.asked == [f"GET http://{HOST}:8080/list"] * 2
    assert proxy.logins == [f"clerk:{PASSWORD}"] * 2
    assert "proxy-authorization" not in plain.requests[0].headers
    assert plain.requests[0].headers["host"] == f"{HOST}:8080"


@pytest.mark.parametrize("secure", [False, True], ids=["http proxy", "https proxy"])
def test_the_certificate_that_is_noted_is_the_servers(
    authority: trustme.CA, ca_file: Path, plain: Server, *, secure: bool
) -> None:
    """Never the proxy's, and never its address; it is noted that a proxy was asked, and not which one."""
    certificate = authority.issue_cert(HOST)
    own = speaking_tls(authority.issue_cert("127.0.0.1")) if secure else None
    with (
        Server({"/list": PAGE}, tls=speaking_tls(certificate)) as server,
        LocalProxy(names={HOST: server.port, "plain.test": plain.port}, tls=own) as proxy,
    ):
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            by_tunnel = clerk.get(f"https://{HOST}/list").exchange
            sent_on = clerk.get("http://plain.test/list", hosts=frozenset({"plain.test"})).exchange
    assert by_tunnel is not None
    assert sent_on is not None
    assert by_tunnel.tls is not None
    shown = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    assert by_tunnel.tls.certificates[0] == shown
    assert sent_on.tls is None
    for exchange in (by_tunnel, sent_on):
        assert (exchange.server, exchange.by_proxy) == (None, True)
        line = canonical(row_of(exchange))
        assert b'"proxy":true' in line
        assert b"127.0.0.1" not in line
        assert exchange_of_line(line) == row_of(exchange)


def test_an_exchange_without_a_proxy_is_noted_as_before(plain: Server) -> None:
    """The key is absent, so that the hashes of what was kept earlier stay."""
    clerk = Clerk(allow_private_addresses=True)
    with clerk.fetcher:
        exchange = clerk.get(plain.address("/list"), hosts=frozenset({"127.0.0.1"})).exchange
    assert exchange is not None
    assert (exchange.server, exchange.by_proxy) == (("127.0.0.1", plain.port), False)
    assert b"proxy" not in canonical(row_of(exchange))


def test_a_login_is_read_anew_for_each_connection(server: Server, ca_file: Path, tmp_path: Path) -> None:
    """It comes from a file, and stands in no message and no note."""
    secret = tmp_path / "proxy"
    with LocalProxy(names={HOST: server.port}, login=f"clerk:{PASSWORD}") as proxy:
        clerk = Clerk(proxy_file=secret, ca_file=ca_file)
        with clerk.fetcher:
            missing = clerk.fault(f"https://{HOST}/list")
            secret.write_text(f"http://clerk:wrong-{PASSWORD.replace('@', '%40')}@{proxy.name}\n")
            wrong = clerk.fault(f"https://{HOST}/list")
            secret.write_text(f"http://{LOGIN}@{proxy.name}\n")
            answer = clerk.get(f"https://{HOST}/list")
    assert str(missing) == f"poll.proxy: {secret}: No such file or directory; put the address of the proxy there"
    assert f"the proxy {proxy.name} does not take the login (407)" in str(wrong)
    assert proxy.logins == [f"clerk:wrong-{PASSWORD}", f"clerk:{PASSWORD}"]
    assert PASSWORD not in f"{wrong!r} {answer.exchange!r}"
    assert clerk.naps == [pytest.approx(nap, rel=1) for nap in (1, 2, 4)]  # for the missing file alone


# --- a proxy that does not do its work ---

FAILURES = {
    "407": "wants a login (407); put http://USER:PASSWORD@{name} into a file, and name that with `poll.proxy_file`",
    "403": "answered 403 Forbidden when it was asked for a way there",
    "502": "answered 502 Bad Gateway when it was asked for a way there; see whether the server works",
    "close": "no answer: Server disconnected without sending a response.; see whether the proxy works",
    "hang": "not done after 0.3 seconds; see whether the proxy works, and whether `poll.proxy` is right",
    "noise": "no answer: illegal status line",
}


@pytest.mark.parametrize("how", FAILURES)
def test_a_proxy_that_gives_no_way_is_named(server: Server, ca_file: Path, how: str) -> None:
    """The server is not blamed, nor asked. A refusal and a silence are not tried again at once."""
    seconds = 0.3 if how == "hang" else DEADLINE
    with LocalProxy(names={HOST: server.port}, answer=how) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file, timeout=timedelta(seconds=seconds))
        with clerk.fetcher:
            raised = clerk.fault(f"https://{HOST}/list")
    assert isinstance(raised, ProxyError)
    assert f"the proxy {proxy.name}" in str(raised)
    assert FAILURES[how].format(name=proxy.name) in str(raised)
    assert raised.status_code == (int(how) if how.isdigit() else None)
    assert server.connections == 0
    assert len(clerk.naps) == (0 if how in {"407", "403", "hang"} else 3)


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("407", ProxyError, FAILURES["407"]),
        ("502", StatusError, "answered 502 Bad Gateway"),
        ("403", FetchError, "answered 403 Forbidden"),
        ("close", ProxyError, "Server disconnected"),
        ("noise", ProxyError, "illegal status line"),
        ("404", StatusError, "the server or the proxy before it, which can't be told apart over http"),
        ("410", StatusError, "the server or the proxy before it"),
    ],
)
def test_a_proxy_that_sends_nothing_on_never_says_that_a_page_is_gone(
    plain: Server, how: str, kind: type[FetchError], said: str
) -> None:
    """Over http its answers look like the server's, so 404 is no reason to say that a list was taken down."""
    with LocalProxy(names={HOST: plain.port}, answer=how) as proxy:
        clerk = Clerk(proxy=proxy.address)
        with clerk.fetcher:
            raised = clerk.fault(f"http://{HOST}/list")
    assert isinstance(raised, kind)
    assert not isinstance(raised, GoneError)
    assert said.format(name=proxy.name) in str(raised)
    assert plain.connections == 0


def test_a_server_at_https_can_say_that_a_page_is_gone(server: Server, ca_file: Path) -> None:
    """In a tunnel nobody else speaks."""
    with LocalProxy(names={HOST: server.port}) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            assert isinstance(clerk.fault(f"https://{HOST}/other"), GoneError)


def test_a_server_in_a_tunnel_that_wants_a_login_of_a_proxy_is_an_odd_server(server: Server, ca_file: Path) -> None:
    """It is not taken for the proxy, and is sent no login."""
    server.pages["/list"] = Reply(status=407, headers=(("Proxy-Authenticate", "Basic"),))
    with LocalProxy(names={HOST: server.port}) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            raised = clerk.fault(f"https://{HOST}/list")
    assert isinstance(raised, StatusError)
    assert "answered 407" in str(raised)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    """By its host and port."""
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clerk = Clerk(proxy=f"http://127.0.0.1:{port}")
    with clerk.fetcher:
        raised = clerk.fault(f"{scheme}://{HOST}/list")
    assert isinstance(raised, ProxyError)
    assert f"through the proxy 127.0.0.1:{port}: no answer: Connection refused; see whether the proxy" in str(raised)


def test_a_proxy_with_a_strange_certificate_is_not_asked(plain: Server, ca_file: Path) -> None:
    """And gets no login."""
    strange = speaking_tls(trustme.CA().issue_cert("127.0.0.1"))
    with LocalProxy(names={HOST: plain.port}, tls=strange) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            raised = clerk.fault(f"http://{HOST}/list")
    assert isinstance(raised, ProxyError)
    assert "`poll.ca_file`" in str(raised)
    assert proxy.asked == []


# --- what the proxy is not asked for ---

INSIDE = [
    *("127.0.0.1", "10.0.0.8", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0"),
    *("127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1."),
    *("localhost", "LOCALHOST.", "printer", "wiki.corp", "metadata.google.internal", "nas.local", "box.home.arpa"),
]


@pytest.mark.parametrize("host", [*INSIDE, "::1", "[::1]", "fe80::1%eth0", "::ffff:10.0.0.8", "64:ff9b::a00:8"])
def test_names_of_a_network_of_ones_own_are_not_public(host: str) -> None:
    """In any spelling."""
    assert not is_public_name(host)


@pytest.mark.parametrize("host", ["www.ice.gov", "agency.test", "8.8.8.8", "xn--bcher-kva.example", "a.b.local.gov"])
def test_other_names_may_be_public(host: str) -> None:
    """They are not looked up."""
    assert is_public_name(host)


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_redirect_leads_into_the_proxys_network(
    server: Server, plain: Server, ca_file: Path, host: str, scheme: str
) -> None:
    """Though the source allows the host: the proxy is never asked for it."""
    (server if scheme == "https" else plain).pages["/list"] = redirect(f"{scheme}://{host}:{plain.port}/list")
    names = {HOST: server.port, "plain.test": plain.port}
    allowed = frozenset({HOST, "plain.test", host.lower(), httpx.URL(f"http://{host}").host})
    with LocalProxy(names=names) as proxy:
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            raised = clerk.fault(f"{scheme}://{HOST if scheme == 'https' else 'plain.test'}/list", hosts=allowed)
    assert isinstance(raised, ForbiddenAddressError)
    assert "is by its name no public address, and the proxy is not asked for it" in str(raised)
    assert len(proxy.asked) == 1
    assert plain.paths() == ([] if scheme == "https" else ["/list"])


def test_the_proxy_itself_is_no_host_to_be_asked(server: Server, ca_file: Path) -> None:
    """A redirect to its own address is refused as any other, though this program connects there."""
    with LocalProxy(names={HOST: server.port}) as proxy:
        server.pages["/list"] = redirect(f"https://{proxy.name}/status")
        clerk = Clerk(proxy=proxy.address, ca_file=ca_file)
        with clerk.fetcher:
            elsewhere = clerk.fault(f"https://{HOST}/list")
            allowed = clerk.fault(f"https://{HOST}/list", hosts=frozenset({HOST, "127.0.0.1"}))
    assert "leads to the host '127.0.0.1'; add it to the `hosts`" in str(elsewhere)
    assert "is by its name no public address" in str(allowed)
    assert {each.partition(":")[0] for each in proxy.asked} == {f"CONNECT {HOST}"}


@pytest.mark.parametrize("private", [False, True])
def test_an_ipv6_address_is_not_asked_for_through_a_proxy(*, private: bool) -> None:
    """Its colons would make another request of it."""
    with LocalProxy() as proxy:
        clerk = Clerk(proxy=proxy.address, allow_private_addresses=private)
        host = "2606:4700:4700::1111"
        with clerk.fetcher:
            raised = clerk.fault(f"https://[{host}]/list", hosts=frozenset({host}))
    assert "an IPv6 address, for which a proxy is not asked; write a name" in str(raised)
    assert proxy.asked == []


def test_private_names_are_asked_for_where_the_configuration_allows_them(plain: Server) -> None:
    """To try things out."""
    with LocalProxy() as proxy:
        clerk = Clerk(proxy=proxy.address, allow_private_addresses=True)
        with clerk.fetcher:
            assert clerk.get(plain.address("/list"), hosts=frozenset({"127.0.0.1"})).content == PAGE.body
    assert len(proxy.asked) == 1


def test_the_environments_proxy_is_not_used(plain: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the configuration says which one is."""
    with LocalProxy() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
            monkeypatch.setenv(name.lower(), proxy.address)
        clerk = Clerk(allow_private_addresses=True)
        with clerk.fetcher:
            clerk.get(plain.address("/list"), hosts=frozenset({"127.0.0.1"}))
    assert proxy.asked == []


# --- whom a certificate was signed by ---


def test_an_unknown_authority_is_told_with_the_key_for_its_file(server: Server, ca_file: Path) -> None:
    """And not with the clock; with the file, all is well."""
    hosts = frozenset({"127.0.0.1", HOST})
    with LocalProxy(names={HOST: server.port}) as proxy:
        doubtful, trusting = Clerk(proxy=proxy.address), Clerk(proxy=proxy.address, ca_file=ca_file)
        with doubtful.fetcher, trusting.fetcher:
            raised = doubtful.fault(f"https://{HOST}/list", hosts=hosts)
            assert trusting.get(f"https://{HOST}/list", hosts=hosts).content == PAGE.body
    assert type(raised) is UnreachableError
    assert "TLS: unable to get local issuer certificate" in str(raised)
    assert str(raised).endswith(
        "if an authority of your own has signed it, name the file of its certificate with `poll.ca_file`"
    )
    assert "clock" not in str(raised)


@pytest.mark.parametrize(
    ("begins", "ends", "said"), [(-9, -1, "certificate has expired"), (1, 9, "certificate is not yet valid")]
)
def test_a_certificate_out_of_its_time_is_told_with_the_clock(
    authority: trustme.CA, ca_file: Path, begins: int, ends: int, said: str
) -> None:
    """Which may be wrong."""
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        "127.0.0.1", not_before=now + timedelta(days=begins), not_after=now + timedelta(days=ends)
    )
    clerk = Clerk(ca_file=ca_file, allow_private_addresses=True)
    with Server({"/list": PAGE}, tls=speaking_tls(certificate)) as server, clerk.fetcher:
        raised = clerk.fault(server.address("/list"), hosts=frozenset({"127.0.0.1"}))
    assert f"TLS: {said}; see whether this machine's clock is right" in str(raised)


def test_a_certificate_for_another_host_is_neither_the_clock_nor_the_authority(
    authority: trustme.CA, ca_file: Path
) -> None:
    """A browser says the same."""
    clerk = Clerk(ca_file=ca_file, allow_private_addresses=True)
    tls = speaking_tls(authority.issue_cert("other.test"))
    with Server({"/list": PAGE}, tls=tls) as server, clerk.fetcher:
        raised = str(clerk.fault(server.address("/list"), hosts=frozenset({"127.0.0.1"})))
    assert raised.endswith("see what a browser says to the address")
    assert "ca_file" not in raised


def test_a_file_of_authorities_that_went_away_is_named(server: Server, ca_file: Path) -> None:
    """The configuration was checked long ago."""
    clerk = Clerk(ca_file=ca_file, allow_private_addresses=True)
    ca_file.unlink()
    with clerk.fetcher:
        raised = clerk.fault(server.address("/list"), hosts=frozenset({"127.0.0.1"}))
    assert f"ca_file: {ca_file}: No such file or directory" in str(raised)
