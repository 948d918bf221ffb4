"""Jobs: the script is given what was decided, mail tells of outages, failures are retried."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from billingd.config import BillingdConfig
from billingd.jobs import Jobs
from billingd.notices import outage_notice
from billingd.store import Job, Recipient
from chassis.clock import ManualClock
from database.connect import Database, Role
from database.tables.running import job
from operations.provisioning import PROVISION_JOB

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOLD = {
    "subscriber_id": 7, "notice_id": 3, "kind": "outage", "text": None, "zone": "Europe/Belgrade",
    "started_at": "2026-03-10T11:00:00+00:00", "estimate": None, "restored_at": None,
}  # fmt: skip


@pytest.fixture
async def waiting(database: Callable[[Role], Database], tenant_id: int) -> Database:
    """An ONU that a script is to exchange."""
    async with database(Role.COMMAND).transaction(tenant_id) as transaction:
        await transaction.execute(
            insert(job).values(
                tenant_id=tenant_id,
                kind=PROVISION_JOB,
                idempotency_key="1",
                payload={"change": "swap", "serial": "HWTC00000002"},
                next_try_at=NOW,
            )
        )
    return database(Role.BILLINGD)


async def outcome(billingd: Database) -> tuple[str, str | None]:
    async with billingd.transaction() as transaction:
        row = (await transaction.execute(select(job))).one()
    return row.state, row.last_error


def script(directory: Path, *lines: str) -> BillingdConfig:
    path = directory / "provision"
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o700)
    return BillingdConfig(provisioning_script=path)


async def test_the_script_is_told_the_change_and_its_object(waiting: Database, tmp_path: Path):
    config = script(tmp_path, f'echo "$1 $(cat)" > {tmp_path}/told')
    await Jobs(waiting, ManualClock(NOW)).look(config)

    assert ("done", None) == await outcome(waiting)
    assert "swap" == (tmp_path / "told").read_text().split()[0]
    assert '"serial": "HWTC00000002"' in (tmp_path / "told").read_text()


async def test_a_script_that_fails_is_run_again_later_and_says_why(
    waiting: Database, tmp_path: Path
):
    config = script(tmp_path, "echo the OLT is locked", "exit 3")
    jobs = Jobs(waiting, ManualClock(NOW))
    await jobs.look(config)
    await jobs.look(config)

    assert ("waiting", f"{tmp_path}/provision exited with 3: the OLT is locked") == await outcome(
        waiting
    )


async def test_a_script_that_is_not_there_is_a_failure(waiting: Database, tmp_path: Path):
    config = BillingdConfig(provisioning_script=tmp_path / "none")
    await Jobs(waiting, ManualClock(NOW)).look(config)

    assert ("waiting", f"{tmp_path}/none cannot be run: No such file or directory") == (
        await outcome(waiting)
    )


async def test_without_a_script_the_job_waits(waiting: Database):
    await Jobs(waiting, ManualClock(NOW)).look(BillingdConfig())

    assert ("waiting", None) == await outcome(waiting)


def told(**changes: object) -> str:
    taken = Job(
        job_id=1, tenant_id=1, kind="outage.notice", key="k", payload=TOLD | changes, tries=1
    )
    mail = outage_notice(taken, Recipient(subscriber="S-1", name="Ann", email="a@x.example"), "ISP")
    assert mail is not None
    return f"{mail.subject}\n{mail.text}"


def test_an_outage_is_told_in_the_providers_time_or_in_a_persons_words():
    assert "ISP: your service is interrupted\nDear Ann," in told()
    assert "since 2026-03-10 12:00. We know of it" in told()
    assert "back by 2026-03-10 15:30." in told(estimate="2026-03-10T14:30:00+00:00")
    assert "We are digging." in told(text="We are digging.")


def test_its_end_is_told_too():
    mail = told(kind="restored", restored_at="2026-03-10T12:30:00+00:00")

    assert "ISP: your service is back\n" in mail
    assert "began at 2026-03-10 12:00 is over since 2026-03-10 13:30." in mail


def test_who_has_no_mail_address_is_told_nothing():
    taken = Job(job_id=1, tenant_id=1, kind="outage.notice", key="k", payload=TOLD, tries=1)

    assert outage_notice(taken, Recipient(subscriber="S-1", name=None, email=None), "ISP") is None
