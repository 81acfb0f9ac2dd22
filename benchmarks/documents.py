"""Documents that records link to: a first load, a quiet day, the list's own poll meanwhile, search; beside urlwatch.

Run `make bench` or `python benchmarks/documents.py [DOCUMENTS]`. A server in a process of its own publishes a roster
and an agreement for each row. The first load is killed at random moments and resumed. Then all documents are asked for
over two days of a clock that is put forward, ten at a time as the daemon does it. The CPU of such looks is measured in
turns with urlwatch's at the same addresses, which is a whole process, since it starts anew for each look. The daemon is
made to poll the roster while documents are being asked for all the time, and while none is due, in turns. Exits with 1
above the bounds.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import yaml
from figures import Figure, tell
from idle import look
from publishing import DEADLINE, Site, serving
from rivals import MissingRivalError, installed, titled

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the publisher is the tests' own

from monitor.program import Program  # noqa: E402
from monitor.store.document_search import search_documents  # noqa: E402
from tests.support.agreement_press import SCANNED, agencies, path_of, press, roster  # noqa: E402
from tests.support.documents import CONFIG  # noqa: E402
from tests.support.killed_load import killed_load  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCUMENTS = 2_000
PAGES = 12
KILLS = 20
LONGEST = 1.5  # seconds after which a run of the first load is killed at the latest
AT_ONCE = 10  # documents that the daemon looks at in one round
STEP = timedelta(minutes=5)  # by which the clock is put forward
ROUNDS = 3
TURNS = 30
THINKS = 0.4  # seconds until the server answers for a document while the roster is polled
QUERIES = 200
SECRET = "whsec_" + "bW9uaXRvci1iZW5jaG1hcmstc2VjcmV0LTAwMDA="
PAGE = b"<!DOCTYPE html><html><title>Agreements</title><p>The <a href='/roster.csv'>roster</a></p></html>"


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return the present."""
        return self.at


