"""The doctor's checks of the state folder: its owner, disk, database and kept files, and work that waits."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.alerts.operators import MIN_FREE_BYTES, MIN_FREE_SHARE
from monitor.config.sources import FAILURES_UNTIL_TOLD
from monitor.errors import StoreError
from monitor.files import UNFINISHED
from monitor.store import alerts, backup, metrics, queries
from monitor.store.archive import Archive
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

STATE_FOLDER = "state"  # the subject of findings on the folder
MOUNTS = Path("/proc/self/mountinfo")
# File systems on which SQLite's shared memory or locks do not work between processes: sqlite.org/wal.html.
OVER_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "glusterfs", "fuse.sshfs"})
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
MAX_LATE_ALERT = timedelta(minutes=5)  # by which a daemon that runs sends an alert late at most
MAX_WRITE_TIME = timedelta(days=1)  # after which an unfinished file was left by a killed process


def state_findings(config: Config, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on the state folder, its disk, database and archive, and on work that waits for a person."""
    yield from _place(config, state)
    if not state.is_dir():
        return
    yield from _leftovers(state, now=now)
    if not (state / "monitor.db").exists():
        yield ok(STATE_FOLDER, "no history yet; the first poll begins it")
        return
    try:
        with backup.Copy(state / "monitor.db") as store:
            yield from _database(store)
            yield from _archive(store, Archive(state / "archive"))
            yield from _late(store, config, now=now)
            yield from _waiting(store, config)
    except StoreError as broken:
        yield fault("database", str(broken), "see `monitor verify`; restore a backup with `monitor restore`")


def _place(config: Config, state: Path) -> Iterator[Finding]:
    """Yield findings on whether the state folder is on a disk that is fit for a database.

    If there is no state folder yet, the nearest existing folder above it is checked.
    """
    there = next(folder for folder in (state, *state.absolute().parents) if folder.exists())
    if not there.is_dir():
        yield fault(STATE_FOLDER, f"{there} is no folder", "name another with `state` in the configuration, or --state")
        return
    yield from _owner(state, there)
    kind = file_system(there, MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else "")
    if kind in OVER_NETWORK:
        yield fault(
            STATE_FOLDER, f"{there} lies on a network file system ({kind})", "SQLite needs a local disk; move it"
        )
    elif kind in IN_MEMORY:
        yield warning(
            STATE_FOLDER, f"{there} lies in memory ({kind})", "it is gone at the next start; move it to a disk"
        )
    yield _disk(config, there)
    nodes = os.statvfs(there)
    if nodes.f_files and nodes.f_favail < nodes.f_files * MIN_FREE_SHARE:
        yield warning("disk", f"{nodes.f_favail:,} more files fit on the disk of {there}", "remove small files there")


def _owner(state: Path, there: Path) -> Iterator[Finding]:
    """Yield findings on files that belong to other users, for example because root ran a command; they stop the daemon.

    there: the state folder, or the nearest existing folder above it.
    """
    owners = _owners((state, state / "archive", *sorted(state.glob("monitor.db*"))))
    shut = {path: uid for path, uid in (owners or _owners((there,))).items() if not os.access(path, os.W_OK)}
    foreign = {path: uid for path, uid in owners.items() if uid != os.geteuid()}
    for path, owner in shut.items():
        yield fault(
            STATE_FOLDER,
            f"{path} can't be written; it belongs to user {owner}",
            f"`chown -R` {state} to this user, or run as that one",
        )
    if foreign and not shut:
        path, owner = next(iter(foreign.items()))
        what = f"{path} belongs to user {owner}, and this is user {os.geteuid()}"
        yield warning(STATE_FOLDER, what, "run commands as the daemon's user, or it can't write what they leave")
    if not shut and not foreign:
        made = f"{state} can be written" if owners else f"{state} can be made in {there}"
        yield ok(STATE_FOLDER, made)


def _owners(paths: Iterable[Path]) -> dict[Path, int]:
    """Return the user number of the owner of each file; files that do not exist are left out."""
    owners = {}
    for path in paths:
        with suppress(FileNotFoundError):
            owners[path] = path.stat().st_uid
    return owners


def file_system(path: Path, mounts: str) -> str:
    """Return the kind of file system that a path is on, for example `ext4`; "" if that is not known.

    mounts: the text of /proc/self/mountinfo.
    """
    deepest = (0, "")
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if len(before.split()) < 5 or not after:
            continue
        point = before.split()[4].replace("\\040", " ")
        if path.resolve().is_relative_to(point) and len(point) >= deepest[0]:
            deepest = (len(point), after.split()[0])  # the last one of the same length lies over the others
    return deepest[1]


def _disk(config: Config, there: Path) -> Finding:
    usage = shutil.disk_usage(there)
    what = f"{usage.free / 1e9:,.1f} GB of {usage.total / 1e9:,.1f} GB are free at {there}"
    if usage.free < 2 * config.poll.max_bytes:
        return fault("disk", what, "make room: a poll may find no place for what it gets")
    if usage.free <= min(MIN_FREE_SHARE * usage.total, MIN_FREE_BYTES):
        return warning("disk", what, "make room")
    return ok("disk", what)


