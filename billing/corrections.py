"""What a person corrects: adjustments, credit notes, voids, and the balance brought along.

Each makes (or marks) one document; nothing that was issued is rewritten.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing.account import Account
from billing.documents import Document, DocumentKind, DocumentState, Line, LineKind, fresh_key
from billing.events import Adjust, CreditNote, Void
from billing.invoicing import document
from billing.money import ZERO
from billing.plans import NO_TAX
from billing.policy import Policy
from isp.errors import Refused

__all__ = ["adjustment", "credit_note", "find_document", "opening_balance", "voided"]

CHARGES = frozenset({LineKind.RECURRING, LineKind.SETUP, LineKind.USAGE, LineKind.ITEM})


def opening_balance(account: Account, amount: Decimal, on: date, due_on: date) -> Document:
    """What the subscriber brings from the system before: owed if positive, credit if negative."""
    line = _plain(account, LineKind.OPENING, f"opening/{on}", "Opening balance", amount)
    return Document(
        kind=DocumentKind.OPENING_BALANCE,
        issued_on=on,
        due_on=due_on,
        currency=account.currency,
        lines=(line,),
    )


def adjustment(account: Account, event: Adjust, policy: Policy) -> Document:
    """A debit or a credit by hand; a credit that names a service is taken from its charges."""
    key = f"adjustment/{event.reference}"
    if event.service is None or event.amount > ZERO:
        line = _plain(account, LineKind.ADJUSTMENT, key, event.description, event.amount)
        return document(account, (replace(line, service=event.service),), event.on, policy)
    charges = [
        line
        for line in account.standing_lines()
        if line.service == event.service and line.kind in CHARGES
    ]
    lines = _taken_back(
        account, reversed(charges), -event.amount, LineKind.ADJUSTMENT, event.reference
    )
    described = tuple(replace(line, description=event.description) for line in lines)
    return document(account, described, event.on, policy)


def credit_note(account: Account, event: CreditNote, policy: Policy) -> Document:
    """All or part of an invoice given back, line by line from its first."""
    source = find_document(account, event.number)
    charges = [line for line in source.lines if line.corrects is None and line.net > ZERO]
    amount = event.amount
    if amount is None:
        amount = sum((_left(account, line) for line in charges), ZERO)
    lines = tuple(_taken_back(account, charges, amount, LineKind.CREDIT, event.reference))
    if not lines:
        raise Refused(
            f"nothing is left of document {source.number} to credit",
            remedy="look at what was credited before",
        )
    return document(account, lines, event.on, policy)


def voided(account: Account, event: Void) -> Document:
    """The document as void: what it charged may be charged anew, once."""
    source = find_document(account, event.number)
    own = {line.charge_key for line in source.lines}
    for other in account.standing():
        if other is not source and any(line.corrects in own for line in other.lines):
            raise Refused(
                f"document {source.number} was corrected by {other.number}",
                remedy=f"void {other.number} first",
            )
    return replace(source, state=DocumentState.VOID)


def find_document(account: Account, number: str | None) -> Document:
    """The document in force with this number; None is the latest invoice."""
    for each in reversed(tuple(account.standing())):
        if each.number == number or (number is None and each.kind is DocumentKind.INVOICE):
            return each
    if number is not None and any(each.number == number for each in account.documents):
        raise Refused(f"document {number} is void", remedy="there is nothing left of it")
    raise Refused(f"there is no document {number} in force", remedy="list the documents first")


def _taken_back(
    account: Account, charges: Iterable[Line], amount: Decimal, kind: LineKind, reference: str
) -> Iterator[Line]:
    """Lines that take the amount from what is left of the charges, in the order given."""
    taken = account.keys()
    suffix = "credit" if kind is LineKind.CREDIT else "adjustment"
    for line in charges:
        part = min(amount, _left(account, line))
        if part <= ZERO:
            continue
        amount -= part
        yield replace(
            line,
            kind=kind,
            net=-part,
            unit_price=-part,
            quantity=Decimal(1),
            tax=ZERO,
            charge_key=fresh_key(f"{line.charge_key}/{suffix}/{reference}", taken),
            corrects=line.charge_key,
            basis=None,
        )
    if amount > ZERO:
        raise Refused(
            f"{amount} more than is left of the charges cannot be given back",
            remedy="lower the amount, or give credit to the account without naming charges",
        )


def _left(account: Account, charge: Line) -> Decimal:
    corrections = (x.net for x in account.standing_lines() if x.corrects == charge.charge_key)
    return charge.net + sum(corrections, ZERO)


def _plain(account: Account, kind: LineKind, key: str, description: str, amount: Decimal) -> Line:
    return Line(
        kind=kind,
        service=None,
        description=description,
        period=None,
        unit_price=amount,
        net=amount,
        tax_code=NO_TAX.code,
        tax_percent=ZERO,
        charge_key=fresh_key(key, account.keys()),
    )
