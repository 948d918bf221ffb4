"""`make prove`: the tests marked `prove` at the sizes that the issues name; writes docs/proofs.md.

A test tells what it measured with pytest's `record_property(what, value)`. Those also marked
`measured` have the machine to themselves; before them the others share its cores.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from chassis.clock import SystemClock
from tests.support.sizes import PROVE_VARIABLE

ROOT = Path(__file__).parent.parent
PROOFS = ROOT / "docs" / "proofs.md"
NOTHING_RAN = 5
"""Pytest's exit code where no test was selected."""
INTERRUPTED = 2
"""Its exit code where it was stopped before its end."""
XUNIT1 = ("-o", "junit_family=xunit1")
"""The only form of report that knows `record_property`."""
PASSES = (
    ("-m", "prove and not measured", "-n", "auto", "--dist", "loadgroup"),
    ("-m", "prove and measured"),
)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One test at its named size."""

    name: str
    outcome: str
    seconds: float
    measured: tuple[tuple[str, str], ...]


def main() -> int:
    """Run, write, exit as pytest did."""
    parser = argparse.ArgumentParser(prog="prove", description=__doc__)
    parser.add_argument(
        "--only",
        default="",
        help="a word of the tests' names (pytest -k); others stay as they are",
    )
    only = parser.parse_args().only
    proofs, exit_code = [], 0
    for words in PASSES:
        made, code = run([*words, *(["-k", only] if only else [])])
        proofs += made
        exit_code = exit_code or code
    if exit_code == INTERRUPTED:
        return exit_code  # a test that was cut short reports no failure
    rows = {each.name: row(each) for each in proofs}
    PROOFS.write_text(page((rows_written() | rows) if only else rows))
    print(f"wrote {PROOFS.relative_to(ROOT)}: {len(rows)} rows")
    return exit_code or (0 if proofs else NOTHING_RAN)


def run(words: Sequence[str]) -> tuple[list[Proof], int]:
    """One run of pytest at the named sizes, its proofs and its exit code (0 where none match)."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-v", f"--junitxml={report}", *XUNIT1, *words],
            cwd=ROOT,
            env=os.environ | {PROVE_VARIABLE: "1"},
            check=False,
        )
        return read(report), 0 if done.returncode == NOTHING_RAN else done.returncode


def read(report: Path) -> list[Proof]:
    """The proofs in a JUnit report."""
    proofs = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        failed = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped")
        outcome = "failed" if failed else "proven"
        if skipped is not None:
            outcome = f"not run: {skipped.get('message', '')}"
        measured = tuple(
            (each.get("name", ""), each.get("value", "")) for each in case.iter("property")
        )
        proofs.append(
            Proof(
                name=case.get("name", "").removeprefix("test_").replace("_", " "),
                outcome=outcome,
                seconds=float(case.get("time", "0")),
                measured=measured,
            )
        )
    return proofs


def page(rows: dict[str, str]) -> str:
    """The document: what was proven, how large, on what."""
    lines = [
        "# Proofs",
        "",
        "Written by `make prove`: the tests at the sizes that the issues name, each with the",
        "commit that it was last run on.",
        "",
        f"{os.cpu_count()} cores ({platform.machine()}), Linux {platform.release()}, "
        f"Python {platform.python_version()}; {SystemClock().now():%Y-%m-%d}.",
        "",
        "| what | outcome | commit | seconds | measured |",
        "|---|---|---|---:|---|",
        *rows.values(),
    ]
    return "\n".join(lines) + "\n"


def row(proof: Proof) -> str:
    """One proof's row, on the commit that is checked out."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    measured = "; ".join(f"{name}: {value}" for name, value in proof.measured)
    return f"| {proof.name} | {proof.outcome} | {commit} | {proof.seconds:.0f} | {measured} |"


def rows_written() -> dict[str, str]:
    """The rows of the document as it stands, by what they prove."""
    if not PROOFS.exists():
        return {}
    written = PROOFS.read_text().partition("|---|")[2].splitlines()[1:]
    return {line.split(" | ")[0].removeprefix("| "): line for line in written if line}


if __name__ == "__main__":
    sys.exit(main())
