"""What each kind of sealed secret is bound to: who seals and who opens say the same word."""

from enum import StrEnum

__all__ = ["Sealed"]


class Sealed(StrEnum):
    """The contexts of `chassis.sealing`."""

    NAS_SECRET = "nas-secret"
    SERVICE_PASSWORD = "service-password"
    DEVICE_CREDENTIALS = "device-credentials"
