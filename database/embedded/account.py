"""Who the embedded server runs as: Postgres refuses root, so root lends it an ordinary account."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from isp.errors import ExitCode, Refused

__all__ = ["Account", "server_account"]

UNPRIVILEGED_NAMES: Final = ("postgres", "nobody")
"""Accounts that exist already, best first; none is ever made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The user and group of the server's processes; `changes` where they are not our own."""

    name: str
    uid: int
    gid: int
    changes: bool

    def process_options(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs to run something as this account."""
        if not self.changes:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path, *, execute: bool = False) -> bool:
        """Whether the account can enter the directory, or read (or `execute`) the file, `path`."""
        test = "-x" if execute or path.is_dir() else "-r"
        found = subprocess.run(["test", test, str(path)], check=False, **self.process_options())
        return found.returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` to the account."""
        if self.changes:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """Ourselves; or, where we are root, an unprivileged account of the machine."""
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()), uid=os.geteuid(), gid=os.getegid(), changes=False)
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, changes=True)
    problem = "root may not run Postgres, and this machine has no account `postgres` or `nobody`"
    raise Refused(
        problem,
        remedy="create one of them, run Turnpike as an ordinary user, or set `database.url`",
        exit_code=ExitCode.CONFIGURATION,
    )
