"""What every vendor's profile answers, and the one rule of what is done to a live session."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from isp.access import Access, Addresses, Entitlement
from isp.nas import Nas
from policy.additions import combined, substituted
from policy.session import (
    OPENNESS,
    Action,
    Cause,
    ChangeOfAuthorization,
    Confirmed,
    Disconnect,
    Nothing,
    Session,
)
from radius.numbers import CLASS
from radius.packet import Attribute

__all__ = ["WALL", "Profile", "Server"]

WALL = "turnpike-walled"
"""The name of the walled garden on every NAS: an address list, a filter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where a NAS reaches Turnpike."""

    address: str
    auth_port: int = 1812
    acct_port: int = 1813


class Profile(ABC):
    """How one vendor's equipment is spoken to.

    Entitlements given to a profile are effective ones (`policy.entitlement.effective`).
    """

    octets_reversed: bool = False
    """Whether Acct-Input-Octets are what the subscriber received (by RFC 2866: what he sent)."""
    changes_rates_live: bool = False
    """Whether a CoA can change the rates of a live session."""
    changes_access_live: bool = False
    """Whether a CoA can take a live session behind the wall, and back."""
    changes_class_live: bool = False
    """Whether a CoA may carry a new Class, which Accounting-Requests then echo."""
    vendors: frozenset[int] | None = None
    """Whose Vendor-Specific attributes it takes; None where nobody knows."""

    @abstractmethod
    def grant_attributes(
        self, entitlement: Entitlement, addresses: Addresses
    ) -> tuple[Attribute, ...]:
        """Addresses, limits and rates; a plan's own attributes may take their places."""

    @abstractmethod
    def wall_attributes(self) -> tuple[Attribute, ...]:
        """What keeps a session behind the wall."""

    @abstractmethod
    def live_attributes(self, entitlement: Entitlement) -> tuple[Attribute, ...]:
        """What of the entitlement a CoA can say to this vendor's equipment."""

    def accept_attributes(
        self, entitlement: Entitlement, addresses: Addresses, class_cookie: bytes
    ) -> tuple[Attribute, ...]:
        """The attributes of an Access-Accept; access is full or walled."""
        walled = entitlement.access is Access.WALLED
        return combined(
            self.grant_attributes(entitlement, addresses),
            entitlement.attributes,
            (*(self.wall_attributes() if walled else ()), Attribute(CLASS, class_cookie)),
            self.vendors,
        )

    def change_attributes(
        self, entitlement: Entitlement, class_cookie: bytes | None
    ) -> tuple[Attribute, ...]:
        """What a CoA-Request says beside the session: everything in it is mandatory to the NAS.

        `class_cookie` is the session's own grant renewed, None where it never had one.
        """
        said = substituted(self.live_attributes(entitlement), entitlement.attributes)
        if class_cookie is None or not self.changes_class_live:
            return said
        return (*said, Attribute(CLASS, class_cookie))

    @abstractmethod
    def session_target(self, session: Session) -> tuple[Attribute, ...]:
        """How this vendor's equipment finds the session."""

    @abstractmethod
    def configuration(self, nas: Nas, server: Server, secret: str) -> str:
        """What to paste into that NAS; it contains the secret."""

    def action(self, wanted: Confirmed, confirmed: Confirmed, *, by_change: bool = True) -> Action:
        """The least disturbing way from `confirmed` to `wanted`.

        A Disconnect serves only loss or return of access; any other difference that a CoA cannot
        close waits for the next login. Without `by_change` no CoA is tried: the NAS refused it.
        """
        if wanted == confirmed:
            return Nothing()
        cause = _cause(wanted, confirmed)
        if by_change and self._changes_live(wanted, confirmed):
            return ChangeOfAuthorization(cause=cause)
        return Nothing(waits=True) if cause is Cause.RATES else Disconnect(cause=cause)

    def _changes_live(self, wanted: Confirmed, confirmed: Confirmed) -> bool:
        if wanted.access is Access.NONE:
            return False
        access = self.changes_access_live or wanted.access is confirmed.access
        return access and (self.changes_rates_live or wanted.rates == confirmed.rates)


def _cause(wanted: Confirmed, confirmed: Confirmed) -> Cause:
    if wanted.access is confirmed.access:
        return Cause.RATES
    opens = OPENNESS[wanted.access] > OPENNESS[confirmed.access]
    return Cause.RETURN_OF_ACCESS if opens else Cause.LOSS_OF_ACCESS
