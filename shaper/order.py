"""The order of simple queues, where the first match wins: narrower targets before wider ones.

A row is placed or moved only where a wider one of the same parent, ours or not, stands before it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shaper.prefixes import Prefixes, host_bits, network
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

    Of those only the `movable` are moved. The wider are placed before the narrower are looked at,
    so that one pass is enough.
    """
    rows = [_Placed(row, token=f"add {row.key}", anchor=None) for row in fresh]
    rows += [_Placed(row, token=row_id, anchor=row_id) for row_id, row in standing]
    wide = Prefixes["_Placed"]()
    for placed in rows:
        for target in placed.targets:
            if host_bits(target):
                wide.put(target, placed)
    tokens = [row_id for row_id, _ in standing]
    tokens += [placed.token for placed in rows[: len(fresh)] if any(placed.width)]
    index = {token: at for at, token in enumerate(tokens)}
    additions: dict[str, str] = {}
    moves = []
    for placed in sorted(rows, key=lambda each: each.width, reverse=True):
        wider = _wider(placed, wide)
        if not wider:
            continue
        first = min(wider, key=lambda each: index[each.token])
        if first.anchor is None:
            continue
        if placed.anchor is None:
            placed.anchor = additions[placed.row.key] = first.anchor
        elif placed.token in movable and index[placed.token] > index[first.token]:
            moves.append((placed.token, first.anchor))
        else:
            continue
        if placed.token in index:
            tokens.remove(placed.token)
            tokens.insert(tokens.index(first.token), placed.token)
            index = {token: at for at, token in enumerate(tokens)}
    return Arrangement(additions=additions, moves=tuple(moves))


def targets_of(row: Row) -> tuple[Network, ...]:
    """The networks of its target; interfaces are left out."""
    return tuple(network(each) for each in row.words["target"].split(",") if "/" in each)


class _Placed:
    """A row with its place: `anchor` is the `.id` that stands there, None at the end."""

    __slots__ = ("anchor", "row", "targets", "token", "width")

    def __init__(self, row: Row, *, token: str, anchor: str | None) -> None:
        self.row, self.token, self.anchor = row, token, anchor
        self.targets = targets_of(row)
        bits = {4: 0, 6: 0}
        for target in self.targets:
            bits[target.version] = max(bits[target.version], host_bits(target))
        self.width = (bits[4], bits[6])


def _wider(placed: _Placed, wide: Prefixes[_Placed]) -> list[_Placed]:
    return [
        other
        for target in placed.targets
        for other in wide.around(target, itself=False)
        if other.width > placed.width and other.row.words["parent"] == placed.row.words["parent"]
    ]
