"""MikroTik routers: the API (8728, TLS 8729) with many commands in flight, and REST."""

from devices.routeros.certificates import certificate_of
from devices.routeros.changes import (
    Change,
    Done,
    Outcome,
    RouterCommands,
    Row,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
)
from devices.routeros.client import WINDOW, Router
from devices.routeros.errors import (
    MalformedSentenceError,
    RouterError,
    RouterLost,
    RouterRefused,
    RouterTrap,
)
from devices.routeros.opening import open_router, router_target
from devices.routeros.probe import RouterIdentity, probe, rights
from devices.routeros.rest import REST_PORT, REST_TLS_PORT, RestRouter
from devices.routeros.target import API_PORT, API_TLS_PORT, RouterTarget

__all__ = [
    "API_PORT",
    "API_TLS_PORT",
    "REST_PORT",
    "REST_TLS_PORT",
    "WINDOW",
    "Change",
    "Done",
    "MalformedSentenceError",
    "Outcome",
    "RestRouter",
    "Router",
    "RouterCommands",
    "RouterError",
    "RouterIdentity",
    "RouterLost",
    "RouterRefused",
    "RouterTarget",
    "RouterTrap",
    "Row",
    "Trapped",
    "Unanswered",
    "Unsent",
    "Verb",
    "certificate_of",
    "open_router",
    "probe",
    "rights",
    "router_target",
]
