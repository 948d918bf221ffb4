"""The MQTT topics and what they say (docs/mqtt.md).

Pure. A topic's keys never change while its thing exists: serials and numbers, not names.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

__all__ = ["Topics", "state", "versioned"]

SAFE: Final = ":-._~ @"
"""Beside letters and digits; `+`, `#`, `/` and `%` are escaped as in a URL."""


class Topics:
    """The topics below a prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def collector(self, name: str) -> str:
        """Whether a collector process lives; its last will says when it does not."""
        return f"{self._prefix}/collector/{_safe(name)}"

    def device(self, tenant: str, device_id: int) -> str:
        """An OLT or a router."""
        return f"{self._prefix}/{_safe(tenant)}/device/{device_id}"

    def pon(self, tenant: str, device_id: int, port: str) -> str:
        """A PON port."""
        return f"{self.device(tenant, device_id)}/pon/{_safe(port)}"

    def onu(self, tenant: str, serial: str) -> str:
        """An ONU, wherever it is."""
        return f"{self._prefix}/{_safe(tenant)}/onu/{_safe(serial)}"

    def outage(self, tenant: str, outage_id: int) -> str:
        """An outage that is not over."""
        return f"{self._prefix}/{_safe(tenant)}/outage/{outage_id}"


def state(at: datetime, fields: Mapping[str, Any]) -> bytes:
    """What a topic says, without its version: a repeat is equal to the first."""
    return msgspec.json.encode({"at": at.isoformat(), **fields})


def versioned(said: bytes, version: int) -> bytes:
    """The payload: what is said, with a number greater than that of whatever was said before."""
    return b'{"version":%d,' % version + said[1:]


def _safe(text: str) -> str:
    return quote(text, safe=SAFE)
