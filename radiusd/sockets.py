"""The UDP sockets of radiusd: bound by the keeper, kept by systemd over a restart, held by workers.

Each worker has its own socket on every address and port (SO_REUSEPORT). Which one is given a
datagram is decided by its Identifier, so that one NAS is served by all workers and a retransmission
comes to the worker that remembers the first try (docs/decisions/0016). A socket outlives its
worker: what arrived for a dead one waits in it, what comes later goes to the others. A killed
keeper's are handed over by its orphaned workers (`radiusd/relief.py`).
"""

import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis import systemd
from chassis.datagrams import bind_datagram_socket
from chassis.log import get_logger
from chassis.steering import steer
from isp.errors import ExitCode, Refused
from radiusd.config import RadiusdConfig

__all__ = [
    "ACCT",
    "AUTH",
    "Sockets",
    "claim_ports",
    "open_sockets",
    "serve_by",
    "socket_name",
]

AUTH: Final = "auth"
ACCT: Final = "acct"

IDENTIFIER_AT: Final = 1
"""RFC 2865 section 3: Code, then Identifier, which a client varies from request to request."""

log = get_logger("sockets")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sockets:
    """One worker's, a socket for each address."""

    auth: tuple[socket.socket, ...]
    acct: tuple[socket.socket, ...]


def socket_name(role: str, address: int, worker: int) -> str:
    """How a socket is called while it is handed over; `role` is AUTH or ACCT."""
    return f"{role}.{address}.{worker}"


def claim_ports(config: RadiusdConfig) -> list[socket.socket]:
    """Claims to the ports, good until they are closed. Raises Refused where another keeper has one:
    with SO_REUSEPORT the kernel would let both have it, and give each some of the requests.

    A claim is a name that one process at a time can have in a network (unix(7), "abstract"); the
    workers of a killed keeper have none, so that they do not stand in its successor's way.
    """
    claims: list[socket.socket] = []
    for address in config.addresses:
        for port in filter(None, (config.auth_port, config.acct_port)):
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            claims.append(claim)
            try:
                claim.bind(f"\0turnpike-radiusd/{address}/{port}")
            except OSError:
                for each in claims:
                    each.close()
                raise Refused(
                    f"another radiusd answers on {address} port {port}",
                    remedy="give one of them other ports in [radiusd], or stop it",
                    exit_code=ExitCode.UNAVAILABLE,
                ) from None
    return claims


def open_sockets(config: RadiusdConfig, former: Mapping[str, socket.socket]) -> list[Sockets]:
    """The sockets of each worker: those that systemd or a former keeper's workers (`former`, by
    name) kept, else new ones. Raises Refused."""
    kept = {**former, **dict(systemd.listening_sockets())}
    auth = [_shared(AUTH, config, index, config.auth_port, kept) for index in _addresses(config)]
    acct = [_shared(ACCT, config, index, config.acct_port, kept) for index in _addresses(config)]
    for name, left_over in kept.items():
        left_over.close()
        systemd.forget_descriptor(name)
    return [
        Sockets(
            auth=tuple(sockets[worker] for sockets in auth),
            acct=tuple(sockets[worker] for sockets in acct),
        )
        for worker in range(config.worker_count)
    ]


def serve_by(sockets: Sequence[Sockets], workers: Collection[int]) -> None:
    """Have what arrives from now on go to these workers, by their numbers, or to all if to none."""
    members = sorted(workers) or list(range(len(sockets)))
    first = sockets[0]
    steered = {steer(each, IDENTIFIER_AT, members) for each in (*first.auth, *first.acct)}
    if not all(steered):
        log.warning("not_steered", remedy="a kernel of 4.6 or later; each NAS has one worker")


def _addresses(config: RadiusdConfig) -> range:
    return range(len(config.addresses))


def _shared(
    role: str, config: RadiusdConfig, index: int, port: int, kept: dict[str, socket.socket]
) -> list[socket.socket]:
    """The sockets of all workers on one address; port 0 finds a free one for all of them."""
    address = config.addresses[index]
    sockets: list[socket.socket] = []
    for worker in range(config.worker_count):
        name = socket_name(role, index, worker)
        bound = kept.pop(name, None)
        if bound is None or not _is_at(bound, address, port):
            bound = _bind(address, sockets[0].getsockname()[1] if sockets else port)
        systemd.keep_descriptor(bound, name)
        sockets.append(bound)
    return sockets


def _is_at(bound: socket.socket, address: str, port: int) -> bool:
    host, at_port = bound.getsockname()[:2]
    if host == address.partition("%")[0] and port in (0, at_port):
        return True
    bound.close()
    return False


def _bind(address: str, port: int) -> socket.socket:
    try:
        return bind_datagram_socket(address, port, share_port=True)
    except OSError as error:
        raise Refused(
            f"cannot listen on {address} port {port} ({error.strerror})",
            remedy="correct addresses and ports in [radiusd], or stop what has the port",
            exit_code=ExitCode.UNAVAILABLE,
        ) from None
