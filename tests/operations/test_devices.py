"""Devices: entered, changed and removed with their sealed credentials; asked through rows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from chassis.secrets import Secret
from database.connect import Role
from database.tables.access_network import device_request
from database.tables.running import daemon_status
from devices.credentials import Credentials, LoginAccess, SnmpAccess
from isp.access_network import DeviceKind, DeviceReading, OnuReading, Poll
from isp.errors import ExitCode, Refused
from operations import device_requests, devices
from operations.device_requests import RequestKind
from operations.devices import DeviceRecord
from tests.operations.conftest import NOW, Desk

SNMP = Credentials(snmp=SnmpAccess(version="2c", community=Secret("never-shown")))


async def enter(desk: Desk, name: str = "olt1", **columns: Any) -> DeviceRecord:
    there = {
        "kind": DeviceKind.OLT,
        "host": "192.0.2.10",
        "port": 161,
        "driver": "auto",
        "credentials": SNMP,
        "keys": desk.keys,
    }
    async with desk.transaction() as transaction:
        return await devices.add(transaction, name=name, actor="ann", now=NOW, **there | columns)


async def test_a_device_is_entered_with_sealed_credentials_and_an_audit_row(desk: Desk) -> None:
    found = await enter(desk, area="North")
    async with desk.transaction() as transaction:
        opened = await devices.credentials_of(transaction, found, desk.keys)
        (use,) = await devices.listed(transaction)
    ((sealed,),) = await desk.rows("SELECT credentials_sealed FROM device")
    rows = await desk.rows(
        "SELECT action, object_name, after::text FROM audit WHERE object_kind = 'device'"
    )

    assert SNMP == opened
    assert ("olt1", "North", "new", 0) == (use.device.name, use.device.area, use.state, use.onus)
    assert ("device.add", "olt1") == rows[0][:2]
    assert "never-shown" not in rows[0][2]
    assert b"never-shown" not in bytes(sealed)


@pytest.mark.parametrize(
    ("name", "host"), [("olt1", "192.0.2.11"), ("olt2", "192.0.2.10")], ids=["name", "address"]
)
async def test_a_device_is_not_entered_twice(desk: Desk, name: str, host: str) -> None:
    await enter(desk)
    with pytest.raises(Refused, match=r"the device olt1 is at 192\.0\.2\.10:161 already"):
        await enter(desk, name, host=host)


async def test_a_change_keeps_what_is_not_named_and_never_audits_a_secret(desk: Desk) -> None:
    await enter(desk)
    login = Credentials(login=LoginAccess(user="admin", password=Secret("hidden-too")))
    async with desk.transaction() as transaction:
        changed = await devices.change(
            transaction,
            name="olt1",
            changes={"name": "olt-north", "area": "North"},
            credentials=login,
            keys=desk.keys,
            actor="ann",
            now=NOW,
        )
        opened = await devices.credentials_of(transaction, changed, desk.keys)
    rows = await desk.rows(
        "SELECT before::text || after::text FROM audit WHERE action = 'device.set'"
    )

    assert ("olt-north", "North", "192.0.2.10") == (changed.name, changed.area, changed.host)
    assert login == opened
    assert ("hidden-too" not in rows[0][0], '"changed"' in rows[0][0]) == (True, True)


async def test_a_removed_device_gives_its_name_and_address_free(desk: Desk) -> None:
    await enter(desk)
    async with desk.transaction() as transaction:
        await devices.remove(transaction, name="olt1", actor="ann", now=NOW)
        with pytest.raises(Refused, match="there is no device olt1"):
            await devices.named(transaction, "olt1")
    await enter(desk)


async def test_what_failed_is_refused_with_its_remedy(desk: Desk, database) -> None:
    async with desk.transaction() as transaction:
        request = await device_requests.ask_of_stranger(
            transaction,
            kind=DeviceKind.OLT,
            driver="auto",
            host="192.0.2.10",
            port=161,
            credentials_sealed=b"sealed",
            actor="ann",
            now=NOW,
        )
        unanswered = await device_requests.outcome_of(transaction, request)
    refused = Refused("no answer", remedy="look", exit_code=ExitCode.UNAVAILABLE)
    async with database(Role.COLLECTORS).transaction() as transaction:
        values = {"done_at": NOW, "outcome": device_requests.failure(refused)}
        await transaction.execute(update(device_request).values(values))
    async with desk.transaction() as transaction:
        outcome = await device_requests.outcome_of(transaction, request)

    assert unanswered is None
    with pytest.raises(Refused, match="no answer; look") as told:
        device_requests.accepted(outcome or {})
    assert ExitCode.UNAVAILABLE == told.value.exit_code


@pytest.mark.parametrize(
    ("state", "age", "runs"), [("ready", 5, True), ("ready", 90, False), ("stopped", 5, False)]
)
async def test_a_collectors_daemon_is_asked_while_it_is_heard_of(
    desk: Desk, database, state: str, age: int, runs: bool
) -> None:
    entered = await enter(desk)
    seen = NOW - timedelta(seconds=age)
    row = {"node": "n", "daemon": "collectors", "version": "1", "started_at": seen}
    async with database(Role.COLLECTORS).transaction() as transaction:
        await transaction.execute(insert(daemon_status), row | {"seen_at": seen, "state": state})
    async with desk.transaction() as transaction:
        found = await device_requests.collectors_run(transaction, NOW)
        request = await device_requests.ask(
            transaction, entered, RequestKind.POLL, actor="ann", now=NOW
        )

    assert runs == found
    assert [(request, "poll")] == await desk.rows(
        "SELECT device_request_id, kind FROM device_request"
    )


def test_a_reading_is_told_with_nulls_for_what_is_absent() -> None:
    poll = Poll(
        device=DeviceReading(model="MA5800"),
        onus=(OnuReading(serial="HWTC1234ABCD", port="0/1/3", last_down_at=NOW),),
        partial=("optics",),
    )
    told = device_requests.poll_document(poll)

    assert ["device", "ports", "interfaces", "onus", "unprovisioned", "partial"] == [*told]
    assert ("MA5800", None) == (told["device"]["model"], told["device"]["firmware"])
    assert ("HWTC1234ABCD", "unknown", None, "2026-03-10T12:00:00+00:00") == tuple(
        told["onus"][0][key] for key in ("serial", "state", "rx_dbm", "last_down_at")
    )
    assert ["optics"] == told["partial"]
