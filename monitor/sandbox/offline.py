"""Takes the network away from this process and all that it starts, for the browser that draws pages.

The kernel enforces this. `confine` takes away more than the network, but a browser needs the rest: it builds a sandbox
of its own around each page.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from typing import TYPE_CHECKING

from monitor.sandbox import confine
from monitor.sandbox.syscalls import MACHINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.sandbox.syscalls import Machine

SET_DEATH_SIGNAL, SET_SUBREAPER = 1, 36  # linux/prctl.h
OTHER_INTERFACE = 0x40000000  # calls from here on are those of x32, which have other numbers
MAKE_RING = 425  # io_uring_setup, on every machine: by a ring, sockets could be made past the filter
OPEN_FAMILIES = (1, 16)  # of sockets, from linux/socket.h: between processes of this machine, and of the kernel's news


def go_offline() -> None:
    """Bar this process, and all that it starts, from connections to other machines and to ports of this one.

    The special rights of root are given up as well. Raises OSError if the kernel can't do this.
    """
    confine.forgo_privileges()
    confine.drop_capabilities()
    name = os.uname().machine
    machine = next((each for each in MACHINES if each.name == name), None)
    if machine is None:
        raise OSError(errno.EINVAL, f"no table of the system calls of {name}")
    confine.set_filter(b"".join(_no_network(machine)))


def end_with_parent() -> None:
    """Have the kernel kill this process when the process that started it ends.

    Also make this process the parent of every process below it whose own parent has ended. So all processes that it
    started, directly or not, can be found below it and killed.
    """
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    library.prctl(SET_SUBREAPER, 1, 0, 0, 0)


def _no_network(machine: Machine) -> Iterator[bytes]:
    """Yield the instructions of a filter that refuses all sockets but those of `OPEN_FAMILIES`."""
    line = confine.instruction
    socket = machine.numbers("socket 41 198")["socket"]
    yield from (
        line(confine.LOAD, confine.MACHINE),
        line(confine.JUMP_IF_EQUAL, machine.audit, 1, 0),
        line(confine.RETURN, confine.KILL),
        line(confine.LOAD, confine.NUMBER),
        line(confine.JUMP_FROM, OTHER_INTERFACE, 1, 0),
        line(confine.JUMP_IF_EQUAL, MAKE_RING, 0, 1),
        line(confine.RETURN, confine.NO_SUCH_CALL),
        line(confine.JUMP_IF_EQUAL, socket, 0, len(OPEN_FAMILIES) + 2),
        line(confine.LOAD, confine.ARGUMENTS),
    )
    for place, family in enumerate(OPEN_FAMILIES):
        yield line(confine.JUMP_IF_EQUAL, family, len(OPEN_FAMILIES) - place, 0)
    yield line(confine.RETURN, confine.REFUSE)
    yield line(confine.RETURN, confine.ALLOW)
