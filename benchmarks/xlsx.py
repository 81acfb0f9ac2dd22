"""CPU of importing a series of spreadsheets, history and all, over merely opening them with openpyxl.

Run `make bench` or `python benchmarks/xlsx.py [MANIFEST]`. The manifest is that of `monitor import --manifest`; without
one, the real series beside the project is taken, or where that is absent, the sheets of the demo. Both sides run in
processes of their own, one after the other, and their CPU is that of all their processes. Also prints the peak memory
of the importing process itself. Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Figure, tell

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "corpus" / "manifest.csv"
MOST_CPU = 1.5  # times that of openpyxl
MOST_MEMORY = 150  # MB

READ_ALL = """
import sys, openpyxl
for name in sys.argv[1:]:
    for sheet in openpyxl.load_workbook(name):
        for row in sheet.iter_rows():
            for cell in row:
                cell.value
"""


def seconds(command: list[str]) -> float:
    """The CPU seconds, user and system, that a command and its children take."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_memory(command: list[str]) -> float:
    """The peak resident memory of the command's own process, in MB, as the kernel counts it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_maxrss / 1024


def demo_manifest(folder: Path) -> Path:
    """The spreadsheets of the demo as files with a manifest."""
    from monitor.demo.history import steps  # noqa: PLC0415 - needed only without the real series
    from monitor.demo.step import Publish  # noqa: PLC0415 - the same

    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url"))
        for number, step in enumerate(steps()):
            for change in step.changes:
                if isinstance(change, Publish) and change.content[:2] == b"PK":
                    name = f"{number}-{Path(change.path).name}"
                    (folder / name).write_bytes(change.content)
                    writer.writerow((name, step.at.isoformat(), f"https://www.ice.gov{change.path}"))
    return folder / "manifest.csv"


def main() -> int:
    """Measure both, print the ratio, and tell by the exit status whether it is within bounds."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL if REAL.exists() else demo_manifest(Path(scratch))
        with manifest.open(encoding="utf-8") as lines:
            files = [str(manifest.parent / row["file"]) for row in csv.DictReader(lines)]
        importing = [sys.executable, "-m", "monitor", "--state"]
        rest = ["import", "ice-287g", "--manifest", str(manifest)]
        theirs = seconds([sys.executable, "-c", READ_ALL, *files])
        ours = seconds([*importing, f"{scratch}/one", *rest])
        memory = peak_memory([*importing, f"{scratch}/two", *rest])
    version = re.search(r"openpyxl==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    print(f"{len(files)} spreadsheets from {manifest.name}")
    print(f"openpyxl {version[1] if version else '?'}, opening and reading every cell: {theirs:.2f} s of CPU")
    print(f"monitor import, keeping, reading, matching and recording them: {ours:.2f} s of CPU")
    print(f"ratio {ours / theirs:.2f}, at most {MOST_CPU}; peak memory {memory:.0f} MB, at most {MOST_MEMORY} MB")
    measure = f"importing {len(files)} spreadsheets, history and all"
    importing_all = Figure(
        measure=f"CPU of {measure}; the rival reads every cell",
        unit="s",
        ours=ours,
        rival=f"openpyxl {version[1] if version else '?'}",
        theirs=theirs,
        most_ratio=MOST_CPU,
    )
    peak = Figure(measure=f"Peak memory of {measure}", unit="MB", ours=memory, most=MOST_MEMORY)
    return 0 if tell(importing_all) & tell(peak) else 1


if __name__ == "__main__":
    sys.exit(main())
