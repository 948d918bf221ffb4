"""ZTE C300, C320 (`gpon-onu_1/2/3:4`) and C600, C650 (`gpon_onu-1/2/3:4`) by command line.

`show gpon onu state` has every ONU's phase in one table, `show gpon onu baseinfo` the serials of a
port, `show pon power attenuation` both ends' light of one ONU.
"""

import re
from datetime import UTC, datetime
from typing import Final

from collectors.cli.dialect import Answers, Dialect, Row, number_of, ports_of, total_of
from collectors.driver import Part
from collectors.mib.cells import Gate, text
from isp.access_network import (
    DeviceReading,
    DownCause,
    OnuReading,
    OnuState,
    Poll,
    UnprovisionedReading,
)
from isp.onu_serial import canonical_serial

__all__ = ["DIALECT"]

PHASES: Final = {
    "working": OnuState.ONLINE,
    "los": OnuState.LOS,
    "dyinggasp": OnuState.DYING_GASP,
    "offline": OnuState.OFFLINE,
    "poweroff": OnuState.OFFLINE,
    "logging": OnuState.LOGGING,
    "syncmib": OnuState.LOGGING,
    "authfail": OnuState.AUTH_FAILED,
    "authfailed": OnuState.AUTH_FAILED,
}
CAUSES: Final = {
    "dyinggasp": DownCause.DYING_GASP,
    "los": DownCause.LOS,
    "losi": DownCause.LOS,
    "lofi": DownCause.LOS,
    "sfi": DownCause.LOS,
    "loami": DownCause.OMCI,
    "loai": DownCause.OMCI,
    "authfail": DownCause.AUTH_FAILED,
    "deactive": DownCause.DEACTIVATED,
    "reboot": DownCause.RESET,
    "reset": DownCause.RESET,
    "rogue": DownCause.ROGUE,
}
NEVER: Final = "0000-00-00 00:00:00"
TITAN: Final = "C6"
ONU_AT_END: Final = re.compile(r"(\d+/\d+/\d+):(\d+)$")

Place = tuple[str, int]


def device(answers: Answers) -> DeviceReading:
    """What `show system-group` tells."""
    told = next(iter(answers.rows("zte_show_system-group")), None)
    if told is None:
        return DeviceReading()
    return DeviceReading(model=str(told["MODEL"]), firmware=str(told["VERSION"]) or None)


def first(parts: frozenset[Part]) -> tuple[str, ...]:
    """All phases, and with the inventory who waits to be configured."""
    waiting = ("show gpon onu uncfg",) if Part.INVENTORY in parts else ()
    return ("show gpon onu state", *waiting)


def then(_parts: frozenset[Part], answers: Answers) -> tuple[str, ...]:
    """The serials of each port: an ONU's place is not its identity."""
    name = "gpon_olt-" if is_titan(answers) else "gpon-olt_"
    ports = {str(row["PORT"]): None for row in answers.rows("zte_show_gpon_onu_state")}
    return tuple(f"show gpon onu baseinfo {name}{port}" for port in ports if port)


def of_onu(onu: OnuReading, answers: Answers) -> tuple[str, ...]:
    """Its light at both ends; its distance, what took it down and its serial."""
    name = "gpon_onu-" if is_titan(answers) else "gpon-onu_"
    where = f"{name}{onu.port}:{onu.onu_id}"
    return f"show gpon onu detail-info {where}", f"show pon power attenuation {where}"


def is_titan(answers: Answers) -> bool:
    """Whether ports are named as the C6xx do."""
    return (device(answers).model or "").startswith(TITAN)


def poll(answers: Answers) -> Poll:
    """Phases with serials, or the details of single ONUs."""
    gate = Gate()
    states = answers.rows("zte_show_gpon_onu_state")
    known = {place(row): row for row in answers.rows("zte_show_gpon_onu_baseinfo")}
    phases = [row for row in states if row["ID"]]
    onus = [_phase(row, known[place(row)]) for row in phases if place(row) in known]
    short = ("onus",) if len(onus) != total_of(states) else ()
    lights = {
        place_in(answer.command): answer.rows[0]
        for answer in answers.told
        if answer.template == "zte_show_pon_power_attenuation" and answer.rows
    }
    details = answers.rows("zte_show_gpon_onu_detail-info")
    return Poll(
        device=device(answers),
        ports=ports_of(onus),
        onus=(*onus, *(_detail(row, lights.get(place(row)), gate) for row in details)),
        unprovisioned=tuple(
            UnprovisionedReading(serial=serial, port=str(row["PORT"]))
            for row in answers.rows("zte_show_gpon_onu_uncfg")
            if (serial := canonical_serial(str(row["SERIAL"]))) is not None
        ),
        partial=(*short, *answers.refused),
        doubts=gate.doubts,
    )


def place(row: Row) -> Place:
    """Port and ONU id."""
    return str(row["PORT"]), int(str(row["ID"]))


def place_in(command: str) -> Place | None:
    """The ONU at a command's end: `… gpon-onu_1/2/3:4`."""
    found = ONU_AT_END.search(command)
    return (found[1], int(found[2])) if found else None


def state_of(row: Row) -> OnuState:
    """By its phase; one that is not working and was switched off by a person is disabled."""
    state = PHASES.get(str(row["PHASE"]).lower(), OnuState.UNKNOWN)
    off = row["ADMIN"] == "disable" and state is not OnuState.ONLINE
    return OnuState.DISABLED if off else state


def _phase(row: Row, known: Row) -> OnuReading:
    port, onu_id = place(row)
    return OnuReading(
        serial=canonical_serial(str(known["SERIAL"])),
        port=port,
        onu_id=onu_id,
        state=state_of(row),
        model=text(str(known["MODEL"])),
    )


def _detail(row: Row, light: Row | None, gate: Gate) -> OnuReading:
    port, onu_id = place(row)
    cause, at = _last_down(row)
    light = light or {}
    return OnuReading(
        serial=canonical_serial(str(row["SERIAL"])),
        port=port,
        onu_id=onu_id,
        state=state_of(row),
        description=text(str(row["DESCRIPTION"])) or text(str(row["NAME"])),
        model=text(str(row["MODEL"])),
        last_down_cause=cause,
        last_down_at=at,
        rx_dbm=gate.dbm(number_of(light, "ONU_RX")),
        tx_dbm=gate.dbm(number_of(light, "ONU_TX")),
        olt_rx_dbm=gate.dbm(number_of(light, "OLT_RX")),
        olt_tx_dbm=gate.dbm(number_of(light, "OLT_TX")),
        distance_m=gate.metres(number_of(row, "DISTANCE")),
    )


def _last_down(row: Row) -> tuple[DownCause | None, datetime | None]:
    """The latest line of its history that ended; by the OLT's clock, which tells no zone."""
    ended = [
        (at, cause) for at, cause in zip(row["OFFLINE"], row["CAUSE"], strict=True) if at != NEVER
    ]
    if not ended:
        return None, None
    at, cause = max(ended)
    return (
        CAUSES.get(cause.lower(), DownCause.OTHER),
        datetime.fromisoformat(at).replace(tzinfo=UTC),
    )


DIALECT = Dialect(
    vendor="zte",
    netmiko_type="zte_zxros",
    identify="show system-group",
    device=device,
    first=first,
    then=then,
    of_onu=of_onu,
    poll=poll,
)
