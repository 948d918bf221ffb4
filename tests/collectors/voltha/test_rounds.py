"""Every ONU has its turn, none too often, all OLTs side by side."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.voltha.rounds import AGE_SECONDS, Rounds
from collectors.voltha.topology import topology
from tests.collectors.voltha.test_topology import PON_0, UNREACHABLE, olt, onu


def plant(*sizes: int):
    devices = [olt(f"olt-{number}", f"OLT{number}") for number in range(len(sizes))]
    devices += [
        onu(f"WXY{number}{each:08X}", parent=f"olt-{number}", port=PON_0 | each % 4)
        for number, size in enumerate(sizes)
        for each in range(size)
    ]
    return topology(devices, {}).onus


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=4),
    st.floats(0.1, 40.0),
    st.integers(1, 400),
)
def test_no_olt_has_two_turns_at_once_and_no_onu_is_asked_too_often(sizes, pause, turns):
    onus = plant(*sizes)
    rounds = Rounds()
    rounds.renew(onus)
    asked_at: dict[str, float] = {}
    for number in range(turns):
        now = number * pause
        turn = rounds.turn(onus[number % len(onus)].serial, now)
        per_olt = Counter(each.pon.olt.serial for each in turn)
        assert not per_olt or max(per_olt.values()) == 1
        for each in turn:
            assert now - asked_at.get(each.serial, -AGE_SECONDS) >= AGE_SECONDS
            asked_at[each.serial] = now

    served = Counter(serial[3] for serial in asked_at)
    all_in_one_age = turns * pause < AGE_SECONDS
    assert not all_in_one_age or all(
        served[str(n)] >= min(size, turns) for n, size in enumerate(sizes)
    )


def test_the_one_asked_for_comes_first_and_waits_when_it_had_its_turn():
    onus = plant(3)
    rounds = Rounds()
    rounds.renew(onus)
    order = [[each.serial for each in rounds.turn(onus[2].serial, 0.0)] for _ in range(4)]

    assert [[onus[2].serial], [onus[0].serial], [onus[1].serial], []] == order


def test_a_round_goes_on_where_it_was_and_leaves_out_who_is_dark():
    rounds = Rounds()
    rounds.renew(plant(3))
    first = rounds.turn(None, 0.0)[0].serial
    dark = onu("WXY0FFFFFFFF", parent="olt-0", connect=UNREACHABLE)
    rounds.renew([*plant(3), *topology([olt("olt-0", "OLT0"), dark], {}).onus])
    rest = [each.serial for _ in range(3) for each in rounds.turn(None, 1.0)]

    assert 2 == len(rest)
    assert first not in rest
