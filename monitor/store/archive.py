"""Kept bytes, by their SHA-256. What is here is complete, on disk, and never written again."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

ABANDONED_AFTER_SECONDS = 24 * 60 * 60  # a temporary file older than this was left by a process that was killed


class Archive:
    """A folder of files named by their own hash, two letters deep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are, or would be."""
        return self.folder / sha256[:2] / sha256[2:]

    def put(self, content: bytes) -> str:
        """Keep bytes and return their SHA-256. When this returns, they survive a power cut. Raises StoreError."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        try:
            if not _holds(target, content):
                self._write(target, content)
            # Also where the file is there already: whoever wrote it may have been killed before this.
            for folder in (target.parent, self.folder, self.folder.parent):
                _sync_folder(folder)
        except OSError as fault:
            what = (
                "the disk is full; free some space" if fault.errno == errno.ENOSPC else f"{fault.strerror}; see to it"
            )
            raise StoreError(f"{target}: {what}, then run the same command again") from fault
        return sha256

    def _write(self, target: Path, content: bytes) -> None:
        """Temporary file, fsync, rename: the name stands for all of the bytes or for none."""
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        number, temporary = tempfile.mkstemp(prefix=".new-", dir=target.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o444)
            Path(temporary).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise

    def has(self, sha256: str) -> bool:
        """Whether a file is there for these bytes; `get` tells whether it holds them."""
        return self.path(sha256).exists()

    def get(self, sha256: str) -> bytes:
        """The bytes with this hash, checked against it. Raises StoreError where they are missing or altered."""
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise StoreError(f"{path}: {fault.strerror}; restore it from a backup") from fault
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreError(f"{path}: its bytes are no longer those that were kept; restore it from a backup")
        return content

    def names(self) -> Iterator[str]:
        """The hashes of all kept bytes; leftovers of a write that was cut short are not among them."""
        for path in sorted(self.folder.glob("??/*")):
            if not path.name.startswith("."):
                yield path.parent.name + path.name


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file holds just these bytes: one cut short or altered is written anew."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _sweep(folder: Path) -> None:
    """Take away what killed processes left unfinished."""
    for path in folder.glob(".new-*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - ABANDONED_AFTER_SECONDS:
                path.unlink()


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
