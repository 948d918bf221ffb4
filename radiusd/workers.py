"""The keeper's view of its workers: started, replaced at once, told things, listened to."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import assert_never

from chassis.processes import Processes, Program
from radiusd.link import Link, Report, SnapshotBroken, Standing, pair
from radiusd.placement import Placement
from radiusd.sockets import Sockets, serve_by
from radiusd.worker_settings import WorkerSettings

__all__ = ["READY_SECONDS_MAX", "Workers"]

READY_SECONDS_MAX = 30.0
"""A worker is there in one second; a loaded machine takes its time."""


class Workers:
    """All workers of this node. `on_report` is called with what they send, `on_broken` when one
    cannot read the snapshot.
    """

    def __init__(
        self,
        sockets: list[Sockets],
        settings: WorkerSettings,
        *,
        on_report: Callable[[Report], None],
        on_broken: Callable[[], None],
        on_given_up: Callable[[str, int], object],
    ) -> None:
        self._sockets = sockets
        self._settings = settings
        self._on_report = on_report
        self._on_broken = on_broken
        self._processes = Processes(
            output=print, on_given_up=on_given_up, on_standing=self._serve_by
        )
        self._links: list[Link] = []
        self._far_ends: list[socket.socket] = []

    async def start(self) -> tuple[str, ...]:
        """Start them all; the names of those that were not ready in time."""
        for number in range(len(self._sockets)):
            self._start(number)
        return await self._processes.wait_ready(seconds_max=READY_SECONDS_MAX)

    def pids(self) -> dict[str, int]:
        """The process ids of the workers that run."""
        return self._processes.pids()

    def tell(self, standing: Standing) -> None:
        """Say how things stand. Said again every second, so that a successor hears it too."""
        for link in self._links:
            link.send(standing)

    async def stop(self) -> None:
        """Let them answer what they took, and hear their last reports."""
        await self._processes.stop()
        loop = asyncio.get_running_loop()
        for link, far_end in zip(self._links, self._far_ends, strict=True):
            self._hear(link)
            loop.remove_reader(link.end)
            link.end.close()
            far_end.close()

    def _serve_by(self, ready: frozenset[str]) -> None:
        numbers = range(len(self._sockets))
        serve_by(self._sockets, [number for number in numbers if worker_name(number) in ready])

    def _start(self, number: int) -> None:
        near, far = pair()
        link = Link(near)
        self._links.append(link)
        self._far_ends.append(far)
        asyncio.get_running_loop().add_reader(near, self._hear, link)
        placement = Placement(
            number=number,
            workers=len(self._sockets),
            link=far.fileno(),
            auth=tuple(each.fileno() for each in self._sockets[number].auth),
            acct=tuple(each.fileno() for each in self._sockets[number].acct),
        )
        self._processes.start(
            Program(
                name=worker_name(number),
                command=(sys.executable, "-m", "radiusd.worker", "--config", self._settings.path),
                environment=placement.environment(),
                descriptors=(*placement.descriptors, self._settings.descriptor),
                inherits_output=True,
                outlives_parent=True,
            )
        )

    def _hear(self, link: Link) -> None:
        for message in link.receive(lambda: None):
            match message:
                case Report():
                    self._on_report(message)
                case SnapshotBroken():
                    self._on_broken()
                case Standing():  # said by the keeper alone
                    continue
                case _:
                    assert_never(message)


def worker_name(number: int) -> str:
    """How its process is called."""
    return f"worker-{number}"
