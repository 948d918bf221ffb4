"""Where readings come from: one seam for SNMP, VOLTHA, RouterOS and command lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from collectors.driver import Part
from isp.access_network import OnuReading, Poll

__all__ = [
    "NOTHING_LEARNED",
    "Identity",
    "Source",
    "SourceLost",
    "SourceRefused",
    "SourceUntrusted",
]

NOTHING_LEARNED: Final[Mapping[str, int]] = {}
"""The capabilities of a device that has none worth remembering."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What a device says that it is, and the driver that fits.

    `host_key` (SSH) and `certificate` (PEM) are what it showed of itself, where it was asked so.
    """

    driver: str
    model: str | None = None
    sys_object_id: str | None = None
    sys_name: str | None = None
    description: str | None = None
    host_key: str | None = None
    certificate: str | None = None


class SourceLost(Exception):  # noqa: N818 - it names what happened
    """The device does not answer, or not in time."""


class SourceRefused(Exception):  # noqa: N818 - it names what happened
    """The device does not let us in: a person must look at its credentials."""


class SourceUntrusted(SourceRefused):
    """The device does not show the key or certificate that it is known by."""


class Source(Protocol):
    """One device, connected to when first asked. Never asked twice at a time."""

    @property
    def one_by_one(self) -> bool:
        """Whether optics are read by `read_onu`, a few ONUs a second, rather than by `read`."""
        ...

    @property
    def capabilities(self) -> Mapping[str, int]:
        """What was learned of how it answers, to be remembered for the next source of it."""
        ...

    @property
    def identity(self) -> Identity | None:
        """Who was found there last, by `probe` or by reading; None where only `probe` tells."""
        ...

    async def probe(self) -> Identity:
        """Who is there, by the cheapest question. Raises SourceLost, SourceRefused."""
        ...

    async def read(self, parts: frozenset[Part]) -> Poll:
        """These parts, within the time budget; what was not read in full is named in `partial`.

        Raises SourceLost where nothing at all was read, and SourceRefused.
        """
        ...

    async def read_onu(self, onu: OnuReading) -> Poll:
        """One ONU's optics, and those of others where the device tells them together.

        Raises SourceLost, SourceRefused.
        """
        ...

    async def close(self) -> None:
        """Let go of the device."""
        ...
