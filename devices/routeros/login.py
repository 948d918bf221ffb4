"""Logging in to the API, by the way of 6.43 and later or by the older challenge."""

import hashlib

from devices.routeros.connection import Connection
from devices.routeros.errors import RouterLost, RouterRefused, RouterTrap
from devices.routeros.target import RouterTarget

__all__ = ["challenge_response", "log_in"]


async def log_in(connection: Connection, target: RouterTarget) -> None:
    """Log in. Raises RouterRefused for name or password, RouterLost when the router hangs up.

    An older router takes no notice of the password, answers with a challenge, and gets the
    response to it.
    """
    name = f"=name={target.user}"
    try:
        first = await connection.send("/login", (name, f"=password={target.password.reveal()}"))
        challenge = first.returned.get("ret")
        if challenge is not None:
            response = challenge_response(target.password.reveal(), challenge)
            await connection.send("/login", (name, f"=response={response}"))
    except RouterTrap as trap:
        message = f"{target.host} refuses the login of {target.user}: {trap.message}"
        raise RouterRefused(message) from trap
    except RouterLost as lost:
        # An address that /ip/service does not allow is hung up on without a word.
        message = f"{lost}, before the login was answered (is this address allowed to use the API?)"
        raise RouterLost(message) from lost


def challenge_response(password: str, challenge: str) -> str:
    """`00` and the MD5 of a zero octet, the password and the challenge, which is hexadecimal."""
    try:
        octets = bytes.fromhex(challenge)
    except ValueError as error:
        message = "the login challenge is not hexadecimal"
        raise RouterRefused(message) from error
    digest = hashlib.md5(b"\0" + password.encode() + octets, usedforsecurity=False)
    return "00" + digest.hexdigest()
