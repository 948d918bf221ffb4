"""What a person asks of a device, carried out.

The daemon does it for a row of `device_request`, `turnpike device` itself where no daemon runs: the
same reading with the same outcome (`operations.device_requests`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final, Protocol, TypeAlias

from collectors.driver import Part
from collectors.sources import Identity, Source, SourceLost, SourceRefused, SourceUntrusted
from collectors.turnstile import Turnstile
from devices.credentials import Credentials
from isp.access_network import DeviceKind, OnuReading, OnuState, Poll
from isp.errors import ExitCode, Refused
from operations.device_requests import failure, poll_document

__all__ = ["OpensSources", "discover", "failed", "poll", "test", "with_light"]

OPTICS_SECONDS: Final = 240.0
"""What is not read of the light by then is named as partial: a person does not wait for longer."""

OPTICS: Final = "optics"
PROBES_AT_ONCE: Final = 64
"""A network of a thousand silent addresses is looked through in about two minutes."""

AsksOnu: TypeAlias = Callable[[OnuReading], Awaitable[Poll]]


class OpensSources(Protocol):
    """What opens a device's source (`collectors.sources.opening.Sources`)."""

    def open(
        self,
        *,
        name: str,
        kind: DeviceKind,
        driver: str,
        host: str,
        port: int,
        credentials: Credentials,
        stranger: bool = False,
    ) -> Source:
        """The source, not connected yet. Raises SourceRefused."""
        ...


async def poll(source: Source) -> dict[str, Any]:
    """Everything that the device tells, each ONU's light too; or why nothing."""
    turnstile = Turnstile()

    async def in_turn(onu: OnuReading) -> Poll:
        await turnstile.wait()
        return await source.read_onu(onu)

    try:
        found = await source.read(frozenset(Part))
        if source.one_by_one:
            found = await with_light(found, in_turn)
    except (SourceLost, SourceRefused) as fault:
        return failed(fault)
    return poll_document(found)


async def test(source: Source) -> dict[str, Any]:
    """Who the device says it is, and which driver reads it; or why it does not let us in."""
    try:
        return asdict(await source.probe())
    except (SourceLost, SourceRefused) as fault:
        return failed(fault)


async def with_light(found: Poll, read_onu: AsksOnu) -> Poll:
    """The reading with the light of every ONU that is online, as far as the time allows.

    `read_onu` asks one ONU, when it may be asked. Raises SourceRefused.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + OPTICS_SECONDS
    light: dict[Hashable, OnuReading] = {}
    partial = found.partial
    for onu in found.onus:
        if onu.state is not OnuState.ONLINE or _who(onu) in light:
            continue
        try:
            if loop.time() >= end:
                raise SourceLost("no time is left")
            read = await read_onu(onu)
        except SourceLost:
            partial = (*partial, OPTICS)
            break
        light |= {_who(each): each for each in read.onus}
    lit = tuple(_merged(onu, light.get(_who(onu), onu)) for onu in found.onus)
    return replace(found, onus=lit, partial=partial)


async def discover(
    sources: OpensSources, addresses: Sequence[str], *, port: int, credentials: Credentials
) -> dict[str, Any]:
    """Who answers at those addresses with those credentials; the rest stays silent."""
    turns = asyncio.Semaphore(PROBES_AT_ONCE)

    async def look(address: str) -> Identity | None:
        async with turns:
            source = sources.open(
                name="",
                kind=DeviceKind.OTHER,
                driver="auto",
                host=address,
                port=port,
                credentials=credentials,
            )
            try:
                return await source.probe()
            except (SourceLost, SourceRefused):
                return None
            finally:
                await source.close()

    seen = await asyncio.gather(*(look(address) for address in addresses))
    return {
        "asked": len(addresses),
        "found": [
            {"address": address, **asdict(identity)}
            for address, identity in zip(addresses, seen, strict=True)
            if identity is not None
        ],
    }


def _who(onu: OnuReading) -> Hashable:
    """Its serial; where the device does not tell it, its place."""
    return onu.serial or (onu.port, onu.onu_id)


def _merged(onu: OnuReading, read: OnuReading) -> OnuReading:
    """What was read later, where it says anything; the state is the first reading's."""
    values = {field.name: getattr(read, field.name) for field in fields(read)}
    del values["state"]
    return replace(onu, **{name: value for name, value in values.items() if value is not None})


def failed(fault: SourceLost | SourceRefused) -> dict[str, Any]:
    """The outcome where a device does not answer, or does not let us in."""
    if isinstance(fault, SourceUntrusted):
        problem = f"the device is not trusted: {fault}"
        remedy = (
            "compare with the device itself; if that is right, `turnpike device set NAME --trust`"
        )
    elif isinstance(fault, SourceLost):
        problem = f"the device does not answer: {fault}"
        remedy = "see that it is up and answers this machine (by SNMP a wrong community is silence)"
    else:
        problem = f"the device does not let us in: {fault}"
        remedy = "look at its credentials"
    return failure(Refused(problem, remedy=remedy, exit_code=ExitCode.UNAVAILABLE))
