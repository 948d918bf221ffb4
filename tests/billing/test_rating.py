"""Charge models, by the cases of other engines."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.plans import ChargeModel, Meter, Tier
from billing.rating import rate


def tier(up_to: str | None, unit_price: str = "0", flat: str = "0") -> Tier:
    return Tier(
        up_to=Decimal(up_to) if up_to else None,
        unit_price=Decimal(unit_price),
        flat=Decimal(flat),
    )


BULLETS = Meter(
    name="bullets", model=ChargeModel.PACKAGE, block=Decimal(100), tiers=(tier(None, "2.95"),)
)
TWO_TIERS = (tier("5", "2"), tier(None, "1"))
THREE_TIERS = (tier("10", "1.5"), tier("110", "1"), tier(None, "0.5"))
OPENMETER = (tier("5", flat="100"), tier("10", flat="150"), tier("15", "10"), tier(None, "5"))
LAGO = (tier("5", "10", "100"), tier(None, "5", "50"))


@pytest.mark.parametrize(
    ("used", "price"),
    [("199", "5.90"), ("350", "11.80"), ("99", "2.95"), ("300", "8.85"), ("0", "0")],
)
def test_every_started_package_is_charged(used, price):
    """T26 (Kill Bill)."""
    assert Decimal(price) == rate(BULLETS, Decimal(used))


def test_what_is_over_a_cap_is_sold_in_started_packs():
    """T37 (Splynx): a cap of 1 GB, 1.2 GB used, packs of 10 MB at 1.00: twenty packs."""
    packs = replace(BULLETS, included=Decimal(1000), block=Decimal(10), tiers=(tier(None, "1.00"),))

    assert Decimal("20.00") == rate(packs, Decimal(1200))
    assert Decimal("21.00") == rate(packs, Decimal("1200.1"))
    assert Decimal(0) == rate(packs, Decimal(1000))


@pytest.mark.parametrize(
    ("model", "tiers", "used", "price"),
    [
        (ChargeModel.GRADUATED, TWO_TIERS, "13", "18"),
        (ChargeModel.GRADUATED, THREE_TIERS, "111", "115.5"),
        (ChargeModel.TOP_TIER, THREE_TIERS, "111", "55.5"),
        (ChargeModel.VOLUME, OPENMETER, "0", "100"),
        (ChargeModel.VOLUME, OPENMETER, "3", "100"),
        (ChargeModel.VOLUME, OPENMETER, "14", "140"),
        (ChargeModel.VOLUME, OPENMETER, "15", "150"),
        (ChargeModel.VOLUME, OPENMETER, "16", "80"),
        (ChargeModel.VOLUME, OPENMETER, "100", "500"),
        (ChargeModel.GRADUATED, LAGO, "3", "130"),
        (ChargeModel.GRADUATED, LAGO, "8", "215"),
        (ChargeModel.GRADUATED, LAGO, "0", "100"),
    ],
)
def test_tiers_price_as_their_model_says(model, tiers, used, price):
    """T27, T29, T31, T33."""
    meter = Meter(name="data", model=model, tiers=tiers)

    assert Decimal(price) == rate(meter, Decimal(used))


def test_a_minimum_and_a_maximum_bound_the_price():
    """T31: 100 + 50 to the minimum, 150 - 25 to the maximum."""
    least = Meter(name="data", model=ChargeModel.VOLUME, tiers=OPENMETER, minimum=Decimal(150))
    most = Meter(name="data", model=ChargeModel.VOLUME, tiers=OPENMETER, maximum=Decimal(125))

    assert Decimal(150) == rate(least, Decimal(0))
    assert Decimal(125) == rate(most, Decimal(7))


def test_included_units_cost_nothing():
    meter = Meter(
        name="data",
        model=ChargeModel.PER_UNIT,
        included=Decimal(500),
        tiers=(tier(None, "1.00"),),
    )

    assert Decimal("0") == rate(meter, Decimal(500))
    assert Decimal("12.50") == rate(meter, Decimal("512.5"))
