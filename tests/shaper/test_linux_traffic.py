"""Real traffic through the shaped interface: everybody gets what he bought, plan changes or not."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from shutil import which

import pytest

from isp.limit import Limit
from shaper.backends.linux import LinuxBackend
from shaper.linux_wiring import Wiring
from shaper.queue import Queue, Tree
from tests.support.iperf import Flow, Measured, flows
from tests.support.namespaces import (
    BEHIND,
    INSIDE,
    Elsewhere,
    machine,
    needs_namespaces,
    run,
)
from tests.support.sizes import size

pytestmark = [
    needs_namespaces,
    pytest.mark.foreign,
    pytest.mark.skipif(which("iperf3") is None, reason="iperf3 is not installed"),
    pytest.mark.xdist_group("traffic"),
]

SUBSCRIBERS = size(4, 50)
WINDOW_SECONDS = size(3, 6)
SETTLE_SECONDS = size(1, 3)
"""Until all iperf3s run and their queues are full."""
MACHINE = "100.64.255.254"
WIRING = Wiring(inside=INSIDE)


@pytest.fixture
def subscribers() -> Iterator[Elsewhere]:
    with machine() as subscribers:
        run("ip", "addr", "add", f"{MACHINE}/16", "dev", INSIDE)
        lines = "".join(f"addr add {address(at)}/16 dev {BEHIND}\n" for at in range(SUBSCRIBERS))
        run(*subscribers.command("ip", "-batch", "-"), given=lines)
        yield subscribers


def address(at: int) -> str:
    return f"100.64.0.{at + 1}"


def bought(at: int) -> Queue:
    """Everybody something else."""
    return Queue(
        name=f"s{at}",
        subject=f"s{at}",
        targets=(ip_network(address(at)),),
        down=Limit(rate_bps=2_500_000 + at * 20_000),
        up=Limit(rate_bps=2_000_000 + at * 20_000),
    )


def faster(queue: Queue) -> Queue:
    down, up = queue.down.rate_bps or 0, queue.up.rate_bps or 0
    return replace(queue, down=Limit(rate_bps=down * 3 // 2), up=Limit(rate_bps=up * 3 // 2))


def is_down(at: int) -> bool:
    """Half are measured down, half up."""
    return at // 2 % 2 == 0


def changes(at: int) -> bool:
    return at % 2 == 0


def rate_of(queue: Queue, at: int) -> int:
    limit = queue.down if is_down(at) else queue.up
    return limit.rate_bps or 0


async def put(backend: LinuxBackend, queues: list[Queue]) -> None:
    tree = Tree(queues=tuple(queues))
    reading = await backend.read(tree)
    applied = await backend.apply(backend.plan(tree, reading), reading)

    assert () == applied.problems


@pytest.mark.prove
@pytest.mark.measured
async def test_everybody_has_his_rate_before_during_and_after_a_plan_change(
    subscribers, record_property
):
    backend = LinuxBackend(WIRING)
    before = [bought(at) for at in range(SUBSCRIBERS)]
    after = [faster(queue) if changes(at) else queue for at, queue in enumerate(before)]
    await put(backend, before)
    wanted = [
        Flow(
            name=queue.name,
            address=address(at),
            down=is_down(at),
            offered_bps=rate_of(after[at], at) * 13 // 10,
        )
        for at, queue in enumerate(before)
    ]
    seconds = 2 * (SETTLE_SECONDS + WINDOW_SECONDS) + 1
    loop = asyncio.get_running_loop()
    traffic = asyncio.create_task(flows(subscribers, MACHINE, wanted, seconds=seconds))
    await asyncio.sleep(SETTLE_SECONDS + WINDOW_SECONDS)
    changing = loop.time()
    await put(backend, after)
    changed = loop.time()
    measured = await traffic
    await backend.close()

    worst: dict[str, float] = {"before": 0, "during": 0, "after": 0}
    for at, queue in enumerate(before):
        flow, old, new = measured[queue.name], rate_of(queue, at), rate_of(after[at], at)
        end = changed + SETTLE_SECONDS
        found = {
            "before": (flow.mean_bps(changing - WINDOW_SECONDS, changing), old),
            "after": (flow.mean_bps(end, end + WINDOW_SECONDS), new),
        }
        if not changes(at):
            half = WINDOW_SECONDS / 2
            found["during"] = (flow.mean_bps(changing - half, changing + half), old)
        for when, (rate, right) in found.items():
            worst[when] = max(worst[when], abs(rate / right - 1))
        check_change(flow, changing, changed, old, new)
    for when, deviation in worst.items():
        record_property(f"largest deviation of {SUBSCRIBERS} {when}", f"{deviation:.1%}")

    assert {} == {when: deviation for when, deviation in worst.items() if deviation > 0.05}


def check_change(flow: Measured, changing: float, changed: float, old: int, new: int) -> None:
    """Around the change he is neither cut nor unlimited."""
    rate = flow.mean_bps(changing - 1, changed + 1)

    assert min(old, new) * 0.8 <= rate <= max(old, new) * 1.1
