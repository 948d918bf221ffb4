"""Who a router is, and what our account may do there."""

from dataclasses import dataclass

from devices.routeros.changes import RouterCommands
from devices.routeros.errors import RouterTrap

__all__ = ["RIGHTS_TO_READ", "RIGHTS_TO_SHAPE", "RouterIdentity", "probe", "version_of"]

RIGHTS_TO_READ = frozenset({"read", "api"})
RIGHTS_TO_SHAPE = RIGHTS_TO_READ | {"write"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterIdentity:
    """What a router says of itself. `rights` of our group; None where it does not let us see."""

    name: str
    version: tuple[int, ...]
    version_text: str
    board: str
    serial: str | None
    rights: frozenset[str] | None

    def lacks(self, needed: frozenset[str]) -> frozenset[str]:
        """The rights that are needed and known to be missing."""
        return frozenset() if self.rights is None else needed - self.rights


async def probe(router: RouterCommands, user: str) -> RouterIdentity:
    """Ask the router. Raises RouterLost, RouterRefused; RouterTrap where we may read nothing."""
    resource = (await router.print("/system/resource"))[0]
    identity = (await router.print("/system/identity"))[0]
    version_text = resource.get("version", "")
    return RouterIdentity(
        name=identity.get("name", ""),
        version=version_of(version_text),
        version_text=version_text,
        board=resource.get("board-name", ""),
        serial=await serial_of(router),
        rights=await rights_of(router, user),
    )


def version_of(text: str) -> tuple[int, ...]:
    """`7.18.2 (stable)` as (7, 18, 2); `7.20rc1` as (7, 20); empty where there is no number."""
    numbers = []
    for part in text.partition(" ")[0].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


async def serial_of(router: RouterCommands) -> str | None:
    """The board's serial number; virtual routers have none."""
    try:
        rows = await router.print("/system/routerboard")
    except RouterTrap:
        return None
    return rows[0].get("serial-number") if rows else None


async def rights_of(router: RouterCommands, user: str) -> frozenset[str] | None:
    """The policies of our group; `!policy` is one that it lacks."""
    try:
        users = await router.print("/user", proplist=("name", "group"), where={"name": user})
        if not users:
            return None
        groups = await router.print(
            "/user/group", proplist=("name", "policy"), where={"name": users[0].get("group", "")}
        )
    except RouterTrap:
        return None
    policies = groups[0].get("policy", "").split(",") if groups else []
    return frozenset(policy for policy in policies if policy and not policy.startswith("!"))
