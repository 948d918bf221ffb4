"""Which of the sockets that share a port is given a datagram: a program in the kernel.

Without one the kernel chooses by the sender's address and port, so that everything that one device
sends from one port is one process's work (SO_REUSEPORT, socket(7)).
"""

import ctypes
import socket
import struct
from collections.abc import Sequence
from typing import Final

__all__ = ["steer"]

SO_ATTACH_REUSEPORT_CBPF: Final = 51

# Classic BPF (linux/filter.h): code, jump if true, jump if false, operand.
INSTRUCTION: Final = struct.Struct("=HBBI")
LOAD_OCTET: Final = 0x30  # of the UDP payload
MODULO: Final = 0x94
JUMP_IF_EQUAL: Final = 0x15
RETURN: Final = 0x06
PROGRAM: Final = struct.Struct("@HP")  # struct sock_fprog


def steer(bound: socket.socket, octet_at: int, members: Sequence[int]) -> bool:
    """Spread what arrives over `members`, the places of sockets in the order in which they were
    bound to their port, by the octet at `octet_at` of each datagram.

    Replaces what was said before, for all sockets of the port; what waits in one stays there.
    False where the kernel does not do this, and goes on choosing by sender.
    """
    program = _program(octet_at, members)
    octets = ctypes.create_string_buffer(program, len(program))
    described = PROGRAM.pack(len(program) // INSTRUCTION.size, ctypes.addressof(octets))
    try:
        bound.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, described)
    except OSError:
        return False
    return True


def _program(octet_at: int, members: Sequence[int]) -> bytes:
    """A datagram too short to have the octet goes to the first socket: the kernel's rule."""
    instructions = [(LOAD_OCTET, 0, 0, octet_at), (MODULO, 0, 0, len(members))]
    for remainder, member in enumerate(members[:-1]):
        instructions += [(JUMP_IF_EQUAL, 0, 1, remainder), (RETURN, 0, 0, member)]
    instructions.append((RETURN, 0, 0, members[-1]))
    return b"".join(INSTRUCTION.pack(*each) for each in instructions)
