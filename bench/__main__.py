"""`make bench`: every benchmark, as a table of ratios; `--write` puts it into the README."""

import argparse
import json
import os
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import linux_shaper, radius, shaper, snmp
from bench.result import Figure, markdown
from chassis.clock import SystemClock

BENCHES = (radius, shaper, linux_shaper, snmp)
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def main() -> None:
    """Run, print, perhaps write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    console = Console(stderr=True)

    def say(sentence: str) -> None:
        console.print(f"· {sentence}", highlight=False)

    figures = [figure for bench in BENCHES for figure in bench.measure(say)]
    if options.json:
        print(json.dumps([asdict(each) | {"ratio": each.ratio} for each in figures], indent=2))
    else:
        Console().print(table(figures))
        print(conditions())
    if options.write:
        write(figures)


def table(figures: list[Figure]) -> Table:
    shown = Table(title="Turnpike beside its rivals, same run, same machine", title_justify="left")
    for column in ("what", "Turnpike", "p99", "rival", "its figure", "ratio", "goal"):
        shown.add_column(column, justify="left" if column in ("what", "rival") else "right")
    for each in figures:
        reached = "green" if each.ratio >= each.goal else "yellow"
        shown.add_row(
            each.name,
            f"{each.ours:,.0f}{each.unit}",
            each.p99,
            each.rival_name,
            f"{each.rival:,.0f}{each.unit}",
            f"[{reached}]{each.ratio:.1f} ×[/]",
            f"{each.goal:g} ×",
        )
    return shown


def conditions() -> str:
    """Machine, versions, concurrency, commit: what a figure is worth nothing without."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Linux {platform.release()}, "
        f"Python {platform.python_version()}, {radius.CONCURRENCY} requests in flight on both "
        f"sides, the generator on the same cores, PostgreSQL with fsync on; "
        f"{SystemClock().now():%Y-%m-%d}, commit {commit or 'unknown'}."
    )


def write(figures: list[Figure]) -> None:
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = f"{BEGIN}\n{markdown(figures)}\n\n{conditions()}\n{END}"
    README.write_text(before + body + after)


if __name__ == "__main__":
    main()
