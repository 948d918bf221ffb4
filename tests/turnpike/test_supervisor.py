"""What `turnpike up` says before `ready`."""

from pathlib import Path

from turnpike.rooms import suite_settings_model
from turnpike.supervisor import where_everything_listens


def test_every_door_is_told_with_its_port(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("TURNPIKE_DATABASE__URL", raising=False)
    settings = suite_settings_model()(
        chassis={"health_port_base": 9640},
        database={"data": tmp_path},
        radiusd={"addresses": ["192.0.2.1", "2001:db8::1"], "auth_port": 1812, "acct_port": 1813},
        webui={"address": "::1", "port": 8080},
    )

    assert [
        "RADIUS on 192.0.2.1, 2001:db8::1: authentication 1812, accounting 1813",
        "web pages on http://[::1]:8080/",
        "health and metrics over HTTP on 127.0.0.1: radiusd 9640, coa 9641, collectors 9642, "
        "shaper 9643, billingd 9644, webui 9645",
        f"database: the embedded server, data in {tmp_path}",
    ] == where_everything_listens(settings)
