"""`turnpike session`: who is online, who was, and ending it."""

from typing import Annotated

import typer

from isp.errors import ExitCode, Refused
from operations import sessions
from operations.quantities import octets_text
from operations.sessions import ClosedSession, LiveSession
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import counted, done, print_json, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who is online, who was, and ending it.")

LoginOption = Annotated[str | None, typer.Option(help="Of one service.")]
NasOption = Annotated[str | None, typer.Option(help="Of one NAS.")]


@app.command("list", epilog="Example: turnpike session list --nas bras1")
def list_(login: LoginOption = None, nas: NasOption = None) -> None:
    """The live sessions, the oldest first."""
    wanted = {key: value for key, value in (("login", login), ("nas", nas)) if value}

    async def task(desk: Desk) -> tuple[LiveSession, ...]:
        async with desk.transaction() as transaction:
            return await sessions.live(transaction, wanted)

    found = work(task)
    if options().json:
        print_json(found)
        return
    rows = [
        [
            one.login,
            one.nas,
            one.acct_session_id,
            one.framed_ip,
            one.calling_station_id,
            one.started_at,
            octets_text(one.octets_down),
            octets_text(one.octets_up),
            one.enforcement,
        ]
        for one in found
    ]
    columns = "login nas session address calling_station_id started down up enforcement"
    show_table("Live sessions", columns.split(), rows)


@app.command(epilog="Example: turnpike session history --login ann@example.net")
def history(login: LoginOption = None, nas: NasOption = None) -> None:
    """The last closed sessions, the newest first."""

    async def task(desk: Desk) -> tuple[ClosedSession, ...]:
        async with desk.transaction() as transaction:
            return await sessions.closed(transaction, login, nas)

    found = work(task)
    if options().json:
        print_json(found)
        return
    rows = [
        [
            one.login,
            one.nas,
            one.acct_session_id,
            one.framed_ip,
            one.started_at,
            one.ended_at,
            octets_text(one.octets_down),
            octets_text(one.octets_up),
            one.closed_by,
            one.terminate_cause,
        ]
        for one in found
    ]
    columns = "login nas session address started ended down up closed_by cause"
    show_table("Closed sessions", columns.split(), rows)


@app.command(epilog="Example: turnpike session disconnect ann@example.net --reason 'new router'")
def disconnect(
    login: Annotated[str | None, typer.Argument(help="Of one service.")] = None,
    nas: NasOption = None,
    filter: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be repeated: plan=gold …")
    ] = None,
    reason: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Ask for sessions to be disconnected; their entitlement stays."""
    wanted = dict(_pair(text) for text in filter or ())
    wanted |= {key: value for key, value in (("login", login), ("nas", nas)) if value}

    async def task(desk: Desk) -> int:
        async with desk.transaction() as transaction:
            return await sessions.disconnect(
                transaction, wanted, reason=reason, actor=desk.actor, now=desk.now()
            )

    count = work(task)
    done(f"{counted(count, 'session')} to be disconnected", sessions=count)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        remedy = f"write it as KEY=VALUE; keys are {', '.join(sessions.FILTERS)}"
        raise Refused(f"{text!r} is not a filter", remedy=remedy, exit_code=ExitCode.USAGE)
    return key.strip(), value.strip()
