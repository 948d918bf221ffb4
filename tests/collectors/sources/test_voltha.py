"""The VOLTHA source against the lab's core, over a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.clock import ManualClock, SystemClock
from collectors.driver import Part
from collectors.sources import SourceLost, SourceUntrusted
from collectors.sources.voltha import FAILED_SECONDS, UNSUPPORTED_SECONDS, VolthaSource
from collectors.voltha.events import Causes, decode
from collectors.voltha.rounds import AGE_SECONDS
from devices.credentials import TlsAccess
from devices.voltha import VolthaCore
from isp.access_network import DownCause, OnuState
from lab.certificate import self_signed
from lab.voltha import Condition, Core, Habits, Plant
from tests.support.sizes import size

STATE = frozenset({Part.STATE})
EVERYTHING = frozenset(Part)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ONUS_PER_OLT = 1024


@asynccontextmanager
async def reading(
    core: Core, *, clock=None, causes: Causes | None = None, **options: Any
) -> AsyncIterator[VolthaSource]:
    source = VolthaSource(
        VolthaCore(core.address, core.port, **options),
        clock=clock or SystemClock(),
        causes=causes or Causes(),
    )
    try:
        yield source
    finally:
        await source.close()


def states(poll) -> dict[str, OnuState]:
    return {onu.serial: onu.state for onu in poll.onus}


async def test_a_core_is_read_whole():
    plant = Plant(onus=64, seed=1)
    plant.olts[0].pons[3].onus[0].condition = Condition.DISABLED
    async with Core(plant) as core, reading(core) as source:
        identity = await source.probe()
        poll = await source.read(EVERYTHING)

    assert ("voltha", "2.12.0") == (identity.driver, identity.description)
    assert (64, 16, 1, ()) == (
        len(poll.onus),
        len(poll.ports),
        len(poll.interfaces),
        poll.partial,
    )
    port = next(each for each in poll.ports if each.port == "LAB_OLT_0/pon-536870915")
    assert ("up", 4, 3) == (port.state, port.onus, port.onus_online)
    assert {"LABV00000003"} == {
        serial for serial, state in states(poll).items() if state is OnuState.DISABLED
    }


async def test_an_onus_turn_reads_its_light_at_both_ends_its_distance_and_its_alarms():
    plant = Plant(onus=64, seed=1)
    place = plant.by_device_id[plant.olts[0].pons[2].onus[1].device_id]
    async with Core(plant) as core, reading(core) as source:
        whole = await source.read(STATE)
        asked = next(each for each in whole.onus if each.serial == place.onu.serial)
        poll = await source.read_onu(asked)
        again = await source.read_onu(asked)

    [found] = poll.onus
    assert (
        place.onu.rx_dbm,
        place.onu.tx_dbm,
        round(place.onu.rx_dbm - 1.5, 3),
        place.onu.distance_m,
    ) == (found.rx_dbm, found.tx_dbm, found.olt_rx_dbm, found.distance_m)
    assert (("ONU_LOW_RX_OPTICAL",) if place.onu.rx_dbm < -19 else ()) == found.alarms
    assert found in again.onus  # as it was a moment ago


async def test_every_olt_has_one_turn_and_never_two_questions_at_once():
    plant = Plant(onus=ONUS_PER_OLT * 3)
    async with Core(plant, habits=Habits(omci_seconds=0.01)) as core, reading(core) as source:
        whole = await source.read(STATE)
        core.asked_at.clear()
        for onu in whole.onus[:4]:
            await source.read_onu(onu)

    assert (3 * 4, 1) == (core.counts["onuOpticalInfo"], core.busiest)
    assert {4 * 4 + 1} == {len(times) for times in core.asked_at.values()}  # the port's light once


async def test_what_an_adapter_does_not_know_is_not_asked_again_for_hours():
    clock = ManualClock(NOW)
    habits = Habits(unsupported=frozenset({"onuOpticalInfo", "oltRxPower"}))
    async with Core(Plant(onus=1), habits=habits) as core, reading(core, clock=clock) as source:
        whole = await source.read(EVERYTHING)
        counts = []
        for seconds in (0, AGE_SECONDS, AGE_SECONDS, UNSUPPORTED_SECONDS):
            clock.advance(seconds)
            await source.read_onu(whole.onus[0])
            counts.append((core.counts["onuOpticalInfo"], core.counts["oltRxPower"]))

    assert () == whole.partial
    assert [(1, 16), (1, 16), (1, 16), (2, 17)] == counts


async def test_an_onu_that_does_not_answer_is_asked_again_sooner():
    clock = ManualClock(NOW)
    silent = Habits(failing_share=1.0)
    async with Core(Plant(onus=1), habits=silent) as core, reading(core, clock=clock) as source:
        whole = await source.read(STATE)
        counts = []
        for seconds in (0, AGE_SECONDS, FAILED_SECONDS):
            clock.advance(seconds)
            poll = await source.read_onu(whole.onus[0])
            counts.append(core.counts["onuOpticalInfo"])

    assert [1, 1, 2] == counts
    assert [(None, True)] == [(onu.rx_dbm, onu.distance_m is not None) for onu in poll.onus]


async def test_an_unreachable_olt_makes_its_onus_unknown_and_the_others_stay():
    plant = Plant(onus=ONUS_PER_OLT + 16)
    async with Core(plant) as core, reading(core) as source:
        await source.read(STATE)
        plant.olts[0].reachable = False
        poll = await source.read(EVERYTHING)

    of_olt = {
        olt.serial: {onu.serial for pon in olt.pons for onu in pon.onus} for olt in plant.olts
    }
    unknown = {serial for serial, state in states(poll).items() if state is OnuState.UNKNOWN}
    assert of_olt["LAB_OLT_0"] == unknown
    assert of_olt["LAB_OLT_1"] == set(states(poll)) - unknown


async def test_ids_change_and_serials_do_not():
    plant = Plant(onus=32)
    async with Core(plant) as core, reading(core) as source:
        before = await source.read(STATE)
        plant.renumber(plant.olts[0])
        stale = await source.read_onu(before.onus[0])
        healed = await source.read_onu(before.onus[0])
        after = await source.read(STATE)

    assert () == stale.onus
    assert healed.onus[0].rx_dbm is not None
    assert states(before) == states(after)


async def test_a_cut_is_offline_and_with_its_events_loss_of_signal():
    plant = Plant(onus=64)
    causes, clock = Causes(), ManualClock(NOW)

    def hear(message: bytes) -> None:
        told = decode(message)
        assert told is not None
        causes.note(told)

    wall = NOW.timestamp
    async with Core(plant, wall_seconds=wall, heard=hear) as core:
        olt = plant.olts[0]
        core.tell(plant.cut(olt.pons[0], olt))
        async with (
            reading(core) as deaf,
            reading(core, clock=clock, causes=causes) as it,
        ):
            without, told = await deaf.read(STATE), await it.read(STATE)

    dark = {onu.serial for onu in plant.olts[0].pons[0].onus}
    assert {OnuState.OFFLINE} == {states(without)[serial] for serial in dark}
    assert {(OnuState.LOS, DownCause.LOS, NOW)} == {
        (onu.state, onu.last_down_cause, onu.last_down_at)
        for onu in told.onus
        if onu.serial in dark
    }
    assert 60 == sum(state is OnuState.ONLINE for state in states(told).values())


async def test_a_core_that_is_away_is_lost_at_once_and_found_again():
    plant = Plant(onus=16)
    async with Core(plant) as core, reading(core) as source:
        before = await source.read(STATE)
        await core.stop()
        with pytest.raises(SourceLost):
            await asyncio.wait_for(source.read(STATE), 5)
        with pytest.raises(SourceLost):
            await asyncio.wait_for(source.read_onu(before.onus[0]), 5)
        await core.restart()
        after = await patiently(lambda: source.read(STATE))

    assert states(before) == states(after)


async def test_devices_that_do_not_fit_one_message_are_read_one_by_one():
    plant = Plant(onus=100)
    async with Core(plant) as core, reading(core, message_octets_max=16_000) as source:
        first = await source.read(STATE)
        await source.read(STATE)

    assert 100 == len(first.onus)
    assert (1, 2, 202) == tuple(
        core.counts[method] for method in ("ListDevices", "ListDeviceIds", "GetDevice")
    )


@pytest.mark.prove
@pytest.mark.measured
async def test_ten_thousand_onus_of_one_voltha_core_state_optics_and_a_restart(record_property):
    count = size(1_500, 10_000)
    clock = SystemClock()
    plant = Plant(onus=count, seed=9)
    habits = Habits(latency_seconds=0.02, omci_seconds=0.05, failing_share=0.01)
    paced_turns = size(4, 40)
    async with Core(plant, habits=habits) as core, reading(core) as source:
        started = clock.monotonic()
        whole = await source.read(STATE)
        record_property("state of all, seconds", f"{clock.monotonic() - started:.2f}")
        started = clock.monotonic()
        bulk = await source.read(frozenset({Part.STATE, Part.OPTICS, Part.TRAFFIC}))
        record_property("OLT light and counters, seconds", f"{clock.monotonic() - started:.2f}")
        core.asked_at.clear()
        core.counts.clear()
        lit: set[str] = set()
        for onu in whole.onus[:paced_turns]:
            poll, _ = await asyncio.gather(source.read_onu(onu), asyncio.sleep(0.5))
            lit |= {each.serial for each in poll.onus if each.rx_dbm is not None}
        turns = core.counts["onuOpticalInfo"] / len(plant.olts) / (paced_turns * 0.5)
        record_property("ONUs asked per OLT and second", f"{turns:.2f}")
        bulk_again = asyncio.ensure_future(
            source.read(frozenset({Part.STATE, Part.OPTICS, Part.TRAFFIC}))
        )
        await asyncio.sleep(0.5)
        await core.restart(away_seconds=0.5)
        with suppress(SourceLost):
            await bulk_again
        started = clock.monotonic()
        after = await patiently(lambda: source.read(STATE))
        record_property("after a restart, seconds", f"{clock.monotonic() - started:.2f}")
        record_property("most questions below one OLT at once", core.busiest)

    assert (count, count) == (len(whole.onus), len(after.onus))
    assert states(whole) == states(after)
    assert count == sum(onu.olt_rx_dbm is not None for onu in bulk.onus)
    assert (1, ()) == (core.busiest, bulk.partial)
    assert turns <= 2
    assert len(lit) >= 0.9 * paced_turns * len(plant.olts)


async def patiently(read, *, tries=100):
    """The first reading that succeeds."""
    for _ in range(tries):
        with suppress(SourceLost):
            return await read()
        await asyncio.sleep(0.05)
    return await read()


async def test_the_certificate_that_was_shown_first_is_trusted_and_no_other():
    async with Core(Plant(onus=4), certificate=self_signed("voltha")) as core:
        async with reading(core, tls=TlsAccess(), believing=True) as first:
            seen = (await first.probe()).certificate
        known = TlsAccess(certificate=seen)
        async with reading(core, tls=known) as again:
            poll = await again.read(STATE)
        core.certificate = self_signed("voltha")
        await core.restart()
        async with reading(core, tls=known) as other:
            with pytest.raises(
                SourceUntrusted, match=r"it shows the certificate [0-9a-f]{64}, not"
            ):
                await other.probe()

    assert 4 == len(poll.onus)


async def test_a_certificate_that_an_authority_signed_is_trusted_for_its_name():
    authority = self_signed("authority")
    certificate = self_signed("core", address="127.0.0.1", signed_by=authority)
    tls = TlsAccess(authorities=authority.pem.decode())
    async with Core(Plant(onus=4), certificate=certificate) as core:
        async with reading(core, tls=tls) as source:
            assert 4 == len((await source.read(STATE)).onus)
        core.certificate = self_signed("core", address="127.0.0.1")
        await core.restart()
        async with reading(core, tls=tls) as source:
            with pytest.raises(SourceUntrusted, match="its certificate is not trusted"):
                await source.probe()


async def test_a_leaf_of_an_authority_can_be_pinned_without_it():
    certificate = self_signed("core", signed_by=self_signed("authority"))
    async with Core(Plant(onus=4), certificate=certificate) as core:
        expected = TlsAccess(certificate_sha256=certificate.fingerprint_sha256)
        async with reading(core, tls=expected, believing=True) as source:
            assert "2.12.0" == (await source.probe()).description


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tls": TlsAccess()}, "its certificate is not known yet"),
        ({"tls": TlsAccess(certificate_sha256="ab" * 32), "believing": True}, r"not (ab){32}"),
    ],
)
async def test_nothing_is_asked_of_a_core_that_shows_what_it_should_not(options, problem):
    async with Core(Plant(onus=4), certificate=self_signed("voltha")) as core:
        async with reading(core, **options) as source:
            with pytest.raises(SourceUntrusted, match=problem):
                await source.probe()

        assert 0 == core.counts.total()
