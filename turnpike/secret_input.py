"""Secrets that come by option, file, pipe or prompt, and where they should rather not come from."""

import getpass
import secrets
import sys
from pathlib import Path
from typing import Final

from chassis.secrets import Secret
from isp.errors import ExitCode, Refused

__all__ = ["STDIN", "checked_nas_secret", "generated_secret", "read_secret"]

STDIN: Final = "-"
SECRET_OCTETS_MIN: Final = 6
"""Shorter ones fall to a dictionary within seconds of one captured packet."""

SECRET_OCTETS_ADVISED: Final = 16
"""RFC 2865 §3 wants at least 16 octets."""

GENERATED_OCTETS: Final = 24


def read_secret(what: str, given: str | None, file: Path | None) -> Secret[str] | None:
    """The secret given as an option or in a file; None where neither is given.

    `-` is asked for at a terminal, without echo, and elsewhere read from standard input.
    """
    if given is not None and file is not None:
        problem = f"the {what} is given twice"
        raise Refused(problem, remedy="give one of them", exit_code=ExitCode.USAGE)
    if file is not None:
        try:
            return _stripped(what, file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problem = f"{file} cannot be read: {why}"
            raise Refused(
                problem, remedy="name a readable file", exit_code=ExitCode.USAGE
            ) from None
    if given == STDIN:
        asked = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()
        return _stripped(what, asked)
    return None if given is None else _stripped(what, given)


def generated_secret() -> Secret[str]:
    """A new secret that is easy to paste anywhere."""
    return Secret(secrets.token_urlsafe(GENERATED_OCTETS))


def checked_nas_secret(secret: Secret[str]) -> tuple[Secret[str], str | None]:
    """A NAS secret with a warning where it is shorter than it should be. Raises Refused."""
    length = len(secret.reveal().encode())
    if length < SECRET_OCTETS_MIN:
        remedy = "leave --secret out and one is generated"
        raise Refused(f"a secret of {length} octets protects nothing", remedy=remedy)
    if length < SECRET_OCTETS_ADVISED:
        return secret, f"warning: a secret should have {SECRET_OCTETS_ADVISED} octets or more"
    return secret, None


def _stripped(what: str, text: str) -> Secret[str]:
    stripped = text.rstrip("\r\n")
    if not stripped:
        problem = f"the {what} is empty"
        raise Refused(problem, remedy="give it, or leave the option out", exit_code=ExitCode.USAGE)
    return Secret(stripped)
