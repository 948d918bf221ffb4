"""Tax per category on the summed base (EN 16931 BR-CO-17), told to the lines without residue.

What is given back of an earlier document takes that document's tax with it: never more than is
left of it, and all that is left with the last of its net, so that partial credits sum exactly
to the original.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from billing.account import Account
from billing.documents import Document, Line
from billing.money import ZERO, rounded

__all__ = ["taxed"]

PERCENT = Decimal(100)


def taxed(account: Account, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of one new document, each with its share of the document's tax."""
    earlier = {
        line.charge_key: document for document in account.standing() for line in document.lines
    }
    groups: dict[tuple[str, Decimal, str], list[int]] = {}
    for at, line in enumerate(lines):
        source = earlier.get(line.corrects or "")
        key = (line.tax_code, line.tax_percent, source.key if source else "")
        groups.setdefault(key, []).append(at)
    result = list(lines)
    for members in groups.values():
        group = [lines[at] for at in members]
        source = earlier.get(group[0].corrects or "")
        tax = _on_base(group, account.currency)
        if source:
            tax = _given_back(account, source, group, tax)
        for at, part in zip(members, _parts(group, tax, account.currency), strict=True):
            result[at] = replace(lines[at], tax=part)
    return tuple(result)


def _on_base(group: Iterable[Line], currency: str) -> Decimal:
    lines = tuple(group)
    base = sum((line.net for line in lines), ZERO)
    return rounded(base * lines[0].tax_percent / PERCENT, currency)


def _given_back(account: Account, source: Document, group: Sequence[Line], tax: Decimal) -> Decimal:
    """The (negative) tax that goes back with lines of `source`, bounded by what is left there."""
    category = (group[0].tax_code, group[0].tax_percent)
    own = {line.charge_key for line in source.lines}
    family = [
        line
        for line in account.standing_lines()
        if (line.charge_key in own or line.corrects in own)
        and (line.tax_code, line.tax_percent) == category
    ]
    net_left = sum((line.net for line in (*family, *group)), ZERO)
    tax_left = sum((line.tax for line in family), ZERO)
    return -tax_left if net_left == ZERO else max(tax, -tax_left)


def _parts(group: Sequence[Line], tax: Decimal, currency: str) -> Iterable[Decimal]:
    """The tax told to the lines in order; the last takes what rounding left."""
    base, told = ZERO, ZERO
    for line in group[:-1]:
        base += line.net
        part = rounded(base * line.tax_percent / PERCENT, currency) - told
        told += part
        yield part
    yield tax - told
