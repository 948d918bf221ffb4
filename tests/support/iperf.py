"""iperf3 between the subscribers and the machine: what each received, quarter by quarter second.

UDP, offered faster than it may flow, so that what arrives is the shaper's doing and not TCP's.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.namespaces import Elsewhere

__all__ = ["Flow", "Measured", "flows"]

FIRST_PORT: Final = 5201
INTERVAL_SECONDS: Final = 0.25
PAYLOAD_OCTETS: Final = 1448
WIRE_PER_PAYLOAD: Final = (PAYLOAD_OCTETS + 8 + 20 + 14) / PAYLOAD_OCTETS
"""With the headers of UDP, IPv4 and Ethernet: HTB counts frames."""
PACING_MICROSECONDS: Final = 10_000
"""How often each sends: a hundred processes that wake up every millisecond measure each other."""
START_SECONDS_MAX: Final = 60


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One subscriber's traffic, `down` to him or up from him."""

    name: str
    address: str
    down: bool
    offered_bps: int


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What was received between two moments of the loop's clock, in bits on the wire. On a busy
    machine one is longer and the next one shorter.
    """

    began: float
    ended: float
    bits: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one subscriber received."""

    intervals: Sequence[Interval]

    def mean_bps(self, from_: float, until: float) -> float:
        """Of the intervals that lie between two moments of the loop's clock."""
        chosen = [each for each in self.intervals if from_ <= each.began and each.ended <= until]
        return sum(each.bits for each in chosen) / (chosen[-1].ended - chosen[0].began)


async def flows(
    subscribers: Elsewhere, machine_address: str, wanted: Sequence[Flow], *, seconds: float
) -> Mapping[str, Measured]:
    """All at once, each with a server of its own at the sender's side."""
    return dict(
        zip(
            (flow.name for flow in wanted),
            await asyncio.gather(
                *(
                    one(subscribers, machine_address, flow, FIRST_PORT + at, seconds)
                    for at, flow in enumerate(wanted)
                )
            ),
            strict=True,
        )
    )


async def one(
    subscribers: Elsewhere, machine_address: str, flow: Flow, port: int, seconds: float
) -> Measured:
    serve = ["iperf3", "-s", "-1", "--forceflush", "-p", str(port)]
    receive = ["iperf3", "-R", "-J", "-p", str(port), "-t", str(seconds)]
    receive += ["-u", "-b", str(flow.offered_bps), "-l", str(PAYLOAD_OCTETS)]
    receive += ["-i", str(INTERVAL_SECONDS), "--pacing-timer", str(PACING_MICROSECONDS)]
    if flow.down:
        receive = subscribers.command(*receive, "-c", machine_address, "-B", flow.address)
    else:
        serve = subscribers.command(*serve, "-B", flow.address)
        receive += ["-c", flow.address]
    server = await start(*serve)
    try:
        await asyncio.wait_for(listening(server), START_SECONDS_MAX)
        began = asyncio.get_running_loop().time()
        client = await start(*receive)
        printed, _ = await client.communicate()
    finally:
        if server.returncode is None:
            server.terminate()
        await server.communicate()
    said = json.loads(printed)
    if "error" in said:
        raise RuntimeError(f"{flow.name}: {said['error']}")
    return Measured(
        intervals=[
            Interval(
                began=began + each["start"],
                ended=began + each["end"],
                bits=each["bytes"] * 8 * WIRE_PER_PAYLOAD,
            )
            for each in (interval["sum"] for interval in said["intervals"])
        ]
    )


async def listening(server: asyncio.subprocess.Process) -> None:
    assert server.stdout is not None
    while b"listening" not in await server.stdout.readline():
        pass


async def start(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
