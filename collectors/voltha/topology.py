"""A core's devices and ports as a tree: OLTs, their PON ports and uplinks, the ONUs.

Device ids change whenever a device is made anew; everything is known by serial here, and an id is
only the address of the next question. Source: voltha-protos `device.proto`, `common.proto`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voltha_protos.common_pb2 import AdminState, ConnectStatus, OperStatus
from voltha_protos.device_pb2 import Device, Port

from isp.access_network import DownCause, OnuState
from isp.onu_serial import canonical_serial

__all__ = ["Olt", "Onu", "Pon", "Topology", "Uplink", "onu_state", "remembering", "topology"]

PON_MARK: Final = 2
PON_MARK_BITS: Final = 28
"""The OpenOLT adapter's PON port numbers: 2 in the four bits above the interface's number."""

REASON_REBOOTING: Final = "rebooting"
PREFERENCE: Final = (OnuState.ONLINE, OnuState.LOGGING, OnuState.DISABLED, OnuState.OFFLINE)
"""Of two devices with one serial, which is the ONU: the other is left over from another place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Olt:
    """A root device. What is below an OLT that is not `readable` is not known."""

    serial: str
    device_id: str
    readable: bool
    model: str | None
    firmware: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pon:
    """A PON port; `label` is what the core's requests name it, `up` None where it does not say."""

    olt: Olt
    port_no: int
    label: str
    up: bool | None

    @property
    def name(self) -> str:
        """The port among all ports of the core: the OLT's serial and the label."""
        return f"{self.olt.serial}/{self.label}"

    @property
    def interface(self) -> int:
        """The port as the OLT counts its interfaces, which events and counters name."""
        marked = self.port_no >> PON_MARK_BITS == PON_MARK
        return self.port_no & (1 << PON_MARK_BITS) - 1 if marked else self.port_no


@dataclass(frozen=True, kw_only=True, slots=True)
class Uplink:
    """A port towards the network."""

    olt: Olt
    label: str
    admin_up: bool
    up: bool

    @property
    def name(self) -> str:
        """The port among all ports of the core."""
        return f"{self.olt.serial}/{self.label}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Onu:
    """A child device, by its canonical serial."""

    serial: str
    device_id: str
    pon: Pon
    onu_id: int
    state: OnuState
    cause: DownCause | None
    enabled: bool
    model: str | None
    firmware: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Topology:
    """All of a core. `complete` is False where ONUs may exist that are not here.

    `all_listed`: nothing that the core listed is missing, whether or not it lists everything.
    """

    olts: tuple[Olt, ...] = ()
    pons: tuple[Pon, ...] = ()
    uplinks: tuple[Uplink, ...] = ()
    onus: tuple[Onu, ...] = ()
    all_listed: bool = False
    complete: bool = False


def topology(devices: Sequence[Device], ports: Mapping[str, Sequence[Port]]) -> Topology:
    """The tree of `devices`; `ports` by OLT device id, absent where they could not be read."""
    olts = {each.id: _olt(each) for each in devices if each.root}
    listed = [(olt, port) for olt in olts.values() for port in ports.get(olt.device_id, ())]
    pons = {
        (olt.device_id, port.port_no): Pon(
            olt=olt, port_no=port.port_no, label=port.label, up=_up(port)
        )
        for olt, port in listed
        if port.type == Port.PON_OLT
    }
    uplinks = tuple(
        Uplink(
            olt=olt,
            label=port.label,
            admin_up=port.admin_state == AdminState.ENABLED,
            up=_up(port),
        )
        for olt, port in listed
        if port.type == Port.ETHERNET_NNI
    )
    children = [each for each in devices if not each.root]
    onus = [
        onu
        for each in children
        if (olt := olts.get(each.parent_id)) and (onu := _onu(each, olt, pons)) is not None
    ]
    all_listed = bool(olts) and len(onus) == len(children)
    return Topology(
        olts=tuple(olts.values()),
        pons=tuple(pons.values()),
        uplinks=uplinks,
        onus=_one_of_each_serial(onus),
        all_listed=all_listed,
        complete=all_listed and all(olt.readable for olt in olts.values()),
    )


