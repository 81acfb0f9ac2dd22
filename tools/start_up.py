"""Prints the CPU time of starting an installed program, beside that of another: `python tools/start_up.py NEW OLD`.

Each folder is one that `make install-systemd` made, like /opt/monitor. Both run by turns, on copies of the demo's
history, and of each the median counts. Exits with 1 where the first takes more than `--most-ratio` of the second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
STATE = ROOT / "tests" / "golden" / "states" / "demo.tar.xz"
COMMANDS = (("--version",), ("log",), ("list", "doj-sanctuary", "states"))


def milliseconds(command: list[str]) -> float:
    """Run a command, and return the CPU time that it took, in milliseconds. Exits where it fails."""
    with subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL) as process:  # noqa: S603 - the programs to be measured
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def command_of(program: Path, state: Path, words: tuple[str, ...]) -> list[str]:
    """Return the command line that runs a program on a state folder."""
    own = [str(program / "bin" / "python"), "-P", "-m", "monitor"]
    return [*own, "--config", str(state / "config.yaml"), "--state", str(state), *words]


def main() -> int:
    """Measure both; return 0, or 1 if the first takes too much."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("programs", type=Path, nargs=2, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--most-ratio", type=float, default=float("inf"))
    asked = parser.parse_args()
    programs = [each.absolute() for each in asked.programs]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        states = [Path(folder, str(number)) for number, _ in enumerate(programs)]
        for state in states:
            with tarfile.open(STATE) as packed:
                packed.extractall(state, filter="data")
        for words in COMMANDS:
            commands = [command_of(*each, words) for each in zip(programs, states, strict=True)]
            for command in (*commands, *commands):  # brings the state up to date, and fills the machine's caches
                milliseconds(command)
            times = [[milliseconds(command) for command in commands] for _ in range(asked.rounds)]
            new, old = (median(each) for each in zip(*times, strict=True))
            worst = max(worst, new / old)
            print(f"monitor {' '.join(words)}: {new:.0f} ms, before {old:.0f} ms, ratio {new / old:.2f}")  # noqa: T201
    return 0 if worst <= asked.most_ratio else 1


if __name__ == "__main__":
    sys.exit(main())
