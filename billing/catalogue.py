"""Reading plans: a `[[plan]]` table with its `[[plan.usage]]` meters."""

from datetime import date
from decimal import Decimal

from billing.calendar import Period
from billing.fields import Fields
from billing.money import ZERO
from billing.plans import NO_TAX, ChargeModel, Meter, PlanTerms, TaxCode, Tier

__all__ = ["parse_plan", "tax_code"]

TIERED = frozenset({ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.TOP_TIER})


def parse_plan(fields: Fields, currency: str) -> PlanTerms:
    """The terms of one plan; an unknown key is refused."""
    plan = PlanTerms(
        name=fields.text("name"),
        price=fields.amount("price", currency),
        period=Period.parse(fields.text("period", "1 month")),
        setup_fee=fields.amount("setup_fee", currency, ZERO),
        tax=tax_code(fields),
        usage=tuple(_meter(each) for each in fields.tables("usage")),
    )
    fields.close()
    if plan.price < ZERO or plan.setup_fee < ZERO:
        raise fields.refused("price", plan.price, "a plan costs nothing or more")
    return plan


def tax_code(fields: Fields) -> TaxCode:
    """`tax = "20"`: a percentage, whose category is its own name."""
    percent = fields.percent("tax", ZERO)
    return TaxCode(f"{percent.normalize():f}", ((date.min, percent),)) if percent else NO_TAX


def _meter(fields: Fields) -> Meter:
    model = fields.choice("model", ChargeModel)
    meter = Meter(
        name=fields.text("name"),
        model=model,
        included=fields.decimal("included", ZERO),
        block=fields.decimal("block", Decimal(1)),
        tiers=tuple(_tier(each) for each in fields.tables("tiers")) or _single_tier(fields),
        minimum=fields.decimal("minimum") if "minimum" in fields else None,
        maximum=fields.decimal("maximum") if "maximum" in fields else None,
    )
    fields.close()
    bounds = [tier.up_to for tier in meter.tiers[:-1] if tier.up_to is not None]
    ascending = bounds == sorted(set(bounds)) and len(bounds) == len(meter.tiers) - 1
    if not ascending or (model not in TIERED and len(meter.tiers) > 1):
        raise fields.refused(
            "tiers", len(meter.tiers), "give ascending up_to; one tier for per_unit and package"
        )
    if meter.block <= ZERO or meter.included < ZERO:
        raise fields.refused("block", meter.block, "block is above zero, included not below")
    return meter


def _single_tier(fields: Fields) -> tuple[Tier, ...]:
    return (Tier(unit_price=fields.decimal("unit_price"), flat=fields.decimal("flat", ZERO)),)


def _tier(fields: Fields) -> Tier:
    tier = Tier(
        up_to=fields.decimal("up_to") if "up_to" in fields else None,
        unit_price=fields.decimal("unit_price", ZERO),
        flat=fields.decimal("flat", ZERO),
    )
    fields.close()
    return tier
