"""Which collector process polls which device, without a word between them.

Each device goes to the process with the highest hash of both (rendezvous hashing): all processes
that know of each other come to the same answer, and one that comes or goes moves only its share.
A lease row then keeps two processes that do not agree yet from polling one device.
"""

from collections.abc import Collection, Iterable
from hashlib import blake2b

__all__ = ["share"]


def share(devices: Iterable[int], collectors: Collection[str], me: str) -> frozenset[int]:
    """The devices that are mine."""
    return frozenset(
        device_id
        for device_id in devices
        if max(collectors, key=lambda name: (_weight(name, device_id), name), default=me) == me
    )


def _weight(name: str, device_id: int) -> bytes:
    return blake2b(f"{device_id} {name}".encode(), digest_size=8).digest()
