"""The options of a new service, which `subscriber add` and `service add` share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from operations import subscribers
from operations.import_rows import row_of
from operations.service_record import ServiceRecord
from turnpike.context import Desk, work
from turnpike.option_groups import with_option_groups
from turnpike.output import done
from turnpike.secret_input import generated_secret, read_secret

__all__ = ["add_service", "add_subscriber"]

Login = Annotated[str, typer.Argument(help="The login.")]
Plan = Annotated[str, typer.Option(help="The plan, in its newest version.")]


@dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """What both commands may say of the service."""

    password: Annotated[str | None, typer.Option(help="- asks for it. Absent: generated.")] = None
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds the password.")] = None
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First day. Absent: today.")] = (
        None
    )
    address: Annotated[str | None, typer.Option(metavar="IP", help="Static IPv4 address.")] = None
    route: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Behind it; may be repeated.")
    ] = None
    delegated_prefix: Annotated[
        str | None, typer.Option(metavar="CIDR", help="Static delegated prefix.")
    ] = None
    mac: Annotated[str | None, typer.Option(help="A MAC that is let in without a password.")] = None
    circuit_id: Annotated[str | None, typer.Option(help="The line (DHCP option 82, PPPoE+).")] = (
        None
    )
    onu_serial: Annotated[str | None, typer.Option(help="The ONU at its end.")] = None
    custom_price: Annotated[str | None, typer.Option(help="Instead of the plan's.")] = None

    def texts(self) -> dict[str, str | None]:
        """Without the password: the columns of an import's row."""
        return {
            "start": self.start,
            "address": self.address,
            "routes": " ".join(self.route or ()),
            "delegated_prefix": self.delegated_prefix,
            "mac": self.mac,
            "circuit_id": self.circuit_id,
            "onu_serial": self.onu_serial,
            "custom_price": self.custom_price,
        }


@with_option_groups
def add_subscriber(
    login: Login,
    plan: Plan,
    service: ServiceOptions,
    name: Annotated[str | None, typer.Option(help="The subscriber's name.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    area: Annotated[str | None, typer.Option(help="Where he lives, as outages are told.")] = None,
    subscriber: Annotated[
        str | None, typer.Option("--subscriber", help="Your name of him. Absent: the login.")
    ] = None,
    anchor_day: Annotated[
        str | None, typer.Option(help="Day on which his months begin: 1..31, last.")
    ] = None,
    no_billing: Annotated[
        bool, typer.Option("--no-billing", help="Access only, no documents.")
    ] = False,
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
        "anchor_day": anchor_day,
        "billing": "off" if no_billing else None,
    }
    _add(texts, service, existing=False)


@with_option_groups
def add_service(
    subscriber: Annotated[str, typer.Argument(help="The subscriber who is there.")],
    login: Login,
    plan: Plan,
    service: ServiceOptions,
) -> None:
    """Another service of a subscriber who is there."""
    _add({"login": login, "plan": plan, "subscriber": subscriber}, service, existing=True)


def _add(texts: Mapping[str, str | None], service: ServiceOptions, *, existing: bool) -> None:
    given = read_secret("password", service.password, service.secret_file)
    password = given or generated_secret()
    said = {column: text for column, text in {**texts, **service.texts()}.items() if text}
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
