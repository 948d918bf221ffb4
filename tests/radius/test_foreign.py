"""Programs that we did not write read what we send, and we read what they send."""

import hmac
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from radius import wire
from radius.attributes import Pair, read, write
from radius.authentication import Pap, offered
from radius.dictionaries import shipped
from radius.dictionary import Encryption
from radius.hiding import Hiding
from radius.integrity import REPLIES, Verdict, build, check_reply, check_request
from radius.packet import Code
from radius.text import format_items, parse_pairs
from tests.support.radius_pairs import pairs_of

SECRET = b"testing123"
AUTHENTICATOR = bytes(range(16))
HIDING = Hiding(secret=SECRET, authenticator=AUTHENTICATOR, first_salt=3)
NAS, SERVER, MAC = "192.0.2.1", "192.0.2.2", "02:00:00:00:00:01"
AUTH_PORT, ACCT_PORT, COA_PORT = 1812, 1813, 3799
FOREIGN_SECONDS_MAX = 60
LISTEN_SECONDS_MAX = 5
RADCLIENT_READS_OTHERWISE = {
    "Accel-VRF-Name",  # not in its dictionaries
    "ERX-Disconnect-Cause",
    "ADSL-Agent-Circuit-Id",  # octets there
    "ADSL-Agent-Remote-Id",
    "Extended-Location-Policy-Rules",
    "CHAP-Password",  # made of a clear password
    "EAP-Message",  # changed, and signed
    "Message-Authenticator",
}

LOGIN = """
User-Name = "ann"
User-Password = "correct horse battery staple"
NAS-IP-Address = 192.0.2.1
NAS-Port-Type = Virtual
Calling-Station-Id = "00:11:22:33:44:55"
"""
ACCEPT = """
Framed-IP-Address = 100.64.0.1
Framed-IPv6-Prefix = 2001:db8:1::/64
Delegated-IPv6-Prefix = 2001:db8:abcd:100::/56
Session-Timeout = 3600
Class = 0x0102
Mikrotik-Rate-Limit = "20M/100M"
"""
START = """
Acct-Status-Type = Start
Acct-Session-Id = "81a00001"
User-Name = "ann"
Event-Timestamp = "Nov  2 2026 12:00:00 UTC"
Acct-Input-Gigawords = 1
"""


@dataclass(frozen=True)
class Exchange:
    """A request and its reply, and the port that the request goes to."""

    port: int
    request: bytes
    reply: bytes


def exchange(port: int, code: Code, text: str, answer: Code, answer_text: str) -> Exchange:
    asked, answered = (
        write(parse_pairs(each, shipped()), shipped(), HIDING) for each in (text, answer_text)
    )
    request = build(code, 7, asked, SECRET, AUTHENTICATOR)
    reply = build(answer, 7, answered, SECRET, request[4:20])
    return Exchange(port, request, reply)


EXCHANGES = [
    exchange(AUTH_PORT, Code.ACCESS_REQUEST, LOGIN, Code.ACCESS_ACCEPT, ACCEPT),
    exchange(AUTH_PORT, Code.ACCESS_REQUEST, LOGIN, Code.ACCESS_REJECT, 'Reply-Message = "no"'),
    exchange(ACCT_PORT, Code.ACCOUNTING_REQUEST, START, Code.ACCOUNTING_RESPONSE, ""),
    exchange(
        COA_PORT,
        Code.COA_REQUEST,
        'Acct-Session-Id = "81a00001", Mikrotik-Rate-Limit = "2M/1M"',
        Code.COA_ACK,
        "",
    ),
    exchange(
        COA_PORT,
        Code.DISCONNECT_REQUEST,
        'Acct-Session-Id = "81a00001"',
        Code.DISCONNECT_NAK,
        "Error-Cause = Session-Context-Not-Found",
    ),
    exchange(AUTH_PORT, Code.STATUS_SERVER, "", Code.ACCESS_ACCEPT, ""),
]


def captured(exchanges: list[Exchange], folder: Path) -> str:
    """A capture of the exchanges, one port of the client's each."""
    frames = []
    for number, each in enumerate(exchanges):
        client = 40000 + number
        asked = IP(src=NAS, dst=SERVER) / UDP(sport=client, dport=each.port) / each.request
        answered = IP(src=SERVER, dst=NAS) / UDP(sport=each.port, dport=client) / each.reply
        frames += [Ether(src=MAC, dst=MAC) / asked, Ether(src=MAC, dst=MAC) / answered]
    capture = str(folder / "radius.pcap")
    wrpcap(capture, frames)
    return capture


def run(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=FOREIGN_SECONDS_MAX
    ).stdout


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_every_authenticator_valid(tmp_path: Path) -> None:
    table = run(
        "tshark",
        *("-r", captured(EXCHANGES, tmp_path)),
        *("-o", f"radius.shared_secret:{SECRET.decode()}"),
        *("-o", "radius.validate_authenticator:TRUE"),
        *("-T", "fields", "-e", "radius.code", "-e", "radius.authenticator.valid"),
        *("-e", "radius.authenticator.invalid", "-e", "_ws.malformed", "-e", "_ws.expert"),
    )
    rows = [line.split("\t") for line in table.splitlines()]
    replies = [row for row in rows if int(row[0]) in REPLIES]

    assert len(EXCHANGES) == len(replies)
    # It looks for the request of a reply, but not for a Status-Server.
    assert ["1"] * (len(EXCHANGES) - 1) == [row[1].replace("True", "1") for row in replies[:-1]]
    assert [] == [row for row in rows if row[2] not in ("", "0", "False") or any(row[3:])]


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_values_that_we_wrote(tmp_path: Path) -> None:
    table = run(
        "tshark",
        *("-r", captured(EXCHANGES[:1], tmp_path)),
        *("-o", f"radius.shared_secret:{SECRET.decode()}"),
        *("-T", "fields", "-e", "radius.User_Password", "-e", "radius.Framed-IP-Address"),
        *("-e", "radius.Framed_IPv6_Prefix", "-e", "radius.Session_Timeout"),
    )

    assert [
        ["correct horse battery staple", "", "", ""],
        ["", "100.64.0.1", "004020010db800010000", "3600"],
    ] == [line.split("\t") for line in table.splitlines()]


