"""Packets and what they mean, as text: `tests/radius/golden/*.txt`; `--golden` rewrites `match`.

`secret` and `authenticator` (of the request, where a reply is looked at) hold until the next one.
`decode` takes a packet, `attributes` only attributes, `encode` a code, an identifier and
attributes; `match` is what comes of it. `count` is how many there are.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from radius import wire
from radius.attributes import read, write
from radius.dictionaries import shipped
from radius.hiding import Hiding
from radius.integrity import REPLIES, build, check_reply, check_request
from radius.malformed import MalformedPacketError
from radius.text import code_name, format_items, parse_code, parse_pairs

FILES = sorted((Path(__file__).parent / "golden").glob("*.txt"))
FIRST_SALT = 0x8001


@dataclass
class Setting:
    """What the lines before have set."""

    secret: bytes = b""
    authenticator: bytes = bytes(16)

    def outcome(self, command: str, rest: str) -> str:
        try:
            match command:
                case "decode":
                    return self.decoded(bytes.fromhex(rest))
                case "attributes":
                    octets = bytes.fromhex(rest)
                    header = bytes(2) + (20 + len(octets)).to_bytes(2, "big") + bytes(16)
                    return self.items(wire.split(header + octets))
                case "encode":
                    return self.encoded(*rest.split(" ", 2))
            raise AssertionError(command)
        except MalformedPacketError as error:
            return f"malformed {error.reason}"

    def decoded(self, datagram: bytes) -> str:
        frame = wire.split(datagram)
        if frame.code in REPLIES:
            verdict = check_reply(
                datagram, frame, self.secret, self.authenticator, signature_required=False
            )
        else:
            verdict = check_request(datagram, frame, self.secret, signature_required=False)
        header = f"{code_name(frame.code)} {frame.identifier} {verdict}"
        return f"{header} {self.items(frame)}".rstrip()

    def items(self, frame: wire.Frame) -> str:
        authenticator = frame.authenticator if any(frame.authenticator) else self.authenticator
        hiding = Hiding(secret=self.secret, authenticator=authenticator)
        return ", ".join(format_items(read(frame.attributes, shipped(), hiding), shipped()))

    def encoded(self, code: str, identifier: str, attributes: str = "") -> str:
        hiding = Hiding(secret=self.secret, authenticator=self.authenticator, first_salt=FIRST_SALT)
        octets = write(parse_pairs(attributes, shipped()), shipped(), hiding)
        return build(
            parse_code(code), int(identifier), octets, self.secret, self.authenticator
        ).hex()


def replayed(text: str) -> str:
    """The file with every `match` and the `count` as they are now."""
    setting = Setting()
    lines = []
    outcome = ""
    count = 0
    for line in text.splitlines():
        command, _, rest = line.partition(" ")
        match command:
            case "" | "#":
                pass
            case "secret":
                setting.secret = rest.encode()
            case "authenticator":
                setting.authenticator = bytes.fromhex(rest)
            case "match":
                line = f"match {outcome}"
                count += 1
            case "count":
                line = f"count {count}"
            case _:
                outcome = setting.outcome(command, rest)
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden_packets_mean_what_they_meant(file: Path, rewrite_golden: bool) -> None:
    expected = file.read_text("utf-8")
    actual = replayed(expected)
    if rewrite_golden:
        file.write_text(actual, "utf-8")
        return

    assert expected == actual


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden_packets_are_counted(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()

    assert lines[-1] == f"count {sum(line.startswith('match ') for line in lines)}"
