"""What a reading changes: identity is the serial, nothing is lost by what was not read."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectors.consequences import Onu
from collectors.driver import Part
from collectors.known import Known, Rows, applied, decide, takes_over
from isp.access_network import (
    DownCause,
    InterfaceReading,
    OnuReading,
    OnuState,
    Poll,
    PortReading,
    UnprovisionedReading,
)
from tests.support.sizes import size

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATE, OPTICS = frozenset({Part.STATE}), frozenset({Part.OPTICS})
INVENTORY = frozenset({Part.INVENTORY, Part.STATE})
ONLINE, LOS, UNKNOWN = OnuState.ONLINE, OnuState.LOS, OnuState.UNKNOWN


def onu(serial: str, port: str = "0/1/0", onu_id: int = 1, **said) -> OnuReading:
    return OnuReading(serial=serial, port=port, onu_id=onu_id, **({"state": ONLINE} | said))


def read(known: Known, poll: Poll, parts=STATE, now=NOON):
    """The changes, and the device as it is known after them."""
    made = decide(known, poll, parts, now)
    rows = Rows(
        ports={name: len(known.ports) + at for at, name in enumerate(made.new_ports, 1)},
        interfaces={name: at for at, name in enumerate(made.new_interfaces, 1)},
        onus={serial: len(known.onus) + at for at, serial in enumerate(made.new_onus, 1)},
    )
    return made, applied(known, made, poll, rows)


def polled(*onus: OnuReading, **said) -> Poll:
    return Poll(onus=onus, **said)


def test_a_first_reading_makes_ports_and_onus_known():
    made, known = read(Known(), polled(onu("A"), onu("B", port="0/1/1")))

    assert {"0/1/0", "0/1/1"} == set(made.new_ports) == set(known.ports)
    assert {"A", "B"} == set(made.new_onus) == set(known.onus)
    assert known.onus["B"] == Onu(
        onu_id=2, serial="B", pon_port_id=known.ports["0/1/1"], port="0/1/1", state=ONLINE
    )


def test_the_same_reading_again_changes_nothing():
    _, known = read(Known(), polled(onu("A", rx_dbm=-20.0), onu("B")))
    made, _ = read(known, polled(onu("A", octets_up=5, index=(1, 2)), onu("B", octets_up=6)))

    assert not (made.onus or made.new_onus or made.ports or made.states or made.gone)


def test_two_onus_that_changed_places_keep_their_rows():
    _, known = read(Known(), polled(onu("A", onu_id=1), onu("B", onu_id=2)))
    made, after = read(known, polled(onu("B", onu_id=1), onu("A", onu_id=2)))

    assert {"A": 2, "B": 1} == {serial: reading.onu_id for serial, reading in made.onus.items()}
    assert {s: o.onu_id for s, o in known.onus.items()} == {
        s: o.onu_id for s, o in after.onus.items()
    }


def test_an_onu_that_moved_to_another_port_is_the_same():
    _, known = read(Known(), polled(onu("A")))
    made, after = read(known, polled(onu("A", port="0/9/9", onu_id=77)))

    assert (known.onus["A"].onu_id, "0/9/9") == (after.onus["A"].onu_id, after.onus["A"].port)
    assert {"0/9/9"} == set(made.new_ports)


def test_a_serial_in_two_places_is_where_it_is_alight():
    _, known = read(Known(), polled(onu("A", port="0/1/0")))
    old, new = onu("A", port="0/1/0", state=LOS), onu("A", port="0/2/0")
    for both in ((old, new), (new, old)):
        made, _ = read(known, polled(*both))

        assert "0/2/0" == made.onus["A"].port


def test_two_clones_that_are_both_alight_leave_the_row_where_it_was():
    _, known = read(Known(), polled(onu("A", port="0/1/0")))
    here, there = onu("A", port="0/1/0"), onu("A", port="0/2/0")
    for both in ((here, there), (there, here)):
        made, _ = read(known, polled(*both))

        assert {} == made.onus


def test_a_state_that_could_not_be_read_in_full_stays():
    _, known = read(Known(), polled(onu("A")))
    made, _ = read(known, polled(onu("A", state=UNKNOWN), partial=("onu_states",)))
    full, _ = read(known, polled(onu("A", state=UNKNOWN)))

    assert {} == made.onus
    assert {"A"} == full.states


def test_a_change_of_state_has_its_cause():
    _, known = read(Known(), polled(onu("A"), onu("B")))
    down = onu("A", state=LOS, last_down_cause=DownCause.DYING_GASP)
    made, _ = read(known, polled(down, onu("B")))

    assert frozenset({"A"}) == made.states
    assert DownCause.DYING_GASP is made.onus["A"].last_down_cause


def test_light_is_emptied_by_a_reading_of_light_and_by_nothing_else():
    _, known = read(Known(), polled(onu("A", rx_dbm=-20.0, description="flat 3")))
    by_state, _ = read(known, polled(onu("A")))
    by_light, after = read(known, polled(onu("A", state=UNKNOWN)), OPTICS)

    assert {} == by_state.onus
    assert (None, ONLINE, "flat 3") == (
        by_light.onus["A"].rx_dbm,
        after.readings["A"].state,
        after.readings["A"].description,
    )
    assert {"A"} == by_light.lit


def test_an_onu_is_missing_only_after_two_full_readings_without_it():
    _, known = read(Known(), polled(onu("A"), onu("B")))
    later = NOON + timedelta(minutes=5)
    once, known = read(known, polled(onu("A")))
    cut, known = read(known, polled(onu("A"), partial=("onu_states",)))
    light, known = read(known, polled(onu("A")), OPTICS)
    twice, known = read(known, polled(onu("A")), now=later)
    thrice, known = read(known, polled(onu("A")), now=later)
    back, known = read(known, polled(onu("A"), onu("B")))

    assert ({}, {}, {}, {"B": NOON}, {}) == (
        once.gone,
        cut.gone,
        light.gone,
        twice.gone,
        thrice.gone,
    )
    assert frozenset({"B"}) == back.back
    assert "B" in known.onus and not known.missing and not known.left_out


def test_an_onu_that_is_listed_again_in_between_is_not_missing():
    _, known = read(Known(), polled(onu("A"), onu("B")))
    for poll in (polled(onu("A")), polled(onu("A"), onu("B"), partial=("x",)), polled(onu("A"))):
        made, known = read(known, poll)

        assert {} == made.gone


def test_an_onu_without_a_serial_or_never_seen_on_a_port_is_nobodys_row():
    made, _ = read(Known(), polled(replace(onu("A"), serial=None), replace(onu("B"), port=None)))

    assert {} == made.new_onus


def test_an_onu_that_does_not_tell_its_port_stays_on_the_one_it_was_on():
    _, known = read(Known(), polled(onu("A")))
    _, known = read(known, polled(replace(onu("A", state=LOS), port=None)))

    assert ("0/1/0", LOS) == (known.onus["A"].port, known.onus["A"].state)


def test_what_is_elsewhere_is_looked_at_again_only_when_it_is_alight_here():
    made = decide(Known(), polled(onu("A", state=LOS)), STATE, NOON)
    known = applied(Known(), made, polled(onu("A", state=LOS)), Rows(ports={"0/1/0": 1}))

    assert {} == decide(known, polled(onu("A", state=LOS)), STATE, NOON).new_onus
    assert {"A"} == set(decide(known, polled(onu("A")), STATE, NOON).new_onus)


def test_who_takes_over_whose_onu():
    alight, dark = onu("A"), onu("A", state=LOS)

    assert [True, False, True, False, True] == [
        takes_over(alight, LOS, missing=False),
        takes_over(alight, ONLINE, missing=False),
        takes_over(alight, ONLINE, missing=True),
        takes_over(dark, LOS, missing=False),
        takes_over(dark, LOS, missing=True),
    ]


def test_unprovisioned_onus_come_and_go_with_full_inventories():
    waiting = UnprovisionedReading(serial="N", port="0/1/0")
    made, known = read(Known(), polled(unprovisioned=(waiting,)), INVENTORY)
    kept, known = read(known, polled(), STATE)
    cut, known = read(known, polled(partial=("autofind",)), INVENTORY)
    gone, _ = read(known, polled(onu("N")), INVENTORY)

    assert {"N": waiting} == made.unprovisioned
    assert [frozenset(), frozenset(), {"N"}] == [
        kept.provisioned,
        cut.provisioned,
        gone.provisioned,
    ]


def test_interfaces_are_their_names_whatever_their_index():
    one = Poll(interfaces=(InterfaceReading(name="ge0", if_index=1, octets_in=5),))
    two = Poll(interfaces=(InterfaceReading(name="ge0", if_index=9, octets_in=6),))
    _, known = read(Known(), one)
    made, _ = read(known, two)

    assert {} == made.new_interfaces
    assert 9 == made.interfaces["ge0"].if_index


def test_a_smaller_uptime_is_a_restart_unless_it_wraps():
    made = [
        decide(Known(uptime_ticks=before), Poll(uptime_ticks=now), STATE, NOON).rebooted
        for before, now in ((1000, 2000), (2000, 1000), (2**32 - 5, 100), (None, 5), (5, None))
    ]

    assert [False, True, False, False, False] == made


@pytest.mark.prove
def test_whatever_is_read_no_identity_is_wrong_and_nothing_is_lost(record_property):
    """Swapped places, moves, clones, cut readings, empty tables after restarts, sentinels."""
    cases = size(200, 30_000)
    record_property("devices read eight times, wrongly", f"{cases:,}")
    for seed in range(cases):
        randomly = random.Random(seed)
        truth = {f"S{n}": (f"0/{n % 3}/0", n) for n in range(randomly.randrange(1, 12))}
        _, known = read(Known(), polled(*(onu(s, *place) for s, place in truth.items())), INVENTORY)
        numbers = {serial: row.onu_id for serial, row in known.onus.items()}
        full_without: Counter[str] = Counter()
        for _ in range(8):
            places = list(truth.values())
            if randomly.random() < 0.5:
                randomly.shuffle(places)
                truth = dict(zip(truth, places, strict=True))
            shown = [
                onu(serial, *place, state=randomly.choice([ONLINE, LOS, UNKNOWN]))
                for serial, place in truth.items()
                if randomly.random() < 0.8
            ]
            randomly.shuffle(shown)
            partial = randomly.choice([(), (), ("onus",)])
            parts = randomly.choice([STATE, INVENTORY, OPTICS])
            made, known = read(known, Poll(onus=tuple(shown), partial=partial), parts)
            seen = {reading.serial for reading in shown}
            for serial in numbers:
                if serial in seen:
                    full_without[serial] = 0
                elif not partial and parts is not OPTICS:
                    full_without[serial] += 1

            assert {s: row.onu_id for s, row in known.onus.items()} == numbers, f"seed {seed}"
            assert known.missing <= {s for s, n in full_without.items() if n >= 2}, f"seed {seed}"
            for reading in shown:
                kept = known.onus[str(reading.serial)]
                assert (kept.port, known.readings[kept.serial].onu_id) == (
                    reading.port,
                    reading.onu_id,
                ), f"seed {seed}"
            assert all(serial in seen for serial in made.states), f"seed {seed}"


def test_a_port_reading_is_kept_by_its_name():
    _, known = read(Known(), Poll(ports=(PortReading(port="0/1/0", if_index=5, tx_dbm=3.0),)))
    made, _ = read(known, Poll(ports=(PortReading(port="0/1/0", state="down"),)))

    assert PortReading(port="0/1/0", if_index=5, tx_dbm=3.0, state="down") == made.ports["0/1/0"]
