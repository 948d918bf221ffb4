"""Short messages by a provider's HTTP interface: one request, taken or refused; the caller retries.

No two providers name their fields alike, so the request is a template: where it goes, what its
fields are called, and how they are written. httpx writes them, so nothing needs escaping by hand.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import Any, Final

import httpx

from chassis.secrets import REDACTED, Secret

__all__ = [
    "Encoding",
    "Sms",
    "SmsError",
    "SmsGateway",
    "SmsUnreachable",
    "connection",
    "faults",
    "international",
    "send",
]

SEND_SECONDS_MAX: Final = 20.0
ANSWER_OCTETS_MAX: Final = 64 * 1024
TOLD_CHARACTERS_MAX: Final = 300
PARTS_MAX: Final = 3
"""Each part of a message is paid for."""

SEPTETS_PER_PART: Final = 153
UNITS_PER_PART: Final = 67
"""Of UTF-16, as which a text goes out that has one character outside the alphabet of GSM
(3GPP TS 23.038; parts: TS 23.040 §9.2.3.24.1)."""

ONE_SEPTET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_SEPTETS: Final = frozenset("\f^{}\\[~]|€")
DOTS: Final = "..."

REFUSING_ALL: Final = frozenset({401, 403, 429, 502, 503, 504})
"""Not signed in, too many, not there: the next message now would only make it worse."""

DIGITS_MAX: Final = 15
"""Of an international number (E.164)."""

TRUNK_ZERO: Final = re.compile(r"^(\s*(?:\+|00)[\s\d]*)\(0\)")
"""As in +49 (0)30 123456: dialled within the country only, and never after its code."""

PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")
PLACEHOLDERS: Final = ("to", "digits", "text", "key", "token")


class Encoding(StrEnum):
    """How the fields are written: a GET with a query, or a POST with a form or JSON."""

    QUERY = "query"
    FORM = "form"
    JSON = "json"


class SmsError(Exception):
    """The gateway could not be reached, or would not take the message."""


class SmsUnreachable(SmsError):  # noqa: N818 - it names what happened
    """The gateway could not be asked at all: another message would fare no better now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SmsGateway:
    """Where short messages go out.

    In `fields` and `headers` stand for themselves: `{to}` the number as `+49…`, `{digits}` the same
    without `+`, `{text}`, `{key}` the message's own name, `{token}` the secret. `accepted` is found
    in the answer of a gateway that says no with status 200, too.
    """

    url: str
    encoding: Encoding = Encoding.FORM
    fields: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    password: Secret[str] | None = None
    token: Secret[str] | None = None
    accepted: str = ""
    country_code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sms:
    """A message; `key` makes a repeat recognisable to a gateway that is told it."""

    to: str
    text: str
    key: str


def connection() -> httpx.AsyncClient:
    """What messages are sent over; the next one finds the gateway's connection open."""
    return httpx.AsyncClient(timeout=SEND_SECONDS_MAX, verify=_trusted())


async def send(over: httpx.AsyncClient, gateway: SmsGateway, sms: Sms) -> None:
    """Hand the message to the gateway; on return it has taken it. Raises SmsError."""
    words = _words(gateway, sms)
    try:
        async with (
            asyncio.timeout(SEND_SECONDS_MAX),
            over.stream(
                "GET" if gateway.encoding is Encoding.QUERY else "POST",
                gateway.url,
                headers=_filled(gateway.headers, words),
                auth=_sign_in(gateway),
                **_content(gateway, words),
            ) as answer,
        ):
            said = await _text(answer)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as fault:
        reason = str(fault) or "no answer in time"
        problem = _told(gateway, f"the SMS gateway cannot be asked: {reason}")
        raise SmsUnreachable(problem) from None
    if not answer.is_success:
        refusal = f"{answer.status_code} {said}".strip()
        for_all = answer.status_code in REFUSING_ALL
        problem = _told(gateway, f"the SMS gateway answers {refusal}")
        raise SmsUnreachable(problem) if for_all else SmsError(problem)
    if not re.search(gateway.accepted, said):
        raise SmsError(_told(gateway, f"the SMS gateway does not accept it: {said}"))


