"""Foreign programs send traps and syslog; what is heard is a hint for an early look."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from chassis.metrics import exposition
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from collectors import hearing as module
from collectors.hearing import Hearing
from database.connect import Database, Role
from database.tables.access_network import device
from devices.credentials import Credentials, SnmpAccess, seal_credentials
from isp.errors import Refused
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENGINE = "0x8000000001020304"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
USER = SnmpAccess(
    version="3", user="ops", auth_protocol="sha256", auth_secret=Secret("auth-secret-1"),
    priv_protocol="aes", priv_secret=Secret("priv-secret-1"),
)  # fmt: skip
V3 = ("-v3", "-e", ENGINE, "-u", "ops", "-l", "authPriv", "-a", "SHA-256", "-x", "AES")

needs_snmptrap = pytest.mark.skipif(
    shutil.which("snmptrap") is None, reason="net-snmp is not installed"
)


@pytest.fixture
def looks() -> list[int]:
    return []


@pytest.fixture
async def site(database: Open, tmp_path) -> OltSite:
    site = OltSite(database(Role.OWNER), [], onus_per_port=1)
    await site.build(NOON)
    return site


@pytest.fixture
async def heard(database: Open, site, looks, tmp_path) -> AsyncIterator[tuple[int, int]]:
    """The ports where traps and syslog are heard."""
    keys = KeyRing.load_or_create(tmp_path / "keys")
    sealed = seal_credentials(Credentials(snmp=USER), keys)
    async with site.owner.transaction() as transaction:
        await transaction.execute(update(device).values(credentials_sealed=sealed))
        assert "127.0.0.1" == await transaction.scalar(select(device.c.host))
    hearing = Hearing(database(Role.COLLECTORS), keys, looks.append)
    trap_port, syslog_port = await hearing.listen(traps="127.0.0.1:0", syslog="127.0.0.1:0")
    yield trap_port, syslog_port
    hearing.close()
    await asyncio.sleep(0)


async def snmp(program: str, *words: str) -> int:
    process = await asyncio.create_subprocess_exec(
        program, *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(process.wait(), 60)


async def seen(looks: list[int], count: int) -> list[int]:
    for _ in range(3_000):
        if len(looks) >= count:
            break
        await asyncio.sleep(0.02)
    return looks


def malformed(by: str) -> float:
    line = f'turnpike_collectors_hints_malformed_total{{by="{by}"}} '
    found = [row for row in exposition().decode().splitlines() if row.startswith(line)]
    return float(found[0].removeprefix(line)) if found else 0.0


@pytest.mark.foreign
@needs_snmptrap
async def test_net_snmps_traps_are_hints(heard, site, looks):
    there = f"127.0.0.1:{heard[0]}"
    await snmp("snmptrap", "-v2c", "-c", "public", there, "", LINK_DOWN)
    await snmp("snmptrap", "-v1", "-c", "public", there, LINK_DOWN, "127.0.0.1", "6", "1", "55")
    secrets = ("-A", "auth-secret-1", "-X", "priv-secret-1")
    await snmp("snmptrap", *V3, *secrets, there, "", LINK_DOWN)

    assert [site.device_id] * 3 == await seen(looks, 3)


@pytest.mark.foreign
@needs_snmptrap
async def test_an_inform_is_acknowledged(heard, site, looks):
    there = f"127.0.0.1:{heard[0]}"
    code = await snmp("snmpinform", "-v2c", "-c", "public", "-r0", "-t3", there, "", LINK_DOWN)

    assert (0, [site.device_id]) == (code, await seen(looks, 1))


@pytest.mark.foreign
@needs_snmptrap
async def test_a_v3_trap_with_another_secret_is_counted_and_no_hint(heard, looks):
    before = malformed("trap")
    there = f"127.0.0.1:{heard[0]}"
    await snmp(
        "snmptrap", *V3, "-A", "wrong-secret-1", "-X", "wrong-secret-2", there, "", LINK_DOWN
    )
    for _ in range(3_000):
        if malformed("trap") > before:
            break
        await asyncio.sleep(0.02)

    assert (before + 1, []) == (malformed("trap"), looks)


async def test_syslog_about_lines_is_a_hint_and_other_syslog_is_not(heard, site, looks):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for text in (b"<132>operator logged in", b"no priority", b"<131>ONT 0/1/3 LOS alarm"):
            sender.sendto(text, ("127.0.0.1", heard[1]))

    assert [site.device_id] == await seen(looks, 1)


async def test_a_flood_is_cut_off(heard, site, looks, monkeypatch):
    monkeypatch.setattr(module, "HINTS_PER_SECOND_MAX", 20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3_000):
            sender.sendto(b"<131>PON port down", ("127.0.0.1", heard[1]))
    await seen(looks, 200)

    assert 20 <= len(looks) < 200


async def test_a_port_that_is_taken_is_refused_with_a_remedy(database: Open, heard, tmp_path):
    other = Hearing(
        database(Role.COLLECTORS), KeyRing.load_or_create(tmp_path / "other"), lambda _: None
    )

    with pytest.raises(Refused, match="cannot hear trap"):
        await other.listen(traps=f"127.0.0.1:{heard[0]}", syslog="")
