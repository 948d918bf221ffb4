"""Which Turnpike this is."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["suite_version"]

NOT_INSTALLED = "0+source"


def suite_version() -> str:
    """The installed version; `0+source` when run from a source tree that was never installed."""
    try:
        return version("turnpike")
    except PackageNotFoundError:
        return NOT_INSTALLED
