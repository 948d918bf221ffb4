"""How an entitlement is said to each vendor's equipment."""

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.access import Access, Addresses, Entitlement, Rates
from isp.nas import Nas, Vendor
from policy import vendors
from policy.session import (
    Cause,
    ChangeOfAuthorization,
    Confirmed,
    Disconnect,
    Nothing,
    Session,
)
from policy.vendors import Server
from policy.vendors.mikrotik import rate_limit
from radius import numbers
from radius.packet import Attribute

GENERIC, MIKROTIK = vendors.profile(Vendor.GENERIC), vendors.profile(Vendor.MIKROTIK)
WANTED = Entitlement(
    tenant_id=1,
    subscriber_id=2,
    service_id=3,
    version=4,
    access=Access.FULL,
    rates=Rates(down_kbps=100_000, up_kbps=20_000),
    session_timeout_seconds=86_400,
    ipv4_pool="homes",
    ipv6_pool="homes",
    delegated_pool="homes",
)
NONE = Addresses()
ALL = Addresses(
    ipv4="192.0.2.7",
    ipv6_prefix="2001:db8:1::/64",
    delegated_prefix="2001:db8:100::/56",
    routes=(IPv4Network("198.51.100.0/28"), IPv6Network("2001:db8:200::/48")),
)


def values(said: tuple[Attribute, ...]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for each in said:
        found.setdefault(each.type, []).append(each.value)
    return found


def mikrotik_values(said: tuple[Attribute, ...]) -> dict[int, bytes]:
    ours = numbers.VENDOR_MIKROTIK.to_bytes(4, "big")
    inside = [each for each in values(said).get(26, []) if each.startswith(ours)]
    return {each[4]: each[6 : 4 + each[5]] for each in inside}


def test_the_standard_attributes_of_an_accept():
    said = values(GENERIC.accept_attributes(WANTED, ALL, b"cookie"))

    assert {
        numbers.FRAMED_IP_ADDRESS: [bytes((192, 0, 2, 7))],
        numbers.FRAMED_IPV6_PREFIX: [bytes.fromhex("0040 20010db800010000")],
        numbers.DELEGATED_IPV6_PREFIX: [bytes.fromhex("0038 20010db8010000")],
        numbers.FRAMED_ROUTE: [b"198.51.100.0/28 0.0.0.0 1"],
        numbers.FRAMED_IPV6_ROUTE: [b"2001:db8:200::/48 :: 1"],
        numbers.SESSION_TIMEOUT: [(86_400).to_bytes(4, "big")],
        numbers.ACCT_INTERIM_INTERVAL: [(300).to_bytes(4, "big")],
        numbers.CLASS: [b"cookie"],
    } == said


def test_pools_of_the_nas_stand_in_for_addresses_that_are_not_given():
    generic = values(GENERIC.accept_attributes(WANTED, NONE, b"cookie"))
    mikrotik = MIKROTIK.accept_attributes(WANTED, NONE, b"cookie")

    assert [b"homes"] == generic[numbers.FRAMED_POOL]
    assert [b"homes"] == generic[numbers.FRAMED_IPV6_POOL]
    assert [b"homes"] == generic[numbers.DELEGATED_IPV6_PREFIX_POOL]
    assert b"homes" == mikrotik_values(mikrotik)[22]
    assert numbers.DELEGATED_IPV6_PREFIX_POOL not in values(mikrotik)


def test_the_wall_is_a_filter_or_an_address_list():
    walled = replace(WANTED, access=Access.WALLED)

    assert [b"turnpike-walled"] == values(GENERIC.accept_attributes(walled, NONE, b"c"))[11]
    said = MIKROTIK.accept_attributes(walled, NONE, b"c")
    assert b"turnpike-walled" == mikrotik_values(said)[19]
    assert 19 not in mikrotik_values(MIKROTIK.accept_attributes(WANTED, NONE, b"c"))


@pytest.mark.parametrize(
    ("rates", "text"),
    [
        (Rates(down_kbps=100_000, up_kbps=20_000), "20M/100M"),
        (Rates(down_kbps=100_000), "0/100M"),
        (Rates(up_kbps=512), "512k/0"),
        (Rates(), "0/0"),
        (Rates(down_kbps=0, up_kbps=0), "1k/1k"),
    ],
)
def test_a_rate_limit_has_the_subscribers_upload_first(rates: Rates, text: str):
    assert text == rate_limit(rates)


def test_an_unlimited_service_gets_no_rate_limit_at_login_and_loses_it_by_coa():
    unlimited = replace(WANTED, rates=Rates())

    assert 8 not in mikrotik_values(MIKROTIK.accept_attributes(unlimited, NONE, b"c"))
    assert {8: b"0/0"} == mikrotik_values(MIKROTIK.change_attributes(unlimited, b"c"))


def test_a_mikrotik_coa_says_the_rate_limit_alone():
    said = MIKROTIK.change_attributes(WANTED, b"cookie")

    assert {8: b"20M/100M"} == mikrotik_values(said)
    assert 1 == len(said)


def test_a_session_is_named_by_login_and_session_id():
    session = Session(acct_session_id="81a0", login="ann", framed_ip="192.0.2.7")

    assert {1: [b"ann"], 44: [b"81a0"]} == values(GENERIC.session_target(session))
    assert {1: [b"ann"], 44: [b"81a0"], 8: [bytes((192, 0, 2, 7))]} == values(
        MIKROTIK.session_target(session)
    )


FULL, WALLED = (
    Confirmed(access=access, rates=WANTED.rates) for access in (Access.FULL, Access.WALLED)
)
GONE = replace(FULL, access=Access.NONE)
SLOW = replace(FULL, rates=Rates(down_kbps=1_000, up_kbps=1_000))
LOSS, RETURN = (Disconnect(cause=cause) for cause in (Cause.LOSS_OF_ACCESS, Cause.RETURN_OF_ACCESS))
CHANGE = ChangeOfAuthorization(cause=Cause.RATES)


@pytest.mark.parametrize(
    ("wanted", "confirmed", "generic", "mikrotik"),
    [
        (FULL, FULL, Nothing(), Nothing()),
        (SLOW, FULL, Nothing(waits=True), CHANGE),
        (GONE, FULL, LOSS, LOSS),
        (GONE, WALLED, LOSS, LOSS),
        (WALLED, FULL, LOSS, LOSS),
        (FULL, WALLED, RETURN, RETURN),
    ],
)
def test_the_least_disturbing_action_of_each_vendor(wanted, confirmed, generic, mikrotik):
    assert generic == GENERIC.action(wanted, confirmed)
    assert mikrotik == MIKROTIK.action(wanted, confirmed)


def test_a_refused_change_waits_or_becomes_a_disconnect():
    assert Nothing(waits=True) == MIKROTIK.action(SLOW, FULL, by_change=False)
    assert LOSS == MIKROTIK.action(GONE, FULL, by_change=False)


def test_every_vendor_has_a_profile_and_the_rest_are_generic():
    assert GENERIC is vendors.profile(Vendor.NOKIA)
    assert MIKROTIK is not GENERIC
    assert not any(vendors.profile(vendor).octets_reversed for vendor in Vendor)


@pytest.mark.parametrize("vendor", [Vendor.GENERIC, Vendor.MIKROTIK])
def test_a_configuration_names_server_ports_secret_and_wall(vendor: Vendor):
    nas = Nas(nas_id=1, tenant_id=1, name="bras1", address="192.0.2.1", coa_port=1700)
    text = vendors.profile(vendor).configuration(nas, Server(address="192.0.2.9"), "hush")

    for word in ("192.0.2.9", "1812", "1813", "1700", "hush", "turnpike-walled", "bras1"):
        assert word in text


def test_a_routeros_secret_is_quoted():
    nas = Nas(nas_id=1, tenant_id=1, name="bras1", address="192.0.2.1")
    text = MIKROTIK.configuration(nas, Server(address="192.0.2.9"), 'a"b$c\\d')

    assert r'secret="a\"b\$c\\d"' in text


@given(
    down=st.none() | st.integers(0, 10**8),
    up=st.none() | st.integers(0, 10**8),
    access=st.sampled_from((Access.FULL, Access.WALLED)),
)
@settings(max_examples=200, deadline=None)
def test_no_attribute_is_longer_than_a_packet_allows(down, up, access):
    wanted = replace(WANTED, access=access, rates=Rates(down_kbps=down, up_kbps=up))
    for profile in (GENERIC, MIKROTIK):
        for each in profile.accept_attributes(wanted, ALL, bytes(44)):
            assert 1 <= len(each.value) <= 253


def test_an_older_routeros_takes_the_client_though_it_does_not_know_the_newest_setting():
    nas = Nas(nas_id=1, tenant_id=1, name="bras1", address="192.0.2.1/32", vendor=Vendor.MIKROTIK)
    lines = MIKROTIK.configuration(nas, Server(address="192.0.2.9"), "hush").splitlines()
    (add,) = (line for line in lines if line.startswith("/radius add"))
    (newest,) = (line for line in lines if "require-message-auth" in line and line[0] != "#")

    assert "require-message-auth" not in add
    assert lines.index(add) < lines.index(newest)
