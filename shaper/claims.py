"""Whose an address is: two services must never share a queue because a Stop was lost."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from shaper.queue import Network

__all__ = ["Claim", "settle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A service has this network: by a live session that began `since`, or by its lease."""

    service_id: int
    network: Network
    live: bool
    since: datetime


def settle(
    claims: Collection[Claim],
) -> tuple[Mapping[int, tuple[Network, ...]], Mapping[int, Network]]:
    """Each service's networks, IPv4 first; and those left without one that is in doubt.

    A live session beats a lease and the later of two the earlier, for a NAS gives an address away
    only once it is free. Where two began at once nobody has the address.
    """
    by_network: defaultdict[Network, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_network[claim.network].append(claim)
    won: defaultdict[int, set[Network]] = defaultdict(set)
    doubtful: dict[int, Network] = {}
    for network, rivals in by_network.items():
        best = max(_strength(claim) for claim in rivals)
        strongest = {claim.service_id for claim in rivals if _strength(claim) == best}
        if len(strongest) == 1:
            won[strongest.pop()].add(network)
        else:
            doubtful |= dict.fromkeys(strongest, network)
    return {service_id: _ordered(networks) for service_id, networks in won.items()}, doubtful


def _strength(claim: Claim) -> tuple[bool, datetime]:
    return claim.live, claim.since


def _ordered(networks: set[Network]) -> tuple[Network, ...]:
    return tuple(sorted(networks, key=lambda each: (each.version, each.network_address)))
