"""`radiusd`: answers Access-Requests and records Accounting-Requests."""

from typing import NoReturn

from chassis.main import run
from radiusd.config import RadiusdSettings
from radiusd.daemon import Radiusd

__all__ = ["main"]


def main() -> NoReturn:
    """Run the keeper."""
    run("radiusd", RadiusdSettings, Radiusd)


if __name__ == "__main__":
    main()
