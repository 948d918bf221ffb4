"""The OLT itself: a plant told in a vendor's tables, or a recording played back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from lab.olt import recording, standard, wire
from lab.olt.agent import Agent
from lab.olt.faults import NONE, Faults
from lab.olt.plant import Plant
from lab.olt.responder import USUAL, Limits
from lab.olt.view import Column, View
from lab.olt.wire import Oid

__all__ = ["Olt", "Personality", "play", "tell"]

SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
SYS_UP_TIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)
COLD_START: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
LINK_DOWN: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
LINK_UP: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5, 4)
IF_INDEX: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """One vendor family: how it is recognised and which tables it tells a plant in."""

    name: str
    descr: str
    object_id: Oid
    vendor_id: str
    columns: Callable[[Plant], Sequence[Column]]
    if_index: Callable[[int], int]
    """The ifIndex of a PON port, counted from 0."""


def tell(plant: Plant, who: Personality, up_ticks: Callable[[], int] = lambda: 0) -> View:
    """The plant in the family's tables, with the system group that every agent has."""
    system = standard.system(who.descr, who.object_id, f"lab-{who.name}", up_ticks)
    return View([*system, *who.columns(plant)])


class Olt:
    """An OLT with its agent; `async with` starts and stops it."""

    def __init__(
        self,
        plant: Plant,
        personality: Personality,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        community: str = "public",
        limits: Limits = USUAL,
        faults: Faults = NONE,
        seed: int = 0,
        trap_to: tuple[str, int] | None = None,
    ) -> None:
        self.plant, self.personality, self.trap_to = plant, personality, trap_to
        self.agent = Agent(
            self.view,
            host=host,
            port=port,
            community=community,
            limits=limits,
            faults=faults,
            seed=seed,
        )
        self._booted = 0.0
        self._view: tuple[int, View] | None = None
        self._traps = 0

    async def __aenter__(self) -> "Olt":
        self._booted = asyncio.get_running_loop().time()
        await self.agent.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.agent.__aexit__(kind, error, trace)

    def cut(self, port: int) -> None:
        """Cut a port's fibre, and say so by trap."""
        self.plant.cut(port)
        self._link(LINK_DOWN, port)

    def mend(self, port: int) -> None:
        """Mend it, and say so by trap."""
        self.plant.mend(port)
        self._link(LINK_UP, port)

    def reboot(self) -> None:
        """sysUpTime and every counter begin anew; a coldStart goes out."""
        self._booted = asyncio.get_running_loop().time()
        self.plant.reboot()
        self.trap(COLD_START, {})

    def trap(self, trap_oid: Oid, varbinds: Mapping[Oid, bytes]) -> None:
        """Send an SNMPv2-Trap where traps go, if anywhere."""
        if self.trap_to is None:
            return
        self._traps += 1
        named = {SYS_UP_TIME: wire.ticks(self._ticks())}
        named |= {SNMP_TRAP_OID: wire.object_identifier(trap_oid)} | dict(varbinds)
        body = b"".join(wire.varbind(wire.encode_oid(oid), named[oid]) for oid in named)
        self.agent.send(wire.encode_trap(self.agent.community, self._traps, body), self.trap_to)

    def _link(self, trap_oid: Oid, port: int) -> None:
        if_index = self.personality.if_index(port)
        self.trap(trap_oid, {(*IF_INDEX, if_index): wire.integer(if_index)})

    def view(self) -> View:
        """What the agent can be asked now."""
        if self._view is None or self._view[0] != self.plant.layout:
            self._view = self.plant.layout, tell(self.plant, self.personality, self._ticks)
        return self._view[1]

    def _ticks(self) -> int:
        return int((asyncio.get_running_loop().time() - self._booted) * 100)


def play(cells: Mapping[Oid, bytes], **options: Any) -> Agent:
    """An agent that plays a recording; the options are `Agent`'s."""
    started: list[float] = []

    def up_ticks(recorded: int) -> int:
        now = asyncio.get_running_loop().time()
        if not started:
            started.append(now)
        return recorded + int((now - started[0]) * 100)

    view = View(recording.columns(cells, up_ticks))
    return Agent(lambda: view, **options)
