"""`turnpike onu`: the ends of the lines, and whose they are."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from functools import partial
from typing import Annotated

import typer

from isp.access_network import OnuState
from isp.errors import ExitCode, Refused
from operations import devices, onu_bulk_linking, onu_linking, onus, provisioning
from operations.onu_linking import Linked
from operations.onu_matching import MatchBy, Matching
from operations.onus import Onu, Unprovisioned
from operations.provisioning import Change
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import done, note, print_json, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The ends of the lines, and whose they are.")

Serial = Annotated[str, typer.Argument(help="The ONU's serial, in any spelling.")]
Provision = Annotated[
    bool, typer.Option("--provision", help="Have your script configure the OLT, too.")
]
LISTED = (
    "serial device port onu_id state rx_dbm olt_rx_dbm distance_m last_down_cause description "
    "subscriber login"
)


@app.command("list", epilog="Example: turnpike onu list --device olt1 --state los")
def list_(
    nobody: Annotated[
        bool, typer.Option("--unlinked", help="Only those that are nobody's.")
    ] = False,
    unprovisioned: Annotated[
        bool, typer.Option("--unprovisioned", help="Those that no OLT is configured for.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="Of one OLT.")] = None,
    port: Annotated[str | None, typer.Option(help="Of one PON port, as the OLT writes it.")] = None,
    state: Annotated[OnuState | None, typer.Option(help="In that state.")] = None,
) -> None:
    """The ONUs with their last readings."""
    if unprovisioned:
        if state is not None or nobody:
            problem = "an ONU that is unprovisioned has no state, and is nobody's"
            raise Refused(problem, remedy="ask for one of the two", exit_code=ExitCode.USAGE)
        _list_unprovisioned(device, port)
        return

    async def task(desk: Desk) -> tuple[Onu, ...]:
        async with desk.transaction() as transaction:
            if device is not None:
                await devices.named(transaction, device)
            return await onus.listed(
                transaction, device=device, port=port, state=state, unlinked=nobody
            )

    found = work(task)
    if options().json:
        print_json(found)
    else:
        names = LISTED.split()
        show_table("ONUs", names, [[getattr(one, name) for name in names] for one in found])
    if len(found) == onus.ONUS_LISTED_MAX:
        note(f"the first {len(found)}; name a --device, or read the view report.onus")


def _list_unprovisioned(device: str | None, port: str | None) -> None:
    async def task(desk: Desk) -> tuple[Unprovisioned, ...]:
        async with desk.transaction() as transaction:
            if device is not None:
                await devices.named(transaction, device)
            return await onus.unprovisioned(transaction, device=device, port=port)

    columns = [field.name for field in fields(Unprovisioned)]
    rows = [[getattr(one, column) for column in columns] for one in work(task)]
    show_table("Unprovisioned ONUs", columns, rows)


@app.command(
    epilog="Example: turnpike onu link HWTC1234ABCD ann@example.net, "
    "or turnpike onu link --match circuit-id --preview"
)
def link(
    serial: Annotated[str | None, typer.Argument(help="The ONU's serial.")] = None,
    login: Annotated[str | None, typer.Argument(help="The service's login.")] = None,
    match: Annotated[
        MatchBy | None, typer.Option(help="Link in bulk by what says who is who.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Change nothing.")] = False,
    provision: Provision = False,
) -> None:
    """Say whose an ONU is, or link all of which descriptions, circuit-ids or serials say it."""
    if match is not None and serial is None and not provision:
        _link_in_bulk(match, preview=preview)
        return
    if match is not None or preview or serial is None or login is None:
        remedy = "name a serial and a login, or say --match (with --preview to look first)"
        raise Refused("it is not said what to link", remedy=remedy, exit_code=ExitCode.USAGE)

    linking = partial(onu_linking.link, serial=serial, login=login)
    linked = _change(Change.LINK, linking, provision=provision)
    _tell(linked, "{serial} is at the end of {login}'s line")


def _link_in_bulk(by: MatchBy, *, preview: bool) -> None:
    async def task(desk: Desk) -> Matching:
        async with desk.transaction() as transaction:
            found = await onu_bulk_linking.matching(transaction, by)
            if not preview:
                await onu_bulk_linking.link_matches(
                    transaction, found.matches, by, actor=desk.actor, now=desk.now()
                )
        return found

    found = work(task)
    verb = "would be linked" if preview else "linked"
    rows = [
        *([one.onu.serial, one.service.login, verb, one.evidence] for one in found.matches),
        *([one.onu.serial, ", ".join(one.logins), "doubtful", one.reason] for one in found.doubts),
    ]
    show_table("ONUs by service", ["serial", "login", "outcome", "because"], rows)
    note(f"{len(found.matches)} {verb}, {len(found.doubts)} doubtful")


@app.command(epilog="Example: turnpike onu unlink HWTC1234ABCD")
def unlink(serial: Serial, provision: Provision = False) -> None:
    """Take an ONU from its service."""
    freed = _change(Change.UNLINK, partial(onu_linking.unlink, serial=serial), provision=provision)
    done(f"{freed.serial} is nobody's; it was {freed.login}'s", serial=freed.serial)


@app.command(epilog="Example: turnpike onu swap HWTC1234ABCD HWTC5678ABCD")
def swap(
    old: Annotated[str, typer.Argument(help="The serial of the ONU that goes.")],
    new: Annotated[str, typer.Argument(help="The serial of the ONU that comes.")],
    provision: Provision = False,
) -> None:
    """Exchange a service's ONU; the service and its history stay."""
    swapping = partial(onu_linking.swap, old=old, new=new)
    _tell(_change(Change.SWAP, swapping, provision=provision), "{login} has {serial} now")


def _change(change: Change, do: Callable[..., Awaitable[Linked]], *, provision: bool) -> Linked:
    """One transaction: the change, and the job that has the script follow it."""

    async def task(desk: Desk) -> Linked:
        now = desk.now()
        async with desk.transaction() as transaction:
            linked = await do(transaction, actor=desk.actor, now=now)
            if provision:
                await provisioning.ask(transaction, change, linked, now=now)
        return linked

    return work(task)


def _tell(linked: Linked, sentence: str) -> None:
    done(
        sentence.format(serial=linked.serial, login=linked.login),
        serial=linked.serial,
        login=linked.login,
        seen=linked.seen,
    )
    if not linked.seen:
        note("no OLT has seen it yet; it is linked as soon as one does")
