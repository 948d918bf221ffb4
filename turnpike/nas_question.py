"""Whether a NAS answers on its dynamic authorization port: it is asked to end no session of its."""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from chassis.clock import Clock
from chassis.secrets import Secret
from coa.client import Answer, Client, Destination
from coa.outcome import ErrorCause
from isp.errors import Refused
from isp.nas import Nas, Vendor
from policy.session import Session
from policy.vendors import profile
from radius.packet import Code
from radius.retransmission import Schedule
from radius.text import code_name

__all__ = ["CoaAnswer", "ask"]

PATIENCE: Final = Schedule(
    initial_seconds=1.0, wait_seconds_maximum=2.0, sendings_maximum=3, duration_seconds_maximum=5.0
)
"""A person waits; a NAS that is there answers the first try."""

NOBODY: Final = "turnpike-test-"
"""What the session that is asked for is called, before a word that nobody has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoaAnswer:
    """What came of it. `host` None: the NAS is several addresses, none was asked."""

    host: str | None
    port: int
    code: str | None = None
    error_cause: int | None = None
    milliseconds: float | None = None
    secret_before: bool = False
    """Whether it has the secret before the last still."""

    @property
    def silent(self) -> bool:
        """Whether it was asked and did not answer."""
        return self.host is not None and self.code is None

    def __str__(self) -> str:
        if self.host is None:
            return f"port {self.port}, not asked: its address is a prefix"
        if self.code is None:
            return f"port {self.port}, no answer"
        known = self.error_cause == ErrorCause.SESSION_CONTEXT_NOT_FOUND
        cause = "" if self.error_cause is None else f", Error-Cause {self.error_cause}"
        right = ", as it should: it has no such session" if known else ""
        old = "; it has the secret before still" if self.secret_before else ""
        return f"port {self.port}, {self.code} in {self.milliseconds} ms{cause}{right}{old}"

    def as_json(self) -> Mapping[str, Any]:
        """For machines."""
        return {
            "host": self.host,
            "port": self.port,
            "code": self.code,
            "error_cause": self.error_cause,
            "milliseconds": self.milliseconds,
            "secret_before": self.secret_before,
        }


async def ask(
    nas: Nas, known: Sequence[Secret[str]], clock: Clock, source: str | None
) -> CoaAnswer:
    """Ask for the end of a session that cannot be; whatever is answered, somebody is there.

    Silence to one secret may mean that the NAS has the next. Raises Refused.
    """
    network = ip_network(nas.address)
    if network.num_addresses > 1:
        return CoaAnswer(host=None, port=nas.coa_port)
    keys = tuple(Secret(each.reveal().encode()) for each in known)
    destination = Destination(
        name=nas.name, host=str(network.network_address), port=nas.coa_port, secrets=keys
    )
    client = Client(clock=clock, random=random.random, source=source, schedule=PATIENCE)
    try:
        for key in keys:
            answer = await _answer(client, destination, key, nas.vendor)
            if answer.code is not None:
                return CoaAnswer(
                    host=destination.host,
                    port=nas.coa_port,
                    code=code_name(answer.code),
                    error_cause=answer.error_cause,
                    milliseconds=round(answer.seconds * 1000, 1),
                    secret_before=key is not keys[0],
                )
    except OSError as error:
        remedy = "set coa.source_address to an address of this machine, or leave it empty"
        problem = f"nothing can be sent from {source or 'here'}: {error.strerror or error}"
        raise Refused(problem, remedy=remedy) from None
    finally:
        await client.close()
    return CoaAnswer(host=destination.host, port=nas.coa_port)


async def _answer(
    client: Client, destination: Destination, key: Secret[bytes], vendor: Vendor
) -> Answer:
    word = NOBODY + secrets.token_hex(8)
    target = profile(vendor).session_target(Session(acct_session_id=word, login=word))
    return await client.request(destination, key, Code.DISCONNECT_REQUEST, target)
