"""A command line as a source, through netmiko and a real socket."""

import pytest

from chassis.clock import ManualClock, SystemClock
from chassis.secrets import Secret
from collectors.cli import dialect_of
from collectors.driver import Part
from collectors.sources import (
    NOTHING_LEARNED,
    Identity,
    SourceLost,
    SourceRefused,
    SourceUntrusted,
)
from collectors.sources.cli import OPTICS_AGE_SECONDS, CliSource
from collectors.sources.complemented import ComplementedSource
from devices.ssh import Ssh, SshTarget
from isp.access_network import OnuReading, OnuState, Poll
from tests.collectors.cli.transcript import outputs
from tests.collectors.sources.test_voltha import NOW
from tests.support.ssh_olt import HUAWEI, ZTE, SshOlt

EVERYTHING = frozenset(Part)


def source(
    olt: SshOlt, vendor: str, *, clock=None, password: str = "looking", believing: bool = True
) -> CliSource:
    dialect = dialect_of(vendor)
    assert dialect is not None
    target = SshTarget(
        host="127.0.0.1",
        port=olt.port,
        user="reader",
        password=Secret(password),
        netmiko_type=dialect.netmiko_type,
        believing=believing,
    )
    return CliSource(dialect, Ssh(target), clock=clock or SystemClock())


async def test_a_huawei_is_read_page_by_page():
    async with SshOlt(HUAWEI, outputs("huawei"), page_lines=4, paging_stays=True) as olt:
        it = source(olt, "huawei")
        identity = await it.probe()
        poll = await it.read(EVERYTHING)
        light = await it.read_onu(poll.onus[0])
        await it.close()

    assert ("huawei", "MA5800-X7") == (identity.driver, identity.model)
    assert (4, 2, ()) == (len(poll.onus), len(poll.unprovisioned), poll.partial)
    assert [-21.37, None, None] == [onu.rx_dbm for onu in light.onus]
    assert not any(command.startswith(("config", "interface")) for command in olt.typed)


async def test_one_summary_is_the_light_of_a_whole_port():
    clock = ManualClock(NOW)
    async with SshOlt(HUAWEI, outputs("huawei")) as olt:
        it = source(olt, "huawei", clock=clock)
        poll = await it.read(EVERYTHING)
        first, second = [await it.read_onu(onu) for onu in poll.onus[:2]]
        clock.advance(OPTICS_AGE_SECONDS)
        later = await it.read_onu(poll.onus[1])
        await it.close()

    assert [3, 1, 3] == [len(each.onus) for each in (first, second, later)]
    assert 2 == olt.typed.count("display ont info summary 0/1/0")


async def test_a_zte_is_read_with_its_serials_and_one_onus_light():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        it = source(olt, "zte")
        poll = await it.read(EVERYTHING)
        [lit] = (await it.read_onu(poll.onus[0])).onus
        await it.close()

    assert (5, 1, ()) == (len(poll.onus), len(poll.unprovisioned), poll.partial)
    assert ("ZTEGC8A00001", -21.739, -24.685) == (lit.serial, lit.rx_dbm, lit.olt_rx_dbm)


async def test_what_a_device_does_not_tell_is_partial():
    told = outputs("zte")
    del told["show gpon onu baseinfo gpon-olt_1/2/4"]
    async with SshOlt(ZTE, told) as olt:
        it = source(olt, "zte")
        poll = await it.read(EVERYTHING)
        await it.close()

    assert (4, ("onus", "show gpon onu baseinfo gpon-olt_1/2/4")) == (len(poll.onus), poll.partial)


async def test_a_wrong_password_is_refused_and_nobody_there_is_lost():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        with pytest.raises(SourceRefused):
            await source(olt, "zte", password="other").read(EVERYTHING)
        absent = source(olt, "zte")
    with pytest.raises(SourceLost):
        await absent.read(EVERYTHING)


class Tables:
    """An OLT by SNMP that has the light of some ONUs only."""

    one_by_one = True
    capabilities = NOTHING_LEARNED
    identity = None
    probes = 0

    async def probe(self) -> Identity:
        self.probes += 1
        return Identity(driver="zte")

    async def read_onu(self, onu: OnuReading) -> Poll:
        rx_dbm = -20.0 if onu.serial == "ZTEGC8A00002" else None
        return Poll(onus=(OnuReading(serial=onu.serial, port=onu.port, rx_dbm=rx_dbm),))

    async def close(self) -> None:
        pass


async def test_the_command_line_tells_the_light_that_snmp_does_not():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        it = ComplementedSource(Tables(), lambda driver: source(olt, driver))
        without = OnuReading(serial="ZTEGC8A00001", port="1/2/1", onu_id=1)
        having = OnuReading(serial="ZTEGC8A00002", port="1/2/1", onu_id=2)
        lit = [(await it.read_onu(onu)).onus[0] for onu in (without, having)]
        await it.close()

    assert [(-21.739, OnuState.ONLINE), (-20.0, OnuState.UNKNOWN)] == [
        (onu.rx_dbm, onu.state) for onu in lit
    ]
    assert 1 == olt.typed.count("show pon power attenuation gpon-onu_1/2/1:1")


async def test_a_device_without_a_command_line_is_not_asked_who_it_is_for_every_onu():
    tables = Tables()
    it = ComplementedSource(tables, lambda _driver: None)
    for number in range(3):
        await it.read_onu(OnuReading(serial=f"ZTEGC8A0000{number}", port="1/2/1"))

    assert 1 == tables.probes


async def test_of_a_stranger_both_ways_in_are_tried_and_its_host_key_is_told():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        it = ComplementedSource(Tables(), lambda driver: source(olt, driver), stranger=True)
        seen = await it.probe()
        await it.close()
        wrong = ComplementedSource(
            Tables(), lambda driver: source(olt, driver, password="wrong"), stranger=True
        )
        with pytest.raises(SourceRefused):
            await wrong.probe()
        await wrong.close()

    assert seen.host_key is not None
    assert seen.host_key.startswith("ssh-ed25519 ")


async def test_a_command_line_whose_key_nobody_has_seen_leaves_what_snmp_tells():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        it = ComplementedSource(Tables(), lambda driver: source(olt, driver, believing=False))
        assert "zte" == (await it.probe()).driver
        with pytest.raises(SourceUntrusted, match="not known yet"):
            await it.read_onu(OnuReading(serial="ZTEGC8A00001", port="1/2/1", onu_id=1))
        await it.close()

    assert 0 == olt.logins
