"""Side effects that wait in `job` rows: messages to subscribers, and the operator's own script."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from billingd import metrics, store
from billingd.config import BillingdConfig, Told
from billingd.notices import Message, outage_notice, warning
from billingd.store import Job, Recipient
from chassis.clock import Clock
from chassis.log import get_logger
from database.connect import Database
from gateways import mail, script, sms
from gateways.mail import Mail, MailError, MailServer, MailUnreachable
from gateways.sms import Sms, SmsError, SmsGateway, SmsUnreachable
from operations import tenants
from operations.money.warnings import WARNING_JOB
from operations.notices import OUTAGE_JOB
from operations.provisioning import PROVISION_JOB

__all__ = ["Jobs"]

JOBS_PER_TURN: Final = 100
TURN_SECONDS_MAX: Final = 15.0
"""No job begins later in a turn: with the 40 s of a slow mail server, or the 120 s of a script, the
turn still ends before its task counts as stuck (`chassis.periodic`)."""

log = get_logger("billingd")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a job is not done; `unreachable`: nor would another of its kind be, now."""

    text: str
    unreachable: bool = False


Way = Callable[[Job], Awaitable[Problem | None]]
"""Does a job; what was wrong, None where it is done."""

Write = Callable[[Job, Recipient, str], Message]
WRITERS: Final[Mapping[str, tuple[Told, Write]]] = {
    WARNING_JOB: (Told.WARNING, warning),
    OUTAGE_JOB: (Told.OUTAGE, outage_notice),
}


class Jobs:
    """Does the jobs of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def tell(self, config: BillingdConfig) -> None:
        """Send what waits, of the kinds for which the configuration names a way."""
        async with sms.connection() as over:
            await self._turn(self._ways(config, over))

    async def provision(self, config: BillingdConfig) -> None:
        """Have the operator's script do what waits for it: one after the other, in their order."""
        if config.provisioning_script is not None:
            await self._turn({PROVISION_JOB: partial(_provision, config.provisioning_script)})

    async def _turn(self, ways: dict[str, Way]) -> None:
        """Do what waits. The rest of a kind that cannot be done now is left for the next turn."""
        begin_before = self._clock.monotonic() + TURN_SECONDS_MAX
        for _ in range(JOBS_PER_TURN):
            taken = await self._take([*ways])
            if taken is None:
                return
            problem = await self._do(taken, ways[taken.kind])
            if problem is not None and problem.unreachable:
                del ways[taken.kind]
            if self._clock.monotonic() >= begin_before:
                return

    async def _take(self, kinds: Sequence[str]) -> Job | None:
        """The job that waits longest and is still of use."""
        while True:
            now = self._clock.now()
            async with self._database.transaction() as transaction:
                taken = await store.take(transaction, kinds, now)
                if taken is None or not await store.is_overtaken(transaction, taken):
                    return taken
                await store.moot(transaction, taken, now)
            metrics.jobs.add(taken.kind, "moot")

    def _ways(self, config: BillingdConfig, over: httpx.AsyncClient) -> dict[str, Way]:
        ways: dict[str, Way] = {}
        server, gateway = _mail_server(config), _sms_gateway(config)
        for kind, (told, write) in WRITERS.items():
            short = gateway if told in config.sms_for else None
            if server is not None or short is not None:
                ways[kind] = partial(self._tell, server, short, over, write)
        return ways

    async def _do(self, taken: Job, way: Way) -> Problem | None:
        problem = await _do_or_last_resort(way, taken)
        now = self._clock.now()
        async with self._database.transaction(taken.tenant_id) as transaction:
            if problem is None:
                await store.done(transaction, taken, now)
                metrics.jobs.add(taken.kind, "done")
            else:
                again = await store.failed(transaction, taken, problem.text, now)
                metrics.jobs.add(taken.kind, "retried" if again else "manual")
                log.warning("job_failed", kind=taken.kind, key=taken.key, problem=problem.text)
        return problem

    async def _tell(
        self,
        server: MailServer | None,
        gateway: SmsGateway | None,
        over: httpx.AsyncClient,
        write: Write,
        taken: Job,
    ) -> Problem | None:
        """By short message where there is a gateway and a usable phone number, else by mail."""
        async with self._database.transaction(taken.tenant_id) as transaction:
            to = await store.recipient(transaction, taken.payload["subscriber_id"])
            owner = await tenants.of(transaction, taken.tenant_id)
        said = write(taken, to, owner.name)
        try:
            if gateway is not None and to.phone and _can_be_dialled(to.phone, gateway):
                await sms.send(over, gateway, Sms(to=to.phone, text=said.short, key=said.key))
            elif server is not None and to.email:
                letter = Mail(to=to.email, subject=said.subject, text=said.text, key=said.key)
                await mail.send(server, letter)
            else:
                wrong = f": {to.phone} is no international number" if gateway and to.phone else ""
                return Problem(f"{to.subscriber} has no address that messages go out to{wrong}")
        except (MailError, SmsError) as fault:
            unreachable = isinstance(fault, MailUnreachable | SmsUnreachable)
            return Problem(str(fault), unreachable=unreachable)
        return None


def _can_be_dialled(phone: str, gateway: SmsGateway) -> bool:
    try:
        sms.international(phone, gateway.country_code)
    except SmsError:
        return False
    return True


async def _do_or_last_resort(way: Way, taken: Job) -> Problem | None:
    """A job that breaks its way is a job that failed: it must not be taken for ever."""
    try:
        return await way(taken)
    except Exception as fault:
        log.exception("job_broken", kind=taken.kind, key=taken.key)
        return Problem(f"{type(fault).__name__}; see `job_broken` in the log")


async def _provision(path: Path, taken: Job) -> Problem | None:
    try:
        await script.run(path, taken.payload["change"], taken.payload)
    except script.ScriptFailed as failed:
        return Problem(str(failed))
    return None


def _mail_server(config: BillingdConfig) -> MailServer | None:
    if not config.smtp_host:
        return None
    return MailServer(
        host=config.smtp_host,
        port=config.smtp_port,
        sender=config.mail_from,
        user=config.smtp_user,
        password=config.smtp_password,
        starttls=config.smtp_starttls,
    )


def _sms_gateway(config: BillingdConfig) -> SmsGateway | None:
    if not config.sms_url:
        return None
    return SmsGateway(
        url=config.sms_url,
        encoding=config.sms_encoding,
        fields=config.sms_fields,
        headers=config.sms_headers,
        user=config.sms_user,
        password=config.sms_password,
        token=config.sms_token,
        accepted=config.sms_accepted,
        country_code=config.sms_country_code,
    )
