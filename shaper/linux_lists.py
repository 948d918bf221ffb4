"""Who should be on the lists against who is (pure)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shaper.prefixes import Prefixes
from shaper.queue import Listed, Network

__all__ = ["ListsDifference", "lists_difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsDifference:
    """What stands on a list and what is to stand there instead, either of which may be nothing;
    and those who cannot be listed, with the reason.
    """

    changes: tuple[tuple[Listed | None, Listed | None], ...]
    conflicts: tuple[tuple[str, str], ...]


def lists_difference(wanted: Collection[Listed], present: Collection[Listed]) -> ListsDifference:
    """Of `present`, what has no subject is somebody else's, and stays."""
    ours = {place(each): each for each in present if each.subject}
    needed, conflicts = without_overlaps(wanted, [each for each in present if not each.subject])
    should = {place(each): each for each in needed}
    return ListsDifference(
        changes=tuple(
            (ours.get(at), should.get(at)) for at in ours | should if ours.get(at) != should.get(at)
        ),
        conflicts=tuple(conflicts),
    )


def place(listed: Listed) -> tuple[str, Network]:
    return listed.list_name, listed.network


def without_overlaps(
    wanted: Collection[Listed], theirs: Collection[Listed]
) -> tuple[Sequence[Listed], Sequence[tuple[str, str]]]:
    """A set of intervals takes no two that overlap: what a wider one covers is left out. One that
    covers somebody else's cannot be.
    """
    standing: defaultdict[str, Prefixes[Listed]] = defaultdict(Prefixes)
    for each in theirs:
        standing[each.list_name].put(each.network, each)
    needed = []
    for each in sorted(wanted, key=lambda listed: listed.network.prefixlen):
        if next(standing[each.list_name].around(each.network), None) is None:
            standing[each.list_name].put(each.network, each)
            needed.append(each)
    barred = {
        ours: other.network
        for other in theirs
        for ours in standing[other.list_name].around(other.network, itself=False)
        if ours.subject
    }
    reasons = [
        (ours.subject, f"{network} on {ours.list_name} is there and not ours")
        for ours, network in barred.items()
    ]
    return [each for each in needed if each not in barred], reasons
