"""A small provider as the pages show one: debtors, payers, people online, hostile names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.config import DatabaseConfig
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.connect import Database, Role
from database.tables.enforcement import enforcement_action
from database.tables.sessions import auth_attempt, session, session_live, usage_hourly
from devices.credentials import Credentials
from isp.access_network import DeviceKind
from isp.nas import Vendor
from operations import devices, nas, operators, plans, subscribers, tenants
from operations.import_rows import ImportRow
from operations.money import invoices, payments
from operations.money.run import run
from operations.onu_linking import link_sold
from operations.service_record import ServiceRecord
from tests.support.access_network import see_alarm, see_device, see_onus, see_outage

__all__ = [
    "CROWD",
    "DEBTOR",
    "HOSTILE",
    "NAS_OF_A_HOSTILE_NAME",
    "OLT",
    "ONU",
    "ONU_IN_THE_DARK",
    "OPERATOR",
    "PASSWORD",
    "PAYER",
    "Provider",
    "fill",
]

OPERATOR: Final = "ann"
PASSWORD: Final = "correct horse battery"
PAYER: Final = "S00001"
DEBTOR: Final = "S00002"
HOSTILE: Final = 'S/00003 <script>alert("x")</script>'
NAS_OF_A_HOSTILE_NAME: Final = "bras2 <img src=x onerror=alert(1)>"
CROWD: Final = 60
"""More than one page."""

BILLED: Final = 6
"""Of the crowd; the others are AAA only. Three of them do not pay."""

MEGABYTE: Final = 10**6
ONU: Final = "HWTC00000001"
ONU_IN_THE_DARK: Final = "HWTC00000002"
OLT: Final = "olt1"
DAYS: Final = 45
NEWEST_DOCUMENT_DAYS: Final = 5
ACTOR: Final = "import"
SURNAMES: Final = ("Kovač", "Ilić", "Novak", "Horvat", "Petrović", "Jovanović", "Marković", "Babić")
NAMES: Final = ("Ana", "Bojan", "Ceca", "Dragan", "Ema", "Filip", "Goran")
AREAS: Final = ("Old Town", "Harbour", "Hill Street")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Its database, and when everything was so."""

    config: DatabaseConfig
    tenant_id: int
    now: datetime

    def dates(self) -> dict[str, Any]:
        """Everybody began long enough ago for overdue documents; the newest is not due yet."""
        today = self.now.date()
        issued = today - timedelta(days=NEWEST_DOCUMENT_DAYS)
        return {"start": today - timedelta(days=DAYS), "anchor_day": issued.day}


async def fill(config: DatabaseConfig, tenant_id: int, now: datetime) -> Provider:
    """Sell, connect, bill, take payments, refuse: through the operations wherever there are any."""
    made = Provider(config=config, tenant_id=tenant_id, now=now)
    command, radiusd, coa, collectors = (
        Database(config, role) for role in (Role.COMMAND, Role.RADIUSD, Role.COA, Role.COLLECTORS)
    )
    begun = now - timedelta(days=DAYS)
    try:
        async with command.transaction(tenant_id) as transaction:
            await _open_shop(transaction, begun)
            payer, debtor, hostile, *crowd = await _sell(transaction, made, begun)
            owner = await tenants.current(transaction)
        await run(command, owner, through=now.date(), actor=OPERATOR, now=now, by_hand=True)
        async with command.transaction(tenant_id) as transaction:
            await _pay(transaction, owner, [payer, *crowd[3:BILLED]], now)
            known = [each.nas.nas_id for each in await nas.listed(transaction)]
        async with radiusd.transaction() as transaction:
            for each in (payer, debtor):
                await _use(transaction, each, known[0], now)
            await _sessions(transaction, [payer, hostile, *crowd], known, now)
            await _attempts(transaction, payer, debtor, known[0], now)
        async with coa.transaction() as transaction:
            await _enforced(transaction, debtor, known[0], now)
        async with command.transaction(tenant_id) as transaction:
            await _enter_olt(transaction, now)
        async with collectors.transaction() as transaction:
            await _light(transaction, now)
    finally:
        for database in (command, radiusd, coa, collectors):
            await database.close()
    return made


