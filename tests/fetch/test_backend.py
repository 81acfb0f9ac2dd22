"""Which addresses are the internet's, and which are somebody's own."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from monitor.fetch.backend import is_public


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
        ),
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "233.252.0.1", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "2001:db8::1",
            "::10.0.0.1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2001:0:7f00:1::"),
    ],
)
def test_addresses_that_are_not_the_internets_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, reserved and multicast addresses, and IPv6 that stands for them."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2600:1408::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Global addresses are, and so is IPv6 that stands for a global IPv4 address."""
    assert is_public(ip_address(address))
