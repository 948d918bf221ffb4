"""The order of simple queues, where the first match wins: narrower targets before wider ones.

A row is placed or moved only where a wider one of the same parent, ours or not, stands before it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shaper.prefixes import Prefixes, host_bits, network, width
from shaper.queue import Network
from shaper.row import Row

__all__ = ["Arrangement", "arrange", "targets_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrangement:
    """`additions`: by key, the `.id` to add a row before; `moves`: which `.id` goes before which,
    in this order and before anything is added.
    """

    additions: Mapping[str, str]
    moves: tuple[tuple[str, str], ...]


def arrange(
    standing: Sequence[tuple[str, Row]], fresh: Sequence[Row], movable: Collection[str]
) -> Arrangement:
    """Where `fresh` rows (narrower ones come first) belong among those that stand, by `.id`.

    Of those only the `movable` are moved. The wider are placed before the narrower are looked at
    and stay, so that one pass is enough.
    """
    rows = [_Placed(row, place=None, moves=False) for row in fresh]
    rows += [_Placed(row, place=row_id, moves=row_id in movable) for row_id, row in standing]
    wide = Prefixes["_Placed"]()
    for placed in rows:
        for target in placed.targets:
            if host_bits(target):
                wide.put(target, placed)
    order = [row_id for row_id, _ in standing]
    index = {row_id: at for at, row_id in enumerate(order)}
    additions: dict[str, str] = {}
    moves = []
    for placed in sorted(rows, key=lambda each: each.width, reverse=True):
        places = [other.place for other in _wider(placed, wide) if other.place is not None]
        if not places:
            continue
        before = min(places, key=index.__getitem__)
        if placed.place is None:
            placed.place = additions[placed.row.key] = before
        elif placed.moves and index[placed.place] > index[before]:
            moves.append((placed.place, before))
            order.remove(placed.place)
            order.insert(order.index(before), placed.place)
            index = {row_id: at for at, row_id in enumerate(order)}
    return Arrangement(additions=additions, moves=tuple(moves))


def targets_of(row: Row) -> tuple[Network, ...]:
    """The networks of its target; interfaces are left out."""
    return tuple(network(each) for each in row.words["target"].split(",") if "/" in each)


class _Placed:
    """A row with its place: its own `.id`, or that of the row it is added before; None: the end."""

    __slots__ = ("moves", "place", "row", "targets", "width")

    def __init__(self, row: Row, *, place: str | None, moves: bool) -> None:
        self.row, self.place, self.moves = row, place, moves
        self.targets = targets_of(row)
        self.width = width(self.targets)


def _wider(placed: _Placed, wide: Prefixes[_Placed]) -> list[_Placed]:
    return [
        other
        for target in placed.targets
        for other in wide.around(target, itself=False)
        if other.width > placed.width and other.row.words["parent"] == placed.row.words["parent"]
    ]
