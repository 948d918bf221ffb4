"""What flows through the queues: each one uses a share of its own of what it may have."""

from math import sin, tau
from zlib import crc32

from lab.routeros.table import Row, Table

__all__ = ["carry", "flow"]

SWELL_SECONDS = 300.0
"""How long it takes from one quiet time to the next."""


def flow(queues: Table, *, at_seconds: float, seconds: float, seed: int) -> None:
    """Let `seconds` of traffic through all simple queues; parents carry what their children do."""
    carried = dict.fromkeys(queues.rows.values(), (0, 0))
    parents = {parent_of(row) for row in carried}
    for row in carried:
        if row in parents:
            continue
        share = share_of(row.values["name"], at_seconds, seed)
        up, down = (int(int(limit) * share) for limit in row.values["max-limit"].split("/"))
        through: Row | None = row
        while through in carried:
            before = carried[through]
            carried[through] = (before[0] + up, before[1] + down)
            through = parent_of(through)
    for row, (up, down) in carried.items():
        carry(row, up=up, down=down, seconds=seconds)


def carry(row: Row, *, up: int, down: int, seconds: float) -> None:
    """Count traffic on a queue, in bits per second for so long."""
    before = [int(each) for each in row.state.get("bytes", "0/0").split("/")]
    octets = [was + int(rate * seconds / 8) for was, rate in zip(before, (up, down), strict=True)]
    row.state |= {"bytes": "{}/{}".format(*octets), "rate": f"{up}/{down}"}


def parent_of(row: Row) -> Row | None:
    parent = row.links["parent"][0]
    return parent if isinstance(parent, Row) else None


def share_of(name: str, at_seconds: float, seed: int) -> float:
    """Between nothing and all: a person's own level, swelling and ebbing."""
    drawn = crc32(f"{seed} {name}".encode())
    level, phase = (drawn & 0xFFFF) / 0xFFFF, (drawn >> 16) / 0xFFFF
    return level**2 * (1 + sin(tau * (at_seconds / SWELL_SECONDS + phase))) / 2
