"""The picture of what flows through a queue: two lines, in the coordinates of an SVG. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from operations.queues import Flow

__all__ = ["HEIGHT", "WIDTH", "FlowChart", "flow_charts"]

WIDTH: Final = 600
HEIGHT: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowChart:
    """One parent queue; `most_kbps` is what the full height stands for. Points are SVG's `x,y`."""

    router: str
    queue: str
    down_points: str
    up_points: str
    most_kbps: int
    last_down_kbps: int
    last_up_kbps: int
    width: int = WIDTH
    height: int = HEIGHT


def flow_charts(flows: Sequence[Flow], since: datetime, span: timedelta) -> Iterator[FlowChart]:
    """A chart for each queue; the flows come by router, queue and time."""
    for (router, queue), group in groupby(flows, key=lambda flow: (flow.router, flow.queue)):
        samples = list(group)
        most_bps = max(max(each.down_bps, each.up_bps) for each in samples)

        def points(rates: list[int], samples: list[Flow] = samples, most: int = most_bps) -> str:
            placed = (
                (
                    WIDTH * ((each.sampled_at - since) / span),
                    HEIGHT - HEIGHT * rate / most if most else HEIGHT,
                )
                for each, rate in zip(samples, rates, strict=True)
            )
            return " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)

        yield FlowChart(
            router=router,
            queue=queue,
            down_points=points([each.down_bps for each in samples]),
            up_points=points([each.up_bps for each in samples]),
            most_kbps=measured_kbps(most_bps),
            last_down_kbps=measured_kbps(samples[-1].down_bps),
            last_up_kbps=measured_kbps(samples[-1].up_bps),
        )


def measured_kbps(bps: int) -> int:
    """Three digits: no sample is more exact."""
    kbps = bps // 1000
    return round(kbps, 3 - len(str(kbps)))
