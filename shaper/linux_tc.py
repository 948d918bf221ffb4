"""Classes and leaves as rtnetlink's messages, and back (linux/pkt_sched.h, linux/rtnetlink.h)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shaper.linux_classes import PASSAGE, PLANS_REMEMBERED
from shaper.linux_netlink import (
    CREATE,
    ECHO,
    EXCLUSIVE,
    REPLACE,
    Reply,
    Request,
    attribute,
    attributes,
    nested,
    string_of,
    text,
)
from shaper.linux_state import MAJOR, HtbClass, Leaf, LeafKind, class_id, major_of, number_of

__all__ = [
    "FoundClass",
    "Qdisc",
    "add_family",
    "add_root",
    "class_of",
    "delete_class",
    "get_class",
    "get_leaf",
    "is_our_filter",
    "probe",
    "put_class",
    "put_leaf",
    "qdisc_of",
    "read_classes",
    "read_filters",
    "read_qdiscs",
]

NEW_QDISC, GET_QDISC = 36, 38
NEW_CLASS, DELETE_CLASS, GET_CLASS = 40, 41, 42
NEW_FILTER, GET_FILTER = 44, 46
BPF_LENGTH, BPF_PROGRAM = 4, 5
ROOT = 0xFFFFFFFF
KIND, OPTIONS, STATISTICS = 1, 2, 7
HTB_PARAMETERS, HTB_INIT, HTB_RATE64, HTB_CEIL64 = 1, 2, 6, 7
HTB_VERSION, HTB_R2Q = 3, 10
FQ_CODEL_TARGET = 1
BASIC_STATISTICS = 1
RATE32_MAX = 0xFFFFFFFF
HTB = b"htb\0"
LINK_LAYER_ETHERNET = 1

# struct tcmsg: family, interface, handle, parent, info.
HEADER = struct.Struct("=BxxxiIII")
# struct tc_htb_opt: two struct tc_ratespec (cell_log, linklayer, overhead, cell_align, mpu, rate),
# buffer, cbuffer, quantum, level, prio.
RATE = "BBHhHI"
PARAMETERS = struct.Struct(f"={RATE}{RATE}IIIII")
INIT = struct.Struct("=IIIII")
HALF, WORD, LONG = struct.Struct("=H"), struct.Struct("=I"), struct.Struct("=Q")

# struct sock_filter: code, jump if true, jump if false, value. Load the mark, return it: as a
# filter's answer it is the class id of the packet's family.
INSTRUCTION = struct.Struct("=HBBI")
LOAD_MARK = INSTRUCTION.pack(0x20, 0, 0, 0xFFFFF000 + 20)
RETURN_IT = INSTRUCTION.pack(0x16, 0, 0, 0)
PROGRAM = LOAD_MARK + RETURN_IT
FILTER_HANDLE = 1
FILTER_INFO = 1 << 16 | 0x0300
"""Priority 1, every protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Qdisc:
    """One qdisc that is there; a `handle` of 0 is the kernel's own default."""

    interface: int
    kind: str
    handle: int
    parent: int
    leaf: Leaf | None

    @property
    def is_root(self) -> bool:
        return self.parent == ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClass:
    """One class that is there, and the octets that went through it."""

    at: int
    parent: int
    htb_class: HtbClass
    octets: int


