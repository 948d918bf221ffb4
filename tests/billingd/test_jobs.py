"""Jobs: the script is given what was decided, messages tell of outages, failures are retried."""

import re
import tomllib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select, update

from billingd import store
from billingd.config import BillingdConfig, BillingdSettings, Told
from billingd.jobs import TURN_SECONDS_MAX, Jobs
from billingd.notices import Message, outage_notice
from billingd.store import Job, Recipient
from chassis.clock import ManualClock
from collectors.notices import QuietHours
from collectors.notifying import Notifying
from collectors.outage_watch import OutageWatch
from database.connect import Database, Role
from database.tables.running import job
from database.tables.subscribers import subscriber
from gateways import mail
from isp.access_network import OnuState
from operations.provisioning import PROVISION_JOB
from tests.support.access_network import OltSite
from tests.support.sms_provider import SmsProvider, sms_provider

DOCUMENT = Path(__file__).parents[2] / "docs/access-network.md"
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
    await Jobs(waiting, ManualClock(NOW)).provision(config)

    assert ("done", None) == await outcome(waiting)
    assert "swap" == (tmp_path / "told").read_text().split()[0]
    assert '"serial": "HWTC00000002"' in (tmp_path / "told").read_text()


async def test_a_script_that_fails_is_run_again_later_and_says_why(
    waiting: Database, tmp_path: Path
):
    config = script(tmp_path, "echo the OLT is locked", "exit 3")
    jobs = Jobs(waiting, ManualClock(NOW))
    await jobs.provision(config)
    await jobs.provision(config)

    assert ("waiting", f"{tmp_path}/provision exited with 3: the OLT is locked") == await outcome(
        waiting
    )


async def test_what_failed_is_done_before_what_was_decided_later_of_the_same_onu(
    waiting: Database, tmp_path: Path
):
    """Else an ONU that was unlinked meanwhile would be linked by the repetition."""
    changes = (("unlink", "HWTC00000001"), ("link", "HWTC00000003"))
    async with waiting.transaction() as transaction:
        swap = update(job).values(
            payload={"change": "swap", "serial": "HWTC00000002", "old_serial": "HWTC00000001"}
        )
        await transaction.execute(swap)
        await transaction.execute(
            insert(job),
            [
                {
                    "tenant_id": 1, "kind": PROVISION_JOB, "idempotency_key": serial,
                    "payload": {"change": change, "serial": serial}, "next_try_at": NOW,
                }
                for change, serial in changes
            ],
        )  # fmt: skip
    told, locked = tmp_path / "told", tmp_path / "locked"
    locked.touch()
    config = script(
        tmp_path, f"if [ $1 = swap ] && [ -e {locked} ]; then exit 1; fi", f"echo $1 >> {told}"
    )
    clock = ManualClock(NOW)
    await Jobs(waiting, clock).provision(config)
    meanwhile = told.read_text().split()
    locked.unlink()
    clock.advance(store.RETRY_MAX.total_seconds())
    await Jobs(waiting, clock).provision(config)

    assert ["link"] == meanwhile
    assert ["link", "swap", "unlink"] == told.read_text().split()


async def test_a_script_that_is_not_there_is_a_failure(waiting: Database, tmp_path: Path):
    config = BillingdConfig(provisioning_script=tmp_path / "none")
    await Jobs(waiting, ManualClock(NOW)).provision(config)

    assert ("waiting", f"{tmp_path}/none cannot be run: No such file or directory") == (
        await outcome(waiting)
    )


async def test_without_a_script_the_job_waits(waiting: Database):
    await Jobs(waiting, ManualClock(NOW)).provision(BillingdConfig())

    assert ("waiting", None) == await outcome(waiting)


def told(**changes: object) -> Message:
    taken = Job(
        job_id=1, tenant_id=1, kind="outage.notice", key="k", payload=TOLD | changes, tries=1
    )
    ann = Recipient(subscriber="S-1", name="Ann", email="a@x.example", phone=None)
    return outage_notice(taken, ann, "ISP")


def test_an_outage_is_told_in_the_providers_time_or_in_a_persons_words():
    assert "ISP: your service is interrupted" == told().subject
    assert told().text.startswith("Dear Ann,\n\nyour service has been interrupted since")
    assert "since 2026-03-10 12:00. We know of it" in told().text
    assert "back by 2026-03-10 15:30." in told(estimate="2026-03-10T14:30:00+00:00").text
    assert "ISP: We are digging." == told(text="We are digging.").short


