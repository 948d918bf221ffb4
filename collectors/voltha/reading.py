"""From a core's topology and answers to a poll."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from voltha_protos.extensions_pb2 import GetValueResponse

from collectors.mib.cells import Gate
from collectors.voltha.questions import (
    Kind,
    Question,
    counters_of,
    olt_rx_of,
    onu_fields,
)
from collectors.voltha.topology import Onu, Topology
from isp.access_network import (
    DeviceReading,
    DownCause,
    InterfaceReading,
    OnuReading,
    OnuState,
    Poll,
    PortReading,
    UnprovisionedReading,
)

__all__ = ["MODEL", "Answer", "Down", "optics_poll", "whole_poll"]

MODEL: Final = "VOLTHA"
STATE_OF_CAUSE: Final = {
    DownCause.LOS: OnuState.LOS,
    DownCause.DYING_GASP: OnuState.DYING_GASP,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A question and what came back."""

    question: Question
    response: GetValueResponse


@dataclass(frozen=True, kw_only=True, slots=True)
class Down:
    """Why an ONU went down, as an event told it; `over` when it is back."""

    cause: DownCause
    at: datetime
    over: bool = False


def whole_poll(
    topology: Topology,
    answers: Sequence[Answer] = (),
    *,
    version: str | None,
    down: Mapping[str, Down],
    partial: tuple[str, ...],
) -> Poll:
    """Everything that the core knows. `down` by serial; `partial` what could not be asked."""
    gate = Gate()
    fields = _fields(answers, gate)
    enabled = [onu for onu in topology.onus if onu.enabled]
    onus_of = Counter(onu.pon.name for onu in enabled)
    online_of = Counter(onu.pon.name for onu in enabled if onu.state is OnuState.ONLINE)
    return Poll(
        device=DeviceReading(model=MODEL, firmware=version),
        ports=tuple(
            PortReading(
                port=pon.name,
                state=_word(pon.up if pon.olt.readable else None),
                onus=onus_of[pon.name],
                onus_online=online_of[pon.name],
                **fields[pon.name],
            )
            for pon in topology.pons
        ),
        interfaces=tuple(
            InterfaceReading(
                name=uplink.name,
                alias=uplink.olt.model,
                admin_up=uplink.admin_up,
                oper_up=uplink.up,
                **fields[uplink.name],
            )
            for uplink in topology.uplinks
        ),
        onus=tuple(_onu(onu, fields[onu.serial], down) for onu in enabled),
        unprovisioned=tuple(
            UnprovisionedReading(serial=onu.serial, port=onu.pon.name, model=onu.model)
            for onu in topology.onus
            if not onu.enabled
        ),
        partial=partial if topology.complete else ("devices", *partial),
        doubts=gate.doubts,
    )


def optics_poll(onus: Iterable[Onu], answers: Sequence[Answer]) -> Poll:
    """What the answers tell of these ONUs, whose states were not asked."""
    gate = Gate()
    fields = _fields(answers, gate)
    return Poll(
        device=DeviceReading(model=MODEL),
        onus=tuple(
            _onu(replace(onu, state=OnuState.UNKNOWN), columns, {})
            for onu in onus
            if (columns := fields[onu.serial])
        ),
        doubts=gate.doubts,
    )


def _fields(answers: Sequence[Answer], gate: Gate) -> Mapping[str, dict[str, Any]]:
    """Columns by what they are about: an ONU's serial, a port's name."""
    fields: dict[str, dict[str, Any]] = defaultdict(dict)
    for answer in answers:
        about, response = answer.question.about, answer.response
        match answer.question.kind:
            case Kind.OLT_RX_POWER:
                for serial, dbm in olt_rx_of(response, gate).items():
                    fields[serial]["olt_rx_dbm"] = dbm
            case Kind.PON_COUNTERS:
                statistics = response.oltPonStatsResponse.portStatistics
                fields[about].update(counters_of(statistics))
            case Kind.UPLINK_COUNTERS:
                statistics = response.oltNniStatsResponse.portStatistics
                octets = {"octets_in": statistics.rx_bytes, "octets_out": statistics.tx_bytes}
                fields[about].update(octets)
            case _:
                fields[about].update(onu_fields(response, gate))
    return fields


def _onu(onu: Onu, columns: Mapping[str, Any], down: Mapping[str, Down]) -> OnuReading:
    state, cause, at = onu.state, onu.cause, None
    told = down.get(onu.serial)
    if told is not None:
        cause, at = told.cause, told.at
        if state is OnuState.OFFLINE and not told.over:
            state = STATE_OF_CAUSE.get(cause, state)
    return OnuReading(
        serial=onu.serial,
        port=onu.pon.name,
        onu_id=onu.onu_id,
        state=state,
        model=onu.model,
        firmware=onu.firmware,
        last_down_cause=cause,
        last_down_at=at,
        **columns,
    )


def _word(up: bool | None) -> str | None:
    return None if up is None else "up" if up else "down"
