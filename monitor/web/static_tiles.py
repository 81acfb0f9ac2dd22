"""Writes the hashes of the evidence log as tiles: files from which anyone can compute the proofs of a checkpoint.

The form is that of https://c2sp.org/tlog-tiles: `tile/0/...` has the hashes of the leaves, 256 in a file, and each
level above has one hash for each full file of the level below. A full tile never changes. The statements themselves,
whose hashes these are, are not published.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store.merkle import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TILE_HASHES = 256
TILE_GROUP = 1_000  # a number is written in groups of three digits
TILES_TEXT = """Hashes of the evidence log, in the form of https://c2sp.org/tlog-tiles

tile/0/000 has the SHA-256 hashes (RFC 6962) of the first 256 statements, 32 bytes each, tile/0/001 those of the next
256, and so on. tile/1/000 has the hashes over tile/0/000, tile/0/001, ... A tile that is not full has its length in its
name, like tile/0/002.p/17. The file "checkpoint" beside this folder names a size and a root hash: the root of the tree
over the first so many hashes. The statements themselves are not here; packets of evidence have those that they need.
"""


def tiles(hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield each tile of a log with these leaf hashes: its path, and its content."""
    level = 0
    while hashes:
        above = []
        for begin in range(0, len(hashes), TILE_HASHES):
            part = hashes[begin : begin + TILE_HASHES]
            suffix = "" if len(part) == TILE_HASHES else f".p/{len(part)}"
            yield f"tile/{level}/{_number(begin // TILE_HASHES)}{suffix}", b"".join(part)
            if not suffix:
                above.append(Tree().with_leaves(part).root)
        hashes, level = above, level + 1


def _number(number: int) -> str:
    """Return the number of a tile as a path: in groups of three digits, all but the last with an `x` before them."""
    groups = [f"{number % TILE_GROUP:03}"]
    while number := number // TILE_GROUP:
        groups.insert(0, f"x{number % TILE_GROUP:03}")
    return "/".join(groups)
