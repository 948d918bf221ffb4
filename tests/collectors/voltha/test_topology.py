"""A core's devices as a tree, and what it says of ONUs."""

import pytest
from voltha_protos.common_pb2 import AdminState, ConnectStatus, OperStatus
from voltha_protos.device_pb2 import Device, Port

from collectors.voltha.topology import Topology, onu_state, remembering, topology
from isp.access_network import DownCause, OnuState

ENABLED, DISABLED = AdminState.ENABLED, AdminState.DISABLED
REACHABLE, UNREACHABLE = ConnectStatus.REACHABLE, ConnectStatus.UNREACHABLE
PON_0 = 2 << 28


def olt(device_id="olt-1", serial="OLT1", connect=REACHABLE, oper=OperStatus.ACTIVE, **fields):
    return Device(
        id=device_id,
        root=True,
        serial_number=serial,
        admin_state=fields.pop("admin", ENABLED),
        oper_status=oper,
        connect_status=connect,
        **fields,
    )


def onu(serial="ABCD00000001", parent="olt-1", port=PON_0, **fields):
    device = Device(
        id=fields.pop("device_id", f"onu-{serial}"),
        parent_id=parent,
        parent_port_no=port,
        serial_number=serial,
        admin_state=fields.pop("admin", ENABLED),
        oper_status=fields.pop("oper", OperStatus.ACTIVE),
        connect_status=fields.pop("connect", REACHABLE),
        **fields,
    )
    device.proxy_address.onu_id = 1
    return device


def pon_port(number=0, **fields):
    return Port(
        port_no=PON_0 | number,
        label=f"pon-{PON_0 | number}",
        type=Port.PON_OLT,
        oper_status=OperStatus.ACTIVE,
        **fields,
    )


def states(tree: Topology) -> dict[str, OnuState]:
    return {each.serial: each.state for each in tree.onus}


@pytest.mark.parametrize(
    ("admin", "oper", "connect", "state"),
    [
        (ENABLED, OperStatus.ACTIVE, REACHABLE, OnuState.ONLINE),
        (ENABLED, OperStatus.TESTING, REACHABLE, OnuState.ONLINE),
        (ENABLED, OperStatus.DISCOVERED, UNREACHABLE, OnuState.OFFLINE),
        (ENABLED, OperStatus.ACTIVE, UNREACHABLE, OnuState.OFFLINE),
        (ENABLED, OperStatus.DISCOVERED, REACHABLE, OnuState.LOGGING),
        (ENABLED, OperStatus.ACTIVATING, REACHABLE, OnuState.LOGGING),
        (ENABLED, OperStatus.FAILED, REACHABLE, OnuState.OFFLINE),
        (ENABLED, OperStatus.REBOOTED, REACHABLE, OnuState.OFFLINE),
        (ENABLED, OperStatus.RECONCILING, UNREACHABLE, OnuState.UNKNOWN),
        (ENABLED, OperStatus.RECONCILING_FAILED, REACHABLE, OnuState.UNKNOWN),
        (ENABLED, OperStatus.UNKNOWN, REACHABLE, OnuState.UNKNOWN),
        (ENABLED, OperStatus.ACTIVE, ConnectStatus.UNKNOWN, OnuState.UNKNOWN),
        (DISABLED, OperStatus.UNKNOWN, REACHABLE, OnuState.DISABLED),
        (DISABLED, OperStatus.UNKNOWN, UNREACHABLE, OnuState.DISABLED),
    ],
)
def test_what_a_core_says_of_an_onu(admin, oper, connect, state):
    assert state is onu_state(onu(admin=admin, oper=oper, connect=connect))


@pytest.mark.parametrize(
    "lost",
    [
        olt(connect=UNREACHABLE),
        olt(oper=OperStatus.RECONCILING),
        olt(oper=OperStatus.REBOOTED),
        olt(admin=AdminState.PREPROVISIONED, oper=OperStatus.UNKNOWN),
    ],
)
def test_below_an_olt_that_cannot_be_read_nothing_is_known_and_nothing_is_down(lost):
    down = onu(oper=OperStatus.DISCOVERED, connect=UNREACHABLE)
    tree = topology([lost, onu("ABCD00000002"), down], {})

    assert {"ABCD00000001": OnuState.UNKNOWN, "ABCD00000002": OnuState.UNKNOWN} == states(tree)
    assert not tree.complete


def test_an_olt_that_a_person_disabled_is_still_read():
    tree = topology([olt(admin=DISABLED, oper=OperStatus.UNKNOWN), onu(connect=UNREACHABLE)], {})

    assert {"ABCD00000001": OnuState.OFFLINE} == states(tree)
    assert tree.complete


def test_onus_that_the_core_forgot_with_their_olt_are_unknown_until_it_is_back():
    before = topology([olt(), onu("ABCD00000001"), onu("ABCD00000002")], {})
    lost = remembering(before, topology([olt("olt-9", connect=UNREACHABLE)], {}))
    later = remembering(lost, topology([olt("olt-9", connect=UNREACHABLE)], {}))
    back = remembering(later, topology([olt("olt-9"), onu(parent="olt-9")], {}))

    unknown = {"ABCD00000001": OnuState.UNKNOWN, "ABCD00000002": OnuState.UNKNOWN}
    assert [unknown, unknown] == [states(lost), states(later)]
    assert [True, True] == [lost.complete, later.complete]
    assert {"ABCD00000001": OnuState.ONLINE} == states(back)


def test_a_core_without_an_olt_and_one_first_seen_without_it_are_not_complete():
    nothing = remembering(Topology(), topology([], {}))
    first = remembering(Topology(), topology([olt(connect=UNREACHABLE)], {}))

    assert [False, False] == [nothing.complete, first.complete]


def test_a_child_whose_parent_is_not_listed_is_left_out_and_the_rest_is_not_complete():
    tree = topology([olt(), onu(parent="olt-of-before"), onu("ABCD00000002")], {})

    assert {"ABCD00000002": OnuState.ONLINE} == states(tree)
    assert not tree.complete


def test_of_two_devices_with_one_serial_the_one_that_is_online_is_the_onu():
    stale = onu(device_id="old", port=PON_0 | 3, connect=UNREACHABLE)
    tree = topology([olt(), stale, onu(device_id="new")], {})

    assert [("new", "OLT1/pon-536870912")] == [
        (each.device_id, each.pon.name) for each in tree.onus
    ]


def test_a_port_is_named_alike_whether_or_not_the_olts_ports_were_read():
    read = topology([olt(), onu()], {"olt-1": [pon_port()]})
    unread = topology([olt(), onu()], {})

    assert [each.pon.name for each in read.onus] == [each.pon.name for each in unread.onus]
    assert [True, None] == [read.pons[0].up, unread.pons[0].up]


def test_ports_of_two_olts_do_not_meet():
    tree = topology(
        [olt(), olt("olt-2", "OLT2"), onu(), onu("ABCD00000002", parent="olt-2")],
        {"olt-1": [pon_port()], "olt-2": [pon_port()]},
    )

    assert ["OLT1/pon-536870912", "OLT2/pon-536870912"] == [each.name for each in tree.pons]
    assert [0, 0] == [each.interface for each in tree.pons]


def test_a_rebooting_onu_says_why_it_is_away():
    tree = topology([olt(), onu(connect=UNREACHABLE, reason="rebooting")], {})

    assert [DownCause.RESET] == [each.cause for each in tree.onus]
