"""What a line must carry besides its columns, as JSON: the line it corrects, and its basis."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from billing.documents import Basis, Line
from billing.intervals import Interval

__all__ = ["from_trace", "to_trace"]


def to_trace(line: Line) -> dict[str, object]:
    """`{"corrects": key, "basis": {…}}`, each only where the line has it; numbers are text."""
    trace: dict[str, object] = {}
    if line.corrects:
        trace["corrects"] = line.corrects
    if basis := line.basis:
        trace["basis"] = {
            "plan": basis.plan,
            "price": str(basis.price),
            "percent": str(basis.percent),
            "cycle_from": str(basis.cycle.start),
            "cycle_to": str(basis.cycle.end),
            "days": basis.days,
            "of_days": basis.of_days,
        }
    return trace


def from_trace(trace: Mapping[str, object]) -> tuple[str | None, Basis | None]:
    """The `corrects` and `basis` of a line that `to_trace` wrote."""
    corrects = trace.get("corrects")
    basis = trace.get("basis")
    return str(corrects) if corrects else None, _basis(basis) if basis else None


def _basis(told: object) -> Basis:
    if not isinstance(told, Mapping):
        raise TypeError(told)
    return Basis(
        plan=str(told["plan"]),
        price=Decimal(str(told["price"])),
        percent=Decimal(str(told["percent"])),
        cycle=Interval(
            date.fromisoformat(str(told["cycle_from"])), date.fromisoformat(str(told["cycle_to"]))
        ),
        days=int(told["days"]),
        of_days=int(told["of_days"]),
    )
