"""Messages of voltha.events, from their bytes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from voltha_protos.events_pb2 import Event

from collectors.voltha.events import CAUSE_AGE_MAX, CAUSES_MAX, Causes, DeviceEvent, decode
from isp.access_network import DownCause
from lab.voltha import Condition, Core, Plant

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def event(name: str, serial: str | None = "ABCD00000001", *, cleared=False, at=NOW) -> DeviceEvent:
    return DeviceEvent(
        name=name, cleared=cleared, olt_device_id="olt", interface=0, serial=serial, at=at
    )


def cause(causes: Causes) -> tuple[DownCause, bool] | None:
    down = causes.known(NOW).get("ABCD00000001")
    return (down.cause, down.over) if down else None


def test_a_cut_and_its_repair_are_read_from_their_bytes():
    plant = Plant(onus=16)
    olt = plant.olts[0]
    core = Core(plant, wall_seconds=lambda: NOW.timestamp() + 0.25)
    core.tell(plant.cut(olt.pons[2], olt))
    core.tell(plant.splice(olt.pons[2], olt))
    told = [decode(message) for message in core.events]

    serial = olt.pons[2].onus[0].serial
    assert [
        ("OLT_LOSS_OF_SIGNAL", False, None),
        ("ONU_LOSS_OF_SIGNAL", False, serial),
        ("OLT_LOSS_OF_SIGNAL", True, None),
        ("ONU_LOSS_OF_SIGNAL", True, serial),
    ] == [(each.name, each.cleared, each.serial) for each in told]
    assert {(2, olt.device_id, NOW + timedelta(seconds=0.25))} == {
        (each.interface, each.olt_device_id, each.at) for each in told
    }


def test_a_dying_gasp_has_neither_raise_nor_clear():
    plant = Plant(onus=16)
    place = next(plant.places())
    core = Core(plant)
    core.tell([plant.fail(place.onu, place.pon, place.olt, Condition.NO_POWER)])
    told = decode(core.events[0])

    assert ("ONU_DYING_GASP", False, DownCause.DYING_GASP) == (told.name, told.cleared, told.cause)


def test_other_kinds_of_events_are_nobodys():
    assert None is decode(Event(kpi_event2={"ts": 1.0}).SerializeToString())
    assert None is decode(b"")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_none(message):
    told = decode(message)

    assert told is None or isinstance(told, DeviceEvent)


def test_a_dying_gasp_explains_the_loss_of_signal_after_it():
    causes = Causes()
    causes.note(event("ONU_DYING_GASP"))
    causes.note(event("ONU_LOSS_OF_SIGNAL"))

    assert (DownCause.DYING_GASP, False) == cause(causes)


def test_who_is_back_keeps_what_took_it_down_and_a_new_outage_has_its_own():
    causes = Causes()
    causes.note(event("ONU_DYING_GASP"))
    causes.note(event("ONU_DISCOVERY"))
    back = cause(causes)
    causes.note(event("ONU_LOSS_OF_SIGNAL"))

    assert [(DownCause.DYING_GASP, True), (DownCause.LOS, False)] == [back, cause(causes)]


def test_a_cleared_loss_is_over():
    causes = Causes()
    causes.note(event("ONU_LOSS_OF_SIGNAL"))
    causes.note(event("ONU_LOSS_OF_SIGNAL", cleared=True))

    assert (DownCause.LOS, True) == cause(causes)


def test_causes_grow_old_and_are_bounded():
    causes = Causes()
    causes.note(event("ONU_LOSS_OF_SIGNAL", at=NOW - CAUSE_AGE_MAX - timedelta(seconds=1)))
    for number in range(CAUSES_MAX + 5):
        causes.note(event("ONU_LOSS_OF_SIGNAL", f"WXYZ{number:08X}"))

    assert None is cause(causes)
    assert CAUSES_MAX == len(causes.known(NOW))
