"""The temporary folder of one drawing, and the removal of those that killed programs have left."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER_PREFIX = "monitor-browser-"
MAX_PLACE_CHARACTERS = 40  # of the folder around it: Chromium makes sockets below, whose paths may have 107
ABANDONED_SECONDS = 600.0  # since its last change, after which a folder that nobody has locked is removed


@contextmanager
def own_folder() -> Iterator[str]:
    """Yield the path of a new temporary folder, which is removed at the end; remove what killed programs have left."""
    place = Path(gettempdir() if len(gettempdir()) <= MAX_PLACE_CHARACTERS else "/tmp")  # noqa: S108 - it is made anew
    remove_abandoned(place, now=time.time())
    own = f"{FOLDER_PREFIX}{os.getpid()}-"
    with (
        TemporaryDirectory(prefix=own, dir=place, ignore_cleanup_errors=True) as folder,
        _locked(Path(folder)),
    ):
        yield folder


def remove_abandoned(place: Path, *, now: float) -> None:
    """Remove the folders of drawings in the folder `place` whose program was killed. `now` is the time in seconds."""
    for folder in place.glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            if folder.stat().st_uid == os.geteuid() and now - folder.stat().st_mtime > ABANDONED_SECONDS:
                with _locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock a folder until the end, or the end of this process. Raises BlockingIOError if it is locked already."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)
