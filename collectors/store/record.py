"""A reading written down: what is new and what is not as it was, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.known import Changes, Known, Rows, takes_over
from collectors.store.devices import Device
from database.tables.access_network import (
    device_interface,
    onu,
    onu_unprovisioned,
    pon_port,
)
from isp.access_network import InterfaceReading, OnuReading, OnuState, PortReading

__all__ = ["KnownOutdated", "changes"]

ONU_READ = (
    *("onu_index", "state", "last_down_cause", "last_down_at", "description", "model", "firmware"),
    *("distance_m", "rx_dbm", "tx_dbm", "olt_rx_dbm", "olt_tx_dbm", "temperature_celsius"),
    *("voltage_volts", "bias_milliamperes"),
)
PORT_READ = (
    *("if_index", "state", "onus", "onus_online", "tx_dbm", "rx_dbm", "temperature_celsius"),
    *("voltage_volts", "bias_milliamperes"),
)
INTERFACE_READ = ("if_index", "alias", "admin_up", "oper_up", "speed_bits_per_second")


class KnownOutdated(Exception):  # noqa: N818 - it names what happened
    """Another device took over an ONU that was thought to be this one's: load it anew."""


async def changes(
    transaction: AsyncConnection, device: Device, known: Known, made: Changes, now: datetime
) -> Rows:
    """Write them; the keys of the new rows. Raises KnownOutdated."""
    ports = await _add(transaction, pon_port, device, _port_rows(made.new_ports), now)
    interfaces = await _add(
        transaction, device_interface, device, _interface_rows(made.new_interfaces), now
    )
    await _change(transaction, pon_port, device, known.ports, _port_rows(made.ports))
    await _change(
        transaction, device_interface, device, known.interfaces, _interface_rows(made.interfaces)
    )
    onus = await _add_onus(transaction, device, {**known.ports, **ports}, made, now)
    await _change_onus(transaction, device, known, {**known.ports, **ports}, made, now)
    await _mark_missing(transaction, device, known, made)
    await _unprovisioned(transaction, device, made, now)
    return Rows(ports=ports, interfaces=interfaces, onus=onus)


def _port_rows(ports: Mapping[str, PortReading]) -> list[dict[str, Any]]:
    return [
        {"name": name} | {each: getattr(reading, each) for each in PORT_READ}
        for name, reading in ports.items()
    ]


def _interface_rows(interfaces: Mapping[str, InterfaceReading]) -> list[dict[str, Any]]:
    return [
        {"name": name} | {each: getattr(reading, each) for each in INTERFACE_READ}
        for name, reading in interfaces.items()
    ]


def _onu_row(reading: OnuReading, ports: Mapping[str, int]) -> dict[str, Any]:
    row = {each: getattr(reading, each, None) for each in ONU_READ}
    row["onu_index"] = reading.onu_id
    row["pon_port_id"] = ports[str(reading.port)]
    return row


async def _add(
    transaction: AsyncConnection,
    table: Table,
    device: Device,
    rows: Sequence[dict[str, Any]],
    now: datetime,
) -> dict[str, int]:
    """Insert ports or interfaces; their keys by name."""
    if not rows:
        return {}
    own = {"tenant_id": device.tenant_id, "device_id": device.device_id, "first_seen_at": now}
    statement = postgresql.insert(table)
    key = table.c[f"{table.name}_id"]
    added = await transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["device_id", "name"], set_={"removed_at": None}
        ).returning(table.c.name, key),
        [own | row for row in rows],
    )
    return dict(iter(added))


async def _change(
    transaction: AsyncConnection,
    table: Table,
    device: Device,
    keys: Mapping[str, int],
    rows: Sequence[dict[str, Any]],
) -> None:
    if not rows:
        return
    key = f"{table.name}_id"
    given, sent = _given(table, [{**row, key: keys[row["name"]]} for row in rows])
    written = {name: given.c[name] for name in rows[0] if name != "name"}
    await transaction.execute(
        update(table)
        .values(written)
        .where(table.c[key] == given.c[key], table.c.device_id == device.device_id),
        sent,
    )


async def _add_onus(
    transaction: AsyncConnection,
    device: Device,
    ports: Mapping[str, int],
    made: Changes,
    now: datetime,
) -> dict[str, int]:
    """Insert new ONUs, and take over those that another device has no longer."""
    if not made.new_onus:
        return {}
    seen = {"first_seen_at": now, "last_seen_at": now, "state_changed_at": now}
    rows = [
        _onu_row(reading, ports) | seen | _whose(device, serial)
        for serial, reading in sorted(made.new_onus.items())
    ]
    given, sent = _given(onu, rows)
    added = await transaction.execute(
        postgresql.insert(onu)
        .from_select(list(rows[0]), select(*given.c))
        .on_conflict_do_nothing()
        .returning(onu.c.serial, onu.c.onu_id),
        sent,
    )
    keys: dict[str, int] = dict(iter(added))
    if others := made.new_onus.keys() - keys.keys():
        keys |= await _take_over(transaction, device, ports, made, sorted(others), now)
    return keys


