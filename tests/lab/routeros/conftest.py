"""A lab router, and foreign clients of npm."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lab.routeros import RouterOs

CLIENTS = ("node-routeros@1.6.9", "routeros-client@1.1.2", "mikronode@2.3.11")


@pytest.fixture
async def router() -> AsyncIterator[RouterOs]:
    async with RouterOs(password="lab", tls_port=0, rest_port=0) as device:
        yield device


@pytest.fixture(scope="session")
def npm_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the clients installed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *CLIENTS]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm installs no clients here: {installed.stderr[-200:]}")
    return folder
