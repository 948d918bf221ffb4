"""The global options, wherever on the command line they stand. Pure."""

from collections.abc import Sequence
from typing import Final

__all__ = ["GLOBAL_FLAGS", "GLOBAL_OPTIONS", "command_of", "globals_first", "wants_json"]

GLOBAL_OPTIONS: Final = ("--data", "--config", "--tenant")
JSON: Final = "--json"
GLOBAL_FLAGS: Final = (JSON,)


def globals_first(words: Sequence[str]) -> list[str]:
    """The same words with the global options in front, where typer looks for them.

    `nas list --json --data DIR` becomes `--json --data DIR nas list`; after `--` nothing moves.
    """
    front: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*front, *rest, word, *left]
        if word in GLOBAL_FLAGS or word.partition("=")[0] in GLOBAL_OPTIONS:
            front.append(word)
            if word in GLOBAL_OPTIONS and left:
                front.append(left.pop(0))
        else:
            rest.append(word)
    return [*front, *rest]


def command_of(words: Sequence[str]) -> str | None:
    """The first word of the command, of words with the global options in front."""
    left = list(words)
    while left and left[0].startswith("-"):
        if left.pop(0) in GLOBAL_OPTIONS and left:
            left.pop(0)
    return left[0] if left else None


def wants_json(words: Sequence[str]) -> bool:
    """Whether JSON is asked for, of words with the global options in front; however wrong others
    are.
    """
    return JSON in words[: words.index("--")] if "--" in words else JSON in words
