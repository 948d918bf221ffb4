"""Places of pools, and limits of sessions: the arithmetic."""

from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from radiusd.leases import Pool, candidates_of, place_of
from radiusd.limits import Line, admits


def pool(network: str, length: int) -> Pool:
    return Pool(pool_id=1, network=ip_network(network), prefix_length=length)


def test_network_and_broadcast_address_are_nobodys():
    addresses = [str(each) for each in candidates_of(pool("10.0.0.0/29", 32), 0, 100)]

    assert [f"10.0.0.{host}/32" for host in range(1, 7)] == sorted(addresses)


def test_prefixes_are_cut_from_the_whole_network():
    prefixes = [str(each) for each in candidates_of(pool("2001:db8::/46", 48), 0, 100)]

    assert [
        "2001:db8::/48",
        "2001:db8:1::/48",
        "2001:db8:2::/48",
        "2001:db8:3::/48",
    ] == prefixes


@settings(max_examples=80, deadline=None)
@given(st.integers(22, 32), st.integers(0, 2000), st.integers(1, 2000))
def test_a_walk_meets_no_place_twice_and_knows_where_it_stands(length, start, count):
    one = pool(f"10.0.0.0/{length}", 32)
    walked = candidates_of(one, start, count)

    assert min(count, len(one.places)) == len(set(walked)) == len(walked)
    assert all(each.subnet_of(one.network) for each in walked)
    assert walked == [one.prefix(place_of(one, str(each))) for each in walked]


ANN = Line(nas_id=1, calling_station_id="AA-BB-CC-00-11-22", nas_port_id="ether1")
BOB = Line(nas_id=1, calling_station_id="aa:bb:cc:00:11:33", nas_port_id="ether2")
PORT = Line(nas_id=1, nas_port_id="ether1")


def test_a_line_is_never_locked_out_by_its_own_ghost():
    ghost = Line(nas_id=2, calling_station_id="aa:bb:cc:00:11:22")

    assert admits(ANN, 1, [ghost], [])
    assert admits(PORT, 1, [Line(nas_id=1, nas_port_id="ether1")], [])
    assert admits(ANN, 1, [], [ANN.key])


def test_another_line_beyond_the_limit_is_not_admitted():
    assert not admits(BOB, 1, [ANN], [])
    assert not admits(BOB, 1, [], [ANN.key])
    assert admits(BOB, 2, [ANN], [])
    assert not admits(BOB, 2, [ANN, PORT], [])


def test_a_reservation_and_its_session_are_one():
    assert admits(BOB, 2, [ANN], [ANN.key])


def test_lines_that_the_nas_does_not_name_are_not_the_same():
    assert not admits(Line(nas_id=1), 1, [Line(nas_id=1)], [])
