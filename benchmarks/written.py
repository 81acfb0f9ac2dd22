"""What is written to files for each version of a series of spreadsheets, beside an earlier monitor.

Run `make bench` or `python benchmarks/written.py [MANIFEST]`. The manifest is that of `monitor import --manifest`; the
default is the real series beside the project or, if that is absent, the sheets of the demo. The kernel counts all bytes
and calls of the importing process, those to files that nobody sees too, as SQLite's temporary ones are. Linux only.
Exits with 1 above the bounds.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from before import BUILD, NAME, earlier
from figures import Figure, tell
from rivals import MissingRivalError
from xlsx import REAL, demo_manifest

ROOT = Path(__file__).parent.parent
# Bounds on our bytes and calls over those of the earlier program.
MAX_BYTES_RATIO, MAX_CALLS_RATIO = 0.3, 0.42
IMPORT = """
import atexit, json, sys
def tell():
    with open("/proc/self/io") as lines:
        counts = dict(line.split(": ") for line in lines)
    print(json.dumps([int(counts["wchar"]), int(counts["syscw"])]), file=sys.stderr)
atexit.register(tell)
from monitor.cli import main
main(sys.argv[1:])
"""


def written(python: Path, state: Path, manifest: Path) -> tuple[int, int]:
    """Import a series of files with one program, and return the bytes that were written, and the calls."""
    command: list[str | Path] = [python, "-c", IMPORT, "--state", state, "import", "ice-287g", "--manifest", manifest]
    program = python.parent.parent.parent
    ran = subprocess.run(command, cwd=program, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    count, calls = json.loads(ran.stderr.splitlines()[-1])
    return count, calls


def main() -> int:
    """Measure both programs, print the ratios, and return 0 if they are within bounds, else 1."""
    remark = ""
    theirs: tuple[int, int] | None = None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        manifest = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL if REAL.exists() else demo_manifest(folder)
        with manifest.open(encoding="utf-8") as lines:
            files = sum(1 for _ in csv.DictReader(lines))
        ours = written(ROOT / ".venv" / "bin" / "python", folder / "ours", manifest)
        try:
            theirs = written(earlier(BUILD), folder / "theirs", manifest)
        except MissingRivalError as fault:
            remark = str(fault)
    held = True
    for number, (what, unit, scale, bound) in enumerate(
        (("bytes written", "KB", 1_000, MAX_BYTES_RATIO), ("calls that write", "calls", 1, MAX_CALLS_RATIO))
    ):
        figure = Figure(
            measure=f"{what.capitalize()} for each of {files} versions of a spreadsheet, temporary files too",
            unit=unit,
            ours=ours[number] / scale / files,
            rival=NAME,
            theirs=theirs[number] / scale / files if theirs else None,
            most_ratio=bound,
            remark=remark,
        )
        print(f"{figure.measure}: {figure.ours:.0f} {unit}; {NAME}: {figure.theirs or 0:.0f}; ratio {figure.ratio}")
        held = tell(figure) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
