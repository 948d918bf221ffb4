"""How much one request to a device may ask for: learned from how it answers.

Halved by `tooBig`, and by silence that a smaller question ends; set to what a short answer held;
raised by one row after some answers in full, as long as they fit one unfragmented datagram.
"""

from dataclasses import dataclass, replace
from typing import Final

__all__ = ["VARBINDS_MAX", "Appetite"]

VARBINDS_FIRST: Final = 40
"""What fits 1400 octets for the tables of an OLT, whose OIDs are long."""

VARBINDS_MAX: Final = 100
"""net-snmp's own limit (maxGetbulkResponses); Zabbix stops at 128."""

ANSWER_OCTETS_MAX: Final = 1400
"""A larger datagram is sent in fragments, and is lost when any of them is: half of the silences
that pollers see come from there."""

FULL_ANSWERS_BEFORE_MORE: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Appetite:
    """`varbinds` is the most to be asked for at once; `octets_each` what one took so far."""

    varbinds: int = VARBINDS_FIRST
    octets_each: float = 0.0
    full_answers: int = 0

    @property
    def next(self) -> int:
        """How many variables to ask for."""
        if not self.octets_each:
            return self.varbinds
        return max(1, min(self.varbinds, int(ANSWER_OCTETS_MAX / self.octets_each)))

    def answered(self, *, asked: int, varbinds: int, octets: int) -> "Appetite":
        """After an answer of so many variables to a question for so many, not at a table's end."""
        each = octets / varbinds if varbinds else self.octets_each
        each = max(each, 0.9 * self.octets_each)
        if varbinds < asked:
            return Appetite(varbinds=max(1, varbinds), octets_each=each)
        if asked < self.varbinds or self.varbinds >= VARBINDS_MAX:
            return replace(self, octets_each=each)
        if self.full_answers + 1 < FULL_ANSWERS_BEFORE_MORE:
            return replace(self, octets_each=each, full_answers=self.full_answers + 1)
        return Appetite(varbinds=self.varbinds + 1, octets_each=each)

    def at_most(self, varbinds: int) -> "Appetite":
        """After `tooBig`, or a silence that a question for so many ended."""
        return replace(self, varbinds=max(1, min(self.varbinds, varbinds)), full_answers=0)
