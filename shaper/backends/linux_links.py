"""Interfaces: their indexes, and through pyroute2 an IFB of our own."""

import errno
import socket
from typing import Final

from pyroute2 import AsyncIPRoute, NetlinkError

from isp.errors import ExitCode, Refused
from shaper.backend import BackendTrouble

__all__ = ["ensure_ifb", "index_of"]

IFB: Final = "ifb"
QUEUE_PACKETS: Final = 1000
"""What an interface holds of packets that have no class; an IFB's own is 32."""


def index_of(name: str) -> int:
    """The interface's index, 0 where there is none."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


async def ensure_ifb(name: str) -> int:
    """The index of the IFB, which is made where it is not, and up."""
    async with AsyncIPRoute() as route:
        try:
            if not index_of(name):
                await route.link("add", ifname=name, kind=IFB, txqlen=QUEUE_PACKETS)
            index = index_of(name)
            (link,) = await route.link("get", index=index)
            if link.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") != IFB:
                raise Refused(
                    f"interface {name} is there, and is not an IFB",
                    remedy="rename it, or name the interface towards the Internet too: eth1/eth0",
                    exit_code=ExitCode.CONFIGURATION,
                )
            await route.link("set", index=index, state="up")
        except NetlinkError as error:
            if error.code == errno.EOPNOTSUPP:
                raise Refused(
                    "this kernel has no IFB",
                    remedy="load module ifb, or name the interface towards the Internet too",
                    exit_code=ExitCode.UNAVAILABLE,
                ) from error
            raise BackendTrouble(f"no IFB {name}: {error}") from error
    return index
