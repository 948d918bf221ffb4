"""Configuration: every fault at once with its place, the environment over the file, no secrets."""

import tomllib
from pathlib import Path
from typing import Annotated

import pytest

from chassis.config import NEEDS_RESTART, Settings, Table, changed_keys, suite_settings
from chassis.config_file import BadConfiguration, load, render
from isp.errors import ExitCode


class RadiusdConfig(Table):
    """A room's table, as a room would write it."""

    auth_port: Annotated[int, NEEDS_RESTART] = 1812
    """The UDP port of Access-Requests."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    """Addresses."""

    workers: int = 1
    """How many."""


class RadiusdSettings(Settings):
    """What that daemon reads."""

    radiusd: RadiusdConfig = RadiusdConfig()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """The machine's own configuration plays no part."""
    monkeypatch.setattr("chassis.config_file.SYSTEM_CONFIG", tmp_path / "absent.toml")
    monkeypatch.setenv("TURNPIKE_DATA", str(tmp_path))


def write(tmp_path: Path, text: str) -> Path:
    """A configuration file of `text`."""
    path = tmp_path / "turnpike.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold(tmp_path):
    settings = load(RadiusdSettings).settings

    assert (1812, tmp_path, None) == (
        settings.radiusd.auth_port,
        settings.database.data,
        settings.database.url,
    )


def test_the_environment_overrides_the_file_key_by_key(tmp_path, monkeypatch):
    path = write(tmp_path, "[radiusd]\nauth_port = 11\nworkers = 2\n")
    monkeypatch.setenv("TURNPIKE_RADIUSD__AUTH_PORT", "12")
    monkeypatch.setenv("TURNPIKE_RADIUSD__LISTEN", "192.0.2.1, 2001:db8::1")
    radiusd = load(RadiusdSettings, path).settings.radiusd

    assert (12, 2, ("192.0.2.1", "2001:db8::1")) == (
        radiusd.auth_port,
        radiusd.workers,
        radiusd.listen,
    )


def test_an_empty_key_without_a_default_is_as_if_it_were_not_there(tmp_path):
    path = write(tmp_path, '[database]\nurl = ""\ndata = ""\nkey_file = ""\n')

    assert load(RadiusdSettings).settings == load(RadiusdSettings, path).settings


def test_other_rooms_tables_are_ignored(tmp_path, monkeypatch):
    path = write(tmp_path, "[webui]\nanything = 1\n")
    monkeypatch.setenv("TURNPIKE_COA__ANYTHING", "1")

    assert 1812 == load(RadiusdSettings, path).settings.radiusd.auth_port


def test_every_fault_is_named_with_its_place_at_once(tmp_path, monkeypatch):
    path = write(
        tmp_path,
        "[chassis]\n"
        'log_format = "jsn"\n'
        "[radisud]\n"
        "auth_port = 1\n"
        "[radiusd]\n"
        'auth_prot = "x"\n'
        'workers = "many"\n',
    )
    monkeypatch.setenv("TURNPIKE_DATABASE__POOL_MAX", "lots")
    monkeypatch.setenv("TURNPIKE_DATABSE__URL", "postgresql://h/d")

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings, path)

    assert ExitCode.CONFIGURATION == raised.value.exit_code
    assert {
        (f"{path}:2", "chassis.log_format"),
        (f"{path}:3", "[radisud]"),
        (f"{path}:6", "radiusd.auth_prot"),
        (f"{path}:7", "radiusd.workers"),
        ("TURNPIKE_DATABASE__POOL_MAX", "database.pool_max"),
        ("TURNPIKE_DATABSE__URL", "[databse]"),
    } == {(fault.where, fault.key) for fault in raised.value.faults}
    text = str(raised.value)
    assert "did you mean radiusd?" in text
    assert "did you mean auth_port?" in text
    assert "did you mean database?" in text


def test_what_only_makes_sense_together_is_checked_together(tmp_path):
    path = write(tmp_path, '[database]\nurl = "mysql://u:canary@h/d"\npool_min = 9\n')

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings, path)

    assert [
        f"{path}:1: database.pool_max: 8 is less than pool_min, 9",
        f"{path}:2: database.url: it must begin with postgresql://",
    ] == [str(fault) for fault in raised.value.faults]


def test_a_file_that_is_not_toml_names_its_line(tmp_path):
    path = write(tmp_path, "[radiusd]\nauth_port = \n")

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings, path)

    assert f"{path}:2" == raised.value.faults[0].where


def test_an_absent_file_is_a_fault(tmp_path):
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load(RadiusdSettings, tmp_path / "nothing.toml")


@pytest.mark.parametrize("text", ["\nradiusd = 1\n", "\n[[radiusd]]\n", "\nwebui = 1\n"])
def test_a_table_given_as_something_else_is_one_fault_with_its_line(tmp_path, text):
    path = write(tmp_path, text)

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings, path)

    (fault,) = raised.value.faults
    assert (f"{path}:2", True) == (fault.where, "a table is expected" in fault.problem)


def test_faults_are_told_from_the_top_of_the_file_in_sentences(tmp_path, monkeypatch):
    path = write(
        tmp_path,
        '[database]\ndata = 7\n[radiusd]\nauth_port = []\nworkers = "many"\n[nonsense]\n',
    )
    monkeypatch.setenv("TURNPIKE_DATABASE__POOL_MAX", "0")

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings, path)

    assert [
        f"{path}:2: database.data: it should be a path, in quotes",
        f"{path}:4: radiusd.auth_port: it should be a valid integer",
        f"{path}:5: radiusd.workers: it should be a valid integer",
    ] == [str(fault) for fault in raised.value.faults[:3]]
    assert [f"{path}:6", "TURNPIKE_DATABASE__POOL_MAX"] == [
        fault.where for fault in raised.value.faults[3:]
    ]


def test_faults_never_show_a_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("TURNPIKE_DATABASE__URL", "postgresql://u:canary@h/d")
    monkeypatch.setenv("TURNPIKE_DATABASE__POOL_MAX", "0")

    with pytest.raises(BadConfiguration) as raised:
        load(RadiusdSettings)

    assert "canary" not in str(raised.value)


def test_the_printed_configuration_is_valid_redacted_and_names_origins(tmp_path, monkeypatch):
    path = write(tmp_path, '[database]\nurl = "postgresql://u:canary@h/d"\n')
    monkeypatch.setenv("TURNPIKE_RADIUSD__WORKERS", "3")
    text = render(load(RadiusdSettings, path))

    assert "canary" not in text
    assert f'url = "********"  # {path}:2' in text
    assert "workers = 3  # TURNPIKE_RADIUSD__WORKERS" in text
    assert "auth_port = 1812  # default" in text
    assert 3 == tomllib.loads(text)["radiusd"]["workers"]


def test_a_suite_checks_every_rooms_table(tmp_path):
    model = suite_settings({"radiusd": RadiusdConfig})

    with pytest.raises(BadConfiguration, match="no such key"):
        load(model, write(tmp_path, "[radiusd]\nnothing = 1\n"))


def test_a_change_says_whether_it_needs_a_restart():
    old = RadiusdSettings()
    new = RadiusdSettings(radiusd=RadiusdConfig(auth_port=1, workers=2))

    assert {("radiusd.auth_port", True), ("radiusd.workers", False)} == set(changed_keys(old, new))