def international(phone: str, country_code: str) -> str:
    """The number with `+` and its country code, where a national one begins with 0.

    Raises SmsError for what is no such number.
    """
    number = re.sub(r"[\s().\-/]", "", TRUNK_ZERO.sub(r"\1", phone))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    elif number.startswith("0") and country_code:
        number = f"+{country_code}{number[1:]}"
    if not re.fullmatch(rf"\+[1-9][0-9]{{6,{DIGITS_MAX - 1}}}", number):
        raise SmsError(f"{phone} is no international number; write it as +4912345678")
    return number


def faults(template: Any) -> tuple[str, ...]:
    """What stands in braces in a template and is nothing that we know."""
    if isinstance(template, str):
        return tuple(found for found in PLACEHOLDER.findall(template) if found not in PLACEHOLDERS)
    if isinstance(template, Mapping):
        return tuple(found for each in template.values() for found in faults(each))
    if isinstance(template, list | tuple):
        return tuple(found for each in template for found in faults(each))
    return ()


@cache
def _trusted() -> ssl.SSLContext:
    """Reading the certificate authorities takes longer than most gateways do; once is enough."""
    return httpx.create_ssl_context()


def _words(gateway: SmsGateway, sms: Sms) -> dict[str, str]:
    to = international(sms.to, gateway.country_code)
    text = _in_three_parts(sms.text)
    token = gateway.token.reveal() if gateway.token else ""
    return {"to": to, "digits": to.removeprefix("+"), "text": text, "key": sms.key, "token": token}


def _in_three_parts(text: str) -> str:
    """The text, or as many whole words of it as fit and dots; the alphabet is the whole text's."""
    if set(text) <= ONE_SEPTET | TWO_SEPTETS:
        sizes = [2 if each in TWO_SEPTETS else 1 for each in text]
        size_max = PARTS_MAX * SEPTETS_PER_PART
    else:
        sizes = [len(each.encode("utf-16-le", "surrogatepass")) // 2 for each in text]
        size_max = PARTS_MAX * UNITS_PER_PART
    if sum(sizes) <= size_max:
        return text
    fitting = sum(size <= size_max - len(DOTS) for size in accumulate(sizes))
    return f"{text[:fitting].rsplit(maxsplit=1)[0]}{DOTS}"


def _filled(template: Any, words: Mapping[str, str]) -> Any:
    """The template with its words in place, in one pass: what a text says is never a template."""
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda found: words[found[1]], template)
    if isinstance(template, Mapping):
        return {name: _filled(each, words) for name, each in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(each, words) for each in template]
    return template


def _content(gateway: SmsGateway, words: Mapping[str, str]) -> dict[str, Any]:
    fields = _filled(gateway.fields, words)
    match gateway.encoding:
        case Encoding.QUERY:
            return {"params": dict(httpx.URL(gateway.url).params) | fields}
        case Encoding.FORM:
            return {"data": fields}
        case Encoding.JSON:
            return {"json": fields}


def _sign_in(gateway: SmsGateway) -> tuple[str, str] | None:
    if not gateway.user:
        return None
    return gateway.user, gateway.password.reveal() if gateway.password else ""


async def _text(answer: httpx.Response) -> str:
    said = b""
    async for part in answer.aiter_bytes():
        said += part
        if len(said) > ANSWER_OCTETS_MAX:
            break
    return said[:ANSWER_OCTETS_MAX].decode(errors="replace").strip()


def _told(gateway: SmsGateway, problem: str) -> str:
    """The problem without the secrets that a gateway repeats in what it says."""
    for secret in (gateway.token, gateway.password):
        if secret:
            problem = problem.replace(secret.reveal(), REDACTED)
    return " ".join(problem[:TOLD_CHARACTERS_MAX].split())
