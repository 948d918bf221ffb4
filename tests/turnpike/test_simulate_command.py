"""`turnpike billing simulate`: tables for people, JSON for machines, one sentence on error."""

import json

import pytest

from isp.errors import Refused
from turnpike.commands.simulate import simulate

STORY = """
[[plan]]
name = "gold"
price = "30.00"
[[event]]
on = 2024-05-01
do = "subscribe"
plan = "gold"
[[event]]
on = 2024-05-01
do = "run"
"""


def test_json_is_printed_for_machines(tmp_path, capsys):
    file = tmp_path / "story.toml"
    file.write_text(STORY)
    simulate(file, json=True)

    assert "30.00" == json.loads(capsys.readouterr().out)["balance"]


def test_tables_are_printed_for_people(tmp_path, capsys):
    file = tmp_path / "story.toml"
    file.write_text(STORY)
    simulate(file)
    out = capsys.readouterr().out

    assert "Invoice 1 of 2024-05-01" in out
    assert "Balance 30.00 USD" in out


@pytest.mark.parametrize("text", [None, "[[plan", "\xff"])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, text):
    file = tmp_path / "story.toml"
    if text is not None:
        file.write_bytes(text.encode("latin-1"))

    with pytest.raises(Refused, match=r"story\.toml"):
        simulate(file)
