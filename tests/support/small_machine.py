"""A machine with little memory: a group of processes that the kernel gives so much together, and no more."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class SmallMachine:
    """A group of processes with a limit of memory, which also counts the files that they put into memory.

    - `folder`: the group's folder. `limit`, `peak`: the names of its files with the limit and the most that was used.
    - `account`: the name of its file that counts how many processes the kernel has killed.
    """

    folder: Path
    limit: str
    peak: str
    account: str

    def start(
        self, command: Sequence[str | Path], *, cwd: Path, stderr: IO[str], env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process in the group; whatever it starts is in the group too."""
        joined = f'echo $$ > "{self.folder}/cgroup.procs" && exec "$@"'
        return subprocess.Popen(
            ["/bin/sh", "-c", joined, "sh", *map(str, command)],
            cwd=cwd, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, env=env,
        )  # fmt: skip

    def killed(self) -> int:
        """How many processes the kernel has killed for want of memory."""
        lines = (self.folder / self.account).read_text("ascii").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("oom_kill ")))

    def close(self) -> None:
        """Kill what still runs in the group, and remove the group once it is empty."""
        deadline = time.monotonic() + 60
        while self.folder.exists():
            for number in (self.folder / "cgroup.procs").read_text("ascii").split():
                with suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)
            try:
                self.folder.rmdir()
            except OSError:  # a process that was killed is there for a moment longer
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def most_bytes(self) -> int | None:
        """The most memory that was used; None where the kernel does not say."""
        path = self.folder / self.peak
        return int(path.read_text("ascii")) if path.exists() else None


@contextmanager
def small_machine(size: int) -> Iterator[SmallMachine]:
    """Make a group that gets `size` bytes of memory, and no swap; skip the test where that is not allowed."""
    name = f"monitor-test-{os.getpid()}"
    if (GROUPS / "memory").is_dir():
        machine = SmallMachine(
            folder=GROUPS / "memory" / name,
            limit="memory.limit_in_bytes",
            peak="memory.max_usage_in_bytes",
            account="memory.oom_control",
        )
    else:
        machine = SmallMachine(folder=GROUPS / name, limit="memory.max", peak="memory.peak", account="memory.events")
    try:
        machine.folder.mkdir()
    except OSError as fault:
        pytest.skip(f"no group of processes with a limit of memory can be made here: {fault}")
    try:
        try:
            _write(machine.folder / machine.limit, size)
            for swap, most in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", size)):
                with suppress(OSError):  # a machine that accounts for no swap
                    _write(machine.folder / swap, most)
            machine.killed()
        except (OSError, StopIteration) as fault:
            pytest.skip(f"the kernel does not limit the memory of a group here: {fault}")
        yield machine
    finally:
        machine.close()


def _write(path: Path, number: int) -> None:
    """Write a number into a file of a group, which the kernel takes or refuses at once."""
    opened = os.open(path, os.O_WRONLY)
    try:
        os.write(opened, str(number).encode("ascii"))
    finally:
        os.close(opened)
