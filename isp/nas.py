"""A network access server (BRAS, router): the RADIUS client that carries subscribers."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["MessageAuthenticatorPolicy", "Nas", "Vendor"]


class Vendor(StrEnum):
    """Whose attributes and habits a NAS has."""

    GENERIC = "generic"
    MIKROTIK = "mikrotik"
    CISCO = "cisco"
    JUNIPER = "juniper"
    HUAWEI = "huawei"
    NOKIA = "nokia"
    ACCEL_PPP = "accel-ppp"


class MessageAuthenticatorPolicy(StrEnum):
    """Whether an Access-Request must carry a Message-Authenticator (CVE-2024-3596).

    `learn`: required from the first valid one onwards, which is remembered.
    """

    LEARN = "learn"
    REQUIRE = "require"
    OPTIONAL = "optional"


@dataclass(frozen=True, kw_only=True, slots=True)
class Nas:
    """One NAS as the daemons know it; its secrets travel apart and sealed."""

    nas_id: int
    tenant_id: int
    name: str
    address: str
    nas_identifier: str | None = None
    vendor: Vendor = Vendor.GENERIC
    coa_port: int = 3799
    message_authenticator: MessageAuthenticatorPolicy = MessageAuthenticatorPolicy.LEARN
    message_authenticator_seen: bool = False
    wall_tested: bool = False
