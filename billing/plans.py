"""What a plan costs: the terms of one plan version, as they were sold."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.calendar import Period, Unit
from billing.money import ZERO

__all__ = ["MONTHLY", "NO_TAX", "ChargeModel", "Meter", "PlanTerms", "TaxCode", "Tier"]

MONTHLY = Period(1, Unit.MONTH)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax category with its dated percentages, oldest first: `((from, percent), …)`."""

    code: str
    rates: tuple[tuple[date, Decimal], ...] = ()

    def percent_on(self, day: date) -> Decimal:
        """The percentage in force on a day; nothing before the first date."""
        return next((percent for since, percent in reversed(self.rates) if since <= day), ZERO)


NO_TAX = TaxCode("none")


class ChargeModel(StrEnum):
    """How a metered quantity becomes money (`billing/rating.py`)."""

    PER_UNIT = "per_unit"
    PACKAGE = "package"
    GRADUATED = "graduated"
    VOLUME = "volume"
    TOP_TIER = "top_tier"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: all above) cost `unit_price` each plus `flat`."""

    up_to: Decimal | None = None
    unit_price: Decimal = ZERO
    flat: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Meter:
    """How one metered quantity of a plan is priced; `block` is the package's size in units."""

    name: str
    model: ChargeModel
    included: Decimal = ZERO
    block: Decimal = Decimal(1)
    tiers: tuple[Tier, ...]
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTerms:
    """One version of a plan with the price this service pays (a custom price is in `price`)."""

    name: str
    version: int = 1
    price: Decimal
    period: Period = MONTHLY
    setup_fee: Decimal = ZERO
    tax: TaxCode = NO_TAX
    usage: tuple[Meter, ...] = ()

    @property
    def key(self) -> str:
        """The plan version in charge keys: `gold@1`."""
        return f"{self.name}@{self.version}"
