"""The lab's router without sockets: the same menus and refusals, asked by function calls."""

from collections.abc import Mapping, Sequence

from devices.routeros import Change, Done, Outcome, RouterTrap, Row, Trapped, Verb
from lab.routeros import RouterOs
from lab.routeros.commands import Request, Result, carry_out, split_command
from lab.routeros.factory import ALL_POLICIES
from lab.routeros.traps import Trap

__all__ = ["RouterInMemory"]

RIGHTS = frozenset(ALL_POLICIES)


class RouterInMemory:
    """Is `devices.routeros.RouterCommands`."""

    user = "admin"
    session = 1

    def __init__(self, router: RouterOs) -> None:
        self.router = router

    async def print(
        self, path: str, *, proplist: Sequence[str] = (), where: Mapping[str, str] | None = None
    ) -> tuple[Row, ...]:
        words = {".proplist": ",".join(proplist)} if proplist else {}
        queries = [f"{name}={value}" for name, value in (where or {}).items()]
        if path.startswith("/system"):
            return ({"version": "7.16.2 (stable)", "cpu-load": "3"},)
        request = Request(path=path, verb="print", words=words, queries=queries)
        return tuple(dict(row) for row in self._do(request).rows or ())

    async def add(self, path: str, /, **words: str) -> str:
        return self._do(Request(path=path, verb="add", words=words)).ret or ""

    async def set(self, path: str, id: str, words: Mapping[str, str]) -> None:  # noqa: A002
        self._do(Request(path=path, verb="set", words={".id": id, **words}))

    async def remove(self, path: str, id: str) -> None:  # noqa: A002
        self._do(Request(path=path, verb="remove", words={".id": id}))

    async def call(self, command: str, words: Mapping[str, str] | None = None) -> tuple[Row, ...]:
        path, verb = split_command(command)
        return tuple(self._do(Request(path=path, verb=verb, words=words or {})).rows or ())

    async def apply(
        self,
        changes: Sequence[Change],
        *,
        session: int | None,  # noqa: ARG002 - it has only one
        window: int,  # noqa: ARG002 - the real one's
    ) -> tuple[Outcome, ...]:
        return tuple(self._outcome(change) for change in changes)

    async def close(self) -> None:
        pass

    def _outcome(self, change: Change) -> Outcome:
        named = "numbers" if change.verb is Verb.MOVE else ".id"
        words = dict(change.words) | ({} if change.id is None else {named: change.id})
        try:
            return Done(self._do(Request(path=change.path, verb=change.verb, words=words)).ret)
        except RouterTrap as trap:
            return Trapped(trap.message, trap.category)

    def _do(self, request: Request) -> Result:
        try:
            result = carry_out(self.router, request, RIGHTS)
        except Trap as trap:
            raise RouterTrap(trap.message, trap.category) from None
        if result.traps:
            raise RouterTrap(result.traps[0].message, result.traps[0].category)
        return result
