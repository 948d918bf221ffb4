"""The NASes as the database has them, their secrets opened."""

from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from chassis.sealing import KeyRing, SealBroken
from chassis.secrets import Secret
from coa.client import Destination
from coa.live import Router
from isp.nas import MessageAuthenticatorPolicy, Nas, Vendor

__all__ = ["NAS_SECRET_SEALING_CONTEXT", "destination_of", "router_of"]

NAS_SECRET_SEALING_CONTEXT: Final = "nas-secret"
"""What sealed secrets are bound to; whoever seals them uses the same words."""


def router_of(row: Any) -> Router:
    """The NAS of a row of table `nas`."""
    network = ip_network(str(row.address))
    nas = Nas(
        nas_id=row.nas_id,
        tenant_id=row.tenant_id,
        name=row.name,
        address=str(row.address),
        nas_identifier=row.nas_identifier,
        vendor=Vendor(row.vendor),
        coa_port=row.coa_port,
        message_authenticator=MessageAuthenticatorPolicy(row.message_authenticator),
        message_authenticator_seen=row.message_authenticator_seen,
        wall_tested=row.wall_tested,
    )
    one = network.num_addresses == 1
    return Router(nas=nas, host=str(network.network_address) if one else None)


def destination_of(row: Any, keys: KeyRing, now: datetime) -> Destination | None:
    """Where requests to it go; None without one address, or with a secret that does not open."""
    router = router_of(row)
    if router.host is None:
        return None
    sealed = [row.secret_sealed]
    if row.secret_previous_until is not None and now < row.secret_previous_until:
        sealed.append(row.secret_previous_sealed)
    try:
        opened = [keys.open(bytes(each), NAS_SECRET_SEALING_CONTEXT) for each in sealed]
    except SealBroken:
        return None
    return Destination(
        name=router.nas.name,
        host=router.host,
        port=router.nas.coa_port,
        secrets=tuple(Secret(each) for each in opened),
    )
