"""Mail by SMTP: what a refusal says of the next message."""

import smtplib

import pytest

from gateways import mail
from gateways.mail import Mail, MailError, MailServer, MailUnreachable

SERVER = MailServer(host="mail.example", sender="isp@x.example")
LETTER = Mail(to="ann@x.example", subject="due", text="please pay", key="k")


@pytest.mark.parametrize(
    ("fault", "unreachable"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), True),
        (smtplib.SMTPSenderRefused(550, b"not you", "isp@x.example"), True),
        (smtplib.SMTPServerDisconnected("gone"), True),
        (ConnectionRefusedError(111, "Connection refused"), True),
        (smtplib.SMTPRecipientsRefused({"ann@x.example": (550, b"unknown")}), False),
        (smtplib.SMTPDataError(554, b"spam"), False),
    ],
)
async def test_only_a_refusal_of_this_message_lets_the_next_one_be_tried(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, unreachable: bool
):
    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(mail, "_send", refuse)
    with pytest.raises(MailError) as raised:
        await mail.send(SERVER, LETTER)

    assert unreachable == isinstance(raised.value, MailUnreachable)
