"""Huawei MA5600T, MA5608T and MA5800 by command line.

`display ont info` names ONUs and their states; `display ont info summary` also asks each ONU of a
port for its light, so it stands for the optics of all of them. `display ont optical-info` exists
only inside `config`, where a collector has no business.
"""

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

PON_BOARDS: Final = ("GP", "XG", "CG", "XE", "EP")
"""After the generation (`H805`), a PON board's name begins so: H805GPBD, H901CGHF."""

GENERATION_LETTERS: Final = 4
NO_DESCRIPTION: Final = "ONT_NO_DESCRIPTION"
CAUSES: Final = {
    "dying-gasp": DownCause.DYING_GASP,
    "los": DownCause.LOS,
    "losi/lobi": DownCause.LOS,
    "lofi": DownCause.LOS,
    "sfi": DownCause.LOS,
    "loai": DownCause.OMCI,
    "loami": DownCause.OMCI,
    "loki": DownCause.OMCI,
    "deactive": DownCause.DEACTIVATED,
    "reset": DownCause.RESET,
    "reboot": DownCause.RESET,
    "re-register": DownCause.RESET,
    "ring": DownCause.RING,
    "rogue": DownCause.ROGUE,
}


def device(answers: Answers) -> DeviceReading:
    """What `display version` tells."""
    told = next(iter(answers.rows("huawei_display_version")), None)
    if told is None:
        return DeviceReading()
    firmware = " ".join(str(told[part]) for part in ("VERSION", "PATCH") if told[part])
    return DeviceReading(model=str(told["PRODUCT"]), firmware=firmware or None)


def first(parts: frozenset[Part]) -> tuple[str, ...]:
    """The boards, and with the inventory who waits to be configured."""
    autofind = ("display ont autofind all",) if Part.INVENTORY in parts else ()
    return ("display board 0", *autofind)


def then(_parts: frozenset[Part], answers: Answers) -> tuple[str, ...]:
    """The ONUs of each PON board."""
    return tuple(
        f"display ont info 0 {row['SLOT']} all"
        for row in answers.rows("huawei_display_board")
        if str(row["BOARD"])[GENERATION_LETTERS:].startswith(PON_BOARDS)
    )


def of_onu(onu: OnuReading, _answers: Answers) -> tuple[str, ...]:
    """The summary of its port."""
    return (f"display ont info summary {onu.port}",)


def poll(answers: Answers) -> Poll:
    """ONUs from the list, or with their light from their port's summary."""
    gate = Gate()
    listed = answers.rows("huawei_display_ont_info")
    summarised = answers.rows("huawei_display_ont_info_summary")
    descriptions = {
        place(row): row["DESCRIPTION"] for row in listed if row["ID"] and not row["SERIAL"]
    }
    onus = [_listed(row, descriptions) for row in listed if row["SERIAL"]]
    went = {place(row): row for row in summarised if row["RUN"]}
    onus += [_summarised(row, went.get(place(row)), gate) for row in summarised if row["SERIAL"]]
    short = ("onus",) if len(onus) != total_of((*listed, *summarised)) else ()
    return Poll(
        device=device(answers),
        ports=ports_of(onus) if listed else (),
        onus=tuple(onus),
        unprovisioned=tuple(_unprovisioned(answers)),
        partial=(*short, *answers.refused),
        doubts=gate.doubts,
    )


def place(row: Row) -> tuple[str, int]:
    """Port and ONT-ID; the port is padded with blanks where a column is narrow (`0/ 1/3`)."""
    return str(row["PORT"]).replace(" ", ""), int(str(row["ID"]))


def _listed(row: Row, descriptions: dict[tuple[str, int], str | list[str]]) -> OnuReading:
    port, onu_id = place(row)
    state = OnuState.ONLINE if row["RUN"] == "online" else OnuState.OFFLINE
    return OnuReading(
        serial=canonical_serial(str(row["SERIAL"])),
        port=port,
        onu_id=onu_id,
        state=state if row["CONTROL"] == "active" else OnuState.DISABLED,
        description=_description(descriptions.get((port, onu_id))),
    )


def _summarised(row: Row, went: Row | None, gate: Gate) -> OnuReading:
    port, onu_id = place(row)
    state, cause, at = OnuState.UNKNOWN, None, None
    if went is not None:
        state = OnuState.ONLINE if went["RUN"] == "online" else OnuState.OFFLINE
        cause = _cause(str(went["CAUSE"]))
        at = _instant(str(went["DOWN_AT"]))
    return OnuReading(
        serial=canonical_serial(str(row["SERIAL"])),
        port=port,
        onu_id=onu_id,
        state=state,
        description=_description(row["DESCRIPTION"]),
        model=text(str(row["MODEL"])),
        last_down_cause=cause,
        last_down_at=at,
        rx_dbm=gate.dbm(number_of(row, "RX")),
        tx_dbm=gate.dbm(number_of(row, "TX")),
        distance_m=gate.metres(number_of(row, "DISTANCE")),
    )


def _unprovisioned(answers: Answers) -> list[UnprovisionedReading]:
    return [
        UnprovisionedReading(
            serial=serial,
            port=str(row["PORT"]).replace(" ", ""),
            model=text(str(row["MODEL"])),
            first_seen=_instant(str(row["SEEN_AT"])),
        )
        for row in answers.rows("huawei_display_ont_autofind")
        if (serial := canonical_serial(str(row["SERIAL"]))) is not None
    ]


def _cause(words: str) -> DownCause | None:
    known = CAUSES.get(words.lower().partition(" ")[0])
    return known or (None if words == "-" else DownCause.OTHER)


def _description(words: str | list[str] | None) -> str | None:
    return None if words == NO_DESCRIPTION else text(str(words or ""))


def _instant(words: str) -> datetime | None:
    """By the OLT's clock; UTC where it tells no zone."""
    if not words:
        return None
    told = datetime.fromisoformat(words)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


DIALECT = Dialect(
    vendor="huawei",
    netmiko_type="huawei_smartax",
    identify="display version",
    device=device,
    first=first,
    then=then,
    of_onu=of_onu,
    poll=poll,
)
