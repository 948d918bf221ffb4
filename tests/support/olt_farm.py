"""Many OLTs in a process of their own, so that a collector's processor time is its own.

    with olt_farm(olts=64, onus=2048) as farm:
        farm.ports            # where each listens
        farm.black_hole([3])  # these swallow everything from now on
        farm.counts()         # what each saw since the last `forget`

The process is told what to do by lines on its standard input, and answers each with one of JSON.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from chassis.clock import SystemClock
from lab.olt import Faults, Olt, Plant, personalities

__all__ = ["OltFarm", "olt_farm"]

HOUSE = Path(__file__).resolve().parent.parent.parent


class OltFarm:
    """The farm as its user sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ports: list[int] = self._answer()

    def black_hole(self, numbers: Sequence[int]) -> None:
        """These OLTs swallow everything, the others nothing."""
        self._tell(f"black_hole {json.dumps(list(numbers))}")

    def forget(self) -> None:
        """Count anew."""
        self._tell("forget")

    def counts(self) -> list[dict[str, int]]:
        """Of each OLT: requests, outstanding_max, rate_max."""
        return self._tell("counts")

    def _tell(self, line: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@contextmanager
def olt_farm(
    *, olts: int, onus: int, personality: str = "huawei", latency_ms: int = 20
) -> Iterator[OltFarm]:
    """A farm, stopped when left."""
    words = [f"--olts={olts}", f"--onus={onus}", f"--personality={personality}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.olt_farm", *words, f"--latency-ms={latency_ms}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HOUSE,
    )
    with process:
        try:
            yield OltFarm(process)
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("olts", "onus", "latency_ms"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, required=True)
    parser.add_argument("--personality", required=True)
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    who = personalities()[options.personality]
    usual = Faults(latency_seconds=options.latency_ms / 1000)
    async with AsyncExitStack() as stack:
        olts = []
        for number in range(options.olts):
            plant = Plant.build(
                SystemClock(), ports=16, onus=options.onus, vendor_id=who.vendor_id, seed=number
            )
            olt = Olt(plant, who, faults=usual, seed=number)
            olt.view()
            olts.append(await stack.enter_async_context(olt))
        _say([olt.agent.port for olt in olts])
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command, _, words = line.strip().partition(" ")
            _say(_obey(olts, usual, command, words))


def _obey(olts: list[Olt], usual: Faults, command: str, words: str) -> Any:
    if command == "black_hole":
        numbers = json.loads(words)
        for number, olt in enumerate(olts):
            olt.agent.faults = usual.changed(black_hole=number in numbers)
    elif command == "forget":
        for olt in olts:
            olt.agent.counts.clear()
            olt.agent.outstanding_max = olt.agent.rate_max = 0
    return [
        {
            "requests": olt.agent.counts["requests"],
            "outstanding_max": olt.agent.outstanding_max,
            "rate_max": olt.agent.rate_max,
        }
        for olt in olts
    ]


def _say(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
