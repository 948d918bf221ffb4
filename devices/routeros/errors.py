"""What can go wrong with a router."""

__all__ = [
    "MalformedSentenceError",
    "RouterError",
    "RouterLost",
    "RouterRefused",
    "RouterTrap",
]


class RouterError(Exception):
    """The router did not do what was asked; every error of this package is one."""


class MalformedSentenceError(RouterError):
    """The octets on the stream are not the API's; nothing after them can be trusted."""


class RouterLost(RouterError):  # noqa: N818 - named for what happened
    """The connection is gone, or could not be had. What was asked may or may not have been done."""


class RouterRefused(RouterError):  # noqa: N818 - named for what happened
    """The router did not let us in: user name, password, rights or certificate."""


class RouterTrap(RouterError):  # noqa: N818 - RouterOS's word
    """The router's `!trap`: the command failed, the connection goes on.

    `category` is RouterOS's number: 0 missing item or command, 1 argument value, 2 interrupted,
    3 scripting, 4 general, 5 API, 6 TTY, 7 returned; None where the router gives none. Several
    traps of one command are one error: messages joined, the first category.
    """

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.category = category

    @property
    def item_is_gone(self) -> bool:
        """The row named is not there (any more)."""
        return "no such item" in self.message
