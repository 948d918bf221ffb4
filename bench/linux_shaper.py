"""10,000 subscribers shaped on Linux, against `tc -batch` of the same classes.

Ours is more: names, addresses and rules besides the classes, and all of it read back. The rival is
given one HTB for each direction, as scripts do, and classifies nothing.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Final

from bench.result import Figure
from chassis.clock import SystemClock
from isp.limit import Limit
from shaper.backends.linux import LinuxBackend
from shaper.linux_wiring import Wiring
from shaper.queue import Queue, Tree

__all__ = ["measure"]

SUBSCRIBERS: Final = 10_000
PER_NODE: Final = 1_000
CHANGES: Final = 50
DOWN_BPS, UP_BPS, NODE_BPS = 100_000_000, 20_000_000, 10_000_000_000
OURS, RIVALS = ("ours0", "ours1"), ("rival0", "rival1")
APPLY_GOAL: Final = 2.0
CHANGE_GOAL: Final = 1.0

Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """Every figure, taken in a network namespace; none where that is not permitted."""
    inside = ["unshare", "--net", sys.executable, "-m", "bench.linux_shaper"]
    done = subprocess.run(inside, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"Linux shaper left out: {done.stderr.strip().splitlines()[-1]}")
        return []
    figures = [Figure(**each) for each in json.loads(done.stdout)]
    for each in figures:
        say(f"{each.name}: {each.ours:,.0f}{each.unit}, {each.rival_name} {each.rival:,.0f}")
    return figures


def main() -> None:
    """What runs in the namespace; prints the figures as JSON."""
    for name, other in (OURS, RIVALS):
        subprocess.run(
            ["ip", "link", "add", name, "type", "veth", "peer", "name", other], check=True
        )
    full, change = asyncio.run(ours())
    rival_full, rival_change = by_tc()
    figures = [
        {
            "name": f"Linux: {SUBSCRIBERS:,} subscribers",
            "unit": " subscribers/s",
            "ours": full,
            "rival": rival_full,
            "rival_name": "tc -batch, unread",
            "goal": APPLY_GOAL,
        },
        {
            "name": "one plan change among them",
            "unit": "/s",
            "ours": change,
            "rival": rival_change,
            "rival_name": "tc class change, twice",
            "goal": CHANGE_GOAL,
        },
    ]
    print(json.dumps(figures))


async def ours() -> tuple[float, float]:
    """Subscribers per second of a full apply, and changes per second one by one, both read back."""
    clock = SystemClock()
    backend = LinuxBackend(Wiring(inside=OURS[0], outside=OURS[1]))
    try:
        tree = tree_of(0)
        reading = await backend.read(tree)
        began = clock.monotonic()
        applied = await backend.apply(backend.plan(tree, reading), reading)
        full = SUBSCRIBERS / (clock.monotonic() - began)
        seconds = 0.0
        for changed in range(1, CHANGES + 1):
            tree = tree_of(changed)
            difference = backend.plan(tree, applied.reading)
            began = clock.monotonic()
            applied = await backend.apply(difference, applied.reading)
            seconds += clock.monotonic() - began
        left = backend.plan(tree, await backend.read(tree)).changes
    finally:
        await backend.close()
    if left:
        message = f"{len(left)} changes are left"
        raise RuntimeError(message)
    return full, CHANGES / seconds


def tree_of(changed: int) -> Tree:
    """The first so many at another rate."""
    nodes = (
        Queue(
            name=f"n{at}",
            subject=f"n{at}",
            targets=(),
            down=Limit(rate_bps=NODE_BPS),
            up=Limit(rate_bps=NODE_BPS),
        )
        for at in range(SUBSCRIBERS // PER_NODE)
    )
    services = (
        Queue(
            name=f"s{number}",
            subject=f"s{number}",
            targets=(ip_network((0x64400000 + number, 32)),),
            down=Limit(rate_bps=DOWN_BPS // 2 if number < changed else DOWN_BPS),
            up=Limit(rate_bps=UP_BPS),
            parent=f"n{number // PER_NODE}",
        )
        for number in range(SUBSCRIBERS)
    )
    return Tree(queues=(*nodes, *services))


def by_tc() -> tuple[float, float]:
    """The same of tc: all in one batch, then a command for each direction of a change."""
    clock = SystemClock()
    with tempfile.NamedTemporaryFile("w", suffix=".tc") as batch:
        batch.writelines(f"{line}\n" for line in batch_of(RIVALS))
        batch.flush()
        began = clock.monotonic()
        subprocess.run(["tc", "-batch", batch.name], check=True)
        full = SUBSCRIBERS / (clock.monotonic() - began)
    began = clock.monotonic()
    for number in range(CHANGES):
        for interface in RIVALS:
            at = f"dev {interface} parent 1:{1 + number // PER_NODE:x} classid 1:{100 + number:x}"
            words = f"tc class change {at} htb rate 8kbit ceil 50mbit"
            subprocess.run(words.split(), check=True)
    return full, CHANGES / (clock.monotonic() - began)


def batch_of(interfaces: tuple[str, str]) -> Iterator[str]:
    for interface, ceil in zip(interfaces, (DOWN_BPS, UP_BPS), strict=True):
        yield f"qdisc add dev {interface} root handle 1: htb"
        for at in range(SUBSCRIBERS // PER_NODE):
            place = f"dev {interface} parent 1: classid 1:{1 + at:x}"
            yield f"class add {place} htb rate {NODE_BPS}bit"
        for number in range(SUBSCRIBERS):
            at = f"1:{100 + number:x}"
            place = f"dev {interface} parent 1:{1 + number // PER_NODE:x} classid {at}"
            yield f"class add {place} htb rate 8kbit ceil {ceil}bit"
            yield f"qdisc add dev {interface} parent {at} handle {100 + number:x}: bfifo limit 1mb"


if __name__ == "__main__":
    main()