def test_scapy_reads_what_we_write_and_writes_what_we_read() -> None:
    radius = pytest.importorskip("scapy.layers.radius")
    for each in EXCHANGES:
        for datagram in (each.request, each.reply):
            foreign = radius.Radius(datagram)
            kinds = [kind for kind, _ in wire.split(datagram).attributes]

            assert datagram == bytes(foreign)
            assert kinds == [attribute.type for attribute in foreign.attributes]
        answer = radius.Radius(each.reply)
        computed = answer.compute_authenticator(each.request[4:20], SECRET)

        assert each.reply[4:20] == computed


def test_pyrad_believes_our_replies_and_reads_our_password() -> None:
    packet = pytest.importorskip("pyrad.packet")
    dictionary = pytest.importorskip("pyrad.dictionary").Dictionary()
    login, *_ = EXCHANGES
    request = packet.AuthPacket(packet=login.request, secret=SECRET, dict=dictionary)

    assert request.verify_message_authenticator()
    assert "correct horse battery staple" == request.PwDecrypt(request[2][0])

    reply = request.CreateReply(packet=login.reply)

    assert request.VerifyReply(reply, login.reply)


def test_we_believe_a_request_of_pyrad_and_read_its_password() -> None:
    packet = pytest.importorskip("pyrad.packet")
    dictionary = pytest.importorskip("pyrad.dictionary").Dictionary()
    request = packet.AuthPacket(secret=SECRET, dict=dictionary, id=9)
    request[1] = [b"ann"]
    request[2] = [request.PwCrypt("correct horse")]
    request.add_message_authenticator()
    datagram = request.RequestPacket()
    frame = wire.split(datagram)

    assert Verdict.VALID is check_request(datagram, frame, SECRET, signature_required=True)
    assert Pap(b"correct horse") == offered(frame.attributes, frame.authenticator, SECRET)

    response = request.CreateReply()
    response.code = Code.ACCESS_ACCEPT
    answer = response.ReplyPacket()
    verdict = check_reply(
        answer, wire.split(answer), SECRET, frame.authenticator, signature_required=False
    )

    assert Verdict.VALID is verdict


def test_the_message_authenticators_are_those_of_the_hmac_of_python() -> None:
    for each in EXCHANGES:
        for datagram, authenticator in ((each.request, None), (each.reply, each.request[4:20])):
            frame = wire.split(datagram)
            if not frame.signature_at:
                continue
            own = frame.authenticator if frame.code in (1, 12) else bytes(16)
            blank = datagram.replace(datagram[22:38], bytes(16), 1)
            signed = datagram[:4] + (authenticator or own) + blank[20:]

            assert hmac.digest(SECRET, signed, md5) == datagram[22:38]


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("radclient") is None, reason="radclient is not installed")
def test_radclient_reads_our_text_form_and_we_read_what_it_prints(tmp_path: Path) -> None:
    pairs = parse_pairs(ACCEPT + START, shipped())
    text = "\n".join(format_items(pairs, shipped()))
    request = tmp_path / "request"
    request.write_text(text + "\n")
    shown = subprocess.run(
        ["radclient", "-x", "-r", "1", "-t", "0.1", "-f", str(request), "127.0.0.1:9", "acct", "s"],
        capture_output=True,
        text=True,
        timeout=FOREIGN_SECONDS_MAX,
    ).stdout
    lines = [line.strip() for line in shown.splitlines() if line.startswith("\t")]

    assert pairs == parse_pairs("\n".join(lines), shipped())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(LISTEN_SECONDS_MAX)
        yield bound


def radclient_can_send(drawn: Pair) -> bool:
    definition = drawn.definition
    return (
        definition.name not in RADCLIENT_READS_OTHERWISE
        and definition.encryption is not Encryption.SALTED
        and drawn.value != b""
        and not (
            definition.encryption is Encryption.USER_PASSWORD and isinstance(drawn.value, bytes)
        )
    )


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("radclient") is None, reason="radclient is not installed")
@settings(
    max_examples=60,
    phases=[Phase.generate],  # a program for each example is too slow to look for a shorter one
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pairs_of(shipped()).filter(radclient_can_send))
def test_what_radclient_makes_of_our_text_is_what_we_meant(
    listener: socket.socket, drawn: Pair
) -> None:
    server = f"127.0.0.1:{listener.getsockname()[1]}"
    command = ["radclient", "-r", "1", server, "auth", SECRET.decode()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdin is not None
        client.stdin.write("\n".join(format_items([drawn], shipped())).encode())
        client.stdin.close()
        try:
            frame = wire.split(listener.recv(wire.PACKET_OCTETS_MAX))
        finally:
            client.kill()  # it would wait for an answer
    hiding = Hiding(secret=SECRET, authenticator=frame.authenticator)

    assert [drawn] == read(frame.attributes, shipped(), hiding)