def test_its_end_is_told_too():
    end = told(kind="restored", restored_at="2026-03-10T12:30:00+00:00")

    assert "ISP: your service is back" == end.subject
    assert "began at 2026-03-10 12:00 is over since 2026-03-10 13:30." in end.short


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with sms_provider() as running:
        yield running


def short(provider: SmsProvider) -> BillingdConfig:
    return BillingdConfig(sms_url=provider.url)


@pytest.fixture
async def outage_to_tell(database: Callable[[Role], Database]) -> OltSite:
    """An outage of four subscribers, whose first has a phone number, with its jobs."""
    watch = OutageWatch(look_soon=lambda _: None, approved_by="automatic")
    site = OltSite(database(Role.OWNER), [watch], onus_per_port=4)
    await site.build(NOW)
    async with site.owner.transaction() as transaction:
        first = subscriber.c.subscriber_id == site.subscribers[0]
        await transaction.execute(update(subscriber).where(first).values(phone="+381 64 123456"))
    await site.read(dict.fromkeys(range(4), OnuState.LOS), NOW)
    await site.read({}, NOW + timedelta(minutes=5))
    never = QuietHours(begin=time(0), end=time(0))
    await Notifying(database(Role.COLLECTORS), ManualClock(NOW), never).turn()
    return site


