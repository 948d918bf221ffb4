"""An OLT read by SNMP whose light only its command line tells."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from collectors.driver import Part
from collectors.sources import Identity, Source
from isp.access_network import OnuReading, Poll

__all__ = ["ComplementedSource"]


class ComplementedSource:
    """`tables` for everything, and `line` for an ONU whose light `tables` does not tell.

    `line` is made for the driver that `tables` found; None where there is no such command line.
    A `stranger` shows both to whoever probes it.
    """

    def __init__(
        self, tables: Source, line: Callable[[str], Source | None], *, stranger: bool = False
    ) -> None:
        self._tables = tables
        self._make_line = line
        self._stranger = stranger
        self._line: Source | None = None
        self._driver: str | None = None
        """Whose command line `_line` is; it may have none."""

    @property
    def one_by_one(self) -> bool:
        """See Source."""
        return self._tables.one_by_one or self._line is not None

    @property
    def capabilities(self) -> Mapping[str, int]:
        """See Source."""
        return self._tables.capabilities

    @property
    def identity(self) -> Identity | None:
        """See Source."""
        return self._tables.identity

    async def probe(self) -> Identity:
        """See Source."""
        identity = await self._tables.probe()
        await self._fit(identity)
        if self._line is None or not self._stranger:
            return identity
        return replace(identity, host_key=(await self._line.probe()).host_key)

    async def read(self, parts: frozenset[Part]) -> Poll:
        """See Source."""
        poll = await self._tables.read(parts)
        if self.identity is not None:
            await self._fit(self.identity)
        return poll

    async def read_onu(self, onu: OnuReading) -> Poll:
        """See Source."""
        if self._driver is None:
            await self.probe()
        poll = await self._tables.read_onu(onu) if self._tables.one_by_one else Poll()
        if self._line is None or any(each.rx_dbm is not None for each in poll.onus):
            return poll
        return await self._line.read_onu(onu)

    async def close(self) -> None:
        """See Source."""
        await self._tables.close()
        if self._line is not None:
            await self._line.close()

    async def _fit(self, identity: Identity) -> None:
        """Have the command line of that driver, where it has one."""
        if identity.driver == self._driver:
            return
        if self._line is not None:
            await self._line.close()
        self._line = self._make_line(identity.driver)
        self._driver = identity.driver
