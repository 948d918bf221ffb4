"""MikroTik RouterOS: rates as a queue, the wall as an address list, RADIUS by its manual.

A CoA-Request may change Mikrotik-Rate-Limit and a few limits of a live session; addresses, pools,
routes and address lists only a new login can change (RouterOS manual, "RADIUS").
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address

from isp.access import Addresses, Entitlement, Rates
from isp.limit import Limit
from isp.nas import Nas
from policy.additions import substituted
from policy.rate_limit import RateLimit, RateLimitError, parse_rate_limit, rate_limit_text
from policy.session import Session
from policy.vendors import attributes as said
from policy.vendors.profile import WALL, Profile, Server
from radius import numbers
from radius.packet import Attribute

__all__ = ["PROFILE", "Mikrotik", "queue_limit", "rate_limit"]

VENDOR_ASCEND = 529
RATE_LIMIT = 8
ADDRESS_LIST = 19
DELEGATED_IPV6_POOL = 22

UNLIMITED = Rates()
LIMITS_REMEMBERED = 1_024
"""Different rates and additions; a provider has some dozen plans."""


class Mikrotik(Profile):
    """The profile `mikrotik`. Acct-Input-Octets are what the router received, as RFC 2866 says."""

    changes_rates_live = True
    vendors = frozenset(
        {
            numbers.VENDOR_MIKROTIK,
            numbers.VENDOR_MICROSOFT,
            numbers.VENDOR_WISPR,
            VENDOR_ASCEND,
        }
    )

    def grant_attributes(
        self, entitlement: Entitlement, addresses: Addresses
    ) -> tuple[Attribute, ...]:
        """Addresses or pools, limits, Mikrotik-Rate-Limit."""
        return (
            *said.address_attributes(addresses),
            *_pool_attributes(entitlement, addresses),
            *said.limit_attributes(entitlement),
            *(() if entitlement.rates == UNLIMITED else (_rate_attribute(entitlement.rates),)),
        )

    def wall_attributes(self) -> tuple[Attribute, ...]:
        """An address list."""
        return (said.vendor_text(numbers.VENDOR_MIKROTIK, ADDRESS_LIST, WALL),)

    def live_attributes(self, entitlement: Entitlement) -> tuple[Attribute, ...]:
        """Mikrotik-Rate-Limit."""
        return (_rate_attribute(entitlement.rates),)

    def session_target(self, session: Session) -> tuple[Attribute, ...]:
        """User-Name, Acct-Session-Id, and Framed-IP-Address where the session has one."""
        named = tuple(said.session_attributes(session))
        if session.framed_ip is None:
            return named
        address = IPv4Address(session.framed_ip).packed
        return (*named, Attribute(numbers.FRAMED_IP_ADDRESS, address))

    def configuration(self, nas: Nas, server: Server, secret: str) -> str:
        """RouterOS commands: RADIUS client, incoming CoA, PPP AAA, the walled garden."""
        return "\n".join(
            (
                f"# {nas.name}: paste into a RouterOS terminal",
                f'/radius add service=ppp,dhcp,hotspot address={server.address} secret="'
                f'{_quoted(secret)}" authentication-port={server.auth_port}'
                f" accounting-port={server.acct_port} timeout=3s comment=turnpike",
                "# from RouterOS 7.15 on; an older one does not know this setting",
                "/radius set [find comment=turnpike] require-message-auth=yes-for-request-resp",
                f"/radius incoming set accept=yes port={nas.coa_port}",
                "/ppp aaa set use-radius=yes accounting=yes interim-update=5m",
                f"# walled garden: list {WALL} may reach {server.address} and DNS, nothing else",
                f"/ip firewall filter add chain=forward action=accept src-address-list={WALL}"
                f" dst-address={server.address} comment=turnpike",
                f"/ip firewall filter add chain=forward action=accept src-address-list={WALL}"
                " protocol=udp dst-port=53 comment=turnpike",
                f"/ip firewall filter add chain=forward action=drop src-address-list={WALL}"
                " comment=turnpike",
                "# these rules must stand above a fasttrack rule; try them with one subscriber,",
                f"# then: turnpike nas set {nas.name} --wall-tested",
                "",
            )
        )


def rate_limit(rates: Rates) -> str:
    """The value of Mikrotik-Rate-Limit; a rate of 0 is the least there is, for 0 is unlimited."""
    return rate_limit_text(RateLimit(up=_limit(rates.up_kbps), down=_limit(rates.down_kbps)))


@lru_cache(maxsize=LIMITS_REMEMBERED)
def queue_limit(rates: Rates, additions: tuple[str, ...]) -> RateLimit:
    """The queue of a service: what a login would get, with a plan's own burst and minimum."""
    (said_at_login,) = substituted((_rate_attribute(rates),), additions)
    try:
        return parse_rate_limit(
            said_at_login.value[said.VENDOR_HEADER_OCTETS :].decode("ascii", "replace")
        )
    except RateLimitError:
        return parse_rate_limit(rate_limit(rates))


def _limit(kbps: int | None) -> Limit:
    return Limit(rate_bps=None if kbps is None else max(kbps, 1) * 1000)


@lru_cache(maxsize=LIMITS_REMEMBERED)
def _rate_attribute(rates: Rates) -> Attribute:
    return said.vendor_text(numbers.VENDOR_MIKROTIK, RATE_LIMIT, rate_limit(rates))


def _pool_attributes(entitlement: Entitlement, addresses: Addresses) -> Iterable[Attribute]:
    """As the RFCs say, but RouterOS has an attribute of its own for the delegated pool."""
    for each in said.pool_attributes(entitlement, addresses):
        if each.type == numbers.DELEGATED_IPV6_PREFIX_POOL:
            name = each.value.decode()
            yield said.vendor_text(numbers.VENDOR_MIKROTIK, DELEGATED_IPV6_POOL, name)
        else:
            yield each


def _quoted(secret: str) -> str:
    """Inside double quotes RouterOS's terminal reads backslash, quote and dollar specially."""
    return "".join(f"\\{letter}" if letter in '\\"$?' else letter for letter in secret)


PROFILE = Mikrotik()
