"""`turnpike radius decode` and `encode`, as a person or a script uses them."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from isp.errors import ExitCode, Refused
from turnpike.commands import radius
from turnpike.commands.radius import app
from turnpike.global_options import GlobalOptions

REQUEST = (
    "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
    "0406c0a80110050600000003"
)
ACCEPT = "0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103"


def turnpike(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def refusal(*arguments: str, stdin: str = "") -> Refused:
    error = turnpike(*arguments, stdin=stdin).exception
    assert isinstance(error, Refused)
    return error


def test_decode_prints_one_attribute_a_line() -> None:
    result = turnpike("decode", REQUEST, "--secret", "xyzzy5461")

    assert (
        'User-Name = "nemo"\nUser-Password = "arctangent"\n'
        "NAS-IP-Address = 192.168.1.16\nNAS-Port = 3\n"
    ) == result.stdout
    assert "Access-Request, identifier 0, 56 octets, valid\n" == result.stderr


def test_the_secret_comes_from_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("xyzzy5461\n")
    from_file = turnpike("decode", REQUEST, "--secret-file", str(file))
    from_stdin = turnpike("decode", REQUEST, "--secret", "-", stdin="xyzzy5461\n")

    assert 'User-Password = "arctangent"' in from_file.stdout
    assert from_file.stdout == from_stdin.stdout


def test_the_example_of_its_help_can_be_tried() -> None:
    example = turnpike("decode", "--help").stdout.partition("Example: turnpike radius decode")[2]

    assert 'User-Name = "ann"\n' == turnpike("decode", example.split()[0]).stdout


def test_decode_without_the_secret_leaves_the_password_hidden() -> None:
    assert (
        "User-Password = 0x0dbe708d93d413ce3196e43f782a0aee"
        in turnpike("decode", REQUEST).stdout.splitlines()
    )


def test_decode_as_json_says_whether_a_reply_is_believed(monkeypatch) -> None:
    monkeypatch.setattr(radius, "options", lambda: GlobalOptions(json=True))
    result = turnpike(
        *("decode", ACCEPT, "--secret", "xyzzy5461"),
        *("--request-authenticator", REQUEST[8:40]),
    )
    shown = json.loads(result.stdout)

    assert ("Access-Accept", "valid") == (shown["code"], shown["integrity"])
    assert {
        "name": "Service-Type",
        "tag": None,
        "value": 1,
        "text": "Login-User",
    } == shown["attributes"][0]


def test_decode_of_a_malformed_packet_exits_65_with_the_reason() -> None:
    refused = refusal("decode", "0100001600000000000000000000000000000000 0501")

    assert ExitCode.BAD_DATA is refused.exit_code
    assert "malformed packet: attribute_too_short" == refused.problem


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["decode", "xyz"], "the packet is not written in hexadecimal"),
        (
            ["decode", REQUEST, "--request-authenticator", "00"],
            "an authenticator is 16 octets, not 1",
        ),
        (
            ["decode", REQUEST, "--secret-file", "gone"],
            "gone cannot be read: No such file or directory",
        ),
        (["decode", "-", "--secret", "-"], "standard input cannot be the secret as well"),
        (["encode", "--secret", "-"], "standard input cannot be the secret as well"),
        (["decode", REQUEST, "--dictionary", "gone"], "gone: No such file or directory"),
        (["encode", "--code", "Hello"], "Hello is no code of RADIUS"),
        (
            ["encode", "--code", "CoA-ACK", "--secret", "s"],
            "CoA-ACK is signed with its request's authenticator",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(arguments: list[str], problem: str) -> None:
    assert problem == refusal(*arguments).problem


def test_encode_names_the_line_that_is_wrong() -> None:
    refused = refusal("encode", stdin='User-Name = "ann"\nUser-Nam = "x"\n')

    assert "line 2: no dictionary knows the attribute User-Nam" == refused.problem


def test_encode_asks_for_the_secret_that_a_password_needs() -> None:
    assert "give --secret" == refusal("encode", stdin='User-Password = "x"').remedy


@pytest.mark.parametrize("code", ["Access-Request", "Accounting-Request", "CoA-Request", "12"])
def test_what_is_encoded_is_decoded_and_believed(code: str) -> None:
    text = 'User-Name = "ann"\nMikrotik-Rate-Limit = "2M/1M"\n'
    packet = turnpike("encode", "--code", code, "--id", "9", "--secret", "s", stdin=text).stdout
    result = turnpike("decode", "-", "--secret", "s", stdin=packet)

    assert "valid" == result.stderr.strip().rpartition(" ")[2]
    assert text.splitlines() == [
        line for line in result.stdout.splitlines() if "Message-Authenticator" not in line
    ]


def test_decoded_text_can_be_encoded_again() -> None:
    text = 'User-Name = "ann"\nUser-Password = "x"\n'
    arguments = ["encode", "--secret", "s", "--authenticator", "00" * 16]
    packet = turnpike(*arguments, stdin=text).stdout
    again = turnpike("decode", "-", "--secret", "s", stdin=packet).stdout

    assert packet == turnpike(*arguments, stdin=again).stdout


def test_without_the_secret_the_octets_stand_as_they_are_written() -> None:
    packet = turnpike("encode", "--code", "2", stdin="Attr-5 = 0x0102\n").stdout

    assert "02000018" + "00" * 16 + "05040102\n" == packet


def test_a_dictionary_of_the_operator_names_his_attributes(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.local"
    file.write_text("ATTRIBUTE Ours 250 integer\n")

    assert (
        "Ours = 5\n"
        == turnpike(
            "decode", "0100001a" + "00" * 16 + "fa0600000005", "--dictionary", str(file)
        ).stdout
    )
