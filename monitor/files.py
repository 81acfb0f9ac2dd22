"""Writes files that are never left half written, and locks that end with their process. Standard library only."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNFINISHED = ".new-"  # begins the name of a file that is still being written, or that a killed process left behind


def write_whole(path: Path, content: bytes, *, mode: int, flush: bool = True) -> None:
    """Replace a file at once: afterwards it holds either all of `content` or what it held before. Raises OSError.

    path: the file; its folder has to exist.
    content: the bytes to write.
    mode: the permissions of the file, whatever the umask is.
    flush: whether the bytes must be on the disk; without that, a power cut may leave an empty file.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and only then is that file renamed to
    `path`. Call `sync(path.parent)` afterwards to have the renaming survive a power cut.
    """
    from tempfile import mkstemp  # noqa: PLC0415 - most commands write no file

    number, name = mkstemp(prefix=UNFINISHED, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Make a file that holds all of `content`, as `write_whole` does, but never replace one that is there.

    Raises FileExistsError where something has that name already, and OSError.
    """
    from tempfile import mkstemp  # noqa: PLC0415 - the same

    number, name = mkstemp(prefix=UNFINISHED, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            temporary.chmod(mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    finally:
        temporary.unlink()
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or the list of names in a folder, to the disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def lock(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[int]:
    """Lock a file or a folder against other processes until the block or the process ends; yield its descriptor.

    path: a folder, or a file, which is created if it is missing (unless `shared`).
    wait: whether to wait until another process lets go; otherwise BlockingIOError is raised.
    shared: lock it for reading only: other shared locks are allowed at the same time, and no file is created. Raises
    FileNotFoundError if there is none.
    """
    flags = os.O_RDONLY if shared or path.is_dir() else os.O_RDWR | os.O_CREAT
    number = os.open(path, flags, 0o666)
    try:
        fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield number
    finally:
        os.close(number)
