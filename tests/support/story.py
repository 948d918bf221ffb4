"""A subscriber's month, whatever plays the NAS: the steps of the story and what must be true."""

import csv
from calendar import monthrange
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

from tests.support.suite import Suite

__all__ = [
    "DUE_DAYS",
    "LOGIN",
    "PASSWORD",
    "SECRET",
    "SUBSCRIBERS",
    "first_bill",
    "open_shop",
    "write_subscribers",
]

SECRET: Final = "a-secret-of-the-story-1"
SUBSCRIBERS: Final = 200
LOGIN: Final = "user007@example.net"
PASSWORD: Final = "password-7"
PRICE: Final = Decimal("25.00")
TAX: Final = Decimal("0.20")
DUE_DAYS: Final = 14
CENT: Final = Decimal("0.01")


def write_subscribers(file: Path, today: date, count: int = SUBSCRIBERS) -> Path:
    """A CSV file as an operator has it."""
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["login", "password", "plan", "subscriber", "name", "start", "email"])
        for index in range(count):
            login = f"user{index:03d}@example.net"
            writer.writerow(
                [login, f"password-{index}", "gold", f"S{index:05d}", f"Name {index}", today, login]
            )
    return file


async def open_shop(
    suite: Suite, directory: Path, today: date, *, vendor: str, coa_port: int
) -> None:
    """A plan, a NAS, 200 subscribers."""
    await suite.turnpike(
        "plan", "add", "gold", "--price", "25.00", "--down", "100M", "--up", "20M", "--tax", "20"
    )
    await suite.turnpike(
        "nas",
        "add",
        "bras1",
        "127.0.0.1",
        "--secret",
        SECRET,
        "--vendor",
        vendor,
        "--coa-port",
        str(coa_port),
    )
    file = write_subscribers(directory / "subscribers.csv", today)
    await suite.turnpike("subscriber", "import", str(file))


def first_bill(today: date) -> tuple[Decimal, Decimal, Decimal]:
    """(net, tax, total) of the days from today to the first of the next month, by hand."""
    days = monthrange(today.year, today.month)[1]
    left = days - today.day + 1
    net = (PRICE * left / days).quantize(CENT, ROUND_HALF_UP)
    tax = (net * TAX).quantize(CENT, ROUND_HALF_UP)
    return net, tax, net + tax


def block_day(today: date) -> date:
    """The neutral policy blocks on the day after due."""
    return today + timedelta(days=DUE_DAYS + 1)
