"""Whether rows agree with what the database knows: every disagreement, with its remedy. Pure."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from billing.money import money
from isp.errors import Refused
from isp.identifiers import IdentifierKind
from operations.csv_table import Fault
from operations.enrolment_known import Holder, Known
from operations.import_rows import ImportRow

__all__ = ["check_rows"]


def check_rows(rows: Sequence[ImportRow], known: Known, *, update: bool) -> tuple[Fault, ...]:
    """The faults of all rows. `update`: rows whose login exists change that service."""
    return tuple(
        Fault(line=row.line, column=column, problem=problem, remedy=remedy)
        for row in rows
        for column, problem, remedy in _faults(row, known, update=update)
    )


Found = tuple[str, str, str]
"""Column, problem, remedy."""


def _faults(row: ImportRow, known: Known, *, update: bool) -> Iterator[Found]:
    if row.plan not in known.plans:
        near = get_close_matches(row.plan, known.plans, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"add it: `turnpike plan add {row.plan}`"
        yield "plan", f"there is no plan {row.plan}", remedy
    yield from _amount_faults(row, known)
    if row.start and row.invoiced_until and row.invoiced_until < row.start:
        yield "invoiced_until", f"it is before the start {row.start}", "give that day or a later"
    holder = known.living(row.login)
    if holder is not None and not update:
        remedy = "leave the row out, or say --update"
        yield "login", f"subscriber {holder.subscriber} has the login {row.login}", remedy
        return
    if holder is not None:
        yield from _fixed(row, holder)
    yield from _taken(row, known, holder)
    reference = row.subscriber if holder is None else holder.subscriber
    yield from _subscriber_faults(row, known, reference, update=update)


def _fixed(row: ImportRow, holder: Holder) -> Iterator[Found]:
    """What cannot be changed of a service that exists."""
    if row.subscriber not in (holder.subscriber, row.login):
        remedy = "a service stays with its subscriber"
        yield "subscriber", f"{row.login} belongs to {holder.subscriber}", remedy
    if row.start is not None and row.start != holder.started_on:
        yield "start", f"{row.login} started on {holder.started_on}", "leave it empty"
    moved = row.invoiced_until not in (None, holder.invoiced_until)
    if moved and holder.invoiced:
        yield "invoiced_until", f"{row.login} has been invoiced here", "leave it empty"


def _amount_faults(row: ImportRow, known: Known) -> Iterator[Found]:
    for column in ("opening_balance", "custom_price"):
        amount = getattr(row, column)
        try:
            if amount is not None:
                money(str(amount), known.currency, "the amount")
        except Refused as refused:
            yield column, refused.problem, refused.remedy


def _taken(row: ImportRow, known: Known, own: Holder | None) -> Iterator[Found]:
    holders: list[tuple[str, Any, Holder | None]] = [
        ("mac", row.mac, known.identifiers.get((IdentifierKind.MAC, row.mac or ""))),
        (
            "circuit_id",
            row.circuit_id,
            known.identifiers.get((IdentifierKind.CIRCUIT_ID, row.circuit_id or "")),
        ),
        ("onu_serial", row.onu_serial, known.onu_serials.get(row.onu_serial or "")),
    ]
    holders += [(column, net, known.addresses.get(net)) for column, net in row.networks()]
    for column, value, holder in holders:
        if holder is not None and holder != own and not holder.terminated:
            yield column, f"{value} belongs to {holder.login}", "take it from that service first"


def _subscriber_faults(
    row: ImportRow, known: Known, reference: str, *, update: bool
) -> Iterator[Found]:
    there = known.subscribers.get(reference)
    if there is None:
        return
    if row.opening_balance is not None and row.opening_balance != (there.opening_balance or 0):
        was = "none" if there.opening_balance is None else there.opening_balance
        remedy = "correct it with a payment or a credit note"
        yield "opening_balance", f"subscriber {reference} was opened with {was}", remedy
    for column, value in there.columns.items():
        given = getattr(row, column)
        if given is not None and given != value and not update:
            problem = f"subscriber {reference} exists with another {column}"
            yield column, problem, "leave it empty, or say --update"
