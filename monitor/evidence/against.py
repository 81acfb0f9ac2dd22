"""Compares the history with what somebody else holds of it: an old checkpoint, a packet, or an alert.

If the history is the continuation of that, nothing before it was altered or removed since.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from monitor.errors import CheckpointError
from monitor.evidence.checkpoint import parse_checkpoint
from monitor.store import evidence, leaves

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.database import Store

IN_PACKET = "log/checkpoint.txt"
MAX_AGAINST_BYTES = 1_000_000  # of an alert or a checkpoint; a packet may be larger
NOTHING = "0" * 64  # the head of an empty change log, which earlier alerts could name
HEAD = re.compile(r"(?i)head:?\W{1,20}([0-9a-f]{64})\b")
# As an alert says it, to people and to programs.
IN_ALERT = re.compile(
    r"""(?ix)(?:checkpoint|evidence\ log)\W{1,30}
    (?:(?P<said>[1-9][0-9,]{0,25})\s+statements?,\s+root|size\W{1,6}(?P<size>[1-9][0-9]{0,17})\W{1,6}root)
    \W{1,30}(?P<root>[0-9a-f]{64})\b"""
)
SOFT_BREAK = re.compile(r"=\n")  # within a mail as it was sent, where lines are short
CHECKPOINT = re.compile(r"(?m)^[^\s<>]{1,200}\n(?:0|[1-9][0-9]{0,17})\n[A-Za-z0-9+/]{43}=\n")


def compare(store: Store, path: Path) -> str:
    """Return a sentence that says that the history continues what a file holds. Raises CheckpointError if it does not.

    `path` is a checkpoint, the folder or ZIP file of a packet, or an alert as text. An error is also raised if the file
    has neither a checkpoint nor the head of a change log in it.
    """
    text = _text(path)
    found = CHECKPOINT.search(text)
    if found:
        then = parse_checkpoint(found.group())
        return _compare_checkpoint(store, then.size, then.root)
    alert = SOFT_BREAK.sub("", text)
    heads = [head.lower() for head in HEAD.findall(alert) if head != NOTHING]
    states = [(int((said or size).replace(",", "")), root) for said, size, root in IN_ALERT.findall(alert)]
    if not heads and not states:
        raise CheckpointError(f"{path}: has no checkpoint and no head of a change log in it")
    sentence = ""
    for size, root in states:
        sentence = _compare_checkpoint(store, size, bytes.fromhex(root))
    for head in heads:
        number = evidence.number_with_hash(store, head)
        if number is None:
            raise CheckpointError(
                f"{path}: the change log has no entry with the hash {head[:12]}...; it is another one"
            )
    return (
        sentence if states else f"the change log continues {path}: it has the entry with the hash {heads[-1][:12]}..."
    )


def _compare_checkpoint(store: Store, size: int, root: bytes) -> str:
    """Compare the evidence log with what it was when it had `size` statements."""
    now = leaves.tree(store)
    if size > now.size:
        raise CheckpointError(
            f"the checkpoint is of {size:,} statements, and the log has {now.size:,}: the history was cut off, "
            "or is another one"
        )
    if leaves.tree_of_size(store, size).root != root:
        raise CheckpointError(
            f"the first {size:,} statements are not those of the checkpoint: the history was altered, or is another one"
        )
    return f"the history continues the checkpoint of {size:,} statements; {now.size - size:,} came since"


def _text(path: Path) -> str:
    """Return the text to compare with. Raises CheckpointError if there is none."""
    try:
        if path.is_dir():
            path = path / IN_PACKET
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packet, packet.open(IN_PACKET) as member:
                return member.read(MAX_AGAINST_BYTES).decode("utf-8", "replace")
        with path.open("rb") as file:
            return file.read(MAX_AGAINST_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except (OSError, KeyError, zipfile.BadZipFile) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise CheckpointError(f"{path}: can't be read: {reason}; name a checkpoint, a packet or an alert") from fault
