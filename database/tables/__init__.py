"""Every table of Turnpike, one file per noun's neighbourhood; `metadata` holds them all."""

from database.tables import billing, enforcement, network, running, sessions, subscribers, tenancy
from database.tables.columns import metadata

__all__ = [
    "billing",
    "enforcement",
    "metadata",
    "network",
    "running",
    "sessions",
    "subscribers",
    "tenancy",
]
