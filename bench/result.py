"""A figure beside its rival's, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Figure", "markdown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measurement; `goal` is the ratio that the project wants."""

    name: str
    unit: str
    ours: float
    rival: float
    rival_name: str
    goal: float
    p99_ms: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the rival's."""
        return self.ours / self.rival

    @property
    def p99(self) -> str:
        """The latency as it is shown; `-` where single answers mean nothing."""
        return "-" if self.p99_ms is None else f"{self.p99_ms:.1f} ms"


def markdown(figures: Sequence[Figure]) -> str:
    """The table as the README has it."""
    lines = [
        "| what | Turnpike | p99 | rival | its figure | ratio | goal |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    lines += (
        f"| {each.name} | {each.ours:,.0f}{each.unit} | {each.p99} | {each.rival_name} "
        f"| {each.rival:,.0f}{each.unit} | **{each.ratio:.1f} ×** | {each.goal:g} × |"
        for each in figures
    )
    return "\n".join(lines)
