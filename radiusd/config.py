"""The table `[radiusd]`, and the tables that radiusd reads."""

import os
from ipaddress import ip_address
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from chassis.config import NEEDS_RESTART, Settings, Table

__all__ = ["WORKERS_MAX", "RadiusdConfig", "RadiusdSettings"]

WORKERS_MAX = 64
"""More than any machine that a provider would give to RADIUS alone."""


class RadiusdConfig(Table):
    """Where RADIUS is answered, and how."""

    addresses: Annotated[list[str], NEEDS_RESTART] = Field(default=["127.0.0.1"])
    """Addresses of this machine that NASes send to, never a wildcard: a reply leaves from the
    address that was asked."""

    auth_port: Annotated[int, NEEDS_RESTART] = Field(1812, ge=0, le=65535)
    """The UDP port of Access-Requests. 0: any free one."""

    acct_port: Annotated[int, NEEDS_RESTART] = Field(1813, ge=0, le=65535, validate_default=True)
    """The UDP port of Accounting-Requests. 0: any free one."""

    workers: Annotated[int, NEEDS_RESTART] = Field(default=0, ge=0, le=WORKERS_MAX)
    """Processes that answer. 0: one for each processor."""

    reject_delay_seconds: Annotated[float, NEEDS_RESTART] = Field(0.5, ge=0, le=5)
    """How long an Access-Reject is held back, so that a client which retries at once with a wrong
    password costs little. Shorter than any NAS's own patience (RouterOS: 1.1 s)."""

    @property
    def worker_count(self) -> int:
        """How many workers that comes to on this machine."""
        return self.workers or min(len(os.sched_getaffinity(0)), WORKERS_MAX)

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: list[str]) -> list[str]:
        if not addresses:
            message = "at least one address is needed"
            raise ValueError(message)
        problems = [problem for each in addresses if (problem := _problem_of(each))]
        if problems:
            raise ValueError("; ".join(problems))
        return addresses

    @field_validator("acct_port")
    @classmethod
    def _is_another_port(cls, port: int, info: ValidationInfo) -> int:
        if port != 0 and port == info.data.get("auth_port"):
            message = f"auth_port and acct_port are both {port}; each needs its own"
            raise ValueError(message)
        return port


def _problem_of(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an address"
    wildcard = f"{address} is a wildcard; list the addresses that NASes send to"
    return wildcard if parsed.is_unspecified else ""


class RadiusdSettings(Settings):
    """What radiusd reads of the suite's configuration."""

    radiusd: RadiusdConfig = RadiusdConfig()
