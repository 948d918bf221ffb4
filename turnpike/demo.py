"""The demo provider of `turnpike up --demo`: plans, subscribers with a past, a network."""

import csv
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random
from typing import Final

from chassis.clock import SystemClock
from chassis.config import Settings
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.connect import Database, Role
from isp.access import Access
from operations import accounts, entitlement, operators, plans, pools, tenants
from operations.import_rows import read_rows
from operations.importing import import_file
from operations.money import payments
from operations.money import run as billing_run
from operations.plans import PlanTerms
from operations.tenants import Tenant
from turnpike import demo_network
from turnpike.supervisor import Companions

__all__ = ["open_demo"]

ACTOR: Final = "demo"
SUBSCRIBERS: Final = 200
PAST_DAYS: Final = 70
"""Two bills at least, and the next under way."""

PAY_AFTER_DAYS: Final = 6
PAYS_NOT: Final = 20
"""One in so many subscribers never pays."""

REFERENCE: Final = "D-"

OPERATOR: Final = "admin"
FIRST_NAMES: Final = [
    "Ada",
    "Ben",
    "Cleo",
    "Dina",
    "Egon",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "Jana",
    "Kofi",
    "Lena",
    "Max",
    "Nia",
    "Otto",
    "Pia",
]
LAST_NAMES: Final = [
    "Adler",
    "Brandt",
    "Costa",
    "Diaz",
    "Ek",
    "Fuchs",
    "Greco",
    "Holm",
    "Ito",
    "Jensen",
    "Kaya",
    "Lind",
    "Moreau",
]
AREAS: Final = ("North", "Harbour", "Old Town", "Hillside")
SOON: Final = ("Acct-Interim-Interval=60",)
"""The least that RFC 2869 §5.16 allows: usage is to be seen in the first minutes."""

