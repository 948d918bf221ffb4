"""The command line as a person has it: words in, exit code, output and errors out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chassis.config import DatabaseConfig
from turnpike.__main__ import main
from turnpike.global_options import GlobalOptions, use


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command said."""

    exit_code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


Turnpike = Callable[..., Answer]


@pytest.fixture
def turnpike(
    database_config: DatabaseConfig, monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path
) -> Turnpike:
    """`turnpike("nas", "list")` runs the command on this test's database."""
    assert database_config.url is not None
    monkeypatch.setenv("TURNPIKE_DATABASE__URL", database_config.url.reveal())
    monkeypatch.setenv("TURNPIKE_DATABASE__PASSWORD_FILE", str(database_config.password_file))
    monkeypatch.setenv("TURNPIKE_DATABASE__DATA", str(tmp_path))

    def run(*words: str) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        use(GlobalOptions())
        output, errors = capsys.readouterr()
        code = ended.value.code
        return Answer(exit_code=int(code or 0), output=output, errors=errors)  # type: ignore[arg-type]

    return run


@pytest.fixture
def shop(turnpike: Turnpike) -> Turnpike:
    """With a plan, a NAS and Ann."""
    for line in (
        "plan add gold --price 25.00 --down 100M --up 20M --tax 20",
        "nas add bras1 192.0.2.1 --secret a-secret-of-tests-1 --vendor mikrotik",
        "subscriber add ann --plan gold --password hunter2 --phone 123 --mac 001122334455",
    ):
        assert 0 == turnpike(*line.split()).exit_code
    return turnpike
