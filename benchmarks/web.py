"""How long pages take on a short log and on a long one: each filter's first, those of records and places, front, map.

    python benchmarks/web.py [SHORT LONG]

Two made-up logs are written (tools/synthetic_log.py), by default of 10,000 and 1,000,000 amendments; the second takes
some minutes, and a gigabyte. Folders that hold such logs already may be named instead. The page of each filter is asked
for over HTTP, again and again, with nothing cached between; of records, counties and states, each time another one's
page. Printed are the 95th percentiles and their ratio. Exits with 1 if a page of the long log takes more than 50 ms,
or more than twice the time of the short one. Pages that take less than 10 ms, and pages with fewer entries on the short
log, are not compared, since their ratio says nothing.

The front page and the map are measured beside the first page of the log, by turns, as the processor time of server and
reader together: as they are asked for again and again, and right after the history changed, when nothing of them is
remembered. Also counted are the bytes that are sent for each. Exits with 1 if one takes more than 1.2 times what the
log takes, or more than 50 KB.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from figures import Figure, tell

from monitor.config.file import load
from monitor.program import present
from monitor.sandbox.reader import Reader
from monitor.store.read_only import ReadOnlyStore
from monitor.store.rows import locator_of
from monitor.web import server as web_server
from monitor.web.app import application
from monitor.web.context import Access
from monitor.web.templates import path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools.synthetic_log import make

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Measured = Mapping[str, tuple[int, float]]  # by filter: entries on the page, milliseconds

SEED = 1
RECORD, COUNTY, STATE = "a record", "the page of a county", "the page of a state"  # pages that are no filters
FURTHER = {RECORD, COUNTY, STATE}
# Each page is asked for this many times.
ROUNDS = 60
# Bound on the time of a page.
MAX_PAGE_MILLISECONDS = 50.0
# Bound on the time of a page of the long log over that of the short one.
MAX_LOG_RATIO = 2.0
# Bounds on the front page and the map: their time over that of the log, and the kilobytes that are sent.
MAX_FRONT_RATIO = 1.2
MAX_FRONT_KILOBYTES = 50.0
FRONT_PAGES = {"the front page": "/", "the map": "/map"}
FRESH_ROUNDS = 15  # right after a change
# The ratio of pages that take less says nothing.
MIN_COMPARED_MILLISECONDS = 10.0
FILTERS = {
    "none": "",
    "source": "?source=ice-287g",
    "list": "?list=cities",
    "kind": "?kind=removed",
    "kind, a rare one": "?kind=restored",
    "kinds, two of them": "?kind=added&kind=removed",
    "state": "?state=TX",
    "state, a small one": "?state=WY",
    "jurisdiction, a county": "?jurisdiction=48453",
    "jurisdiction, a large county": "?jurisdiction=17031",
    "jurisdiction, a state": "?jurisdiction=Texas",
    "since": "?since=2025-01-01",
    "until": "?until=2018-01-01",
    "since and until": "?since=2020-01-01&until=2020-02-01",
    "words, common": "?q=sheriff",
    "words, rare": "?q=travis+jail",
    "words that are not there": "?q=zeppelin",
    "source and state": "?source=ice-287g&state=TX",
    "source, kind and state": "?source=doj-sanctuary&kind=removed&state=WY",
    "all of them": "?source=ice-287g&list=pending&kind=added&state=TX&since=2019-01-01&until=2024-01-01&q=jail",
    "far back": "?before=1000",
}


def main(arguments: Sequence[str]) -> int:
    """Measure, and return 1 if a page was too slow."""
    with tempfile.TemporaryDirectory() as folder:
        short, long = (_log(argument, Path(folder)) for argument in (arguments or ("10000", "1000000")))
        before, after = _measured(short), _measured(long)
        front = [figure for log in (short, long) for figure in front_figures(log)]
    print(f"{'filter':32}{'short':>10}{'long':>10}{'ratio':>8}   (95th percentile of {ROUNDS}, in milliseconds)")
    for name in before:
        (few, least), (many, most) = before[name], after[name]
        rise = rises(before, after).get(name, 0.0)
        ratio = f"{most / least:8.2f}" if few == many else f"{few:4} of {many}"
        wrong = most > MAX_PAGE_MILLISECONDS or rise > MAX_LOG_RATIO
        print(f"{name:32}{least:10.1f}{most:10.1f}{ratio:>10}{'   too slow' if wrong else ''}")
    pages = f"the first page of each of {len(FILTERS)} filters, records and places, 95th percentile of {ROUNDS}"
    slowest = max(most for _, most in after.values())
    quick = tell(
        Figure(measure=f"The slowest on the long log: {pages}", unit="ms", ours=slowest, most=MAX_PAGE_MILLISECONDS)
    )
    for figure in front:
        ratio = f", {figure.ratio:.2f} times {figure.rival}" if figure.ratio is not None else ""
        print(f"{figure.measure}: {figure.ours:.1f} {figure.unit}{ratio} ({figure.remark})")
    held = [tell(figure) for figure in front]
    return 0 if quick & tell(steadiness(before, after)) & all(held) else 1


def front_figures(folder: Path) -> Iterator[Figure]:
    """Yield for the front page and the map of a log: their time beside that of the log, and the bytes that are sent."""
    taken: dict[str, list[float]] = defaultdict(list)
    fresh: dict[str, list[float]] = defaultdict(list)
    sent = {}
    pages = ("/log", *FRONT_PAGES.values())
    with _served(folder) as address, httpx.Client(base_url=address, timeout=60) as client:
        entries = client.get("/api/log?limit=1").json()["head"]["id"]
        for path in pages:
            sent[path] = client.get(path).raise_for_status().num_bytes_downloaded / 1_000
        for _ in range(ROUNDS):
            for path in pages:
                taken[path].append(_processor_time(client, path))
    for _ in range(FRESH_ROUNDS):
        for path in pages:
            with _served(folder) as address, httpx.Client(base_url=address, timeout=60) as client:
                client.get("/about")
                fresh[path].append(_processor_time(client, path))
    for name, path in FRONT_PAGES.items():
        first = statistics.median(fresh[path]) / statistics.median(fresh["/log"])
        yield Figure(
            measure=f"{name.capitalize()} on a log of {entries:,} amendments, processor time of server and reader, "
            f"median of {ROUNDS}, by turns",
            unit="ms",
            ours=statistics.median(taken[path]),
            rival="first page of the log",
            theirs=statistics.median(taken["/log"]),
            most_ratio=MAX_FRONT_RATIO,
            remark=f"right after a change of the history, with nothing remembered, {first:.1f} times that of the log",
        )
        yield Figure(
            measure=f"Bytes sent for {name} on a log of {entries:,} amendments",
            unit="KB",
            ours=sent[path],
            most=MAX_FRONT_KILOBYTES,
            remark="gzip; outlines and style sheets are files that a browser keeps",
        )


def _processor_time(client: httpx.Client, path: str) -> float:
    """Return the milliseconds of processor time, of server and reader, that a page takes."""
    begin = time.process_time()
    client.get(path).raise_for_status()
    return (time.process_time() - begin) * 1000


def rises(before: Measured, after: Measured) -> dict[str, float]:
    """Return for each filter the time of its page on the long log over that on the short one.

    Only pages are compared that are as full on both logs and take longer than the floor.
    """
    return {
        name: taken / before[name][1]
        for name, (entries, taken) in after.items()
        if name not in FURTHER and entries == before[name][0] and taken > MIN_COMPARED_MILLISECONDS
    }


def steadiness(before: Measured, after: Measured) -> Figure:
    """Return the largest of the ratios of `rises` as a figure; 1 if no pages could be compared."""
    found, filters = rises(before, after), len(after.keys() - FURTHER)
    return Figure(
        measure=f"The long log over the short, the worst of the {len(found)} of {filters} filters that can be "
        f"compared: the first page, 95th percentile of {ROUNDS}",
        unit="times",
        ours=max(found.values(), default=1.0),
        most=MAX_LOG_RATIO,
        remark=f"only filters whose page takes more than {MIN_COMPARED_MILLISECONDS:g} ms on the long log, and has as "
        "many entries on both",
    )


def _log(argument: str, folder: Path) -> Path:
    """Return the folder of a log: an existing one, or a new one with this number of amendments."""
    if not argument.isdecimal():
        return Path(argument)
    made = folder / argument
    make(made, int(argument))
    return made


def _measured(folder: Path) -> Measured:
    """Return for each filter the number of entries on its first page, and the 95th percentile of its milliseconds."""
    found = {}
    with _served(folder) as address, httpx.Client(base_url=address, timeout=60) as client:
        client.get("/log")
        for name, query in FILTERS.items():
            taken = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                answer = client.get(f"/log{query}").raise_for_status()
                taken.append((time.perf_counter() - begin) * 1000)
            found[name] = answer.text.count("<article"), sorted(taken)[int(len(taken) * 0.95)]
        for name, addresses in _further(folder).items():
            taken = []
            for asked in addresses:
                begin = time.perf_counter()
                client.get(asked).raise_for_status()
                taken.append((time.perf_counter() - begin) * 1000)
            found[name] = 1, sorted(taken)[int(len(taken) * 0.95)]
    return found


def _further(folder: Path) -> dict[str, list[str]]:
    """Return the addresses of further pages to ask for, by name: those of random records, counties and states."""
    with ReadOnlyStore(folder) as store:
        rows = store.all(
            """
            SELECT records.list, records.locator, captures.sha256 FROM records
            JOIN versions ON versions.id = records.first_version JOIN captures ON captures.id = versions.capture_id
            ORDER BY records.id
            """
        )
        places = [
            row["ocd_id"]
            for row in store.all(
                "SELECT DISTINCT json_extract(jurisdiction, '$.ocd_id') AS ocd_id FROM records ORDER BY ocd_id"
            )
        ]
    chance = random.Random(SEED)  # noqa: S311 - no secret
    chosen = chance.sample(rows, min(ROUNDS, len(rows)))
    counties = chance.sample(places, min(ROUNDS, len(places)))
    states = [place.rpartition("/")[0] for place in chance.choices(places, k=ROUNDS)]
    records = [
        path("record", row["sha256"], row["list"], locator_of(json.loads(row["locator"])).mark) for row in chosen
    ]
    return {
        RECORD: records,
        COUNTY: [path("jurisdiction", ocd_id) for ocd_id in counties],
        STATE: [path("jurisdiction", ocd_id) for ocd_id in states],
    }


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    config = load(folder / "config.yaml")
    with Reader(web_server.PAGE_LIMITS) as reader, web_server.bound("127.0.0.1", 0) as listening:
        server = web_server.server(application(web_server.site(config, folder, reader, access=Access(), now=present)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
