"""When ONUs fell, as well as a poll can know."""

from datetime import UTC, datetime, timedelta

from collectors.consequences import Onu, PollChange, PolledDevice, StateChange
from collectors.falls import remembered, seen_to_fall
from isp.access_network import DownCause, OnuReading, OnuState, Poll

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEVICE = PolledDevice(device_id=7, tenant_id=1, name="olt1", kind="olt", driver="huawei")
ONLINE, LOS, GASP = OnuState.ONLINE, OnuState.LOS, OnuState.DYING_GASP


def serial(number: int) -> str:
    return f"HWTC{number:08X}"


def changed(number: int, before: OnuState, after: OnuState, cause=None) -> StateChange:
    return StateChange(
        onu_id=number, serial=serial(number), port="0/1/3", pon_port_id=3,
        before=before, after=after, cause=cause, at=NOON,
    )  # fmt: skip


def poll(*changes: StateChange, down_at=(), vanished=()) -> PollChange:
    readings = tuple(
        OnuReading(serial=serial(number), port="0/1/3", last_down_at=at) for number, at in down_at
    )
    return PollChange(
        device=DEVICE, parts=frozenset(), poll=Poll(onus=readings), onus={}, ports={},
        interfaces={}, state_changes=changes, vanished=vanished, now=NOON,
    )  # fmt: skip


def test_only_what_was_online_and_is_down_fell():
    changes = (
        changed(1, ONLINE, LOS),
        changed(2, ONLINE, OnuState.UNKNOWN),
        changed(3, ONLINE, OnuState.DISABLED),
        changed(4, OnuState.LOGGING, LOS),
        changed(5, LOS, GASP),
        changed(6, LOS, ONLINE),
    )

    assert [1] == [fall.onu_id for fall in seen_to_fall(poll(*changes))]


def test_without_the_olts_time_they_fell_when_we_saw_it():
    [fall] = seen_to_fall(poll(changed(1, ONLINE, GASP)))

    assert (NOON, GASP) == (fall.at, fall.cause)


def test_an_olts_clock_that_is_years_wrong_still_orders_them():
    wrong = datetime(2001, 1, 1, tzinfo=UTC)
    told = [(1, wrong), (2, wrong + timedelta(seconds=200))]
    falls = seen_to_fall(poll(changed(1, ONLINE, LOS), changed(2, ONLINE, LOS), down_at=told))

    assert [NOON - timedelta(seconds=200), NOON] == [fall.at for fall in falls]


def test_an_olts_time_of_an_earlier_fall_is_not_believed():
    told = [(1, NOON - timedelta(days=9)), (2, NOON)]
    falls = seen_to_fall(poll(changed(1, ONLINE, LOS), changed(2, ONLINE, LOS), down_at=told))

    assert [NOON, NOON] == [fall.at for fall in falls]


def test_an_offline_onu_fell_for_the_cause_that_the_olt_gives():
    [fall] = seen_to_fall(poll(changed(1, ONLINE, OnuState.OFFLINE, DownCause.DYING_GASP)))

    assert DownCause.DYING_GASP is fall.cause


def test_an_onu_that_a_full_reading_no_longer_lists_fell():
    gone = tuple(
        Onu(onu_id=number, serial=serial(number), pon_port_id=3, port="0/1/3", state=state)
        for number, state in [(8, ONLINE), (9, LOS)]
    )

    assert [8] == [fall.onu_id for fall in seen_to_fall(poll(vanished=gone))]


def test_falls_are_remembered_until_they_are_back_or_old():
    first, second = seen_to_fall(poll(changed(1, ONLINE, LOS), changed(2, ONLINE, LOS)))
    later = NOON + timedelta(minutes=10)

    assert {1: first, 2: second} == remembered({}, [first, second], [], NOON)
    assert {2: second} == remembered({1: first, 2: second}, [], [1], later)
    assert {} == remembered({1: first}, [], [], NOON + timedelta(hours=1))
