"""Addresses that no subscriber can be given."""

from ipaddress import ip_network

import pytest

from isp.assignable import assignable


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0/0", "0.0.0.0/32", "127.0.0.1/32", "169.254.0.0/24", "224.0.0.1/32",
        "255.255.255.254/32", "192.0.0.0/2", "::/0", "::1/128", "fe80::/64", "ff02::/64",
    ],
)  # fmt: skip
def test_the_default_route_this_host_and_multicast_are_nobodys(text: str) -> None:
    assert not assignable(ip_network(text))


@pytest.mark.parametrize(
    "text", ["10.0.0.1/32", "100.64.0.0/10", "192.0.2.0/29", "2001:db8::/56", "fd00::/48"]
)
def test_private_shared_and_public_addresses_may_be_given(text: str) -> None:
    assert assignable(ip_network(text))