async def _open_shop(transaction: AsyncConnection, now: datetime) -> None:
    await operators.add(transaction, name=OPERATOR, password=Secret(PASSWORD), actor=ACTOR, now=now)
    for name, price, down, up in (("fibre-100", 25, 100, 20), ("fibre-1000", 45, 1000, 200)):
        terms = plans.PlanTerms(
            price=Decimal(price), tax="20", down_kbps=down * 1000, up_kbps=up * 1000
        )
        await plans.add(transaction, name=name, terms=terms, actor=ACTOR, now=now)
    for index, name in enumerate(("bras1", NAS_OF_A_HOSTILE_NAME)):
        await nas.add(
            transaction,
            name=name,
            address=f"192.0.2.{index + 1}",
            secret=Secret("a secret of the tests"),
            keys=KeyRing.generate(),
            vendor=Vendor.MIKROTIK,
            actor=ACTOR,
            now=now,
        )


async def _sell(
    transaction: AsyncConnection, provider: Provider, now: datetime
) -> Sequence[ServiceRecord]:
    hostile = '"><script>alert(1)</script>@example.net'
    rows = [
        _row(PAYER, "ana.kovac@example.net", "Ana Kovač", 1, plan="fibre-1000", mac=MAC)
        | {"onu_serial": ONU},
        _row(DEBTOR, "bojan@example.net", "Bojan Ilić", 2) | {"onu_serial": ONU_IN_THE_DARK},
        _row(HOSTILE, hostile, "<b>'&\"\u202egro.live", 3),
        *(
            _row(
                f"S{index:05d}",
                f"user{index:03d}@example.net",
                f"{NAMES[index % len(NAMES)]} {SURNAMES[index % len(SURNAMES)]}",
                index,
                billing=index < 100 + BILLED,
            )
            for index in range(100, 100 + CROWD)
        ),
    ]
    return [
        await subscribers.add(
            transaction,
            row=ImportRow(**provider.dates() | row),
            keys=KeyRing.generate(),
            actor=ACTOR,
            now=now,
        )
        for row in rows
    ]


async def _enter_olt(transaction: AsyncConnection, now: datetime) -> None:
    await devices.add(
        transaction,
        name=OLT,
        kind=DeviceKind.OLT,
        host="192.0.2.10",
        port=161,
        driver="huawei",
        credentials=Credentials(),
        keys=KeyRing.generate(),
        area=AREAS[0],
        actor=ACTOR,
        now=now,
    )


async def _light(transaction: AsyncConnection, now: datetime) -> None:
    """Ana's ONU is well, Bojan's is in an outage, a third is nobody's and nobody's friend."""
    await see_device(transaction, OLT, now, temperature_celsius=41.0)
    well = {"serial": ONU, "rx_dbm": -21.4, "olt_rx_dbm": -25.6, "optics_read_at": now}
    dark = {"serial": ONU_IN_THE_DARK, "state": "los", "last_down_cause": "dying_gasp"}
    hostile = {"serial": "HWTC00000003", "description": HOSTILE, "rx_dbm": -28.0}
    onus = await see_onus(transaction, OLT, [well | {"distance_m": 1870}, dark, hostile], now)
    await link_sold(transaction, onu_ids=onus)
    await see_outage(transaction, OLT, onus[1:2], now, estimate=now + timedelta(hours=2))
    await see_alarm(transaction, OLT, "HWTC00000003", now, value=-28.0, threshold=-27.0)


MAC: Final = "02:00:5e:00:53:01"


def _row(reference: str, login: str, name: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "line": 0,
        "login": login,
        "plan": "fibre-100",
        "subscriber": reference,
        "name": name,
        "password": Secret("secret"),
        "phone": f"+38111555{number:04d}",
        "email": f"mail{number:04d}@example.org",
        "area": AREAS[number % len(AREAS)],
    } | more


async def _pay(
    transaction: AsyncConnection,
    owner: tenants.Tenant,
    payers: Sequence[ServiceRecord],
    now: datetime,
) -> None:
    """All that is open; the first of them leaves the newest document to be paid."""
    for index, each in enumerate(payers):
        documents = await invoices.invoices(transaction, login=each.login)
        await payments.record(
            transaction,
            owner,
            login=each.login,
            amount=str(sum(one.open for one in documents[index == 0 :])),
            method="bank",
            reference=f"RF18 5390 0754 {index:04d}",
            actor=OPERATOR,
            now=now,
        )


