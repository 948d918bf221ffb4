"""Clients that others wrote log in at the running suite, and a foreign witness reads along."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.clock import SystemClock
from lab.nas import MIKROTIK, Line, Nas, Refusal, Server, Session
from radius.integrity import REPLIES
from radius.packet import Code
from tests.support.eventually import eventually
from tests.support.radclient import RADCLIENT, radclient
from tests.support.story import SECRET, open_shop
from tests.support.suite import Suite, running_suite
from tests.support.tshark import WHY_NOT, watching

RADTEST = shutil.which("radtest")
EAPOL_TEST = shutil.which("eapol_test")
LOGIN, PASSWORD = "user007@example.net", "password-7"

# RFC 2759 §9.2 and, for the key, RFC 3079 §3.5.3.
USER, CLIENT_PASSWORD = "User", "clientPass"
CHALLENGE = "5b5d7c7d7b3f2f3e3c2c602132262628"
PEER_CHALLENGE = "21402324255e262a28295f2b3a337c7e"
NT_RESPONSE = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
AUTHENTICATOR_RESPONSE = "S=407A5589115FD0D6209F510FE9C04566932CDA56"
SEND_START_KEY = "0x8b7cdc149b993a1ba118cb153f56dccb"
IDENTIFIER = "01"

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.xdist_group("foreign"),
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass(frozen=True)
class House:
    """The suite with its shop open, and the lab's NAS that its CoA and Disconnects reach."""

    suite: Suite
    nas: Nas
    place: Path

    @property
    def auth(self) -> str:
        return f"127.0.0.1:{self.suite.auth_port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    with tempfile.TemporaryDirectory(prefix="turnpike-foreign-") as directory:
        place = Path(directory)
        place.chmod(0o755)
        async with running_suite(place / "data") as suite:
            server = Server(
                host="127.0.0.1",
                auth_port=suite.auth_port,
                acct_port=suite.acct_port,
                secret=SECRET.encode(),
            )
            async with Nas(server=server, personality=MIKROTIK, clock=SystemClock()) as nas:
                await open_shop(
                    suite,
                    place,
                    datetime.now(UTC).date(),
                    vendor="mikrotik",
                    coa_port=nas.coa_port,
                )
                await suite.turnpike(
                    "subscriber", "add", USER, "--password", CLIENT_PASSWORD, "--plan", "gold"
                )
                await eventually(lambda: connected(nas, USER, CLIENT_PASSWORD), seconds=20)
                yield House(suite, nas, place)


async def connected(nas: Nas, login: str, password: str) -> Session | None:
    session = await nas.connect(Line(login=login, password=password, mac="02:00:00:00:00:07"))
    return None if isinstance(session, Refusal) else session


async def output_of(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace")


@pytest.mark.skipif(not RADTEST, reason="FreeRADIUS's radtest is not installed")
@pytest.mark.parametrize("method", ["pap", "chap", "mschap"])
async def test_radtest_logs_in_with_the_right_password_only(house, method):
    answers = {}
    for password in (PASSWORD, "wrong"):
        words = (LOGIN, password, house.auth, "0", SECRET, "0", "127.0.0.1")
        printed = await output_of(RADTEST, "-t", method, *words)
        answers[password] = re.findall(r"^Received (\S+)", printed, re.MULTILINE)

    assert {PASSWORD: ["Access-Accept"], "wrong": ["Access-Reject"]} == answers


def ms_chap_v2(nt_response: str) -> dict[str, str]:
    return {
        "MS-CHAP-Challenge": f"0x{CHALLENGE}",
        "MS-CHAP2-Response": f"0x{IDENTIFIER}00{PEER_CHALLENGE}{'00' * 8}{nt_response}",
        "Message-Authenticator": "0x00",
    }


@pytest.mark.skipif(not RADCLIENT, reason="FreeRADIUS's radclient is not installed")
async def test_the_ms_chap_v2_login_of_rfc_2759_gets_the_answer_and_key_of_the_rfcs(house):
    answer = await radclient(
        house.auth, "auth", SECRET, {"User-Name": USER}, bare=ms_chap_v2(NT_RESPONSE)
    )
    success = f"0x{IDENTIFIER}{AUTHENTICATOR_RESPONSE.encode().hex()}"

    assert "Access-Accept" == answer.code, answer.output
    assert success == answer.attributes["MS-CHAP2-Success"]
    assert SEND_START_KEY == answer.attributes["MS-MPPE-Send-Key"]


@pytest.mark.skipif(not RADCLIENT, reason="FreeRADIUS's radclient is not installed")
async def test_a_wrong_ms_chap_v2_response_is_refused_with_the_error_of_rfc_2759(house):
    wrong = ms_chap_v2("00" + NT_RESPONSE[2:])
    answer = await radclient(house.auth, "auth", SECRET, {"User-Name": USER}, bare=wrong)

    assert "Access-Reject" == answer.code, answer.output
    assert "E=691 R=0" in answer.attributes["MS-CHAP-Error"]


@pytest.mark.skipif(not EAPOL_TEST, reason="eapol_test is not installed")
async def test_eap_is_refused_as_rfc_3579_asks(house):
    configuration = house.place / "eapol.conf"
    configuration.write_text(
        "network={\n key_mgmt=IEEE8021X\n eap=MD5\n eapol_flags=0\n"
        f' identity="{LOGIN}"\n password="{PASSWORD}"\n}}\n'
    )
    printed = await output_of(
        EAPOL_TEST,
        *("-n", "-c", str(configuration), "-t", "10"),
        *("-a", "127.0.0.1", "-p", str(house.suite.auth_port), "-s", SECRET),
    )

    assert "code=3 (Access-Reject)" in printed, printed
    assert "EAP: Received EAP-Failure" in printed, printed
    assert "Invalid Message-Authenticator" not in printed


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
async def test_tshark_finds_every_authenticator_on_the_wire_valid(house):
    suite, nas = house.suite, house.nas
    await suite.turnpike("plan", "add", "silver", "--price", "9.00", "--down", "50M", "--up", "9M")
    ports = (suite.auth_port, suite.acct_port, nas.coa_port)
    async with watching(ports, SECRET, house.place) as witness:
        refused = await nas.connect(Line(login=LOGIN, password="wrong", mac="02:00:00:00:00:08"))
        session = await connected(nas, LOGIN, PASSWORD)

        assert isinstance(refused, Refusal)
        assert session
        session.use(octets_up=1_000_000, octets_down=5_000_000)
        await nas.interim(session)
        await suite.turnpike("service", "change-plan", LOGIN, "silver")
        await eventually(lambda: nas.counts["changed"], seconds=20)
        await suite.turnpike("session", "disconnect", LOGIN, "--reason", "new router")
        await eventually(lambda: session.ended, seconds=20)
        await eventually(lambda: EXPECTED <= witness.codes(), seconds=20)
        await nas.hang_up(session)
    replies = [packet for packet in witness.packets if packet.code in REPLIES]

    assert [] == [packet for packet in witness.packets if packet.objections]
    assert [] == [packet for packet in replies if not packet.valid]


EXPECTED = {
    Code.ACCESS_REQUEST,
    Code.ACCESS_ACCEPT,
    Code.ACCESS_REJECT,
    Code.ACCOUNTING_REQUEST,
    Code.ACCOUNTING_RESPONSE,
    Code.COA_REQUEST,
    Code.COA_ACK,
    Code.DISCONNECT_REQUEST,
    Code.DISCONNECT_ACK,
}
