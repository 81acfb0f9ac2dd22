"""A plain address is taken apart as httpx takes it apart; every other one is left to httpx."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.fetch.address import PLAIN, PlainAddress, address_of

PLAIN_ONES = (
    "https://www.ice.gov/identify-and-arrest/287g",
    "http://127.0.0.1:8080/list",
    "https://www.example.gov/",
    "https://www.example.gov/a.b/c~d//e?page=2&x=y/z",
    "http://localhost:65535/A-Z_0",
)
OTHERS = (
    "https://www.example.gov",
    "https://www.example.gov:443/list",
    "http://www.example.gov:80/list",
    "https://www.example.gov/list#part",
    "https://www.example.gov/two words",
    "https://www.example.gov/%7Elist",
    "https://www.example.gov/a/../b",
    "https://www.example.gov/./b",
    "https://www.example.gov/.well-known",
    "https://www.example.gov/list?",
    "https://WWW.example.gov/list",
    "HTTPS://www.example.gov/list",
    "https://xn--bcher-kva.example/list",
    "https://bücher.example/list",
    "https://[::1]/list",
    "https://user:word@www.example.gov/list",
    "https://www.example.gov/liste/ü",
    "https://www.example.gov/list\n",
)
NO_ADDRESSES = ("http://999.1.1.1/list", "http://www.example.gov:65536x/list", "http://[::1/list")


def said(url: PlainAddress | httpx.URL) -> tuple[object, ...]:
    """What is used of an address."""
    return (
        *(str(url), url.scheme, url.host, url.port, url.path, url.userinfo),
        *(url.raw_scheme, url.raw_host, url.raw_path, url.netloc),
    )


@pytest.mark.parametrize("text", PLAIN_ONES)
def test_a_plain_address_is_taken_apart_as_httpx_does(text: str) -> None:
    """With the same parts, in the same types."""
    assert isinstance(address_of(text), PlainAddress)
    assert said(address_of(text)) == said(httpx.URL(text))


@pytest.mark.parametrize("text", OTHERS)
def test_any_other_address_is_left_to_httpx(text: str) -> None:
    """And loses what stands behind the number sign."""
    try:
        known = httpx.URL(text).copy_with(fragment=None)
    except httpx.InvalidURL:
        with pytest.raises(httpx.InvalidURL):
            address_of(text)
    else:
        assert address_of(text) == known


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_refused(text: str) -> None:
    """By httpx, in its words."""
    with pytest.raises(httpx.InvalidURL):
        address_of(text)


@given(st.from_regex(PLAIN, fullmatch=True))
def test_whatever_looks_plain_means_the_same_to_httpx(text: str) -> None:
    """Also an address that nobody has thought of."""
    try:
        address = address_of(text)
    except httpx.InvalidURL:
        assume(False)  # noqa: FBT003 - a port above the largest one
    assert said(address) == said(httpx.URL(text))
