"""CPU of `monitor log` from start to end on the demo's history, and of `monitor --help`; beside an older program's.

Run `make bench`, or `python benchmarks/start.py [FOLDER]` with the folder of an older program that has its own .venv.
Both read copies of one state folder of an earlier release, which each migrates before it is measured. They run by
turns, and of each the least of all rounds counts: whatever else the machine does only ever adds. Exits with 1 above the
bounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from statistics import median

from figures import Figure, tell

ROOT = Path(__file__).parent.parent
STATE = ROOT / "tests" / "golden" / "states" / "demo.tar.xz"
MAX_RATIO = 1.02  # of this program's CPU time over the older one's
MAX_MILLISECONDS = 1_500.0  # of CPU time for the log
ROUNDS = 12
COMMANDS = {"`monitor log` on the demo's history": ("log",), "`monitor --help`": ("--help",)}


def milliseconds(program: Path, state: Path, arguments: tuple[str, ...]) -> float:
    """Run one command of the program in a folder, and return the CPU time that it took, in milliseconds."""
    command: list[str | Path] = [
        program / ".venv/bin/monitor",
        "--config",
        state / "config.yaml",
        "--state",
        state,
        *arguments,
    ]
    with subprocess.Popen(command, cwd=program, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def unpacked(folder: Path) -> Path:
    """Return a copy of the state folder, unpacked into a folder."""
    with tarfile.open(STATE) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main() -> None:
    """Measure each command, print the figures, and exit with 1 where a bound does not hold."""
    older = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    programs = [ROOT, *([older] if older else [])]
    held = True
    with tempfile.TemporaryDirectory() as folder:
        states = {program: unpacked(Path(folder) / str(number)) for number, program in enumerate(programs)}
        for what, arguments in COMMANDS.items():
            times: dict[Path, list[float]] = {program: [] for program in programs}
            for program in programs:
                milliseconds(program, states[program], arguments)  # migrates, and fills the machine's caches
            for turn in range(ROUNDS):
                for program in programs if turn % 2 else reversed(programs):
                    times[program].append(milliseconds(program, states[program], arguments))
            ours, theirs = min(times[ROOT]), min(times[older]) if older else None
            shown = ", ".join(f"{min(each):.0f} ms (median {median(each):.0f})" for each in times.values())
            ratio = f"; after over before {ours / theirs:.3f}" if theirs else ""
            print(f"{what}: {shown}{ratio}")
            figure = Figure(
                measure=f"CPU of {what}",
                unit="ms",
                ours=ours,
                rival="an older monitor" if older else None,
                theirs=theirs,
                most=MAX_MILLISECONDS,
                most_ratio=MAX_RATIO if older else None,
            )
            held = tell(figure) and held
    raise SystemExit(not held)


if __name__ == "__main__":
    main()
