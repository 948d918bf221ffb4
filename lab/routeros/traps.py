"""How the router says no."""

__all__ = ["Trap", "no_such_item", "not_permitted"]


class Trap(Exception):  # noqa: N818 - RouterOS's word
    """One `!trap`; `category` as documented: 0 missing item, 1 argument value, 2 interrupted …"""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.category = category


def no_such_item() -> Trap:
    """The row named is not there."""
    return Trap("no such item", 0)


def not_permitted() -> Trap:
    """The user's group lacks a right."""
    return Trap("not enough permissions (9)")
