"""`turnpike device`: OLTs, VOLTHA cores and routers that collectors read."""

from typing import Annotated, Any

import msgspec
import typer

from devices.credentials import Credentials, trusting
from operations import devices, discovery
from operations.device_requests import PARTS, RequestKind
from operations.devices import DeviceRecord, DeviceUse
from turnpike.context import Desk, work
from turnpike.device_access import Endpoint, LoginOptions, SnmpOptions, parse_endpoint, usage
from turnpike.device_questions import Outcome, ask_of_device, ask_of_network, ask_of_stranger
from turnpike.entering_devices import (
    SNMP_PORT,
    Area,
    NoTest,
    add,
    believed,
    checked_driver,
    note_belief,
    shown,
)
from turnpike.global_options import options
from turnpike.option_groups import with_option_groups
from turnpike.output import done, note, print_json, show_one, show_table
from turnpike.poll_output import show_poll

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="OLTs, VOLTHA cores and routers that are read.")
app.add_typer(add, name="add")

Name = Annotated[str, typer.Argument(help="The device's name.")]


@app.command("list", epilog="Example: turnpike device list")
def list_() -> None:
    """The devices with what is seen of them."""

    async def task(desk: Desk) -> tuple[DeviceUse, ...]:
        async with desk.transaction() as transaction:
            return await devices.listed(transaction)

    columns = "name kind address driver model state problem area last_poll_at onus onus_online"
    show_table("Devices", columns.split(), [_row(use) for use in work(task)])


@app.command(epilog="Example: turnpike device test olt1")
def test(name: Name) -> None:
    """Whether a device lets us in, and what it is."""

    async def task(desk: Desk) -> Outcome:
        found = await _named(desk, name)
        return await ask_of_device(desk, found, RequestKind.TEST)

    show_one({"device": name, **shown(work(task))})


@app.command(epilog="Example: turnpike device poll olt1 --json")
def poll(name: Name) -> None:
    """Read a device now, and show what it tells."""

    async def task(desk: Desk) -> Outcome:
        found = await _named(desk, name)
        return await ask_of_device(desk, found, RequestKind.POLL)

    outcome = work(task)
    if options().json:
        print_json({part: outcome[part] for part in PARTS})
    else:
        show_poll(outcome)


@app.command("set", epilog="Example: turnpike device set olt1 --area North --community -")
@with_option_groups
def set_(
    name: Name,
    snmp: SnmpOptions,
    login: LoginOptions,
    rename: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    address: Annotated[str | None, typer.Option(metavar="HOST[:PORT]")] = None,
    driver: Annotated[str | None, typer.Option(help="Which model's, or auto.")] = None,
    area: Area = None,
    no_test: NoTest = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Believe the host key or certificate shown now.")
    ] = False,
) -> None:
    """Change what is known of a device; new credentials are tried before they are stored."""
    given = Credentials(snmp=snmp.access(), login=login.access())
    new_way_in = given != Credentials()
    named = {"name": rename, "driver": driver and checked_driver(driver), "area": area}
    changes: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
    if not (changes or address or new_way_in or trust):
        raise usage("nothing to change is named", "see `turnpike device set --help`")

    async def task(desk: Desk) -> tuple[DeviceRecord, Outcome]:
        found = await _named(desk, name)
        endpoint = parse_endpoint(address, found.port) if address else _endpoint(found)
        async with desk.transaction() as transaction:
            old = await devices.credentials_of(transaction, found, desk.keys)
        moved = endpoint != _endpoint(found)
        credentials = _replacing(old, given, moved=moved, trust=trust)
        seen: Outcome = {}
        if not no_test and (new_way_in or trust or moved):
            seen = await ask_of_stranger(
                desk,
                kind=found.kind,
                driver=changes.get("driver", found.driver),
                endpoint=endpoint,
                credentials=credentials,
            )
            credentials = believed(credentials, seen)
        if address:
            changes.update(host=endpoint.host, port=endpoint.port)
        async with desk.transaction() as transaction:
            changed = await devices.change(
                transaction,
                name=name,
                changes=changes,
                credentials=credentials if credentials != old else None,
                keys=desk.keys,
                actor=desk.actor,
                now=desk.now(),
            )
        return changed, seen

    changed, seen = work(task)
    done(f"{changed.name} is changed", name=changed.name, changed=[*changes])
    note_belief(seen)


