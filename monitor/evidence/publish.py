"""Puts checkpoints and the public key into a folder, from where a person has them copied to where others see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.errors import CheckpointError, EvidenceError
from monitor.evidence.checkpoint import parse_checkpoint
from monitor.files import sync, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.evidence.keys import SigningKey

SIZE_DIGITS = 12  # of the names of the files, so that they sort as the log grew
SIGNERS, VERIFIER = "allowed_signers", "verifier-key.txt"  # the public key, for ssh-keygen and for tools of logs
MODE = 0o644


def publish(folder: Path, text: str, *, key: SigningKey | None) -> Path:
    """Put a checkpoint into the folder, with its signature and the public key where there is a key; return its path.

    Nothing that was published is replaced. Raises EvidenceError if the folder can't be written, or if it already has
    another checkpoint of a log of this size: then the history was rewritten, or is another one.
    """
    found = parse_checkpoint(text)
    path = folder / f"checkpoint-{found.size:0{SIZE_DIGITS}}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            before = parse_checkpoint(path.read_text(encoding="utf-8"))
            if (before.origin, before.root) != (found.origin, found.root):
                message = f"{path}: was published with another root hash; the history is no longer the same"
                raise EvidenceError(f"{message}: see `monitor verify`, and keep both")
        if key:
            _put(path.with_name(f"{path.name}.sig"), key.ssh_signature(text.encode()))
            _add(folder / SIGNERS, key.allowed_signers_line(found.origin))
            _add(folder / VERIFIER, key.verifier_key(found.origin))
        _put(path, text)
        sync(folder)
    except (OSError, UnicodeDecodeError) as fault:
        raise EvidenceError(f"{path}: can't be published: {fault}") from fault
    return path


def published_at(folder: Path) -> datetime | None:
    """Return when the last checkpoint was put into the folder; None if it has none."""
    paths = sorted(folder.glob("checkpoint-*.txt"))
    return datetime.fromtimestamp(paths[-1].stat().st_mtime, UTC) if paths else None


def latest_published(folder: Path) -> str | None:
    """Return the text of the largest checkpoint in the folder; None if it has none, or if it can't be read."""
    paths = sorted(folder.glob("checkpoint-*.txt"))
    try:
        text = paths[-1].read_text(encoding="utf-8") if paths else None
        if text:
            parse_checkpoint(text)
    except (OSError, UnicodeDecodeError, CheckpointError):
        return None
    return text


def _put(path: Path, text: str) -> None:
    if not path.exists():
        write_whole(path, text.encode(), mode=MODE)


def _add(path: Path, line: str) -> None:
    """Add a line to a file unless it has it: earlier keys stay, or earlier signatures could not be checked."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if line not in lines:
        write_whole(path, "".join(f"{each}\n" for each in (*lines, line)).encode(), mode=MODE)
