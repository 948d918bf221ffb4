"""Where radiusd keeps its files under the data directory."""

from pathlib import Path

__all__ = [
    "keeper_lock",
    "metrics_directory",
    "relief_socket",
    "snapshot_directory",
    "spool_file",
]


def snapshot_directory(data: Path) -> Path:
    """The LMDB snapshot."""
    return data / "radiusd" / "snapshot"


def metrics_directory(data: Path) -> Path:
    """What the processes count together."""
    return data / "radiusd" / "metrics"


def spool_file(data: Path, number: int) -> Path:
    """The spool of the worker of that number."""
    return data / "radiusd" / f"spool-{number}.sqlite"


def relief_socket(data: Path, number: int) -> Path:
    """Where the worker of that number waits for its successor, should the keeper be killed."""
    return data / "radiusd" / f"worker-{number}.relief"


def keeper_lock(data: Path) -> Path:
    """Held by the one keeper of this directory."""
    return data / "radiusd" / "keeper.lock"
