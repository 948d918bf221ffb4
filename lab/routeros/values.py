"""How RouterOS takes a value and how it gives it back: `7M/2M` returns as `7000000/2000000`."""

import re
from collections.abc import Callable
from ipaddress import ip_interface

from lab.routeros.traps import Trap

__all__ = [
    "Normalise",
    "address_or_network",
    "choice",
    "decimal",
    "duration",
    "number",
    "pair",
    "rate",
    "seconds_of",
    "text",
    "truth",
    "written_duration",
]

Normalise = Callable[[str, str], str]
"""(the argument's name, its value) -> the value as it is stored and printed; raises Trap."""

RATE = re.compile(r"(\d+)([kKmMgG]?)")
MULTIPLIERS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
CLOCK = re.compile(r"(?:(\d+)d)?(\d+):(\d\d):(\d\d)")
UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def text(_: str, value: str) -> str:
    """Anything."""
    return value


def truth(name: str, value: str) -> str:
    """A boolean: written yes or no, read true or false."""
    if value in ("yes", "true"):
        return "true"
    if value in ("no", "false", ""):
        return "false"
    raise invalid(name)


def rate(name: str, value: str) -> str:
    """Bits per second, in plain digits."""
    if value in ("unlimited", ""):
        return "0"
    found = RATE.fullmatch(value)
    if found is None:
        raise invalid(name)
    return str(int(found[1]) * MULTIPLIERS[found[2].lower()])


def decimal(name: str, value: str) -> str:
    """A number of seconds' worth, as of a bucket."""
    try:
        return f"{float(value):g}"
    except ValueError:
        raise invalid(name) from None


def duration(name: str, value: str) -> str:
    """`90`, `90s`, `00:01:30` or `1m30s`, the last of which it is printed as."""
    seconds = seconds_of(value)
    if seconds is None:
        raise invalid(name)
    return written_duration(seconds)


def seconds_of(value: str) -> int | None:
    """A duration in seconds; None where it is none."""
    clock = CLOCK.fullmatch(value)
    if clock is not None:
        days, hours, minutes, seconds = (int(each or 0) for each in clock.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    found = DURATION.fullmatch(value)
    if found is None or not value:
        return None
    return sum(int(each or 0) * unit for each, (_, unit) in zip(found.groups(), UNITS, strict=True))


def written_duration(seconds: int) -> str:
    """Seconds as RouterOS prints them: `2d20h12m20s`."""
    parts = []
    for letter, unit in UNITS:
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def number(lowest: int, highest: int) -> Normalise:
    """An integer in a range."""

    def normalise(name: str, value: str) -> str:
        if not value.isdecimal():
            raise invalid(name)
        if not lowest <= int(value) <= highest:
            message = f"value of {name} out of range ({lowest}..{highest})"
            raise Trap(message, 1)
        return str(int(value))

    return normalise


def pair(each: Normalise) -> Normalise:
    """`upload/download`; one value stands for both."""

    def normalise(name: str, value: str) -> str:
        up, separator, down = value.partition("/")
        if not separator:
            down = up
        return f"{each(f'upload-{name}', up)}/{each(f'download-{name}', down)}"

    return normalise


def choice(*values: str) -> Normalise:
    """One of these words."""

    def normalise(name: str, value: str) -> str:
        if value not in values:
            raise Trap(f"input does not match any value of {name}", 1)
        return value

    return normalise


def address_or_network(value: str, *, host_length: bool) -> str | None:
    """An address or a network as it is printed, a host with or without its length; or None."""
    try:
        written = ip_interface(value)
    except ValueError:
        return None
    if written.network.prefixlen == written.max_prefixlen and not host_length:
        return str(written.ip)
    return str(written.network)


def invalid(name: str) -> Trap:
    return Trap(f"invalid value for argument {name}", 1)
