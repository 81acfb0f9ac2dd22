"""The section `evidence`: what it takes, and the words for what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.file import parse
from tests.config.test_sources import DEFAULT, as_text, faults, minimal

if TYPE_CHECKING:
    from monitor.config.sources import Config

ORIGIN = "monitor.example.org/log"
ONE = {"url": "http://one.example/tsa", "roots_file": "/etc/one.pem"}


def described(**keys: Any) -> dict[str, Any]:
    """A configuration with this section."""
    return minimal() | {"evidence": keys}


def parsed(**keys: Any) -> Config:
    """The same, read."""
    return parse(as_text(described(**keys)))


def test_nobody_is_asked_unless_told() -> None:
    """The default file has no name, no key and no authority, and would stamp daily."""
    assert (DEFAULT.evidence.origin, DEFAULT.evidence.key_file, DEFAULT.evidence.publish) == (None, None, None)
    assert DEFAULT.evidence.stamp.authorities == ()
    assert DEFAULT.evidence.stamp.every == timedelta(days=1)


def test_the_section_as_documented_is_taken() -> None:
    """Two authorities, a key, a folder."""
    two = ONE | {"url": "https://two.example/"}
    found = parsed(
        origin=ORIGIN, key_file="/etc/key", publish="out", stamp={"every": "12h", "authorities": [ONE, two]}
    ).evidence
    assert found.origin == ORIGIN
    assert [authority.url for authority in found.stamp.authorities] == [ONE["url"], two["url"]]
    assert found.stamp.every == timedelta(hours=12)


@pytest.mark.parametrize("origin", ["a", "example.org", "example.org:8080/a/b-c_d~e", "127.0.0.1/log"])
def test_names_of_logs(origin: str) -> None:
    """A name is like an address without its scheme."""
    assert parsed(origin=origin).evidence.origin == origin


@pytest.mark.parametrize(
    "origin",
    ["", " ", "https://example.org/log", "a b", "a+b", "a\u00a0b", "a\nb", "a,b", "a*", "//a", "a//b", "a" * 201],
)
def test_texts_that_are_no_names(origin: str) -> None:
    """A scheme, blanks, plus signs and what has a meaning for ssh-keygen are refused."""
    assert "evidence.origin" in faults(described(origin=origin))


@pytest.mark.parametrize("keys", [{"key_file": "/etc/key"}, {"publish": "out"}, {"stamp": {"authorities": [ONE]}}])
def test_a_key_needs_a_name(keys: dict[str, Any]) -> None:
    """What is signed, stamped or published has the log's name in it."""
    (what,) = faults(described(**keys)).values()
    assert "needs origin" in what


@pytest.mark.parametrize(
    ("authorities", "word"),
    [
        ([{"url": "ftp://one.example/", "roots_file": "a"}], "is no web address"),
        ([{"url": "http://one.example/"}], "is missing"),
        ([{"url": "http://me:word@one.example/", "roots_file": "a"}], "a login does not stand in the address"),
        ([ONE, ONE], "stands twice"),
    ],
)
def test_authorities_that_are_none(authorities: list[dict[str, str]], word: str) -> None:
    """Each has an address and a file, and none is there twice."""
    (what,) = faults(described(origin=ORIGIN, stamp={"authorities": authorities})).values()
    assert word in what
