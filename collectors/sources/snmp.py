"""A device read by SNMP: a driver's tables walked, its scalars got, all of it parsed at once."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final

from chassis.clock import Clock
from collectors.driver import Driver, Part, Readings, Table
from collectors.drivers import candidates, distinguishing, drivers
from collectors.sources import Identity, SourceLost, SourceRefused
from devices.snmp import (
    Snmp,
    SnmpAuthenticationFailed,
    SnmpError,
    SnmpRefused,
    SnmpTimeout,
    Value,
    Walk,
)
from isp.access_network import OnuReading, Poll

__all__ = ["BUDGET_SECONDS", "SnmpSource"]

BUDGET_SECONDS: Final = 120.0
"""Of one reading: what is not read by then is partial."""

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
SYS_NAME: Final = "1.3.6.1.2.1.1.5.0"

AUTO: Final = "auto"


class SnmpSource:
    """The agent of `session`, read by the driver of that name, or by the one that fits it."""

    def __init__(
        self,
        session: Snmp,
        *,
        clock: Clock,
        driver: str = AUTO,
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self.session = session
        self._clock = clock
        self._driver = drivers().get(driver)
        self._fixed = self._settled = self._driver is not None
        self._budget_seconds = budget_seconds
        self.identity: Identity | None = None

    @property
    def one_by_one(self) -> bool:
        """Whether this model's ONUs are asked for their light one after the other."""
        driver = self._driver
        return driver is not None and driver.optics_one_by_one and Part.OPTICS in driver.tables

    @property
    def capabilities(self) -> Mapping[str, int]:
        """How many variables one request may ask for."""
        return {"varbinds": self.session.appetite.varbinds}

    async def probe(self) -> Identity:
        """Who is there: one GET, and of a device that was there before, one try of it."""
        with _named_for_sources():
            return await self._identify(None)

    async def read(self, parts: frozenset[Part]) -> Poll:
        """These parts, table by table, as far as the time allows."""
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        try:
            with _named_for_sources():
                return await self._read(parts, deadline)
        except SourceLost:
            self._settled = self._fixed  # it may come back with other firmware
            raise

    async def _read(self, parts: frozenset[Part], deadline: float) -> Poll:
        if Part.INVENTORY in parts and self._driver is not None and not self._settled:
            with suppress(SnmpTimeout, SnmpRefused):
                await self._identify(deadline)
        driver = await self._chosen(deadline)
        tables = [
            table
            for part in Part
            if part in parts and not (part is Part.OPTICS and driver.optics_one_by_one)
            for table in driver.tables.get(part, ())
        ]
        scalars = {oid for part in parts for oid in driver.scalars.get(part, ())}
        said, refused = await self._scalars(sorted(scalars), deadline)
        walks = await self._walks(tables, deadline)
        readings = Readings(walks=walks, scalars=said, now=self._clock.now())
        partial = {name for name, walk in walks.items() if not walk.complete}
        counters = {table.name for table in driver.tables.get(Part.TRAFFIC, ())}
        return replace(
            driver.parse(readings),
            partial=tuple(sorted(partial | refused)),
            uptime_ticks=_uptime(walks, counters),
        )

    async def read_onu(self, onu: OnuReading) -> Poll:
        """The cells of one ONU in the tables of light levels, by one GET; none where another is in
        its row by now.
        """
        if not onu.index:
            return Poll()
        with _named_for_sources():
            driver = await self._chosen(None)
        tables = [table for table in driver.tables[Part.OPTICS] if table.has(onu)]
        asked = {
            (table, column): ".".join(map(str, (column, *table.of_onu(onu.index))))
            for table in tables
            for column in table.columns
        }
        with _named_for_sources():
            said = await self.session.get(list(asked.values()))
        walks = {table.name: _one_row(table, onu, asked, said) for table in tables}
        poll = driver.parse(Readings(walks=walks, now=self._clock.now()))
        whose = {None, onu.serial}
        own = (each for each in poll.onus if onu.serial is None or each.serial in whose)
        return replace(poll, onus=tuple(own))

    async def close(self) -> None:
        """Forget the session."""
        await self.session.close()

    async def _chosen(self, deadline: float | None) -> Driver:
        if self._driver is None:
            await self._identify(deadline)
        assert self._driver is not None, "who is identified has one"
        return self._driver

    async def _identify(self, deadline: float | None) -> Identity:
        tries = 1 if self.identity is not None else None
        asked = [SYS_OBJECT_ID, SYS_DESCR, SYS_NAME, SYS_UPTIME]
        said = await self.session.get(asked, deadline=deadline, tries=tries)
        sys_object_id = said[SYS_OBJECT_ID]
        sys_object_id = sys_object_id if isinstance(sys_object_id, str) else None
        description = _text(said[SYS_DESCR])
        driver = self._driver
        if driver is None or not self._settled:
            fitting = candidates(sys_object_id, description)
            driver = self._driver = await self._choose(fitting, deadline)
        self.identity = Identity(
            driver=driver.name,
            sys_object_id=sys_object_id,
            sys_name=_text(said[SYS_NAME]),
            description=description,
        )
        return self.identity

    async def _choose(self, fitting: tuple[Driver, ...], deadline: float | None) -> Driver:
        """The one that the device has most columns of. While it has none at all, or did not say of
        so many that it may yet be another, it is looked at again: an OLT without ONUs, and one that
        was silent, with what firmware it has now.
        """
        if len(fitting) == 1:
            self._settled = True
            return fitting[0]
        telling = distinguishing(fitting)
        asked = sorted(frozenset[str]().union(*telling.values()))
        walk = await self.session.walk(asked, rows_max=0, deadline=deadline)
        had = frozenset(column for column, cells in walk.columns.items() if cells)
        before = self._driver if self._driver in fitting else None
        best = max(fitting, key=lambda each: (len(telling[each.name] & had), each is before))
        sure = not walk.unknown or all(
            len(telling[other.name] & (had | walk.unknown)) < len(telling[best.name] & had)
            for other in fitting
            if other is not best
        )
        chosen = best if sure or before is None else before
        self._settled = sure and bool(telling[chosen.name] & had)
        return chosen

    async def _scalars(
        self, oids: list[str], deadline: float
    ) -> tuple[Mapping[str, Value], set[str]]:
        """Their values, and whether they could be had."""
        try:
            return (await self.session.get(oids, deadline=deadline) if oids else {}), set()
        except SnmpRefused:
            return {}, {"scalars"}

    async def _walks(self, tables: Iterable[Table], deadline: float) -> dict[str, Walk]:
        """Each table once; after one that failed, the rest only if the device still talks.

        Raises SnmpTimeout where it does not and nothing was read.
        """
        walks: dict[str, Walk] = {}
        lost: str | None = None
        for table in tables:
            if table.name in walks:
                continue
            if lost is None:
                walks[table.name] = await self._walk(table, deadline)
                fault = walks[table.name].fault
                if fault is not None and not await self._still_there(deadline):
                    lost = fault
            else:
                walks[table.name] = Walk(complete=False, fault=lost)
        if lost is not None and not any(walk.columns for walk in walks.values()):
            raise SnmpTimeout(lost)
        return walks

    async def _walk(self, table: Table, deadline: float) -> Walk:
        try:
            return await self.session.walk(table.columns, deadline=deadline)
        except SnmpTimeout as timeout:
            return Walk(complete=False, fault=str(timeout))

    async def _still_there(self, deadline: float) -> bool:
        try:
            await self.session.get([SYS_UPTIME], deadline=deadline, tries=1)
        except SnmpTimeout:
            return False
        return True


