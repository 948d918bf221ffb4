"""The table `[coa]`."""

from typing import Annotated

from pydantic import Field, IPvAnyAddress

from chassis.config import NEEDS_RESTART, Settings, Table

__all__ = ["CoaConfig", "CoaSettings"]


class CoaConfig(Table):
    """CoA- and Disconnect-Requests to the NASes."""

    source_address: Annotated[IPvAnyAddress | None, NEEDS_RESTART] = None
    """The address that NASes accept requests from. Absent: whatever the route takes."""

    sweep_seconds: Annotated[float, NEEDS_RESTART] = Field(default=10.0, ge=1.0, le=600.0)
    """How often all live sessions are compared, beside what changes are heard of at once."""


class CoaSettings(Settings):
    """The tables that coa reads."""

    coa: CoaConfig = CoaConfig()
