"""CPU of `monitor log` on an empty history and on the demo's, and of `monitor --help`, beside others' and an older one.

Run `make bench`, or `python benchmarks/start.py`. The older monitor is unpacked from the repository's history, see
`before.py`. All programs run by turns, and of each the median of all rounds counts. Each monitor has a state folder of
its own, which it migrates before it is measured. Exits with 1 above the bounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from before import BUILD, NAME, earlier
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
STATE = ROOT / "tests" / "golden" / "states" / "demo.tar.xz"
SQLITE_UTILS = "sqlite-utils"  # a dependency of monitor, whose command line is made with click as well
ROUNDS = 21
OURS = "monitor"
# Bounds: of milliseconds of CPU for the log of the demo, and of our CPU over that of each rival.
MAX_MILLISECONDS = 1_500.0
MAX_EMPTY_RATIO, MAX_DEMO_RATIO, MAX_HELP_RATIO, MAX_VERSION_RATIO = 0.25, 1.02, 0.6, 1.2


def milliseconds(command: Sequence[str | Path]) -> float:
    """Run a command in a folder without programs, and return the CPU time that it took, in milliseconds."""
    with subprocess.Popen(command, cwd=ROOT / "docs", stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def by_turns(commands: Mapping[str, Sequence[str | Path]]) -> dict[str, float]:
    """Run commands by turns, and return the median of the CPU time of each, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():  # migrates, and fills the machine's caches
        milliseconds(command)
        milliseconds(command)
    for turn in range(ROUNDS):
        for name in commands if turn % 2 else reversed(tuple(commands)):
            times[name].append(milliseconds(commands[name]))
    return {name: median(each) for name, each in times.items()}


def state_folder(folder: Path, program: Path, *, has_history: bool) -> Path:
    """Make a folder with a program's default configuration and, if asked for, the demo's history; return it."""
    folder.mkdir(parents=True)
    if has_history:
        with tarfile.open(STATE) as archive:
            archive.extractall(folder, filter="data")
    else:
        (folder / "config.yaml").write_bytes((program / "config.yaml").read_bytes())
    return folder


def logs(folder: Path, pythons: Mapping[str, Path], *, has_history: bool) -> dict[str, list[str | Path]]:
    """Return for each monitor the command that shows its log, on a state folder of its own within `folder`."""
    states = {
        name: state_folder(folder / str(number), _program_of(python), has_history=has_history)
        for number, (name, python) in enumerate(pythons.items())
    }
    return {
        name: [python, "-m", "monitor", "--config", states[name] / "config.yaml", "--state", states[name], "log"]
        for name, python in pythons.items()
    }


def _program_of(python: Path) -> Path:
    """Return the folder of the monitor that an interpreter in `.venv/bin` runs."""
    return python.parent.parent.parent


def figures() -> list[Figure]:
    """Measure everything, and return the figures."""
    pythons, remarks = {OURS: ROOT / ".venv" / "bin" / "python"}, {NAME: "", "webchanges": ""}
    helps: dict[str, list[str | Path]] = {
        OURS: [ROOT / ".venv" / "bin" / "monitor", "--help"],
        SQLITE_UTILS: [Path(sys.executable).parent / SQLITE_UTILS, "--help"],
    }
    try:
        pythons[NAME] = earlier(BUILD)
    except MissingRivalError as fault:
        remarks[NAME] = str(fault)
    try:
        helps["webchanges"] = [installed("webchanges") / "webchanges", "--version"]
    except MissingRivalError as fault:
        remarks["webchanges"] = str(fault)
    with tempfile.TemporaryDirectory() as folder:
        empty = by_turns(logs(Path(folder, "empty"), pythons, has_history=False))
        demo = by_turns(logs(Path(folder, "demo"), pythons, has_history=True))
    helped = by_turns(helps)
    rows = (
        ("`monitor log` on an empty history", empty, NAME, NAME, MAX_EMPTY_RATIO),
        ("`monitor log` on the demo's history", demo, NAME, NAME, MAX_DEMO_RATIO),
        ("`monitor --help`; of the rival the same", helped, SQLITE_UTILS, SQLITE_UTILS, MAX_HELP_RATIO),
        ("`monitor --help`; of the rival `--version`", helped, "webchanges", titled("webchanges"), MAX_VERSION_RATIO),
    )
    return [
        Figure(
            measure=f"CPU of {what}, median of {ROUNDS}",
            unit="ms",
            ours=times[OURS],
            rival=title,
            theirs=times.get(rival),
            most=MAX_MILLISECONDS,
            most_ratio=bound,
            remark=remarks.get(rival, ""),
        )
        for what, times, rival, title, bound in rows
    ]


def main() -> int:
    """Measure, print the figures, and return 0 if all are within bounds, else 1."""
    held = True
    for figure in figures():
        ratio = f"{figure.ratio:.3f}, at most {figure.most_ratio}" if figure.ratio else figure.remark
        print(f"{figure.measure}: {figure.ours:.0f} ms; {figure.rival}: {figure.theirs or 0:.0f} ms; ratio {ratio}")
        held = tell(figure) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
