"""Whose a row on a router is: its comment says so, `isp:<instance>:<subject>:<hash>`.

The hash is of what we wrote. A row that is not as it should be, under the hash of what it should
be, was changed by somebody else; under another hash, what it should be has changed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

__all__ = ["COMMENT", "Tag", "digest", "parse_tag"]

COMMENT: Final = "comment"
LEFT_OUT: Final = frozenset({COMMENT, "parent"})
"""Of a digest: itself, and what changes by itself when a parent is renamed."""

TAG: Final = re.compile(r"isp:([A-Za-z0-9_-]+):([A-Za-z0-9_./-]+):([0-9a-f]{8})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """The mark of one row of ours."""

    instance: str
    subject: str
    digest: str

    def __str__(self) -> str:
        return f"isp:{self.instance}:{self.subject}:{self.digest}"


def parse_tag(comment: str) -> Tag | None:
    """The tag that is the whole comment, or None."""
    match = TAG.fullmatch(comment)
    if match is None:
        return None
    return Tag(instance=match[1], subject=match[2], digest=match[3])


def digest(words: Mapping[str, str]) -> str:
    """Eight hexadecimal digits of a row's words."""
    said = "\n".join(f"{name}={words[name]}" for name in sorted(words) if name not in LEFT_OUT)
    return sha256(said.encode()).hexdigest()[:8]
