"""The command line of Turnpike: `turnpike COMMAND …`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import Abort, TyperException

from chassis.version import suite_version
from isp.errors import ExitCode, Refused
from turnpike.arguments import command_of, globals_first, wants_json
from turnpike.commands import register
from turnpike.global_options import GlobalOptions, options, use

__all__ = ["application", "main"]

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"turnpike {suite_version()}")
        raise typer.Exit


def application(command: str | None = None) -> typer.Typer:
    """The whole command line; with the first word of a command, as much of it as that needs."""
    made = typer.Typer(
        name="turnpike",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="The network side of an internet provider: access, usage, billing, enforcement.",
        epilog="Global options stand before or after a command's own words. "
        "Example: turnpike why ann@example.net --json",
    )
    made.callback()(globals_callback)
    register(made, command)
    return made


def globals_callback(
    data: Annotated[
        Path | None, typer.Option(help="The data directory of the suite.", metavar="DIR")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The suite's TOML file.", metavar="FILE")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="The provider, where there are several.", metavar="NAME")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Which one.")
    ] = False,
) -> None:
    use(GlobalOptions(data=data, config=config, tenant=tenant, json=json))


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one command line; exits with `isp.errors.ExitCode`, errors in one line."""
    given = sys.argv[1:] if words is None else words
    sys.exit(_run(globals_first(given)))


def _run(words: list[str]) -> int:
    try:
        result = application(command_of(words))(words, standalone_mode=False, prog_name="turnpike")
    except Refused as refused:
        return _tell(refused, as_json=options().json)
    except TyperException as error:
        problem = error.format_message().rstrip(".")
        if not problem:
            return ExitCode.USAGE
        refused = Refused(problem, remedy="see --help", exit_code=ExitCode.USAGE)
        return _tell(refused, as_json=wants_json(words))
    except (Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.OK
    return result if isinstance(result, int) else ExitCode.OK


def _tell(refused: Refused, *, as_json: bool) -> int:
    if as_json:
        # Imported only here: a command that prints no tables has no need to wait for them.
        from turnpike.output import print_json

        error = {"problem": refused.problem, "remedy": refused.remedy}
        faults = getattr(refused, "faults", None)
        print_json({"error": error | ({"faults": faults} if faults else {})})
    print(f"turnpike: {refused}", file=sys.stderr)
    return refused.exit_code


if __name__ == "__main__":
    main()
