"""How a device lets us in, as options say it."""

from pathlib import Path

import pytest

from isp.errors import Refused
from lab.certificate import self_signed
from turnpike.device_access import TlsOptions


def test_of_a_file_of_authorities_their_certificates_are_kept(tmp_path: Path):
    file, pem = tmp_path / "authorities.pem", self_signed("core").pem.decode()
    file.write_text(f"# Főtanúsítvány\n{pem}# another\n{pem}", "utf-8")
    access = TlsOptions(ca_file=file).access()

    assert access is not None
    assert "\n".join([pem.strip(), pem.strip()]) == access.authorities


@pytest.mark.parametrize("text", ["", "Főtanúsítvány", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, text: str):
    file = tmp_path / "authorities.pem"
    file.write_text(text, "utf-8")

    with pytest.raises(Refused, match="has no certificates"):
        TlsOptions(ca_file=file).access()
