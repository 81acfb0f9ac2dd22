"""Merkle trees as in RFC 6962: one hash over a whole log, and short proofs that a line is in it. Pure functions.

The leaves of a tree are lines of bytes. Its root is a hash that changes if any leaf is changed, added, removed or
moved. An inclusion proof is a list of hashes, about as many as the number of leaves has binary digits; with it anyone
can compute the root from one leaf, without the other leaves.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256().digest()  # the root of a tree without leaves
HASH_BYTES = 32


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of a zero byte and the line (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children: SHA-256 of a one byte and both hashes (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A tree to which leaves can be added, without the leaves that it has.

    size: how many leaves it has.
    peaks: the roots of the complete subtrees that it consists of, the largest first. Their sizes are the powers of two
        that add up to `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def with_leaves(self, hashes: Iterable[bytes]) -> Tree:
        """Return the tree with more leaves, given by their hashes in order."""
        size, peaks = self.size, list(self.peaks)
        for leaf in hashes:
            node = leaf
            rest = size
            while rest & 1:  # two subtrees of equal size become one
                node = node_hash(peaks.pop(), node)
                rest >>= 1
            peaks.append(node)
            size += 1
        return Tree(size=size, peaks=tuple(peaks))

    @property
    def root(self) -> bytes:
        """Return the hash over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def as_bytes(self) -> bytes:
        """Return the roots of the subtrees as one string of bytes, for `of_bytes`."""
        return b"".join(self.peaks)

    @classmethod
    def of_bytes(cls, size: int, peaks: bytes) -> Tree:
        """Return the tree that `as_bytes` was called on; `size` is the number of its leaves."""
        parts = tuple(peaks[start : start + HASH_BYTES] for start in range(0, len(peaks), HASH_BYTES))
        return cls(size=size, peaks=parts)


def inclusion_proofs(hashes: Sequence[bytes], numbers: Iterable[int]) -> dict[int, tuple[bytes, ...]]:
    """Return the proofs that leaves are in a tree: for each the hashes that lead from it up to the root.

    hashes: the hashes of all leaves of the tree.
    numbers: the numbers of the leaves, from 0, by which the result is keyed.
    """
    paths: dict[int, list[bytes]] = {number: [] for number in numbers}
    level, height = list(hashes), 0
    while len(level) > 1:
        for number, path in paths.items():
            beside = (number >> height) ^ 1
            if beside < len(level):  # else the node has none beside it, and moves up as it is
                path.append(level[beside])
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
        height += 1
    return {number: tuple(path) for number, path in paths.items()}


def root_by_proof(leaf: bytes, number: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof leads to from the hash of a leaf; None if the proof is too long or too short.

    number, size: the number of the leaf, from 0, and how many leaves the tree has.
    """
    if not 0 <= number < size:
        return None
    turns = _turns(number, size)
    if len(turns) != len(proof):
        return None
    root = leaf
    for is_right, other in zip(turns, proof, strict=True):
        root = node_hash(other, root) if is_right else node_hash(root, other)
    return root


def _turns(number: int, size: int) -> list[bool]:
    """Return for each step from a leaf to the root whether the path comes from the right side."""
    if size == 1:
        return []
    half = _half(size)
    if number < half:
        return [*_turns(number, half), False]
    return [*_turns(number - half, size - half), True]


def _half(size: int) -> int:
    """Return the largest power of two that is smaller than `size`: the number of leaves on the left side of a tree."""
    return 1 << ((size - 1).bit_length() - 1)
