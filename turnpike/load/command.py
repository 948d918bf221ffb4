"""`turnpike radius load`: a known load on a RADIUS server, and how it answered."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from chassis.clock import SystemClock
from isp.errors import ExitCode, Refused
from radius.packet import Code
from turnpike.global_options import options
from turnpike.importing import contents
from turnpike.load.generator import LoadResult, generate
from turnpike.load.packets import LoadKind, LoadUser, Slots, requests
from turnpike.output import show_one
from turnpike.secret_input import read_secret

__all__ = ["load"]

ADDRESS_BASE = 0x64400001  # 100.64.0.1 (RFC 6598), for accounting that names no other


def load(
    server: Annotated[str, typer.Argument(metavar="HOST:PORT")],
    kind: Annotated[LoadKind, typer.Option(help="What to send.")] = LoadKind.PAP,
    logins: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Lines: login,password.")
    ] = None,
    secret: Annotated[str | None, typer.Option(help="Of the NAS that this is; - reads it.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds the secret.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests in all.")] = 10_000,
    concurrency: Annotated[int, typer.Option(min=1, max=4096, help="In flight at a time.")] = 128,
) -> None:
    """Send so many requests, so many at a time, and show rates, latencies and answers.

    Interim and Stop continue the sessions of a Start with the same count and logins.
    """
    shared = read_secret("secret", secret, secret_file)
    if shared is None or logins is None:
        raise Refused(
            "a load needs a secret and logins",
            remedy="give --secret S and --logins FILE",
            exit_code=ExitCode.USAGE,
        )
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        raise Refused(
            f"{server} is not HOST:PORT",
            remedy="write it as 127.0.0.1:1812",
            exit_code=ExitCode.USAGE,
        )
    slots = Slots(concurrency=concurrency)
    key = shared.reveal().encode()
    made = list(requests(kind, read_users(logins), count=count, secret=key, slots=slots))
    columns = (TextColumn("answered"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, disable=options().json) as bar:
        task = bar.add_task("load", total=count)
        result = generate(
            made,
            host=host,
            port=int(port),
            secret=key,
            slots=slots,
            clock=SystemClock(),
            progress=lambda answered: bar.update(task, completed=answered),
        )
    show(result)


def read_users(file: Path) -> list[LoadUser]:
    users = []
    for index, line in enumerate(text_of_file(file).splitlines()):
        login, _, password = line.partition(",")
        octets = (ADDRESS_BASE + index).to_bytes(4, "big")
        users.append(
            LoadUser(login=login, password=password, ipv4=".".join(str(octet) for octet in octets))
        )
    if not users:
        raise Refused(f"{file} has no logins", remedy="write one login,password on each line")
    return users


def text_of_file(file: Path) -> str:
    try:
        return contents(file).decode()
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8 text", remedy="save it as UTF-8") from None


def show(result: LoadResult) -> None:
    answers = {Code(code).name.lower(): count for code, count in result.codes.items()}
    show_one(
        {
            "requests": result.requests,
            "seconds": round(result.seconds, 3),
            "answered per second": round(result.per_second),
            "answers": answers,
            "unanswered": result.unanswered,
            "sent again": result.retransmitted,
            "wrong authenticators": result.wrong_authenticators,
            "latency p50 ms": round(result.latency_p50_ms, 2),
            "latency p99 ms": round(result.latency_p99_ms, 2),
        }
    )
