"""Checks a packet of evidence with Python alone: python3 verify.py, in the folder of the packet.

It checks the manifest, that no file was added, that each statement is in the log (RFC 6962), and that the files and the
lists have the hashes that the statements name. It does not check signatures and time stamps; VERIFY.txt says how.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
OUTSIDE = {"MANIFEST.sha256", "MANIFEST.sha256.sig"}


def manifest_faults() -> Iterator[str]:
    """Yield a line for each file that is missing, was changed, or was added."""
    listed = {}
    for line in (HERE / "MANIFEST.sha256").read_text(encoding="utf-8").splitlines():
        listed[line[66:]] = line[:64]
    for name, expected in listed.items():
        path = HERE / name
        if not path.is_file():
            yield f"{name} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            yield f"{name} was changed"
    for path in sorted(HERE.rglob("*")):
        name = path.relative_to(HERE).as_posix()
        if path.is_file() and name not in listed and name not in OUTSIDE:
            yield f"{name} is not in the manifest"


def root_of(leaf: bytes, number: int, hashes: list[bytes], size: int) -> bytes | None:
    """Return the root that a proof leads to, or None (RFC 9162, section 2.1.3.2)."""
    node, at, last = hashlib.sha256(b"\x00" + leaf).digest(), number, size - 1
    for other in hashes:
        if last == 0:
            return None
        if at % 2 or at == last:
            node = hashlib.sha256(b"\x01" + other + node).digest()
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + other).digest()
        at, last = at // 2, last // 2
    return node if last == 0 else None


def statement_faults() -> Iterator[str]:
    """Yield a line for each statement that is not in the log, or that a file of the packet contradicts."""
    _, size, root, *_ = (HERE / "log/checkpoint.txt").read_text(encoding="utf-8").split("\n")
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (HERE / "files").glob("*")}
    lists = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (HERE / "log").glob("*.lines")}
    named = set()
    for path in sorted((HERE / "log").glob("*.leaf")):
        proof = path.with_suffix(".tlog-proof").read_text(encoding="utf-8").partition("\n\n")[0].split("\n")
        number = int(next(line for line in proof if line.startswith("index "))[6:])
        hashes = [base64.b64decode(line) for line in proof[proof.index(f"index {number}") + 1 :]]
        leaf = path.read_bytes()
        if root_of(leaf, number, hashes, int(size)) != base64.b64decode(root):
            yield f"statement {number} is not in the log"
        said = json.loads(leaf)
        named |= {said[key] for key in ("sha256", "version", "page", "previous", "lines") if said.get(key)}
    for digest in sorted((kept | lists) - named):
        yield f"no statement names the file with SHA-256 {digest}"


def main() -> None:
    """Print what is wrong, or that nothing is; end with status 1 if anything is wrong."""
    faults = [*manifest_faults(), *statement_faults()]
    for fault in faults:
        print(fault)
    print("not all is as it was" if faults else "every file is as listed, and every statement is in the log")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
