"""Trees of many services, for the sizes that the issues name."""

from ipaddress import ip_network

from isp.limit import Limit
from shaper.queue import Queue, Tree

__all__ = ["many", "service_queue"]

SERVICES_PER_NODE = 1_000
FIRST_IPV4, FIRST_IPV6 = 0x64400000, 0x20010DB8 << 96
DELEGATED_BITS = 72
PLANS = 100
RATES_MBIT = ((20, 5), (50, 10), (100, 20), (300, 50))


def many(services: int) -> Tree:
    """Services with an IPv4 address and a delegated prefix each, a thousand to a node."""
    nodes = [node_queue(at) for at in range(-(-services // SERVICES_PER_NODE))]
    return Tree(queues=(*nodes, *(service_queue(number) for number in range(services))))


def node_queue(at: int) -> Queue:
    return Queue(
        name=f"n{at}",
        subject=f"n{at}",
        targets=(),
        down=Limit(rate_bps=10_000_000_000),
        up=Limit(rate_bps=10_000_000_000),
    )


def service_queue(number: int, *, faster_bps: int = 0) -> Queue:
    """Service `number`, of one of a hundred plans, so that a mix-up shows."""
    down, up = RATES_MBIT[number % len(RATES_MBIT)]
    return Queue(
        name=f"s{number}-user{number}",
        subject=f"s{number}",
        targets=(
            ip_network((FIRST_IPV4 + number, 32)),
            ip_network((FIRST_IPV6 | number << DELEGATED_BITS, 56)),
        ),
        down=Limit(rate_bps=down * 1_000_000 + number % PLANS * 800 + faster_bps),
        up=Limit(rate_bps=up * 1_000_000 + number % PLANS * 800 + faster_bps),
        parent=f"n{number // SERVICES_PER_NODE}",
    )
