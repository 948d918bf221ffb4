"""ONUs: a page of them, by place."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["PAGE_ROWS", "Key", "olts", "page"]

PAGE_ROWS: Final = 100
"""A PON port or two at a glance."""

OLTS: Final = text("SELECT * FROM report.olts ORDER BY device")
PAGE: Final = text("""
    SELECT * FROM report.onus
     WHERE (:device = '' OR device = :device) AND (:state = '' OR state = :state)
       AND (device, port, serial) > (:of_device, :port, :serial)
     ORDER BY device, port, serial LIMIT :rows
""")


class Key(NamedTuple):
    """Where a page of ONUs goes on: after that one."""

    device: str = ""
    port: str = ""
    serial: str = ""


async def olts(transaction: AsyncConnection) -> Sequence[RowMapping]:
    """The OLTs, with how many ONUs each has."""
    return (await transaction.execute(OLTS)).mappings().all()


async def page(
    transaction: AsyncConnection, *, device: str, state: str, after: Key, rows: int = PAGE_ROWS
) -> Sequence[RowMapping]:
    """The next ONUs, of one OLT and in one state, or (empty) of all."""
    values = {
        "device": device,
        "state": state,
        "of_device": after.device,
        "port": after.port,
        "serial": after.serial,
        "rows": rows,
    }
    return (await transaction.execute(PAGE, values)).mappings().all()