def _leftovers(state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding on unfinished files that are older than `MAX_WRITE_TIME`; a killed process has left them."""
    old = []
    for path in (*state.glob(f"{UNFINISHED}*"), *(state / "archive").glob(f"??/{UNFINISHED}*")):
        with suppress(FileNotFoundError):  # it was under way, and has its name now
            old += [path] if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > MAX_WRITE_TIME else []
    if old:
        what = f"{len(old)} files of writes that were cut short, such as {old[0]}"
        yield warning("archive", what, f"`find {state} -name '{UNFINISHED}*' -mtime +1 -delete`")


def _database(store: backup.Copy) -> Iterator[Finding]:
    """Yield findings on whether the database is undamaged, and fits this release of the program."""
    missing, newer = backup.schema_differences(store)
    if newer:
        what = f"{store.path} was written by a newer version of monitor (it has {', '.join(newer)})"
        yield fault("database", what, "install that version, or name another folder with --state")
    elif missing:
        what = f"{store.path} is of an older release; the next command brings it up to date"
        yield warning("database", what, "nothing, or `monitor backup` with the older release first")
    for damage in () if newer else queries.integrity_faults(store):
        yield fault("database", damage, "see `monitor verify`; restore a backup with `monitor restore`")
    if not newer:
        yield ok("database", f"{backup.database_bytes(store) / 1e6:,.1f} MB")


def _archive(store: backup.Copy, archive: Archive) -> Iterator[Finding]:
    """Yield a finding on whether every kept file is there and has its size; `monitor verify` also checks the hashes."""
    kept = queries.archived_files(store)
    sizes = {file.sha256: file.bytes for file in kept}
    wrong = [sha256 for sha256, size in sizes.items() if not _has(archive, sha256, size)]
    if wrong:
        what = f"{len(wrong)} of {len(sizes)} kept files are missing or cut short, such as {archive.path(wrong[0])}"
        yield fault("archive", what, "copy them from the `archive` of a backup; `monitor verify` names all")
    else:
        yield ok("archive", f"{len(sizes)} kept files, {sum(sizes.values()) / 1e6:,.1f} MB, all there")


def _has(archive: Archive, sha256: str, size: int) -> bool:
    try:
        return archive.path(sha256).stat().st_size == size
    except OSError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The numbers of alerts that wait to be sent: those that should have been sent by now, and those that are not due.

    Alerts for a channel that is disabled, or that the configuration no longer has, do not count.
    """

    overdue: int
    later: int


def waiting_alerts(config: Config, state: Path, *, now: datetime) -> Waiting | None:
    """Return the numbers of alerts that wait to be sent; None if the database can't be asked."""
    try:
        with backup.Copy(state / "monitor.db") as store:
            shut = alerts.disabled_channels(store)
            waiting = [
                delivery
                for delivery in alerts.open_deliveries(store)
                if delivery.status == alerts.WAITING and delivery.channel in config.channels.keys() - shut.keys()
            ]
    except StoreError:
        return None
    overdue = {each.alert_id for each in waiting if now - datetime.fromisoformat(each.next_attempt_at) > MAX_LATE_ALERT}
    return Waiting(overdue=len(overdue), later=len({each.alert_id for each in waiting} - overdue))


def _late(store: backup.Copy, config: Config, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on sources that nothing has looked at for longer than their time; `_waiting` tells what fails."""
    failing = {polled.name for polled in metrics.polled_sources(store) if polled.failures}
    for look in metrics.source_looks(store, config.pauses(), now=now):
        if look.state == "late" and look.source not in failing:
            yield warning(f"source {look.source}", look.words, "start `monitor run`, or `monitor poll` from a timer")


def _waiting(store: backup.Copy, config: Config) -> Iterator[Finding]:
    """Yield findings on sources whose polls fail, versions that wait for a decision, and alerts that are not sent."""
    for polled in metrics.polled_sources(store):
        if polled.name in config.sources and polled.failures >= FAILURES_UNTIL_TOLD:
            what = f"{polled.failures} polls in a row failed: {polled.fault}"
            yield warning(f"source {polled.name}", what, "see what the page says to a browser")
    if held := metrics.count_held(store):
        yield warning("holds", f"{held} versions wait for a person", "see `monitor holds`")
    for channel, why in alerts.disabled_channels(store).items():
        if channel in config.channels:
            what = f"disabled: {why}"
            yield fault(f"channel {channel}", what, f"mend it, then `monitor test-alert {channel}`")
    outbox = alerts.open_deliveries(store)
    dead = Counter(delivery.channel for delivery in outbox if delivery.status == alerts.DEAD)
    lost = Counter(delivery.channel for delivery in outbox if delivery.status == alerts.WAITING)
    for channel, count in sorted(dead.items()):
        if channel in config.channels:
            yield warning(
                f"channel {channel}", f"{count} deliveries were given up", "mend it, then `monitor redeliver`"
            )
    for channel in sorted((lost | dead).keys() - config.channels.keys()):
        what = f"{lost[channel] + dead[channel]} deliveries wait for it, and the configuration no longer has it"
        yield warning(f"channel {channel}", what, "put it back under this name, and they are sent")
