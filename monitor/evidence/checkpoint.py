"""Writes and reads checkpoints: a short text that says how large the evidence log was, and what its root hash was.

The form is that of https://c2sp.org/tlog-checkpoint. Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import CheckpointError
from monitor.evidence.keys import check_note

if TYPE_CHECKING:
    from monitor.evidence.keys import SigningKey

ROOT_BYTES = 32
MAX_SIZE_DIGITS = 18
MAX_CHECKPOINT_LETTERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint says.

    - `origin`: the name of the log.
    - `size`: the number of its leaves. `root`: the hash over all of them, 32 bytes.
    - `signed`: whether anybody has signed it; `check_checkpoint` checks by whom.
    """

    origin: str
    size: int
    root: bytes
    signed: bool


def checkpoint(origin: str, size: int, root: bytes, *, key: SigningKey | None) -> str:
    """Write a checkpoint of a log with `size` leaves and the root hash `root`; a key signs it, where there is one."""
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    return f"{text}\n{key.note_signature(origin, text)}" if key else text


def log_name(origin: str, restores: int) -> str:
    """Return the name of a log. Each restore from a backup begins a new log, with a number after the name.

    - `origin`: the name in the configuration. `restores`: how often the history was made from a backup.
    """
    return f"{origin}/{restores + 1}" if restores else origin


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint. Raises CheckpointError if the text is none. Signatures are not checked."""
    body, blank, signatures = text.partition("\n\n")
    lines = body.removesuffix("\n").split("\n")
    if len(text) > MAX_CHECKPOINT_LETTERS or len(lines) < 3 or not (text.endswith("\n") and lines[0].strip()):
        raise CheckpointError("it is no checkpoint: it needs a line each with the log's name, its size and its root")
    size, root = lines[1], _root(lines[2])
    if not (size.isascii() and size.isdecimal() and len(size) <= MAX_SIZE_DIGITS and size == str(int(size))):
        raise CheckpointError(f"it is no checkpoint: {size!r} in its second line is no size")
    if root is None:
        raise CheckpointError(f"it is no checkpoint: {lines[2]!r} in its third line is no root hash")
    return Checkpoint(origin=lines[0], size=int(size), root=root, signed=bool(blank and signatures))


def check_checkpoint(text: str, verifier_key: str) -> Checkpoint:
    """Read a checkpoint that the key has signed. Raises CheckpointError if it is none, or if the key has not signed it.

    `verifier_key` is the public key in the form of signed notes, as `monitor key show` prints it. The log must have
    the name that the key was made for.
    """
    found = parse_checkpoint(text)
    name = verifier_key.partition("+")[0]
    if found.origin != name:
        raise CheckpointError(f"it is a checkpoint of {found.origin}, and the key is that of {name}")
    check_note(text, verifier_key)
    return found


def _root(text: str) -> bytes | None:
    """Return the root hash that is written as base64 in a text, or None if it is none."""
    try:
        root = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return None
    return root if len(root) == ROOT_BYTES and b64encode(root).decode() == text else None
