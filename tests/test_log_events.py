"""The list of log events: what is logged is explained, what is explained is logged."""

from pathlib import Path

import pytest

from tests.support.log_events import Event, events

CODE = """
log = get_logger("coa")
log.warning("nas_away", nas=name)
self._log.error("nas_away", nas=name, problem=problem, exc_info=error)
get_logger("ping").info("heard", **fields)
future.exception()
"""
WORDS = """
[heard]
means = "It listens."
[nas_away]
means = "It is away."
do = "Look."
"""


def house(tmp_path: Path, code: str, words: str) -> Path:
    (tmp_path / "coa").mkdir()
    (tmp_path / "coa/lane.py").write_text(code)
    (tmp_path / "coa/messages.toml").write_text(words)
    return tmp_path


def test_an_event_is_told_with_its_levels_and_fields(tmp_path) -> None:
    found = events(house(tmp_path, CODE, WORDS))

    assert [
        Event(room="coa", name="heard", levels={"info"}, means="It listens."),
        Event(
            room="coa",
            name="nas_away",
            levels={"warning", "error"},
            fields={"nas": None, "problem": None},
            means="It is away.",
            do="Look.",
        ),
    ] == found


def test_an_event_that_nobody_explained_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"explain these events in messages\.toml: coa/heard"):
        events(house(tmp_path, CODE, WORDS.partition("[nas_away]")[2].join(["[nas_away]", ""])))


def test_an_explanation_of_nothing_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match="explains nas_away, which nobody logs"):
        events(house(tmp_path, CODE.replace("nas_away", "heard"), WORDS))
