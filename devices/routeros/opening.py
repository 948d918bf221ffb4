"""The way to a router, from what is stored of it."""

from typing import Final

from devices.credentials import LoginAccess
from devices.routeros.changes import RouterCommands
from devices.routeros.client import Router
from devices.routeros.rest import RestRouter
from devices.routeros.target import RouterTarget

__all__ = ["API", "REST", "router_at"]

API: Final = "routeros"
REST: Final = "routeros-rest"
"""What a device's `driver` says of the way; anything else is the API, too."""


def router_at(
    *, host: str, port: int, access: LoginAccess, driver: str = API, timeout_seconds: float = 10.0
) -> RouterCommands:
    """A router, not connected yet. The login's own port, where it has one, precedes `port`."""
    target = RouterTarget(
        host=host,
        port=access.port or port,
        user=access.user,
        password=access.password,
        tls=access.tls,
        certificate_sha256=access.certificate_sha256,
        timeout_seconds=timeout_seconds,
    )
    return RestRouter(target) if driver == REST else Router(target)
