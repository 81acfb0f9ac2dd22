"""Makes a backup of a state folder (the database and the kept files), and a state folder from a backup.

A backup is a folder with `monitor.db`, `archive/` and the configuration. First the database is copied under a temporary
name, then the kept files that it refers to; last, the copy is renamed to `monitor.db`. So `monitor.db` is complete at
any moment, and a process that is killed on the way leaves the earlier backup as it was.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.changelog.verify import Verified, verify
from monitor.errors import RefusedError, StoreError
from monitor.files import UNFINISHED, lock, sync, write_whole
from monitor.store import backup, changelog, queries
from monitor.store.adopt import RESTORED, open_store
from monitor.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from monitor.config.sources import Config
    from monitor.store.database import Store

    Progress = Callable[
        [str, int, int], None
    ]  # the name of the work, how much of it is done, and how much it is in all

DATABASE = "monitor.db"
NEW = f"{UNFINISHED}monitor.db"
LOCK = ".backup-lock"
DISK_ENTRIES = frozenset({"lost+found"})  # names at the root of an empty disk
BACKUP_TITLE = "A backup that monitor wrote"  # begins the README of a backup, and so tells it from other folders
README = f"""\
{BACKUP_TITLE}: its database, every file that it kept, and its configuration.

To restore it, into a folder that holds no history yet:

    monitor --config config.yaml --state FOLDER restore .

Secrets that the configuration names by file or variable are not here.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """The outcome of a backup.

    copied, copied_bytes: the number, and the size in bytes, of the kept files that were copied now.
    files: the number of all kept files.
    bytes: the size in bytes of all kept files and the database.
    entries, head: the number of entries of the change log, and the hash of the last one.
    faults: a line for each kept file that could not be read.
    """

    copied: int
    copied_bytes: int
    files: int
    bytes: int
    entries: int
    head: str
    faults: tuple[str, ...]


def back_up(
    store: Store, archive: Archive, folder: Path, *, config_path: Path, full: bool, progress: Progress
) -> Backed:
    """Make a backup, or bring an earlier one up to date. Other processes may write to the database meanwhile.

    store, archive: the database and the kept files of the state folder.
    folder: the folder of the backup.
    config_path: the configuration file, which is copied too.
    full: whether to check the hashes of kept files that the backup already has; otherwise only their sizes are checked.
    progress: a function that is called as the work goes on.

    Raises StoreError, RefusedError.
    """
    _refuse_place(folder, store.path.parent, archive)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        _refuse_other(folder, store)
        _write(folder / "README", README.encode())  # first, because it says that the rest is a backup
        _room(folder, backup.database_bytes(store))
        with _copied(store, folder, progress) as copy:
            kept, (entries, head) = queries.archived_files(copy), changelog.head(copy)
            copied, faults = _fill(archive, Archive(folder / "archive"), kept, full=full, progress=progress)
        _write(folder / "config.yaml", config_path.read_bytes())
        _refuse_in_use(folder)
        _commit(folder)
        sync(folder.parent)
        size = sum(file.bytes for file in kept) + (folder / DATABASE).stat().st_size
    return Backed(
        copied=len(copied),
        copied_bytes=sum(copied),
        files=len(kept),
        bytes=size,
        entries=entries,
        head=head,
        faults=tuple(faults),
    )


def restore(folder: Path, state: Path, *, config: Config, at: str, progress: Progress) -> Verified:
    """Make a state folder from a backup, verify it, and return the outcome. Raises StoreError, RefusedError.

    It never overwrites a database. The evidence log of the new state folder has another name than before: what came
    after the backup is lost, and two logs must not have one name.

    folder: the folder of the backup.
    state: the state folder to make.
    at: the present time, as ISO 8601 in UTC.
    progress: is called as the work goes on.
    """
    if not (folder / DATABASE).is_file():
        raise RefusedError(f"{folder}: no backup; it has no {DATABASE}")
    if (state / DATABASE).exists():
        raise RefusedError(f"{state}: there is a history already; name a new folder with --state")
    if _within(state, folder) or _within(folder, state):
        raise RefusedError(f"{state}: lies within the backup, or the backup in it; name another folder with --state")
    state.mkdir(parents=True, exist_ok=True)
    with _alone(state), backup.Copy(folder / DATABASE) as source:
        _room(state, backup.database_bytes(source))
        with _copied(source, state, progress) as copy:
            if newer := backup.schema_differences(copy)[1]:
                raise RefusedError(f"{folder}: a newer version of monitor wrote it ({', '.join(newer)}); install that")
            kept = queries.archived_files(copy)
            _, faults = _fill(
                Archive(folder / "archive"), Archive(state / "archive"), kept, full=True, progress=progress
            )
        if (state / DATABASE).exists():
            raise RefusedError(f"{state}: another program began a history there meanwhile; name a new folder")
        _write(state / RESTORED, at.encode("ascii"))  # before the database, which is complete as soon as it is there
        _commit(state)
        sync(state.parent)
    progress("checking", 0, 0)
    with open_store(state) as store:
        verified = verify(store, Archive(state / "archive"), config)
    all_faults = verified.faults or tuple(f"archive: {fault}" for fault in faults)
    return replace(verified, faults=all_faults)


@contextmanager
def _copied(store: Store, folder: Path, progress: Progress) -> Iterator[backup.Copy]:
    """Copy the database into a folder under a temporary name, check the copy and yield it.

    Where the copying, the check or the block fails, the copy is removed.
    """
    _sweep(folder)
    try:
        backup.copy_database(
            store, folder / NEW, progress=lambda left, total: progress("database", total - left, total)
        )
        with backup.Copy(folder / NEW) as copy:
            _refuse_damaged(copy, store)
            yield copy
    except BaseException:
        _sweep(folder)
        raise


