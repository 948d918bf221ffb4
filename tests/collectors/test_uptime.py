"""Uptime and the promises about it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from chassis.clock import ManualClock
from collectors.outage_watch import OutageWatch
from collectors.uptime import Down, Downtime, Promise, Subject, downtime, is_broken, promise_to
from collectors.uptime_watch import UptimeWatch
from database.connect import Database, Role
from database.tables.outages import alarm, sla_breach, sla_target, uptime_daily
from isp.access_network import OnuState
from isp.outage import SlaScope
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
DAY = datetime(2026, 3, 1, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
HOUR = timedelta(hours=1)
LOS, ONLINE = OnuState.LOS, OnuState.ONLINE


def down(first: float, last: float | None, *, planned: bool = False) -> Down:
    end = None if last is None else DAY + last * HOUR
    return Down(begin=DAY + first * HOUR, end=end, planned=planned)


@pytest.mark.parametrize(
    ("downs", "hours", "planned"),
    [
        ([], 0, 0),
        ([down(1, 2)], 1, 0),
        ([down(-5, 1), down(23, 30)], 2, 0),
        ([down(1, 3), down(2, 4)], 3, 0),
        ([down(20, None)], 4, 0),
        ([down(1, 3, planned=True)], 0, 2),
        ([down(1, 3, planned=True), down(2, 4)], 2, 1),
        ([down(30, 31)], 0, 0),
    ],
)
def test_overlapping_outages_count_once_and_planned_work_apart(downs, hours, planned):
    expected = Downtime(down_seconds=3600 * hours, planned_seconds=3600 * planned)

    assert expected == downtime(downs, DAY, NEXT)


@given(st.lists(st.tuples(st.floats(-30, 50), st.floats(0, 30), st.booleans())))
def test_downtime_is_never_more_than_the_time(events):
    downs = [down(first, first + length, planned=planned) for first, length, planned in events]
    found = downtime(downs, DAY, NEXT)

    assert 0 <= found.down_seconds <= 86_400
    assert 0 <= found.planned_seconds <= 86_400 - found.down_seconds + 1


def promise(scope: SlaScope, percent: str, **keys) -> Promise:
    return Promise(sla_target_id=1, scope=scope, percent=Decimal(percent), **keys)


def test_the_narrowest_promise_to_a_subscriber_counts():
    ann = Subject(scope=SlaScope.SUBSCRIBER, subscriber_id=7, plan_ids=frozenset({3}))
    wide, area = promise(SlaScope.PROVIDER, "99"), promise(SlaScope.AREA, "99.5", area="north")
    plan, other = (promise(SlaScope.PLAN, "99.9", plan_id=plan_id) for plan_id in (3, 4))
    own = promise(SlaScope.SUBSCRIBER, "98", subscriber_id=7)

    assert own == promise_to(ann, [wide, area, plan, other, own])
    assert plan == promise_to(ann, [wide, area, plan, other])
    assert wide == promise_to(ann, [wide, area, other])
    assert promise_to(ann, [area, other]) is None
    assert area == promise_to(Subject(scope=SlaScope.AREA, area="north"), [wide, area])


def test_a_promise_is_broken_when_no_more_of_the_month_can_save_it():
    month = 30 * 86_400
    good = promise(SlaScope.PROVIDER, "99.9")

    assert not is_broken(good, 2592, month, 1)
    assert is_broken(good, 2593, month, 1)
    assert not is_broken(good, 2593, month, 2)


@pytest.fixture
async def site(database: Open) -> OltSite:
    site = OltSite(database(Role.OWNER), [OutageWatch(look_soon=lambda _: None)], onus_per_port=8)
    await site.build(DAY - timedelta(days=1))
    return site


async def test_an_outage_is_downtime_of_its_subscribers_and_their_area(database: Open, site):
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(sla_target).values(
                tenant_id=1, scope="area", area="north", percent="99.9", created_by="ann",
                created_at=DAY,
            )
        )  # fmt: skip
    for turn, state in enumerate([LOS, LOS, ONLINE, ONLINE]):
        await site.read(dict.fromkeys(range(8), state), DAY + (10 + turn) * HOUR)
    watch = UptimeWatch(database(Role.COLLECTORS), ManualClock(DAY + 20 * HOUR))
    for _ in range(2):
        await watch.turn()
    rows = await site.table(uptime_daily)
    [breach] = await site.table(sla_breach)

    assert {("subscriber", 7200, 1): 8, ("area", 57_600, 8): 1} == {
        key: sum((row.scope, row.down_seconds, row.members) == key for row in rows)
        for key in {(row.scope, row.down_seconds, row.members) for row in rows}
    }
    assert ("area", "north", date(2026, 3, 1), 57_600) == (
        breach.scope, breach.area, breach.month, breach.down_seconds,
    )  # fmt: skip
    assert ["sla_breach"] == [row.kind for row in await site.table(alarm)]
    async with database(Role.READER).transaction() as reader:
        view = text(
            "SELECT uptime_percent, promised_percent, breached FROM report.uptime "
            "WHERE scope = 'area'"
        )
        [shown] = (await reader.execute(view)).all()

    assert (Decimal("99.7312"), Decimal("99.9"), True) == tuple(shown)


async def test_the_alarm_of_a_breach_ends_with_its_month(database: Open, site):
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(alarm).values(
                tenant_id=1, subject="sla x", kind="sla_breach", severity="minor", raised_at=DAY
            )
        )
    clock = ManualClock(DAY + timedelta(days=40))
    await UptimeWatch(database(Role.COLLECTORS), clock).turn()

    assert [clock.now()] == [row.cleared_at for row in await site.table(alarm)]
