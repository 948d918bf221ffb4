"""One OLT in a database with ONUs and their subscribers, read by hand: what consequences hear."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from collectors.consequences import Consequence, Onu, PollChange, PolledDevice, StateChange
from collectors.driver import Part
from database.connect import Database
from database.tables.access_network import device, onu, pon_port
from database.tables.outages import notice
from database.tables.subscribers import plan, plan_version, service, subscriber
from isp.access_network import OnuReading, OnuState, Poll
from isp.outage import NoticeState

__all__ = ["OltSite"]


def serial(number: int) -> str:
    """The serial of the site's ONU of that number."""
    return f"HWTC{number:08X}"


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
                self.ports[name] = await _one(
                    transaction, pon_port, tenant_id=self.tenant_id, device_id=self.device_id,
                    name=name, first_seen_at=now,
                )  # fmt: skip
                for _ in range(self.onus_per_port):
                    await self._line(transaction, len(self.onus), name, version, now)

    async def _line(self, transaction, number: int, port: str, version: int, now) -> None:
        subscriber_id = await _one(
            transaction, subscriber, tenant_id=self.tenant_id, currency="USD",
            reference=f"{self.name}-{number}", email=f"{self.name}-{number}@example.org",
            area=self.area,
        )  # fmt: skip
        onu_serial = serial(self.device_id * 1000 + number)
        service_id = await _one(
            transaction, service, tenant_id=self.tenant_id, subscriber_id=subscriber_id,
            name=f"{self.name}-{number}", plan_version_id=version, started_on=now.date(),
            onu_serial=onu_serial,
        )  # fmt: skip
        onu_id = await _one(
            transaction, onu, tenant_id=self.tenant_id, subscriber_id=subscriber_id,
            service_id=service_id, serial=onu_serial, device_id=self.device_id,
            pon_port_id=self.ports[port], state="online", state_changed_at=now,
            first_seen_at=now, last_seen_at=now,
        )  # fmt: skip
        self.subscribers[number] = subscriber_id
        self.onus[number] = Onu(
            onu_id=onu_id, serial=onu_serial, pon_port_id=self.ports[port], port=port,
            state=OnuState.ONLINE,
        )  # fmt: skip

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


async def _one(transaction: Any, table: Any, **values: Any) -> int:
    made = await transaction.execute(
        insert(table).values(values).returning(next(iter(table.primary_key.columns)))
    )
    return int(made.scalar_one())
