"""A live session as loaded: what it has, what it should have, what was done about it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from coa.states import State
from isp.access import Entitlement
from isp.nas import Nas
from policy.class_cookie import ClassCookie
from policy.session import Confirmed, Session

__all__ = ["Held", "Live", "Request", "Router"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """A NAS with the one address that requests go to; `host` is None where a prefix is known only.

    Its secret travels apart.
    """

    nas: Nas
    host: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What coa wrote down about a session (a row of `session_enforcement`).

    `tried_version` is the entitlement last acted for. `confirmed` is what the session is held to
    have since `confirmed_version` was said to its NAS, None where only the login's grant is known.
    """

    state: State
    tries: int = 0
    tried_version: int | None = None
    next_try_at: datetime | None = None
    changed_at: datetime
    confirmed_version: int | None = None
    confirmed: Confirmed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A person asked for this session's end."""

    disconnect_request_id: int
    requested_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """One session that has not ended.

    `cookie` is the Class that its NAS echoed last, None where it was let in by another server or
    the NAS does not echo. `wanted` is the service's entitlement, None for an unknown service.
    `approved`: the service is in a block batch that a person approved.
    """

    session_key: UUID
    tenant_id: int
    subscriber_id: int
    service_id: int
    nas_id: int
    session: Session
    started_at: datetime
    last_seen_at: datetime
    cookie: ClassCookie | None = None
    wanted: Entitlement | None = None
    held: Held | None = None
    request: Request | None = None
    approved: bool = False