def _uptime(walks: Mapping[str, Walk], counters: Collection[str]) -> int | None:
    """The sysUpTime beside the counters, where any were read; else that of the last walk."""
    told = [(name in counters, walk.uptime_ticks) for name, walk in walks.items()]
    known = [(counted, ticks) for counted, ticks in told if ticks is not None]
    beside = [ticks for counted, ticks in known if counted] or [ticks for _, ticks in known]
    return beside[-1] if beside else None


def _one_row(
    table: Table,
    onu: OnuReading,
    asked: Mapping[tuple[Table, str], str],
    said: Mapping[str, Value],
) -> Walk:
    """What a walk of the table would have had of this ONU."""
    row = table.of_onu(onu.index)
    found = {column: said[asked[table, column]] for column in table.columns}
    cells = {column: {row: value} for column, value in found.items() if value is not None}
    return Walk(columns=cells, complete=True)


@contextmanager
def _named_for_sources() -> Iterator[None]:
    """What an agent that does not answer is called here."""
    try:
        yield
    except SnmpAuthenticationFailed as refusal:
        raise SourceRefused(str(refusal)) from refusal
    except SnmpError as error:
        raise SourceLost(str(error)) from error


def _text(value: Value) -> str | None:
    return (
        value.decode("utf-8", "replace").strip("\0 \r\n") or None
        if isinstance(value, bytes)
        else None
    )
