"""What a worker counts about NASes: plain numbers, sent to the keeper every second."""

from collections import Counter
from itertools import islice
from typing import NamedTuple, TypeVar

from radiusd import metrics
from radiusd.nas_table import NasWithSecrets

__all__ = ["STRANGERS_HELD_MAX", "DropKey", "Seen", "Stranger", "Tally", "Totals"]

STRANGERS_HELD_MAX = 1_000
"""Unknown sources held to be listed; a flood from invented addresses is only a number beyond it."""

NAS_IDENTIFIER_CHARACTERS_MAX = 253

K = TypeVar("K")


class DropKey(NamedTuple):
    """Packets of a NAS dropped for a reason."""

    nas_id: int
    tenant_id: int
    reason: str


class Seen(NamedTuple):
    """A NAS that sent something proven."""

    nas_id: int
    tenant_id: int


class Stranger(NamedTuple):
    """A source address that no NAS has, and what it calls itself."""

    address: str
    nas_identifier: str


class Totals(NamedTuple):
    """What was counted: packets by drop and stranger, NASes seen, NASes that now sign."""

    drops: tuple[tuple[DropKey, int], ...] = ()
    strangers: tuple[tuple[Stranger, int], ...] = ()
    seen: tuple[Seen, ...] = ()
    signing: tuple[int, ...] = ()

    def plus(self, other: "Totals") -> "Totals":
        """Both together; of strangers no more than are listed anyway."""
        drops = Counter(dict(self.drops))
        drops.update(dict(other.drops))
        strangers = Counter(dict(self.strangers))
        strangers.update(dict(other.strangers))
        return Totals(
            drops=tuple(drops.items()),
            strangers=tuple(strangers.most_common(STRANGERS_HELD_MAX)),
            seen=tuple({*self.seen, *other.seen}),
            signing=tuple({*self.signing, *other.signing}),
        )


class Tally:
    """Counting costs an addition; nothing here waits or fails."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[NasWithSecrets, str]] = Counter()
        self._drops: Counter[DropKey] = Counter()
        self._strangers: Counter[Stranger] = Counter()
        self._seen: set[Seen] = set()
        self._signing: set[int] = set()

    def drop(self, known: NasWithSecrets, reason: str) -> None:
        """A packet of that NAS was dropped."""
        nas = known.nas
        metrics.drops.add(nas.name, reason)
        self._drops[DropKey(nas.nas_id, nas.tenant_id, str(reason))] += 1

    def answer(self, known: NasWithSecrets, outcome: str) -> None:
        """A request of that NAS was decided. The fast path adds to `answers` itself."""
        self.answers[known, outcome] += 1

    def seen(self, known: NasWithSecrets) -> None:
        """That NAS sent something proven that is not an Access-Request decided now."""
        self._seen.add(Seen(known.nas.nas_id, known.nas.tenant_id))

    def signs(self, known: NasWithSecrets) -> None:
        """That NAS sent its first right Message-Authenticator."""
        self._signing.add(known.nas.nas_id)

    def stranger(self, address: str, nas_identifier: str) -> None:
        """A packet came from nobody we know."""
        metrics.unknown_nas_packets.add()
        key = Stranger(address, nas_identifier[:NAS_IDENTIFIER_CHARACTERS_MAX])
        if key in self._strangers or len(self._strangers) < STRANGERS_HELD_MAX:
            self._strangers[key] += 1

    def take(self, limit: int) -> Totals:
        """At most `limit` of each that is held; they are no longer held."""
        answers, self.answers = self.answers, Counter()
        for (known, outcome), count in answers.items():
            metrics.answers.add(known.nas.name, outcome, amount=count)
            self.seen(known)
        return Totals(
            drops=_taken(self._drops, limit),
            strangers=_taken(self._strangers, limit),
            seen=_some(self._seen, limit),
            signing=_some(self._signing, limit),
        )

    def put_back(self, totals: Totals) -> None:
        """What could not be sent on."""
        self._drops.update(dict(totals.drops))
        self._strangers.update(dict(totals.strangers))
        self._seen.update(totals.seen)
        self._signing.update(totals.signing)


def _taken(counted: Counter[K], limit: int) -> tuple[tuple[K, int], ...]:
    return tuple((key, counted.pop(key)) for key in list(islice(counted, limit)))


def _some(held: set[K], limit: int) -> tuple[K, ...]:
    taken = tuple(islice(held, limit))
    held.difference_update(taken)
    return taken
