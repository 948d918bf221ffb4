"""`turnpike trace`: what happens to sessions, while it happens."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from operations import trace as tracing
from operations.quantities import parse_duration
from operations.trace import Traced
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import json_value, note, text_of

__all__ = ["register"]

LOOK_SECONDS: Final = 1.0
LATE: Final = timedelta(seconds=10)
"""How late after its time a row may appear; longer than any transaction of ours."""

SEEN_MAX: Final = 20_000
"""What ten seconds can bring at most: every look is bounded."""

FOR_MAX: Final = timedelta(hours=24)


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike trace --login ann@example.net --for 10m")(trace)


def trace(
    login: Annotated[str | None, typer.Option(help="Of one login.")] = None,
    nas: Annotated[str | None, typer.Option(help="Of one NAS.")] = None,
    for_: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long; 24h at most.")
    ] = "10m",
) -> None:
    """Login attempts, accounting and enforcement as they are recorded, until Ctrl-C."""
    duration = min(parse_duration(for_), FOR_MAX)
    say = _say_json if options().json else _say

    async def task(desk: Desk) -> None:
        if nas is not None:
            async with desk.transaction() as transaction:
                await tracing.known_nas(transaction, nas)
        await _follow(desk, duration, say, login=login, nas=nas)

    note(f"what is recorded in the next {for_}; Ctrl-C ends it")
    work(task)


async def _follow(
    desk: Desk,
    duration: timedelta,
    say: Callable[[Traced], None],
    *,
    login: str | None,
    nas: str | None,
) -> None:
    began = desk.now()
    seen: deque[tuple[str, ...]] = deque(maxlen=SEEN_MAX)
    while True:
        now = desk.now()
        async with desk.transaction() as transaction:
            found = await tracing.look(transaction, max(began, now - LATE), login=login, nas=nas)
        known = set(seen)
        for each in found:
            if each.key not in known:
                seen.append(each.key)
                say(each)
        if _left(began + duration, now) <= 0:
            return
        await asyncio.sleep(min(LOOK_SECONDS, _left(began + duration, now)))


def _left(end: datetime, now: datetime) -> float:
    return (end - now).total_seconds()


def _say(each: Traced) -> None:
    details = "  ".join(f"{name}={text_of(value)}" for name, value in each.details.items())
    words = (f"{each.at:%H:%M:%S}", each.kind, each.nas, each.login, each.acct_session_id)
    print(*(text_of(word) for word in words), each.what, details, sep="  ", flush=True)


def _say_json(each: Traced) -> None:
    line = json_value(each)
    del line["key"]
    print(json.dumps(line), flush=True)
