"""Interfaces, through pyroute2: their indexes, and an IFB of our own."""

import errno
from collections.abc import Mapping
from typing import Final

from pyroute2 import AsyncIPRoute, NetlinkError

from isp.errors import ExitCode, Refused

__all__ = ["ensure_ifb", "indexes"]

IFB: Final = "ifb"
QUEUE_PACKETS: Final = 1000
"""What an interface holds of packets that have no class; an IFB's own is 32."""


async def indexes(names: tuple[str, ...]) -> Mapping[str, int]:
    """Those of the interfaces that there are."""
    found = {}
    async with AsyncIPRoute() as route:
        for name in names:
            at = await route.link_lookup(ifname=name)
            if at:
                found[name] = at[0]
    return found


async def ensure_ifb(name: str) -> int:
    """The index of the IFB, which is made where it is not, and up."""
    async with AsyncIPRoute() as route:
        at = await route.link_lookup(ifname=name)
        if not at:
            await add(route, name)
            at = await route.link_lookup(ifname=name)
        (link,) = await route.link("get", index=at[0])
        if link.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") != IFB:
            raise Refused(
                f"interface {name} is there, and is not an IFB",
                remedy="rename it, or name the interface towards the Internet, as in eth1/eth0",
                exit_code=ExitCode.CONFIGURATION,
            )
        await route.link("set", index=at[0], state="up")
    return int(at[0])


async def add(route: AsyncIPRoute, name: str) -> None:
    try:
        await route.link("add", ifname=name, kind=IFB, txqlen=QUEUE_PACKETS)
    except NetlinkError as error:
        if error.code == errno.EOPNOTSUPP:
            raise Refused(
                "this kernel has no IFB",
                remedy="load module ifb, or name the interface towards the Internet",
                exit_code=ExitCode.UNAVAILABLE,
            ) from error
        raise
