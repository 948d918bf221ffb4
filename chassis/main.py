"""The entrance of every daemon: its arguments, its configuration, its exit code.

    def main() -> NoReturn:
        run("radiusd", RadiusdSettings, build=Radiusd)

where `Radiusd(settings, context)` is a `chassis.lifecycle.Daemon`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn, TypeVar

from chassis.clock import Clock, SystemClock
from chassis.config import Settings
from chassis.config_file import Loaded, load, render
from chassis.lifecycle import Build, Lifecycle
from chassis.log import configure_logging, get_logger
from chassis.version import suite_version
from isp.errors import ExitCode, Refused

__all__ = ["run"]

S = TypeVar("S", bound=Settings)


def run(
    name: str,
    model: type[S],
    build: Build[S],
    *,
    argv: Sequence[str] | None = None,
    uvloop: bool = True,
    health_server: bool = True,
    clock: Clock | None = None,
) -> NoReturn:
    """Run the daemon `name` until it is told to stop; exits with `isp.errors.ExitCode`.

    `uvloop` where it is installed (not where pyroute2 runs). A worker process of a daemon passes
    `health_server=False`: the first process answers for all.
    """
    options = _parser(name).parse_args(argv)
    if options.version:
        print(f"{name} {suite_version()}")
        sys.exit(ExitCode.OK)
    if options.schema:
        print(json.dumps(model.model_json_schema(), indent=2))
        sys.exit(ExitCode.OK)
    try:
        loaded = load(model, options.config)
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(refused.exit_code)
    if options.check or options.print_config:
        print(render(loaded) if options.print_config else f"{name}: configuration ok")
        sys.exit(ExitCode.OK)

    def reread() -> Loaded[S]:
        return load(model, options.config)

    lifecycle = Lifecycle(
        name=name,
        version=suite_version(),
        settings=loaded.settings,
        reread=reread,
        build=build,
        clock=clock or SystemClock(),
        health_server=health_server,
    )
    sys.exit(_until_stopped(name, lifecycle, uvloop))


def _until_stopped(name: str, lifecycle: Lifecycle[S], uvloop: bool) -> ExitCode:
    """Run the event loop; the last resort for what a daemon did not expect while starting."""
    chassis = lifecycle.settings.chassis
    configure_logging(level=chassis.log_level, style=chassis.log_format, clock=lifecycle.clock)
    log = get_logger(name)
    try:
        with asyncio.Runner(loop_factory=_loop_factory(uvloop)) as runner:
            return runner.run(lifecycle.serve())
    except Refused as refused:
        log.error("start_refused", problem=refused.problem, remedy=refused.remedy)
        return refused.exit_code
    except Exception:
        log.exception("daemon_failed")
        return ExitCode.FAILED


def _loop_factory(wanted: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not wanted or find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


class _Parser(argparse.ArgumentParser):
    """Exits with 64 on a wrong command line, as every Turnpike program."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}; see --help\n")


def _parser(name: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=name,
        description=f"The {name} daemon of Turnpike. Runs in the foreground until SIGTERM.",
        epilog=f"example: {name} --config /etc/turnpike/turnpike.toml --check",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the suite's TOML file")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--check", action="store_true", help="check the configuration and exit")
    once.add_argument(
        "--print-config",
        action="store_true",
        help="print the effective configuration with the origin of each value, and exit",
    )
    once.add_argument("--schema", action="store_true", help="print the JSON Schema and exit")
    once.add_argument("--version", action="store_true", help="print the version and exit")
    return parser
