"""Hands a .snmprec to net-snmp's snmpd, line by line as `pass_persist` of snmpd.conf(5) wants it.

A program of its own, which shares no line with the agent that it is to be compared with.
"""

import sys
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import TypeAlias

Oid: TypeAlias = tuple[int, ...]

KINDS = {
    "2": "integer",
    "4": "octet",
    "4x": "octet",
    "6": "objectid",
    "64": "ipaddress",
    "65": "counter",
    "66": "gauge",
    "67": "timeticks",
    "70": "counter64",
}


def load(file: Path) -> dict[Oid, tuple[str, str]]:
    cells = {}
    for line in file.read_bytes().decode("latin-1").split("\n"):
        if line and not line.startswith("#"):
            oid, kind, value = line.split("|", 2)
            if kind in KINDS:
                cells[arcs(oid)] = (KINDS[kind], told(kind, value))
    return cells


def told(kind: str, value: str) -> str:
    if kind == "4":
        return value.rstrip("\r").encode("latin-1").hex(" ")
    if kind == "4x":
        return bytes.fromhex(value).hex(" ")
    return value.strip()


def arcs(oid: str) -> Oid:
    return tuple(int(arc) for arc in oid.strip().strip(".").split("."))


def serve(cells: dict[Oid, tuple[str, str]]) -> None:
    oids = sorted(cells)
    while word := sys.stdin.readline().strip():
        if word == "PING":
            print("PONG", flush=True)
            continue
        asked = arcs(sys.stdin.readline())
        at = (bisect_left if word == "get" else bisect_right)(oids, asked)
        if at == len(oids) or (word == "get" and oids[at] != asked):
            print("NONE", flush=True)
        else:
            print("." + ".".join(map(str, oids[at])), *cells[oids[at]], sep="\n", flush=True)


if __name__ == "__main__":
    serve(load(Path(sys.argv[1])))
