"""An access network in a database, as collectors write it down, for tests of who reads it.

`see_…` write what is seen of a device that was entered; `OltSite` is an OLT with its subscribers,
whose readings consequences are told of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.consequences import Consequence, Onu, PollChange, PolledDevice, StateChange
from collectors.driver import Part
from database.connect import Database
from database.tables.access_network import device, device_status, onu, pon_port
from database.tables.outages import alarm, notice, outage, outage_subscriber
from database.tables.subscribers import plan, plan_version, service, subscriber
from isp.access_network import OnuReading, OnuState, Poll
from isp.outage import NoticeState

__all__ = ["OltSite", "see_alarm", "see_device", "see_onus", "see_outage"]


class OltSite:
    """`await site.build()`, then `await site.read({number: state}, now)` poll by poll."""

    def __init__(
        self,
        owner: Database,
        consequences: Sequence[Consequence],
        *,
        tenant_id: int = 1,
        name: str = "olt1",
        area: str | None = "north",
        ports: int = 1,
        onus_per_port: int = 64,
    ) -> None:
        self.owner, self.consequences, self.tenant_id = owner, consequences, tenant_id
        self.name, self.area = name, area
        self.port_names = [f"0/1/{number}" for number in range(ports)]
        self.onus_per_port = onus_per_port
        self.device_id = 0
        self.ports: dict[str, int] = {}
        self.onus: dict[int, Onu] = {}
        self.subscribers: dict[int, int] = {}

    @property
    def device(self) -> PolledDevice:
        """As the collectors name it."""
        return PolledDevice(
            device_id=self.device_id, tenant_id=self.tenant_id, name=self.name, kind="olt",
            driver="huawei", area=self.area,
        )  # fmt: skip

    async def build(self, now: datetime) -> None:
        """The device, its ports, and on each ONU a subscriber; all are online."""
        async with self.owner.transaction() as transaction:
            self.device_id = await _one(
                transaction, device, tenant_id=self.tenant_id, name=self.name, kind="olt",
                host="127.0.0.1", port=161, credentials_sealed=b"", area=self.area,
            )  # fmt: skip
            plan_id = await _one(
                transaction, plan, tenant_id=self.tenant_id, name=f"of {self.name}"
            )
            version = await _one(
                transaction, plan_version, tenant_id=self.tenant_id, plan_id=plan_id, version=1,
                valid_from=now.date(), price=1, currency="USD",
            )  # fmt: skip
            for name in self.port_names:
                await self._port(transaction, name, version, now)

    async def _port(self, transaction: Any, name: str, version: int, now: datetime) -> None:
        numbers = range(len(self.onus), len(self.onus) + self.onus_per_port)
        lines = [await self._sell(transaction, number, version, now) for number in numbers]
        seen = await see_onus(transaction, self.name, lines, now, port=name)
        port_of = select(onu.c.pon_port_id).where(onu.c.onu_id == seen[0])
        self.ports[name] = int((await transaction.execute(port_of)).scalar_one())
        for number, line, onu_id in zip(numbers, lines, seen, strict=True):
            self.subscribers[number] = line["subscriber_id"]
            self.onus[number] = Onu(
                onu_id=onu_id, serial=line["serial"], pon_port_id=self.ports[name], port=name,
                state=OnuState.ONLINE,
            )  # fmt: skip

    async def _sell(
        self, transaction: Any, number: int, version: int, now: datetime
    ) -> dict[str, Any]:
        """A subscriber and his service; the ONU that is at the end of its line."""
        subscriber_id = await _one(
            transaction, subscriber, tenant_id=self.tenant_id, currency="USD",
            reference=f"{self.name}-{number}", email=f"{self.name}-{number}@example.org",
            area=self.area,
        )  # fmt: skip
        serial = f"HWTC{self.device_id * 1000 + number:08X}"
        service_id = await _one(
            transaction, service, tenant_id=self.tenant_id, subscriber_id=subscriber_id,
            name=f"{self.name}-{number}", plan_version_id=version, started_on=now.date(),
            onu_serial=serial,
        )  # fmt: skip
        return {"serial": serial, "subscriber_id": subscriber_id, "service_id": service_id}

    async def read(
        self,
        states: Mapping[int, OnuState],
        now: datetime,
        *,
        parts: frozenset[Part] = frozenset({Part.STATE}),
        **readings: Mapping[int, Any],
    ) -> None:
        """One recorded reading: all ONUs, those of `states` changed; `readings` are columns."""
        changes = []
        for number, after in states.items():
            known = self.onus[number]
            if known.state is not after:
                changes.append(
                    StateChange(
                        onu_id=known.onu_id,
                        serial=known.serial,
                        port=known.port,
                        pon_port_id=known.pon_port_id,
                        before=known.state,
                        after=after,
                        cause=None,
                        at=now,
                    )
                )
                self.onus[number] = replace(known, state=after)
        seen = tuple(
            OnuReading(
                serial=known.serial,
                port=known.port,
                state=known.state,
                **{name: column[number] for name, column in readings.items() if number in column},
            )
            for number, known in self.onus.items()
        )
        change = PollChange(
            device=self.device, parts=parts, poll=Poll(onus=seen),
            onus={known.serial: known for known in self.onus.values()}, ports=self.ports,
            interfaces={}, state_changes=tuple(changes), now=now,
        )  # fmt: skip
        await self.record(change)

    async def record(self, change: PollChange) -> None:
        """Write the states, tell the consequences, as the collectors do."""
        async with self.owner.transaction() as transaction:
            for each in change.state_changes:
                await transaction.execute(
                    update(onu)
                    .where(onu.c.onu_id == each.onu_id)
                    .values(state=each.after, state_changed_at=each.at)
                )
            if Part.STATE in change.parts:
                read = update(device_status).where(device_status.c.device_id == self.device_id)
                await transaction.execute(read.values(last_state_at=change.now))
            for consequence in self.consequences:
                await consequence.polled(transaction, change)
        for consequence in self.consequences:
            await consequence.committed(change)

    async def approve_messages(self) -> None:
        """A person lets the messages go out that wait for one."""
        waiting = notice.c.state == NoticeState.AWAITING
        async with self.owner.transaction() as transaction:
            approved = update(notice).where(waiting).values(state=NoticeState.APPROVED)
            await transaction.execute(approved)

    async def rows(self, query: Any) -> list[Any]:
        """What a query finds now."""
        async with self.owner.transaction() as transaction:
            return list((await transaction.execute(query)).all())

    async def table(self, table: Any) -> list[Any]:
        """All rows of a table, in the order they were made."""
        return await self.rows(select(table).order_by(*table.primary_key.columns))


async def see_device(collectors: AsyncConnection, name: str, now: datetime, **columns: Any) -> None:
    """The device answers, or what `columns` of `device_status` say instead."""
    there = await _device(collectors, name)
    seen = {"state": "reachable", "driver": "huawei", "model": "MA5800-X7", "sys_name": name}
    values = {"state_changed_at": now, "last_poll_at": now} | seen | columns
    await collectors.execute(
        upsert(device_status)
        .values(device_id=there.device_id, tenant_id=there.tenant_id, **values)
        .on_conflict_do_update(index_elements=["device_id"], set_=values)
    )


async def see_onus(
    collectors: AsyncConnection,
    name: str,
    onus: Sequence[dict[str, Any]],
    now: datetime,
    *,
    port: str = "0/1/3",
) -> list[int]:
    """ONUs of one port of the device, each `serial` and what else is read of it; their keys."""
    there = await _device(collectors, name)
    own = {"tenant_id": there.tenant_id, "device_id": there.device_id}
    pon_port_id = await collectors.scalar(
        insert(pon_port)
        .values(own | {"name": port, "state": "up", "first_seen_at": now})
        .returning(pon_port.c.pon_port_id)
    )
    usual = {"state": "online", "state_changed_at": now, "first_seen_at": now, "last_seen_at": now}
    made = []
    for index, each in enumerate(onus, 1):
        row = own | usual | {"pon_port_id": pon_port_id, "onu_index": index} | each
        made.append(await collectors.scalar(insert(onu).values(row).returning(onu.c.onu_id)))
    return made


async def _device(collectors: AsyncConnection, name: str) -> Any:
    query = select(device.c.device_id, device.c.tenant_id).where(device.c.name == name)
    return (await collectors.execute(query)).one()


async def see_outage(
    collectors: AsyncConnection,
    name: str,
    onus: Sequence[int],
    now: datetime,
    **columns: Any,
) -> int:
    """An outage of the device's ports with those ONUs down in it, and its message; its number."""
    there = await _device(collectors, name)
    usual = {"scope": "pon", "state": "open", "cause": "fibre_cut", "ports": ["0/1/3"]}
    own = {"tenant_id": there.tenant_id, "device_id": there.device_id}
    when = {"started_at": now, "detected_at": now, "confirmed_at": now}
    down = (await collectors.execute(select(onu).where(onu.c.onu_id.in_(onus)))).all()
    met = {each.subscriber_id for each in down} - {0}
    number = await collectors.scalar(
        insert(outage)
        .values(usual | own | when | {"lines": len(down), "subscribers": len(met)} | columns)
        .returning(outage.c.outage_id)
    )
    assert number is not None
    for each in down:
        await collectors.execute(
            insert(outage_subscriber).values(
                outage_id=number,
                tenant_id=there.tenant_id,
                subscriber_id=each.subscriber_id,
                service_id=each.service_id or 0,
                onu_id=each.onu_id,
                down_at=now,
            )
        )
    await collectors.execute(
        insert(notice).values(
            tenant_id=there.tenant_id, outage_id=number, kind="outage", made_at=now
        )
    )
    return number


async def see_alarm(
    collectors: AsyncConnection, name: str, subject: str, now: datetime, **columns: Any
) -> int:
    """An alarm of the device that stands; its number."""
    there = await _device(collectors, name)
    usual = {"kind": "onu_rx_low", "severity": "minor", "raised_at": now, "place": subject}
    number = await collectors.scalar(
        insert(alarm)
        .values(
            {"tenant_id": there.tenant_id, "device_id": there.device_id, "subject": subject}
            | usual
            | columns
        )
        .returning(alarm.c.alarm_id)
    )
    assert number is not None
    return number


async def _one(transaction: Any, table: Any, **values: Any) -> int:
    made = await transaction.execute(
        insert(table).values(values).returning(next(iter(table.primary_key.columns)))
    )
    return int(made.scalar_one())
