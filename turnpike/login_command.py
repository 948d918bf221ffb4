"""`turnpike radius test`: log in as a NAS would, and show what came back."""

import socket
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis.clock import SystemClock
from chassis.secrets import Secret
from isp.errors import ExitCode, Refused
from operations import nas
from radius import attributes, wire
from radius.dictionaries import shipped
from radius.hiding import Hiding
from radius.integrity import Verdict, check_reply
from radius.malformed import MalformedPacketError
from radius.packet import Code
from radius.text import code_name, format_items
from turnpike.context import Desk, settings, work
from turnpike.global_options import options
from turnpike.login_packet import Login, Method, access_request, expected_proof
from turnpike.output import print_json
from turnpike.secret_input import read_secret

__all__ = ["test"]

TRIES: Final = 3
SECONDS_PER_TRY: Final = 2.0
"""A server that holds a Reject back for a second answers within the first try."""

DATAGRAM_OCTETS_MAX: Final = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: the frame, whether it can be believed, and how long it took."""

    frame: wire.Frame
    verdict: Verdict
    milliseconds: float


def test(
    login: Annotated[str, typer.Argument(help="The login.")],
    password: Annotated[str, typer.Argument(help="The password; - asks for it.")] = "-",
    method: Annotated[Method, typer.Option(help="How the password is proved.")] = Method.PAP,
    server: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Absent: the configured radiusd.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Absent: that of the NAS which has our address.")
    ] = None,
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds the secret.")] = None,
    mac: Annotated[str | None, typer.Option(help="Calling-Station-Id.")] = None,
) -> None:
    """Log in as a NAS would; exit 0 for an Accept, 1 for a Reject, 69 for silence.

    Example: turnpike radius test ann@example.net - --method mschapv2
    """
    given = read_secret("password", password, None)
    host, port = _where(server)
    with _towards(host, port) as line:
        source = str(line.getsockname()[0])
        shared = read_secret("secret", secret, secret_file) or _secret_of(source)
        attempt = Login(
            login=login,
            password=given.reveal() if given else "",
            method=method,
            authenticator=urandom(16),
            peer_challenge=urandom(16),
        )
        key = shared.reveal().encode()
        request = access_request(
            attempt, identifier=urandom(1)[0], secret=key, nas_address=source, mac=mac
        )
        answer = _asked(line, request, key, attempt.authenticator)
    if answer is None:
        problem = f"{host}:{port} does not answer"
        remedy = f"see that radiusd runs and that {source} is a NAS of it with this secret"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.UNAVAILABLE)
    _show(answer, attempt, key)
    raise typer.Exit(ExitCode.OK if answer.frame.code == Code.ACCESS_ACCEPT else ExitCode.FAILED)


def _where(server: str | None) -> tuple[str, int]:
    if server is None:
        radiusd = getattr(settings(), "radiusd", None)
        if radiusd is None:
            remedy = "say which with --server HOST:PORT"
            raise Refused("no radiusd is configured", remedy=remedy, exit_code=ExitCode.USAGE)
        return radiusd.addresses[0], radiusd.auth_port
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        remedy = "write it as 192.0.2.5:1812"
        raise Refused(f"{server} is not HOST:PORT", remedy=remedy, exit_code=ExitCode.USAGE)
    return host.strip("[]"), int(port)


def _towards(host: str, port: int) -> socket.socket:
    """A socket that sends to the server and hears only it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except socket.gaierror as error:
        problem = f"{host} is not known: {error.strerror}"
        remedy = "give an address"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None
    family, kind, protocol, _, address = found[0]
    line = socket.socket(family, kind, protocol)
    line.settimeout(SECONDS_PER_TRY)
    line.connect(address)
    return line


def _secret_of(source: str) -> Secret[str]:
    """The secret of the NAS that has our own address."""

    async def task(desk: Desk) -> Secret[str] | None:
        async with desk.transaction() as transaction:
            for use in await nas.listed(transaction):
                if use.nas.address.partition("/")[0] == source:
                    secret, *_ = await nas.secrets_of(transaction, use.nas, desk.keys, desk.now())
                    return secret
        return None

    found = work(task)
    if found is None:
        remedy = f"add it (`turnpike nas add here {source}`), or give --secret"
        raise Refused(f"{source} is no NAS", remedy=remedy)
    return found


def _asked(line: socket.socket, request: bytes, secret: bytes, sent: bytes) -> Answer | None:
    """Ask until the server answers, three times; None when it does not."""
    clock = SystemClock()
    for _ in range(TRIES):
        started = clock.monotonic()
        line.send(request)
        try:
            datagram = line.recv(DATAGRAM_OCTETS_MAX)
            frame = wire.split(datagram)
        except (TimeoutError, ConnectionRefusedError, MalformedPacketError):
            continue
        verdict = check_reply(datagram, frame, secret, sent, signature_required=False)
        milliseconds = (clock.monotonic() - started) * 1000
        return Answer(frame=frame, verdict=verdict, milliseconds=milliseconds)
    return None


def _show(answer: Answer, attempt: Login, secret: bytes) -> None:
    hiding = Hiding(secret=secret, authenticator=attempt.authenticator)
    items = attributes.read(answer.frame.attributes, shipped(), hiding)
    lines = format_items(items, shipped())
    proof = expected_proof(attempt)
    proved = proof is None or any(proof in value for _, value in answer.frame.attributes)
    code = code_name(answer.frame.code)
    if options().json:
        print_json(
            {
                "code": code,
                "authenticator": answer.verdict,
                "milliseconds": round(answer.milliseconds, 1),
                "server_proved": proved,
                "attributes": lines,
            }
        )
        return
    print(f"{code} in {answer.milliseconds:.1f} ms, authenticator {answer.verdict}")
    if answer.frame.code == Code.ACCESS_ACCEPT and not proved:
        print("the server did not prove that it knows the password (RFC 2759 §8.8)")
    for line in lines:
        print(f"  {line}")
