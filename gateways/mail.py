"""Mail by SMTP: one message, sent or refused; the caller retries."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

from chassis.secrets import Secret

__all__ = ["Mail", "MailError", "MailServer", "MailUnreachable", "send"]

SEND_SECONDS_MAX: Final = 20.0
OF_THIS_MESSAGE: Final = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
)
"""Refusals that another message might not meet. A wrong sign-in is wrong for all of them, and is
not to be repeated for each."""


class MailError(Exception):
    """The mail server could not be reached, or would not take the message."""


class MailUnreachable(MailError):  # noqa: N818 - it names what happened
    """The mail server could not be asked at all: another message would fare no better now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailServer:
    """Where mail goes out. `starttls` whenever it leaves the machine."""

    host: str
    port: int = 25
    sender: str
    user: str | None = None
    password: Secret[str] | None = None
    starttls: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A plain-text message; `key` makes a repeat recognisable to the recipient's server."""

    to: str
    subject: str
    text: str
    key: str


async def send(server: MailServer, mail: Mail) -> None:
    """Hand the message to the server; on return it has taken it. Raises MailError."""
    try:
        letter = _written(server, mail)
    except ValueError as fault:
        raise MailError(f"the letter cannot be written: {fault}") from fault
    try:
        async with asyncio.timeout(SEND_SECONDS_MAX * 2):
            await asyncio.to_thread(_send, server, letter)
    except OSError as fault:
        reason = str(fault) or "no answer in time"
        problem = MailError if isinstance(fault, OF_THIS_MESSAGE) else MailUnreachable
        raise problem(f"{server.host}:{server.port}: {reason}") from fault


def _written(server: MailServer, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Message-ID"] = make_msgid(idstring=mail.key, domain=server.sender.rpartition("@")[2])
    message.set_content(mail.text)
    return message


def _send(server: MailServer, message: EmailMessage) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=SEND_SECONDS_MAX) as connection:
        if server.starttls:
            connection.starttls(context=ssl.create_default_context())
        if server.user and server.password:
            connection.login(server.user, server.password.reveal())
        connection.send_message(message)
