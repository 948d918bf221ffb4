"""Who a router is, and what our account may do there."""

from dataclasses import dataclass

from devices.routeros.changes import RouterCommands
from devices.routeros.errors import RouterTrap

__all__ = ["RouterIdentity", "probe", "rights"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterIdentity:
    """What a router says of itself; `version` as it writes it, `7.18.2 (stable)`."""

    name: str
    version: str
    board: str


async def probe(router: RouterCommands) -> RouterIdentity:
    """Ask the router. Raises RouterLost, RouterRefused; RouterTrap where we may read nothing."""
    resource = await router.print("/system/resource")
    identity = await router.print("/system/identity")
    return RouterIdentity(
        name=identity[0].get("name", "") if identity else "",
        version=resource[0].get("version", "") if resource else "",
        board=resource[0].get("board-name", "") if resource else "",
    )


async def rights(router: RouterCommands) -> frozenset[str] | None:
    """The policies of our account's group: `read`, `write`, `api` …; None where it is not told."""
    try:
        users = await router.print("/user", proplist=("group",), where={"name": router.user})
        if not users:
            return None  # it is known by RADIUS, not here
        groups = await router.print(
            "/user/group", proplist=("policy",), where={"name": users[0].get("group", "")}
        )
    except RouterTrap:
        return None
    policies = groups[0].get("policy", "").split(",") if groups else []
    # `!policy` is one that it lacks.
    return frozenset(policy for policy in policies if policy and not policy.startswith("!"))
