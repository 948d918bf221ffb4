"""A session with an agent on this machine, as the collectors open it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.secrets import Secret
from collectors.sources.snmp import SnmpSource
from devices.credentials import SnmpAccess
from devices.snmp import Exchange, Snmp, SnmpTarget
from tests.support.snmp_reading import NOW

__all__ = ["PUBLIC", "StandingClock", "snmp_source"]

PUBLIC: Final = SnmpAccess(version="2c", community=Secret("public"))


@dataclass
class StandingClock:
    """Always the same moment."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@asynccontextmanager
async def snmp_source(
    port: int,
    *,
    access: SnmpAccess = PUBLIC,
    driver: str = "auto",
    timeout_seconds: float = 2.0,
) -> AsyncIterator[SnmpSource]:
    """A source that reads the agent at this port of the loopback, unhindered by any rate."""
    exchange = Exchange()
    session = Snmp(
        exchange,
        SnmpTarget(host="127.0.0.1", port=port, access=access),
        requests_per_second=100_000.0,
        timeout_seconds=timeout_seconds,
    )
    source = SnmpSource(session, clock=StandingClock(), driver=driver)
    try:
        yield source
    finally:
        await source.close()
        await exchange.close()
