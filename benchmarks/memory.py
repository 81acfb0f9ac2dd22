"""Memory of the idle daemon and the process that reads files for it, over changedetection.io's on the same pages.

Run `make bench` or `python benchmarks/memory.py [PAGES]`. Both programs have looked at all pages, and wait. What counts
is the proportional set size (PSS) of each program's processes together: the memory that they have resident, of which
what several processes share is divided among them. Exits with 1 above the bound.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import idle
import psutil
from figures import Figure, tell
from publishing import Site
from rivals import MissingRivalError, titled
from watchers import CHANGEDETECTION, ChangeDetection

# Bound on our memory over theirs.
MAX_RATIO = 0.9
# A program is idle this many seconds after it has looked.
QUIET_SECONDS = 10.0
MEGABYTE = 1_000_000


def resident(process: psutil.Process) -> tuple[float, float]:
    """Return the memory of a process and its children, in MB: by proportional set size, and by resident set size."""
    threading.Event().wait(QUIET_SECONDS)
    each = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
    return sum(one.pss for one in each) / MEGABYTE, sum(one.rss for one in each) / MEGABYTE


def ours(address: str, pages: int) -> tuple[float, float, int]:
    """Return the memory of the daemon that has looked at the pages, in MB as in `resident`, and how many processes."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with idle.daemon(idle.configured(folder, address, pages)) as process:
            idle.cycle(process, folder, pages)
            taken = resident(process)
            return *taken, 1 + len(process.children(recursive=True))


def theirs(address: str, pages: int) -> tuple[float, float]:
    """Return the memory of changedetection.io that has looked at the pages, in MB as in `resident`."""
    with tempfile.TemporaryDirectory() as temporary:
        watcher = ChangeDetection(Path(temporary), Site(published={}, arrived={"/hook": []}))
        try:
            watcher.watch([f"{address}/{number}" for number in range(pages)], time_between_check={"weeks": 1})
            watcher.look()
            return resident(psutil.Process(watcher.process.pid))
        finally:
            watcher.stop()


def main(pages: int) -> int:
    """Measure both, print the ratio, and return 0 if it is within the bound, else 1."""
    with idle.pages() as address:
        own, own_resident, processes = ours(address, pages)
        figure = Figure(
            measure=f"Memory (PSS) of the idle daemon and its reader, {processes} processes, with {pages} sources",
            unit="MB",
            ours=own,
            rival=titled(CHANGEDETECTION),
            most_ratio=MAX_RATIO,
        )
        try:
            found, found_resident = theirs(address, pages)
            remark = f"by resident set size (RSS) {own_resident:.0f} MB, and {found_resident:.0f} MB"
            figure = replace(figure, theirs=found, remark=remark)
        except MissingRivalError as fault:
            figure = replace(figure, remark=str(fault))
    ratio = f"{figure.ratio:.2f}, at most {MAX_RATIO}" if figure.ratio else "none"
    print(f"monitor: {figure.ours:.0f} MB in {processes} processes; {figure.rival}: {figure.theirs or 0:.0f} MB")
    print(f"ratio {ratio}; {figure.remark}")
    return 0 if tell(figure) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
