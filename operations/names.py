"""Names that people give to things, and type again later."""

from typing import Final

from isp.errors import Refused

__all__ = ["checked_name"]

NAME_CHARACTERS_MAX: Final = 64


def checked_name(what: str, name: str) -> str:
    """The name, if it can be read in a list and typed in a command. Raises Refused."""
    if not name.strip():
        raise Refused(f"the {what} has no name", remedy="give it one")
    if not name.isprintable() or name != name.strip() or name.startswith("-"):
        remedy = "leave out control characters, outer spaces, a hyphen at its beginning"
        raise Refused(f"{name!r} is no name of a {what}", remedy=remedy)
    if len(name) > NAME_CHARACTERS_MAX:
        problem = f"a {what}'s name has {len(name)} characters"
        raise Refused(problem, remedy=f"shorten it to {NAME_CHARACTERS_MAX}")
    return name
