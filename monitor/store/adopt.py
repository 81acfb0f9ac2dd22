"""Begins the evidence log of a database that an older release has written: each row that is there becomes a leaf.

These leaves are marked as adopted. They prove that the rows were there when the log began, and nothing earlier.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from monitor import PACKAGE
from monitor.store.database import Store, is_migrated

RESTORED = ".restored"  # a file with the time of a restore, until the evidence log says that the folder was restored
OPENING = (sys.executable, "-P", "-m", "monitor.store.adopt")


def open_store(folder: Path) -> Store:
    """Open the database of a state folder for writing; create or migrate it, and begin its evidence log, where needed.

    If the folder was just made from a backup, the evidence log says so from now on. A mark without a database was left
    by a restore that was killed, and means nothing. Raises StoreError.
    """
    mark = folder / RESTORED
    if mark.is_file() and not (folder / "monitor.db").exists():
        mark.unlink(missing_ok=True)
    store = Store(folder)
    try:
        adopt(store)
        if mark.exists():
            from monitor.store.statements import note_restore  # noqa: PLC0415 - once in the life of a state folder

            with store.transaction():
                note_restore(store, at=mark.read_text(encoding="ascii"))
            mark.unlink(missing_ok=True)
    except BaseException:
        store.connection.close()
        raise
    return store


def prepare_store(folder: Path) -> None:
    """Create or migrate the database of a state folder, where needed, in a process of its own.

    The libraries for that take twenty megabytes, which a process that runs for weeks would keep. If it fails, nothing
    is raised: the same happens, and is told, when this process opens the database.
    """
    if not is_migrated(folder):
        told = {"PYTHONPATH": str(PACKAGE.parent)}
        subprocess.run(  # noqa: S603 - the command is ours
            [*OPENING, str(folder)], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | told,
        )  # fmt: skip


def adopt(store: Store) -> None:
    """Begin the evidence log, unless that is done. Either all leaves are written, or none. Raises StoreError."""
    if store.one("SELECT 1 FROM evidence_head"):
        return
    # These are loaded once in the life of a state folder, and not with each command.
    from monitor.store.changelog import filed_entries  # noqa: PLC0415
    from monitor.store.leaves import append_leaves  # noqa: PLC0415
    from monitor.store.list_proofs import prove_all  # noqa: PLC0415
    from monitor.store.statements import STATEMENT_VIEWS, statement  # noqa: PLC0415

    with store.transaction():
        if store.one("SELECT 1 FROM evidence_head"):
            return
        store.write("INSERT INTO evidence_head (only, size, peaks, adopted) VALUES (1, 0, x'', 0)", {})
        # Of versions: their present status where it is not the first one, and when each was last seen.
        store.write(
            """
            INSERT INTO version_states (version_id, status, hold_reason, releasable, gap_after_version_id)
            SELECT id, status, hold_reason, releasable, gap_after_version_id FROM versions
            WHERE status <> 'kept' OR gap_after_version_id IS NOT NULL ORDER BY id
            """,
            {},
        )
        store.write(
            "INSERT INTO sightings (version_id, last_seen_at) SELECT id, last_seen_at FROM versions ORDER BY id", {}
        )
        for _ in prove_all(store):
            pass
        for kind, view in STATEMENT_VIEWS.items():
            rows = store.all(f"SELECT * FROM {view} ORDER BY id")  # noqa: S608 - a constant
            append_leaves(store, kind, ((row["id"], statement(kind, row, is_adopted=True)) for row in rows))
        append_leaves(
            store,
            "amendment",
            (
                (filed.number, filed.entry.hashed_text().encode())
                for filed in filed_entries(store)
                if filed.entry is not None
            ),
        )
        store.write("UPDATE evidence_head SET adopted = size", {})


if __name__ == "__main__":
    open_store(Path(sys.argv[1])).connection.close()
