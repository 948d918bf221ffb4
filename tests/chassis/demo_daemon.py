"""The smallest daemon, for the tests of its life; run as a program."""

import asyncio

from chassis.config import Settings, Table
from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.main import run
from isp.errors import ExitCode, Refused


class RadiusdConfig(Table):
    """What the demonstration can be told."""

    start: str = "well"
    """well, refused, broken or never."""

    drain: str = "well"
    """well or never."""


class DemoSettings(Settings):
    """What it reads."""

    radiusd: RadiusdConfig = RadiusdConfig()


class Demo:
    """Does nothing, in every way that a daemon may."""

    def __init__(self, settings: DemoSettings, context: Context) -> None:
        self.settings = settings
        self.context = context

    async def start(self) -> None:
        """As configured."""
        match self.settings.radiusd.start:
            case "refused":
                raise Refused(
                    "the database is away", remedy="start it", exit_code=ExitCode.UNAVAILABLE
                )
            case "broken":
                raise KeyError("a bug")
            case "never":
                print("starting", flush=True)
                await asyncio.Event().wait()

    async def reload(self, settings: DemoSettings) -> None:
        """Refuses what it cannot do."""
        if settings.radiusd.start == "broken":
            raise KeyError("a bug")
        self.settings = settings

    async def drain(self) -> None:
        """As configured."""
        if self.settings.radiusd.drain == "never":
            await asyncio.Event().wait()

    def health(self) -> Health:
        """Well."""
        return Health(checks=(Check(name="demo", ok=True),), status="demonstrating")


if __name__ == "__main__":
    run("radiusd", DemoSettings, Demo)
