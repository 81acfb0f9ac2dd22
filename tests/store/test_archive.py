"""The archive keeps bytes whole or not at all, on disk before it says so, and knows when they were altered."""

from __future__ import annotations

import hashlib
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreError
from monitor.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

CONTENT = b"a weekly report" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that nothing was put into."""
    return Archive(tmp_path / "state" / "archive")


def files(archive: Archive) -> list[Path]:
    """Every file in the archive's folder, hidden ones too."""
    return [path for path in archive.folder.rglob("*") if path.is_file()]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond this: writing more fails as on a full disk, only with another word."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_put_is_got(archive: Archive) -> None:
    """The name is the SHA-256, the file can't be written by accident, and nothing else lies beside it."""
    assert archive.put(CONTENT) == SHA256
    assert archive.get(SHA256) == CONTENT
    assert files(archive) == [archive.path(SHA256)]
    assert archive.path(SHA256).stat().st_mode & 0o777 == 0o444
    assert list(archive.names()) == [SHA256]


def test_nothing_is_a_content_too(archive: Archive) -> None:
    """No bytes have a hash as well."""
    assert archive.get(archive.put(b"")) == b""


def test_putting_again_writes_nothing(archive: Archive) -> None:
    """The same bytes are the same file, untouched."""
    archive.put(CONTENT)
    before = archive.path(SHA256).stat()
    archive.put(CONTENT)
    assert archive.path(SHA256).stat() == before


def synced(archive: Archive) -> list[str]:
    """What a put asks of the disk, in order: the names of its calls to the operating system."""
    calls: list[str] = []

    def note(_: FrameType, event: str, called: object) -> None:
        name = getattr(called, "__name__", "")
        if event == "c_call" and name in {"fsync", "replace", "rename", "write"}:
            calls.append(name)

    sys.setprofile(note)
    try:
        archive.put(CONTENT)
    finally:
        sys.setprofile(None)
    return calls


def test_bytes_are_on_disk_before_they_have_their_name(archive: Archive) -> None:
    """Written, synced, renamed; then the folders that got new names are synced, the archive's own too."""
    assert synced(archive) == ["write", "fsync", "replace", "fsync", "fsync", "fsync"]


def test_a_file_that_is_there_has_its_name_synced(archive: Archive) -> None:
    """Whoever wrote it may have been killed between the renaming and the syncing of the folder."""
    archive.put(CONTENT)
    assert synced(archive) == ["fsync"] * 3


def test_a_write_that_fails_leaves_nothing(archive: Archive) -> None:
    """Where the file system takes only a part, one line says so, no file is there, and a later try succeeds."""
    with largest_file(4096), pytest.raises(StoreError) as failed:
        archive.put(CONTENT)
    assert str(failed.value) == f"{archive.path(SHA256)}: File too large; see to it, then run the same command again"
    assert files(archive) == []
    assert archive.get(archive.put(CONTENT)) == CONTENT


def test_a_failed_write_harms_nothing_that_is_there(archive: Archive) -> None:
    """Other files stay, and stay readable."""
    kept = archive.put(b"small")
    with largest_file(4096), pytest.raises(StoreError):
        archive.put(CONTENT)
    assert (archive.get(kept), list(archive.names())) == (b"small", [kept])


def test_a_file_cut_short_is_written_anew(archive: Archive) -> None:
    """A leftover with too few bytes, under the right name, does not count as kept."""
    archive.path(SHA256).parent.mkdir(parents=True)
    archive.path(SHA256).write_bytes(CONTENT[:100])
    archive.put(CONTENT)
    assert archive.get(SHA256) == CONTENT


@pytest.mark.parametrize("change", [lambda old: old[:-1], lambda old: old + b"x", lambda old: b"A" + old[1:]])
def test_altered_bytes_are_not_given_out(archive: Archive, change: type[bytes]) -> None:
    """Shorter, longer, or one byte another: StoreError names the file."""
    archive.put(CONTENT)
    path = archive.path(SHA256)
    path.chmod(0o644)
    path.write_bytes(change(CONTENT))
    with pytest.raises(StoreError, match="its bytes are no longer those that were kept"):
        archive.get(SHA256)


def test_missing_bytes_are_said_to_be_missing(archive: Archive) -> None:
    """StoreError names the file and what to do."""
    with pytest.raises(StoreError, match=f"{SHA256[2:]}: No such file or directory; restore it from a backup"):
        archive.get(SHA256)


def test_leftovers_are_no_contents(archive: Archive) -> None:
    """What a killed process left behind is not listed."""
    archive.put(CONTENT)
    (archive.path(SHA256).parent / ".new-abc").write_bytes(CONTENT[:10])
    assert list(archive.names()) == [SHA256]


def test_an_archive_that_can_not_be_written_is_named(archive: Archive) -> None:
    """A file stands where the folder should be: one line, no traceback."""
    archive.folder.parent.mkdir()
    archive.folder.write_text("")
    with pytest.raises(StoreError) as failed:
        archive.put(CONTENT)
    assert str(archive.folder) in str(failed.value)
    assert "\n" not in str(failed.value)


def test_many_may_put_the_same_at_once(archive: Archive) -> None:
    """Eight threads with the same bytes: one whole file, nothing left over."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: archive.put(CONTENT), range(32))) == {SHA256}
    assert files(archive) == [archive.path(SHA256)]
    assert archive.get(SHA256) == CONTENT
