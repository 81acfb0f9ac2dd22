"""Files that are whole or not there, and locks: among threads, processes, and after failures."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from monitor.files import UNFINISHED, lock, sync, write_new, write_whole

if TYPE_CHECKING:
    from pathlib import Path

# Holds a lock until its standard input ends.
HOLDER = """
import pathlib, sys
from monitor.files import lock
with lock(pathlib.Path(sys.argv[1]), shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_file_is_written_with_its_mode(tmp_path: Path) -> None:
    """Whatever the umask is, and whatever stood there before."""
    path = tmp_path / "file"
    before = os.umask(0o077)
    try:
        for content, mode in ((b"first", 0o444), (b"second", 0o644)):
            write_whole(path, content, mode=mode)
            assert path.read_bytes() == content
            assert path.stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_stood_there_stays_where_writing_fails(tmp_path: Path) -> None:
    """A name that can't be taken leaves neither half a file nor a temporary one."""
    (tmp_path / "taken" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"content", mode=0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_new_file_never_replaces_what_is_there(tmp_path: Path) -> None:
    """Neither a file nor a link that leads nowhere; and no temporary file is left."""
    write_new(tmp_path / "file", b"first", mode=0o600)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, b"second", mode=0o600)
    assert (tmp_path / "file").read_bytes() == b"first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_bytes_are_on_the_disk_before_they_have_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is synced while the name still stands for the old bytes."""
    path = tmp_path / "file"
    write_whole(path, b"old", mode=0o644)
    synced: list[tuple[bytes, bytes]] = []

    def fsync(number: int) -> None:
        (unfinished,) = tmp_path.glob(f"{UNFINISHED}*")
        assert os.path.samestat(unfinished.stat(), os.fstat(number))
        synced.append((unfinished.read_bytes(), path.read_bytes()))

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(path, b"new", mode=0o644)
    assert synced == [(b"new", b"old")]
    assert path.read_bytes() == b"new"


def test_files_and_folders_can_be_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its own descriptor; a missing one is an error."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_ino))
    (tmp_path / "file").write_bytes(b"")
    sync(tmp_path / "file")
    sync(tmp_path)
    assert synced == [(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino]
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "missing")


@pytest.mark.parametrize("name", ["file", "."])
@pytest.mark.parametrize(
    ("theirs", "ours", "free"),
    [("alone", False, False), ("alone", True, False), ("shared", False, False), ("shared", True, True)],
)
def test_a_lock_holds_between_processes(tmp_path: Path, name: str, theirs: str, *, ours: bool, free: bool) -> None:
    """Until the other process ends, however it ends; those that only look hold it together."""
    path = tmp_path / name
    if name != ".":
        path.touch()
    arguments = [sys.executable, "-c", HOLDER, str(path), theirs]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        if free:
            with lock(path, wait=False, shared=ours):
                pass
        else:
            with pytest.raises(BlockingIOError), lock(path, wait=False, shared=ours):
                pass
        holder.kill()
        holder.wait()
        with lock(path, wait=False, shared=ours):
            pass


def test_a_lock_keeps_what_its_file_holds(tmp_path: Path) -> None:
    """A file is made where it is missing, and never emptied; looking makes none."""
    with pytest.raises(FileNotFoundError), lock(tmp_path / "lock", shared=True):
        pass
    with lock(tmp_path / "lock") as number:
        os.write(number, b"17")
    with lock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_bytes() == b"17"
