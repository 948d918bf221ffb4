"""Random lives of one service under random policies, for the property tests."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from billing.account import Account
from billing.calendar import Alignment, Period
from billing.events import (
    Cancel,
    ChangePlan,
    Discount,
    Resume,
    ServiceEvent,
    SetAnchor,
    Subscribe,
    Suspend,
)
from billing.plans import PlanTerms, TaxCode
from billing.policy import Policy, Timing
from billing.proration import DayCount
from tests.billing.accounts import account

FIRST = date(2023, 1, 1)
LAST = date(2024, 6, 30)
PERIODS = ("1 month", "1 quarter", "2 months", "1 week", "10 days")
CURRENCIES = ("USD", "JPY", "KWD")

days = st.integers(0, (LAST - FIRST).days - 60).map(lambda n: FIRST + timedelta(days=n))
delays = st.sampled_from([0, 0, 0, 1, 5, 40])
anchors = st.integers(1, 31)
policies = st.builds(
    Policy,
    timing=st.sampled_from([Timing.ADVANCE, Timing.ARREARS]),
    alignment=st.sampled_from(Alignment),
    anchor_day=anchors,
    day_count=st.sampled_from(DayCount),
    charge_last_day=st.booleans(),
    suspended_percent=st.sampled_from([Decimal(0), Decimal(50), Decimal(100)]),
)


@st.composite
def plans(draw: st.DrawFn) -> PlanTerms:
    number = draw(st.integers(1, 4))
    tax = Decimal(draw(st.sampled_from([0, 7, 20])))
    return PlanTerms(
        name=f"plan{number}",
        price=Decimal(draw(st.one_of(st.integers(0, 3), st.integers(0, 1000)))),
        period=Period.parse(draw(st.sampled_from(PERIODS))),
        setup_fee=Decimal(draw(st.sampled_from([0, 10]))),
        tax=TaxCode(str(tax), ((date.min, tax),)),
    )


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """An account whose single service has up to eight events, some told late."""
    start = draw(days)
    events: list[ServiceEvent] = [
        Subscribe(
            service="s1",
            on=start,
            plan=draw(plans()),
            anchor_day=draw(st.one_of(st.none(), anchors)),
        )
    ]
    for on in sorted(draw(st.lists(days.map(lambda d: max(d, start)), max_size=7))):
        event = draw(
            st.one_of(
                st.builds(ChangePlan, service=st.just("s1"), on=st.just(on), plan=plans()),
                st.builds(SetAnchor, service=st.just("s1"), on=st.just(on), anchor_day=anchors),
                st.builds(Suspend, service=st.just("s1"), on=st.just(on)),
                st.builds(Resume, service=st.just("s1"), on=st.just(on)),
                st.builds(Cancel, service=st.just("s1"), on=st.just(on)),
                st.builds(
                    Discount,
                    service=st.just("s1"),
                    on=st.just(on),
                    percent=st.just(Decimal(25)),
                    until=st.just(on + timedelta(days=20)),
                ),
            )
        )
        recorded = on + timedelta(days=draw(delays))
        events.append(replace(event, recorded_on=recorded))
    return account(*events, currency=draw(st.sampled_from(CURRENCIES)))
