"""The billing daemon: what falls due by date, who is blocked and let back in, side effects.

Everything it does is a turn of a periodic task over rows; it may be killed anywhere. One runs per
database, held by an advisory lock.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billingd import metrics, store
from billingd.config import BillingdSettings
from billingd.jobs import Jobs
from billingd.steadiness import Steadiness
from chassis.health import Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.only_one import OnlyOne
from database.version import require_schema_version
from operations import due_changes, entitlement
from operations.money.blocking import look
from operations.money.run import run
from operations.money.standing import billed_through
from operations.tenants import Tenant

__all__ = ["Billingd", "each_or_last_resort"]

TenantWork = Callable[[Tenant], Awaitable[None]]

STAY_SECONDS = 1.0
"""How soon it is seen that another billingd has the lock."""

EVERYBODY_SECONDS_MAX = 3600.0
"""A turn over all subscribers of all tenants takes minutes on the first of a month. Were it taken
for stuck, the watchdog would kill it and the next start begin anew: it would never end."""

DECISIONS_PER_TURN = 500
ONE_DAY = timedelta(days=1)

CAUGHT_UP_DAYS_MAX = 1
"""Before the hour of billing a tenant is billed through yesterday, and that is all there is."""

AUTHOR = "billingd"
log = get_logger("billingd")


class Billingd:
    """Periodic work on one database."""

    def __init__(self, settings: BillingdSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._clock = context.clock
        self._database = Database(settings.database, Role.BILLINGD, "turnpike billingd")
        self._jobs = Jobs(self._database, self._clock)
        self._steadiness = Steadiness(self._clock)
        self._only_one = OnlyOne(self._database, context)
        self._status = "begins"
        self._report = DaemonReport(self._database, context, self.health)

    async def start(self) -> None:
        """Be the only one, then begin."""
        await require_schema_version(self._database)
        await self._only_one.take()
        tasks = self._context.tasks
        tasks.every(STAY_SECONDS, "stay_only_one", self._only_one.stay)
        tasks.every(1.0, "decide_due", self._decide_due)
        tasks.every(10.0, "apply_due_changes", self._for_all(self._apply_due_changes))
        for name, work in (
            ("bill_the_day", self._bill_the_day),
            ("look_at_debtors", self._look_at_debtors),
        ):
            turn = self._by_the_date(work)
            tasks.every(30.0, name, turn, allowance_seconds=EVERYBODY_SECONDS_MAX)
        tasks.every(5.0, "tell", lambda: self._jobs.tell(self._settings.billingd))
        tasks.every(30.0, "provision", lambda: self._jobs.provision(self._settings.billingd))
        self._report.begin()

    async def reload(self, settings: BillingdSettings) -> None:
        """The next turn of each task uses the new settings."""
        self._settings = settings

    async def drain(self) -> None:
        """End the tasks, wherever they are; let go of the lock and the connections."""
        await self._context.tasks.stop()
        await self._only_one.give_up()
        await self._report.farewell()
        await self._database.close()

    def health(self) -> Health:
        """Nothing beside its tasks, which the chassis watches."""
        return Health(status=self._status)

    def _for_all(self, work: TenantWork) -> Callable[[], Awaitable[None]]:
        async def turn() -> None:
            async with self._database.transaction() as transaction:
                owners = await store.all_tenants(transaction)
            await each_or_last_resort(owners, work)

        return turn

    def _by_the_date(self, work: TenantWork) -> Callable[[], Awaitable[None]]:
        """Work that waits while the date is in doubt."""
        turn = self._for_all(work)

        async def steady_turn() -> None:
            if self._steadiness.is_steady():
                await turn()

        return steady_turn

    async def _decide_due(self) -> None:
        """Entitlements that were asked for, and those whose time has passed."""
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            asked = await entitlement.drain_due(transaction, DECISIONS_PER_TURN, now)
            expired = await entitlement.rewrite_expired(transaction, now, DECISIONS_PER_TURN)
        metrics.due_entitlements.add("asked", amount=asked)
        metrics.due_entitlements.add("expired", amount=expired)

    async def _apply_due_changes(self, owner: Tenant) -> None:
        """Plan changes, ends and holds whose day has come, until none is left."""
        changed = 1
        while changed:
            async with self._database.transaction(owner.tenant_id) as transaction:
                changed = await due_changes.apply(transaction, owner, self._clock.now())

    async def _bill_the_day(self, owner: Tenant) -> None:
        """Bill through today, from the configured hour on.

        A tenant's first run is a person's, who has looked at its preview.
        """
        now = self._clock.now()
        async with self._database.transaction(owner.tenant_id) as transaction:
            through = await billed_through(transaction, owner)
        if through is None:
            self._status = f"{owner.name} waits for a first run by hand"
            return
        age = (owner.today(now) - through).days
        metrics.billed_through_age_days.set(age, owner.name)
        today = self._billable_day(owner, now)
        if through >= today:
            self._status = f"billed {owner.name} through {through}"
            return
        result = await run(
            self._database, owner, through=today, actor=AUTHOR, now=now, by_hand=False
        )
        metrics.documents.add(amount=result.documents)
        self._status = f"billed {owner.name} through {today}"
        log.info(
            "billing_day_done",
            tenant=owner.name,
            through=str(today),
            documents=result.documents,
            total=str(result.total),
        )

    def _billable_day(self, owner: Tenant, now: datetime) -> date:
        local = now.astimezone(ZoneInfo(owner.zone))
        begun = local.time() >= self._settings.billingd.run_at
        return local.date() if begun else local.date() - ONE_DAY

    async def _look_at_debtors(self, owner: Tenant) -> None:
        """Warn, block and hold back for approval, as the tenant's policy says.

        It waits until the tenant is billed: payments may be as late as the bills are, and a clock
        that is wrong by years at the start, which is billed by no run, ends nobody.
        """
        now = self._clock.now()
        async with self._database.transaction(owner.tenant_id) as transaction:
            through = await billed_through(transaction, owner)
        if through is None or (owner.today(now) - through).days > CAUGHT_UP_DAYS_MAX:
            return
        result = await look(self._database, owner, now)
        metrics.warned.add(amount=result.warned)
        metrics.blocked.add(amount=result.blocked)
        metrics.ended.add(amount=result.ended)
        metrics.awaiting_approval.set(result.awaiting, owner.name)
        if result.blocked or result.ended:
            log.info(
                "debtors_blocked",
                tenant=owner.name,
                services=result.blocked,
                ended=result.ended,
            )


async def each_or_last_resort(owners: Iterable[Tenant], work: TenantWork) -> None:
    """Give every tenant his turn; what failed is raised after it, and keeps nobody else waiting."""
    faults: list[Exception] = []
    for owner in owners:
        try:
            await work(owner)
        except Exception as fault:
            fault.add_note(f"tenant {owner.name}")
            faults.append(fault)
    if faults:
        raise ExceptionGroup("tenants whose turn failed", faults)