def remembering(before: Topology, now: Topology) -> Topology:
    """`now`, with the ONUs that were on OLTs which cannot be read now: unknown, not gone.

    A core forgets the ONUs of an OLT that it loses.
    """
    unread = {olt.serial: olt for olt in now.olts if not olt.readable}
    listed = {onu.serial for onu in now.onus}
    kept = [
        replace(onu, state=OnuState.UNKNOWN, cause=None)
        for onu in before.onus
        if onu.pon.olt.serial in unread and onu.serial not in listed
    ]
    remembered = {onu.pon.olt.serial for onu in before.onus} if before.complete else set()
    return replace(
        now,
        onus=(*now.onus, *kept),
        complete=now.all_listed and unread.keys() <= remembered,
    )


def _olt(device: Device) -> Olt:
    settled = device.admin_state == AdminState.DISABLED or (
        device.admin_state == AdminState.ENABLED and device.oper_status == OperStatus.ACTIVE
    )
    return Olt(
        serial=device.serial_number or device.host_and_port or device.id,
        device_id=device.id,
        readable=settled and device.connect_status == ConnectStatus.REACHABLE,
        model=device.model or None,
        firmware=device.firmware_version or None,
    )


def _up(port: Port) -> bool:
    return port.oper_status == OperStatus.ACTIVE


def _onu(device: Device, olt: Olt, pons: dict[tuple[str, int], Pon]) -> Onu | None:
    serial = canonical_serial(device.serial_number)
    if serial is None:
        return None
    port_no = device.parent_port_no
    # The core names ports `pon-<number>`: also where the OLT's ports could not be read.
    assumed = Pon(olt=olt, port_no=port_no, label=f"pon-{port_no}", up=None)
    pon = pons.setdefault((olt.device_id, port_no), assumed)
    state = onu_state(device) if olt.readable else OnuState.UNKNOWN
    rebooting = state is OnuState.OFFLINE and device.reason == REASON_REBOOTING
    return Onu(
        serial=serial,
        device_id=device.id,
        pon=pon,
        onu_id=device.proxy_address.onu_id,
        state=state,
        cause=DownCause.RESET if rebooting else None,
        enabled=device.admin_state not in (AdminState.UNKNOWN, AdminState.PREPROVISIONED),
        model=device.model or None,
        firmware=device.firmware_version or None,
    )


def onu_state(device: Device) -> OnuState:
    """What the core says of an ONU whose OLT it can reach.

    After a restart of its adapter an ONU is being reconciled: not known, rather than down.
    """
    if device.admin_state == AdminState.DISABLED:
        return OnuState.DISABLED
    if device.oper_status in (OperStatus.RECONCILING, OperStatus.RECONCILING_FAILED):
        return OnuState.UNKNOWN
    if device.connect_status == ConnectStatus.UNREACHABLE:
        return OnuState.OFFLINE
    if device.connect_status != ConnectStatus.REACHABLE:
        return OnuState.UNKNOWN
    match device.oper_status:
        case OperStatus.ACTIVE | OperStatus.TESTING:
            return OnuState.ONLINE
        case OperStatus.DISCOVERED | OperStatus.ACTIVATING:
            return OnuState.LOGGING
        case OperStatus.FAILED | OperStatus.REBOOTED:
            return OnuState.OFFLINE
        case _:
            return OnuState.UNKNOWN


def _one_of_each_serial(onus: Iterable[Onu]) -> tuple[Onu, ...]:
    def rank(onu: Onu) -> int:
        return PREFERENCE.index(onu.state) if onu.state in PREFERENCE else len(PREFERENCE)

    best: dict[str, Onu] = {}
    for onu in onus:
        other = best.get(onu.serial)
        if other is None or rank(onu) < rank(other):
            best[onu.serial] = onu
    return tuple(best.values())
