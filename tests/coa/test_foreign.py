"""Our requests before foreign judges: hostapd and FreeRADIUS."""

from pathlib import Path

import pytest

from chassis.clock import SystemClock
from chassis.secrets import Secret
from coa.client import Client, Destination
from coa.outcome import Outcome, judge
from isp.access import Access, Entitlement, Rates
from isp.nas import Vendor
from policy import vendors
from policy.session import Session
from radius.packet import Attribute, Code
from tests.support.coa_site import FREERADIUS, coa_site
from tests.support.hostapd import HOSTAPD, hostapd

pytestmark = pytest.mark.foreign

SECRET = "a-shared-secret"
MIKROTIK = vendors.profile(Vendor.MIKROTIK)
WANTED = Entitlement(
    tenant_id=1,
    subscriber_id=1,
    service_id=1,
    version=2,
    access=Access.FULL,
    rates=Rates(down_kbps=50_000, up_kbps=10_000),
)


async def outcome(port: int, code: Code, attributes: tuple[Attribute, ...]) -> Outcome:
    client = Client(clock=SystemClock(), random=lambda: 0.5)
    secret = Secret(SECRET.encode())
    destination = Destination(name="nas", host="127.0.0.1", port=port, secrets=(secret,))
    try:
        answer = await client.request(destination, secret, code, attributes)
    finally:
        await client.close()
    assert 1 == answer.tries
    return judge(code, answer.code, answer.error_cause)


@pytest.mark.skipif(HOSTAPD is None, reason="hostapd is not installed")
async def test_hostapd_believes_us_and_knows_no_such_session(tmp_path: Path):
    target = vendors.profile(Vendor.GENERIC).session_target(
        Session(acct_session_id="5e1f0a", login="ann")
    )
    async with hostapd(tmp_path, SECRET) as port:
        said = await outcome(port, Code.DISCONNECT_REQUEST, target)

    assert Outcome.GONE == said


@pytest.mark.skipif(FREERADIUS is None, reason="FreeRADIUS is not installed")
async def test_freeradius_believes_disconnects_and_changes(tmp_path: Path):
    live = Session(acct_session_id="81a00001", login="ann", framed_ip="100.64.0.1")
    gone = Session(acct_session_id="gone1", login="bob")
    change = (*MIKROTIK.session_target(live), *MIKROTIK.change_attributes(WANTED, None))
    async with coa_site(tmp_path, SECRET) as site:
        outcomes = [
            await outcome(site.port, Code.DISCONNECT_REQUEST, MIKROTIK.session_target(live)),
            await outcome(site.port, Code.DISCONNECT_REQUEST, MIKROTIK.session_target(gone)),
            await outcome(site.port, Code.COA_REQUEST, change),
        ]

    assert [Outcome.ACKNOWLEDGED, Outcome.GONE, Outcome.ACKNOWLEDGED] == outcomes
    assert [
        ("Disconnect-Request", "81a00001", "ann"),
        ("Disconnect-Request", "gone1", "bob"),
        ("CoA-Request", "81a00001", "ann"),
    ] == site.packets()