async def _use(
    transaction: AsyncConnection, found: ServiceRecord, nas_id: int, now: datetime
) -> None:
    for back in range(29):
        hour = (now - timedelta(days=back)).replace(minute=0, second=0, microsecond=0)
        wave = 3 + (back * 7) % 11
        await transaction.execute(
            insert(usage_hourly).values(
                tenant_id=found.tenant_id,
                subscriber_id=found.subscriber_id,
                service_id=found.service_id,
                hour=hour,
                octets_down=wave * 900 * MEGABYTE,
                octets_up=wave * 130 * MEGABYTE,
            )
        )
    for back, cause in ((1, 6), (3, 2), (8, 1)):
        ended = now - timedelta(days=back, minutes=17 * back)
        await transaction.execute(
            insert(session).values(
                _session(found, nas_id, ended - timedelta(hours=20), back)
                | {"closed_on": now.date(), "ended_at": ended, "last_seen_at": ended}
                | {"terminate_cause": cause, "closed_by": "stop"}
                | {"session_time_seconds": 20 * 3600, "calling_station_id": MAC}
            )
        )


async def _sessions(
    transaction: AsyncConnection,
    found: Sequence[ServiceRecord],
    known: Sequence[int],
    now: datetime,
) -> None:
    """Two thirds of them are online; the second hangs on the NAS of a hostile name."""
    for index, each in enumerate(found):
        if index % 3 == 2:
            continue
        await transaction.execute(
            insert(session_live).values(
                _session(each, known[index % 2], now - timedelta(minutes=7 + 11 * index), index)
                | {"last_seen_at": now, "granted_access": "full", "granted_version": 1}
                | {"granted_down_kbps": 1_000_000 if index == 0 else 100_000}
                | {"granted_up_kbps": 200_000 if index == 0 else 20_000}
            )
        )


def _session(found: ServiceRecord, nas_id: int, started: datetime, index: int) -> dict[str, Any]:
    return {
        "session_key": uuid4(),
        "tenant_id": found.tenant_id,
        "subscriber_id": found.subscriber_id,
        "service_id": found.service_id,
        "nas_id": nas_id,
        "acct_session_id": f"8100{index:04x}",
        "login": found.login,
        "framed_ip": f"100.64.0.{index + 1}",
        "calling_station_id": f"02:00:5e:00:53:{index + 1:02x}",
        "nas_port_id": f"ether1-olt2/{index}",
        "octets_up": 61 * MEGABYTE * (index + 1),
        "octets_down": 740 * MEGABYTE * (index + 1),
        "session_time_seconds": 420 + 660 * index,
        "started_at": started,
    }


async def _attempts(
    transaction: AsyncConnection,
    payer: ServiceRecord,
    debtor: ServiceRecord,
    nas_id: int,
    now: datetime,
) -> None:
    for found, outcome, reason, count in (
        (payer, "accept", "accepted", 1),
        (debtor, "reject", "hold_unpaid", 37),
        (debtor, "accept", "accepted", 1),
    ):
        at = now - timedelta(minutes=4 if outcome == "reject" else 300)
        await transaction.execute(
            insert(auth_attempt).values(
                attempted_on=now.date(),
                tenant_id=found.tenant_id,
                subscriber_id=found.subscriber_id,
                service_id=found.service_id,
                window_start=at,
                nas_id=nas_id,
                login=found.login,
                calling_station_id=MAC,
                outcome=outcome,
                reason=reason,
                count=count,
                first_at=at,
                last_at=at,
            )
        )


async def _enforced(
    transaction: AsyncConnection, found: ServiceRecord, nas_id: int, now: datetime
) -> None:
    await transaction.execute(
        insert(enforcement_action).values(
            tenant_id=found.tenant_id,
            subscriber_id=found.subscriber_id,
            service_id=found.service_id,
            nas_id=nas_id,
            session_key=uuid4(),
            acct_session_id="810000ff",
            login=found.login,
            at=now - timedelta(minutes=6),
            kind="disconnect",
            cause="access",
            outcome="acknowledged",
            tries=1,
            proven_at=now - timedelta(minutes=6),
            proof="stop",
        )
    )
