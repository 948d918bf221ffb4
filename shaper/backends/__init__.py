"""The kinds of routers: one file each, all `shaper.backend.Backend`s."""

from devices.routeros import open_router
from isp.shaping import Method
from shaper.backend import Backend, BackendTrouble
from shaper.backends.linux import LinuxBackend
from shaper.backends.routeros import RouterOsBackend
from shaper.linux_wiring import Wiring
from shaper.target import Target

__all__ = ["open_backend"]


def open_backend(target: Target, instance: str) -> Backend:
    """How that target is read and written; it connects when first used. Raises BackendTrouble."""
    if target.method is Method.LINUX:
        if target.interface is None:
            raise BackendTrouble("no interface of this machine is named", refused=True)
        return LinuxBackend(Wiring.of_text(target.interface))
    if target.access is None:
        raise BackendTrouble("its credentials cannot be opened, enter them again", refused=True)
    router = open_router(target.access, rest=target.rest)
    return RouterOsBackend(router, instance=instance, writes_per_second=target.writes_per_second)
