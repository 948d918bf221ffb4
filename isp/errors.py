"""The refusals that a person is meant to read: what is wrong and what to do."""

from enum import IntEnum

__all__ = ["ExitCode", "Refused"]


class ExitCode(IntEnum):
    """Exit codes of every Turnpike program (sysexits.h)."""

    OK = 0
    FAILED = 1
    USAGE = 64
    BAD_DATA = 65
    UNAVAILABLE = 69
    TRY_AGAIN = 75
    CONFIGURATION = 78


class Refused(Exception):  # noqa: N818 - the word that operators read
    """Something a person asked for cannot be done; `remedy` says what to do instead."""

    def __init__(self, problem: str, *, remedy: str, exit_code: ExitCode = ExitCode.BAD_DATA):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"
