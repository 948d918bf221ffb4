"""What the Extension service answers for one device, as the adapters do it."""

from collections.abc import Callable
from typing import Final

from voltha_protos.common_pb2 import PortStatistics
from voltha_protos.extensions_pb2 import (
    AlarmData,
    GetValueRequest,
    GetValueResponse,
    RxPower,
    SingleGetValueResponse,
)

from lab.voltha.messages import NNI_PORT_NO, label
from lab.voltha.plant import Condition, Olt, Onu, Plant, Pon

__all__ = ["failed", "olt_answer", "onu_answer"]

OLT_LOSS_DB: Final = 1.5
"""How much weaker the OLT hears the ONU than the ONU hears the OLT."""

WEAK_DBM: Final = -19.0
LOW_RX_ALARM: Final = AlarmData(
    class_id=263, instance_id=32769, name="ONU_LOW_RX_OPTICAL", description="ani g low rx optical"
)


def failed(reason: "GetValueResponse.ErrorReason.ValueType") -> SingleGetValueResponse:
    """An answer that is none, and why."""
    return SingleGetValueResponse(
        response=GetValueResponse(status=GetValueResponse.ERROR, errReason=reason)
    )


def onu_answer(request: GetValueRequest, onu: Onu) -> SingleGetValueResponse:
    """By the ONU's adapter, over OMCI: only an ONU that is up answers."""
    if onu.condition is not Condition.UP:
        return failed(GetValueResponse.TIMEOUT)
    answer = GetValueResponse(status=GetValueResponse.OK)
    match request.WhichOneof("request"):
        case "onuOpticalInfo":
            answer.onuOpticalInfo.powerFeedVoltage = 3.26
            answer.onuOpticalInfo.receivedOpticalPower = onu.rx_dbm
            answer.onuOpticalInfo.meanOpticalLaunchPower = onu.tx_dbm
            answer.onuOpticalInfo.laserBiasCurrent = 14.5
            answer.onuOpticalInfo.temperature = 47.25
        case "onuActiveAlarms":
            alarms = [LOW_RX_ALARM] if onu.rx_dbm < WEAK_DBM else []
            answer.onuActiveAlarms.active_alarms.extend(alarms)
        case _:
            return failed(GetValueResponse.UNSUPPORTED)
    return SingleGetValueResponse(response=answer)


def olt_answer(request: GetValueRequest, olt: Olt, plant: Plant) -> SingleGetValueResponse:
    """By the OLT's adapter: what it measures itself; the plant's counters are up to date."""
    if not olt.reachable:
        return failed(GetValueResponse.TIMEOUT)
    kind = request.WhichOneof("request")
    answer = GetValueResponse(status=GetValueResponse.OK)
    match kind:
        case "distance":
            return _distance(request.distance.onuDeviceId, plant, answer)
        case "oltRxPower":
            pon = _pon(olt, lambda each: label(each) == request.oltRxPower.port_label)
            if pon is None:
                return failed(GetValueResponse.INVALID_PORT_TYPE)
            answer.oltRxPower.port_label = label(pon)
            answer.oltRxPower.rx_power.extend(
                _rx_power(onu) for onu in pon.onus if request.oltRxPower.onu_sn in ("", onu.serial)
            )
        case "oltPonStats":
            pon = _pon(olt, lambda each: label(each) == request.oltPonStats.portLabel)
            if pon is None:
                return failed(GetValueResponse.INVALID_PORT_TYPE)
            _count(answer.oltPonStatsResponse.portStatistics, pon.onus, inwards="up")
        case "oltNniStats":
            answer.oltNniStatsResponse.nniPort = NNI_PORT_NO
            everyone = [onu for pon in olt.pons for onu in pon.onus]
            _count(answer.oltNniStatsResponse.portStatistics, everyone, inwards="down")
        case "onuPonInfo":
            wanted = request.onuPonInfo
            pon = _pon(olt, lambda each: each.interface == wanted.intf_id)
            found = [onu for onu in pon.onus if onu.onu_id == wanted.onu_id] if pon else []
            if not found:
                return failed(GetValueResponse.INVALID_DEVICE)
            answer.onuPonCounters.rx_bytes = found[0].octets_up
            answer.onuPonCounters.tx_bytes = found[0].octets_down
        case _:
            return failed(GetValueResponse.UNSUPPORTED)
    return SingleGetValueResponse(response=answer)


def _pon(olt: Olt, wanted: Callable[[Pon], bool]) -> Pon | None:
    return next((pon for pon in olt.pons if wanted(pon)), None)


def _distance(device_id: str, plant: Plant, answer: GetValueResponse) -> SingleGetValueResponse:
    place = plant.by_device_id.get(device_id)
    if place is None:
        return failed(GetValueResponse.INVALID_DEVICE_ID)
    if place.onu.condition is not Condition.UP:
        return failed(GetValueResponse.INTERNAL_ERROR)
    answer.distance.distance = place.onu.distance_m
    return SingleGetValueResponse(response=answer)


def _rx_power(onu: Onu) -> RxPower:
    if onu.condition is Condition.UP:
        return RxPower(
            onu_sn=onu.serial,
            status="success",
            fail_reason="FAIL_REASON_NONE",
            rx_power=onu.rx_dbm - OLT_LOSS_DB,
        )
    return RxPower(onu_sn=onu.serial, status="fail", fail_reason="FAIL_REASON_ONU_NOT_ACTIVE")


def _count(statistics: PortStatistics, onus: list[Onu], *, inwards: str) -> None:
    """Received at a PON port is what went up, received at the uplink what went down."""
    up = sum(onu.octets_up for onu in onus)
    down = sum(onu.octets_down for onu in onus)
    received, sent = (up, down) if inwards == "up" else (down, up)
    statistics.rx_bytes, statistics.tx_bytes = received, sent
