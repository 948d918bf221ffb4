"""`collectors`: reads the access network's devices and judges what they say."""

from typing import NoReturn

from chassis.main import run
from collectors.config import CollectorsSettings
from collectors.daemon import Collectors

__all__ = ["main"]


def main() -> NoReturn:
    """Run the daemon."""
    run("collectors", CollectorsSettings, Collectors)


if __name__ == "__main__":
    main()
