"""How much faster a backfill is with two processes that read than with one, and whether all executors log the same.

Run `make bench` or `python benchmarks/backfill.py [CAPTURES]`. A web archive on this machine holds weekly reports as
PDF, each revised several times. The real command backfills them, in turns with one process that reads and with two; the
faster time of each counts. The same is measured on a Dask cluster with one and with two worker processes, and once with
two of which one is killed half way; without the package distributed, that is left out, and said. The processor time of
the process that writes must be a small share of all, since it would hold up many workers. Exits with 1 if a log
differs, if two processes are not fast enough, or if the writer takes too much.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, tell

from monitor.demo import ddor

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the web archive is the tests' own

from tests.support.web_archive import ArchiveServer, Captured  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

# Two processes have to be this much faster than one.
MIN_SPEED_RATIO = 1.75
# The writer may take this share of the processor time of all processes of a backfill.
MAX_WRITER_PERCENT = 30.0
# Each side has this many turns, since other programs of the machine slow down some of them.
TURNS_EACH = 2
# Versions of each weekly report.
REVISIONS_PER_REPORT = 5
# Declined detainers and policies in each report.
ROWS, POLICIES = 130, 16
BEGIN = date(2017, 1, 28)
PAGE = "https://www.ice.gov/declined-detainer-outcome-report"
FOLDER = "https://www.ice.gov/doclib/ddor"
PDF = (("Content-Type", "application/pdf"),)
# A backfill that takes longer has failed.
MAX_BACKFILL_SECONDS = 3600.0


def week(number: int) -> list[Captured]:
    """Return the captures of one week's report: the first version and each revision."""
    chance = random.Random(number)  # noqa: S311 - no secret
    first, _, _, _ = ddor.history()
    begins = BEGIN + timedelta(weeks=number)
    declined = chance.sample(first.declined, ROWS)
    published = datetime(begins.year, begins.month, begins.day, 12, tzinfo=UTC) + timedelta(days=14)
    found = []
    for revision in range(REVISIONS_PER_REPORT):
        report = replace(
            first,
            first=begins,
            last=begins + timedelta(days=6),
            published_at=published + timedelta(days=revision),
            declined=tuple(declined),
            policies=first.policies[:POLICIES],
        )
        at = (published + timedelta(days=revision, minutes=1)).strftime("%Y%m%d%H%M%S")
        found.append(Captured(f"{FOLDER}/{report.file_name}", at, ddor.ddor_pdf(report), PDF))
        for place in chance.sample(range(len(declined)), 3):
            declined[place] = replace(declined[place], jurisdiction=f"{declined[place].jurisdiction} Annex")
    return found


