"""The root of the evidence log over a fixed history never changes: its leaves are what others hold proofs of."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from monitor.store import leaves
from monitor.store.adopt import open_store
from monitor.store.archive import Archive
from tests.support.paths import ROOT
from tests.support.stated import add_each_kind

if TYPE_CHECKING:
    from pathlib import Path

ADOPTED = (538, "1d9f7140c10108c7dbf98041bf51173743fabc5b4ebf107f71201ab297945f09")
WITH_EACH_KIND = (550, "04a15b0e2773f526f7d6a545d9b6eb2da6e6fea1940a3372b39e7a42c89947c1")
WITH_DOCUMENTS = (554, "62da58e16807f092688ab332e05191220001807bf9fe27f294a65049f12a3d70")


def test_the_root_of_a_fixed_history_is_fixed(tmp_path: Path) -> None:
    """Of the demo's history as an earlier release has written it, taken over, and of statements of the other kinds."""
    with tarfile.open(ROOT / "tests" / "golden" / "states" / "demo.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    with open_store(tmp_path) as store:
        tree = leaves.tree(store)
        assert (tree.size, tree.root.hex()) == ADOPTED
        add_each_kind(store, Archive(tmp_path / "archive"))
        tree = leaves.tree(store)
        assert leaves.tree_of_size(store, WITH_EACH_KIND[0]).root.hex() == WITH_EACH_KIND[1]
        assert (tree.size, tree.root.hex()) == WITH_DOCUMENTS
