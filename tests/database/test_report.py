"""What the report views promise: their columns, and what they make of a small provider."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from chassis.clock import SystemClock
from database.connect import Database, Role
from database.report import view_names
from database.tables import (
    access_network,
    billing,
    enforcement,
    network,
    outages,
    sessions,
    subscribers,
    tenancy,
)
from tests.support.every_table import fill_every_table

Open = Callable[[Role], Database]
NOW = SystemClock().now()

PROMISED = {
    "addresses": "address subscriber service login held_during",
    "ageing": "subscriber currency open",
    "alarms": "what where severity raised_at cleared_at",
    "audit": "at actor action object_kind object_name before after reason",
    "auth_attempts": "first_at last_at count nas login outcome reason calling_station_id",
    "enforcement": "at login nas acct_session_id kind cause outcome error_cause tries proven_at",
    "holds": "subscriber service kind author reason placed_at until",
    "invoice_lines": "number position service kind description period_from period_to quantity "
    "unit_price net tax total",
    "invoices": "subscriber number kind state issued_on due_on period_from period_to net tax total "
    "open currency",
    "jobs": "kind state tries",
    "ledger": "transaction at account subscriber amount currency",
    "nas": "name vendor last_packet_at sessions drops",
    "olts": "device model state last_poll_at onus onus_online",
    "onus": "device serial port onu_id state description model last_down_cause last_down_at rx_dbm "
    "tx_dbm olt_rx_dbm distance_m temperature_celsius service login",
    "outage_subscribers": "outage subscriber service login onu_serial down_at restored_at",
    "outages": "scope cause started_at estimate restored_at subscribers",
    "payments": "subscriber method reference paid_on amount allocated state collected_by",
    "pools": "pool used free exhausted_on",
    "queues": "router service login wanted actual drift checked_at",
    "services": "subscriber service login plan kind state holds started_on ended_on "
    "invoiced_until online",
    "sessions": "nas acct_session_id subscriber service login started_at last_seen_at framed_ip "
    "framed_ipv6_prefix delegated_ipv6_prefix calling_station_id nas_port_id circuit_id "
    "onu_serial octets_up octets_down session_time_seconds ended_at terminate_cause closed_by",
    "sessions_live": "nas acct_session_id subscriber service login started_at last_seen_at "
    "framed_ip framed_ipv6_prefix delegated_ipv6_prefix calling_station_id nas_port_id circuit_id "
    "onu_serial octets_up octets_down session_time_seconds down_kbps up_kbps enforcement",
    "subscribers": "subscriber name email phone area services online balance currency "
    "next_block_on",
    "usage_daily": "subscriber service login day traffic_class octets_up octets_down",
    "uptime": "scope area device subscriber month down_seconds uptime_percent promised_percent "
    "breached",
    "usage_crosscheck": "subscriber service day radius_octets device_octets difference_percent",
}
"""INTERFACES: at least these columns, and `tenant`."""


class House:
    """A provider with one of everything, its rows changed by name, its views read."""

    def __init__(self, database: Open, made: dict[str, dict[str, Any]]) -> None:
        self.owner = database(Role.OWNER)
        self.reader = database(Role.READER)
        self.made = made

    async def change(self, table: Any, **values: Any) -> None:
        async with self.owner.transaction() as owner:
            await owner.execute(update(table).values(values))

    async def add(self, table: Any, **values: Any) -> None:
        row = {k: v for k, v in self.made[table.name].items() if k != "changed_xid"} | values
        key = f"{table.name}_id"
        if key in row and key not in values:
            del row[key]
        async with self.owner.transaction() as owner:
            await owner.execute(insert(table).values(row))

    async def seen(self, view: str, *columns: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {', '.join(columns)} FROM report.{view} ORDER BY 1"
        async with self.reader.transaction(1) as reader:
            return [tuple(row) for row in await reader.execute(text(query))]


@pytest.fixture
async def house(database: Open) -> House:
    async with database(Role.OWNER).transaction() as owner:
        return House(database, await fill_every_table(owner, 1, NOW))


async def test_every_view_has_the_columns_that_outside_readers_rely_on(database: Open):
    async with database(Role.READER).transaction() as reader:
        found = await reader.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'report'"
            )
        )
        columns: dict[str, set[str]] = {}
        for name, column in found:
            columns.setdefault(name, set()).add(column)
    missing = {
        f"{name}.{column}"
        for name, promised in PROMISED.items()
        for column in ("tenant", *promised.split())
        if column not in columns[name]
    }

    assert set() == missing
    assert set(PROMISED) == set(view_names())


async def test_every_time_is_an_instant(database: Open):
    async with database(Role.READER).transaction() as reader:
        found = await reader.execute(
            text(
                "SELECT table_name || '.' || column_name, data_type "
                "FROM information_schema.columns WHERE table_schema = 'report' "
                "AND column_name LIKE '%\\_at'"
            )
        )
        types = {kind for _, kind in found}

    assert {"timestamp with time zone"} == types


async def test_a_reader_can_read_every_view_and_write_none(database: Open, house: House):
    seen, writable = {}, []
    async with database(Role.READER).transaction() as reader:
        for name in view_names():
            rows = await reader.execute(text(f"SELECT tenant FROM report.{name}"))
            seen[name] = set(rows.scalars())
            allowed = f"has_table_privilege('report.{name}', 'INSERT, UPDATE, DELETE')"
            if await reader.scalar(text(f"SELECT {allowed}")):
                writable.append(name)

    assert {name: {"default"} for name in view_names()} == seen
    assert [] == writable


async def test_a_hold_in_force_suspends_and_one_to_come_or_gone_does_not(house: House):
    suspended = await house.seen("services", "state", "holds")
    await house.change(subscribers.hold, placed_at=NOW + timedelta(days=1))
    to_come = await house.seen("services", "state", "holds")
    await house.change(
        subscribers.hold, placed_at=NOW - timedelta(days=2), until=NOW - timedelta(days=1)
    )
    over = await house.seen("services", "state", "holds")

    assert [("suspended", ["unpaid"])] == suspended
    assert [("active", [])] == to_come == over


async def test_a_service_is_online_while_a_session_lives(house: House):
    online = await house.seen("services", "login", "online")
    await house.change(sessions.session_live, ended_at=NOW)
    offline = await house.seen("services", "login", "online")

    assert [("value of 1", True)] == online
    assert [("value of 1", False)] == offline
    assert [] == await house.seen("sessions_live", "login")


async def test_the_balance_is_what_is_owed(house: House):
    async with house.owner.transaction() as owner:
        for position, (account, amount) in enumerate([("receivable", 120), ("revenue", -120)], 2):
            entry = house.made["ledger_entry"] | {
                "position": position, "account": account, "amount": amount, "currency": "USD",
            }  # fmt: skip
            await owner.execute(insert(billing.ledger_entry).values(entry))
    await house.change(subscribers.subscriber, currency="USD")

    assert [(Decimal(120),)] == await house.seen("subscribers", "balance")


async def test_enforcement_is_what_was_confirmed_else_what_the_class_granted(house: House):
    await house.change(subscribers.entitlement, access="full", down_kbps=50, up_kbps=10)
    live = sessions.session_live
    key = house.made["session_live"]["session_key"]
    await house.change(enforcement.session_enforcement, session_key=key)
    seen = "down_kbps", "enforcement"
    confirmed = await house.seen("sessions_live", *seen)
    async with house.owner.transaction() as owner:
        await owner.execute(text("DELETE FROM session_enforcement"))
    adopted = await house.seen("sessions_live", *seen)
    await house.change(
        live, granted_version=1, granted_access="full", granted_down_kbps=50, granted_up_kbps=10
    )
    granted = await house.seen("sessions_live", *seen)
    await house.change(subscribers.entitlement, down_kbps=2)
    differs = await house.seen("sessions_live", *seen)
    await house.change(live, suspect=True)
    suspect = await house.seen("sessions_live", *seen)

    assert [(None, "pending")] == confirmed
    assert [(None, "adopted")] == adopted
    assert [(50, "confirmed")] == granted
    assert [(50, "pending")] == differs
    assert [(50, "suspect")] == suspect


async def test_a_session_ends_by_the_name_of_its_cause(house: House):
    await house.change(sessions.session, terminate_cause=5)
    named = await house.seen("sessions", "terminate_cause")
    await house.change(sessions.session, terminate_cause=4711)

    assert [("Session-Timeout",)] == named
    assert [("4711",)] == await house.seen("sessions", "terminate_cause")


async def test_a_day_of_usage_is_a_day_of_the_tenants_zone(house: House):
    await house.change(tenancy.tenant, zone="America/New_York")
    hour = datetime(2026, 3, 2, 3, tzinfo=UTC)
    await house.change(sessions.usage_hourly, hour=hour, octets_up=1, octets_down=10)
    await house.add(
        sessions.usage_hourly, hour=hour + timedelta(hours=1), octets_up=2, octets_down=20
    )
    await house.add(
        sessions.usage_hourly, hour=hour + timedelta(hours=2), octets_up=4, octets_down=40
    )

    assert [("2026-03-01", 3, 30), ("2026-03-02", 4, 40)] == await house.seen(
        "usage_daily", "day::text", "octets_up", "octets_down"
    )


async def test_drops_are_counted_by_reason(house: House):
    await house.add(network.nas_drop, reason="bad_authenticator", packets=3)

    assert [({"bad_authenticator": 3, "reason of 1": 0},)] == await house.seen(
        "nas", "drops::text::jsonb"
    )


async def test_a_pool_counts_its_leases_and_forecasts(house: House):
    await house.change(network.pool, network="10.0.0.0/29", prefix_length=32)
    await house.change(network.lease, leased_at=NOW - timedelta(days=15))
    seen = await house.seen("pools", "used", "free", "exhausted_on - current_date")

    assert [(1, 7, 210)] == seen


async def test_what_is_open_is_the_total_less_what_is_allocated(house: House):
    async with house.owner.transaction() as owner:
        await owner.execute(text("ALTER TABLE invoice DISABLE TRIGGER refuse_update"))
        await owner.execute(
            update(billing.invoice).values(
                total=100, due_on=NOW.date() - timedelta(days=40), currency="USD"
            )
        )
        await owner.execute(text("ALTER TABLE invoice ENABLE TRIGGER refuse_update"))
    await house.change(billing.payment_allocation, amount=30, released=False)
    partly = await house.seen("invoices", "open")
    ageing = await house.seen("ageing", "days_31_to_60", "not_due", "open")
    allocated = await house.seen("payments", "allocated")
    await house.change(billing.payment_allocation, released=True)
    released = await house.seen("invoices", "open")
    await house.change(billing.invoice, state="void")

    assert [(Decimal(70),)] == partly
    assert [(Decimal(70), Decimal(0), Decimal(70))] == ageing
    assert [(Decimal(30),)] == allocated
    assert [(Decimal(100),)] == released
    assert [(Decimal(0),)] == await house.seen("invoices", "open")
    assert [] == await house.seen("ageing", "open")


async def test_an_address_is_held_while_its_session_lasts(house: House):
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    prefix = "2001:db8:1::/48"
    await house.change(
        sessions.session, started_at=start, ended_at=end, delegated_ipv6_prefix=prefix
    )
    await house.change(sessions.session_live, started_at=end)
    rows = await house.seen(
        "addresses", "address::text", "held_during @> '2026-03-01T12:00Z'::timestamptz"
    )

    assert [("10.1.0.1/32", False), ("10.1.0.1/32", True), ("2001:db8:1::/48", True)] == sorted(
        rows
    )


async def test_enforcement_tells_what_proved_it(house: House):
    await house.change(enforcement.enforcement_action, proven_at=NOW, proof="stop", outcome="done")

    assert [("done", NOW, "stop")] == await house.seen(
        "enforcement", "outcome", "proven_at", "proof"
    )


async def test_the_state_of_an_onu_is_unknown_while_its_olt_does_not_answer(house: House):
    columns = "device", "state", "onus", "onus_online"
    await house.change(access_network.onu, state="online")
    await house.change(access_network.device_status, state="reachable")
    reached = await house.seen("onus", "state"), await house.seen("olts", *columns)
    await house.change(access_network.device_status, state="unreachable")
    away = await house.seen("onus", "state"), await house.seen("olts", *columns)

    assert ([("online",)], [("name of 1", "reachable", 1, 1)]) == reached
    assert ([("unknown",)], [("name of 1", "unreachable", 1, None)]) == away


async def test_an_onu_tells_whose_line_it_ends(house: House):
    linked = await house.seen("onus", "serial", "subscriber", "login")
    await house.change(access_network.onu, service_id=None)
    names = house.made["subscriber"]["reference"], house.made["service"]["name"]

    assert [("serial of 1", *names)] == linked
    assert [("serial of 1", None, None)] == await house.seen(
        "onus", "serial", "subscriber", "login"
    )


async def test_an_alarm_tells_where_and_an_outage_whom(house: House):
    device = house.made["device"]
    await house.change(outages.alarm, device_id=device["device_id"], place="0/1/3")
    await house.change(
        outages.outage,
        device_id=device["device_id"],
        ports=["0/1/3"],
        started_at=NOW - timedelta(minutes=30),
        restored_at=NOW,
        subscribers=1,
    )
    where = f"{device['name']} 0/1/3"

    assert [(where,)] == await house.seen("alarms", '"where"')
    assert [(where, 1800, 1)] == await house.seen(
        "outages", '"where"', "duration_seconds", "subscribers"
    )
    assert [(house.made["subscriber"]["reference"],)] == await house.seen(
        "outage_subscribers", "subscriber"
    )


async def test_what_is_only_suspected_is_not_reported(house: House):
    await house.change(outages.outage, state="suspected")

    assert [] == await house.seen("outages", "outage")
    assert [] == await house.seen("outage_subscribers", "outage")
