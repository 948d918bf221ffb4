"""MikroTik: reads its menus, writes in a pipelined window at the router's pace, reads back.

Nothing is taken for done because it was sent. What was written is read again, row by row where it
was little; after a lost connection, or a refusal, everything is.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from devices.routeros import (
    WINDOW,
    Change,
    Done,
    Outcome,
    RouterCommands,
    RouterError,
    RouterRefused,
    RouterTrap,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
    rights,
)
from policy.vendors.profile import WALL
from shaper.backend import Applied, BackendTrouble, Kind, Throughput
from shaper.desired import SUSPENDED
from shaper.plan import Plan, Step, plan
from shaper.queue import Tree
from shaper.routeros_rows import found_row, list_marked_by, wanted_rows
from shaper.routeros_words import ADDRESS_LISTS, MANGLE, MENUS, SIMPLE, TREE, TYPE
from shaper.row import Actual, Found

__all__ = ["RouterOsBackend", "change_of"]

SLICE_SECONDS: Final = 0.25
"""Writes are handed over in slices of this length at the router's pace."""

READ_BACK_ROWS_MAX: Final = 20
"""More than this is read back quicker by whole menus: a router looks through a menu for each."""

PROBLEMS_TOLD: Final = 5
"""Different refusals that are told of one apply; the rest are counted."""

NO_SUCH_MENU: Final = 0
"""The category of RouterOS's "no such command"."""

FASTTRACK: Final = {"action": "fasttrack-connection"}


