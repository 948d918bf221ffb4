"""The NASes as the database has them, their secrets opened."""

from datetime import datetime
from ipaddress import ip_network
from typing import Any

from chassis.sealing import KeyRing, SealBroken
from coa.client import Destination
from coa.live import Router
from operations.nas import nas_of, opened_secrets

__all__ = ["destination_of", "router_of"]


def router_of(row: Any) -> Router:
    """The NAS of a row of table `nas`."""
    network = ip_network(str(row.address))
    one = network.num_addresses == 1
    return Router(nas=nas_of(row), host=str(network.network_address) if one else None)


def destination_of(row: Any, keys: KeyRing, now: datetime) -> Destination | None:
    """Where requests to it go; None without one address, or with a secret that does not open."""
    router = router_of(row)
    if router.host is None:
        return None
    try:
        secrets = opened_secrets(row, keys, now)
    except SealBroken:
        return None
    return Destination(
        name=router.nas.name,
        host=router.host,
        port=router.nas.coa_port,
        secrets=secrets,
    )
