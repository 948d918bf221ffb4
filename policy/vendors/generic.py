"""Any NAS that keeps to the RFCs: standard attributes, and Disconnect where access changes.

No RFC has an attribute for rates, so they come from the plan's own `--attribute` additions.
"""

from isp.access import Addresses, Entitlement
from isp.nas import Nas
from policy.session import Session
from policy.vendors import attributes as said
from policy.vendors.profile import WALL, Profile, Server
from radius import numbers
from radius.packet import Attribute

__all__ = ["PROFILE", "Generic"]


class Generic(Profile):
    """The profile `generic`. The wall is Filter-Id `turnpike-walled` (RFC 2865 §5.11)."""

    def grant_attributes(
        self, entitlement: Entitlement, addresses: Addresses
    ) -> tuple[Attribute, ...]:
        """Addresses or the names of the NAS's own pools, and limits."""
        return (
            *said.address_attributes(addresses),
            *said.pool_attributes(entitlement, addresses),
            *said.limit_attributes(entitlement),
        )

    def wall_attributes(self) -> tuple[Attribute, ...]:
        """Filter-Id."""
        return (said.text(numbers.FILTER_ID, WALL),)

    def live_attributes(self, entitlement: Entitlement) -> tuple[Attribute, ...]:
        """Never asked: no RFC says what such a NAS can change in a live session."""
        raise NotImplementedError

    def session_target(self, session: Session) -> tuple[Attribute, ...]:
        """User-Name and Acct-Session-Id."""
        return tuple(said.session_attributes(session))

    def configuration(self, nas: Nas, server: Server, secret: str) -> str:
        """What any NAS needs to know, in words."""
        return "\n".join(
            (
                f"RADIUS client settings for {nas.name} ({nas.address}):",
                f"  authentication server   {server.address} port {server.auth_port}",
                f"  accounting server       {server.address} port {server.acct_port}",
                f"  shared secret           {secret}",
                "  timeout                 3 s or more, 3 tries",
                "  accounting              on, with interim updates as the server says",
                "  Message-Authenticator   sent in every request, required in every reply",
                f"  CoA and Disconnect      accepted from {server.address}"
                f" on port {nas.coa_port}, same secret",
                f"  walled garden           filter {WALL}, then"
                f" `turnpike nas set {nas.name} --wall-tested`",
                "",
            )
        )


PROFILE = Generic()
