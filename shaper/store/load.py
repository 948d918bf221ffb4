"""What a target's queues follow from: services, addresses, topology, pauses, requests."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from isp.access import Access, Rates
from isp.shaping import Method
from shaper.claims import Claim
from shaper.desired import Service, Site
from shaper.prefixes import EVERYTHING
from shaper.target import Target
from shaper.topology import Node, Topology

__all__ = ["Fingerprint", "Loaded", "Owned", "Request", "explained", "fingerprint", "load"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a person asked for."""

    shaper_request_id: int
    kind: str
    confirmed_removals: int | None
    requested_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """`sessions` is another when sessions are; `requests` are open."""

    sessions: str
    paused: bool
    requests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """Whose service it is."""

    subscriber_id: int
    service_id: int
    login: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """One moment of the database, for one target. `owners` by subject."""

    site: Site
    services: tuple[Service, ...]
    claims: tuple[Claim, ...]
    owners: dict[str, Owned]
    paused: bool
    requests: tuple[Request, ...]


async def load(transaction: AsyncConnection, target: Target, now: datetime) -> Loaded:
    """All that the target's queues are decided from."""
    about = _about(target, now)
    nodes = [_node(row) for row in await transaction.execute(NODES, about)]
    topology = Topology(() if target.method is Method.RADIUS else nodes)
    claims = await _claims(transaction, target, nodes, about)
    wanted = {"service_ids": sorted({claim.service_id for claim in claims})}
    rows = (await transaction.execute(SERVICES, wanted)).all()
    services = tuple(_service(row) for row in rows)
    return Loaded(
        site=Site(
            method=target.method,
            by_radius=target.nas_id is not None or target.cpe_id != 0,
            topology=topology,
        ),
        services=services,
        claims=tuple(claims),
        owners={
            each.subject: Owned(
                subscriber_id=row.subscriber_id, service_id=each.service_id, login=each.login
            )
            for each, row in zip(services, rows, strict=True)
        },
        paused=bool(await transaction.scalar(PAUSED, about)),
        requests=tuple(_request(row) for row in await transaction.execute(REQUESTS, about)),
    )


async def explained(
    transaction: AsyncConnection, target: Target, service_ids: Collection[int], now: datetime
) -> set[int]:
    """Those of the services that a Stop, a termination or a person took off the target."""
    asked = _about(target, now) | {"service_ids": sorted(service_ids)}
    return set((await transaction.scalars(EXPLAINED, asked)).all())


async def fingerprint(transaction: AsyncConnection, target: Target, now: datetime) -> Fingerprint:
    """Of what a router's queues follow from, what nobody is told of when it changes."""
    row = (await transaction.execute(FINGERPRINT, _about(target, now))).one()
    return Fingerprint(sessions=row.sessions, paused=row.paused, requests=row.requests)


def _about(target: Target, now: datetime) -> dict[str, Any]:
    """What the queries ask by."""
    return {
        "tenant_id": target.tenant_id,
        "device_id": target.device_id,
        "nas_id": target.nas_id,
        "now": now,
    }


async def _claims(
    transaction: AsyncConnection, target: Target, nodes: Collection[Node], about: dict[str, Any]
) -> list[Claim]:
    if target.subnet is not None:
        return [
            Claim(
                service_id=target.service_id,
                network=target.subnet,
                live=True,
                since=about["now"],
            )
        ]
    if target.nas_id is not None:
        sessions, leases = SESSIONS_OF_NAS, LEASES_OF_NAS
    else:
        sessions, leases = SESSIONS_OF_NETWORKS, LEASES_OF_NETWORKS
        networks = {each for node in nodes for each in node.networks or EVERYTHING}
        networks = networks or set(EVERYTHING)
        about = about | {"networks": [str(each) for each in networks]}
    claims = [
        claim for row in await transaction.execute(sessions, about) for claim in _of_session(row)
    ]
    for row in await transaction.execute(leases, about):
        network = ip_network(str(row.address))
        since = row.leased_at
        claims.append(Claim(service_id=row.service_id, network=network, live=False, since=since))
    return claims


def _of_session(row: Any) -> Iterator[Claim]:
    for address in (row.framed_ip, row.framed_ipv6_prefix, row.delegated_ipv6_prefix):
        if address is not None:
            network = ip_network(str(address))
            since = row.started_at
            yield Claim(service_id=row.service_id, network=network, live=True, since=since)


