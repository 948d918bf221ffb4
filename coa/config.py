"""The table `[coa]`."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.config import NEEDS_RESTART, Settings, Table

__all__ = ["CoaConfig", "CoaSettings"]


def _address_or_nothing(text: str) -> str:
    return text and str(ip_address(text))


class CoaConfig(Table):
    """CoA- and Disconnect-Requests to the NASes."""

    source_address: Annotated[str, AfterValidator(_address_or_nothing), NEEDS_RESTART] = ""
    """The address that NASes accept requests from. Empty: whatever the route takes."""

    sweep_seconds: Annotated[float, NEEDS_RESTART] = Field(default=10.0, ge=1.0, le=600.0)
    """How often all live sessions are compared, beside what changes are heard of at once."""


class CoaSettings(Settings):
    """The tables that coa reads."""

    coa: CoaConfig = CoaConfig()
