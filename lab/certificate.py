"""A certificate that a device signs for itself."""

import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Certificate", "self_signed"]

VALID_FROM = datetime.datetime(1970, 1, 2, tzinfo=datetime.UTC)
"""What routers without a battery believe it is when they make one."""
VALID_DAYS = 365 * 100


class Certificate:
    """A certificate with its key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate, self.key = certificate, key
        self.fingerprint_sha256 = certificate.fingerprint(hashes.SHA256()).hex()
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.key_pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The ssl module reads certificates from files only.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "device.pem"
            file.write_bytes(self.pem + self.key_pem)
            self.context.load_cert_chain(file)


def self_signed(
    name: str, *, address: str | None = None, signed_by: Certificate | None = None
) -> Certificate:
    """A new key and its certificate, for an address too; or one that somebody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signed_by.certificate.subject if signed_by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_FROM + datetime.timedelta(days=VALID_DAYS))
    )
    if address is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    signer = signed_by.key if signed_by else key
    return Certificate(builder.sign(signer, hashes.SHA256()), key)