def _node(row: Any) -> Node:
    return Node(
        node_id=row.shaping_node_id,
        name=row.name,
        networks=tuple(ip_network(str(each)) for each in row.networks),
        rates=Rates(down_kbps=row.down_kbps, up_kbps=row.up_kbps),
        parent_id=row.parent_node_id,
    )


def _service(row: Any) -> Service:
    return Service(
        service_id=row.service_id,
        login=row.name,
        access=Access(row.access),
        rates=Rates(down_kbps=row.down_kbps, up_kbps=row.up_kbps),
        attributes=tuple(row.attributes),
    )


def _request(row: Any) -> Request:
    return Request(
        shaper_request_id=row.shaper_request_id,
        kind=row.kind,
        confirmed_removals=row.confirmed_removals,
        requested_by=row.requested_by,
    )


NODES: Final = text("""\
SELECT shaping_node_id, parent_node_id, name, networks, down_kbps, up_kbps
FROM shaping_node WHERE device_id = :device_id AND removed_at IS NULL
ORDER BY shaping_node_id""")

_LIVE: Final = "tenant_id = :tenant_id AND ended_at IS NULL AND service_id <> 0"
_OF_SESSION: Final = """\
SELECT service_id, framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, started_at
FROM session_live"""

SESSIONS_OF_NAS: Final = text(f"{_OF_SESSION} WHERE nas_id = :nas_id AND {_LIVE}")

LEASES_OF_NAS: Final = text(f"""\
SELECT service_id, address, leased_at FROM lease
WHERE removed_at IS NULL AND service_id IN (
    SELECT service_id FROM session_live WHERE nas_id = :nas_id AND {_LIVE})""")

SESSIONS_OF_NETWORKS: Final = text(f"""\
{_OF_SESSION} WHERE {_LIVE} AND (framed_ip <<= ANY (CAST(:networks AS cidr[]))
    OR framed_ipv6_prefix <<= ANY (CAST(:networks AS cidr[]))
    OR delegated_ipv6_prefix <<= ANY (CAST(:networks AS cidr[])))""")

LEASES_OF_NETWORKS: Final = text("""\
SELECT service_id, address, leased_at FROM lease
WHERE removed_at IS NULL AND tenant_id = :tenant_id
    AND address <<= ANY (CAST(:networks AS cidr[]))""")

SERVICES: Final = text("""\
SELECT service.service_id, service.subscriber_id, service.name, access, down_kbps, up_kbps,
    attributes
FROM service JOIN entitlement USING (service_id)
WHERE service_id = ANY (CAST(:service_ids AS bigint[])) AND service.state <> 'terminated'
ORDER BY service_id""")

_PAUSED: Final = """\
EXISTS (SELECT FROM enforcement_pause
    WHERE tenant_id = :tenant_id AND (nas_id IS NULL OR nas_id = CAST(:nas_id AS bigint))
        AND kind = 'pause' AND resumed_at IS NULL
        AND (until IS NULL OR until > CAST(:now AS timestamptz)))"""
PAUSED: Final = text(f"SELECT {_PAUSED}")

REQUESTS: Final = text("""\
SELECT shaper_request_id, kind, confirmed_removals, requested_by FROM shaper_request
WHERE device_id = :device_id AND done_at IS NULL ORDER BY shaper_request_id""")

EXPLAINED: Final = text("""\
SELECT service_id FROM service
LEFT JOIN LATERAL (
    SELECT closed_by FROM session WHERE session.service_id = service.service_id
    AND (CAST(:nas_id AS bigint) IS NULL OR nas_id = CAST(:nas_id AS bigint))
    ORDER BY started_at DESC LIMIT 1
) AS last ON true
WHERE service_id = ANY (CAST(:service_ids AS bigint[])) AND (
    state = 'terminated' OR last.closed_by = 'stop'
    OR EXISTS (SELECT FROM lease WHERE lease.service_id = service.service_id
        AND lease.removed_at > CAST(:now AS timestamptz) - interval '1 day'))""")
"""A Stop ended its last session there, or a person ended it or took an address away."""

FINGERPRINT: Final = text(f"""\
SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws(' ', session_key, service_id,
        framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix), 0)::numeric)) AS sessions,
    {_PAUSED} AS paused,
    (SELECT count(*) FROM shaper_request
        WHERE device_id = :device_id AND done_at IS NULL) AS requests
FROM session_live
WHERE {_LIVE} AND (CAST(:nas_id AS bigint) IS NULL OR nas_id = CAST(:nas_id AS bigint))""")
