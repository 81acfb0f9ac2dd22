"""What the evidence log costs: import, verify, database, proofs and exhibits; beside monitor before it had one.

Run `make bench` or `python benchmarks/evidence.py`. The history is that of the real spreadsheets beside the project; if
they are absent, the sheets of the demo stand in, and the figures say so. Both programs run by turns, in processes of
their own; of each the median of the CPU of all its processes counts. The earlier program is unpacked from the
repository's history. Then a log of a million statements is made, and a year in which nothing changes, polled each hour,
by a clock of its own and without a network. Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import json
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from before import earlier
from figures import Figure, tell
from rivals import MissingRivalError
from xlsx import REAL, demo_manifest

from monitor.changelog import listed
from monitor.config.file import load
from monitor.evidence.checkpoint import checkpoint
from monitor.evidence.keys import SigningKey
from monitor.evidence.packet import packet, zipped
from monitor.evidence.tlog import proof_text
from monitor.history import exhibits
from monitor.history.subjects import subject_of_entry, subject_of_record
from monitor.steps.outcomes import Polled
from monitor.steps.poll_status import note_polls
from monitor.store import leaves, lines, versions
from monitor.store.adopt import open_store
from monitor.store.archive import Archive
from monitor.store.database import Store
from monitor.store.read_only import entry_numbered
from monitor.store.rows import locator_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.history.subjects import Subject

ROOT = Path(__file__).parent.parent
STATE = ROOT / "tests" / "golden" / "states" / "demo.tar.xz"
# The last state of the program without an evidence log.
BEFORE = "e2b3701"
RIVAL = "monitor before the evidence log"
ROUNDS = 9
STATEMENTS = 1_000_000
PROVED = 100  # of these statements
SHOWN = 20  # entries, and as many records
HOURS = 365 * 24
SEED = 1
# Bounds: CPU over that of the program before, size of a proof, time of an exhibit, growth in a year without change.
MAX_IMPORT_RATIO, MAX_VERIFY_RATIO, MAX_PROOF_KB, MAX_EXHIBIT_SECONDS, MAX_YEAR_MB = 1.05, 2.0, 1.5, 1.0, 2.0


def cpu(python: Path, folder: Path, *arguments: object) -> float:
    """Run a command of the program in a folder, and return the CPU seconds of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(python), "-m", "monitor", "--config", str(folder / "config.yaml"), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def database_bytes(state: Path) -> int:
    """Return the size of a database, with all that was written in the file itself."""
    with closing(sqlite3.connect(state / "monitor.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (state / "monitor.db").stat().st_size


def beside(manifest: Path, scratch: Path) -> Iterator[Figure]:
    """Yield what importing and verifying cost, and the bytes of the database; the last import stays in `scratch`."""
    with manifest.open(encoding="utf-8") as rows:
        files = sum(1 for _ in csv.DictReader(rows))
    remark = "" if manifest == REAL else "the sheets of the demo, since the real ones are not beside the project"
    programs = {"after": (Path(sys.executable), ROOT)}
    try:
        python = earlier(BEFORE)
        programs["before"] = (python, python.parents[2])
    except MissingRivalError as missing:
        remark = "; ".join(filter(None, (remark, str(missing))))
    imported: dict[str, list[float]] = {name: [] for name in programs}
    verified: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(ROUNDS):
        for name in programs if turn % 2 else reversed(programs):
            state = scratch / name
            shutil.rmtree(state, ignore_errors=True)
            imported[name].append(cpu(*programs[name], "--state", state, "import", "ice-287g", "--manifest", manifest))
            verified[name].append(cpu(*programs[name], "--state", state, "verify"))
    for what, taken, most in (
        (f"importing {files} spreadsheets, history and all", imported, MAX_IMPORT_RATIO),
        ("`monitor verify` of that history", verified, MAX_VERIFY_RATIO),
    ):
        yield Figure(
            measure=f"CPU of {what}, median of {ROUNDS}",
            unit="s",
            ours=statistics.median(taken["after"]),
            rival=RIVAL,
            theirs=statistics.median(taken["before"]) if "before" in taken else None,
            most_ratio=most,
            remark=remark,
        )
    sizes = {name: database_bytes(scratch / name) / files / 1000 for name in programs}
    yield Figure(
        measure=f"Database for each of {files} captures, with all records and entries",
        unit="KB",
        ours=sizes["after"],
        rival=RIVAL,
        theirs=sizes.get("before"),
        remark=remark,
    )


def seconds(do: Callable[[], object]) -> float:
    """Return the seconds by the clock on the wall that a call takes."""
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def exhibited(state: Path) -> Iterator[Figure]:
    """Yield how long exhibits of entries and of records take, which stand in spreadsheets and so have no pictures."""
    config, chance = load(ROOT / "config.yaml"), random.Random(SEED)  # noqa: S311 - no secret
    with open_store(state) as store:
        context = exhibits.ExhibitContext(
            store=store, archive=Archive(state / "archive"), config=config, draw=lambda *_: b""
        )

        def exhibit(subject: Subject) -> None:
            gathered = exhibits.gather_exhibit(context, [subject])
            if gathered.faults or gathered.pictures:
                sys.exit(f"{subject.claim}: {gathered.faults}")
            zipped(packet(gathered))

        def of_entry(number: int) -> None:
            entry = entry_numbered(store, number)
            assert entry is not None
            exhibit(subject_of_entry(store, config, entry))

        def of_record(row: dict[str, str]) -> None:
            line = lines.record_in_file(store, row["sha256"], row["list"], locator_of(json.loads(row["locator"])).mark)
            assert line is not None
            question = listed.Question.of(config, now=datetime.now(UTC))
            exhibit(subject_of_record(store, config, listed.of_record(store, question, line), at=None))

        entries = [row["id"] for row in store.all("SELECT id FROM amendments ORDER BY id")]
        records = store.all(
            """
            SELECT captures.sha256, records.list, records.locator FROM records
            JOIN versions ON versions.id = records.first_version JOIN captures ON captures.id = versions.capture_id
            ORDER BY records.id
            """
        )
        taken = {
            "an entry": [seconds(partial(of_entry, each)) for each in chance.sample(entries, SHOWN)],
            "a record": [seconds(partial(of_record, each)) for each in chance.sample(records, SHOWN)],
        }
    for what, each in taken.items():
        yield Figure(
            measure=f"Exhibit of {what} of that history as a ZIP file, median of {SHOWN}",
            unit="s",
            ours=statistics.median(each),
            most=MAX_EXHIBIT_SECONDS,
        )


def proved(folder: Path) -> Iterator[Figure]:
    """Yield the size of a proof in a log of a million statements, and how long proofs, root and leaves take there."""
    folder.mkdir()
    key = SigningKey.make(folder / "key")
    with Store(folder) as store:
        store.connection.execute("PRAGMA synchronous = OFF")  # of this connection: the disk is not measured
        with store.transaction():
            made = seconds(
                lambda: leaves.append_leaves(
                    store,
                    "capture",
                    ((number, b'{"leaf":"capture","number":%d}' % number) for number in range(STATEMENTS)),
                )
            )
        tree = leaves.tree(store)
        numbers = random.Random(SEED).sample(range(STATEMENTS), PROVED)  # noqa: S311 - no secret
        found: dict[int, tuple[bytes, ...]] = {}
        taken = seconds(lambda: found.update(leaves.proofs_of(store, numbers, size=tree.size)))
        text = checkpoint("monitor.example.org/log", tree.size, tree.root, key=key)
        largest = max(len(proof_text(number, proof, text).encode()) for number, proof in found.items())
        with store.transaction():
            one = seconds(lambda: leaves.append_leaf(store, "capture", STATEMENTS, b"{}"))
    log = f"in a log of {STATEMENTS:,} statements"
    yield Figure(
        measure=f"Largest of {PROVED} proofs {log}, with the signed checkpoint",
        unit="KB",
        ours=largest / 1000,
        most=MAX_PROOF_KB,
    )
    yield Figure(measure=f"Making {PROVED} proofs at once, as for an exhibit, {log}", unit="s", ours=taken)
    yield Figure(measure=f"Appending {STATEMENTS:,} statements at once", unit="s", ours=made)
    yield Figure(measure=f"Appending one statement {log}", unit="ms", ours=one * 1000)


def unchanged_year(state: Path) -> Iterator[Figure]:
    """Yield by how much the database grows in a year in which each source is polled each hour and nothing changes."""
    with tarfile.open(STATE) as archive:
        archive.extractall(state, filter="data")
    config = load(ROOT / "config.yaml")
    with open_store(state) as store:
        store.connection.execute("PRAGMA synchronous = OFF")  # of this connection: the disk is not measured
        reports = {name: tuple(versions.reports_of(store, name)) for name in config.sources}
        present = datetime(2026, 1, 1, tzinfo=UTC)

        def poll(at: datetime) -> None:
            note_polls(
                store,
                config,
                [
                    Polled(
                        source=name,
                        started=at,
                        reports=each,
                        unchanged=tuple((report, report.url) for report in each if not report.withdrawn_at),
                    )
                    for name, each in reports.items()
                ],
            )

        poll(present)
        before = database_bytes(state)
        begin = time.process_time()
        for hour in range(1, HOURS + 1):
            poll(present + timedelta(hours=hour))
        taken = time.process_time() - begin
    count = sum(map(len, reports.values()))
    year = f"{len(reports)} sources with {count} reports, polled each hour of a year in which nothing changes"
    yield Figure(
        measure=f"Growth of the database: {year}",
        unit="MB",
        ours=(database_bytes(state) - before) / 1e6,
        most=MAX_YEAR_MB,
    )
    yield Figure(measure="CPU of noting one of these polls", unit="ms", ours=taken / HOURS / len(reports) * 1000)


def measured(scratch: Path) -> Iterator[Figure]:
    """Yield all figures."""
    manifest = REAL if REAL.exists() else demo_manifest(scratch)
    yield from beside(manifest, scratch)
    yield from exhibited(scratch / "after")
    yield from proved(scratch / "million")
    yield from unchanged_year(scratch / "year")


def main(_: Sequence[str]) -> int:
    """Measure, print the figures, and return 1 if a bound does not hold."""
    held = True
    with tempfile.TemporaryDirectory() as scratch:
        for each in measured(Path(scratch)):
            held = tell(each) and held
            theirs = f", {RIVAL} {each.theirs:.3g} {each.unit}: ratio {each.ratio:.3f}" if each.ratio else ""
            print(f"{each.measure}: {each.ours:.3g} {each.unit}{theirs}{'' if each.held else '   MISSED'}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
