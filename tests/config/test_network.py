"""How servers are reached: addresses of proxies, files of certificate authorities; and when a failure is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from monitor.config.file import parse
from monitor.config.network import Proxy, authority_fault, parse_proxy
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    "sources: {one: {page: 'https://a.gov/', reports: {page: {kind: page, format: html, lists: {a: {content: text}}}}}}"
)
DESK = "channels: { feed: { kind: atom, path: x.xml } }\nsubscriptions: { watch: { channels: [feed],"


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.test:3128", Proxy(secure=False, host="proxy.test", port=3128)),
        ("http://proxy.test:3128/", Proxy(secure=False, host="proxy.test", port=3128)),
        ("HTTP://PROXY.test", Proxy(secure=False, host="proxy.test", port=80)),
        ("https://proxy.test", Proxy(secure=True, host="proxy.test", port=443)),
        ("proxy.test:3128", Proxy(secure=False, host="proxy.test", port=3128)),
        ("10.0.0.8:3128", Proxy(secure=False, host="10.0.0.8", port=3128)),
        ("http://[fd00::8]:3128", Proxy(secure=False, host="fd00::8", port=3128)),
        ("http://b\xfccher.test:1", Proxy(secure=False, host="xn--bcher-kva.test", port=1)),
        ("http://a:b@proxy.test:3128", Proxy(secure=False, host="proxy.test", port=3128, login=("a", "b"))),
        ("a%3A:%40%2F%23@proxy.test:1", Proxy(secure=False, host="proxy.test", port=1, login=("a:", "@/#"))),
        ("http://user@proxy.test:1", Proxy(secure=False, host="proxy.test", port=1, login=("user", ""))),
    ],
)
def test_an_address_of_a_proxy_is_read_as_people_write_it(text: str, proxy: Proxy) -> None:
    """Also as it stands in HTTPS_PROXY."""
    assert parse_proxy(text) == proxy


def test_a_proxy_is_shown_without_its_login() -> None:
    """By host and port."""
    proxy = parse_proxy("http://clerk:hunter2@[fd00::8]:3128")
    assert proxy.name == "[fd00::8]:3128"
    assert "hunter2" not in repr(proxy)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no address of a proxy; write it like http://proxy.example.org:3128"),
        ("http://", "is no address of a proxy"),
        ("http://proxy:hunter2", "is no address of a proxy"),
        ("http://proxy:0", "is no address of a proxy"),
        ("ftp://hunter2.test", "is no address of a proxy"),
        ("http://proxy:3128/hunter2", "odd characters of a password as %XX"),
        ("http://clerk:12/hunter2@proxy:3128", "odd characters of a password as %XX"),
        ("http://clerk:1#hunter2@proxy:3128", "those of a password as %XX"),
        ("http://clerk:1?hunter2@proxy:3128", "those of a password as %XX"),
        ("socks5://clerk:hunter2@proxy:1080", "SOCKS proxies can't be used, only HTTP proxies"),
        ("socks5h://proxy:1080", "SOCKS proxies can't be used"),
        (f"http://{'x' * 70}.test", "is no address of a proxy"),
    ],
)
def test_no_address_of_a_proxy_is_told_without_being_repeated(text: str, said: str) -> None:
    """It may hold a password, whose odd characters would make another address of it."""
    with pytest.raises(ValueError, match=said.replace(".", r"\.")) as raised:
        parse_proxy(text)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "proxy: 'http://clerk:hunter2@proxy:1'",
            "poll.proxy: a login does not stand here; put the whole address into",
        ),
        ("proxy: 'socks5://hunter2.test:1'", "poll.proxy: SOCKS proxies can't be used"),
        ("proxy: 'http://p:1', proxy_file: x", "poll: say proxy or proxy_file, not both"),
        ("proxy_env: $PROXY", "poll.proxy_env: is no name of a variable"),
        ("proxi: x", "poll.proxi: no such key; did you mean 'proxy'?"),
    ],
)
def test_a_fault_of_the_configuration_names_the_key(keys: str, said: str) -> None:
    """And repeats no password."""
    with pytest.raises(ConfigError) as raised:
        parse(f"{HEAD}\npoll: {{ {keys} }}")
    assert f"config.yaml: {said}" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_file_of_authorities_is_looked_at(tmp_path: Path) -> None:
    """One or several certificates in PEM; not a key, another format, a folder or nothing."""
    path = tmp_path / "authority.pem"
    one, other = trustme.CA(), trustme.CA()
    path.write_bytes(b"# the office's\n" + one.cert_pem.bytes() + other.cert_pem.bytes())
    assert authority_fault(path) is None
    for content in (b"", b"words", b"\0\xff", one.private_key_pem.bytes(), one.cert_pem.bytes()[:200]):
        path.write_bytes(content)
        assert (authority_fault(path) or "").startswith(f"{path} holds no certificate in PEM; name a file"), content
    assert (authority_fault(tmp_path / "none") or "").startswith(f"{tmp_path}/none: No such file or directory; name a")
    assert (authority_fault(tmp_path) or "").startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("written", "after"),
    [("true", 3), ("yes", 3), ("'true'", 3), ("1", 3), ("{}", 3), ("{ after: 1 }", 1), ("{ after: 40 }", 40)],
)
def test_an_operator_is_told_after_three_failures_or_as_many_as_it_says(written: str, after: int) -> None:
    """Whoever says no number is told after three."""
    subscription = parse(f"{HEAD}\n{DESK} operator: {written} }} }}").subscriptions["watch"]
    assert subscription.operator
    assert subscription.told_after == after


@pytest.mark.parametrize("written", ["false", "no", "'false'", "0"])
def test_a_subscription_can_say_that_it_is_no_operators(written: str) -> None:
    """As it is without a word."""
    assert not parse(f"{HEAD}\n{DESK} operator: {written} }} }}").subscriptions["watch"].operator


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("soon", "operator: 'soon' is neither true nor false; or write it like { after: 1 }"),
        ("[1]", "operator: [1] is neither true nor false"),
        ("{ after: 0 }", "operator.after: 0 is too small; the smallest value is 1"),
        ("{ after: often }", "operator.after: 'often' is no whole number"),
        ("{ afte: 1 }", "operator.afte: no such key; did you mean 'after'?"),
    ],
)
def test_a_number_of_failures_that_is_none_is_told(written: str, said: str) -> None:
    """In one line, with what would work."""
    with pytest.raises(ConfigError) as raised:
        parse(f"{HEAD}\n{DESK} operator: {written} }} }}")
    (fault,) = raised.value.faults
    assert fault.startswith(f"config.yaml: subscriptions.watch.{said}")
