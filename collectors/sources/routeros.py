"""A MikroTik router by its API: all tables of a reading asked for at once, over one connection."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from collectors.driver import Part
from collectors.mib.cells import Gate
from collectors.sources import NOTHING_LEARNED, Identity, SourceLost, SourceRefused
from collectors.sources.routeros_rows import (
    device_of,
    interfaces_of,
    ports_of,
    queues_of,
)
from devices.routeros import RouterCommands, RouterLost, RouterRefused, RouterTrap, Row, probe
from devices.routeros.opening import API
from isp.access_network import OnuReading, Poll

__all__ = ["RouterOsSource"]

TICKS_PER_SECOND: Final = 100
MONITOR: Final = "/interface/ethernet/monitor"
CAGES: Final = ("sfp", "qsfp")


@dataclass(frozen=True, slots=True)
class Menu:
    """A table of the router: `name` stands in `Poll.partial`."""

    name: str
    path: str
    columns: tuple[str, ...] = ()


RESOURCE: Final = Menu("resource", "/system/resource")
ROUTERBOARD: Final = Menu("routerboard", "/system/routerboard")
HEALTH: Final = Menu("health", "/system/health")
INTERFACES: Final = Menu("interfaces", "/interface")
QUEUE_COLUMNS: Final = ("name", "bytes")
SIMPLE_QUEUES: Final = Menu("simple_queues", "/queue/simple", QUEUE_COLUMNS)
QUEUE_TREE: Final = Menu("queue_tree", "/queue/tree", QUEUE_COLUMNS)
OPTICS: Final = Menu("sfps", "/interface/ethernet", ("name", "default-name"))
MENUS: Final[Mapping[Part, tuple[Menu, ...]]] = {
    Part.INVENTORY: (ROUTERBOARD, INTERFACES, SIMPLE_QUEUES, QUEUE_TREE, OPTICS),
    Part.STATE: (INTERFACES,),
    Part.OPTICS: (OPTICS,),
    Part.TRAFFIC: (INTERFACES, SIMPLE_QUEUES, QUEUE_TREE),
    Part.HEALTH: (HEALTH,),
}
MISSING_ON_SOME: Final = frozenset({ROUTERBOARD, HEALTH})
"""What virtual routers do not have; that they say so is no loss."""


class RouterOsSource:
    """One router, by API or REST."""

    one_by_one = False
    capabilities = NOTHING_LEARNED
    identity = None

    def __init__(self, router: RouterCommands) -> None:
        self._router = router

    async def probe(self) -> Identity:
        """See Source."""
        with _troubles():
            router = await probe(self._router)
        return Identity(
            driver=API,
            model=router.board or None,
            sys_name=router.name or None,
            description=f"RouterOS {router.version}".strip(),
        )

    async def read(self, parts: frozenset[Part]) -> Poll:
        """See Source. The router is asked how long it is up with every reading."""
        with _troubles():
            told = await self._router.print(RESOURCE.path)
        resource = told[0] if told else {}
        menus = list(dict.fromkeys(menu for part in sorted(parts) for menu in MENUS[part]))
        found = await asyncio.gather(*(self._rows(menu) for menu in menus))
        rows = dict(zip(menus, found, strict=True))
        gate = Gate()
        board = rows.get(ROUTERBOARD) or ()
        device = device_of(resource, board[0] if board else {}, rows.get(HEALTH) or (), gate)
        uptime = device.uptime_seconds
        return Poll(
            device=device,
            ports=tuple(ports_of(rows.get(OPTICS) or (), gate)),
            interfaces=(
                *interfaces_of(rows.get(INTERFACES) or ()),
                *queues_of(rows.get(SIMPLE_QUEUES) or ()),
                *queues_of(rows.get(QUEUE_TREE) or ()),
            ),
            partial=tuple(menu.name for menu, told in rows.items() if told is None),
            uptime_ticks=None if uptime is None else int(uptime * TICKS_PER_SECOND),
            doubts=gate.doubts,
        )

    async def read_onu(self, onu: OnuReading) -> Poll:  # noqa: ARG002 - a router has none
        """See Source."""
        return Poll()

    async def close(self) -> None:
        """See Source."""
        await self._router.close()

    async def _rows(self, menu: Menu) -> Sequence[Row] | None:
        """A menu's rows; None where they could not be read."""
        try:
            rows = await self._router.print(menu.path, proplist=menu.columns)
            return await self._monitored(rows) if menu is OPTICS else rows
        except RouterTrap:
            return () if menu in MISSING_ON_SOME else None
        except (RouterLost, RouterRefused):
            return None

    async def _monitored(self, ports: Iterable[Row]) -> Sequence[Row]:
        cages = [
            port["name"]
            for port in ports
            if "name" in port and port.get("default-name", port["name"]).startswith(CAGES)
        ]
        if not cages:
            return ()
        return await self._router.call(MONITOR, {"numbers": ",".join(cages), "once": ""})


@contextmanager
def _troubles() -> Iterator[None]:
    """What the router does to us, in the words of sources."""
    try:
        yield
    except RouterLost as lost:
        raise SourceLost(str(lost)) from lost
    except (RouterRefused, RouterTrap) as refused:
        raise SourceRefused(str(refused)) from refused
