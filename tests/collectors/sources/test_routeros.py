"""A router read by its API."""

import pytest

from chassis.clock import SystemClock
from chassis.secrets import Secret
from collectors.driver import Part
from collectors.mib.cells import Gate
from collectors.sources import SourceLost, SourceRefused
from collectors.sources.opening import Sources
from collectors.sources.routeros import RouterOsSource
from collectors.sources.routeros_rows import device_of, ports_of, queues_of, seconds_of
from devices.credentials import Credentials, LoginAccess
from devices.routeros import Router, RouterTarget
from isp.access_network import DeviceKind, InterfaceReading, PortReading
from lab.routeros import RouterOs


def source(device: RouterOs, password: str = "lab", user: str = "admin") -> RouterOsSource:
    target = RouterTarget(
        host=device.address,
        port=device.port,
        user=user,
        password=Secret(password),
        timeout_seconds=2,
    )
    return RouterOsSource(Router(target))


@pytest.fixture
async def device():
    async with RouterOs(password="lab", identity="tower-7") as device:
        yield device


@pytest.fixture
async def reading(device):
    reading = source(device)
    yield reading
    await reading.close()


async def test_a_router_says_who_it_is(reading):
    identity = await reading.probe()

    assert ("routeros", "CCR2004-1G-12S+2XS", "tower-7", "RouterOS 7.16.2 (stable)") == (
        identity.driver,
        identity.model,
        identity.sys_name,
        identity.description,
    )


async def test_everything_of_a_router_is_read(device, reading):
    device.populate(queues=2, sessions=3)
    device.carry("by hand 1", up=8_000_000, down=80_000_000, seconds=10)

    poll = await reading.read(frozenset(Part))

    assert ("LAB0000000001", "7.16.2", 55.0) == (
        poll.device.serial,
        poll.device.firmware,
        poll.device.temperature_celsius,
    )
    assert (3.0, 9.2) == (poll.device.cpu_percent, poll.device.memory_percent)
    names = [interface.name for interface in poll.interfaces]
    assert ["ether1", "sfp-sfpplus1", "queue by hand 1", "queue by hand 2"] == [
        names[0],
        *names[5:],
    ]
    by_hand = InterfaceReading(name="queue by hand 1", octets_in=10_000_000, octets_out=100_000_000)
    assert by_hand == poll.interfaces[6]
    light = PortReading(
        port="sfp-sfpplus1",
        state="up",
        tx_dbm=-4.879,
        rx_dbm=-5.673,
        temperature_celsius=40.0,
        voltage_volts=3.302,
        bias_milliamperes=7.0,
    )
    assert ((light,), ()) == (poll.ports, poll.partial)


async def test_only_what_is_asked_for_is_read(device, reading):
    poll = await reading.read(frozenset({Part.STATE}))

    assert ((), True) == (poll.ports, all(each.oper_up for each in poll.interfaces))
    assert 3 == device.commands["api"]  # login, resource, interfaces


async def test_a_wrong_password_is_for_a_person(device):
    reading = source(device, password="wrong")

    with pytest.raises(SourceRefused):
        await reading.probe()
    await reading.close()


async def test_an_account_that_may_not_read_is_for_a_person(device):
    device.tables["/user/group"].add({"name": "api only", "policy": "api"})
    device.tables["/user"].add({"name": "poor", "password": "p", "group": "api only"})
    reading = source(device, user="poor", password="p")

    with pytest.raises(SourceRefused, match="not enough permissions"):
        await reading.read(frozenset({Part.STATE}))
    await reading.close()


@pytest.mark.parametrize("driver", ["auto", "routeros", "routeros-rest"])
async def test_a_router_with_a_login_is_read_by_it(driver):
    async with RouterOs(password="lab", rest_port=0) as device:
        port = device.ports()["www"] if driver == "routeros-rest" else device.port
        login = LoginAccess(user="admin", password=Secret("lab"), port=port)
        sources = Sources(clock=SystemClock())
        reading = sources.open(
            name="tower-7",
            kind=DeviceKind.ROUTER,
            driver=driver,
            host=device.address,
            port=8728,
            credentials=Credentials(login=login),
        )

        assert "lab" == (await reading.probe()).sys_name
        await reading.close()
        await sources.close()


async def test_a_router_that_is_away_is_lost(device):
    reading = source(device)
    device.cut_connections()
    service = device.tables["/ip/service"]
    service.set(service.row("api"), {"disabled": "yes"})

    with pytest.raises(SourceLost):
        await reading.read(frozenset(Part))
    await reading.close()


def test_the_units_that_older_versions_write_are_read_too():
    old = {
        "name": "sfp1",
        "sfp-module-present": "true",
        "sfp-temperature": "40C",
        "sfp-supply-voltage": "3.302V",
        "sfp-tx-bias-current": "7mA",
        "sfp-tx-power": "-4.879dBm",
        "sfp-rx-power": "-40dBm",
    }

    port = next(ports_of([old, {"name": "sfp2", "sfp-module-present": "false"}], Gate()))
    assert (40.0, 3.302, 7.0, -4.879, None) == (
        port.temperature_celsius,
        port.voltage_volts,
        port.bias_milliamperes,
        port.tx_dbm,
        port.rx_dbm,
    )
    device = device_of({"version": "6.49.1 (long-term)"}, {}, [{"temperature": "41C"}], Gate())
    assert ("6.49.1", 41.0, None) == (
        device.firmware,
        device.temperature_celsius,
        device.cpu_percent,
    )


def test_what_cannot_be_true_is_left_out_and_counted():
    gate = Gate()
    bad = {"name": "sfp1", "sfp-module-present": "true", "sfp-rx-power": "99"}

    assert None is next(ports_of([bad], gate)).rx_dbm
    assert {"dbm": 1} == gate.doubts


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1w2d3h4m5s", 788645.0), ("12s", 12.0), ("2d", 172800.0), ("", None), ("soon", None)],
)
def test_an_uptime_in_words_is_seconds(text, seconds):
    assert seconds == seconds_of(text)


def test_queues_of_sessions_are_left_to_accounting():
    rows = [{"name": "<pppoe-ann>", "bytes": "1/2"}, {"name": "tree", "bytes": "7"}, {"name": ""}]

    assert [InterfaceReading(name="queue tree", octets_out=7)] == list(queues_of(rows))


def test_a_queue_for_each_subscriber_is_too_much_to_keep_as_an_interface():
    assert [] == list(queues_of([{"name": f"q{number}"} for number in range(300)]))
