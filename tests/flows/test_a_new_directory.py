"""A command on a directory that holds nothing yet: it is said, not passed over in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.xdist_group("demo")]


def test_a_database_that_is_made_for_a_command_is_told_once(place: Path) -> None:
    command = [sys.executable, "-m", "turnpike", "--data", str(place / "data"), "nas", "list"]
    first, second = (
        subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
        for _ in range(2)
    )

    assert ("[]", "[]") == (first.stdout.strip(), second.stdout.strip())
    assert f"{place}/data held no database; an empty one is made there" in first.stderr
    assert "" == second.stderr
