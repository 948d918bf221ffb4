"""Loading what a decision needs: one look into the snapshot, the password opened."""

from collections.abc import Callable
from ipaddress import ip_network

from chassis.sealing import SealBroken
from isp.access import Addresses, Entitlement
from isp.sealed import Sealed
from radius.passwords import CLEAR, StoredPassword, parse_password
from radiusd.access import ServiceRecord
from radiusd.access_request import AccessRequest, candidates
from radiusd.snapshot import (
    IdentifierValue,
    LeaseKind,
    LeaseValue,
    Reading,
    decode_entitlement,
    decode_leases,
    identifier_key,
)

__all__ = ["OpenSealed", "addresses_of", "awaited_kinds", "load_service"]

OpenSealed = Callable[[bytes, str], bytes]
"""`chassis.sealing.KeyRing.open`."""


def load_service(
    request: AccessRequest, tenant_id: int, reading: Reading, open_sealed: OpenSealed
) -> ServiceRecord | None:
    """The service that the request names, or None for a stranger."""
    for kind, value in candidates(request):
        found = reading.identifier(identifier_key(tenant_id, kind, value))
        if found is not None:
            return _record(found, reading, open_sealed)
    return None


def addresses_of(leases: tuple[LeaseValue, ...]) -> Addresses:
    """What a service speaks from, and what is routed to it."""
    by_kind = {lease.kind: lease.address for lease in leases}
    ipv4 = by_kind.get(LeaseKind.IPV4)
    return Addresses(
        ipv4=None if ipv4 is None else ipv4.partition("/")[0],
        ipv6_prefix=by_kind.get(LeaseKind.IPV6_PREFIX),
        delegated_prefix=by_kind.get(LeaseKind.DELEGATED_PREFIX),
        routes=tuple(
            ip_network(lease.address) for lease in leases if lease.kind is LeaseKind.ROUTE
        ),
    )


def awaited_kinds(
    entitlement: Entitlement, addresses: Addresses, reading: Reading
) -> tuple[LeaseKind, ...]:
    """The addresses that pools of ours owe the service; a pool we do not know is the NAS's own."""
    wanted = (
        (LeaseKind.IPV4, entitlement.ipv4_pool, addresses.ipv4),
        (LeaseKind.IPV6_PREFIX, entitlement.ipv6_pool, addresses.ipv6_prefix),
        (LeaseKind.DELEGATED_PREFIX, entitlement.delegated_pool, addresses.delegated_prefix),
    )
    return tuple(
        kind
        for kind, pool, held in wanted
        if pool is not None and held is None and reading.has_pool(entitlement.tenant_id, kind, pool)
    )


def _record(found: IdentifierValue, reading: Reading, open_sealed: OpenSealed) -> ServiceRecord:
    entitlement_octets = reading.entitlement_octets(found.service_id)
    entitlement = None if entitlement_octets is None else decode_entitlement(entitlement_octets)
    leases = reading.lease_octets(found.service_id)
    addresses = Addresses() if leases is None else addresses_of(decode_leases(leases))
    return ServiceRecord(
        subscriber_id=found.subscriber_id,
        service_id=found.service_id,
        password_asked=found.password_form is not None,
        password=_stored_password(found, open_sealed),
        entitlement=entitlement,
        addresses=addresses,
        awaited=() if entitlement is None else awaited_kinds(entitlement, addresses, reading),
    )


def _stored_password(found: IdentifierValue, open_sealed: OpenSealed) -> StoredPassword | None:
    """The password, or None where there is none, or none that can be read."""
    if found.password_form is None or found.password_sealed is None:
        return None
    try:
        opened = open_sealed(found.password_sealed, Sealed.SERVICE_PASSWORD)
        if found.password_form == CLEAR:
            return StoredPassword(scheme=CLEAR, digest=opened)
        return parse_password(opened.decode())
    except (SealBroken, ValueError):
        return None
