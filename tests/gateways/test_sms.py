"""Short messages to a real HTTP server: what it is sent, and what it may answer."""

import json
import socket
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from chassis.secrets import Secret
from gateways import sms
from gateways.sms import Encoding, Sms, SmsError, SmsGateway, faults, international
from tests.support.sms_provider import SmsProvider, sms_provider

HELLO = Sms(to="+49 151 2345678", text="Größe & {token}?", key="outage-7")


async def send(to: SmsGateway, message: Sms) -> None:
    async with sms.connection() as over:
        await sms.send(over, to, message)


def gateway(http: SmsProvider, **changes: object) -> SmsGateway:
    plain = SmsGateway(
        url=http.url,
        fields={"To": "{to}", "Body": "{text}"},
        user="account",
        password=Secret("hidden"),
        token=Secret("t0ken"),
    )
    return replace(plain, **changes)


async def test_a_form_carries_number_and_text_and_the_sign_in():
    async with sms_provider() as http:
        await send(gateway(http), HELLO)

    assert http.heads[0].startswith("POST /send ")
    assert "authorization: basic ywnjb3vuddpoawrkzw4=" in http.heads[0].lower()
    assert [{"To": "+491512345678", "Body": "Größe & {token}?"}] == http.forms


async def test_json_may_be_nested_and_headers_carry_the_token():
    fields = {"messages": [{"to": "{digits}", "content": "{text}", "reference": "{key}"}], "n": 1}
    async with sms_provider() as http:
        await send(
            gateway(
                http,
                encoding=Encoding.JSON,
                fields=fields,
                headers={"Authorization": "Bearer {token}"},
                user="",
            ),
            HELLO,
        )

    assert "authorization: bearer t0ken\r\n" in http.heads[0].lower()
    assert {
        "messages": [
            {"to": "491512345678", "content": "Größe & {token}?", "reference": "outage-7"}
        ],
        "n": 1,
    } == json.loads(http.bodies[0])


async def test_a_query_keeps_what_the_address_asks_already():
    async with sms_provider() as http:
        there = f"http://127.0.0.1:{http.port}/sms?account=7"
        await send(gateway(http, url=there, encoding=Encoding.QUERY), HELLO)

    target = http.heads[0].split()[1]
    assert {"account": ["7"], "To": ["+491512345678"], "Body": ["Größe & {token}?"]} == parse_qs(
        target.partition("?")[2]
    )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"status": "401 Unauthorized", "body": b"bad\nt0ken"}, "answers 401 bad ********"),
        ({"status": "302 Found", "body": b"elsewhere"}, "answers 302 elsewhere"),
        ({"body": b"ERR 7 hidden"}, "does not accept it: ERR 7 ********"),
        ({"body": b"x" * 200_000}, "does not accept it: xxx"),
        ({"status": ""}, "cannot be asked: Server disconnected"),
    ],
)
async def test_what_a_gateway_refuses_is_said_without_secrets(answer: dict, problem: str):
    async with sms_provider(**answer) as http:
        with pytest.raises(SmsError, match="the SMS gateway") as refused:
            await send(gateway(http, accepted="^OK"), HELLO)

    assert problem in str(refused.value)
    assert len(str(refused.value)) <= sms.TOLD_CHARACTERS_MAX


async def test_one_that_is_not_there_or_does_not_answer_is_an_error(monkeypatch):
    async with sms_provider() as http:
        pass
    with pytest.raises(SmsError, match="cannot be asked"):
        await send(gateway(http), HELLO)

    with pytest.raises(SmsError, match="cannot be asked"):
        await send(gateway(http, url="http://[::1"), HELLO)

    monkeypatch.setattr(sms, "SEND_SECONDS_MAX", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(SmsError, match="cannot be asked"),
    ):
        await send(gateway(SmsProvider(port=silent.getsockname()[1])), HELLO)


@pytest.mark.parametrize(
    ("word", "kept", "units"),
    [
        ("words ", "words", 459),
        ("{ab} ", "{ab}", 459),
        ("Größe ", "Größe", 459),
        ("слова ", "слова", 201),
        ("dört🙂 ", "dört🙂", 201),
        ("žena ", "žena", 201),
    ],
)
async def test_a_long_text_is_three_parts_and_ends_at_a_word(word: str, kept: str, units: int):
    async with sms_provider() as http:
        await send(gateway(http), replace(HELLO, text=word * 100))
    said = http.forms[0]["Body"]
    used = len(said.encode("utf-16-le")) // 2 + said.count("{") + said.count("}")

    assert said.endswith(f" {kept}...")
    assert units - len(word) - 4 <= used <= units


async def test_a_text_that_fills_three_parts_is_whole():
    for text in ("€" + "x" * 457, "ж" * 201):
        async with sms_provider() as http:
            await send(gateway(http), replace(HELLO, text=text))

        assert text == http.forms[0]["Body"]


def test_numbers_are_international():
    assert "+491512345678" == international("0049 (151) 234-5678", "")
    assert "+491512345678" == international("0151/234 5678", "49")
    assert "+4930123456" == international("+49 (0)30 123456", "")
    assert "+4930123456" == international("0049 (0) 30/123456", "")
    for wrong in ("0151 2345678", "ann", "", "+12", "+123456789012345678", "+49x"):
        with pytest.raises(SmsError, match="no international number"):
            international(wrong, "")


def test_a_placeholder_that_is_none_is_found():
    assert () == faults({"a": ["{to}", {"b": "{text} {key} {token} {digits}"}], "n": 1})
    assert ("phone", "") == faults({"a": ["{phone}", {"b": "{}"}]})