async def _take_over(
    transaction: AsyncConnection,
    device: Device,
    ports: Mapping[str, int],
    made: Changes,
    serials: Sequence[str],
    now: datetime,
) -> dict[str, int]:
    """Move the rows of ONUs that are here now; what they are linked to moves with them."""
    theirs = await transaction.execute(
        select(onu.c.onu_id, onu.c.serial, onu.c.state, onu.c.missing_since)
        .where(
            onu.c.tenant_id == device.tenant_id,
            onu.c.serial.in_(serials),
            onu.c.removed_at.is_(None),
        )
        .order_by(onu.c.onu_id)
        .with_for_update()
    )
    keys = {
        row.serial: row.onu_id
        for row in theirs
        if takes_over(
            made.new_onus[row.serial],
            OnuState(row.state),
            missing=row.missing_since is not None,
        )
    }
    if keys:
        rows = [
            _onu_row(made.new_onus[serial], ports)
            | {"onu_id": number, "device_id": device.device_id, "last_seen_at": now}
            | {"state_changed_at": now, "missing_since": None}
            for serial, number in keys.items()
        ]
        given, sent = _given(onu, rows)
        written = {name: given.c[name] for name in rows[0] if name != "onu_id"}
        await transaction.execute(
            update(onu).values(written).where(onu.c.onu_id == given.c.onu_id), sent
        )
    return keys


async def _change_onus(
    transaction: AsyncConnection,
    device: Device,
    known: Known,
    ports: Mapping[str, int],
    made: Changes,
    now: datetime,
) -> None:
    """Write what is not as it was; two ONUs that changed places do so together."""
    readings = {serial: known.readings[serial] for serial in made.lit} | dict(made.onus)
    if not readings:
        return
    rows = [
        _onu_row(reading, ports)
        | {
            "onu_id": known.onus[serial].onu_id,
            "last_seen_at": now,
            "optics_read_at": now if serial in made.lit else None,
            "state_changed_at": now if serial in made.states else None,
        }
        for serial, reading in readings.items()
    ]
    given, sent = _given(onu, sorted(rows, key=lambda row: row["onu_id"]))
    written = {name: given.c[name] for name in rows[0] if name != "onu_id"}
    for name in ("optics_read_at", "state_changed_at"):
        written[name] = func.coalesce(given.c[name], onu.c[name])
    done = await transaction.execute(
        update(onu)
        .values(written)
        .where(onu.c.onu_id == given.c.onu_id, onu.c.device_id == device.device_id),
        sent,
    )
    if done.rowcount != len(rows):
        raise KnownOutdated(f"{len(rows) - done.rowcount} ONUs of {device.name} are elsewhere")


async def _mark_missing(
    transaction: AsyncConnection, device: Device, known: Known, made: Changes
) -> None:
    since: dict[str, datetime | None] = {**dict.fromkeys(made.back), **made.gone}
    if not since:
        return
    rows = [
        {"onu_id": known.onus[serial].onu_id, "missing_since": at} for serial, at in since.items()
    ]
    given, sent = _given(onu, rows)
    await transaction.execute(
        update(onu)
        .values(missing_since=given.c.missing_since)
        .where(onu.c.onu_id == given.c.onu_id, onu.c.device_id == device.device_id),
        sent,
    )


async def _unprovisioned(
    transaction: AsyncConnection, device: Device, made: Changes, now: datetime
) -> None:
    if made.provisioned:
        await transaction.execute(
            delete(onu_unprovisioned).where(
                onu_unprovisioned.c.device_id == device.device_id,
                onu_unprovisioned.c.serial.in_(made.provisioned),
            )
        )
    if made.unprovisioned:
        statement = postgresql.insert(onu_unprovisioned)
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=["device_id", "serial"],
                set_={name: statement.excluded[name] for name in ("port", "model", "last_seen_at")},
            ),
            [
                _whose(device, serial)
                | {"port": each.port, "model": each.model}
                | {"first_seen_at": now, "last_seen_at": now}
                for serial, each in made.unprovisioned.items()
            ],
        )


def _whose(device: Device, serial: str) -> dict[str, Any]:
    return {"tenant_id": device.tenant_id, "device_id": device.device_id, "serial": serial}


def _given(table: Table, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, dict[str, str]]:
    """Rows sent as one value, as a table with the column types of `table`: a thousand at once."""
    names = list(rows[0])
    sent = func.jsonb_to_recordset(cast(bindparam("rows", type_=Text), JSONB))
    given = sent.table_valued(*(column(name, table.c[name].type) for name in names))
    return (
        given.render_derived(name="given", with_types=True),
        {"rows": msgspec.json.encode(rows).decode()},
    )
