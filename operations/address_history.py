"""Who had an address at a time: sessions, and the leases behind which nobody logs in."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, any_, bindparam, case, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, CIDR
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import lease
from database.tables.sessions import session, session_live
from database.tables.subscribers import service, subscriber
from isp.errors import ExitCode, Refused

__all__ = ["AddressHolder", "containing", "parse_address", "who_had"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressHolder:
    """A service that held the address; `until` None: it still does. `by`: session or lease."""

    address: str
    subscriber: str | None
    login: str
    since: datetime
    until: datetime | None
    by: str
    acct_session_id: str | None = None
    calling_station_id: str | None = None


def parse_address(text: str) -> IPv4Address | IPv6Address:
    """A single address. Raises Refused."""
    try:
        return ip_address(text.strip())
    except ValueError:
        remedy = "write it as 192.0.2.7 or 2001:db8::7"
        raise Refused(
            f"{text} is not an address", remedy=remedy, exit_code=ExitCode.USAGE
        ) from None


def containing(address: IPv4Address | IPv6Address) -> list[str]:
    """Every network that contains the address, the address itself first.

    Searched for by equality: under a tenant policy `>>=` would lose its index.
    """
    return [
        str(ip_network((address, length), strict=False))
        for length in range(address.max_prefixlen, -1, -1)
    ]


async def who_had(
    transaction: AsyncConnection, address: IPv4Address | IPv6Address, at: datetime
) -> tuple[AddressHolder, ...]:
    """Who held the address, or a prefix around it, at that instant: the closest prefix first."""
    found: list[AddressHolder] = []
    values = {"networks": containing(address)}
    for query in (_in_sessions(session, at), _in_sessions(session_live, at), _in_leases(at)):
        found += [
            AddressHolder(**{**row._mapping, "address": str(row.address)})
            for row in await transaction.execute(query, values)
        ]
    return tuple(sorted(found, key=lambda one: (-_length(one.address), one.by != "session")))


def _networks() -> ColumnElement[Any]:
    return any_(bindparam("networks", type_=ARRAY(CIDR)))


def _in_sessions(table: Table, at: datetime) -> Select[Any]:
    held = (table.c.framed_ip, table.c.framed_ipv6_prefix, table.c.delegated_ipv6_prefix)
    address = held[0].cast(CIDR)
    for column in held[1:]:
        address = _first_that_matches(column, address)
    return (
        select(
            address.label("address"),
            subscriber.c.reference.label("subscriber"),
            table.c.login,
            table.c.started_at.label("since"),
            table.c.ended_at.label("until"),
            literal("session").label("by"),
            table.c.acct_session_id,
            table.c.calling_station_id,
        )
        .outerjoin(subscriber, subscriber.c.subscriber_id == table.c.subscriber_id)
        .where(
            or_(*(column == _networks() for column in held)),
            table.c.started_at <= at,
            or_(table.c.ended_at.is_(None), table.c.ended_at > at),
        )
    )


def _first_that_matches(column: ColumnElement[Any], otherwise: Any) -> Any:
    return case((column == _networks(), column), else_=otherwise)


def _in_leases(at: datetime) -> Select[Any]:
    """Routes and static addresses: without a session they are the only trace."""
    return (
        select(
            lease.c.address,
            subscriber.c.reference.label("subscriber"),
            service.c.name.label("login"),
            lease.c.leased_at.label("since"),
            lease.c.removed_at.label("until"),
            literal("lease").label("by"),
        )
        .join(service, service.c.service_id == lease.c.service_id)
        .join(subscriber, subscriber.c.subscriber_id == service.c.subscriber_id)
        .where(
            lease.c.address == _networks(),
            lease.c.leased_at <= at,
            or_(lease.c.removed_at.is_(None), lease.c.removed_at > at),
        )
    )


def _length(address: object) -> int:
    return ip_network(str(address)).prefixlen
