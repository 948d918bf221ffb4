"""Where something is done or out, as people name it: an area, a device, a PON port of it, a NAS."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device, pon_port
from database.tables.subscribers import subscriber
from isp.errors import Refused
from isp.outage import MaintenanceScope
from operations import devices, nas

__all__ = ["FoundPlace", "Place", "find_place", "known_area"]

AREAS_TOLD_MAX: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An area, a device (or one PON port of it), or a NAS; nothing: everywhere."""

    area: str | None = None
    device: str | None = None
    port: str | None = None
    nas: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlace:
    """A place by its keys; those of its scope are set."""

    scope: MaintenanceScope
    area: str | None = None
    device_id: int | None = None
    pon_port_id: int | None = None
    nas_id: int | None = None


async def find_place(transaction: AsyncConnection, place: Place) -> FoundPlace:
    """The keys of what is named. Raises Refused where it is not there, or several things."""
    match place:
        case Place(area=None, device=None, port=None, nas=None):
            return FoundPlace(scope=MaintenanceScope.PROVIDER)
        case Place(area=str() as area, device=None, port=None, nas=None):
            return FoundPlace(scope=MaintenanceScope.AREA, area=await known_area(transaction, area))
        case Place(area=None, device=None, port=None, nas=str() as name):
            router = await nas.named(transaction, name)
            return FoundPlace(scope=MaintenanceScope.NAS, nas_id=router.nas_id)
        case Place(area=None, device=str() as name, port=None, nas=None):
            one = await devices.named(transaction, name)
            return FoundPlace(scope=MaintenanceScope.DEVICE, device_id=one.device_id)
        case Place(area=None, device=str() as name, port=str() as port, nas=None):
            one = await devices.named(transaction, name)
            return FoundPlace(
                scope=MaintenanceScope.PORT,
                device_id=one.device_id,
                pon_port_id=await _port(transaction, one, port),
            )
    remedy = "name an area, a device (and a port of it), or a NAS"
    raise Refused("that is several places", remedy=remedy)


async def known_area(transaction: AsyncConnection, name: str) -> str:
    """The area, where anything is said to be in it. Raises Refused for a slip of the pen."""
    named = (device.c.area, pon_port.c.area, subscriber.c.area)
    known = set(await transaction.scalars(union(*(select(column) for column in named)))) - {None}
    if name not in known:
        there = ", ".join(sorted(known)[:AREAS_TOLD_MAX]) or "none yet"
        remedy = f"there are: {there}; a subscriber, a device or a PON port is in one by `--area`"
        raise Refused(f"nothing is in an area {name}", remedy=remedy)
    return name


async def _port(transaction: AsyncConnection, of: devices.DeviceRecord, name: str) -> int:
    query = select(pon_port.c.pon_port_id).where(
        pon_port.c.device_id == of.device_id,
        pon_port.c.name == name,
        pon_port.c.removed_at.is_(None),
    )
    found = await transaction.scalar(query)
    if found is None:
        remedy = f"see `turnpike onu list --device {of.name}` for its ports"
        raise Refused(f"{of.name} has no port {name}", remedy=remedy)
    return found