def killed(count: int) -> bool:
    """Measure a first load that is killed again and again."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = killed_load(Path(folder), count=count, pages=1, kills=KILLS, longest=LONGEST)
    if loaded.faults:
        sys.exit(f"verify found: {loaded.faults}")
    if loaded.kills < KILLS:
        sys.exit(f"the load ended after {loaded.kills} kills; kill it sooner")
    if loaded.told:
        sys.exit(f"{loaded.told} documents of the first load were told")
    print(f"killed {loaded.kills} times: {loaded.once} of {count} documents have one file, {loaded.scans} are scans")
    return tell(
        Figure(
            measure=f"Of {count:,} documents, kept exactly once by a first load that was killed {KILLS} times",
            unit="%",
            ours=100 * loaded.once / count,
            least=100,
        )
    )


@contextmanager
def loaded_state(folder: Path, address: str, site: str, clock: Clock) -> Iterator[Program]:
    """Yield the program after it has read a roster and fetched all documents that it links."""
    tree = yaml.safe_load(CONFIG.replace("STATE", str(folder / "state")).replace("ADDRESS", site))
    tree["poll"] |= {"every": "1d", "soonest": "1d"}
    tree["run"] = {"port": 0}
    tree["channels"] = {"hook": {"kind": "webhook", "url": f"{site}/hook", "secret_env": "BENCHMARK_SECRET"}}
    tree["subscriptions"] = {"all": {"channels": ["hook"], "settle": "0s"}}
    (folder / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    os.environ["BENCHMARK_SECRET"] = SECRET
    with Program(config_path=folder / "config.yaml", now=clock) as program:
        faults = [fault for polled in program.poll(["agreements"]) for fault in polled.faults]
        faults += [done.hold_reason for done in program.process() if done.hold_reason]
        if faults:
            sys.exit(f"the roster could not be read: {faults}")
        looked_at(program)
        httpx.get(f"{address}/told")
        yield program


def looked_at(program: Program) -> int:
    """Look at all documents that are due, and return how many these were."""
    looks, done = 0, True
    while done:
        done = False
        for each in program.look_at_documents("agreements", limit=AT_ONCE, stopping=lambda: False):
            looks, done = looks + 1, True
            if each.fault:
                sys.exit(f"a document could not be had: {each.fault}")
    return looks


def quiet_days(program: Program, clock: Clock, address: str, count: int) -> bool:
    """Measure two days on which no document changes; the figures are those of the second."""
    for day in (1, 2):
        hours: Counter[int] = Counter()
        begin = clock.at
        while clock.at < begin + timedelta(days=1):
            clock.at += STEP
            hours[int((clock.at - begin - STEP / 2) / timedelta(hours=1))] += looked_at(program)
        told = httpx.get(f"{address}/told").json()
        if told != {"304": hours.total()}:
            sys.exit(f"not all requests were conditional: {told}")
        uneven = max(hours.values()) / (hours.total() / 24)
        print(f"day {day}: {hours.total()} requests, busiest hour {uneven:.2f} times the mean")
    held = tell(
        Figure(
            measure=f"Requests, all conditional, of a quiet day over {count:,} documents",
            unit="requests",
            ours=hours.total(),
            most=count,
        )
    )
    held &= tell(
        Figure(measure="The busiest hour of that day over the mean of its 24", unit="times", ours=uneven, most=3)
    )
    return held


def beside_urlwatch(program: Program, clock: Clock, folder: Path, address: str, count: int) -> bool:
    """Measure the CPU of a look at each document, over urlwatch's at the same addresses."""
    command = urlwatch(folder, address, count)
    theirs: list[float] = []
    ours: list[float] = []
    missing = command if isinstance(command, str) else ""
    if not isinstance(command, str):
        look(command)
    for _ in range(ROUNDS):  # in turns, so that a time at which the machine is slow is slow for both
        clock.at += timedelta(days=2)
        httpx.get(f"{address}/told")
        before = time.process_time()
        looks = looked_at(program)
        ours.append(1000 * (time.process_time() - before) / looks)
        _all_conditional("monitor", address, count)
        if not isinstance(command, str):
            theirs.append(1000 * look(command) / count)
            _all_conditional("urlwatch", address, count)
    figure = Figure(
        measure=f"CPU for each of {count:,} unchanged documents", unit="ms", ours=min(ours), most=1.0,
        rival=titled("urlwatch"), theirs=min(theirs) if theirs else None, most_ratio=0.4, remark=missing,
    )  # fmt: skip
    print(f"monitor: {figure.ours:.2f} ms of CPU for each document; urlwatch: {figure.theirs}; ratio {figure.ratio}")
    return tell(figure)


def urlwatch(folder: Path, address: str, count: int) -> list[str] | str:
    """Return urlwatch's command for the same documents, or why it can't be had."""
    try:
        program = installed("urlwatch") / "urlwatch"
    except MissingRivalError as fault:
        return str(fault)
    jobs, settings, hooks, seen = (folder / f"urlwatch.{ending}" for ending in ("jobs", "yaml", "py", "db"))
    jobs.write_text(yaml.safe_dump_all([{"url": address + path_of(number)} for number in range(count)]), "utf-8")
    report = {"stdout": {"enabled": False}, "text": {"footer": False}}
    settings.write_text(yaml.safe_dump({"report": report, "display": {"new": False}}), "utf-8")
    hooks.touch()
    options = zip(("urls", "cache", "config", "hooks"), (jobs, seen, settings, hooks), strict=True)
    return [str(program), *(f"--{option}={file}" for option, file in options)]


def _all_conditional(name: str, address: str, count: int) -> None:
    """Exit with a message if a program did not ask for every document once, conditionally: it is not measured."""
    if (told := httpx.get(f"{address}/told").json()) != {"304": count}:
        sys.exit(f"{name} was answered {told} for {count} documents that are unchanged")


