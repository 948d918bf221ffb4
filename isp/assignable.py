"""Which addresses a subscriber can be given at all: those that one host or one line may have."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

__all__ = ["assignable"]

NEVER_ASSIGNED: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/8",
        "fe80::/10",
        "ff00::/8",
    )
)
"""RFC 6890. The last of 240.0.0.0/4 are no addresses to RADIUS but words (RFC 2865 §5.8)."""


def assignable(network: IPv4Network | IPv6Network) -> bool:
    """Whether nothing of it is the default route, this host, a link's own, multicast, reserved."""
    return not any(
        network.version == never.version and network.overlaps(never) for never in NEVER_ASSIGNED
    )
