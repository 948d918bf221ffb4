"""Device credentials: sealed and opened again, never shown."""

from chassis.sealing import KeyRing
from chassis.secrets import Secret
from devices.credentials import (
    Credentials,
    LoginAccess,
    SnmpAccess,
    open_credentials,
    seal_credentials,
)

BOTH = Credentials(
    snmp=SnmpAccess(
        version="3",
        user="poll",
        auth_protocol="sha256",
        auth_secret=Secret("authentic"),
        priv_protocol="aes",
        priv_secret=Secret("private-one"),
    ),
    login=LoginAccess(user="turnpike", password=Secret("pass-word"), tls=True),
)


def test_what_is_sealed_opens_to_the_same():
    keys = KeyRing.generate()

    for credentials in (BOTH, Credentials(), Credentials(login=BOTH.login)):
        assert credentials == open_credentials(seal_credentials(credentials, keys), keys)


def test_secrets_are_neither_in_what_is_sealed_nor_shown():
    shown = repr(BOTH) + seal_credentials(BOTH, KeyRing.generate()).decode("latin-1")

    assert [] == [word for word in ("authentic", "private-one", "pass-word") if word in shown]
