"""Which worker a process is, and which descriptors its keeper left it."""

import os
from collections.abc import Mapping

import msgspec

__all__ = ["Placement"]

VARIABLE = "RADIUSD_WORKER"


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Worker `number` of `workers`. Descriptors: the link to the keeper, and bound UDP sockets."""

    number: int
    workers: int
    link: int
    auth: tuple[int, ...]
    acct: tuple[int, ...]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All of them."""
        return self.link, *self.auth, *self.acct

    def environment(self) -> dict[str, str]:
        """How the keeper tells the worker."""
        return {VARIABLE: msgspec.json.encode(self).decode()}

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Placement":
        """What the keeper told this process."""
        return msgspec.json.decode(environment[VARIABLE], type=cls)
