"""The REST face of RouterOS 7: the same commands over HTTP, all values strings, basic auth."""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from lab.routeros.commands import Request, Result
from lab.routeros.faults import Fate
from lab.routeros.traps import Trap

if TYPE_CHECKING:
    from lab.routeros.device import RouterOs

__all__ = ["RestSession"]

READ_OCTETS = 64 << 10
REST_FROM = (7, 1)
ROOT = "/rest/"
VERBS = {"PUT": "add", "PATCH": "set", "DELETE": "remove"}
Words = Mapping[str, object]


class HangUpError(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: HTTPStatus
    body: object = None


class RestSession:
    """One HTTP connection, one request after the other."""

    def __init__(
        self, device: "RouterOs", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.device = device
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        """Serve until either side hangs up."""
        try:
            while True:
                asked = await self._next_event()
                if not isinstance(asked, h11.Request):
                    break
                await self._send(await self._obey(asked, await self._body()))
                if self._http.our_state is not h11.DONE:
                    break
                self._http.start_next_cycle()
        except (h11.RemoteProtocolError, ConnectionError, HangUpError):
            self._writer.transport.abort()
        finally:
            self._writer.close()

    async def _next_event(self) -> h11.Event | None:
        """What comes next; None where the peer may not go on."""
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                return None
            self._http.receive_data(await self._reader.read(READ_OCTETS))

    async def _body(self) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
        return bytes(body)

    async def _send(self, reply: Reply) -> None:
        octets = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(octets)))]
        head = h11.Response(status_code=reply.status, headers=headers, reason=reply.status.phrase)
        for event in (head, h11.Data(data=octets), h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()

    async def _obey(self, asked: h11.Request, body: bytes) -> Reply:
        await asyncio.sleep(self.device.faults.latency_seconds)
        self.device.commands["rest"] += 1
        user = self._user(dict(asked.headers).get(b"authorization", b""))
        if user is None:
            return failure(HTTPStatus.UNAUTHORIZED)
        url = urlsplit(asked.target.decode())
        if not url.path.startswith(ROOT) or self.device.version < REST_FROM:
            return failure(HTTPStatus.NOT_FOUND)
        try:
            words = json.loads(body or b"{}")
            places = [unquote(each) for each in url.path.removeprefix(ROOT).split("/")]
            return await self._dispatch(asked.method.decode(), places, url.query, words, user)
        except (ValueError, AttributeError):
            return failure(HTTPStatus.BAD_REQUEST, "invalid JSON")
        except Trap as trap:
            if trap.message == "no such item":
                return failure(HTTPStatus.NOT_FOUND)
            return failure(HTTPStatus.BAD_REQUEST, trap.message)

    def _user(self, authorization: bytes) -> str | None:
        """Who asks, if the password and the group's rights are right."""
        try:
            name, _, password = (
                base64.b64decode(authorization.removeprefix(b"Basic ")).decode().partition(":")
            )
        except (binascii.Error, UnicodeDecodeError):
            return None
        right = self.device.password_of(name) == password
        return name if right and "rest-api" in self.device.policies(name) else None

    async def _dispatch(
        self, method: str, places: Sequence[str], query: str, words: Words, user: str
    ) -> Reply:
        path, name = self._menu(places, method)
        if method == "POST":
            return await self._command(path, name or "", words, user)
        if method == "GET":
            asked = dict(parse_qsl(query, keep_blank_values=True))
            wanted = {} if name is None else {".id": name}
            if ".proplist" in asked:
                wanted[".proplist"] = with_id(asked.pop(".proplist"))
            queries = [f"{key}={value}" for key, value in asked.items()]
            rows = (await self._ask(path, "print", wanted, user, queries)).rows or ()
            alone = name is not None or path not in self.device.tables
            return Reply(HTTPStatus.OK, rows[0] if alone else rows)
        if method not in VERBS or (name is None) != (method == "PUT"):
            return failure(HTTPStatus.BAD_REQUEST, "missing or invalid resource identifier")
        strings = {key: str(value) for key, value in words.items()}
        if name is not None:
            strings[".id"] = name
        written = await self._ask(path, VERBS[method], strings, user)
        if method == "DELETE":
            return Reply(HTTPStatus.NO_CONTENT)
        now = await self._ask(path, "print", {".id": written.ret or strings[".id"]}, user)
        return Reply(HTTPStatus.CREATED if method == "PUT" else HTTPStatus.OK, (now.rows or ())[0])

    def _menu(self, places: Sequence[str], method: str) -> tuple[str, str | None]:
        """The menu that a path means, and what follows it: a row, or with POST a verb."""
        path = "/" + "/".join(places)
        known = path in self.device.tables or self.device.singleton(path) is not None
        if known and method != "POST":
            return path, None
        menu, _, name = path.rpartition("/")
        if method != "POST" and menu not in self.device.tables:
            raise Trap(f"no such command or directory ({places[0]})", 0)
        return menu, name

    async def _command(self, path: str, verb: str, words: Words, user: str) -> Reply:
        if (path, verb) == ("/system", "reboot"):
            self.device.must(user, "reboot")
            self.device.reboot()
            raise HangUpError
        queries = [str(each) for each in listed(words.get(".query", ()))]
        strings = {
            key: ",".join(map(str, listed(value)))
            for key, value in words.items()
            if key != ".query"
        }
        if ".proplist" in strings:
            strings[".proplist"] = with_id(strings[".proplist"])
        result = await self._ask(path, verb, strings, user, queries)
        if result.ret is not None:
            return Reply(HTTPStatus.OK, {"ret": result.ret})
        return Reply(HTTPStatus.OK, result.rows or [])

    async def _ask(
        self,
        path: str,
        verb: str,
        words: Mapping[str, str],
        user: str,
        queries: Sequence[str] = (),
    ) -> Result:
        request = Request(path=path, verb=verb, words=words, queries=queries)
        result, fate = await self.device.obey(request, user)
        if fate is not Fate.OBEY:
            raise HangUpError
        if result.traps:
            raise result.traps[0]
        return result


def listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def with_id(proplist: str) -> str:
    """REST shows the id, whatever is asked for."""
    return proplist if ".id" in proplist.split(",") else f".id,{proplist}"


def failure(status: HTTPStatus, detail: str | None = None) -> Reply:
    body = {"error": status.value, "message": status.phrase}
    return Reply(status, body if detail is None else {"detail": detail, **body})
