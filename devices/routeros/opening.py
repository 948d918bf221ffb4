"""The way to a router, from what is stored of it."""

from typing import Final

from devices.credentials import LoginAccess
from devices.routeros.changes import RouterCommands
from devices.routeros.client import Router
from devices.routeros.rest import RestRouter
from devices.routeros.target import RouterTarget

__all__ = ["API", "REST", "open_router", "router_target"]

API: Final = "routeros"
REST: Final = "routeros-rest"
"""What a device's `driver` says of the way; without a word it is the API."""


def router_target(*, host: str, port: int, login: LoginAccess) -> RouterTarget:
    """Which router, and as whom. The login's own port, where it has one, precedes `port`."""
    return RouterTarget(
        host=host,
        port=login.port or port,
        user=login.user,
        password=login.password,
        tls=login.tls,
        certificate_sha256=login.certificate_sha256,
    )


def open_router(target: RouterTarget, *, rest: bool = False) -> RouterCommands:
    """A router, not connected yet: by its API, or where that is closed by REST."""
    return RestRouter(target) if rest else Router(target)
