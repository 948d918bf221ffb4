"""`turnpike radius`: packets as text and text as packets."""

import sys
from collections.abc import Sequence
from os import urandom
from pathlib import Path
from typing import Annotated

import typer

from isp.errors import ExitCode, Refused
from radius import wire
from radius.attributes import Invalid, Pair, read, write
from radius.dictionaries import load
from radius.dictionary import Dictionary
from radius.dictionary_parser import DictionaryError
from radius.hiding import Hiding
from radius.integrity import (
    REPLIES,
    SELF_AUTHENTICATED,
    Verdict,
    build,
    check_reply,
    check_request,
)
from radius.malformed import MalformedPacketError
from radius.numbers import MESSAGE_AUTHENTICATOR
from radius.packet import Attribute, Code, Packet
from radius.packet import encode as encode_packet
from radius.text import TextError, code_name, format_items, format_value, parse_code, parse_pairs
from radius.values import Fault, InvalidAttributeError
from turnpike.global_options import options
from turnpike.load.command import load as load_server
from turnpike.login_command import test
from turnpike.output import print_json
from turnpike.secret_input import STDIN, read_secret

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="RADIUS packets: look at them, make them, send them.")
app.command("load", epilog="Example: turnpike radius load 127.0.0.1:1812 --secret S --logins L")(
    load_server
)
app.command("test")(test)

Secret = Annotated[
    str | None,
    typer.Option("--secret", metavar="S", help="the NAS's shared secret; `-`: asked for"),
]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="a file that holds the secret")
]
RequestAuthenticator = Annotated[
    str | None,
    typer.Option(metavar="HEX", help="of a reply: the 16 octets of its request's authenticator"),
]
Dictionaries = Annotated[
    list[Path] | None,
    typer.Option("--dictionary", help="a further dictionary in the format of FreeRADIUS 3"),
]


@app.command()
def decode(
    hex: Annotated[str, typer.Argument(metavar="HEX", help="the packet's octets; `-`: stdin")],
    secret: Secret = None,
    secret_file: SecretFile = None,
    request_authenticator: RequestAuthenticator = None,
    dictionary: Dictionaries = None,
) -> None:
    """Show a packet's attributes, one `Name = value` a line; the header goes to stderr.

    With the secret, hidden values are shown in clear and the authenticators are checked.

    Example: turnpike radius decode 01000019000000000000000000000000000000000105616e6e --secret -
    """
    key = _secret(secret, secret_file, stdin_is_taken=hex == STDIN)
    datagram = _octets(sys.stdin.read() if hex == STDIN else hex, "the packet")
    asked_by = _authenticator(request_authenticator)
    known = _dictionary(dictionary)
    try:
        frame = wire.split(datagram)
    except MalformedPacketError as error:
        problem = f"malformed packet: {error.reason}"
        raise Refused(problem, remedy="a server discards it without an answer") from None
    hiding = _hiding(frame, key, asked_by)
    items = read(frame.attributes, known, hiding)
    verdict = _verdict(datagram, frame, key, asked_by)
    if options().json:
        print_json(_as_json(frame, verdict, items, known))
        return
    header = f"{code_name(frame.code)}, identifier {frame.identifier}, {frame.length} octets"
    typer.echo(f"{header}, {verdict}" if verdict else header, err=True)
    for line in format_items(items, known):
        print(line)


@app.command()
def encode(
    code: Annotated[str, typer.Option(help="its name or number")] = "Access-Request",
    id: Annotated[int, typer.Option("--id", min=0, max=255, help="the identifier")] = 0,
    secret: Secret = None,
    secret_file: SecretFile = None,
    authenticator: Annotated[
        str | None, typer.Option(metavar="HEX", help="of an Access-Request; random if not given")
    ] = None,
    request_authenticator: RequestAuthenticator = None,
    dictionary: Dictionaries = None,
) -> None:
    """Make a packet of the attributes on stdin and print it in hexadecimal.

    With the secret it is signed as its code asks; without, the authenticator stands as it is.

    Example: echo 'User-Name = "ann"' | turnpike radius encode --code Access-Request --secret S
    """
    known = _dictionary(dictionary)
    key = _secret(secret, secret_file, stdin_is_taken=True)
    own = _authenticator(authenticator)
    asked_by = _authenticator(request_authenticator)
    try:
        number = parse_code(code)
    except ValueError as error:
        remedy = "say Access-Request, Accounting-Request, CoA-Request, … or 0 to 255"
        raise Refused(str(error), remedy=remedy, exit_code=ExitCode.USAGE) from None
    if key and number in REPLIES and asked_by is None:
        problem = f"{code_name(number)} is signed with its request's authenticator"
        remedy = "give --request-authenticator"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
    try:
        pairs = parse_pairs(sys.stdin.read(), known)
        print(_encoded(number, id, pairs, known, key, own or asked_by).hex())
    except TextError as error:
        remedy = "write one `Name = value` a line, text in double quotes"
        raise Refused(str(error), remedy=remedy) from None
    except InvalidAttributeError as error:
        problem = f"an attribute cannot be sent: {error.fault}"
        remedy = "correct its value"
        if error.fault is Fault.SECRET_NEEDED:
            remedy = "leave hidden ones out of this code" if key else "give --secret"
        raise Refused(problem, remedy=remedy) from None
    except ValueError as error:
        raise Refused(str(error), remedy="send fewer attributes") from None


