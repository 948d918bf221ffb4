"""The plant in the protocol's words: devices, ports, events."""

from typing import Final

from voltha_protos.common_pb2 import AdminState, ConnectStatus, OperStatus
from voltha_protos.device_pb2 import Device, PmConfig, Port
from voltha_protos.events_pb2 import DeviceEvent, Event, EventCategory, EventSubCategory, EventType

from lab.voltha.plant import Condition, Happening, Olt, Onu, Pon

__all__ = ["event", "label", "olt_device", "olt_ports", "onu_device", "pon_port_no"]

PON_MARK: Final = 2 << 28
NNI_PORT_NO: Final = 1 << 20
"""How the OpenOLT adapter makes port numbers out of interface numbers."""

METRICS: Final = (
    *(f"{way}{what}Packets" for way in ("Rx", "Tx") for what in ("", "Ucast", "Mcast", "Bcast")),
    *("RxBytes", "TxBytes", "RxErrorPackets", "TxErrorPackets", "RxCrcErrors", "BipErrors"),
    *("FecCodewords", "FecCorrectedCodewords"),
)
STATES: Final = {
    Condition.UP: (AdminState.ENABLED, OperStatus.ACTIVE, "omci-flows-pushed"),
    Condition.NO_LIGHT: (AdminState.ENABLED, OperStatus.DISCOVERED, "stopping-openomci"),
    Condition.NO_POWER: (AdminState.ENABLED, OperStatus.DISCOVERED, "stopping-openomci"),
    Condition.DISABLED: (AdminState.DISABLED, OperStatus.UNKNOWN, "omci-admin-lock"),
}
REACHED: Final = (Condition.UP, Condition.DISABLED)


def pon_port_no(pon: Pon) -> int:
    """The port's number in the core."""
    return PON_MARK | pon.interface


def label(pon: Pon) -> str:
    """The port's label, which the extension's requests name."""
    return f"pon-{pon_port_no(pon)}"


def olt_device(olt: Olt) -> Device:
    """The OLT as a root device."""
    return Device(
        id=olt.device_id,
        type="openolt",
        root=True,
        vendor="Turnpike lab",
        model="OLT-16",
        firmware_version="3.9.1",
        serial_number=olt.serial,
        host_and_port="127.0.0.1:9191",
        admin_state=AdminState.ENABLED,
        oper_status=OperStatus.ACTIVE if olt.reachable else OperStatus.UNKNOWN,
        connect_status=ConnectStatus.REACHABLE if olt.reachable else ConnectStatus.UNREACHABLE,
    )


def onu_device(onu: Onu, pon: Pon, olt: Olt) -> Device:
    """The ONU as the OLT's child; with its metrics, as heavy as a real core's."""
    admin, oper, reason = STATES[onu.condition]
    device = Device(
        id=onu.device_id,
        type="brcm_openomci_onu",
        parent_id=olt.device_id,
        parent_port_no=pon_port_no(pon),
        vendor="LABV",
        vendor_id="LABV",
        model="ONU-1G",
        firmware_version="1.0.4",
        serial_number=onu.serial,
        admin_state=admin,
        oper_status=oper,
        reason=reason,
        connect_status=(
            ConnectStatus.REACHABLE if onu.condition in REACHED else ConnectStatus.UNREACHABLE
        ),
    )
    device.proxy_address.device_id = olt.device_id
    device.proxy_address.device_type = "openolt"
    device.proxy_address.channel_id = pon.interface
    device.proxy_address.onu_id = onu.onu_id
    device.pm_configs.id = onu.device_id
    device.pm_configs.default_freq = 9000
    device.pm_configs.metrics.extend(
        PmConfig(name=name, type=PmConfig.COUNTER, enabled=True) for name in METRICS
    )
    return device


def olt_ports(olt: Olt) -> list[Port]:
    """The uplink and the PON ports."""
    ports = [
        Port(
            port_no=pon_port_no(pon),
            label=label(pon),
            type=Port.PON_OLT,
            admin_state=AdminState.ENABLED,
            oper_status=OperStatus.ACTIVE if pon.whole else OperStatus.DISCOVERED,
            device_id=olt.device_id,
            peers=[
                Port.PeerPort(device_id=onu.device_id, port_no=pon_port_no(pon)) for onu in pon.onus
            ],
        )
        for pon in olt.pons
    ]
    uplink = Port(
        port_no=NNI_PORT_NO,
        label=f"nni-{NNI_PORT_NO}",
        type=Port.ETHERNET_NNI,
        admin_state=AdminState.ENABLED,
        oper_status=OperStatus.ACTIVE,
        device_id=olt.device_id,
    )
    return [uplink, *ports]


def event(happening: Happening, *, seconds: float) -> bytes:
    """A message of the topic `voltha.events`, raised at the Unix time `seconds`."""
    context = {"intf-id": str(happening.pon.interface)}
    if happening.onu is not None:
        context |= {
            "onu-id": str(happening.onu.onu_id),
            "serial-number": happening.onu.serial,
        }
    message = Event(
        device_event=DeviceEvent(
            resource_id=happening.olt.device_id,
            device_event_name=happening.name,
            description=happening.name.lower().replace("_", " "),
            context=context,
        )
    )
    header = message.header
    header.id = f"Voltha.openolt.{happening.name}.{happening.olt.device_id}.{seconds:.0f}"
    header.category = EventCategory.COMMUNICATION
    header.sub_category = EventSubCategory.PON
    header.type = EventType.DEVICE_EVENT
    header.type_version = "0.1"
    whole = int(seconds)
    for stamp in (header.raised_ts, header.reported_ts):
        stamp.seconds = whole
        stamp.nanos = int((seconds - whole) * 1e9)
    return message.SerializeToString()
