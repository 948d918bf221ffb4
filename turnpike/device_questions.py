"""Asking a device: through a running collectors daemon, or, where none runs, from this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from collectors import answers
from collectors.sources import Source, SourceRefused
from collectors.sources.opening import Sources
from devices.credentials import Credentials, seal_credentials
from isp.access_network import DeviceKind
from isp.errors import ExitCode, Refused
from operations import device_requests, devices
from operations.device_requests import RequestKind
from operations.devices import DeviceRecord
from turnpike.context import Desk
from turnpike.device_access import Endpoint

__all__ = ["Outcome", "ask_of_device", "ask_of_network", "ask_of_stranger"]

ANSWER_SECONDS_MAX: Final = 420.0
"""A large OLT is asked four minutes for its light levels, and may have to be waited for."""

LOOK_SECONDS: Final = 0.2

Outcome = Mapping[str, Any]


async def ask_of_device(desk: Desk, found: DeviceRecord, kind: RequestKind) -> Outcome:
    """A reading or a test of a device that is entered. Raises Refused where that fails."""
    said = {"actor": desk.actor, "now": desk.now()}
    outcome = await _through_collectors(
        desk, lambda transaction: device_requests.ask(transaction, found, kind, **said)
    )
    if outcome is None:
        async with desk.transaction() as transaction:
            credentials = await devices.credentials_of(transaction, found, desk.keys)
        endpoint = Endpoint(host=found.host, port=found.port)
        question = {RequestKind.POLL: answers.poll, RequestKind.TEST: answers.test}[kind]
        async with _source(desk, found.kind, found.driver, endpoint, credentials) as source:
            outcome = await question(source)
    return device_requests.accepted(outcome)


async def ask_of_stranger(
    desk: Desk, *, kind: DeviceKind, driver: str, endpoint: Endpoint, credentials: Credentials
) -> Outcome:
    """Whether a device that is not entered lets us in, and what it shows of itself to be believed.

    Raises Refused where it does not.
    """
    outcome = await _through_collectors(
        desk,
        lambda transaction: device_requests.ask_of_stranger(
            transaction,
            kind=kind,
            driver=driver,
            host=endpoint.host,
            port=endpoint.port,
            credentials_sealed=seal_credentials(credentials, desk.keys),
            actor=desk.actor,
            now=desk.now(),
        ),
    )
    if outcome is None:
        async with _source(desk, kind, driver, endpoint, credentials, stranger=True) as source:
            outcome = await answers.test(source)
    return device_requests.accepted(outcome)


async def ask_of_network(
    desk: Desk, addresses: Sequence[str], *, port: int, credentials: Credentials
) -> Outcome:
    """Who answers at those addresses. Raises Refused where nobody could be asked."""
    outcome = await _through_collectors(
        desk,
        lambda transaction: device_requests.ask_of_network(
            transaction,
            addresses=addresses,
            port=port,
            credentials_sealed=seal_credentials(credentials, desk.keys),
            actor=desk.actor,
            now=desk.now(),
        ),
    )
    if outcome is None:
        async with _sources(desk) as sources:
            outcome = await answers.discover(sources, addresses, port=port, credentials=credentials)
    return device_requests.accepted(outcome)


async def _through_collectors(desk: Desk, ask: Callable[[Any], Awaitable[int]]) -> Outcome | None:
    """What a collectors daemon answered; None where none runs."""
    async with desk.transaction() as transaction:
        if not await device_requests.collectors_run(transaction, desk.now()):
            return None
        request = await ask(transaction)
    loop = asyncio.get_running_loop()
    end = loop.time() + ANSWER_SECONDS_MAX
    while loop.time() < end:
        async with desk.transaction() as transaction:
            outcome = await device_requests.outcome_of(transaction, request)
        if outcome is not None:
            return outcome
        await asyncio.sleep(LOOK_SECONDS)
    remedy = "see how collectors are in `turnpike status`, and ask again"
    raise Refused("collectors did not answer", remedy=remedy, exit_code=ExitCode.TRY_AGAIN)


@asynccontextmanager
async def _source(
    desk: Desk,
    kind: DeviceKind,
    driver: str,
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    stranger: bool = False,
) -> AsyncIterator[Source]:
    """A source in this process. Raises Refused where such a device cannot be read."""
    async with _sources(desk) as sources:
        try:
            source = sources.open(
                name="",
                kind=kind,
                driver=driver,
                host=endpoint.host,
                port=endpoint.port,
                credentials=credentials,
                stranger=stranger,
            )
        except SourceRefused as refusal:
            remedy = "give a community, a v3 user or a login: `turnpike device set --help`"
            raise Refused(str(refusal), remedy=remedy) from refusal
        try:
            yield source
        finally:
            await source.close()


@asynccontextmanager
async def _sources(desk: Desk) -> AsyncIterator[Sources]:
    sources = Sources(clock=desk.clock)
    try:
        yield sources
    finally:
        await sources.close()