def searches(program: Program, count: int) -> bool:
    """Measure searches for words that are on every page, on few, and for phrases."""
    counties = [county for number, (_, county) in enumerate(agencies(count)) if number % SCANNED != SCANNED - 1]
    texts = []
    for number in range(QUERIES // 4):
        county = counties[number * 37 % len(counties)]
        texts += [county, f"{county} sheriff agreement", '"law enforcement agency"', "memorandum immigration officer"]
    taken = []
    for text in texts:
        before = time.perf_counter()
        found = search_documents(program.store, text)
        taken.append(1000 * (time.perf_counter() - before))
        if not found:
            sys.exit(f"nothing was found for {text!r}")
    slowest = statistics.quantiles(taken, n=20)[-1]
    print(f"search: median {statistics.median(taken):.1f} ms, 95th percentile {slowest:.1f} ms (at most 50)")
    return tell(
        Figure(
            measure=f"Search over {count:,} documents of {PAGES} pages, 95th percentile of {len(texts)}",
            unit="ms",
            ours=slowest,
            most=50,
        )
    )


@contextmanager
def daemon(folder: Path) -> Iterator[None]:
    """Run the real daemon."""
    command = [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "run"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def polls(folder: Path, site: Site, address: str, count: int) -> bool:
    """Measure how soon a changed roster is told while documents are asked for all the time, and while none is due."""
    times: dict[bool, list[float]] = {True: [], False: []}
    asked = 0
    with daemon(folder):
        for number in range(2 * TURNS + 2):
            busy = number % 2 == 0
            make_due(folder, documents=busy)
            if busy:
                wait_for(lambda: httpx.get(f"{address}/told").json())
            site.sent.pop("/roster.csv", None)
            site.published["/roster.csv"] = roster(count, address=address, without=number)
            expected = len(site.arrived["/hook"]) + 1
            make_due(folder, source=True)
            arrived, content = site.told("/hook", expected)
            kinds = Counter(entry["kind"] for entry in json.loads(content)["data"]["entries"])
            if set(kinds) - {"added", "removed"}:
                sys.exit(f"told {dict(kinds)}")
            asked += sum(httpx.get(f"{address}/told").json().values())
            if number > 1:  # the first of each is needed to start what is started at need
                times[busy].append(arrived - site.sent["/roster.csv"])
    medians = {busy: statistics.median(each) for busy, each in times.items()}
    print(
        f"told after {medians[True]:.3f} s with documents due, {medians[False]:.3f} s without ({asked} asked meanwhile)"
    )
    return tell(
        Figure(
            measure=f"Until a change of the roster is told with {count:,} documents due, over that without, medians of"
            f" {TURNS}",
            unit="times",
            ours=medians[True] / medians[False],
            most=1.05,
        )
    )


def make_due(folder: Path, *, documents: bool = False, source: bool = False) -> None:
    """Make all documents due, or none, or make the daemon poll the roster at its next look."""
    with closing(sqlite3.connect(folder / "state" / "monitor.db", timeout=30)) as database, database:
        if source:
            database.execute("UPDATE schedule SET next_poll_at = '2000-01-01T00:00:00Z'")
        else:
            database.execute("UPDATE documents SET due_at = ?", ("2000-01-01T00:00:00Z" if documents else "9",))


def wait_for(happened: Callable[[], object]) -> None:
    """Wait until a function returns something."""
    until = time.monotonic() + DEADLINE
    while not happened():
        if time.monotonic() > until:
            sys.exit("the daemon does not ask for documents")
        threading.Event().wait(0.1)


def main(count: int) -> int:
    """Measure all, and return 0 if the figures are within their bounds, else 1."""
    held = killed(count)
    clock = Clock()
    site = Site(published={"/page": PAGE}, arrived={"mail": [], "/hook": []})
    with tempfile.TemporaryDirectory() as temporary, serving(site) as (address, _), press(count, pages=PAGES) as server:
        folder = Path(temporary)
        site.published["/roster.csv"] = roster(count, address=server)
        with loaded_state(folder, server, address, clock) as program:
            held &= searches(program, count)
            held &= quiet_days(program, clock, server, count)
            held &= beside_urlwatch(program, clock, folder, server, count)
    site = Site(published={"/page": PAGE}, arrived={"mail": [], "/hook": []})
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(site) as (address, _),
        press(count) as server,
    ):
        folder = Path(temporary)
        site.published["/roster.csv"] = roster(count, address=server)
        with loaded_state(folder, server, address, Clock()):
            httpx.get(f"{server}/think/{THINKS}")
        held &= polls(folder, site, server, count)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS))
