"""Messages about outages: one each, when a person agreed, when it is not quiet, never moot."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert, update

from chassis.clock import ManualClock
from collectors.notices import Fate, Notice, QuietHours, fate
from collectors.notifying import Notifying
from collectors.outage_watch import OutageWatch
from collectors.store import notices as store
from collectors.store.notices import ON_ITS_WAY_MAX
from database.connect import Database, Role
from database.tables.outages import notice
from database.tables.running import job
from database.tables.tenancy import tenant
from isp.access_network import OnuState
from isp.outage import NoticeKind, OutageState
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NIGHT = QuietHours(begin=time(21), end=time(8))
NEVER = QuietHours(begin=time(0), end=time(0))
LOS, ONLINE = OnuState.LOS, OnuState.ONLINE


@pytest.mark.parametrize(
    ("quiet", "zone", "hour", "held"),
    [
        (NIGHT, "UTC", 20, False),
        (NIGHT, "UTC", 21, True),
        (NIGHT, "UTC", 3, True),
        (NIGHT, "UTC", 8, False),
        (NIGHT, "Asia/Tashkent", 17, True),
        (NIGHT, "America/New_York", 3, True),
        (QuietHours(begin=time(12), end=time(14)), "UTC", 13, True),
        (QuietHours(begin=time(12), end=time(14)), "UTC", 14, False),
        (NEVER, "UTC", 0, False),
    ],
)
def test_quiet_hours_are_local_and_may_pass_midnight(quiet, zone, hour, held):
    assert held is quiet.hold(NOON.replace(hour=hour), zone)


@pytest.mark.parametrize(
    ("kind", "outage", "becomes"),
    [
        (NoticeKind.OUTAGE, OutageState.OPEN, Fate.SEND),
        (NoticeKind.OUTAGE, OutageState.RESTORING, Fate.SEND),
        (NoticeKind.OUTAGE, OutageState.RESTORED, Fate.DROP),
        (NoticeKind.RESTORED, OutageState.RESTORED, Fate.SEND),
    ],
)
def test_nobody_is_told_of_what_is_over(kind, outage, becomes):
    assert becomes is fate(Notice(kind=kind, outage=outage), NIGHT, "UTC", NOON)


def test_what_may_be_sent_waits_for_the_morning():
    open_outage = Notice(kind=NoticeKind.OUTAGE, outage=OutageState.OPEN)

    assert Fate.WAIT is fate(open_outage, NIGHT, "UTC", NOON.replace(hour=23))


def test_its_end_waits_for_a_first_message_that_is_on_its_way():
    over = Notice(kind=NoticeKind.RESTORED, outage=OutageState.RESTORED, being_told=True)

    assert Fate.WAIT is fate(over, NEVER, "UTC", NOON)


@pytest.fixture
async def site(database: Open) -> OltSite:
    site = OltSite(database(Role.OWNER), [OutageWatch(look_soon=lambda _: None)], onus_per_port=8)
    await site.build(NOON - timedelta(days=1))
    return site


async def tell(site: OltSite, *subscribers: int) -> None:
    """The messages that wait go out to these, or to all."""
    async with site.owner.transaction() as transaction:
        told = [job.c.payload["subscriber_id"].as_integer().in_(subscribers)] if subscribers else []
        await transaction.execute(update(job).where(*told).values(state="done"))


async def read(site: OltSite, *states: OnuState) -> None:
    for turn, state in enumerate(states):
        await site.read(dict.fromkeys(range(8), state), NOON + turn * timedelta(minutes=5))


async def test_nothing_goes_out_that_nobody_approved(database: Open, site):
    await read(site, LOS, LOS)
    await Notifying(database(Role.COLLECTORS), ManualClock(NOON), NEVER).turn()

    assert [] == await site.table(job)


async def test_each_subscriber_gets_one_message_and_one_that_it_is_over(database: Open, site):
    notifying = Notifying(database(Role.COLLECTORS), ManualClock(NOON), NEVER)
    await read(site, LOS, LOS)
    await site.approve_messages()
    await notifying.turn()
    await notifying.turn()
    first = await site.table(job)
    await tell(site)
    await read(site, ONLINE, ONLINE)
    await site.approve_messages()
    await notifying.turn()
    both = await site.table(job)

    assert (8, 16) == (len(first), len(both))
    assert set(site.subscribers.values()) == {row.payload["subscriber_id"] for row in first}
    assert ["outage"] * 8 + ["restored"] * 8 == [row.payload["kind"] for row in both]
    assert [("sent", 8), ("sent", 8)] == [
        (row.state, row.recipients) for row in await site.table(notice)
    ]


async def test_its_end_is_told_to_those_who_heard_that_it_began(database: Open, site):
    clock = ManualClock(NOON)
    notifying = Notifying(database(Role.COLLECTORS), clock, NEVER)
    await read(site, LOS, LOS)
    await site.approve_messages()
    await notifying.turn()
    await tell(site, site.subscribers[2])
    await read(site, ONLINE, ONLINE)
    await site.approve_messages()
    clock.advance(300)
    await notifying.turn()
    early = await ends(site)
    await tell(site, site.subscribers[5])
    clock.advance(ON_ITS_WAY_MAX.total_seconds())
    await notifying.turn()

    assert [] == early
    assert [site.subscribers[2], site.subscribers[5]] == await ends(site)
    assert [8, 2] == [row.recipients for row in await site.table(notice)]


async def ends(site: OltSite) -> list[int]:
    """Those who are to be told that it is over."""
    told = [each.payload for each in await site.table(job)]
    return [each["subscriber_id"] for each in told if each["kind"] == NoticeKind.RESTORED]


async def test_what_was_over_before_it_was_approved_is_dropped(database: Open, site):
    await read(site, LOS, LOS, ONLINE, ONLINE)
    await site.approve_messages()
    await Notifying(database(Role.COLLECTORS), ManualClock(NOON), NEVER).turn()

    assert [] == await site.table(job)
    assert ["dropped"] == [row.state for row in await site.table(notice)]


async def test_an_end_that_nobody_heard_the_beginning_of_is_dropped(database: Open, site):
    clock = ManualClock(NOON)
    notifying = Notifying(database(Role.COLLECTORS), clock, NEVER)
    await read(site, LOS, LOS)
    await site.approve_messages()
    await notifying.turn()
    await read(site, ONLINE, ONLINE)
    await site.approve_messages()
    clock.advance(300 + ON_ITS_WAY_MAX.total_seconds())
    await notifying.turn()

    assert [] == await ends(site)
    assert ["sent", "dropped"] == [row.state for row in await site.table(notice)]


async def test_the_quiet_hours_of_one_provider_keep_no_other_from_telling(
    database: Open, site, monkeypatch
):
    monkeypatch.setattr(store, "APPROVED_MAX", 1)
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(tenant).values(tenant_id=2, name="other", zone="Asia/Tokyo")
        )
    other = OltSite(
        site.owner, site.consequences, onus_per_port=8, tenant_id=2, name="olt2", area="south"
    )
    await other.build(NOON - timedelta(days=1))
    for each in (site, other):
        await read(each, LOS, LOS)
    await site.approve_messages()
    midnight = ManualClock(NOON.replace(hour=0))
    await Notifying(database(Role.COLLECTORS), midnight, NIGHT).turn()

    assert {2} == {row.tenant_id for row in await site.table(job)}
