"""`turnpike service`: what a subscriber bought. `turnpike subscriber suspend …` are the same."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from isp.errors import ExitCode, Refused
from isp.service import HoldKind
from operations import addresses, service_record, services, suspension
from operations.addresses import StaticAddresses
from operations.import_columns import COLUMNS
from operations.quantities import parse_date, parse_price
from operations.service_record import ServiceRecord
from turnpike.context import Desk, work
from turnpike.enrolling import add_service
from turnpike.output import done, show_one
from turnpike.secret_input import read_secret

__all__ = ["app", "register_changes"]

app = typer.Typer(no_args_is_help=True, help="What a subscriber bought: holds, plan, addresses.")

T = TypeVar("T")
Login = Annotated[str, typer.Argument(help="The service's login.")]
Reason = Annotated[str | None, typer.Option(help="For the audit, and for `turnpike why`.")]
Day = Annotated[str | None, typer.Option(help="A date, as 2026-03-31.", metavar="DATE")]


def suspend(
    login: Login,
    kind: Annotated[HoldKind, typer.Option(help="Whose hold it is.")] = HoldKind.OPERATOR,
    until: Day = None,
    reason: Reason = None,
) -> None:
    """Keep a service off the network, until a date or until it is resumed."""
    ends = parse_date(until) if until else None

    async def task(transaction: Any, desk: Desk) -> ServiceRecord:
        return await suspension.suspend(
            transaction,
            login=login,
            kind=kind,
            until=ends,
            reason=reason or "suspended by hand",
            actor=desk.actor,
            now=desk.now(),
        )

    held = _in_transaction(task)
    done(f"{held.login} is suspended", login=held.login, holds=sorted(held.open_holds))


def resume(
    login: Login,
    until: Annotated[
        str | None, typer.Option(help="A debtor: held again from this date.", metavar="DATE")
    ] = None,
    reason: Reason = None,
) -> None:
    """Let a suspended service back in; a debtor only until a date."""
    ends = parse_date(until) if until else None

    async def task(transaction: Any, desk: Desk) -> ServiceRecord:
        return await suspension.resume(
            transaction, login=login, until=ends, reason=reason, actor=desk.actor, now=desk.now()
        )

    free = _in_transaction(task)
    told = f" until {ends}, unless it is paid by then" if free.open_holds else ""
    done(f"{free.login} is back{told}", login=free.login, holds=sorted(free.open_holds))


def terminate(login: Login, on: Day = None, reason: Reason = None) -> None:
    """End a service; `--on` is its first day without service."""
    ends = parse_date(on) if on else None

    async def task(transaction: Any, desk: Desk) -> ServiceRecord:
        found = await service_record.by_login(transaction, login, lock=True)
        await services.terminate(
            transaction, found, on=ends, reason=reason, actor=desk.actor, now=desk.now()
        )
        return await service_record.by_id(transaction, found.service_id)

    ended = _in_transaction(task)
    done(
        f"{ended.login} ends on {ended.ended_on}",
        login=ended.login,
        ended_on=ended.ended_on,
        state=ended.state,
    )


def change_plan(
    login: Login,
    plan: Annotated[str, typer.Argument(help="The plan, in its newest version.")],
    on: Day = None,
    custom_price: Annotated[str | None, typer.Option(help="Instead of the plan's.")] = None,
) -> None:
    """Sell a service as another plan, from today or from a date."""
    day = parse_date(on) if on else None
    price = parse_price(custom_price) if custom_price else None

    async def task(transaction: Any, desk: Desk) -> ServiceRecord:
        found = await service_record.by_login(transaction, login, lock=True)
        await services.change_plan(
            transaction,
            found,
            plan=plan,
            on=day,
            custom_price=price,
            actor=desk.actor,
            now=desk.now(),
        )
        return found

    found = _in_transaction(task)
    when = f"from {day}" if day else "from today"
    done(f"{found.login} has the plan {plan} {when}", login=found.login, plan=plan, on=day)


def set_password(
    login: Login,
    password: Annotated[str, typer.Argument(help="The password; - asks for it.")] = "-",
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds it.")] = None,
) -> None:
    """Give a login a new password."""
    given = read_secret("password", None if secret_file else password, secret_file)
    if given is None:
        remedy = "give it, or - to be asked"
        raise Refused("there is no password", remedy=remedy, exit_code=ExitCode.USAGE)

    async def task(transaction: Any, desk: Desk) -> ServiceRecord:
        found = await service_record.by_login(transaction, login, lock=True)
        await services.set_password(
            transaction, found, password=given, keys=desk.keys, actor=desk.actor, now=desk.now()
        )
        return found

    found = _in_transaction(task)
    done(f"{found.login} has a new password", login=found.login)


def set_address(
    login: Login,
    ipv4: Annotated[str | None, typer.Option(help="Static IPv4 address.")] = None,
    route: Annotated[
        list[str] | None, typer.Option(help="A network behind it; may be repeated.", metavar="CIDR")
    ] = None,
    delegated_prefix: Annotated[str | None, typer.Option(help="Static IPv6 prefix.")] = None,
    no_ipv4: Annotated[bool, typer.Option("--no-ipv4", help="Take its own IPv4 away.")] = False,
    no_routes: Annotated[bool, typer.Option("--no-routes", help="Take its routes away.")] = False,
    no_delegated_prefix: Annotated[
        bool, typer.Option("--no-delegated-prefix", help="Take its own IPv6 prefix away.")
    ] = False,
) -> None:
    """Give a service static addresses; they replace those of the same kind.

    Without its own it gets one of the pool of its plan.
    """
    taken = {"ipv4": no_ipv4, "route": no_routes, "delegated_prefix": no_delegated_prefix}
    given = {"ipv4": ipv4, "route": route, "delegated_prefix": delegated_prefix}
    if both := [kind for kind, gone in taken.items() if gone and given[kind]]:
        problem = f"{both[0].replace('_', ' ')} is given and taken away"
        raise Refused(problem, remedy="say one of them", exit_code=ExitCode.USAGE)
    wanted = StaticAddresses(
        ipv4=COLUMNS["address"](ipv4) if ipv4 else None,
        routes=COLUMNS["routes"](" ".join(route)) if route else None,
        delegated_prefix=COLUMNS["delegated_prefix"](delegated_prefix)
        if delegated_prefix
        else None,
        without=frozenset(kind for kind, gone in taken.items() if gone),
    )
    if not wanted.by_kind():
        remedy = "see `turnpike service set-address --help`"
        raise Refused("no address is named", remedy=remedy, exit_code=ExitCode.USAGE)

    async def task(transaction: Any, desk: Desk) -> tuple[ServiceRecord, bool]:
        found = await service_record.by_login(transaction, login, lock=True)
        changed = await addresses.set_addresses(
            transaction, found, wanted, actor=desk.actor, now=desk.now()
        )
        return found, changed

    found, changed = _in_transaction(task)
    told = "has it so from its next login on" if changed else "has it so already"
    done(f"{found.login} {told}", login=found.login, changed=changed, addresses=wanted.by_kind())


def show(login: Login) -> None:
    """What is known of a service."""

    async def task(transaction: Any, _desk: Desk) -> ServiceRecord:
        return await service_record.by_login(transaction, login)

    show_one(described(_in_transaction(task)))


def described(found: ServiceRecord) -> dict[str, Any]:
    """A service for people."""
    holds = [
        f"{held.kind} by {held.author} since {held.placed_at:%Y-%m-%d}: {held.reason}"
        for held in found.open_holds.values()
    ]
    return {
        "login": found.login,
        "subscriber": found.subscriber,
        "state": found.state,
        "plan": f"{found.plan} (version {found.plan_version})",
        "custom_price": found.custom_price,
        "started_on": found.started_on,
        "ended_on": found.ended_on,
        "invoiced_until": found.invoiced_until,
        "onu_serial": found.onu_serial,
        "holds": holds,
    }


def register_changes(to: typer.Typer) -> None:
    """The commands that `service` and `subscriber` share."""
    for name, command, example in (
        ("suspend", suspend, "suspend ann@example.net --reason 'asked for it'"),
        ("resume", resume, "resume ann@example.net --until 2026-03-31"),
        ("terminate", terminate, "terminate ann@example.net --on 2026-04-01"),
        ("change-plan", change_plan, "change-plan ann@example.net platinum --on 2026-04-01"),
        ("set-password", set_password, "set-password ann@example.net -"),
        ("set-address", set_address, "set-address ann@example.net --ipv4 192.0.2.7"),
    ):
        to.command(name, epilog=f"Example: turnpike service {example}")(command)


register_changes(app)
app.command("show", epilog="Example: turnpike service show ann@example.net")(show)
app.command("add", epilog="Example: turnpike service add S-1042 ann-office --plan gold")(
    add_service
)


def _in_transaction(task: Callable[[Any, Desk], Awaitable[T]]) -> T:
    async def at_desk(desk: Desk) -> T:
        async with desk.transaction() as transaction:
            return await task(transaction, desk)

    return work(at_desk)
