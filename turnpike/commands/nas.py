"""`turnpike nas`: the BRAS and routers that are answered."""

import socket
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from isp.errors import ExitCode, Refused
from isp.nas import MessageAuthenticatorPolicy, Vendor
from operations import nas, unknown_nas
from operations.nas import NasUse
from operations.quantities import parse_duration
from policy.vendors import Server, profile
from turnpike.context import Desk, settings, work
from turnpike.global_options import options
from turnpike.nas_question import CoaAnswer, ask
from turnpike.output import done, note, show_one, show_table
from turnpike.secret_input import checked_nas_secret, generated_secret, read_secret

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The BRAS and routers whose requests are answered.")

LISTED: Final = (
    "name",
    "address",
    "vendor",
    "coa_port",
    "message_authenticator",
    "wall_tested",
    "last_packet_at",
    "sessions",
    "drops",
)

Name = Annotated[str, typer.Argument(help="The NAS's name.")]
SecretOption = Annotated[
    str | None, typer.Option("--secret", help="The shared secret; - asks. Absent: generated.")
]
SecretFile = Annotated[Path | None, typer.Option(help="A file that holds the secret.")]


@app.command(epilog="Example: turnpike nas add bras1 192.0.2.1 --vendor mikrotik")
def add(
    name: Name,
    address: Annotated[str, typer.Argument(help="Address, or prefix for several.")],
    secret: SecretOption = None,
    secret_file: SecretFile = None,
    vendor: Annotated[Vendor, typer.Option()] = Vendor.GENERIC,
    nas_identifier: Annotated[
        str | None, typer.Option(help="NAS-Identifier, inside a prefix.")
    ] = None,
    coa_port: Annotated[int, typer.Option(help="UDP port of its CoA server.")] = 3799,
    message_authenticator: Annotated[
        MessageAuthenticatorPolicy, typer.Option(help="Must its requests be signed?")
    ] = MessageAuthenticatorPolicy.LEARN,
) -> None:
    """Answer a new NAS."""
    given = read_secret("secret", secret, secret_file)
    chosen, warning = checked_nas_secret(given or generated_secret())

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await nas.add(
                transaction,
                name=name,
                address=address,
                secret=chosen,
                keys=desk.keys,
                nas_identifier=nas_identifier,
                vendor=vendor,
                coa_port=coa_port,
                message_authenticator=message_authenticator,
                actor=desk.actor,
                now=desk.now(),
            )

    work(task)
    if warning:
        note(warning)
    shown = {} if given else {"secret": chosen.reveal()}
    told = f", secret {chosen.reveal()}" if shown else ""
    hint = f"see `turnpike nas config {name}`"
    done(f"NAS {name} is answered at {address}{told}; {hint}", name=name, address=address, **shown)


@app.command("list", epilog="Example: turnpike nas list --unknown")
def list_(
    unknown: Annotated[bool, typer.Option("--unknown", help="Who asks and is not known.")] = False,
) -> None:
    """The NASes with what is seen of them."""
    if unknown:
        _list_unknown()
        return

    async def task(desk: Desk) -> tuple[NasUse, ...]:
        async with desk.transaction() as transaction:
            return await nas.listed(transaction)

    show_table("NASes", LISTED, [_row(use) for use in work(task)])


def _row(use: NasUse) -> list[Any]:
    shown = use.nas.message_authenticator.value
    if use.nas.message_authenticator is MessageAuthenticatorPolicy.LEARN:
        shown = "learn (required)" if use.nas.message_authenticator_seen else "learn (not seen)"
    identified = f" {use.nas.nas_identifier}" if use.nas.nas_identifier else ""
    return [
        use.nas.name,
        f"{use.nas.address}{identified}",
        use.nas.vendor.value,
        use.nas.coa_port,
        shown,
        use.nas.wall_tested,
        use.last_packet_at,
        use.sessions,
        use.drops,
    ]


def _list_unknown() -> None:
    async def task(desk: Desk) -> tuple[unknown_nas.UnknownNas, ...]:
        async with desk.transaction() as transaction:
            return await unknown_nas.listed(transaction)

    found = work(task)
    rows = [
        [one.address, one.nas_identifier, one.packets, one.first_at, one.last_at] for one in found
    ]
    columns = ["address", "nas_identifier", "packets", "first_at", "last_at"]
    show_table("Unknown NASes", columns, rows)
    if found:
        note(f"to answer one: turnpike nas add NAME {found[0].address}")


