"""`shaper`: makes router queues what was bought."""

from typing import NoReturn

from chassis.main import run
from shaper.config import ShaperSettings
from shaper.daemon import Shaper

__all__ = ["main"]


def main() -> NoReturn:
    """Run the daemon."""
    # pyroute2, for Linux, knows asyncio's own loop only.
    run("shaper", ShaperSettings, Shaper, uvloop=False)


if __name__ == "__main__":
    main()
