"""CPU of importing a series of spreadsheets, history and all, over merely opening them with openpyxl.

Run `make bench` or `python benchmarks/xlsx.py [MANIFEST]`. The manifest is that of `monitor import --manifest`; the
default is the real series beside the project or, if that is absent, the sheets of the demo. Both sides run in processes
of their own, one after the other, and the CPU of all their processes counts. Also printed is the peak memory of the
importing process itself, and that of all its processes together, sampled every 20 ms. Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from figures import Figure, tell

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "corpus" / "manifest.csv"
# Bound on our CPU seconds over openpyxl's.
MAX_OPENPYXL_RATIO = 0.65
# Bound on the peak memory of the importing process itself.
MAX_MEMORY_MB = 150
# The memory of all processes is looked at this often.
SAMPLE_SECONDS = 0.02
MEBIBYTE = 1_048_576

READ_ALL = """
import sys, openpyxl
for name in sys.argv[1:]:
    for sheet in openpyxl.load_workbook(name):
        for row in sheet.iter_rows():
            for cell in row:
                cell.value
"""


def seconds(command: list[str]) -> float:
    """Return the CPU seconds, user and system, that a command and its children take."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_memory(command: list[str]) -> tuple[float, float]:
    """Return the peak resident memory, in MB, of a command's own process, and the largest sum of it and its children.

    Memory that processes share is counted in each. Raises CalledProcessError.
    """
    alone = together = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            alone = max(alone, high_water(process.pid))
            together = max(together, sum(map(resident, family(watched))))
            time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return alone, together


def high_water(pid: int) -> float:
    """Return the peak memory of a process so far, in MB, as the kernel counts it; 0 if the process has ended."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all processes that it has started."""
    with suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []


def resident(process: psutil.Process) -> float:
    """Return the present memory of a process, in MB; 0 if the process has ended."""
    with suppress(psutil.Error):
        return process.memory_info().rss / MEBIBYTE
    return 0.0


def demo_manifest(folder: Path) -> Path:
    """Write the spreadsheets of the demo as files with a manifest, and return the manifest's path."""
    from monitor.demo.history import history_steps  # noqa: PLC0415 - needed only without the real series
    from monitor.demo.step import Publish  # noqa: PLC0415 - the same

    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url"))
        for number, step in enumerate(history_steps()):
            for change in step.changes:
                if isinstance(change, Publish) and change.content[:2] == b"PK":
                    name = f"{number}-{Path(change.path).name}"
                    (folder / name).write_bytes(change.content)
                    writer.writerow((name, step.at.isoformat(), f"https://www.ice.gov{change.path}"))
    return folder / "manifest.csv"


def main() -> int:
    """Measure both, print the ratio, and return 0 if it is within bounds, else 1."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL if REAL.exists() else demo_manifest(Path(scratch))
        with manifest.open(encoding="utf-8") as lines:
            files = [str(manifest.parent / row["file"]) for row in csv.DictReader(lines)]
        importing = [sys.executable, "-m", "monitor", "--state"]
        rest = ["import", "ice-287g", "--manifest", str(manifest)]
        theirs = seconds([sys.executable, "-c", READ_ALL, *files])
        ours = seconds([*importing, f"{scratch}/one", *rest])
        alone, together = peak_memory([*importing, f"{scratch}/two", *rest])
    version = re.search(r"openpyxl==(\S+)", (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8"))
    print(f"{len(files)} spreadsheets from {manifest.name}")
    print(f"openpyxl {version[1] if version else '?'}, opening and reading every cell: {theirs:.2f} s of CPU")
    print(f"monitor import, keeping, reading, matching and recording them: {ours:.2f} s of CPU")
    print(f"ratio {ours / theirs:.2f}, at most {MAX_OPENPYXL_RATIO}")
    print(f"peak memory of the importing process itself {alone:.0f} MB, at most {MAX_MEMORY_MB} MB")
    print(f"peak memory of all its processes together {together:.0f} MB")
    measure = f"importing {len(files)} spreadsheets, history and all"
    importing_all = Figure(
        measure=f"CPU of {measure}; the rival reads every cell",
        unit="s",
        ours=ours,
        rival=f"openpyxl {version[1] if version else '?'}",
        theirs=theirs,
        most_ratio=MAX_OPENPYXL_RATIO,
    )
    itself = Figure(
        measure=f"Peak memory of the importing process itself, without those that read the files: {measure}",
        unit="MB",
        ours=alone,
        most=MAX_MEMORY_MB,
    )
    all_of_it = Figure(
        measure=f"Peak memory of all processes together: {measure}",
        unit="MB",
        ours=together,
        remark="the largest sum of what each has resident, every 20 ms; what they share is counted in each",
    )
    return 0 if tell(importing_all) & tell(itself) & tell(all_of_it) else 1


if __name__ == "__main__":
    sys.exit(main())
