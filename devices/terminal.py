"""What a terminal shows of what a device sent: a pager overwrites its own prompt."""

import re
from typing import Final

__all__ = ["rendered"]

CURSOR_LEFT: Final = re.compile(r"\x1b\[(\d+)D")
OTHER_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>])|[\x00\x07]")


def rendered(sent: str) -> str:
    """The lines as they stand on the screen, without blanks at their ends.

    A pager's prompt goes by backspaces, by moving the cursor left, or by returning to the line's
    beginning, and blanks written over it.
    """
    text = CURSOR_LEFT.sub(lambda found: "\b" * int(found[1]), sent)
    text = OTHER_ESCAPES.sub("", text)
    return "\n".join(_line(line).rstrip() for line in re.split(r"\r*\n", text))


def _line(line: str) -> str:
    if "\b" not in line and "\r" not in line:
        return line
    shown: list[str] = []
    column = 0
    for character in line:
        match character:
            case "\b":
                column = max(0, column - 1)
            case "\r":
                column = 0
            case _:
                shown[column : column + 1] = [character]
                column += 1
    return "".join(shown)
