"""Every table of Turnpike, one file per noun's neighbourhood; `metadata` holds them all."""

from database.tables import (
    access_history,
    access_network,
    billing,
    enforcement,
    network,
    outages,
    running,
    sessions,
    shaping,
    subscribers,
    tenancy,
)
from database.tables.columns import metadata

__all__ = [
    "access_history",
    "access_network",
    "billing",
    "enforcement",
    "metadata",
    "network",
    "outages",
    "running",
    "sessions",
    "shaping",
    "subscribers",
    "tenancy",
]
