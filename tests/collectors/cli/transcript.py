"""What OLTs print, one file for each command; `%2F` in a file's name is a slash."""

from pathlib import Path
from urllib.parse import unquote

__all__ = ["outputs"]

HERE = Path(__file__).parent / "transcripts"


def outputs(vendor: str, *commands: str) -> dict[str, str]:
    """The outputs of these commands, or of every command that there is."""
    found = {unquote(path.name): path.read_text() for path in (HERE / vendor).iterdir()}
    return {each: found[each] for each in commands or found}
