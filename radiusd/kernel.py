"""What the kernel dropped before anybody could read it."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

__all__ = ["dropped_by_kernel"]

TABLES: Final = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
INODE_COLUMN: Final = 9
DROPS_COLUMN: Final = 12


def dropped_by_kernel(inodes: Collection[int]) -> int:
    """Datagrams that sockets, known by inode, lost to a full buffer since they were bound."""
    dropped = 0
    for table in TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if int(columns[INODE_COLUMN]) in inodes:
                dropped += int(columns[DROPS_COLUMN])
    return dropped
