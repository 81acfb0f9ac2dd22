"""Appends leaves to the evidence log, and reads its tree. A leaf is the hash of one line about one row.

`store/statements.py` says what the line of each kind of leaf is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.store.merkle import Tree, inclusion_proofs, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.store.database import Store

_LEAVES_AT_ONCE = 10_000  # that are read from the database together


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One leaf of the evidence log: its number from 0, its kind, the id of the row that it is about, and its hash."""

    number: int
    kind: str
    ref: int
    hash: bytes


def append_leaves(store: Store, kind: str, lines: Iterable[tuple[int, bytes]]) -> None:
    """Append leaves of one kind to the evidence log. Call this in the transaction that writes their rows.

    `lines` are pairs: the id of the row that a leaf is about, and the line whose hash is the leaf.
    """
    new = [(ref, leaf_hash(line)) for ref, line in lines]
    if not new:
        return
    before = tree(store)
    after = before.with_leaves(leaf for _, leaf in new)
    store.write_each(
        "INSERT INTO leaves (number, kind, ref, hash) VALUES (:number, :kind, :ref, :hash)",
        (
            {"number": number, "kind": kind, "ref": ref, "hash": leaf}
            for number, (ref, leaf) in enumerate(new, start=before.size)
        ),
    )
    store.write(
        "UPDATE evidence_head SET size = :size, peaks = :peaks", {"size": after.size, "peaks": after.as_bytes()}
    )


def append_leaf(store: Store, kind: str, ref: int, line: bytes) -> None:
    """Append one leaf to the evidence log. Call this in the transaction that writes its row.

    `ref` is the id of the row that it is about, and `line` the line whose hash is the leaf.
    """
    append_leaves(store, kind, [(ref, line)])


def tree(store: Store) -> Tree:
    """Return the tree of the evidence log: its size, and its root."""
    row = store.one("SELECT size, peaks FROM evidence_head")
    assert row is not None  # `adopt.open_store` begins the log of an older database
    return Tree.of_bytes(row["size"], row["peaks"])


def tree_of_size(store: Store, size: int) -> Tree:
    """Return the tree that the evidence log was when it had `size` leaves, made of the leaves that it has now."""
    return Tree().with_leaves(hashes(store, size))


def proofs_of(store: Store, numbers: Iterable[int], *, size: int) -> dict[int, tuple[bytes, ...]]:
    """Return for each of these leaves the proof that it is in the tree of the first `size` leaves, keyed by number."""
    return inclusion_proofs(hashes(store, size), numbers)


def adopted_leaves(store: Store) -> int:
    """Return how many leaves are about rows that an older release had written, before there was an evidence log."""
    row = store.one("SELECT adopted FROM evidence_head")
    return int(row["adopted"]) if row else 0


def leaf_of(store: Store, kind: str, ref: int) -> Leaf | None:
    """Return the leaf about one row, or None."""
    row = store.one("SELECT * FROM leaves WHERE kind = :kind AND ref = :ref", {"kind": kind, "ref": ref})
    return Leaf(**row) if row else None


def all_leaves(store: Store) -> Iterator[Leaf]:
    """Yield the leaves in the order of their numbers."""
    last = -(2**63)
    while rows := store.all(
        "SELECT * FROM leaves WHERE number > :last ORDER BY number LIMIT :limit",
        {"last": last, "limit": _LEAVES_AT_ONCE},
    ):
        yield from (Leaf(**row) for row in rows)
        last = rows[-1]["number"]


def hashes(store: Store, size: int) -> list[bytes]:
    """Return the hashes of the first `size` leaves."""
    return store.column("SELECT hash FROM leaves WHERE number < :size ORDER BY number", {"size": size})
