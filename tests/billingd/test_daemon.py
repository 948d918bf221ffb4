"""The daemon's turns over tenants."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from billingd import daemon
from billingd.config import BillingdSettings
from billingd.daemon import Billingd, each_or_last_resort
from chassis.clock import ManualClock
from chassis.config import DatabaseConfig
from chassis.lifecycle import Context
from chassis.periodic import Tasks, Work
from database.connect import Database, Role
from database.tables.billing import billing_progress
from operations import tenants
from operations.money.blocking import LookResult
from operations.tenants import Tenant

TODAY = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)


def tenant(number: int) -> Tenant:
    return Tenant(
        tenant_id=number,
        name=f"isp{number}",
        zone="UTC",
        currency="USD",
        country=None,
        billing_from=None,
    )


def billingd_at(now: datetime, config: DatabaseConfig, tasks: Tasks) -> Billingd:
    context = Context(
        name="billingd", version="", clock=ManualClock(now), tasks=tasks, fail=pytest.fail
    )
    return Billingd(BillingdSettings(database=config), context)


class Allowances(Tasks):
    """Begins nothing; notes how long each task's turn may take."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, float | bool | None] = {}

    def every(self, _: float, name: str, __: Work, **named: float | bool | None) -> None:
        self.given[name] = named.get("allowance_seconds")


async def test_a_tenant_whose_turn_fails_keeps_no_other_from_his():
    had = []

    async def work(owner: Tenant) -> None:
        had.append(owner.tenant_id)
        if owner.tenant_id == 1:
            raise RuntimeError("a document without a period")

    with pytest.raises(ExceptionGroup) as raised:
        await each_or_last_resort([tenant(n) for n in (1, 2, 3)], work)

    assert [1, 2, 3] == had
    assert [["tenant isp1"]] == [fault.__notes__ for fault in raised.value.exceptions]


@pytest.mark.database
@pytest.mark.parametrize(
    ("billed", "looks"),
    [
        (None, 0),
        (date(2021, 3, 9), 0),
        (date(2026, 3, 8), 0),
        (date(2026, 3, 9), 1),
        (date(2026, 3, 10), 1),
        (date(2026, 4, 30), 1),
    ],
)
async def test_debtors_are_looked_at_once_billing_is_caught_up(
    database_config, database: Callable[[Role], Database], tenant_id, monkeypatch, billed, looks
):
    """Today is 10 March; before the hour of billing a tenant is billed through the 9th."""
    looked_at = []

    async def look(_: Database, __: Tenant, now: datetime) -> LookResult:
        looked_at.append(now)
        return LookResult()

    monkeypatch.setattr(daemon, "look", look)
    async with database(Role.BILLINGD).transaction() as transaction:
        owner = await tenants.of(transaction, tenant_id)
        await transaction.execute(
            insert(billing_progress).values(tenant_id=owner.tenant_id, billed_through=billed)
        )
    billingd = billingd_at(TODAY, database_config, Tasks())
    try:
        await billingd._look_at_debtors(owner)
    finally:
        await billingd.drain()

    assert [TODAY] * looks == looked_at


@pytest.mark.database
async def test_only_a_turn_over_everybody_may_take_an_hour(database_config):
    tasks = Allowances()
    billingd = billingd_at(TODAY, database_config, tasks)
    try:
        await billingd.start()
    finally:
        await billingd.drain()

    assert {"bill_the_day", "look_at_debtors"} == {
        name for name, seconds in tasks.given.items() if seconds == 3600.0
    }
    assert {None, 3600.0} == set(tasks.given.values())
