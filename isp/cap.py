"""What a plan includes in a period, and what happens over it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

__all__ = ["Block", "Charge", "OverCap", "Throttle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Throttle:
    """Over the cap the service goes on at these rates."""

    down_kbps: int
    up_kbps: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Over the cap the service stops until the period ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Over the cap each `per_octets` begun costs `price`."""

    price: Decimal
    per_octets: int


OverCap: TypeAlias = Throttle | Block | Charge
