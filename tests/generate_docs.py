"""`make docs`: the documents that are written from the code itself."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from chassis.config import DAEMONS, ChassisConfig, DatabaseConfig, Table
from chassis.metrics import declared
from tests.support import log_events
from tests.support.configuration_example import example

__all__ = ["DOCUMENTS", "HOUSE", "tables"]

HOUSE: Final = Path(__file__).resolve().parent.parent


def tables() -> dict[str, type[Table]]:
    """Every table of the suite: `CoaConfig` in `coa/config.py`, and so on."""
    rooms: dict[str, type[Table]] = {"chassis": ChassisConfig, "database": DatabaseConfig}
    for daemon in DAEMONS:
        if (HOUSE / daemon / "config.py").exists():
            module = import_module(f"{daemon}.config")
            rooms[daemon] = getattr(module, f"{daemon.capitalize()}Config")
    return rooms


def configuration_example() -> str:
    """`conf/turnpike.toml`."""
    return example(tables())


def metrics() -> str:
    """`docs/metrics.md`: what every room declares."""
    import_module("chassis.lifecycle")
    for path in sorted((*HOUSE.glob("*/metrics.py"), *HOUSE.glob("*/*/metrics.py"))):
        import_module(".".join(path.relative_to(HOUSE).with_suffix("").parts))
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(metric.labels)} | {metric.help_text} |"
        for metric in declared()
        if not metric.name.startswith("turnpike_test_")
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "Served by every daemon at `/metrics` on its health port. Written by `make docs`.",
            "",
            "| name | kind | labels | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def messages() -> str:
    """`docs/messages.md`: what every room logs."""
    return log_events.document(HOUSE)


DOCUMENTS: Final[Mapping[str, Callable[[], str]]] = {
    "conf/turnpike.toml": configuration_example,
    "docs/messages.md": messages,
    "docs/metrics.md": metrics,
}


def main() -> None:
    """Write what has changed, and say so."""
    for name, write in DOCUMENTS.items():
        path, text = HOUSE / name, write()
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"written: {name}")


if __name__ == "__main__":
    main()
