"""`turnpike plan`: what is sold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import typer

from isp.access import Access, OnLimit
from isp.errors import ExitCode, Refused
from operations import plan_revision, plans
from operations.plans import Plan, PlanTerms
from operations.quantities import (
    octets_text,
    over_cap_text,
    parse_date,
    parse_octets,
    parse_over_cap,
    parse_period,
    parse_price,
    parse_rate_kbps,
    rate_text,
)
from turnpike.context import Desk, work
from turnpike.option_groups import with_option_groups
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What is sold, in versions.")

Name = Annotated[str, typer.Argument(help="The plan's name.")]


@dataclass(frozen=True, kw_only=True)
class TermOptions:
    """The terms of a plan, as far as they are named."""

    price: Annotated[
        str | None, typer.Option(help="Net price of a period, as 25.00; a new plan has one.")
    ] = None
    down: Annotated[str | None, typer.Option(help="Download rate: 100M, 512k, 1G, unlimited.")] = (
        None
    )
    up: Annotated[str | None, typer.Option(help="Upload rate.")] = None
    period: Annotated[str | None, typer.Option(help='"1 month", "7 day", "1 year".')] = None
    pool: Annotated[str | None, typer.Option(help="The pool its addresses come from.")] = None
    tax: Annotated[str | None, typer.Option(help="A percentage, or a tax code.")] = None
    setup_fee: Annotated[str | None, typer.Option(help="Once, with the first document.")] = None
    cap: Annotated[str | None, typer.Option(help="Volume of a period: 500G.")] = None
    over: Annotated[
        str | None, typer.Option(help="Over the cap: throttle:2M/1M, block, charge:1.00/GB.")
    ] = None
    sessions: Annotated[int | None, typer.Option(min=1, max=100, help="Sessions at once.")] = None
    on_limit: Annotated[OnLimit | None, typer.Option(help="A login beyond them.")] = None
    unpaid: Annotated[Access | None, typer.Option(help="Access while unpaid: none or walled.")] = (
        None
    )
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="'Name=value' in every Access-Accept; may be repeated."),
    ] = None

    def read(self) -> dict[str, Any]:
        """Those that are named, as `PlanTerms` has them. Raises Refused."""
        if self.unpaid is Access.FULL:
            remedy = "choose none or walled"
            raise Refused("unpaid cannot be full", remedy=remedy, exit_code=ExitCode.USAGE)
        return {
            field: parse(said)
            for option, (field, parse) in TERMS.items()
            if (said := getattr(self, option)) is not None
        }


@app.command(
    epilog="Example: turnpike plan add gold --price 25.00 --down 100M --up 20M --tax 20 "
    "--cap 500G --over throttle:2M/1M"
)
@with_option_groups
def add(
    name: Name,
    named: TermOptions,
    kind: Annotated[str, typer.Option(help="internet, voice, …")] = "internet",
) -> None:
    """Sell a new plan."""
    given = named.read()
    if "price" not in given:
        remedy = "give it as --price 25.00"
        raise Refused("a plan has a price", remedy=remedy, exit_code=ExitCode.USAGE)
    terms = PlanTerms(**given)

    async def task(desk: Desk) -> Plan:
        async with desk.transaction() as transaction:
            return await plans.add(
                transaction, name=name, terms=terms, kind=kind, actor=desk.actor, now=desk.now()
            )

    made = work(task)
    price_text = f"{made.terms.price} {made.currency} per {made.terms.period}"
    done(f"plan {name} is sold at {price_text}", name=name, version=made.version)


@app.command(epilog="Example: turnpike plan revise gold --price 27.00 --existing-from 2026-07-01")
@with_option_groups
def revise(
    name: Name,
    named: TermOptions,
    existing_from: Annotated[
        str | None, typer.Option(help="Services that have the plan change on this day.")
    ] = None,
) -> None:
    """Make a new version; old services keep theirs until the date given."""
    given = named.read()
    if not given:
        remedy = "see `turnpike plan revise --help`"
        raise Refused("nothing to change is named", remedy=remedy, exit_code=ExitCode.USAGE)
    changes_on = parse_date(existing_from) if existing_from else None

    async def task(desk: Desk) -> Plan:
        async with desk.transaction() as transaction:
            old = await plans.named(transaction, name)
            return await plan_revision.revise(
                transaction,
                name=name,
                terms=replace(old.terms, **given),
                existing_from=changes_on,
                actor=desk.actor,
                now=desk.now(),
            )

    made = work(task)
    when = f"from {changes_on}" if changes_on else "never"
    done(
        f"plan {name} has version {made.version}; services that have the plan get it {when}",
        name=name,
        version=made.version,
    )


@app.command("list", epilog="Example: turnpike plan list")
def list_() -> None:
    """The plans in their newest version."""

    async def task(desk: Desk) -> tuple[Plan, ...]:
        async with desk.transaction() as transaction:
            return await plans.listed(transaction)

    show_table("Plans", COLUMNS, [_row(plan) for plan in work(task)])


@app.command(epilog="Example: turnpike plan show gold")
def show(name: Name) -> None:
    """Every version of a plan."""

    async def task(desk: Desk) -> tuple[Plan, ...]:
        async with desk.transaction() as transaction:
            await plans.named(transaction, name)
            return await plans.versions(transaction, name)

    show_table(f"Plan {name}", COLUMNS, [_row(plan) for plan in work(task)])


COLUMNS = [
    "plan",
    "version",
    "valid_from",
    "price",
    "currency",
    "period",
    "setup_fee",
    "tax",
    "down",
    "up",
    "pool",
    "cap",
    "over",
    "sessions",
    "on_limit",
    "unpaid",
    "attributes",
    "services",
]


def _row(plan: Plan) -> list[Any]:
    terms = plan.terms
    return [
        plan.name,
        plan.version,
        plan.valid_from,
        terms.price,
        plan.currency,
        terms.period,
        terms.setup_fee,
        terms.tax,
        rate_text(terms.down_kbps),
        rate_text(terms.up_kbps),
        terms.pool,
        None if terms.cap_octets is None else octets_text(terms.cap_octets),
        over_cap_text(terms.over_cap),
        terms.sessions_max,
        terms.on_limit.value,
        terms.unpaid_access.value,
        list(terms.attributes),
        plan.services,
    ]


def _attribute(text: str) -> str:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        remedy = "write it as 'Framed-MTU=1492'"
        raise Refused(f"{text!r} is not an attribute", remedy=remedy, exit_code=ExitCode.USAGE)
    return f"{name}={value}"


def _attributes(texts: list[str]) -> tuple[str, ...]:
    return tuple(_attribute(text) for text in texts)


def _as_it_is(value: Any) -> Any:
    return value


TERMS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "price": ("price", parse_price),
    "down": ("down_kbps", parse_rate_kbps),
    "up": ("up_kbps", parse_rate_kbps),
    "period": ("period", parse_period),
    "pool": ("pool", _as_it_is),
    "tax": ("tax", _as_it_is),
    "setup_fee": ("setup_fee", parse_price),
    "cap": ("cap_octets", parse_octets),
    "over": ("over_cap", parse_over_cap),
    "sessions": ("sessions_max", _as_it_is),
    "on_limit": ("on_limit", _as_it_is),
    "unpaid": ("unpaid_access", _as_it_is),
    "attribute": ("attributes", _attributes),
}
"""The options that are terms: which one, and how it is read."""
