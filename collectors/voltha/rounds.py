"""Whose turn it is: the ONUs of each OLT are asked one after the other, all OLTs side by side."""

from collections.abc import Iterable
from math import inf
from typing import Final

from collectors.voltha.topology import Onu
from isp.access_network import OnuState

__all__ = ["Rounds"]

AGE_SECONDS: Final = 300.0
"""An ONU is not asked again before; a small OLT's would be, while a large one's have their turn."""


class Rounds:
    """A round on each OLT, that goes on where it was when ONUs come and go."""

    def __init__(self) -> None:
        self._lanes: dict[str, dict[str, Onu]] = {}
        self._onus: dict[str, Onu] = {}
        self._asked_at: dict[str, float] = {}

    def renew(self, onus: Iterable[Onu]) -> None:
        """From now on these; only who is online has a turn. Who waits longest is first."""
        self._onus = {onu.serial: onu for onu in onus if onu.state is OnuState.ONLINE}
        self._asked_at = {
            serial: at for serial, at in self._asked_at.items() if serial in self._onus
        }
        self._lanes = {}
        for onu in sorted(self._onus.values(), key=self._order):
            self._lanes.setdefault(onu.pon.olt.serial, {})[onu.serial] = onu

    def turn(self, serial: str | None, now: float) -> list[Onu]:
        """The ONU asked for and one of every other OLT, of those that were not asked lately."""
        wanted = self._onus.get(serial) if serial is not None else None
        turn = []
        for olt, lane in self._lanes.items():
            mine = wanted is not None and wanted.pon.olt.serial == olt and self._may(wanted, now)
            onu = wanted if mine else next(iter(lane.values()))
            if self._may(onu, now):
                self._asked_at[onu.serial] = now
                lane[onu.serial] = lane.pop(onu.serial)
                turn.append(onu)
        return turn

    def _may(self, onu: Onu, now: float) -> bool:
        return now - self._asked_at.get(onu.serial, -inf) >= AGE_SECONDS

    def _order(self, onu: Onu) -> tuple[float, int, int]:
        """Who waits longest, then port by port."""
        return self._asked_at.get(onu.serial, -inf), onu.pon.port_no, onu.onu_id
