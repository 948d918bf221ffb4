"""What documents tell people to type exists; every alert has its section of the runbook."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml

from tests.generate_docs import HOUSE
from turnpike.__main__ import application

DOCUMENTS = ("README.md", "ARCHITECTURE.md", *(f"docs/{p.name}" for p in HOUSE.glob("docs/*.md")))
RULES = HOUSE / "conf/prometheus-rules.yml"
RUNBOOK = HOUSE / "docs/runbook.md"
CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
TYPED = re.compile(r"(?:^|\$ |`)turnpike ([a-z][^`\n|;#&>]*)", re.MULTILINE)
GLOBALS = {"--data", "--config", "--tenant", "--json", "--help", "--version"}


def typed(text: str) -> Iterator[list[str]]:
    """The command lines that a text has in code, wrapped ones joined."""
    for code in CODE.findall(text):
        joined = re.sub(r"\s*\n\s+", " ", code) if not code.startswith("```") else code
        for words in TYPED.findall(joined):
            yield shlex.split(words.replace("…", " ").replace("...", " "), comments=True)


def fault(words: list[str]) -> str | None:
    """What is wrong with one command line: an unknown command, or an option that it has not."""
    command: Any = typer.main.get_command(application())
    rest = list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0].isupper():
            return None  # a group as such
        name = rest.pop(0)
        if "|" in name:
            return next((f for each in name.split("|") if (f := fault([each, *rest]))), None)
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    unknown = [w for w in rest if w.startswith("--") and w.split("=")[0] not in known | GLOBALS]
    return f"no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_a_document_tells_exists(name: str):
    wrong = {
        " ".join(words): problem
        for words in typed((HOUSE / name).read_text("utf-8"))
        if (problem := fault(words))
    }

    assert {} == wrong


def test_every_command_that_an_alert_tells_exists():
    remedies = [re.sub(r"\{\{.*?\}\}", "NAME", each["annotations"]["remedy"]) for each in rules()]
    told = [words for remedy in remedies for words in typed(remedy)]

    assert len(told) > 15
    assert [] == [(words, problem) for words in told if (problem := fault(words))]


def test_every_alert_has_its_section_in_order_and_names_it():
    sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)

    assert [rule["alert"] for rule in rules()] == sections


def rules() -> list[dict[str, Any]]:
    """The alerts, in the order of their file."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]