PLANS: Final = {
    "home-100": PlanTerms(
        price=Decimal("25.00"),
        tax="20",
        down_kbps=100_000,
        up_kbps=20_000,
        pool="homes",
        attributes=SOON,
    ),
    "home-500": PlanTerms(
        price=Decimal("39.00"),
        tax="20",
        down_kbps=500_000,
        up_kbps=100_000,
        pool="homes",
        attributes=SOON,
    ),
    "office-1000": PlanTerms(
        price=Decimal("89.00"),
        tax="20",
        down_kbps=1_000_000,
        up_kbps=1_000_000,
        pool="homes",
        unpaid_access=Access.WALLED,
        attributes=SOON,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """Where the demo keeps what its traffic needs: its NAS's secret, the lines that dial in."""

    directory: Path

    @property
    def secret_file(self) -> Path:
        return self.directory / "nas-secret"

    @property
    def lines_file(self) -> Path:
        return self.directory / "lines.csv"

    @property
    def operator_file(self) -> Path:
        return self.directory / "operator-password"


async def open_demo(settings: Settings) -> Companions:
    """Make the provider where there is none yet; returns what plays his network."""
    demo = Demo(directory=settings.database.data / "demo")
    database = Database(settings.database, Role.COMMAND, "turnpike demo")
    clock = SystemClock()
    try:
        async with database.transaction() as transaction:
            owner = await tenants.named(transaction, None)
        async with database.transaction(owner.tenant_id) as transaction:
            made = await plans.listed(transaction)
        keys = KeyRing.load_or_create(settings.database.key_ring)
        if not made:
            _say(f"a provider with {SUBSCRIBERS} subscribers and {PAST_DAYS} days behind them")
            opening = clock.now() - timedelta(days=PAST_DAYS)
            await _open_shop(database, owner, demo, keys, opening)
            await _past(database, owner, clock.now())
        async with database.transaction(owner.tenant_id) as transaction:
            network = await demo_network.programs(
                transaction,
                settings,
                keys,
                secret_file=demo.secret_file,
                lines_file=demo.lines_file,
                actor=ACTOR,
                now=clock.now(),
            )
    finally:
        await database.close()
    _say(f"sign in as {OPERATOR}, password in {demo.operator_file}")
    command = Path(sys.executable).with_name("turnpike")
    asked = f"why {_login(f'{REFERENCE}{PAYS_NOT:04}')}"
    _say(f"ask about one who never pays: {command} --data {settings.database.data} {asked}")
    return network


def _say(line: str) -> None:
    print(f"demo: {line}", flush=True)


async def _open_shop(
    database: Database, owner: Tenant, demo: Demo, keys: KeyRing, now: datetime
) -> None:
    """Plans, a pool, a NAS, an operator and the subscribers, in one transaction."""
    demo.directory.mkdir(exist_ok=True)
    secret, password = (Secret(secrets.token_urlsafe(18)) for _ in range(2))
    subscribers = list(_subscribers(owner.today(now), demo_network.onu_serials(SystemClock())))
    _write_private(demo.secret_file, f"{secret.reveal()}\n")
    _write_private(demo.operator_file, f"{password.reveal()}\n")
    lines = "".join(f"{row['login']},{row['password']}\n" for row in subscribers)
    _write_private(demo.lines_file, lines)
    async with database.transaction(owner.tenant_id) as transaction:
        for name, terms in PLANS.items():
            await plans.add(transaction, name=name, terms=terms, actor=ACTOR, now=now)
        for network, length in (("100.64.0.0/16", None), ("2001:db8:1000::/40", 56)):
            await pools.add(
                transaction,
                name="homes",
                network=network,
                prefix_length=length,
                actor=ACTOR,
                now=now,
            )
        await demo_network.enter(transaction, secret, keys, actor=ACTOR, now=now)
        await operators.add(transaction, name=OPERATOR, password=password, actor=ACTOR, now=now)
        await import_file(
            transaction,
            read_rows(_csv(subscribers)),
            source="demo.csv",
            keys=keys,
            actor=ACTOR,
            now=now,
        )


def _subscribers(opening: date, serials: Iterator[str]) -> Iterator[dict[str, str]]:
    """The same people each time, with passwords of their own."""
    chance = Random(7)
    for number in range(1, SUBSCRIBERS + 1):
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
        start = opening + timedelta(days=chance.randrange(PAST_DAYS - 3))
        yield {
            "login": _login(f"{REFERENCE}{number:04}"),
            "password": secrets.token_urlsafe(9),
            "plan": chance.choices(list(PLANS), weights=(6, 3, 1))[0],
            "subscriber": f"{REFERENCE}{number:04}",
            "name": name,
            "email": f"d{number:04}@mail.example",
            "phone": f"+1202555{number:04}",
            "area": chance.choice(AREAS),
            "start": start.isoformat(),
            "onu_serial": next(serials),
        }


async def _past(database: Database, owner: Tenant, now: datetime) -> None:
    """Live through the months: a run on each first, most pay, who does not is cut off."""
    first_days = [
        day
        for ago in range(PAST_DAYS, 0, -1)
        if (day := owner.today(now) - timedelta(days=ago)).day == 1
    ]
    for day in first_days:
        morning = owner.midnight(day) + timedelta(hours=6)
        await billing_run.run(database, owner, through=day, actor=ACTOR, now=morning, by_hand=False)
        await _pay(database, owner, min(morning + timedelta(days=PAY_AFTER_DAYS), now))
    for by_hand in (False, True):
        await billing_run.run(
            database, owner, through=owner.today(now), actor=ACTOR, now=now, by_hand=by_hand
        )
        await _pay(database, owner, now)
    async with database.transaction(owner.tenant_id) as transaction:
        await entitlement.rewrite_expired(transaction, now, SUBSCRIBERS)


async def _pay(database: Database, owner: Tenant, at: datetime) -> None:
    async with database.transaction(owner.tenant_id) as transaction:
        for subscriber, amount in (await accounts.debts(transaction)).items():
            if int(subscriber.removeprefix(REFERENCE)) % PAYS_NOT:
                await payments.record(
                    transaction,
                    owner,
                    login=_login(subscriber),
                    amount=str(amount),
                    method="bank",
                    reference=f"demo-{subscriber}-{at:%Y-%m-%d}",
                    on=owner.today(at),
                    actor=ACTOR,
                    now=at,
                )


def _login(subscriber: str) -> str:
    return f"{subscriber.lower()}@demo.example"


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
