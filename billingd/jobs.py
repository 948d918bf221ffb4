"""Side effects that wait in `job` rows: mail to subscribers, and the operator's own script."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from billingd import metrics, store
from billingd.config import BillingdConfig
from billingd.notices import outage_notice, warning
from billingd.store import Job, Recipient
from chassis.clock import Clock
from chassis.log import get_logger
from database.connect import Database
from gateways import script
from gateways.mail import Mail, MailError, MailServer, send
from operations import tenants
from operations.money.blocking import WARNING_JOB
from operations.notices import OUTAGE_JOB
from operations.provisioning import PROVISION_JOB

__all__ = ["Jobs"]

JOBS_PER_TURN: Final = 100

log = get_logger("billingd")

Way = Callable[[Job], Awaitable[str | None]]
"""Does a job; what was wrong, None where it is done."""

Write = Callable[[Job, Recipient, str], Mail | None]
WRITERS: Final[Mapping[str, Write]] = {WARNING_JOB: warning, OUTAGE_JOB: outage_notice}


class Jobs:
    """Does the jobs of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self, config: BillingdConfig) -> None:
        """Do what waits, of the kinds for which the configuration names a way."""
        ways = self._ways(config)
        for _ in range(JOBS_PER_TURN):
            now = self._clock.now()
            async with self._database.transaction() as transaction:
                taken = await store.take(transaction, [*ways], now)
            if taken is None:
                return
            await self._do(taken, ways[taken.kind])

    def _ways(self, config: BillingdConfig) -> Mapping[str, Way]:
        ways: dict[str, Way] = {}
        if (server := _mail_server(config)) is not None:
            ways |= {kind: partial(self._mail, server, write) for kind, write in WRITERS.items()}
        if config.provisioning_script is not None:
            ways[PROVISION_JOB] = partial(_provision, config.provisioning_script)
        return ways

    async def _do(self, taken: Job, way: Way) -> None:
        problem = await way(taken)
        now = self._clock.now()
        async with self._database.transaction(taken.tenant_id) as transaction:
            if problem is None:
                await store.done(transaction, taken, now)
                metrics.jobs.add(taken.kind, "done")
            else:
                again = await store.failed(transaction, taken, problem, now)
                metrics.jobs.add(taken.kind, "retried" if again else "manual")
                log.warning("job_failed", kind=taken.kind, key=taken.key, problem=problem)

    async def _mail(self, server: MailServer, write: Write, taken: Job) -> str | None:
        async with self._database.transaction(taken.tenant_id) as transaction:
            to = await store.recipient(transaction, taken.payload["subscriber_id"])
            owner = await tenants.of(transaction, taken.tenant_id)
        mail = write(taken, to, owner.name)
        if mail is None:
            return f"{to.subscriber} has no mail address"
        try:
            await send(server, mail)
        except MailError as fault:
            return str(fault)
        return None


async def _provision(path: Path, taken: Job) -> str | None:
    try:
        await script.run(path, taken.payload["change"], taken.payload)
    except script.ScriptFailed as failed:
        return str(failed)
    return None


def _mail_server(config: BillingdConfig) -> MailServer | None:
    if config.smtp_host is None:
        return None
    return MailServer(
        host=config.smtp_host,
        port=config.smtp_port,
        sender=config.mail_from,
        user=config.smtp_user,
        password=config.smtp_password,
        starttls=config.smtp_starttls,
    )
