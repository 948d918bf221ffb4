"""The dictionaries that come with Turnpike, and those that an operator adds to them."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from radius.dictionary import Dictionary
from radius.dictionary_parser import parse

__all__ = ["load", "shipped"]

SHIPPED = str(files(__name__).joinpath("dictionary"))


@cache
def shipped() -> Dictionary:
    """The dictionary that comes with Turnpike: the RFCs and the vendors of `isp.nas.Vendor`."""
    return load(())


def load(paths: Iterable[str]) -> Dictionary:
    """The shipped dictionary and, after it, files in the format of FreeRADIUS 3.

    `DictionaryError` names the file and line that cannot be understood; `OSError` a file that
    cannot be read.
    """
    return parse([SHIPPED, *paths], _read)


def _read(path: str) -> str:
    return Path(path).read_text("utf-8", "surrogateescape")
