"""A tree of queues as Linux has it (pure)."""

from collections.abc import Mapping

from isp.limit import Limit
from shaper.linux_classes import class_for
from shaper.linux_state import HtbClass, LeafKind, LinuxQueue
from shaper.queue import Network, Queue, Tree

__all__ = ["REST", "queues_of"]

REST = "/rest"
"""The leaf of a queue that has both networks of its own and queues below it: HTB holds packets in
leaves only. No queue's own name has a `/`.
"""


def queues_of(tree: Tree, leaf_kind: LeafKind) -> Mapping[str, LinuxQueue]:
    """By name, parents before their children."""
    parents = {queue.parent for queue in tree.queues}
    owners = owners_of(tree)
    found: dict[str, LinuxQueue] = {}
    for queue in tree.queues:
        targets = frozenset(each for each in queue.targets if owners[each] == queue.name)
        if queue.name not in parents:
            found[queue.name] = linux_queue(queue, targets, leaf_kind)
            continue
        found[queue.name] = linux_queue(queue, frozenset(), None)
        if targets:
            rest = Queue(
                name=queue.name + REST,
                subject=queue.subject,
                targets=queue.targets,
                down=Limit(rate_bps=queue.down.rate_bps),
                up=Limit(rate_bps=queue.up.rate_bps),
                parent=queue.name,
            )
            found[rest.name] = linux_queue(rest, targets, leaf_kind)
    return found


def owners_of(tree: Tree) -> Mapping[Network, str]:
    """Whose a network is that several queues have: the first one's, or the lowest that has it
    below that one, as RouterOS would find it.
    """
    owners: dict[Network, str] = {}
    for queue in tree.queues:
        for network in queue.targets:
            if owners.get(network) in (None, queue.parent):
                owners[network] = queue.name
    return owners


def linux_queue(
    queue: Queue, targets: frozenset[Network], leaf_kind: LeafKind | None
) -> LinuxQueue:
    def direction(limit: Limit) -> HtbClass:
        return class_for(limit, borrows=queue.parent is not None, leaf_kind=leaf_kind)

    return LinuxQueue(
        name=queue.name,
        subject=queue.subject,
        parent=queue.parent,
        targets=targets,
        down=direction(queue.down),
        up=direction(queue.up),
    )
