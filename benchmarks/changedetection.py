"""CPU of the daemon's cycle over 500 sources of which none has changed, over changedetection.io's on the same pages.

Run `make bench` or `python benchmarks/changedetection.py [SOURCES]`. The work and our side are those of `idle.py`.
changedetection.io looks at all its watches in batch mode, once in one process and three times in another. Half of the
difference is the CPU of one look without the start, which does not count for a program that runs for weeks. The
benchmark checks that changedetection.io has asked for every page. Exits with 1 above the bound.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import idle
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "changedetection.io"
# Bound on our CPU seconds over theirs.
MAX_CPU_RATIO = 0.25
REMARK = "it asks unconditionally, so that every page comes as a whole; its start is not counted"


class Counted(idle.Page):
    """A page of `idle.py` that counts in `asked` how often it was asked for."""

    asked = 0

    def do_GET(self) -> None:  # noqa: N802 - the base class's name for it
        """Count the request, and answer it."""
        type(self).asked += 1
        super().do_GET()


@contextmanager
def pages() -> Iterator[str]:
    """Yield the address of the pages."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Counted) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ours(address: str, sources: int) -> float:
    """Return the CPU seconds of the daemon's second look at all pages."""
    with tempfile.TemporaryDirectory() as folder:
        return idle.ours(Path(folder), address, sources)


def theirs(address: str, sources: int) -> float:
    """Return the CPU seconds of one more look of changedetection.io at all pages."""
    with tempfile.TemporaryDirectory() as temporary:
        _looked(temporary, [part for number in range(sources) for part in ("-u", f"{address}/{number}")], sources)
        once = _looked(temporary, ["-r", "all"], sources)
        thrice = _looked(temporary, ["-r", "all", "3"], 3 * sources)
    return (thrice - once) / 2


def _looked(folder: str, options: list[str], expected: int) -> float:
    """Run changedetection.io once in batch mode, and return its CPU seconds."""
    program = [str(installed(NAME) / NAME), "-C", "-d", f"{folder}/data", "-h", "127.0.0.1", "-l", "ERROR", "-b"]
    allowed = {"ALLOW_IANA_RESTRICTED_ADDRESSES": "true", "DISABLE_VERSION_CHECK": "true"}
    Counted.asked = 0
    process = subprocess.Popen(
        [*program, *options],
        cwd=folder,
        env={**os.environ, **allowed},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    taken = idle.measured(process)
    if Counted.asked != expected:
        sys.exit(f"{NAME} has asked for {Counted.asked} pages, where {expected} were to be looked at")
    return taken


def main(sources: int) -> int:
    """Measure both, print the ratio, and return 0 if it is within bounds, else 1."""
    with pages() as address:
        figure = Figure(
            measure=f"CPU for each of {sources:,} unchanged sources",
            unit="ms",
            ours=1000 * ours(address, sources) / sources,
            rival=titled(NAME),
            most_ratio=MAX_CPU_RATIO,
        )
        try:
            figure = replace(figure, theirs=1000 * theirs(address, sources) / sources, remark=REMARK)
        except MissingRivalError as fault:
            figure = replace(figure, remark=str(fault))
    print(f"monitor: {figure.ours:.2f} ms of CPU for each of {sources} unchanged sources")
    if figure.theirs and figure.ratio:
        print(f"{figure.rival}: {figure.theirs:.2f} ms; ratio {figure.ratio:.2f} (at most {MAX_CPU_RATIO}); {REMARK}")
    else:
        print(figure.remark)
    return 0 if tell(figure) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
