"""What happens over a plan's cap, as `plan_version.over_cap` holds it."""

from decimal import Decimal
from typing import Any

from isp.cap import Block, Charge, OverCap, Throttle

__all__ = ["over_cap_json", "over_cap_of"]


def over_cap_json(rule: OverCap | None) -> dict[str, Any] | None:
    """The rule as it is stored."""
    match rule:
        case None:
            return None
        case Block():
            return {"kind": "block"}
        case Throttle():
            return {"kind": "throttle", "down_kbps": rule.down_kbps, "up_kbps": rule.up_kbps}
        case Charge():
            return {"kind": "charge", "price": str(rule.price), "per_octets": rule.per_octets}


def over_cap_of(rule: dict[str, Any] | None) -> OverCap | None:
    """The rule that was stored so."""
    match rule:
        case {"kind": "block"}:
            return Block()
        case {"kind": "throttle", "down_kbps": down, "up_kbps": up}:
            return Throttle(down_kbps=down, up_kbps=up)
        case {"kind": "charge", "price": price, "per_octets": octets}:
            return Charge(price=Decimal(price), per_octets=octets)
        case _:
            return None
