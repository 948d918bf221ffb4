"""What proves that a NAS did what it acknowledged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from policy.session import Cause

__all__ = ["PROVABLE_FOR", "Kind", "Proof", "Unproven", "proof"]

PROVABLE_FOR = timedelta(hours=1)
"""After this an acknowledged action stays `acknowledged, unproven`."""


class Kind(StrEnum):
    """What was sent."""

    DISCONNECT = "disconnect"
    COA = "coa"


class Proof(StrEnum):
    """The second witness beside the NAS's answer."""

    NAK_503 = "nak_503"
    STOP = "stop"
    NEW_LOGIN = "new_login"
    CLASS = "class"
    READING = "reading"
    """Of the router's own queues, by the shaper."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unproven:
    """An acknowledged action, and what accounting says of its session now.

    `ended`: it is no longer live. `logged_in_at`: the service's newest other session on the same
    line began then. `granted_version` is of the Class echoed last. `read_as_wanted_at`: the router
    that the NAS is had the queue that the service was to have, neither of them older than that.
    """

    enforcement_action_id: int
    session_key: UUID
    kind: Kind
    cause: Cause
    version: int | None
    at: datetime
    ended: bool
    granted_version: int | None
    logged_in_at: datetime | None
    read_as_wanted_at: datetime | None = None


def proof(action: Unproven) -> Proof | None:
    """What proves the action; None where nothing does (yet).

    A Disconnect is proven by the session's end in accounting, or by a later login of the same
    line. A CoA is proven by the Class that it carried, or by a reading of the router (RouterOS
    echoes no Class of a CoA); a session's end proves nothing about it.
    """
    match action.kind:
        case Kind.DISCONNECT:
            if action.ended:
                return Proof.STOP
            later = action.logged_in_at is not None and action.logged_in_at > action.at
            return Proof.NEW_LOGIN if later else None
        case Kind.COA:
            if action.version is None:
                return None
            if action.granted_version is not None and action.granted_version >= action.version:
                return Proof.CLASS
            read_at = action.read_as_wanted_at
            return Proof.READING if read_at is not None and read_at > action.at else None
