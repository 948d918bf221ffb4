"""What the Extension service is asked, and what its answers are worth.

Units and targets: voltha-protos `extensions.proto`, the OpenOLT and OpenONU adapters. A question
about light goes to the ONU (over OMCI), one about distance, counters and the light that the OLT
receives to the OLT.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from voltha_protos.extensions_pb2 import (
    GetDistanceRequest,
    GetNNIStatsRequest,
    GetOltRxPowerRequest,
    GetOnuCountersRequest,
    GetOnuOmciActiveAlarmsRequest,
    GetOnuPonOpticalInfo,
    GetPonStatsRequest,
    GetValueRequest,
    GetValueResponse,
    SingleGetValueRequest,
)

from collectors.mib.cells import Gate
from collectors.voltha.topology import Olt, Onu, Pon, Uplink
from isp.onu_serial import canonical_serial

__all__ = [
    "ONU_QUESTIONS",
    "Kind",
    "Question",
    "counters_of",
    "olt_rx_of",
    "onu_fields",
    "pon_counters",
    "pon_light",
    "uplink_counters",
]

ONU_RX_DBM_MAX: Final = 0.0
"""An ONU is blinded far below this: adapters before openonu-go 2.4 forget to subtract 30 dB."""


class Kind(StrEnum):
    """The requests by their names in the protocol."""

    ONU_OPTICS = "onuOpticalInfo"
    DISTANCE = "distance"
    ONU_ALARMS = "onuActiveAlarms"
    ONU_COUNTERS = "onuPonInfo"
    OLT_RX_POWER = "oltRxPower"
    PON_COUNTERS = "oltPonStats"
    UPLINK_COUNTERS = "oltNniStats"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One request; `about` (an ONU's serial, a port's name) and `kind` name it for good."""

    kind: Kind
    about: str
    olt: str
    request: SingleGetValueRequest


def _question(kind: Kind, about: str, olt: Olt, request: Any, *, of: str | None = None) -> Question:
    """To the device id `of`, or the OLT's."""
    value = GetValueRequest(**{kind.value: request})
    return Question(
        kind=kind,
        about=about,
        olt=olt.serial,
        request=SingleGetValueRequest(targetId=of or olt.device_id, request=value),
    )


def onu_optics(onu: Onu) -> Question:
    """Its own optics, by an OMCI test."""
    request = GetOnuPonOpticalInfo()
    return _question(Kind.ONU_OPTICS, onu.serial, onu.pon.olt, request, of=onu.device_id)


def onu_alarms(onu: Onu) -> Question:
    """The alarms that it raises itself."""
    request = GetOnuOmciActiveAlarmsRequest()
    return _question(Kind.ONU_ALARMS, onu.serial, onu.pon.olt, request, of=onu.device_id)


def distance(onu: Onu) -> Question:
    """How far it is, which the OLT knows from ranging."""
    request = GetDistanceRequest(onuDeviceId=onu.device_id)
    return _question(Kind.DISTANCE, onu.serial, onu.pon.olt, request)


def onu_counters(onu: Onu) -> Question:
    """Octets of the ONU as the OLT counts them."""
    request = GetOnuCountersRequest(intf_id=onu.pon.interface, onu_id=onu.onu_id)
    return _question(Kind.ONU_COUNTERS, onu.serial, onu.pon.olt, request)


ONU_QUESTIONS: Final = (onu_optics, distance, onu_alarms, onu_counters)
"""An ONU's turn."""


def pon_light(pon: Pon) -> Question:
    """What the OLT receives from each ONU of a port, in one request."""
    request = GetOltRxPowerRequest(port_label=pon.label)
    return _question(Kind.OLT_RX_POWER, pon.name, pon.olt, request)


def pon_counters(pon: Pon) -> Question:
    """Octets of a PON port."""
    request = GetPonStatsRequest(portLabel=pon.label)
    return _question(Kind.PON_COUNTERS, pon.name, pon.olt, request)


def uplink_counters(uplink: Uplink) -> Question:
    """Octets of an uplink."""
    request = GetNNIStatsRequest(portLabel=uplink.label)
    return _question(Kind.UPLINK_COUNTERS, uplink.name, uplink.olt, request)


def onu_fields(answer: GetValueResponse, gate: Gate) -> Mapping[str, Any]:
    """The columns of an ONU's reading that the answer to one of `ONU_QUESTIONS` fills."""
    match answer.WhichOneof("response"):
        case "onuOpticalInfo":
            optics = answer.onuOpticalInfo
            rx_dbm = gate.dbm(_told(optics.receivedOpticalPower))
            if rx_dbm is not None and rx_dbm > ONU_RX_DBM_MAX:
                gate.doubts["scale_suspect"] += 1
                rx_dbm = None
            return {
                "rx_dbm": rx_dbm,
                "tx_dbm": gate.dbm(_told(optics.meanOpticalLaunchPower)),
                "voltage_volts": gate.volts(_told(optics.powerFeedVoltage)),
                "bias_milliamperes": gate.milliamperes(_told(optics.laserBiasCurrent)),
                "temperature_celsius": gate.celsius(_told(optics.temperature)),
            }
        case "distance":
            return {"distance_m": gate.metres(_told(answer.distance.distance))}
        case "onuPonCounters":
            return counters_of(answer.onuPonCounters)
        case "onuActiveAlarms":
            alarms = answer.onuActiveAlarms.active_alarms
            return {"alarms": tuple(alarm.name for alarm in alarms)}
        case _:
            return {}


def olt_rx_of(answer: GetValueResponse, gate: Gate) -> Mapping[str, float]:
    """What the OLT receives, in dBm, by canonical serial; ONUs that it did not hear are absent."""
    heard = {}
    for each in answer.oltRxPower.rx_power:
        serial = canonical_serial(each.onu_sn)
        dbm = gate.dbm(_told(each.rx_power)) if each.status == "success" else None
        if serial is not None and dbm is not None:
            heard[serial] = dbm
    return heard


def counters_of(statistics: Any) -> Mapping[str, int | None]:
    """A PON's or an ONU's octets: what the OLT received went up. All zero is nothing counted."""
    if not statistics.rx_bytes and not statistics.tx_bytes:
        return {}
    return {"octets_up": statistics.rx_bytes, "octets_down": statistics.tx_bytes}


def _told(value: float) -> float | None:
    """proto3 does not tell zero from absent, so a zero is nothing measured; a float's own noise
    is not told on."""
    return round(value, 3) if value else None
