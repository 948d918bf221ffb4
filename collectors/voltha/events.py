"""Events of the topic `voltha.events`: bytes in, what they say of an ONU out.

Names and contexts: the OpenOLT adapter's event manager. An event is a hint to look sooner, and
the only place where a core says *why* an ONU went down.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.message import DecodeError
from voltha_protos.events_pb2 import Event

from collectors.voltha.reading import Down
from isp.access_network import DownCause
from isp.onu_serial import canonical_serial

__all__ = ["Causes", "DeviceEvent", "decode"]

RAISED: Final = "_RAISE_EVENT"
CLEARED: Final = "_CLEAR_EVENT"
HAPPENED: Final = "_EVENT"
DISCOVERY: Final = "ONU_DISCOVERY"
"""An ONU that was away announces itself: whatever kept it away is over."""

CAUSES: Final = {
    "ONU_LOSS_OF_SIGNAL": DownCause.LOS,
    "ONU_LOSS_OF_BURST": DownCause.LOS,
    "ONU_LOSS_OF_FRAME": DownCause.LOS,
    "ONU_DYING_GASP": DownCause.DYING_GASP,
    "ONU_LOSS_OF_OMCI_CHANNEL": DownCause.OMCI,
    "ONU_LOSS_OF_PLOAM": DownCause.OMCI,
    "ONU_STARTUP_FAIL": DownCause.RANGING,
    "ONU_ACTIVATION_FAIL": DownCause.RANGING,
    "ONU_DRIFT_OF_WINDOW": DownCause.RANGING,
}
CAUSES_MAX: Final = 65_536
"""ONUs whose cause is remembered: more than a core has."""

CAUSE_AGE_MAX: Final = timedelta(hours=24)
"""A cause belongs to one outage; older ones would explain the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceEvent:
    """One event: what (`ONU_DYING_GASP`), whether it is over, of which OLT and ONU, since when."""

    name: str
    cleared: bool
    olt_device_id: str
    interface: int | None
    serial: str | None
    at: datetime

    @property
    def cause(self) -> DownCause | None:
        """Why an ONU is down by this event, where it says so."""
        return CAUSES.get(self.name)


def decode(message: bytes) -> DeviceEvent | None:
    """What a message of the topic says; None where it is not about a device, or no event."""
    try:
        event = Event.FromString(message)
    except DecodeError:
        return None
    if event.WhichOneof("event_type") != "device_event":
        return None
    told = event.device_event
    name, cleared = _name(told.device_event_name)
    interface = told.context.get("intf-id", "")
    return DeviceEvent(
        name=name,
        cleared=cleared,
        olt_device_id=told.resource_id,
        interface=int(interface) if interface.isdecimal() else None,
        serial=canonical_serial(told.context.get("serial-number", "")),
        at=datetime.fromtimestamp(event.header.raised_ts.seconds, UTC)
        + timedelta(microseconds=event.header.raised_ts.nanos // 1000),
    )


def _name(text: str) -> tuple[str, bool]:
    for ending in (RAISED, CLEARED, HAPPENED):
        if text.endswith(ending):
            return text.removesuffix(ending), ending == CLEARED
    return text, False


class Causes:
    """Why ONUs are or were down, as events told it: the latest of each ONU."""

    def __init__(self) -> None:
        self._down: OrderedDict[str, Down] = OrderedDict()

    def note(self, event: DeviceEvent) -> None:
        """Take in one event. A dying gasp explains the loss of signal that follows it."""
        if event.serial is None:
            return
        before = self._down.get(event.serial)
        standing = before if before is not None and not before.over else None
        if event.cleared or event.name == DISCOVERY:
            if standing is not None:
                self._down[event.serial] = replace(standing, over=True)
            return
        gasped = standing is not None and standing.cause is DownCause.DYING_GASP
        if event.cause is None or (gasped and event.cause is DownCause.LOS):
            return
        self._down[event.serial] = Down(cause=event.cause, at=event.at)
        self._down.move_to_end(event.serial)
        while len(self._down) > CAUSES_MAX:
            self._down.popitem(last=False)

    def known(self, now: datetime) -> Mapping[str, Down]:
        """By serial, what is not too old."""
        return {
            serial: down for serial, down in self._down.items() if now - down.at <= CAUSE_AGE_MAX
        }
