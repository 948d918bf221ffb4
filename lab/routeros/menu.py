"""What a menu is: its columns, how they are taken, what makes its rows different."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.routeros import values
from lab.routeros.values import Normalise

__all__ = ["Column", "Menu", "Reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. Without a default it is not printed until it is set; `required` at an add."""

    normalise: Normalise = values.text
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that names a row of a menu: linked by row, so that it follows a rename."""

    menus: tuple[str, ...]
    also: tuple[str, ...] = ()
    """Words that name no row: `none`, `global`."""
    paired: bool = False
    """`upload/download`, two names."""
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One menu. `state` are the columns that the router computes; they are printed, not taken.

    `unique` are the columns that no two rows may share, and `already` what a second one is told.
    """

    path: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    already: str = "failure: already have such name"
    ordered: bool = False
    read_only: bool = False
    hidden: frozenset[str] = frozenset()
    """Columns that are taken and never printed."""
    dynamic_can_be_removed: bool = False
    what: str = "item"
