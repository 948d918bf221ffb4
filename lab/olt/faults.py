"""What a network and a bad agent do to a dialogue, on demand and by a seed."""

from dataclasses import dataclass, replace
from random import Random

__all__ = ["NONE", "Delivery", "Faults"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities from 0 to 1, each of one answer; `black_hole` swallows everything.

    `late` answers come after `late_seconds`, when the sender has given up; `foreign_port` answers
    come from a port that was not asked; `truncated` GETBULK answers hold fewer varbinds than
    would fit, in mid row; `non_increasing` ones repeat the name that was asked for.
    """

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0
    loss: float = 0.0
    late: float = 0.0
    late_seconds: float = 3.0
    duplicate: float = 0.0
    wrong_request_id: float = 0.0
    foreign_port: float = 0.0
    too_big: float = 0.0
    truncated: float = 0.0
    non_increasing: float = 0.0
    broken: float = 0.0
    black_hole: bool = False

    def changed(self, **fields: float | bool) -> "Faults":
        """The same but for these."""
        return replace(self, **fields)  # type: ignore[arg-type]  # mixed field types


NONE = Faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What happens to one answer; `copies` 0 is a loss."""

    copies: int
    after_seconds: float
    wrong_request_id: bool
    foreign_port: bool
    too_big: bool
    truncated: bool
    non_increasing: bool
    broken: bool

    @classmethod
    def draw(cls, faults: Faults, random: Random) -> "Delivery":
        """Fate decides."""
        chance = random.random
        delay = faults.latency_seconds + faults.jitter_seconds * chance()
        lost = faults.black_hole or chance() < faults.loss
        return cls(
            copies=0 if lost else 1 + (chance() < faults.duplicate),
            after_seconds=delay + (faults.late_seconds if chance() < faults.late else 0.0),
            wrong_request_id=chance() < faults.wrong_request_id,
            foreign_port=chance() < faults.foreign_port,
            too_big=chance() < faults.too_big,
            truncated=chance() < faults.truncated,
            non_increasing=chance() < faults.non_increasing,
            broken=chance() < faults.broken,
        )
