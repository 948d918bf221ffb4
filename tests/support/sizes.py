"""Sizes: small enough to be told in `make test`, as an issue names them in `make prove`."""

import os
from typing import Final

__all__ = ["PROVING", "size"]

PROVE_VARIABLE: Final = "TURNPIKE_PROVE"
PROVING: Final = os.environ.get(PROVE_VARIABLE) == "1"


def size(small: int, named: int) -> int:
    """`small`, or what the issue names when proving."""
    return named if PROVING else small