async def test_an_outage_is_told_by_short_message_to_who_has_a_phone(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(short(provider))
    [said] = provider.forms
    jobs = await outage_to_tell.table(job)

    assert "+38164123456" == said["to"]
    assert "interrupted since 2026-03-10 12:00" in said["text"]
    assert ["done", "waiting", "waiting", "waiting"] == [each.state for each in jobs]
    assert jobs[1].last_error == "olt1-1 has no address that messages go out to"


async def test_what_a_gateway_refuses_is_tried_again_and_at_last_given_to_a_person(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    provider.status = "503 Service Unavailable"
    clock = ManualClock(NOW)
    for _ in range(store.TRIES_MAX + 1):
        await Jobs(database(Role.BILLINGD), clock).tell(short(provider))
        clock.advance(store.RETRY_MAX.total_seconds())
    [refused, *_] = await outage_to_tell.table(job)

    assert ("manual", "the SMS gateway answers 503 OK") == (refused.state, refused.last_error)
    assert store.TRIES_MAX == len(provider.forms)


async def test_one_whose_phone_number_is_none_is_told_by_mail(
    database: Callable[[Role], Database],
    outage_to_tell: OltSite,
    provider: SmsProvider,
    monkeypatch: pytest.MonkeyPatch,
):
    letters: list[EmailMessage] = []
    monkeypatch.setattr(mail, "_send", lambda _, letter: letters.append(letter))
    config = BillingdConfig(sms_url=provider.url, smtp_host="mail.example")
    async with outage_to_tell.owner.transaction() as transaction:
        unusable = {"phone": "ask at the desk", "email": "ann@x.example"}
        first = subscriber.c.subscriber_id == outage_to_tell.subscribers[0]
        await transaction.execute(update(subscriber).values(phone="12", email=None))
        await transaction.execute(update(subscriber).where(first).values(unusable))
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(config)
    jobs = await outage_to_tell.table(job)

    assert ["ann@x.example"] == [each["To"] for each in letters]
    assert [] == provider.forms
    assert ["done", "waiting", "waiting", "waiting"] == [each.state for each in jobs]
    assert jobs[1].last_error.endswith("go out to: 12 is no international number")


async def give_all_a_phone(site: OltSite) -> None:
    async with site.owner.transaction() as transaction:
        await transaction.execute(update(subscriber).values(phone="+38164123456"))


async def test_a_turn_asks_a_gateway_over_one_connection(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    await give_all_a_phone(outage_to_tell)
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(short(provider))

    assert (4, 1) == (len(provider.forms), provider.connections)


async def test_a_gateway_that_cannot_be_asked_is_asked_once_a_turn(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    await give_all_a_phone(outage_to_tell)
    provider.status = ""
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(short(provider))

    assert 1 == len(provider.forms)
    assert [1, 0, 0, 0] == [each.tries for each in await outage_to_tell.table(job)]


async def test_a_gateway_that_refuses_everybody_is_asked_once_a_turn(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    await give_all_a_phone(outage_to_tell)
    provider.status = "429 Too Many Requests"
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(short(provider))

    assert 1 == len(provider.forms)


async def test_an_address_that_no_letter_can_be_written_to_keeps_no_other_from_his(
    database: Callable[[Role], Database],
    outage_to_tell: OltSite,
    monkeypatch: pytest.MonkeyPatch,
):
    letters: list[EmailMessage] = []
    monkeypatch.setattr(mail, "_send", lambda _, letter: letters.append(letter))
    async with outage_to_tell.owner.transaction() as transaction:
        first = subscriber.c.subscriber_id == outage_to_tell.subscribers[0]
        await transaction.execute(update(subscriber).values(email="ann@x.example"))
        await transaction.execute(
            update(subscriber).where(first).values(email="ann@x.example\nBcc: eve@x.example")
        )
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(
        BillingdConfig(smtp_host="mail.example")
    )
    jobs = await outage_to_tell.table(job)

    assert ["waiting", "done", "done", "done"] == [each.state for each in jobs]
    assert jobs[0].last_error.startswith("the letter cannot be written: ")
    assert 3 == len(letters)


async def test_a_job_that_breaks_its_way_has_failed_and_tells_only_the_log_why(
    database: Callable[[Role], Database],
    outage_to_tell: OltSite,
    monkeypatch: pytest.MonkeyPatch,
):
    async def broken(*_: object) -> None:
        raise RuntimeError("password")

    monkeypatch.setattr(mail, "send", broken)
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(
        BillingdConfig(smtp_host="mail.example")
    )
    jobs = await outage_to_tell.table(job)

    assert {"RuntimeError; see `job_broken` in the log"} == {each.last_error for each in jobs}
    assert {1} == {each.tries for each in jobs}


async def test_a_turn_with_a_slow_gateway_ends_and_the_next_one_goes_on(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    await give_all_a_phone(outage_to_tell)
    clock = ManualClock(NOW)
    provider.heard = lambda: clock.advance(TURN_SECONDS_MAX / 2)
    jobs = Jobs(database(Role.BILLINGD), clock)
    await jobs.tell(short(provider))
    once = len(provider.forms)
    await jobs.tell(short(provider))

    assert (2, 4) == (once, len(provider.forms))


async def test_nobody_is_told_of_an_outage_that_is_over_meanwhile(
    database: Callable[[Role], Database], outage_to_tell: OltSite, provider: SmsProvider
):
    for minutes in (10, 15):
        await outage_to_tell.read(
            dict.fromkeys(range(4), OnuState.ONLINE), NOW + timedelta(minutes=minutes)
        )
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(short(provider))

    assert [] == provider.forms
    assert ["moot"] * 4 == [each.state for each in await outage_to_tell.table(job)]


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL))
async def test_the_gateways_of_the_document_are_asked_as_their_providers_want(
    database: Callable[[Role], Database],
    outage_to_tell: OltSite,
    provider: SmsProvider,
    text: str,
):
    said = {"sms_token": "hidden"} | tomllib.loads(text)["billingd"]
    provider.body = b"0: Accepted for delivery"
    config = BillingdConfig(**said | {"sms_url": provider.url})
    await Jobs(database(Role.BILLINGD), ManualClock(NOW)).tell(config)
    asked = unquote_plus(f"{provider.heads[0]}{provider.bodies[0].decode()}")

    assert "38164123456" in asked
    assert "interrupted since 2026-03-10 12:00" in asked
    assert "{" not in asked.replace('{"', "")
    assert "done" == (await outage_to_tell.table(job))[0].state


def test_the_environment_gives_fields_as_json(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TURNPIKE_BILLINGD__SMS_FIELDS", '{"to": "{digits}"}')
    monkeypatch.setenv("TURNPIKE_BILLINGD__SMS_FOR", "outage, warning")

    assert {"to": "{digits}"} == BillingdSettings().billingd.sms_fields
    assert [Told.OUTAGE, Told.WARNING] == BillingdSettings().billingd.sms_for


def test_a_configuration_names_what_a_template_may_not_say():
    with pytest.raises(ValidationError, match="phone} stands for nothing"):
        BillingdConfig(sms_fields={"To": "{phone}"})
    with pytest.raises(ValidationError, match="write it as https://HOST/PATH"):
        BillingdConfig(sms_url="gateway.example")
    with pytest.raises(ValidationError, match="is no pattern"):
        BillingdConfig(sms_accepted="(")
