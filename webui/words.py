"""Values as people read them: volumes, rates, times, money, and which states are good or bad."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from billing.money import rounded
from operations.quantities import octets_text, rate_text

__all__ = ["duration", "filters", "invoice_state", "light", "money", "tone"]

TONES: Final[Mapping[str, str]] = {
    state: tone
    for tone, states in {
        "good": "active full confirmed online accept paid proven reachable restored up in_sync",
        "warn": "pending walled adopted acknowledged initiated open silence unanswered suspended "
        "disabled logging restoring minor warning drifted paused in_doubt",
        "bad": "none reject refused suspect overdue unreachable unsupported los dying_gasp "
        "auth_failed outage critical major down held",
    }.items()
    for state in states.split()
}
"""Words keep their meaning without colour; a state that is not here is neither good nor bad."""


RX_DBM_BAD: Final = -27.0
RX_DBM_WEAK: Final = -25.0
"""Class B+ receivers end at -27 dBm (G.984.2); two less is a connector away from it."""

LABELS: Final[Mapping[str, str]] = {
    "login": "Login",
    "mac": "MAC",
    "circuit_id": "Circuit-Id",
    "remote_id": "Remote-Id",
    "ipv4": "IPv4",
    "ipv6_prefix": "IPv6 prefix",
    "delegated_prefix": "Delegated prefix",
    "route": "Route",
}
"""What `operations.why` puts before an identifier or an address."""


def filters(zone: ZoneInfo) -> Mapping[str, Callable[..., Any]]:
    """The filters of the templates; times are told in that zone."""

    def at(instant: datetime | None) -> Markup | str:
        if instant is None:
            return ""
        machine = instant.astimezone(UTC).isoformat(timespec="seconds")
        local = instant.astimezone(zone)
        exactly = local.strftime("%Y-%m-%d %H:%M:%S %Z")
        written = Markup('<time datetime="{}" title="{}">{}</time>')
        return written.format(machine, exactly, local.strftime("%Y-%m-%d %H:%M"))

    return {
        "at": at,
        "duration": duration,
        "labelled": labelled,
        "light": light,
        "money": money,
        "octets": lambda octets: octets_text(int(octets)),
        "rate": rate_text,
        "segment": lambda text: quote(text, safe=""),
        "tone": tone,
    }


def tone(state: str) -> str:
    """`good`, `warn`, `bad`, or nothing."""
    return TONES.get(state, "")


def light(dbm: float) -> str:
    """The tone of a received power."""
    if dbm <= RX_DBM_BAD:
        return "bad"
    return "warn" if dbm <= RX_DBM_WEAK else "good"


def labelled(text: str) -> tuple[str, str]:
    """`mac 02:00:5E:00:53:01` as its label and the rest."""
    kind, _, value = text.partition(" ")
    return LABELS.get(kind, kind), value


def duration(seconds: int) -> str:
    """`2 d 03:04:05`."""
    whole = timedelta(seconds=int(seconds))
    clock = f"{whole.seconds // 3600:02d}:{whole.seconds // 60 % 60:02d}:{whole.seconds % 60:02d}"
    return f"{whole.days} d {clock}" if whole.days else clock


def money(amount: Decimal, currency: str) -> str:
    """`1,234.50 USD`, with as many digits as the currency has."""
    return f"{rounded(amount, currency):,} {currency}"


def invoice_state(document: Mapping[str, Any], today: date) -> str:
    """A document's state as people call it: a final one is paid, open or overdue."""
    if document["state"] != "final" or document["total"] <= 0:
        return str(document["state"])
    if document["open"] <= 0:
        return "paid"
    return "overdue" if document["due_on"] < today else "open"