@app.command("set-port", epilog="Example: turnpike device set-port olt1 0/1/3 --area 'Old Town'")
def set_port(
    name: Name,
    port: Annotated[str, typer.Argument(help="The PON port, as the OLT writes it.")],
    area: Annotated[str, typer.Option(help="Where it serves; empty: as the device does.")],
) -> None:
    """Say which area one PON port serves, where it is not the device's."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await devices.set_port_area(
                transaction, name=name, port=port, area=area, actor=desk.actor, now=desk.now()
            )

    work(task)
    done(f"{name} {port} serves {area or 'where the device does'}", name=name, port=port, area=area)


@app.command(epilog="Example: turnpike device remove olt1")
def remove(name: Name) -> None:
    """Read a device no more; its history stays."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await devices.remove(transaction, name=name, actor=desk.actor, now=desk.now())

    work(task)
    done(f"{name} is read no more", name=name)


@app.command(epilog="Example: turnpike device discover 192.0.2.0/28 --community -")
@with_option_groups
def discover(
    subnet: Annotated[list[str], typer.Argument(help="Networks or addresses to look at.")],
    snmp: SnmpOptions,
) -> None:
    """Who answers SNMP at the addresses that are named, and which driver would read it."""
    addresses = discovery.addresses(subnet)
    credentials = Credentials(snmp=snmp.access())
    if credentials.snmp is None:
        raise usage("no way in is named", "give --community or --v3-user")
    port = credentials.snmp.port or SNMP_PORT

    async def task(desk: Desk) -> list[dict[str, Any]]:
        outcome = await ask_of_network(desk, addresses, port=port, credentials=credentials)
        found = outcome["found"]
        async with desk.transaction() as transaction:
            hosts = [each["address"] for each in found]
            names = await discovery.entered_at(transaction, hosts, port=port)
            await discovery.record(
                transaction, networks=subnet, found=found, actor=desk.actor, now=desk.now()
            )
        return [each | {"entered_as": names.get(each["address"])} for each in found]

    found = work(task)
    columns = ["address", "driver", "sys_name", "sys_object_id", "description", "entered_as"]
    rows = [[each.get(column) for column in columns] for each in found]
    show_table("Found", columns, rows)
    note(f"{len(found)} of {len(addresses)} answered; enter one with `turnpike device add`")


async def _named(desk: Desk, name: str) -> DeviceRecord:
    async with desk.transaction() as transaction:
        return await devices.named(transaction, name)


def _replacing(old: Credentials, given: Credentials, *, moved: bool, trust: bool) -> Credentials:
    """The old credentials with those given. Of a device that `moved` what it showed is forgotten,
    with `trust` also which certificate a person said that it has.
    """
    login, tls = given.login or old.login, old.tls
    if given.login and old.login:
        login = msgspec.structs.replace(given.login, host_key=old.login.host_key)
    if trust and tls is not None:
        tls = msgspec.structs.replace(tls, certificate_sha256=None)
    credentials = Credentials(snmp=given.snmp or old.snmp, login=login, tls=tls)
    return trusting(credentials) if moved or trust else credentials


def _endpoint(found: DeviceRecord) -> Endpoint:
    return Endpoint(host=found.host, port=found.port)


def _row(use: DeviceUse) -> list[Any]:
    return [
        use.device.name,
        use.device.kind.value,
        f"{use.device.host}:{use.device.port}",
        use.driver or use.device.driver,
        use.model,
        use.state,
        use.problem,
        use.device.area,
        use.last_poll_at,
        use.onus,
        use.onus_online,
    ]
