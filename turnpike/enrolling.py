"""The options of a new service, which `subscriber add` and `service add` share."""

from pathlib import Path
from typing import Annotated

import typer

from chassis.secrets import Secret
from operations import subscribers
from operations.import_rows import row_of
from operations.service_record import ServiceRecord
from turnpike.context import Desk, work
from turnpike.output import done
from turnpike.secret_input import generated_secret, read_secret

__all__ = ["add_service", "add_subscriber"]

Login = Annotated[str, typer.Argument(help="The login.")]
Plan = Annotated[str, typer.Option(help="The plan, in its newest version.")]
Password = Annotated[str | None, typer.Option(help="- asks for it. Absent: generated.")]
SecretFile = Annotated[Path | None, typer.Option(help="A file that holds the password.")]
Name = Annotated[str | None, typer.Option(help="The subscriber's name.")]
Email = Annotated[str | None, typer.Option()]
Phone = Annotated[str | None, typer.Option()]
Area = Annotated[str | None, typer.Option(help="Where he lives, as outages are told.")]
Reference = Annotated[
    str | None, typer.Option("--subscriber", help="Your name of him. Absent: the login.")
]
Start = Annotated[str | None, typer.Option(metavar="DATE", help="First day. Absent: today.")]
AnchorDay = Annotated[str | None, typer.Option(help="Day on which his months begin: 1..31, last.")]
Address = Annotated[str | None, typer.Option(metavar="IP", help="Static IPv4 address.")]
Route = Annotated[
    list[str] | None, typer.Option(metavar="CIDR", help="Behind it; may be repeated.")
]
Prefix = Annotated[str | None, typer.Option(metavar="CIDR", help="Static delegated prefix.")]
Mac = Annotated[str | None, typer.Option(help="A MAC that is let in without a password.")]
CircuitId = Annotated[str | None, typer.Option(help="The line (DHCP option 82, PPPoE+).")]
OnuSerial = Annotated[str | None, typer.Option(help="The ONU at its end.")]
CustomPrice = Annotated[str | None, typer.Option(help="Instead of the plan's.")]
NoBilling = Annotated[bool, typer.Option("--no-billing", help="Access only, no documents.")]


def add_subscriber(
    login: Login,
    plan: Plan,
    password: Password = None,
    secret_file: SecretFile = None,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    area: Area = None,
    subscriber: Reference = None,
    start: Start = None,
    anchor_day: AnchorDay = None,
    address: Address = None,
    route: Route = None,
    delegated_prefix: Prefix = None,
    mac: Mac = None,
    circuit_id: CircuitId = None,
    onu_serial: OnuSerial = None,
    custom_price: CustomPrice = None,
    no_billing: NoBilling = False,
) -> None:
    """A new subscriber with one service."""
    texts = {
        "login": login,
        "plan": plan,
        "name": name,
        "email": email,
        "phone": phone,
        "area": area,
        "subscriber": subscriber,
        "start": start,
        "anchor_day": anchor_day,
        "address": address,
        "routes": " ".join(route or ()),
        "delegated_prefix": delegated_prefix,
        "mac": mac,
        "circuit_id": circuit_id,
        "onu_serial": onu_serial,
        "custom_price": custom_price,
        "billing": "off" if no_billing else None,
    }
    _add(texts, read_secret("password", password, secret_file), existing=False)


def add_service(
    subscriber: Annotated[str, typer.Argument(help="The subscriber who is there.")],
    login: Login,
    plan: Plan,
    password: Password = None,
    secret_file: SecretFile = None,
    start: Start = None,
    address: Address = None,
    route: Route = None,
    delegated_prefix: Prefix = None,
    mac: Mac = None,
    circuit_id: CircuitId = None,
    onu_serial: OnuSerial = None,
    custom_price: CustomPrice = None,
) -> None:
    """Another service of a subscriber who is there."""
    texts = {
        "login": login,
        "plan": plan,
        "subscriber": subscriber,
        "start": start,
        "address": address,
        "routes": " ".join(route or ()),
        "delegated_prefix": delegated_prefix,
        "mac": mac,
        "circuit_id": circuit_id,
        "onu_serial": onu_serial,
        "custom_price": custom_price,
    }
    _add(texts, read_secret("password", password, secret_file), existing=True)


def _add(texts: dict[str, str | None], given: Secret[str] | None, *, existing: bool) -> None:
    password = given or generated_secret()
    said = {column: text for column, text in texts.items() if text}
    row = row_of(said | {"password": password.reveal()})

    async def task(desk: Desk) -> ServiceRecord:
        async with desk.transaction() as transaction:
            return await subscribers.add(
                transaction,
                row=row,
                existing=existing,
                keys=desk.keys,
                actor=desk.actor,
                now=desk.now(),
            )

    made = work(task)
    shown = {} if given else {"password": password.reveal()}
    told = f", password {password.reveal()}" if shown else ""
    done(
        f"subscriber {made.subscriber} has the service {made.login} ({made.plan}){told}",
        subscriber=made.subscriber,
        login=made.login,
        plan=made.plan,
        started_on=made.started_on,
        **shown,
    )
