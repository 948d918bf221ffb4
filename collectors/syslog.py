"""Syslog of devices as hints (RFC 5424, and RFC 3164 as devices write it).

Pure. Only what may be about ONUs, ports or light is worth an early look.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["MalformedSyslog", "SyslogMessage", "decode_syslog"]

PRIORITY_MAX: Final = 191
HEADER: Final = re.compile(r"<(\d{1,3})>(1 )?(.*)", re.DOTALL)
SEVERITY_HINT_MAX: Final = 5
"""Notice and worse: what is below is chatter (RFC 5424 §6.2.1)."""

ABOUT_LINES: Final = re.compile(
    r"\b(?:onu|ont|pon|gpon|epon|los|losi|lofi|dying[ _-]?gasp|link|port|fib(?:er|re)|power)\b",
    re.IGNORECASE,
)


class MalformedSyslog(Exception):  # noqa: N818 - it names what came
    """No syslog message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogMessage:
    """What a device says; `text` is everything after the priority."""

    facility: int
    severity: int
    text: str

    @property
    def is_hint(self) -> bool:
        """Whether it may be about lines that fell or came back."""
        return self.severity <= SEVERITY_HINT_MAX and bool(ABOUT_LINES.search(self.text))


def decode_syslog(datagram: bytes) -> SyslogMessage:
    """The message in a datagram. Raises MalformedSyslog."""
    found = HEADER.match(datagram.decode("utf-8", "replace").rstrip("\0\r\n"))
    if found is None or int(found[1]) > PRIORITY_MAX:
        raise MalformedSyslog("no priority")
    facility, severity = divmod(int(found[1]), 8)
    return SyslogMessage(facility=facility, severity=severity, text=found[3])
