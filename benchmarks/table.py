"""Run every benchmark, one after the other, and write docs/benchmarks.md, a page that holds nothing else.

`make bench`, or `python benchmarks/table.py [NAME ...]` for some benchmarks, which writes no page. Exits with 1 if a
bound did not hold or a benchmark failed, after all have run and the page is written.
"""

from __future__ import annotations

import ast
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from abilities import abilities
from figures import Figure, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
OPENING = """# Benchmarks

`make bench` writes this page: every program in [benchmarks/](../benchmarks), run one after the other on one machine,
and beside it what others do with the same work in the same run, installed in environments of their own. A ratio is
monitor's figure over the rival's: below 1 monitor takes less. A bound that did not hold stands in bold, and makes
`make bench` fail.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One benchmark that was run: its figures, and the reason if it failed."""

    name: str
    summary: str
    seconds: float
    figures: tuple[Figure, ...]
    fault: str | None = None

    @property
    def held(self) -> bool:
        """Whether the benchmark came to its end and every bound held."""
        return self.fault is None and all(figure.held for figure in self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine on which the benchmarks ran, and the day."""

    on: date
    processor: str
    cores: int
    memory: float  # GB
    kernel: str
    python: str
    monitor: str


def benchmarks() -> tuple[Path, ...]:
    """Return the programs in this folder that measure something, by name."""
    here = Path(__file__)
    programs = (path for path in sorted(here.parent.glob("*.py")) if "\nif __name__ ==" in path.read_text("utf-8"))
    return tuple(path for path in programs if path.name != here.name)


def summary(path: Path) -> str:
    """Return the first line of a program's docstring."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0]


def run(path: Path) -> Ran:
    """Run one benchmark, and show its output."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.jsonl"
        begun = time.monotonic()
        status, last = _shown([sys.executable, str(path)], {"BENCH_RESULTS": str(results), "PYTHONUNBUFFERED": "1"})
        figures = told(results)
    return Ran(
        name=path.name,
        summary=summary(path),
        seconds=time.monotonic() - begun,
        figures=figures,
        fault=_fault(status, figures, last.replace(f"{ROOT}/", "")),
    )


def _shown(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command, show its output, and return its status and last line.

    Processes that it leaves behind are ended.
    """
    last = deque([""], maxlen=1)

    def show(lines: Iterable[str]) -> None:
        for line in lines:
            print(f"  {line}", end="", flush=True)
            last.extend(filter(None, (line.strip(),)))

    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        shown = threading.Thread(target=show, args=(process.stdout,))
        shown.start()
        try:
            status = process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            shown.join()
    return status, last[-1]


def _fault(status: int, figures: Sequence[Figure], last: str) -> str | None:
    """Return the reason for which a benchmark failed, apart from its bounds."""
    if status and all(figure.held for figure in figures):
        return f"ended with status {status}: {last}"
    return None if figures else "gave no figures"


def machine() -> Machine:
    """Return a description of this machine, without its name."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"), re.MULTILINE)
    return Machine(
        on=datetime.now(UTC).date(),
        processor=model[1] if model else platform.machine(),
        cores=os.cpu_count() or 1,
        memory=int(memory[1]) / 2**20 if memory else 0.0,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        monitor=version("monitor"),
    )


def page(where: Machine, runs: Sequence[Ran], able: str) -> str:
    """Return the whole page."""
    rivals = sorted({figure.rival for ran in runs for figure in ran.figures if figure.rival}, key=str.casefold)
    about = (
        ("date", where.on.isoformat()),
        ("machine", f"{where.processor}, {where.cores} cores, {where.memory:.0f} GB of memory"),
        ("system", f"{where.kernel}, Python {where.python}"),
        ("monitor", where.monitor),
        ("rivals", ", ".join(rivals) or "none"),
    )
    return "\n".join(
        (
            OPENING,
            *_table(("", ""), about),
            "\n## Measures\n",
            *_measures(runs),
            "\n## The programs\n",
            *_table(
                ("program", "what it measures", "took", "ended"),
                ((f"`{ran.name}`", ran.summary, f"{ran.seconds:.0f} s", _ended(ran)) for ran in runs),
            ),
            "",
            able,
        )
    )


def _ended(ran: Ran) -> str:
    if ran.fault:
        return f"**{ran.fault}**"
    return "within its bounds" if ran.held else "**a bound did not hold**"


def _measures(runs: Iterable[Ran]) -> Iterator[str]:
    """Yield the lines of the table of measures, and under it the remarks to which it refers."""
    remarks: dict[str, int] = {}
    rows = [_row(figure, remarks) for ran in runs for figure in ran.figures]
    yield from _table(("measure", "monitor", "rival", "its figure", "ratio", "bound", "held"), rows)
    if remarks:
        yield ""
    for remark, number in remarks.items():
        yield f"{number}. {remark}"


def _row(figure: Figure, remarks: dict[str, int]) -> tuple[str, ...]:
    note = f" ({remarks.setdefault(figure.remark, len(remarks) + 1)})" if figure.remark else ""
    theirs = "not measured" if figure.rival else ""
    if figure.theirs is not None:
        theirs = f"{number(figure.theirs)} {figure.unit}"
    bounded = bound(figure)
    row = (
        figure.measure,
        f"{number(figure.ours)} {figure.unit}",
        (figure.rival or "") + note,
        theirs,
        "" if figure.ratio is None or figure.least is not None else number(figure.ratio),
        bounded,
        ("yes" if figure.held else "no") if bounded else "",
    )
    return row if figure.held else tuple(f"**{cell.strip()}**" if cell.strip() else "" for cell in row)


def bound(figure: Figure) -> str:
    """Return the bounds of a figure, in words."""
    said = []
    if figure.most is not None:
        said.append(f"at most {number(figure.most)} {figure.unit}")
    if figure.least is not None:
        said.append(f"at least {number(figure.least)} {figure.unit}")
    if figure.most_ratio is not None:
        said.append(f"ratio at most {number(figure.most_ratio)}")
    return ", ".join(said)


def number(value: float) -> str:
    """Return a number with three significant digits, or all digits before the point if there are more."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def main(names: Sequence[str]) -> int:
    """Run all benchmarks, or those named, write the page, and return 0 if all bounds held, else 1."""
    chosen = [path for path in benchmarks() if not names or path.stem in names]
    runs = []
    for place, path in enumerate(chosen, start=1):
        print(f"[{place}/{len(chosen)}] {path.name}: {summary(path)}", flush=True)
        runs.append(run(path))
        print(f"  {_ended(runs[-1]).strip('*')}, after {runs[-1].seconds:.0f} s", flush=True)
    written = page(machine(), runs, abilities())
    if names:
        print(written)
    else:
        PAGE.write_text(written, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0 if all(ran.held for ran in runs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
