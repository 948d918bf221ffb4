"""REST of RouterOS 7 as `RouterCommands`, for routers whose API is closed.

One request at a time, so that changes keep their order: a change costs a round trip. Bulk goes
by the API.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from devices.routeros import certificates
from devices.routeros.changes import (
    Change,
    Done,
    Outcome,
    Row,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
)
from devices.routeros.errors import RouterLost, RouterRefused, RouterTrap
from devices.routeros.target import RouterTarget

__all__ = ["REST_PORT", "REST_TLS_PORT", "RestRouter"]

REST_PORT = 80
REST_TLS_PORT = 443
ANSWER_OCTETS_MAX = 64 << 20
"""A hundred thousand queues in full; more is no answer of a router."""
CERTIFICATE_SHOWN = "connection.start_tls.complete"


class RestRouter:
    """One router by REST. `target.port` is the service's: www, or www-ssl with `tls`."""

    def __init__(self, target: RouterTarget) -> None:
        self.target = target
        scheme = "https" if target.tls else "http"
        host = f"[{target.host}]" if ":" in target.host else target.host
        self._client = httpx.AsyncClient(
            base_url=f"{scheme}://{host}:{target.port}/rest",
            auth=(target.user, target.password.reveal()),
            timeout=target.timeout_seconds,
            verify=certificates.context_for(target) if target.tls else False,
            limits=httpx.Limits(max_connections=1),
            trust_env=False,
        )

    @property
    def user(self) -> str:
        """See RouterCommands."""
        return self.target.user

    @property
    def session(self) -> None:
        """See RouterCommands: requests come by any connection."""
        return

    async def print(
        self, path: str, *, proplist: Sequence[str] = (), where: Mapping[str, str] | None = None
    ) -> tuple[Row, ...]:
        """See RouterCommands."""
        body: dict[str, Any] = {}
        if proplist:
            body[".proplist"] = list(proplist)
        if where:
            body[".query"] = [f"{name}={value}" for name, value in where.items()]
        return rows_of(await self._ask("POST", f"{path}/print", body))

    async def add(self, path: str, /, **words: str) -> str:
        """See RouterCommands."""
        return row_of(await self._ask("PUT", path, words)).get(".id", "")

    async def set(self, path: str, id: str, words: Mapping[str, str]) -> None:  # noqa: A002
        """See RouterCommands."""
        await self._ask("PATCH", f"{path}/{id}", words)

    async def remove(self, path: str, id: str) -> None:  # noqa: A002
        """See RouterCommands."""
        try:
            await self._ask("DELETE", f"{path}/{id}")
        except RouterTrap as trap:
            if not trap.item_is_gone:
                raise

    async def call(self, command: str, words: Mapping[str, str] | None = None) -> tuple[Row, ...]:
        """See RouterCommands."""
        return rows_of(await self._ask("POST", command, words or {}))

    async def apply(
        self,
        changes: Sequence[Change],
        *,
        session: int | None,  # noqa: ARG002 - it has none
        window: int = 1,  # noqa: ARG002 - REST cannot pipeline
    ) -> tuple[Outcome, ...]:
        """See RouterCommands; the window is always one."""
        outcomes: list[Outcome] = []
        for change in changes:
            try:
                outcomes.append(Done(await self._carry_out(change)))
            except RouterTrap as trap:
                outcomes.append(Trapped(trap.message, trap.category))
            except RouterLost:
                outcomes.append(Unanswered())
                break
        return (*outcomes, *[Unsent()] * (len(changes) - len(outcomes)))

    async def close(self) -> None:
        """See RouterCommands."""
        await self._client.aclose()

    async def _carry_out(self, change: Change) -> str | None:
        match change.verb:
            case Verb.ADD:
                return await self.add(change.path, **change.words)
            case Verb.SET:
                await self.set(change.path, change.id or "", change.words)
            case Verb.REMOVE:
                await self.remove(change.path, change.id or "")
            case Verb.MOVE:
                words = {"numbers": change.id or "", **change.words}
                await self.call(f"{change.path}/{change.verb}", words)
        return None

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request's JSON. Raises RouterLost, RouterRefused, RouterTrap."""
        try:
            async with self._client.stream(
                method, path, json=body, extensions={"trace": self._traced}
            ) as answer:
                octets = bytearray()
                async for part in answer.aiter_bytes():
                    octets += part
                    if len(octets) > ANSWER_OCTETS_MAX:
                        message = f"{self.target.host}: an answer without end"
                        raise RouterLost(message)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{self.target.host}: {error or type(error).__name__}"
            raise RouterLost(message) from error
        return self._understood(answer.status_code, bytes(octets))

    async def _traced(self, event: str, information: Mapping[str, Any]) -> None:
        """Check the pin once the handshake is done, before the request and its password."""
        if event.endswith(CERTIFICATE_SHOWN):
            stream = information["return_value"]
            try:
                certificates.check_pin(self.target, stream.get_extra_info("ssl_object"))
            except RouterRefused:
                await stream.aclose()
                raise

    def _understood(self, status: int, octets: bytes) -> Any:
        try:
            answer = msgspec.json.decode(octets) if octets else None
        except msgspec.DecodeError as error:
            message = f"{self.target.host}: what it answers is not JSON (HTTP {status})"
            raise RouterLost(message) from error
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        said = answer if isinstance(answer, dict) else {}
        if status == HTTPStatus.UNAUTHORIZED:
            message = f"{self.target.host} refuses the login of {self.target.user}"
            raise RouterRefused(message)
        if status == HTTPStatus.NOT_FOUND:
            raise RouterTrap(said.get("detail", "no such item"), 0)
        raise RouterTrap(str(said.get("detail") or said.get("message") or f"HTTP {status}"))


def rows_of(answer: Any) -> tuple[Row, ...]:
    """A list of rows; a single one, and nothing, are lists too."""
    if answer is None:
        return ()
    return tuple(row_of(each) for each in (answer if isinstance(answer, list) else [answer]))


def row_of(answer: Any) -> Row:
    """One row, whose values are all strings."""
    if isinstance(answer, dict) and all(isinstance(value, str) for value in answer.values()):
        return answer
    message = "an answer that is not a row of strings"
    raise RouterLost(message)
