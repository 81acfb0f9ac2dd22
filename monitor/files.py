"""Files that are whole or not there, and locks that end with their process. Standard library only."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNFINISHED = ".new-"  # begins the name of a file that is still being written, or that a killed process left behind


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file so that its name stands for all of its bytes, or for what it held before. Raises OSError.

    path: the file; its folder has to be there.
    mode: its permissions, whatever the umask is.

    The bytes go to a temporary file in the same folder and are on the disk before that file takes the name. The name
    itself survives a power cut after `sync(path.parent)`.
    """
    number, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def lock(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[int]:
    """Hold a file or a folder that no other process holds, and yield its descriptor; the end of the process lets go.

    path: a folder, or a file, which is made where it is missing.
    wait: whether to wait for another holder; without it BlockingIOError is raised.
    shared: only look: hold it together with others that look, and make no file. FileNotFoundError where there is none.
    """
    flags = os.O_RDONLY if shared or path.is_dir() else os.O_RDWR | os.O_CREAT
    number = os.open(path, flags, 0o666)
    try:
        fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield number
    finally:
        os.close(number)
