"""Each file of the archive that was altered, removed or added shows, whatever it is the file of."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.changelog.verify import verify
from monitor.config.file import load
from monitor.store.archive import Archive
from monitor.store.database import Store
from tests.store.test_evidence_faults import edit, stated
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.changelog.verify import Verified

__all__ = ["stated"]

# One file of each kind, as the database names it.
FILES = {
    "a version": "SELECT sha256 FROM captures WHERE id = (SELECT max(capture_id) FROM versions)",
    "a page that linked it": "SELECT sha256 FROM captures WHERE id = (SELECT max(page_id) FROM versions)",
    "a body as it came": "SELECT packed_sha256 FROM exchanges WHERE packed_sha256 IS NOT NULL",
    "a certificate": "SELECT sha256 FROM certificates",
    "a time stamp": "SELECT reply FROM stamps",
}


@pytest.fixture
def state(stated: Path, tmp_path: Path) -> Path:
    """A copy of that state folder."""
    return shutil.copytree(stated, tmp_path / "state")


def verified(state: Path) -> Verified:
    """What is wrong with a state folder."""
    with Store(state) as store:
        return verify(store, Archive(state / "archive"), load(ROOT / "config.yaml"))


def path_of(state: Path, query: str) -> Path:
    """The file that the database names."""
    with Store(state) as store:
        return Archive(state / "archive").path(store.column(query)[0])


@pytest.mark.parametrize("query", FILES.values(), ids=FILES.keys())
def test_one_flipped_byte_is_named(state: Path, query: str) -> None:
    """With the path of the file, and no other fault."""
    path = path_of(state, query)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)
    (fault,) = verified(state).faults
    assert fault.startswith(f"archive: {path}: its bytes are no longer those that were kept")


@pytest.mark.parametrize("query", FILES.values(), ids=FILES.keys())
def test_a_missing_file_is_named(state: Path, query: str) -> None:
    """With the path that it had, and no other fault."""
    path = path_of(state, query)
    path.unlink()
    (fault,) = verified(state).faults
    assert fault.startswith(f"archive: {path}: No such file or directory")


def test_a_file_that_nothing_names_is_remarked_on(state: Path) -> None:
    """It is no fault, for a killed process may have left it; a file that is being written is not spoken of."""
    assert verified(state).remarks == ()
    archive = Archive(state / "archive")
    stray = archive.path(archive.put(b"what nobody fetched"))
    (stray.parent / ".new-abc").write_bytes(b"half")
    found = verified(state)
    assert found.faults == ()
    (remark,) = found.remarks
    assert remark.startswith(f"archive: nothing names {stray};")


def test_another_size_than_the_file_has_is_named(state: Path) -> None:
    """Of a certificate, whose size is nowhere else."""
    edit(state, "UPDATE certificates SET bytes = bytes + 1 WHERE sha256 = (SELECT max(sha256) FROM certificates)")
    path = path_of(state, "SELECT max(sha256) FROM certificates")
    assert verified(state).faults == (
        f"archive: {path}: has 4 bytes, not the 5 noted (https://example.org/b, captured 2026-01-05T13:30:01Z)",
    )
