"""A network access server: PPPoE-like sessions by the thousand on real sockets."""

from lab.nas.device import Clock, Nas, Server
from lab.nas.personality import GENERIC, MIKROTIK, Personality
from lab.nas.session import Line, Refusal, Session

__all__ = [
    "GENERIC",
    "MIKROTIK",
    "Clock",
    "Line",
    "Nas",
    "Personality",
    "Refusal",
    "Server",
    "Session",
]
