"""The passwords of the Postgres roles: lines `role:password` that only the file's owner reads."""

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chassis.private_files import read_private, replace_private
from chassis.secrets import Secret
from isp.errors import ExitCode, Refused

__all__ = ["PASSWORD_FILE", "PasswordFile"]

PASSWORD_FILE: Final = "passwords"
PASSWORD_OCTETS: Final = 24


class PasswordFile:
    """One generated password per role; made once, then only added to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def password(self, role_name: str) -> Secret[str]:
        """The password of `role_name`; refused (78) where the file has none."""
        password = self._read().get(role_name)
        if password is None:
            problem = f"{self.path} has no password for the database role {role_name}"
            raise Refused(
                problem,
                remedy="copy the file from the machine that ran `turnpike db migrate`, "
                "or run that command here",
                exit_code=ExitCode.CONFIGURATION,
            )
        return Secret(password)

    def has(self, role_name: str) -> bool:
        """Whether the file has a password for `role_name`."""
        return role_name in self._read()

    def add(self, role_names: Iterable[str]) -> None:
        """Generate what is missing; the file is replaced whole, so a crash leaves the old one."""
        passwords = self._read()
        missing = [name for name in role_names if name not in passwords]
        if not missing:
            return
        passwords |= {name: secrets.token_urlsafe(PASSWORD_OCTETS) for name in missing}
        text = "".join(f"{name}:{password}\n" for name, password in passwords.items())
        replace_private(self.path, text)

    def _read(self) -> dict[str, str]:
        try:
            lines = read_private(self.path).split()
        except FileNotFoundError:
            return {}
        return dict(line.split(":", 1) for line in lines if ":" in line)
