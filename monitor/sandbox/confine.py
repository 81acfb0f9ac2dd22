"""Takes away from the worker process all rights that reading a file does not need, before it sees the file.

These are the rights to use the network, to write files, to start programs, and to read files of others. The worker
calls `enter` once; the rights can't be regained. Two parts of the Linux kernel do this: Landlock decides which files
may be read, and a seccomp filter decides which system calls are refused. Both still hold if a hostile file has taken
over the process. If the kernel lacks one of them, the other still holds, and `Sandbox` says what is missing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import PACKAGE
from monitor.sandbox.syscalls import ABSENT, BY_ARGUMENT, FIRST_UNKNOWN, MACHINES, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.sandbox.syscalls import Machine

COMMAND = (sys.executable, "-P", "-m", "monitor.sandbox.confine")
PROBE_SECONDS = 60
LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache")
LOOKS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo", "/etc/localtime")  # of text and times

# linux/prctl.h, linux/seccomp.h, linux/capability.h
SET_NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2
CAPABILITY_VERSION, MAY_READ_ALL = 0x20080522, 1 << 2

# linux/landlock.h; its calls have the same numbers on every machine
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_DIRECTORY = 1 << 2, 1 << 3
FILE_RIGHTS = (0, 13, 14, 15, 15, 16)  # how many there are, by version
BIND_AND_CONNECT = 0b11  # of TCP, from version 4
SOCKETS_AND_SIGNALS = 0b11  # to processes outside, from version 6

# linux/bpf_common.h, linux/seccomp.h, where things are in struct seccomp_data
LOAD, JUMP_IF_EQUAL, JUMP_FROM, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16

# asm-generic/fcntl.h, linux/sched.h, asm-generic/sockios.h
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
THREAD = 0x10000
SIGNAL_OTHERS_BY_FCNTL = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
SIGNAL_OTHERS_BY_IOCTL = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The protections that are in force in a process.

    - `landlock`: the version of Landlock (it limits access to files); None without it.
    - `seccomp`: whether system calls are filtered.
    - `no_new_privileges`: whether the process is kept from gaining privileges.
    - `missing`: a message for each protection that is not available.
    """

    landlock: int | None = None
    seccomp: bool = False
    no_new_privileges: bool = False
    missing: tuple[str, ...] = ()


def available() -> Sandbox:
    """Return the protections that a worker process would get on this machine.

    Because they can't be taken off again, a process that is started for this takes them on and reports.
    """
    told = {"PYTHONPATH": str(PACKAGE.parent)}
    try:
        entered = subprocess.run(  # noqa: S603 - the command is ours
            COMMAND, capture_output=True, timeout=PROBE_SECONDS, check=True, env=os.environ | told
        )
        found = json.loads(entered.stdout)
        return Sandbox(**found | {"missing": tuple(found["missing"])})
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        return Sandbox(missing=(f"a process that enters it does not come back: {fault}",))


def enter() -> Sandbox:
    """Give up, for good, all rights of this process that reading does not need; return the protections in force.

    Call this while the process has only one thread. If a protection is not available, that is reported in `missing`,
    and the process goes on.
    """
    missing: list[str] = []

    def had(step: Callable[[], int], what: str) -> int | None:
        try:
            return step()
        except OSError as fault:
            missing.append(f"{what}: {fault.strerror}")
            return None

    no_new_privileges = had(forgo_privileges, "no_new_privs") is not None
    had(drop_capabilities, "dropping root's capabilities")
    landlock = had(_restrict_files, "Landlock, which hides all files that reading does not need")
    seccomp = had(_filter_calls, "seccomp, which refuses network, programs and writing") is not None
    return Sandbox(landlock=landlock, seccomp=seccomp, no_new_privileges=no_new_privileges, missing=tuple(missing))


