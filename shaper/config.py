"""The table `[shaper]`."""

from typing import Annotated

from pydantic import Field

from chassis.config import NEEDS_RESTART, Settings, Table

__all__ = ["ShaperConfig", "ShaperSettings"]


class ShaperConfig(Table):
    """Router queues that follow what was bought."""

    instance: Annotated[str, NEEDS_RESTART] = Field(
        default="turnpike", pattern=r"^[A-Za-z0-9_-]{1,32}$"
    )
    """Marks the rows that are ours on a router; two Turnpikes that share one need two names."""

    reread_seconds: Annotated[float, NEEDS_RESTART] = Field(default=60.0, ge=5.0, le=3600.0)
    """How often a router's queues are read again where nothing has changed."""

    sample_seconds: Annotated[float, NEEDS_RESTART] = Field(default=10.0, ge=1.0, le=600.0)
    """How often throughput of the parent queues is sampled."""


class ShaperSettings(Settings):
    """The tables that the shaper reads."""

    shaper: ShaperConfig = ShaperConfig()
