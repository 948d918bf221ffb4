"""`turnpike device add …`: a device is tried before it is stored."""

import ssl
from typing import Annotated, Any, Final

import typer

from collectors.drivers import drivers
from devices.certificates import fingerprint
from devices.credentials import Credentials, LoginAccess, SnmpAccess, trusting
from devices.routeros import API_PORT, API_TLS_PORT
from devices.routeros.opening import API, REST
from devices.ssh_keys import host_key_fingerprint
from isp.access_network import DeviceKind
from isp.errors import Refused
from operations import devices
from turnpike.context import Desk, work
from turnpike.device_access import (
    Endpoint,
    LoginOptions,
    SnmpOptions,
    TlsOptions,
    parse_endpoint,
    usage,
)
from turnpike.device_questions import Outcome, ask_of_stranger
from turnpike.option_groups import with_option_groups
from turnpike.output import done, note

__all__ = [
    "SNMP_PORT",
    "Area",
    "NoTest",
    "add",
    "believed",
    "checked_driver",
    "note_belief",
    "shown",
]

add = typer.Typer(no_args_is_help=True, help="Enter a device; it is tried before it is stored.")

SNMP_PORT: Final = 161
AUTO: Final = "auto"

Name = Annotated[str, typer.Argument(help="What it is called from now on.")]
Address = Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="Where it is.")]
Driver = Annotated[str, typer.Option(help="Which model's; auto: by what it says of itself.")]
Area = Annotated[str | None, typer.Option(help="Where it serves, as outages are told.")]
NoTest = Annotated[
    bool, typer.Option("--no-test", help="Store it untried: for what is not there yet.")
]


@add.command("olt", epilog="Example: turnpike device add olt olt1 192.0.2.10 --community -")
@with_option_groups
def add_olt(
    name: Name,
    address: Address,
    snmp: SnmpOptions,
    login: LoginOptions,
    driver: Driver = AUTO,
    area: Area = None,
    no_test: NoTest = False,
) -> None:
    """An OLT, or any other device that is read by SNMP; a login for what only its CLI tells."""
    endpoint = parse_endpoint(address, SNMP_PORT)
    credentials = Credentials(snmp=snmp.access(), login=login.access())
    if credentials.snmp is None and credentials.login is None:
        raise usage("no way in is named", "give --community, --v3-user or --user")
    _add(DeviceKind.OLT, name, endpoint, checked_driver(driver), credentials, area, no_test)


@add.command("voltha", epilog="Example: turnpike device add voltha core1 192.0.2.20:50057 --tls")
@with_option_groups
def add_voltha(
    name: Name,
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where its gRPC API is.")],
    tls: TlsOptions,
    area: Area = None,
    no_test: NoTest = False,
) -> None:
    """A VOLTHA core with all its OLTs."""
    endpoint = parse_endpoint(address, None)
    credentials = Credentials(tls=tls.access())
    _add(DeviceKind.VOLTHA, name, endpoint, AUTO, credentials, area, no_test)


@add.command(
    "router", epilog="Example: turnpike device add router r1 192.0.2.30 --user admin --password -"
)
@with_option_groups
def add_router(
    name: Name,
    address: Address,
    login: LoginOptions,
    snmp: SnmpOptions,
    driver: Driver = AUTO,
    area: Area = None,
    no_test: NoTest = False,
) -> None:
    """A router: MikroTik by its API, any by SNMP."""
    credentials = Credentials(snmp=snmp.access(), login=login.access())
    match credentials:
        case Credentials(login=LoginAccess(tls=tls)):
            port = API_TLS_PORT if tls else API_PORT
        case Credentials(snmp=SnmpAccess()):
            port = SNMP_PORT
        case _:
            raise usage("no way in is named", "give --user and --password -, or --community")
    endpoint = parse_endpoint(address, port)
    _add(DeviceKind.ROUTER, name, endpoint, checked_driver(driver), credentials, area, no_test)


def checked_driver(name: str) -> str:
    """The name of a driver that there is, or of a router's API, or `auto`. Raises Refused."""
    known = (AUTO, API, REST, *drivers())
    if name not in known:
        raise usage(f"there is no driver {name}", f"one of {', '.join(known)}")
    return name


def _add(
    kind: DeviceKind,
    name: str,
    endpoint: Endpoint,
    driver: str,
    credentials: Credentials,
    area: str | None,
    no_test: bool,
) -> None:
    async def task(desk: Desk) -> Outcome:
        seen: Outcome = {}
        if not no_test:
            seen = await _tried(desk, kind, driver, endpoint, credentials)
        async with desk.transaction() as transaction:
            await devices.add(
                transaction,
                name=name,
                kind=kind,
                host=endpoint.host,
                port=endpoint.port,
                driver=driver,
                credentials=believed(credentials, seen),
                keys=desk.keys,
                area=area,
                actor=desk.actor,
                now=desk.now(),
            )
        return seen

    seen = work(task)
    what = seen.get("model") or seen.get("description") or "untried"
    done(
        f"{name} is read from now on ({what})",
        name=name,
        kind=kind,
        identity=shown(seen) if seen else None,
    )
    note_belief(seen)


def believed(credentials: Credentials, seen: Outcome) -> Credentials:
    """The credentials with the key or certificate that was seen: no other is trusted then."""
    return trusting(credentials, host_key=seen.get("host_key"), certificate=seen.get("certificate"))


def shown(seen: Outcome) -> dict[str, Any]:
    """What a device says of itself, its certificate as the digest that a person compares."""
    certificate = seen.get("certificate")
    digest = certificate and fingerprint(ssl.PEM_cert_to_DER_cert(certificate))
    rest = {name: value for name, value in seen.items() if name != "certificate"}
    return rest | {"certificate_sha256": digest}


def note_belief(seen: Outcome) -> None:
    """Say what is trusted from now on, for a person to compare."""
    if key := seen.get("host_key"):
        note(f"its host key is {host_key_fingerprint(key)}; no other is trusted from now on")
    if digest := shown(seen)["certificate_sha256"]:
        note(f"its certificate is {digest}; no other is trusted from now on")


async def _tried(
    desk: Desk, kind: DeviceKind, driver: str, endpoint: Endpoint, credentials: Credentials
) -> Outcome:
    try:
        return await ask_of_stranger(
            desk, kind=kind, driver=driver, endpoint=endpoint, credentials=credentials
        )
    except Refused as refused:
        remedy = f"{refused.remedy}, or store it untried with --no-test"
        raise Refused(refused.problem, remedy=remedy, exit_code=refused.exit_code) from refused
