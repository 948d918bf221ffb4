"""What every story needs: a directory that the database's own user can reach."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """Like tmp_path, but others may traverse it: as root the embedded Postgres is another user."""
    directory = Path(tempfile.mkdtemp(prefix="turnpike-story-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
