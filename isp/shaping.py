"""How a router is shaped."""

from enum import StrEnum

__all__ = ["Method"]


class Method(StrEnum):
    """By what RADIUS tells it (only audited here), by our queues, or by this machine's kernel."""

    RADIUS = "radius"
    SIMPLE = "simple"
    TREE = "tree"
    LINUX = "linux"
