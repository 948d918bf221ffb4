"""Query words: which rows a `print` returns."""

import re
from collections.abc import Callable, Sequence

__all__ = ["Columns", "matches"]

Columns = Callable[[str], str | None]
"""A row: a column's name -> its value as printed, None where it is not."""

OPERATION = re.compile(r"(\d+)(\.?)|([!&|])")


def matches(row: Columns, words: Sequence[str]) -> bool:
    """Does a row meet the query? Words are without their `?`; order matters.

    Each word pushes a truth on a stack that is true all the way down; `#` words operate on it;
    whatever is left must be true.
    """
    stack: list[bool] = []
    for word in words:
        if word.startswith("#"):
            operate(stack, word[1:])
        else:
            stack.append(holds(row, word))
    return all(stack)


def holds(row: Columns, word: str) -> bool:
    if word.startswith("-"):
        return row(word[1:]) is None
    comparison = word[0] if word[:1] in ("<", ">", "=") else "="
    name, separator, wanted = word.removeprefix(comparison).partition("=")
    if not separator:
        return row(name) is not None
    actual = row(name)
    if actual is None:
        return False
    if comparison == "=":
        return actual == {"yes": "true", "no": "false"}.get(wanted, wanted) or actual == wanted
    if actual.isdecimal() and wanted.isdecimal():
        difference = int(actual) - int(wanted)
    else:
        difference = (actual > wanted) - (actual < wanted)
    return difference < 0 if comparison == "<" else difference > 0


def operate(stack: list[bool], operations: str) -> None:
    """`!` `&` `|`, and indices: one pushes a copy of what stands there, the last one replaces
    the stack by it."""
    steps = list(OPERATION.finditer(operations))
    for position, step in enumerate(steps):
        if step[3] is None:
            index = int(step[1])
            value = stack[-1 - index] if index < len(stack) else True
            if position == len(steps) - 1 and not step[2]:
                stack.clear()
            stack.append(value)
        elif step[3] == "!":
            stack.append(not pop(stack))
        else:
            first, second = pop(stack), pop(stack)
            stack.append(first and second if step[3] == "&" else first or second)


def pop(stack: list[bool]) -> bool:
    return stack.pop() if stack else True
