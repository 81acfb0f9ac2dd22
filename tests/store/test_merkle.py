"""The tree of the evidence log is the one of RFC 6962, and its proofs lead to the root and to no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store import merkle
from monitor.store.merkle import Tree

# The inputs and roots that implementations of Certificate Transparency share.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_that_of_the_standard(size: int) -> None:
    """For no leaf up to eight of them."""
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert Tree().with_leaves(hashes).root.hex() == ROOTS[size]


@given(st.integers(1, 70), st.integers(0, 70))
def test_a_tree_can_be_put_down_and_taken_up(size: int, cut: int) -> None:
    """Leaves that are added later give the tree that they give at once, also from its stored form."""
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    first = Tree().with_leaves(hashes[:cut])
    assert Tree.of_bytes(first.size, first.as_bytes()) == first
    assert first.with_leaves(hashes[cut:]) == Tree().with_leaves(hashes)


@given(st.integers(1, 70), st.data())
def test_a_proof_leads_to_the_root(size: int, data: st.DataObject) -> None:
    """From its own leaf; from another leaf, another place, or with a hash more or less it does not."""
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    number = data.draw(st.integers(0, size - 1))
    root = Tree().with_leaves(hashes).root
    proof = merkle.inclusion_proofs(hashes, [number])[number]
    assert merkle.root_by_proof(hashes[number], number, size, proof) == root
    assert merkle.root_by_proof(merkle.leaf_hash(b"another"), number, size, proof) != root
    assert merkle.root_by_proof(hashes[number], number, size, [*proof, root]) is None
    assert merkle.root_by_proof(hashes[number], size, size, proof) is None
    for other in range(size):
        if other != number:
            assert merkle.root_by_proof(hashes[number], other, size, proof) != root