class RouterOsBackend:
    """One router, by API or REST; rows tagged for `instance` are ours."""

    def __init__(self, router: RouterCommands, *, instance: str, writes_per_second: int) -> None:
        self._router = router
        self._instance = instance
        self._per_second = writes_per_second

    async def read(self, tree: Tree) -> Actual:
        """All menus that we write to; of the address lists, those that we have to do with."""
        with _troubles():
            return await self._read(tree)

    def is_current(self, reading: Actual) -> bool:
        """While the connection stands that it was read by; by REST never."""
        return reading.session is not None and reading.session == self._router.session

    def plan(self, tree: Tree, reading: Actual) -> Plan:
        """See shaper.plan."""
        return plan(wanted_rows(tree, self._instance), reading)

    async def apply(self, difference: Plan, reading: Actual) -> Applied:
        """Write wave by wave; a lost connection ends it, also one that is lost between two."""
        with _troubles():
            return await self._apply(difference, reading)

    async def throughput(self, queues: Collection[str]) -> Sequence[Throughput]:
        """Of simple queues, as the router measures it."""
        with _troubles():
            found = await asyncio.gather(*(self._flows(name) for name in queues))
        return [flow for flows in found for flow in flows]

    async def close(self) -> None:
        """Leave the router."""
        await self._router.close()

    async def _read(self, tree: Tree) -> Actual:
        resource = await self._resource()
        session = self._router.session
        policies = await rights(self._router)
        rules = await self._router.print(
            "/ip/firewall/filter", proplist=("disabled",), where=FASTTRACK
        )
        menus = [await self._menu(path) for path in (TYPE, MANGLE, TREE, SIMPLE)]
        rows = [found for menu in menus for found in menu]
        lists = {WALL, SUSPENDED, *(listed.list_name for listed in tree.listed)}
        lists |= {name for found in rows if (name := list_marked_by(found)) is not None}
        for path in ADDRESS_LISTS:
            for name in sorted(lists):
                rows += await self._menu(path, {"list": name})
        if session != self._router.session:
            raise BackendTrouble("the connection was lost while its menus were read")
        return Actual(
            rows=tuple(rows),
            session=session,
            version=resource.get("version"),
            cpu_percent=_cpu_percent(resource),
            # A rule that was never disabled may not have the column at all.
            fasttrack=any(rule.get("disabled") != "true" for rule in rules),
            read_only=policies is not None and "write" not in policies,
        )

    async def _apply(self, difference: Plan, reading: Actual) -> Applied:
        clock = asyncio.get_running_loop()
        done: list[tuple[Step, Outcome]] = []
        lost = False
        for steps in self._slices(difference):
            began = clock.time()
            outcomes = await self._router.apply(
                [change_of(each) for each in steps], session=reading.session, window=WINDOW
            )
            done += zip(steps, outcomes, strict=True)
            lost = any(isinstance(each, Unanswered | Unsent) for each in outcomes)
            if lost:
                break
            await asyncio.sleep(len(steps) / self._per_second - (clock.time() - began))
        refused = Counter(each.message for _, each in done if isinstance(each, Trapped))
        problems = [f"{text} ({count})" for text, count in refused.most_common(PROBLEMS_TOLD)]
        if lost:
            problems.append("the connection was lost")
        succeeded = sum(1 for _, each in done if isinstance(each, Done))
        return Applied(
            done=succeeded,
            failed=len(difference.steps) - succeeded,
            problems=tuple(problems),
            reading=None if problems else await self._read_back(done, reading),
        )

    async def _flows(self, queue: str) -> Sequence[Throughput]:
        where = {"name": queue}
        rows = await self._router.print(SIMPLE, proplist=("rate",), where=where)
        pairs = (row.get("rate", "0/0").partition("/") for row in rows)
        return [
            Throughput(queue=queue, down_bps=int(down), up_bps=int(up)) for up, _, down in pairs
        ]

    async def _resource(self) -> Mapping[str, str]:
        (resource,) = await self._router.print("/system/resource")
        return resource

    async def _menu(self, path: str, where: Mapping[str, str] | None = None) -> list[Found]:
        """Its rows; none where the router has no such menu (no IPv6 package)."""
        proplist = (".id", "dynamic", *MENUS[path])
        try:
            rows = await self._router.print(path, proplist=proplist, where=where)
        except RouterTrap as trap:
            if trap.category == NO_SUCH_MENU:
                return []
            raise
        return [found_row(path, row, self._instance) for row in rows]

    def _slices(self, difference: Plan) -> Iterator[Sequence[Step]]:
        size = max(1, int(self._per_second * SLICE_SECONDS))
        for wave in difference.waves():
            yield from (wave[at : at + size] for at in range(0, len(wave), size))

    async def _read_back(
        self, done: Sequence[tuple[Step, Outcome]], reading: Actual
    ) -> Actual | None:
        """The reading with the rows as they now are; None where rows have changed places or names
        (queues under a parent follow it), are too many, or have other ids because the connection
        has ended.
        """
        parents = {each.row.words.get("parent") for each in reading.rows}
        if len(done) > READ_BACK_ROWS_MAX or any(_moves_others(step, parents) for step, _ in done):
            return None
        touched = [(step.row.path, _id_of(step, outcome)) for step, outcome in done]
        answers = await asyncio.gather(*(self._menu(path, {".id": at}) for path, at in touched))
        if reading.session != self._router.session:
            return None
        now = dict(zip(touched, answers, strict=True))
        stood = [now.pop((each.row.path, each.id), [each]) for each in reading.rows]
        rows = tuple(row for rows in (*stood, *now.values()) for row in rows)
        return replace(reading, rows=rows, cpu_percent=_cpu_percent(await self._resource()))


def _moves_others(step: Step, parents: Collection[str | None]) -> bool:
    renamed = step.found.row.words["name"] if step.found and "name" in step.words else None
    return step.before is not None or (renamed is not None and renamed in parents)


def _cpu_percent(resource: Mapping[str, str]) -> float | None:
    load = resource.get("cpu-load")
    return None if load is None else float(load)


@contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except RouterError as error:
        raise BackendTrouble(str(error), refused=isinstance(error, RouterRefused)) from error


def change_of(step: Step) -> Change:
    """The step as RouterOS does it."""
    row_id = None if step.found is None else step.found.id
    words = dict(step.words)
    match step.kind:
        case Kind.MOVE:
            words = {"destination": step.before or ""}
        case Kind.ADD if step.before is not None:
            words["place-before"] = step.before
        case _:
            pass
    return Change(verb=Verb(step.kind.value), path=step.row.path, id=row_id, words=words)


def _id_of(step: Step, outcome: Outcome) -> str:
    if step.found is not None:
        return step.found.id
    return outcome.id or "" if isinstance(outcome, Done) else ""
