"""What a daemon says of itself in the database."""

from datetime import UTC, datetime

from sqlalchemy import select

from chassis.clock import ManualClock
from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.periodic import Tasks
from database.connect import Role
from database.daemon_report import DaemonReport
from database.tables.running import daemon_status

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def test_a_daemon_has_one_row_that_follows_it_from_ready_to_stopped(database):
    clock = ManualClock(NOW)
    context = Context(
        name="coa", version="1", clock=clock, tasks=Tasks(), fail=lambda _problem: None
    )
    checks = [Check(name="nases", ok=False, detail="not loaded")]
    coa = database(Role.COA)
    figures = {"lag_seconds": 0.5}
    report = DaemonReport(
        coa,
        context,
        lambda: Health(checks=tuple(checks), status="3 NASes", figures=figures),
    )
    detail = {"status": "3 NASes", "lag_seconds": 0.5}

    async def rows():
        async with coa.transaction() as transaction:
            found = await transaction.execute(select(daemon_status))
            return [(row.daemon, row.state, row.detail, row.seen_at) for row in found]

    await report.write()
    first = await rows()
    checks.clear()
    clock.advance(10)
    await report.write()
    second = await rows()
    await report.farewell()

    assert [("coa", "not ready", detail | {"failing": ["nases not loaded"]}, NOW)] == first
    assert [("coa", "ready", detail, clock.now())] == second
    assert ["stopped"] == [state for _, state, _, _ in await rows()]