def _called(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_uint32]) -> int:
    """Call the function `name` of the C library and return its result. Raises OSError if it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    result = int(function(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def forgo_privileges() -> int:
    """Keep this process, and all that it starts, from gaining privileges; return the result of the system's call."""
    return _called("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def drop_capabilities() -> int:
    """Give up all special rights of root except the right to read any file; return the result of the system's call.

    That right is kept because Python may be installed in a folder of another user.
    """
    header, held = struct.pack("=Ii", CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _called("capget", header, held)
    if not any(held):
        return 0
    keep = held[1] & MAY_READ_ALL  # of those permitted
    return _called("capset", header, struct.pack("=6I", keep, keep, 0, 0, 0, 0))


def _restrict_files() -> int:
    """Allow this process to read only the files that imports and fonts need, and to write no file.

    Return the version of Landlock. Raises OSError if Landlock is not available.
    """
    version = _called("syscall", CREATE_RULESET, 0, 0, ASK_VERSION)
    rights = (1 << FILE_RIGHTS[min(version, len(FILE_RIGHTS) - 1)]) - 1
    known = 1 if version < 4 else 2 if version < 6 else 3
    ruleset = struct.pack("=3Q", rights, BIND_AND_CONNECT, SOCKETS_AND_SIGNALS)[: 8 * known]
    rules = _called("syscall", CREATE_RULESET, ruleset, len(ruleset), 0)
    for path in _readable():
        _allow_reading(path, rules)
    _called("syscall", RESTRICT_SELF, rules, 0)
    os.close(rules)
    return version


def _allow_reading(path: str, rules: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be read
    rights = READ_FILE | READ_DIRECTORY if Path(path).is_dir() else READ_FILE
    _called("syscall", ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
    os.close(opened)


def _readable() -> set[str]:
    """Return the paths that the worker may read: the libraries of Python and the machine, and this package.

    The directory around this package is left out, because the monitor's state may be in it.
    """
    own = {str(Path(prefix, "lib")) for prefix in (sys.prefix, sys.base_prefix)}
    packages = {each for each in sys.path if Path(each).name in {"site-packages", "dist-packages"}}
    return {*own, *packages, *LIBRARIES, *LOOKS, str(PACKAGE)}


def _filter_calls() -> int:
    """Have the kernel check each system call of this process by the filter.

    Return the result of the kernel's call `prctl`. Raises OSError if the call fails, or if the kind of processor is
    unknown.
    """
    name = os.uname().machine
    machine = next((each for each in MACHINES if each.name == name and sys.maxsize > 1 << 32), None)
    if machine is None:
        raise OSError(errno.EINVAL, f"no table of the system calls of {name}")
    return set_filter(b"".join(_filter(machine, own=os.getpid())))


def set_filter(lines: bytes) -> int:
    """Have the kernel check each system call of this process by the instructions `lines`, for good.

    Return the result of the kernel's call `prctl`. Raises OSError if the call fails.
    """
    buffer = ctypes.create_string_buffer(lines, len(lines))
    program = struct.pack("@HP", len(lines) // 8, ctypes.addressof(buffer))
    return _called("prctl", SET_SECCOMP, FILTER, program, 0, 0)


def _filter(machine: Machine, *, own: int) -> Iterator[bytes]:
    """Yield the instructions of the filter for system calls, for the kernel's small filter machine (classic BPF).

    The filter allows every call except those in the tables of `monitor.sandbox.syscalls` and those that are newer than
    the tables. `machine` is the kind of processor, and `own` the number of this process.
    """
    yield from (instruction(LOAD, MACHINE), instruction(JUMP_IF_EQUAL, machine.audit, 1, 0), instruction(RETURN, KILL))
    yield from (
        instruction(LOAD, NUMBER),
        instruction(JUMP_FROM, FIRST_UNKNOWN, 0, 1),
        instruction(RETURN, NO_SUCH_CALL),
    )
    for table, answer in ((REFUSED, REFUSE), (ABSENT, NO_SUCH_CALL)):
        for number in machine.numbers(table).values():
            yield from (instruction(JUMP_IF_EQUAL, number, 0, 1), instruction(RETURN, answer))
    numbers = machine.numbers(BY_ARGUMENT)
    for call, argument, test, values, answer, otherwise in (
        ("clone", 0, JUMP_IF_ANY_BIT, (THREAD,), ALLOW, REFUSE),
        ("kill", 0, JUMP_IF_EQUAL, (own,), ALLOW, REFUSE),
        ("tgkill", 0, JUMP_IF_EQUAL, (own,), ALLOW, REFUSE),
        ("prlimit64", 0, JUMP_IF_EQUAL, (0, own), ALLOW, REFUSE),
        ("open", 1, JUMP_IF_ANY_BIT, (WRITING,), REFUSE, ALLOW),
        ("openat", 2, JUMP_IF_ANY_BIT, (WRITING,), REFUSE, ALLOW),
        ("fcntl", 1, JUMP_IF_EQUAL, SIGNAL_OTHERS_BY_FCNTL, REFUSE, ALLOW),
        ("ioctl", 1, JUMP_IF_EQUAL, SIGNAL_OTHERS_BY_IOCTL, REFUSE, ALLOW),
    ):
        if call in numbers:
            yield from (
                instruction(JUMP_IF_EQUAL, numbers[call], 0, len(values) + 3),
                instruction(LOAD, ARGUMENTS + 8 * argument),  # its lower half, of which the kernel makes the same use
                *(instruction(test, value, len(values) - place) for place, value in enumerate(values)),
                *(instruction(RETURN, otherwise), instruction(RETURN, answer)),
            )
    yield instruction(RETURN, ALLOW)


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return one instruction of the filter for system calls, as bytes.

    - `code`, `value`: the operation, and the number that it works with.
    - `if_true`, `if_false`: how many instructions a jump skips.
    """
    return struct.pack("=HBBI", code, if_true, if_false, value)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(enter())))