def captures(count: int) -> list[Captured]:
    """Return `count` captures of weekly reports, and one of the page that links to them."""
    with ProcessPoolExecutor() as processes:
        weeks = list(processes.map(week, range(-(-count // REVISIONS_PER_REPORT))))
    found = [each for one in weeks for each in one][:count]
    links = "".join(f'<li><a href="{url}">report</a>' for url in sorted({each.url for each in found}))
    page = f"<html><title>Reports</title><h1>Declined detainers</h1><ul>{links}</ul><p>{'Weekly. ' * 300}".encode()
    return [*found, Captured(PAGE, "20260101000000", page)]


def serve(count: int) -> None:
    """Serve `count` captures as a web archive until killed, and print the address."""
    with ArchiveServer(captures=captures(count)) as server:
        print(server.address, flush=True)
        signal.pause()


@contextmanager
def archive(count: int) -> Iterator[str]:
    """Yield the address of a web archive that runs in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(count)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def configured(folder: Path, address: str) -> Path:
    """Write a configuration that asks this archive as fast as it answers, and return its path."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    text = text.replace("url: https://web.archive.org", f"url: {address}").replace(
        "per_minute: 15", "per_minute: 100000"
    )
    path = folder / "config.yaml"
    path.write_text(text.replace("allow_private_addresses: false", "allow_private_addresses: true"), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a backfill took, in seconds: `wall` of time, `writer` of the writer's processor, `workers` of the others'.

    On a cluster the workers are no processes of the command, so that `workers` is only known to `on_cluster`.
    """

    wall: float
    writer: float
    workers: float

    @property
    def writer_percent(self) -> float:
        """The writer's share of the processor time of all."""
        return 100 * self.writer / (self.writer + self.workers)


def run_command(arguments: list[str]) -> None:
    """Run a command of monitor in this process, and print the processor seconds of it and of those it started."""
    from monitor.cli import main as monitor_main  # noqa: PLC0415 - only here

    try:
        monitor_main(arguments)
    finally:
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            used = resource.getrusage(who)
            print(used.ru_utime + used.ru_stime, file=sys.stderr)


def backfilled(config: Path, state: Path, *options: str) -> Took:
    """Run the command, and return what it took."""
    command = [
        sys.executable,
        __file__,
        "--run",
        "--config",
        str(config),
        "--state",
        str(state),
        "backfill",
        "ice-ddor",
    ]
    begun = time.perf_counter()
    ran = subprocess.run(
        [*command, *options], check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    writer, workers = map(float, ran.stderr.split()[-2:])
    return Took(wall=time.perf_counter() - begun, writer=writer, workers=workers)


def logged(config: Path, state: Path) -> bytes:
    """Return the change log as printed, with its hashes."""
    command = [sys.executable, "-m", "monitor", "--config", str(config), "--state", str(state), "log", "--json"]
    return subprocess.run(command, check=True, cwd=ROOT, capture_output=True).stdout


def recorded(state: Path) -> int:
    """Return the number of versions that have been recorded."""
    try:
        with closing(sqlite3.connect(f"file:{state}/monitor.db?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM versions WHERE status = 'recorded'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@contextmanager
def cluster(count: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Yield the address of a Dask cluster of `count` worker processes, and the processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT, "start_new_session": True}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    scheduler = subprocess.Popen([*dask, "--no-dashboard"], **quiet)  # type: ignore[call-overload]
    work = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    workers = [subprocess.Popen(work, **quiet) for _ in range(count)]  # type: ignore[call-overload]
    try:
        from distributed import Client  # noqa: PLC0415 - only here

        with Client(f"tcp://{address}", timeout=60) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(count, timeout=60)
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def processor_seconds(session: int) -> float:
    """Return the processor seconds of all processes of a session, and of those of them that have ended."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def on_cluster(config: Path, state: Path, count: int) -> Took:
    """Run the command on a Dask cluster with so many workers, and return what it took."""
    with cluster(count) as (scheduler, workers):
        took = backfilled(config, state, "--executor", f"dask://{scheduler}")
        return replace(took, workers=sum(processor_seconds(each.pid) for each in workers))


def killed_half_way(process: subprocess.Popen[bytes], state: Path, count: int) -> None:
    """Wait until half of the versions are recorded, then kill a worker with all processes that it started."""
    deadline = time.monotonic() + MAX_BACKFILL_SECONDS
    while recorded(state) < count / 2 and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    os.killpg(process.pid, signal.SIGKILL)


def told_of(where: str, count: int, times: dict[str, list[Took]], remark: str) -> bool:
    """Print and pass on how much faster two processes are, and the writer's share; return whether both are in bounds.

    - `where`: what the processes are. `count`: of captures. `remark`: about the logs.
    - `times`: what each backfill took, by the number of processes.
    """
    one, two = (min(each.wall for each in took) for took in times.values())
    share = max(each.writer_percent for took in times.values() for each in took)
    every = "; ".join(f"{name}: " + ", ".join(f"{each.wall:.1f} s" for each in took) for name, took in times.items())
    print(f"{where}, {count:,} captures, by the number of processes: {every}")
    print(f"two over one: {one / two:.2f} times as fast (at least {MIN_SPEED_RATIO})")
    print(f"the writer takes {share:.0f} % of the processor time (at most {MAX_WRITER_PERCENT:.0f} %)")
    what = f"backfill of {count:,} captures of PDFs, {where}"
    speed = Figure(
        measure=f"{what}: speed with two processes over one",
        unit="times",
        ours=one / two,
        least=MIN_SPEED_RATIO,
        remark=f"in {one:.0f} and {two:.0f} s; {remark}",
    )
    writer = Figure(measure=f"{what}: the writer's share of the CPU", unit="%", ours=share, most=MAX_WRITER_PERCENT)
    return all([tell(speed), tell(writer)])


def main(count: int) -> None:
    """Measure each executor, and compare the logs."""
    has_dask = find_spec("distributed") is not None
    with tempfile.TemporaryDirectory() as temporary, archive(count) as address:
        folder = Path(temporary)
        config = configured(folder, address)
        local: dict[str, list[Took]] = {"1": [], "2": []}
        dask: dict[str, list[Took]] = {"1": [], "2": []}
        for turn in range(TURNS_EACH):
            for processes, took in local.items():
                took.append(backfilled(config, folder / f"{processes}-{turn}", "--workers", processes))
            for processes, took in dask.items() if has_dask else ():
                took.append(on_cluster(config, folder / f"dask-{processes}-{turn}", int(processes)))
        if has_dask:
            with cluster() as (scheduler, workers):
                killer = threading.Thread(target=killed_half_way, args=(workers[0], folder / "cluster", count))
                killer.start()
                backfilled(config, folder / "cluster", "--executor", f"dask://{scheduler}")
                killer.join()
        logs = [logged(config, state) for state in sorted(folder.glob("*/"))]
    entries = logs[0].count(b"\n")
    same = len(set(logs)) == 1 and entries > 0
    where = "processes, Dask, and Dask that lost a worker" if has_dask else "processes (Dask is not installed)"
    remark = f"the same log of {entries:,} entries with {where}: {'yes' if same else 'NO'}"
    print(remark)
    held = told_of("processes of this machine", count, local, remark)
    if has_dask:
        held = told_of("workers of a Dask cluster", count, dask, remark) and held
    else:
        print("Dask: left out, since the package distributed is not installed")
    if not (held and same):
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--run"]:
        run_command(sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
