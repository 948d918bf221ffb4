"""Down causes that devices tell in words."""

from typing import Final

from collectors.mib.cells import text
from devices.snmp.values import Value
from isp.access_network import DownCause

__all__ = ["cause_in_words"]

WORDS: Final = (
    ("dying", DownCause.DYING_GASP),
    ("power", DownCause.DYING_GASP),
    ("wire", DownCause.WIRE_DOWN),
    ("los", DownCause.LOS),
    ("lof", DownCause.LOS),
    ("deactiv", DownCause.DEACTIVATED),
    ("admin", DownCause.DEACTIVATED),
    ("auth", DownCause.AUTH_FAILED),
    ("reboot", DownCause.RESET),
    ("reset", DownCause.RESET),
    ("restart", DownCause.RESET),
    ("ring", DownCause.RING),
    ("rogue", DownCause.ROGUE),
    ("omci", DownCause.OMCI),
)
"""The first that the words contain; `none` and the like are no words at all."""


def cause_in_words(value: Value) -> DownCause | None:
    """`Dying-Gasp`, `LOSi`, `power off`; other words are some other cause."""
    words = None if isinstance(value, int) else text(value)
    if words is None or words.lower() in ("unknown", "0"):
        return None
    return next((cause for word, cause in WORDS if word in words.lower()), DownCause.OTHER)
