"""Whose turn it is: the ONUs of each OLT are asked one after the other, all OLTs side by side."""

from bisect import bisect_right
from collections.abc import Iterable

from collectors.voltha.topology import Onu
from isp.access_network import OnuState

__all__ = ["Rounds"]

Place = tuple[int, int]


def place(onu: Onu) -> Place:
    """The order of an OLT's ONUs: port by port."""
    return onu.pon.port_no, onu.onu_id


class Rounds:
    """A round on each OLT, that goes on where it was when ONUs come and go."""

    def __init__(self) -> None:
        self._lanes: dict[str, list[Onu]] = {}
        self._onus: dict[str, Onu] = {}
        self._reached: dict[str, Place] = {}

    def renew(self, onus: Iterable[Onu]) -> None:
        """From now on these; only who is online has a turn."""
        self._onus = {onu.serial: onu for onu in onus if onu.state is OnuState.ONLINE}
        self._lanes = {}
        for onu in sorted(self._onus.values(), key=place):
            self._lanes.setdefault(onu.pon.olt.serial, []).append(onu)
        self._reached = {olt: at for olt, at in self._reached.items() if olt in self._lanes}

    def turn(self, serial: str | None) -> list[Onu]:
        """The ONU asked for, if it is online, and the next one of every other OLT."""
        wanted = self._onus.get(serial) if serial is not None else None
        turn = []
        for olt, lane in self._lanes.items():
            mine = wanted is not None and wanted.pon.olt.serial == olt
            onu = wanted if mine else self._next(olt, lane)
            self._reached[olt] = place(onu)
            turn.append(onu)
        return turn

    def _next(self, olt: str, lane: list[Onu]) -> Onu:
        reached = self._reached.get(olt)
        at = 0 if reached is None else bisect_right(lane, reached, key=place)
        return lane[at % len(lane)]
