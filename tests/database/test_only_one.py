"""Which of two daemons of one name works on a database."""

import pytest

from chassis.clock import SystemClock
from chassis.lifecycle import Context
from chassis.periodic import Tasks
from database.connect import Database, Role
from database.only_one import OnlyOne
from isp.errors import ExitCode, Refused

END_HOLDERS = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def context(failures: list[str]) -> Context:
    return Context(
        name="billingd", version="0", clock=SystemClock(), tasks=Tasks(), fail=failures.append
    )


async def end_holders(database: Database) -> None:
    """Their connections are lost."""
    async with database.raw() as connection:
        await connection.execute(END_HOLDERS)


async def test_a_second_one_is_refused_until_the_first_gives_up(database):
    first, second = (OnlyOne(database(Role.BILLINGD), context([])) for _ in range(2))
    await first.take()
    with pytest.raises(Refused) as refused:
        await second.take()
    await first.give_up()
    await second.take()
    await second.give_up()

    assert ExitCode.TRY_AGAIN == refused.value.exit_code


async def test_the_one_stays_the_one_over_a_lost_connection(database):
    failures: list[str] = []
    own = database(Role.BILLINGD)
    one, other = OnlyOne(own, context(failures)), OnlyOne(database(Role.BILLINGD), context([]))
    await one.take()
    await end_holders(own)
    await one.stay()
    with pytest.raises(Refused):
        await other.take()
    await one.give_up()

    assert [] == failures


async def test_the_daemon_fails_where_another_was_faster(database):
    failures: list[str] = []
    own = database(Role.BILLINGD)
    one, other = OnlyOne(own, context(failures)), OnlyOne(database(Role.BILLINGD), context([]))
    await one.take()
    await end_holders(own)
    await other.take()
    await one.stay()
    await other.give_up()

    assert ["another billingd runs on this database"] == [
        each.partition(";")[0] for each in failures
    ]