@app.command("set", epilog="Example: turnpike nas set bras1 --wall-tested --vendor mikrotik")
def set_(
    name: Name,
    address: Annotated[str | None, typer.Option()] = None,
    vendor: Annotated[Vendor | None, typer.Option()] = None,
    nas_identifier: Annotated[str | None, typer.Option()] = None,
    coa_port: Annotated[int | None, typer.Option()] = None,
    message_authenticator: Annotated[MessageAuthenticatorPolicy | None, typer.Option()] = None,
    wall_tested: Annotated[
        bool | None, typer.Option(help="Its walled garden was seen to work.")
    ] = None,
) -> None:
    """Change what is known of a NAS."""
    given = {
        "address": address,
        "vendor": vendor,
        "nas_identifier": nas_identifier,
        "coa_port": coa_port,
        "message_authenticator": message_authenticator,
        "wall_tested": wall_tested,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    if not changes:
        remedy = "see `turnpike nas set --help`"
        raise Refused("nothing to change is named", remedy=remedy, exit_code=ExitCode.USAGE)

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await nas.change(
                transaction, name=name, changes=changes, actor=desk.actor, now=desk.now()
            )

    work(task)
    done(f"NAS {name} is changed", name=name, changed=changes)


@app.command(epilog="Example: turnpike nas remove bras1")
def remove(name: Name) -> None:
    """Answer a NAS no more; its history stays."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await nas.remove(transaction, name=name, actor=desk.actor, now=desk.now())

    work(task)
    done(f"NAS {name} is answered no more", name=name)


@app.command("rotate-secret", epilog="Example: turnpike nas rotate-secret bras1 --overlap 2d")
def rotate_secret(
    name: Name,
    secret: SecretOption = None,
    secret_file: SecretFile = None,
    overlap: Annotated[str, typer.Option(help="How long the old one is taken too.")] = "7d",
) -> None:
    """Give a NAS a new secret; the old one is taken for a while."""
    given = read_secret("secret", secret, secret_file)
    chosen, warning = checked_nas_secret(given or generated_secret())
    lasts = parse_duration(overlap)

    async def task(desk: Desk) -> Any:
        async with desk.transaction() as transaction:
            return await nas.rotate_secret(
                transaction,
                name=name,
                secret=chosen,
                keys=desk.keys,
                overlap=lasts,
                actor=desk.actor,
                now=desk.now(),
            )

    until = work(task)
    if warning:
        note(warning)
    shown = {} if given else {"secret": chosen.reveal()}
    told = f" {chosen.reveal()}" if shown else ""
    done(
        f"NAS {name} has the new secret{told}; the old one is taken until {until:%Y-%m-%d %H:%M}Z",
        name=name,
        previous_until=until,
        **shown,
    )


@app.command(epilog="Example: turnpike nas config bras1 --server 198.51.100.5")
def config(
    name: Name,
    server: Annotated[
        str | None, typer.Option(help="The address at which the NAS reaches Turnpike.")
    ] = None,
) -> None:
    """What to paste into the NAS. It contains the secret."""

    async def task(desk: Desk) -> tuple[Any, str]:
        async with desk.transaction() as transaction:
            found = await nas.named(transaction, name)
            secret, *_ = await nas.secrets_of(transaction, found, desk.keys, desk.now())
        return found, secret.reveal()

    found, secret = work(task)
    asked = Server(address=server or _address_towards(found.address), **_ports())
    text = profile(found.vendor).configuration(found, asked, secret)
    done(text, configuration=text)


@app.command(epilog="Example: turnpike nas test bras1")
def test(name: Name) -> None:
    """Whether requests of the NAS arrive, and whether its CoA server answers.

    It is asked to disconnect a session that nobody has; subscribers notice nothing.
    """
    source = getattr(getattr(settings(), "coa", None), "source_address", "") or None

    async def task(desk: Desk) -> tuple[NasUse, CoaAnswer]:
        async with desk.transaction() as transaction:
            found = await nas.named(transaction, name)
            uses = await nas.listed(transaction)
            secrets = await nas.secrets_of(transaction, found, desk.keys, desk.now())
        use = next(use for use in uses if use.nas.name == name)
        return use, await ask(found, secrets, desk.clock, source)

    use, answer = work(task)
    columns = dict(zip(LISTED, _row(use), strict=True))
    del columns["coa_port"]
    problems = []
    if use.last_packet_at is None:
        problems.append(f"nothing was heard of {name} yet")
    if answer.silent:
        problems.append(f"its CoA server at {answer.host} port {answer.port} does not answer")
    coa = answer.as_json() if options().json else str(answer)
    show_one(columns | {"coa": coa, "problems": problems})
    if problems:
        note(f"turnpike: {'; '.join(problems)}; paste `turnpike nas config {name}` into it")
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _ports() -> dict[str, int]:
    """The ports that radiusd listens on, as configured."""
    radiusd = getattr(settings(), "radiusd", None)
    names = ("auth_port", "acct_port")
    return {name: getattr(radiusd, name) for name in names if hasattr(radiusd, name)}


def _address_towards(address: str) -> str:
    """This host's own address on the way to that one; nothing is sent."""
    host = address.partition("/")[0]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            remedy = "say at which address it reaches Turnpike with --server"
            raise Refused(f"there is no way to {host}", remedy=remedy) from None
        return str(probe.getsockname()[0])
