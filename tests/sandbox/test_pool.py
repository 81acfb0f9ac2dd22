"""Reading ahead on executors: whatever reads, and however many, the change log comes out the same to the last hash."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from monitor import __version__
from monitor.config.reports import ReportDescription
from monitor.demo import ddor
from monitor.demo.sheets import sheet
from monitor.errors import BombError, LayoutError, MonitorError, ReadError, RefusedError, StoreError
from monitor.model import Box
from monitor.sandbox.pool import FILES_AHEAD, Drawing, Understanding, Workers, here, workers_named
from monitor.sandbox.reader import Reader
from monitor.steps import process
from tests.support.backfilled import FIRST, agreement, archive, captured, files
from tests.support.hostile import refused
from tests.support.lists import CONFIG
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from monitor.steps.outcomes import Processed
    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

DEADLINE = 300.0
REPORT = ReportDescription.model_validate(
    {"kind": "rolling", "format": "csv", "match": {"href": "x"}, "lists": {"names": {"columns": {"name": "Name"}}}}
)


def job(name: str) -> Understanding:
    """A file of one record."""
    return Understanding(content=f"Name\n{name}\n".encode(), report=REPORT, on=date(2026, 1, 5))


def wait(until: Callable[[], Any]) -> None:
    """Until it is so."""
    end = time.monotonic() + DEADLINE
    while not until():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


class Waiting(Executor):
    """An executor that begins nothing."""

    def __init__(self) -> None:
        self.begun: list[Future[Any]] = []

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        """Take a job, and leave it."""
        self.begun.append(Future())
        return self.begun[-1]


class Broken(Waiting):
    """An executor whose workers are lost."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        """Take a job, and lose it."""
        future = super().submit()
        future.set_exception(BrokenExecutor("a worker\nended"))
        return future


class Forgetful(Waiting):
    """An executor that does each job, and loses what came of the first one."""

    def submit(self, *asked: Any, **_: Any) -> Future[Any]:
        """Do a job at once."""
        future = super().submit()
        function, *arguments = asked
        result = function(*arguments)
        if len(self.begun) > 1:
            future.set_result(result)
        else:
            future.set_exception(CancelledError("the machine that had it is gone"))
        return future


def test_a_result_that_was_lost_is_asked_for_once_more() -> None:
    """The version is read on another machine, and no other one is read again."""
    executor = Forgetful()
    found = list(Workers(executor, at_once=1).in_order("ab", job))
    said = [read().reading.lists[0].records[0].values if read else None for _, read in found]
    assert (said, len(executor.begun)) == ([("a",), ("b",)], 3)


def test_what_is_read_ahead_comes_in_order() -> None:
    """Each version with what it says, and None where there is nothing to read."""
    names = [f"County {number}" for number in range(20)]
    with here(2) as workers:
        found = list(workers.in_order(names, lambda name: None if name.endswith("7") else job(name)))
        said = [(name, lists().reading.lists[0].records[0].values if lists else None) for name, lists in found]
    assert said == [(name, None if name.endswith("7") else (name,)) for name in names]


def test_an_error_comes_when_it_is_asked_for_and_costs_no_other_version() -> None:
    """What can't be read, and what is not in the archive, is an error of that version alone."""

    def asked(name: str) -> Understanding:
        if name == "lost":
            raise StoreError("the archive has lost it")
        return (
            Understanding(content=b"Nothing\nof it\n", report=REPORT, on=date(2026, 1, 5))
            if name == "odd"
            else job(name)
        )

    with here(1) as workers:
        found = dict(workers.in_order(["a", "odd", "lost", "b"], asked))
        for name, error in (("odd", LayoutError), ("lost", StoreError)):
            said = found[name]
            assert said is not None
            with pytest.raises(error):
                said()
        for name in "ab":
            said = found[name]
            assert said is not None
            assert said().reading.lists[0].records[0].values == (name,)


