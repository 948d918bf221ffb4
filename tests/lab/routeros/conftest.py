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
    options = ["--no-audit", "--no-fund", "--fetch-retries", "1"]
    command = ["npm", "install", "--prefix", str(folder), *options, *CLIENTS]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer in five minutes")
    except subprocess.CalledProcessError as failed:
        pytest.skip(f"npm installs no clients here: {failed.stderr[-200:]}")
    return folder