def _refuse_damaged(copy: backup.Copy, store: Store) -> None:
    """Check that a copy of the database is not damaged. Raises StoreError.

    store: the database that was copied; the error message names it.
    """
    try:
        faults = queries.database_faults(copy)
    except StoreError as fault:  # too damaged to be looked through
        faults = [str(fault.__cause__)]
    if faults:
        raise StoreError(f"{store.path}: damaged: {faults[0]}; nothing was overwritten; see `monitor verify`")


def _fill(
    source: Archive, target: Archive, kept: Sequence[queries.ArchivedFile], *, full: bool, progress: Progress
) -> tuple[list[int], list[str]]:
    """Copy those kept files from `source` that `target` lacks.

    kept: the files that `target` must have.
    full: whether to check the hashes of files that `target` already has; otherwise only their sizes are checked.

    Return the size in bytes of each copied file, and a line for each file that could not be read.
    """
    progress("looking", 0, len(kept))
    missing = [file for file in kept if not _is_there(target, file, full=full)]
    _room(target.folder.parent, sum(file.bytes for file in missing))
    copied: list[int] = []
    faults: list[str] = []
    for number, file in enumerate(missing, start=1):
        try:
            content = source.get(file.sha256)
        except StoreError as fault:
            faults.append(f"{fault} ({file.url}, captured {file.captured_at})")
            continue
        target.put(content)
        target.get(file.sha256)
        copied.append(len(content))
        progress("archive", number, len(missing))
    return copied, faults


def _is_there(target: Archive, file: queries.ArchivedFile, *, full: bool) -> bool:
    path = target.path(file.sha256)
    try:
        if path.stat().st_size != file.bytes:
            return False
        if full:
            target.get(file.sha256)
    except (OSError, StoreError):
        return False
    return True


def _refuse_place(folder: Path, state: Path, archive: Archive) -> None:
    """Check that a folder is outside the state folder, and empty, new or a backup. Raises RefusedError."""
    if any(_within(folder, kept) or _within(kept, folder) for kept in (state, archive.folder)):
        raise RefusedError(f"{folder}: lies within the state folder, or around it; name a folder on another disk")
    if not folder.exists() or _is_backup(folder):
        return
    if (folder / DATABASE).exists():
        raise RefusedError(f"{folder}: a state folder, and no backup; name an empty folder or a new one")
    others = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - DISK_ENTRIES
    if others:
        raise RefusedError(f"{folder}: holds other things ({min(others)}); name an empty folder or a new one")


def _is_backup(folder: Path) -> bool:
    try:
        return (folder / "README").read_bytes().startswith(BACKUP_TITLE.encode())
    except FileNotFoundError:
        return False


def _refuse_other(folder: Path, store: Store) -> None:
    """Check that a backup in the folder, if there is one, is of an earlier state of `store`. Raises RefusedError."""
    _refuse_in_use(folder)
    if not (folder / DATABASE).exists():
        return
    try:
        with backup.Copy(folder / DATABASE) as old:
            strange = backup.why_unrelated(old, store)
    except StoreError as fault:
        message = f"{folder}: what is there can't be read ({fault}); move it away, or name a new folder"
        raise RefusedError(message) from fault
    if strange:
        message = f"{folder}: the backup of another history, or of a later state of this one: here is no {strange}"
        raise RefusedError(f"{message}; name a new folder")


def _refuse_in_use(folder: Path) -> None:
    """Check that no process uses a backup as its state folder. Raises RefusedError.

    Otherwise the entries that the other process writes would be mixed with those of the backup.
    """
    if (folder / f"{DATABASE}-wal").exists() and not backup.merge_journal(folder / DATABASE):
        raise RefusedError(f"{folder}: in use as a state folder; end what uses it, or name a new folder")


def _within(inner: Path, outer: Path) -> bool:
    return inner.resolve().is_relative_to(outer.resolve())


def _room(folder: Path, needed: int) -> None:
    """Check that the disk of a folder has room for `needed` bytes. Raises StoreError."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        figures = f"{needed / 1e6:,.1f} MB are needed, {free / 1e6:,.1f} MB are free"
        raise StoreError(f"{folder}: the disk is full: {figures}; make room. What was there before was left as it is")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock a folder against other backups while the block runs. Raises RefusedError if it is locked already."""
    with ExitStack() as exits:
        try:
            exits.enter_context(lock(folder / LOCK, wait=False))
        except BlockingIOError as busy:
            raise RefusedError(f"{folder}: another process is writing there; wait for it") from busy
        yield


def _sweep(folder: Path) -> None:
    """Remove unfinished files in a folder, which a killed process left behind."""
    for path in (*folder.glob(f"{UNFINISHED}*"), *(folder / "archive").glob(f"??/{UNFINISHED}*")):
        with suppress(FileNotFoundError):
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    """Replace a small file at once, by one that only its owner can read. Raises StoreError for a full disk."""
    try:
        write_whole(path, content, mode=0o600)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        raise StoreError(f"{path}: the disk is full; make room. The backup from before is whole") from fault


def _commit(folder: Path) -> None:
    """Rename the copied database in a folder to `monitor.db`; that completes the backup or the state folder."""
    (folder / NEW).chmod(0o600)
    sync(folder / NEW)
    (folder / NEW).replace(folder / DATABASE)
    sync(folder)