def _encoded(
    code: int,
    identifier: int,
    pairs: Sequence[Pair],
    dictionary: Dictionary,
    secret: bytes | None,
    authenticator: bytes | None,
) -> bytes:
    if secret is None:
        header = authenticator or (urandom(16) if code == Code.ACCESS_REQUEST else bytes(16))
        attributes = wire.split(_framed(write(pairs, dictionary))).attributes
        return encode_packet(
            Packet(
                code=code,
                identifier=identifier,
                authenticator=header,
                attributes=tuple(Attribute(kind, value) for kind, value in attributes),
            )
        )
    used = authenticator or urandom(16)
    salt = int.from_bytes(urandom(2), "big")
    unsigned = [each for each in pairs if each.definition.oid != (MESSAGE_AUTHENTICATOR,)]
    hiding = Hiding(secret=secret, authenticator=used, first_salt=salt)
    octets = write(unsigned, dictionary, None if code in SELF_AUTHENTICATED else hiding)
    return build(code, identifier, octets, secret, used)


def _framed(octets: bytes) -> bytes:
    return bytes(2) + (wire.HEADER_OCTETS + len(octets)).to_bytes(2, "big") + bytes(16) + octets


def _hiding(frame: wire.Frame, secret: bytes | None, asked_by: bytes | None) -> Hiding | None:
    """What values were hidden with: a reply's with the authenticator of its request."""
    if secret is None or (frame.code in REPLIES and asked_by is None):
        return None
    return Hiding(secret=secret, authenticator=asked_by or frame.authenticator)


def _verdict(
    datagram: bytes, frame: wire.Frame, secret: bytes | None, asked_by: bytes | None
) -> Verdict | None:
    if secret is None:
        return None
    if frame.code not in REPLIES:
        return check_request(datagram, frame, secret, signature_required=False)
    if asked_by is None:
        return None
    return check_reply(datagram, frame, secret, asked_by, signature_required=False)


def _as_json(
    frame: wire.Frame,
    verdict: Verdict | None,
    items: Sequence[Pair | Invalid],
    dictionary: Dictionary,
) -> dict[str, object]:
    attributes: list[dict[str, object]] = []
    for item in items:
        match item:
            case Pair(definition, value, tag):
                text = format_value(definition, value, dictionary)
                plain = value if isinstance(value, int | str) else text.strip('"')
                attributes.append(
                    {"name": definition.name, "tag": tag, "value": plain, "text": text}
                )
            case Invalid(definition, octets, fault):
                attributes.append(
                    {"name": definition.name, "invalid": fault, "text": f"0x{octets.hex()}"}
                )
    return {
        "code": code_name(frame.code),
        "identifier": frame.identifier,
        "length": frame.length,
        "authenticator": frame.authenticator.hex(),
        "integrity": verdict,
        "attributes": attributes,
    }


def _octets(text: str, what: str) -> bytes:
    digits = "".join(text.split()).removeprefix("0x").replace(":", "")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        problem = f"{what} is not written in hexadecimal"
        raise Refused(problem, remedy="write two digits for each octet") from None


def _authenticator(text: str | None) -> bytes | None:
    if text is None:
        return None
    octets = _octets(text, "the authenticator")
    if len(octets) != 16:
        problem = f"an authenticator is 16 octets, not {len(octets)}"
        raise Refused(problem, remedy="write 32 hexadecimal digits")
    return octets


def _secret(secret: str | None, file: Path | None, *, stdin_is_taken: bool) -> bytes | None:
    if secret == STDIN and stdin_is_taken:
        problem = "standard input cannot be the secret as well"
        raise Refused(problem, remedy="give --secret-file", exit_code=ExitCode.USAGE)
    shared = read_secret("secret", secret, file)
    return None if shared is None else shared.reveal().encode()


def _dictionary(files: Sequence[Path] | None) -> Dictionary:
    try:
        return load([str(file) for file in files or ()])
    except DictionaryError as error:
        remedy = "correct that line; the format is that of FreeRADIUS 3"
        raise Refused(str(error), remedy=remedy) from None
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
        raise Refused(problem, remedy="name a file that can be read") from error