def test_no_more_is_begun_than_is_soon_needed() -> None:
    """However many versions wait: two for each worker, and the one that is asked for."""
    executor = Waiting()
    given = 0

    def versions() -> Iterator[str]:
        nonlocal given
        for number in range(1_000):
            given += 1
            yield str(number)

    for taken, _ in enumerate(Workers(executor, at_once=3).in_order(versions(), job), start=1):
        assert len(executor.begun) == given
        assert given - taken <= FILES_AHEAD * 3
    assert (given, len(executor.begun)) == (1_000, 1_000)


def test_what_is_not_needed_any_more_is_not_read() -> None:
    """Where the work ends early, what was begun ahead is cancelled."""
    executor = Waiting()
    found = Workers(executor, at_once=2).in_order(map(str, range(100)), job)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in executor.begun] == [False] + [True] * FILES_AHEAD * 2


def test_an_executor_that_is_lost_is_named_in_one_line() -> None:
    """Whatever it raises; nothing is recorded of it, so the same command can be said again."""
    ((_, said),) = Workers(Broken(), at_once=1, where="dask://10.0.0.1:8786").in_order(["a"], job)
    assert said is not None
    with pytest.raises(MonitorError) as lost:
        said()
    assert str(lost.value) == (
        "dask://10.0.0.1:8786: reading ended (BrokenExecutor: a worker ended); nothing is lost, say the same again"
    )
    assert not isinstance(lost.value, ReadError)  # or the version would be held


def test_its_processes_end_with_it() -> None:
    """Each thread has a process that reads, as soon as it has something to read, and none is left behind."""
    before = set(psutil.Process().children(recursive=True))
    with here(2) as workers:
        for _, said in workers.in_order(map(str, range(8)), job):
            assert said is not None
            said()
        assert set(psutil.Process().children(recursive=True)) - before
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_file_that_kills_its_process_costs_that_process_alone() -> None:
    """Its error is about that file, and the version after it is read by a new process."""
    content = refused()
    bomb = Understanding(content=content, report=CONFIG.sources["ice-ddor"].reports["weekly"], on=date(2017, 2, 20))
    before = set(psutil.Process().children())
    with here(1) as workers:
        found = dict(workers.in_order(["a", "bomb", "b"], lambda name: bomb if name == "bomb" else job(name)))
        one, hostile, other = found.values()
        assert one is not None
        assert hostile is not None
        assert other is not None
        assert one().reading.lists[0].records
        with pytest.raises(BombError):
            hostile()
        assert other().reading.lists[0].records
        assert len(set(psutil.Process().children()) - before) == 1


def head(monitor: Commands) -> tuple[int, str]:
    """How many entries the log has, and the hash of the last one."""
    entries = monitor("log", "--json").rows
    return len(entries), entries[-1]["entry_hash"]


def statuses(state: Path) -> list[str]:
    """The statuses of the versions in a state folder so far."""
    with closing(sqlite3.connect(state / "monitor.db")) as database:
        return [status for (status,) in database.execute("SELECT status FROM versions")]


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of a cluster."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0"}
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        process.wait()
        _, left = psutil.wait_procs(children, timeout=DEADLINE)
        assert left == []  # what reads ends with whom it reads for


def address_in(file: Path) -> str:
    """The address of a scheduler, once its file is there and whole."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return ""


@pytest.fixture(scope="module")
def running_scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Dask scheduler: its address, as a person writes it."""
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    with started("-m", "distributed.cli.dask_scheduler", *options, "--scheduler-file", str(file)):
        wait(lambda: address_in(file))
        yield address_in(file).replace("tcp://", "dask://")


@pytest.fixture(scope="module")
def worker_there(running_scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A worker of that cluster: the address of its scheduler."""
    with worker(running_scheduler, tmp_path_factory.mktemp("worker")):
        yield running_scheduler


@pytest.fixture
def cluster(worker_there: str) -> str:
    """A cluster of one worker, when those of the test before have left it: the address of its scheduler."""
    joined(worker_there, 1)
    return worker_there


def worker(
    scheduler: str, folder: Path, program: tuple[str, ...] = ("-m", "distributed.cli.dask_worker")
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of one thread that joins a cluster."""
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    where = ("--host", "127.0.0.1", "--local-directory", str(folder))
    return started(*program, scheduler.replace("dask://", "tcp://"), *options, *where)


def joined(scheduler: str, count: int) -> None:
    """Wait until it has so many workers, and no more."""
    from distributed import Client  # noqa: PLC0415

    client: Any = Client(scheduler.replace("dask://", "tcp://"), set_as_default=False)  # type: ignore[no-untyped-call]
    with client:
        wait(lambda: len(client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.workers))) == count)


