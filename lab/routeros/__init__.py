"""A MikroTik router: the API on real sockets, as foreign clients know it."""

from lab.routeros.device import VERSION, RouterOs
from lab.routeros.faults import Fate, Faults

__all__ = ["VERSION", "Fate", "Faults", "RouterOs"]
