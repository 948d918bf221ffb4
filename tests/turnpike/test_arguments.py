"""Global options stand anywhere on the command line."""

import pytest

from turnpike.arguments import command_of, globals_first


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nas list --json", "--json nas list"),
        ("--data D nas list", "--data D nas list"),
        ("nas list --data D --json", "--data D --json nas list"),
        ("nas list --data=D", "--data=D nas list"),
        ("nas list -- --json", "nas list -- --json"),
        ("nas list --data", "--data nas list"),
        ("plan add gold --price 1", "plan add gold --price 1"),
    ],
)
def test_global_options_come_first(words: str, expected: str) -> None:
    assert expected.split() == globals_first(words.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--data D --json nas list", "nas"),
        ("--data=D why ann", "why"),
        ("--help", None),
        ("--data", None),
        ("", None),
    ],
)
def test_the_command_is_the_first_word_that_is_no_option(words, expected):
    assert expected == command_of(words.split())
