"""Exact money: decimals with the currency's own number of digits, rounded half up, once."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from isp.errors import Refused

__all__ = ["LARGEST", "ZERO", "digits", "money", "rounded"]

ZERO = Decimal(0)
DEFAULT_DIGITS = 2
# Beyond this no subscriber owes anything; within it decimal's 28 digits never round by themselves.
LARGEST = Decimal(10) ** 15
# ISO 4217 minor units that are not two. The table is ours because a currency's digits must not
# change under documents already issued when a library is upgraded.
NO_DIGITS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"}
    | {"VUV", "XAF", "XOF", "XPF"}
)
THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def digits(currency: str) -> int:
    """Digits after the point of a currency (ISO 4217 code): JPY 0, EUR 2, KWD 3."""
    if currency in NO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else DEFAULT_DIGITS


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, half up and symmetric in sign (EN 16931 BR-CO-17)."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def money(text: object, currency: str, what: str) -> Decimal:
    """An amount that a person or a file gave; more digits than the currency has are refused."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise Refused(f"{what} '{text}' is not an amount", remedy='write it as "12.50"')
    exact = rounded(amount, currency)
    if exact != amount:
        raise Refused(
            f"{what} '{text}' has more digits than {currency} has",
            remedy=f"round it to {digits(currency)} digits",
        )
    return exact
