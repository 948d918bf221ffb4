"""A device as the database knows it, loaded when this process begins to poll it."""

from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.consequences import Onu
from collectors.known import Known
from database.tables.access_network import (
    device_interface,
    onu,
    onu_unprovisioned,
    pon_port,
)
from isp.access_network import (
    DownCause,
    InterfaceReading,
    OnuReading,
    OnuState,
    PortReading,
    UnprovisionedReading,
)

__all__ = ["known"]


async def known(transaction: AsyncConnection, device_id: int) -> Known:
    """Its ONUs, ports and interfaces; who was left out once is forgotten, and waits again."""
    ports = {row.pon_port_id: row for row in await _rows(transaction, pon_port, device_id)}
    interfaces = await _rows(transaction, device_interface, device_id)
    onus = {row.serial: row for row in await _rows(transaction, onu, device_id)}
    unprovisioned = await transaction.execute(
        select(onu_unprovisioned).where(onu_unprovisioned.c.device_id == device_id)
    )
    missing = {serial: row.missing_since for serial, row in onus.items() if row.missing_since}
    return Known(
        onus={
            serial: Onu(
                onu_id=row.onu_id,
                serial=serial,
                pon_port_id=row.pon_port_id,
                port=ports[row.pon_port_id].name,
                state=OnuState(row.state),
            )
            for serial, row in onus.items()
        },
        readings={serial: _onu(row, ports[row.pon_port_id].name) for serial, row in onus.items()},
        ports={row.name: key for key, row in ports.items()},
        port_readings={row.name: _port(row) for row in ports.values()},
        interfaces={row.name: row.device_interface_id for row in interfaces},
        interface_readings={row.name: _interface(row) for row in interfaces},
        unprovisioned={
            row.serial: UnprovisionedReading(serial=row.serial, port=row.port, model=row.model)
            for row in unprovisioned
        },
        left_out=missing,
        missing=frozenset(missing),
    )


async def _rows(transaction: AsyncConnection, table: Table, device_id: int) -> list[Row[Any]]:
    own = select(table).where(table.c.device_id == device_id, table.c.removed_at.is_(None))
    return list(await transaction.execute(own))


def _onu(row: Row[Any], port: str) -> OnuReading:
    return OnuReading(
        serial=row.serial,
        port=port,
        onu_id=row.onu_index,
        state=OnuState(row.state),
        description=row.description,
        model=row.model,
        firmware=row.firmware,
        last_down_cause=row.last_down_cause and DownCause(row.last_down_cause),
        last_down_at=row.last_down_at,
        rx_dbm=row.rx_dbm,
        tx_dbm=row.tx_dbm,
        olt_rx_dbm=row.olt_rx_dbm,
        olt_tx_dbm=row.olt_tx_dbm,
        distance_m=row.distance_m,
        temperature_celsius=row.temperature_celsius,
        voltage_volts=row.voltage_volts,
        bias_milliamperes=row.bias_milliamperes,
    )


def _port(row: Row[Any]) -> PortReading:
    return PortReading(
        port=row.name,
        if_index=row.if_index,
        state=row.state,
        onus=row.onus,
        onus_online=row.onus_online,
        tx_dbm=row.tx_dbm,
        rx_dbm=row.rx_dbm,
        temperature_celsius=row.temperature_celsius,
        voltage_volts=row.voltage_volts,
        bias_milliamperes=row.bias_milliamperes,
    )


def _interface(row: Row[Any]) -> InterfaceReading:
    return InterfaceReading(
        name=row.name,
        if_index=row.if_index,
        alias=row.alias,
        admin_up=row.admin_up,
        oper_up=row.oper_up,
        speed_bits_per_second=row.speed_bits_per_second,
    )