def add_root(interface: int) -> Iterator[Request]:
    """Our HTB, and the filter that finds a packet's family; what has none passes unlimited."""
    yield add_htb(interface, MAJOR, ROOT)
    filter_is = nested(
        OPTIONS,
        attribute(BPF_LENGTH, HALF.pack(len(PROGRAM) // INSTRUCTION.size)),
        attribute(BPF_PROGRAM, PROGRAM),
    )
    header = HEADER.pack(0, interface, FILTER_HANDLE, class_id(MAJOR, 0), FILTER_INFO)
    body = header + text(KIND, "bpf") + filter_is
    yield Request(kind=NEW_FILTER, flags=CREATE | EXCLUSIVE, body=body)


def add_family(interface: int, number: int, above: int) -> Iterator[Request]:
    """The place of a family under class `above` of our root, its HTB, and in that one class that
    all its queues borrow from.
    """
    place = class_id(MAJOR, number)
    borrows = above != 0
    yield put_class(interface, place, class_id(MAJOR, above), PASSAGE[borrows])
    yield add_htb(interface, number, place)
    yield put_class(interface, class_id(number, number), class_id(number, 0), PASSAGE[False])


def add_htb(interface: int, major: int, parent: int) -> Request:
    init = attribute(HTB_INIT, INIT.pack(HTB_VERSION, HTB_R2Q, 0, 0, 0))
    header = HEADER.pack(0, interface, class_id(major, 0), parent, 0)
    body = header + text(KIND, "htb") + nested(OPTIONS, init)
    return Request(kind=NEW_QDISC, flags=CREATE | EXCLUSIVE, body=body)


def probe(interface: int, kind: str) -> Request:
    """A qdisc of a kind with options that none takes: refused as unknown, or as wrong."""
    header = HEADER.pack(0, interface, class_id(MAJOR, 0), ROOT, 0)
    wrong = nested(OPTIONS, *(attribute(each, b"?") for each in range(1, 8)))
    return Request(kind=NEW_QDISC, flags=CREATE | REPLACE, body=header + text(KIND, kind) + wrong)


def put_class(interface: int, at: int, parent: int, wanted: HtbClass) -> Request:
    """The class is made, or its rates changed where it is; its packets stay queued."""
    parameters = PARAMETERS.pack(
        *(0, LINK_LAYER_ETHERNET, 0, 0, 0, min(wanted.rate, RATE32_MAX)),
        *(0, LINK_LAYER_ETHERNET, 0, 0, 0, min(wanted.ceil, RATE32_MAX)),
        wanted.burst_ticks,
        wanted.ceil_burst_ticks,
        wanted.quantum_octets,
        0,
        wanted.priority,
    )
    options = nested(
        OPTIONS,
        attribute(HTB_PARAMETERS, parameters),
        attribute(HTB_RATE64, LONG.pack(wanted.rate)),
        attribute(HTB_CEIL64, LONG.pack(wanted.ceil)),
    )
    header = HEADER.pack(0, interface, at, parent, 0)
    return Request(kind=NEW_CLASS, flags=CREATE, body=header + text(KIND, "htb") + options)


def put_leaf(interface: int, at: int, wanted: Leaf) -> Request:
    """The leaf of class `at`. CAKE without options does not shape."""
    header = HEADER.pack(0, interface, class_id(number_of(at), 0), at, 0)
    body = header + text(KIND, wanted.kind.value)
    match wanted.kind:
        case LeafKind.BFIFO:
            body += attribute(OPTIONS, WORD.pack(wanted.setting))
        case LeafKind.FQ_CODEL:
            microseconds = -(-wanted.setting * 1024 // 1000)
            body += nested(OPTIONS, attribute(FQ_CODEL_TARGET, WORD.pack(microseconds)))
        case LeafKind.CAKE:
            pass
    return Request(kind=NEW_QDISC, flags=CREATE | REPLACE, body=body)


def delete_class(interface: int, at: int) -> Request:
    """The class with its leaf, or with the whole family that it is the place of."""
    header = HEADER.pack(0, interface, at, 0, 0)
    return Request(kind=DELETE_CLASS, flags=0, body=header)


def get_class(interface: int, at: int) -> Request:
    """This one only. It is answered with an echo, or not at all."""
    header = HEADER.pack(0, interface, at, 0, 0)
    return Request(kind=GET_CLASS, flags=ECHO, body=header)


def get_leaf(interface: int, at: int) -> Request:
    """The leaf of this one only."""
    header = HEADER.pack(0, interface, class_id(number_of(at), 0), 0, 0)
    return Request(kind=GET_QDISC, flags=ECHO, body=header)


def read_classes(interface: int) -> Request:
    """Every class of every qdisc there."""
    return Request(kind=GET_CLASS, flags=0, body=HEADER.pack(0, interface, 0, 0, 0))


def read_filters(interface: int) -> Request:
    """The filters of our root there."""
    header = HEADER.pack(0, interface, 0, class_id(MAJOR, 0), 0)
    return Request(kind=GET_FILTER, flags=0, body=header)


def read_qdiscs() -> Request:
    """Every qdisc of every interface."""
    return Request(kind=GET_QDISC, flags=0, body=HEADER.pack(0, 0, 0, 0, 0))


def is_our_filter(reply: Reply) -> bool:
    """Whether it is the one that finds families."""
    options = attributes(reply.body[HEADER.size :]).get(OPTIONS, memoryview(b""))
    return bytes(attributes(options).get(BPF_PROGRAM, b"")) == PROGRAM


def class_of(reply: Reply) -> FoundClass | None:
    """A class that is there, without its leaf; None for what is not of an HTB."""
    _, _, handle, parent, _ = HEADER.unpack_from(reply.body)
    said = attributes(reply.body[HEADER.size :])
    if said[KIND] != HTB:
        return None
    (octets,) = LONG.unpack_from(attributes(said[STATISTICS])[BASIC_STATISTICS])
    return FoundClass(
        at=handle,
        parent=class_id(major_of(handle), 0) if parent == ROOT else parent,
        htb_class=htb_class_of(bytes(said[OPTIONS])),
        octets=octets,
    )


@lru_cache(maxsize=PLANS_REMEMBERED)
def htb_class_of(options: bytes) -> HtbClass:
    said = attributes(memoryview(options))
    values = PARAMETERS.unpack_from(said[HTB_PARAMETERS])
    rate, ceil = values[5], values[11]
    if HTB_RATE64 in said:
        (rate,) = LONG.unpack(said[HTB_RATE64])
    if HTB_CEIL64 in said:
        (ceil,) = LONG.unpack(said[HTB_CEIL64])
    burst_ticks, ceil_burst_ticks, quantum_octets, _, priority = values[12:]
    return HtbClass(
        rate=rate,
        ceil=ceil,
        burst_ticks=burst_ticks,
        ceil_burst_ticks=ceil_burst_ticks,
        quantum_octets=quantum_octets,
        priority=priority,
        leaf=None,
    )


def qdisc_of(reply: Reply) -> Qdisc:
    """A qdisc that is there."""
    _, interface, handle, parent, _ = HEADER.unpack_from(reply.body)
    said = attributes(reply.body[HEADER.size :])
    kind = string_of(said[KIND])
    return Qdisc(
        interface=interface,
        kind=kind,
        handle=handle,
        parent=parent,
        leaf=leaf_of(kind, bytes(said.get(OPTIONS, b""))),
    )


@lru_cache(maxsize=PLANS_REMEMBERED)
def leaf_of(kind: str, options: bytes) -> Leaf | None:
    """The leaf that a qdisc is; None for kinds that are none of ours."""
    match kind:
        case "bfifo":
            return Leaf(kind=LeafKind.BFIFO, setting=WORD.unpack_from(options)[0])
        case "fq_codel":
            (microseconds,) = WORD.unpack(attributes(memoryview(options))[FQ_CODEL_TARGET])
            return Leaf(kind=LeafKind.FQ_CODEL, setting=-(-microseconds * 1000 // 1024))
        case "cake":
            return Leaf(kind=LeafKind.CAKE)
        case _:
            return None
