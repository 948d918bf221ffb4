"""Linux: HTB on this machine's own interfaces, over netlink (see docs/decisions/0015).

Reads everything, puts the difference, reads back what was put. What is in force stays in force
when the shaper stops; after a reboot nothing is, and the next cycle puts all of it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, ParamSpec, TypeVar

from isp.errors import ExitCode, Refused
from shaper.backend import Applied, Throughput
from shaper.backends.linux_host import Processors, free_octets, kernel_version
from shaper.backends.linux_kernel import Kernel
from shaper.backends.linux_links import ensure_ifb, index_of
from shaper.backends.uncollected import uncollected
from shaper.linux_difference import LinuxDifference, LinuxReading, difference
from shaper.linux_plan import plan_changes
from shaper.linux_requests import Interfaces
from shaper.linux_wiring import Wiring
from shaper.queue import Tree

__all__ = ["LinuxBackend"]

READ_BACK_MAX: Final = 200
"""More classes than this are read back quicker by reading all."""
PROBLEMS_TOLD: Final = 5

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What went through a queue, down and up, until a moment of the loop's clock."""

    at_seconds: float
    octets: tuple[int, int]


class LinuxBackend:
    """This machine, by the interfaces of `wiring`. Needs CAP_NET_ADMIN and asyncio's own loop.

    Raises Refused where somebody else shapes there, or the kernel lacks what is needed.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._kernel = Kernel()
        self._lock = Lock()
        self._processors = Processors()
        self._counted: dict[str, Counted] = {}
        self._ids: Mapping[str, int] = {}
        self._interfaces = Interfaces(down=0, up=0)

    async def read(self, tree: Tree) -> LinuxReading:  # noqa: ARG002 - all of it is read
        """Everything that is ours."""
        return await self._read(self._find())

    def is_current(self, reading: LinuxReading) -> bool:  # noqa: ARG002 - any is
        """A class keeps its number for as long as it is there."""
        return True

    def plan(self, tree: Tree, reading: LinuxReading) -> LinuxDifference:
        """See shaper.linux_difference."""
        with uncollected():
            return difference(tree, reading, self._wiring)

    async def apply(self, difference: LinuxDifference, reading: LinuxReading) -> Applied:
        """All or nothing: what the kernel refuses leaves everybody as he was."""
        if not difference.entries:
            return Applied(done=0, reading=reading)
        interfaces = self._find()
        if not interfaces.up and self._wiring.outside is None:
            up = await ensure_ifb(self._wiring.up_interface)
            interfaces = replace(interfaces, up=up)
        problems, confirmed = await self._alone(self._put, difference, reading, interfaces)
        count = len(difference.entries)
        if problems:
            return Applied(done=0, failed=count, problems=problems[:PROBLEMS_TOLD])
        return Applied(done=count, reading=confirmed or await self._read(interfaces))

    async def throughput(self, queues: Collection[str]) -> Sequence[Throughput]:
        """Since the last call, so the first tells nothing."""
        now = asyncio.get_running_loop().time()
        ids = {name: self._ids[name] for name in queues if name in self._ids}
        octets = await self._alone(self._kernel.octets, self._interfaces, list(ids.values()))
        before = self._counted
        self._counted = {
            name: Counted(at_seconds=now, octets=octets[at])
            for name, at in ids.items()
            if at in octets
        }
        flows = ((name, flow(before.get(name), after)) for name, after in self._counted.items())
        return [
            Throughput(queue=name, down_bps=found[0], up_bps=found[1])
            for name, found in flows
            if found is not None
        ]

    async def close(self) -> None:
        """Leave it as it is."""
        await self._alone(self._kernel.close)

    async def _alone(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In a thread, as the only one that talks to the kernel: also where whoever waited for the
        one before no longer does.
        """

        def locked() -> R:
            with self._lock, uncollected():
                return work(*args, **kwargs)

        return await asyncio.to_thread(locked)

    def _find(self) -> Interfaces:
        for name in (self._wiring.inside, self._wiring.outside):
            if name and not index_of(name):
                raise Refused(
                    f"there is no interface {name}",
                    remedy="`ip link` shows those that there are",
                    exit_code=ExitCode.UNAVAILABLE,
                )
        return Interfaces(
            down=index_of(self._wiring.inside), up=index_of(self._wiring.up_interface)
        )

    async def _read(self, interfaces: Interfaces) -> LinuxReading:
        state = await self._alone(self._kernel.read, interfaces, self._wiring.table)
        self._ids, self._interfaces = state.ids, interfaces
        return LinuxReading(
            state=state,
            interfaces=interfaces,
            kinds=self._kernel.kinds,
            free_octets=free_octets(),
            version=kernel_version(),
            cpu_percent=self._processors.percent(),
        )

    def _put(
        self, difference: LinuxDifference, reading: LinuxReading, interfaces: Interfaces
    ) -> tuple[tuple[str, ...], LinuxReading | None]:
        """What went wrong; and the reading as it now is, where that was cheap to see."""
        table, state = self._wiring.table, reading.state
        plan = plan_changes(
            state,
            put=difference.put,
            removed=difference.removed,
            on_lists=difference.on_lists,
            off_lists=difference.off_lists,
        )
        chains = self._wiring.chains(plan.after.maps, interfaces.up)
        self._kernel.take(interfaces, table)
        problems = self._kernel.change(
            plan, state, interfaces=interfaces, table=table, chains=chains
        )
        little = len(plan.placed) + len(plan.cleared) <= READ_BACK_MAX
        same = state.rooted and state.chains == chains and interfaces == reading.interfaces
        if problems or not (little and same and self._kernel.confirm(plan, interfaces, table)):
            return problems, None
        self._ids = plan.after.ids
        return (), replace(reading, state=plan.after)


def flow(before: Counted | None, after: Counted) -> tuple[int, int] | None:
    """Bits per second down and up; None where the count began between the two."""
    if before is None or after.at_seconds <= before.at_seconds:
        return None
    seconds = after.at_seconds - before.at_seconds
    down, up = (
        int((now - then) * 8 / seconds)
        for now, then in zip(after.octets, before.octets, strict=True)
    )
    return None if min(down, up) < 0 else (down, up)
