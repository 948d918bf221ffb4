"""The lab's core through the plain generated stubs, in a process that has nothing of ours."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from lab.voltha import Core, Habits, Plant

STRANGER = """
import json, sys
import grpc
from google.protobuf.empty_pb2 import Empty
from voltha_protos import extensions_pb2 as ext, extensions_pb2_grpc, voltha_pb2_grpc
from voltha_protos.common_pb2 import ID
from voltha_protos.device_pb2 import Port, SimulateAlarmRequest

options = [("grpc.max_receive_message_length", 2**26)]
with grpc.insecure_channel(sys.argv[1], options=options) as channel:
    core = voltha_pb2_grpc.VolthaServiceStub(channel)
    values = extensions_pb2_grpc.ExtensionStub(channel)
    devices = core.ListDevices(Empty(), timeout=20).items
    olt = next(each for each in devices if each.root)
    ports = core.ListDevicePorts(ID(id=olt.id), timeout=20).items
    pon = next(each for each in ports if each.type == Port.PON_OLT)
    onu = next(each for each in devices if each.parent_port_no == pon.port_no)
    ask = lambda target, **request: values.GetExtValue(
        ext.SingleGetValueRequest(targetId=target, request=ext.GetValueRequest(**request)),
        timeout=20,
    ).response
    optics = ask(onu.id, onuOpticalInfo=ext.GetOnuPonOpticalInfo()).onuOpticalInfo
    heard = ask(olt.id, oltRxPower=ext.GetOltRxPowerRequest(port_label=pon.label)).oltRxPower
    cut = SimulateAlarmRequest(id=olt.id, indicator="los", intf_id="0")
    core.SimulateAlarm(cut, timeout=20)
    after = core.GetDevice(ID(id=onu.id), timeout=20)
    distance = ask(olt.id, distance=ext.GetDistanceRequest(onuDeviceId=onu.id))
    print(json.dumps({
        "version": core.GetVoltha(Empty(), timeout=20).version,
        "onus": sum(not each.root for each in devices),
        "pons": sum(each.type == Port.PON_OLT for each in ports),
        "rx_dbm": round(optics.receivedOpticalPower, 3),
        "heard": len(heard.rx_power),
        "connect_status": after.connect_status,
        "distance_after_the_cut": [distance.status, distance.errReason],
    }))
"""


async def told_to_a_stranger(core: Core) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STRANGER, core.target, stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    return json.loads(output)


@pytest.mark.foreign
async def test_plain_stubs_in_another_process_read_the_core():
    plant = Plant(onus=64, seed=3)
    first = plant.olts[0].pons[0].onus[0]
    async with Core(plant) as core:
        told = await told_to_a_stranger(core)

    assert {
        "version": "2.12.0",
        "onus": 64,
        "pons": 16,
        "rx_dbm": first.rx_dbm,
        "heard": 4,
        "connect_status": 1,
        "distance_after_the_cut": [2, 6],
    } == told


async def test_the_same_seed_is_the_same_plant():
    one, two, other = (Plant(onus=40, seed=seed) for seed in (5, 5, 6))

    assert [place.onu for place in one.places()] == [place.onu for place in two.places()]
    assert [place.onu for place in one.places()] != [place.onu for place in other.places()]


async def test_a_cut_of_one_port_is_told_for_the_port_and_each_of_its_onus():
    plant = Plant(onus=32)
    olt = plant.olts[0]
    core = Core(plant, habits=Habits())
    core.tell(plant.cut(olt.pons[3], olt))

    assert 3 == len(core.events)
    assert [2] == sorted({len(pon.onus) for pon in olt.pons})


def test_the_command_says_ready_restarts_and_stops():
    process = subprocess.Popen(
        [sys.executable, "-m", "turnpike", "lab", "voltha", "--port", "0", "--onus", "16"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as lines:
        first = lines.readline().strip()
        second = lines.readline().strip()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    assert first.startswith("VOLTHA on 127.0.0.1:")
    assert "ready" == second
    assert 0 == process.returncode
