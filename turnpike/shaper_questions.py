"""Asking for a router's difference: of a running shaper, or, where none runs, in this process."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from isp.errors import ExitCode, Refused
from operations import shaping
from operations.shaping import RouterSettings
from shaper.backend import BackendTrouble
from shaper.backends import open_backend
from shaper.config import ShaperConfig
from shaper.look import compare, report, wanted
from shaper.store.load import load
from shaper.store.targets import targets
from turnpike.context import Desk

__all__ = ["Outcome", "ask"]

ANSWER_SECONDS_MAX: Final = 300.0
"""A hundred thousand queues over a slow line."""

LOOK_SECONDS: Final = 0.2

Outcome = Mapping[str, Any]


async def ask(
    desk: Desk, name: str, kind: str, shaper: ShaperConfig, confirmed_removals: int | None = None
) -> Outcome:
    """A router's `diff`, or what came of an `apply`. Raises Refused."""
    async with desk.transaction() as transaction:
        runs = await shaping.shaper_runs(transaction, desk.now())
        if kind == "apply" and not runs:
            remedy = "start it, with `turnpike up` or its systemd unit"
            raise Refused("no shaper runs", remedy=remedy, exit_code=ExitCode.UNAVAILABLE)
        request = await shaping.ask(
            transaction,
            name=name,
            kind=kind,
            confirmed_removals=confirmed_removals,
            actor=desk.actor,
            now=desk.now(),
        )
        settings = await shaping.router(transaction, name)
    outcome = await _answer(desk, name, request) if runs else await _look(desk, settings, shaper)
    if not runs:
        async with desk.transaction() as transaction:
            await shaping.shown(transaction, request, outcome, desk.now())
    if problem := outcome.get("problem"):
        remedy = f"see `turnpike device test {name}`"
        raise Refused(f"{name}: {problem}", remedy=remedy, exit_code=ExitCode.UNAVAILABLE)
    return outcome


async def _answer(desk: Desk, name: str, request: int) -> Outcome:
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                async with desk.transaction() as transaction:
                    outcome = await shaping.outcome_of(transaction, request)
                if outcome is not None:
                    return outcome
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        remedy = "see `turnpike status`, then ask again"
        problem = f"the shaper gave no answer about {name}"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.TRY_AGAIN) from None


async def _look(desk: Desk, settings: RouterSettings | None, shaper: ShaperConfig) -> Outcome:
    assert settings is not None, "whoever is asked about is shaped"
    async with desk.database.snapshot(desk.tenant.tenant_id) as snapshot:
        known = await targets(snapshot, desk.keys)
        target = next(each for each in known if each.device_id == settings.device.device_id)
        loaded = await load(snapshot, target, desk.now())
    should = wanted(loaded)
    try:
        backend = open_backend(target, shaper.instance)
        try:
            look = compare(should, await backend.read(should.tree), backend)
        finally:
            await backend.close()
    except BackendTrouble as trouble:
        return {"router": target.name, "problem": str(trouble)}
    return report(target, look)
