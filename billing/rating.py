"""What a metered quantity costs: one function a charge model, exact, before rounding."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal

from billing.money import ZERO
from billing.plans import ChargeModel, Meter, Tier

__all__ = ["rate"]


def rate(meter: Meter, quantity: Decimal) -> Decimal:
    """The price of a whole cycle's quantity, unrounded; nothing used may still cost a flat fee."""
    billable = max(ZERO, quantity - meter.included)
    if meter.block != 1 or meter.model is ChargeModel.PACKAGE:
        billable = (billable / meter.block).to_integral_value(ROUND_CEILING)
    price = MODELS[meter.model](meter.tiers, billable)
    if meter.minimum is not None:
        price = max(price, meter.minimum)
    if meter.maximum is not None:
        price = min(price, meter.maximum)
    return price


def _flat_rate(tiers: tuple[Tier, ...], units: Decimal) -> Decimal:
    """Every unit (or started package) at one price."""
    return tiers[0].flat + units * tiers[0].unit_price


def _graduated(tiers: tuple[Tier, ...], units: Decimal) -> Decimal:
    """Each tier's units at that tier's price; a tier's flat fee once it is entered."""
    price, below = ZERO, ZERO
    for tier in tiers:
        upper = units if tier.up_to is None else min(units, tier.up_to)
        price += tier.flat + max(ZERO, upper - below) * tier.unit_price
        if tier.up_to is None or units <= tier.up_to:
            break
        below = tier.up_to
    return price


def _by_tier_reached(tiers: tuple[Tier, ...], units: Decimal) -> Decimal:
    """All units at the price of the tier that the quantity reaches."""
    for tier in tiers:
        if tier.up_to is None or units <= tier.up_to:
            return tier.flat + units * tier.unit_price
    return tiers[-1].flat + units * tiers[-1].unit_price


MODELS: Mapping[ChargeModel, Callable[[tuple[Tier, ...], Decimal], Decimal]] = {
    ChargeModel.PER_UNIT: _flat_rate,
    ChargeModel.PACKAGE: _flat_rate,
    ChargeModel.GRADUATED: _graduated,
    ChargeModel.VOLUME: _by_tier_reached,
    ChargeModel.TOP_TIER: _by_tier_reached,
}