def test_a_cluster_without_workers_is_refused(running_scheduler: str) -> None:
    """With the command that starts one. This is the first test of the cluster: the others have a worker in it."""
    with (
        pytest.raises(RefusedError, match="the cluster has no workers; start some with `dask worker 127"),
        workers_named(running_scheduler),
    ):
        pass


def test_one_process_two_or_a_cluster_that_loses_a_worker_write_the_same_log(
    monitor: Commands, archive: ArchiveServer, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same head of the log, the same versions held; the worker is killed when a third of them is recorded."""
    lists = [(*FIRST, *(agreement(f"Some{each}") for each in range(number))) for number in range(18)]
    found = files(*lists)
    found[11] = found[11]._replace(content=sheet(FIRST, ("STATE", "COUNTY")))
    archive.captures = captured(found)
    said = {}
    for workers in ("1", "2"):
        monitor.state = tmp_path / workers
        assert monitor("backfill", "ice-287g", "--workers", workers).status == 1
        said[workers] = (head(monitor), monitor("versions", "--json").out)
    monitor.state = tmp_path / "cluster"
    with worker(cluster, tmp_path) as doomed:
        joined(cluster, 2)
        understand = process._understand  # noqa: SLF001 - what is done with one version after the other
        orphans: list[psutil.Process] = []

        def struck(*arguments: Any, **given: Any) -> Processed | None:
            if not orphans and statuses(monitor.state).count("recorded") >= 6:
                wait(psutil.Process(doomed.pid).children)  # it reads as well
                orphans.extend(psutil.Process(doomed.pid).children())
                doomed.kill()
            return understand(*arguments, **given)

        monkeypatch.setattr(process, "_understand", struck)
        assert monitor("backfill", "ice-287g", "--executor", cluster).status == 1
        assert doomed.wait() < 0
    assert orphans
    assert psutil.wait_procs(orphans, timeout=DEADLINE)[1] == []
    said["cluster"] = (head(monitor), monitor("versions", "--json").out)
    assert said["1"] == said["2"] == said["cluster"]
    assert json.loads(said["1"][1].splitlines()[12])["status"] == "rejected"
    assert said["1"][0][0] == 17


def test_a_cluster_draws_the_same_pictures(cluster: str) -> None:
    """As the process of this machine."""
    content = ddor.ddor_pdf(ddor.history()[0])
    boxes = [(Box(page=1, left=72, top=top, right=540, bottom=top + 20),) for top in range(100, 460, 40)]

    def asked(place: tuple[Box, ...]) -> Drawing:
        return Drawing(content=content, boxes=place)

    with Reader() as reader:
        with workers_named(cluster) as workers:
            found = [(place, png()) for place, png in workers.in_order(boxes, asked) if png]
        assert found == [(place, reader.picture(content, place)) for place in boxes]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("import monitor; monitor.__version__ = '0.0.9'", "has monitor 0.0.9, and this is"),
        ("import sys; sys.modules['monitor'] = None", "has no monitor that could be used (ModuleNotFoundError"),
    ],
    ids=["another release", "none"],
)
def test_a_cluster_that_would_read_otherwise_is_refused(cluster: str, tmp_path: Path, before: str, said: str) -> None:
    """One worker with another release is enough, or without any."""
    odd = ("-c", f"{before}\nfrom distributed.cli.dask_worker import main\nmain()")
    with worker(cluster, tmp_path, odd):
        joined(cluster, 2)
        with pytest.raises(RefusedError) as refused, workers_named(cluster):
            pass
    assert said in str(refused.value)
    assert __version__ in str(refused.value)
    assert "\n" not in str(refused.value)
