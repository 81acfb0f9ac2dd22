"""Keeps bytes in files that are named by their SHA-256.

A file in the archive is complete, safe on the disk, and never written again.
"""

from __future__ import annotations

import errno
import hashlib
import time
from contextlib import suppress
from os.path import exists
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.files import UNFINISHED, sync, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABANDONED_AFTER_SECONDS = 24 * 60 * 60  # a temporary file older than this was left by a process that was killed


class Archive:
    """A folder of files named by the hash of their bytes; the first two digits name the subfolder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return the path that the file with this hash has, or would have."""
        return self.folder / sha256[:2] / sha256[2:]

    def put(self, content: bytes) -> str:
        """Write bytes to the archive and return their SHA-256.

        When this returns, the bytes survive a power cut. Raises StoreError.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        try:
            if not _holds(target, content):
                target.parent.mkdir(parents=True, exist_ok=True)
                _sweep(target.parent)
                write_whole(target, content, mode=0o444)
            # Also where the file is there already: the process that wrote it may have been killed before this.
            for folder in (target.parent, self.folder, self.folder.parent):
                sync(folder)
        except OSError as fault:
            what = (
                "the disk is full; free some space" if fault.errno == errno.ENOSPC else f"{fault.strerror}; see to it"
            )
            raise StoreError(f"{target}: {what}, then run the same command again") from fault
        return sha256

    def has(self, sha256: str) -> bool:
        """Return whether there is a file with this hash in its name. Its bytes are not checked; `get` does that."""
        return exists(f"{self.folder}/{sha256[:2]}/{sha256[2:]}")  # noqa: PTH110 - a path takes longer than the look

    def hashes(self) -> Iterator[str]:
        """Yield the hash in the name of each file that is there; unfinished files are passed over."""
        for folder in sorted(self.folder.glob("??")):
            for path in sorted(folder.iterdir()):
                if not path.name.startswith(UNFINISHED):
                    yield folder.name + path.name

    def get(self, sha256: str) -> bytes:
        """Return the bytes that have this hash. Raises StoreError where they are missing or were altered."""
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise StoreError(f"{path}: {fault.strerror}; restore it from a backup") from fault
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreError(f"{path}: its bytes are no longer those that were kept; restore it from a backup")
        return content

    def names(self) -> Iterator[str]:
        """Yield the hashes of all kept files. Temporary files are left out."""
        for path in sorted(self.folder.glob("??/*")):
            if not path.name.startswith("."):
                yield path.parent.name + path.name


def _holds(path: Path, content: bytes) -> bool:
    """Return whether a file exists and has exactly these bytes."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _sweep(folder: Path) -> None:
    """Delete temporary files that processes left behind when they were killed."""
    for path in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - ABANDONED_AFTER_SECONDS:
                path.unlink()
