"""Stands in for `systemctl` and `systemd-run` where no systemd runs, under those names in a folder of the PATH.

Units are started as real processes, by their `ExecStart` below the folder `$STAND_IN_ROOT`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(os.environ.get("STAND_IN_ROOT", "/nonexistent"))
STATES = ("var/lib/monitor", "var/lib/monitor-upgrade")


def below(word: str) -> str:
    """Return a word of a command line, with a path of the machine moved below the folder."""
    return f"{ROOT}{word}" if word.startswith(("/opt/", "/etc/", "/var/")) else word


def pid_file(unit: str) -> Path:
    """Return the file with the number of a unit's process."""
    return ROOT / "run" / f"{unit}.pid"


def is_active(unit: str) -> bool:
    """Return whether the process of a unit runs."""
    with suppress(FileNotFoundError, ProcessLookupError):
        number = int(pid_file(unit).read_text(encoding="utf-8"))
        os.kill(number, 0)
        return "Z" not in Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    return False


def start(unit: str) -> None:
    """Start a unit, if it does not run."""
    if is_active(unit):
        return
    lines = (ROOT / "etc/systemd/system" / unit).read_text(encoding="utf-8").splitlines()
    (command,) = (line.removeprefix("ExecStart=").split() for line in lines if line.startswith("ExecStart="))
    program, *words = map(below, command)
    pid_file(unit).parent.mkdir(exist_ok=True)
    with (ROOT / "run" / f"{unit}.log").open("a", encoding="utf-8") as log:
        own = [str(Path(program).with_name("python")), "-P", "-m", "monitor", *words]
        process = subprocess.Popen(own, stderr=log, stdout=log, stdin=subprocess.DEVNULL, start_new_session=True)
    pid_file(unit).write_text(str(process.pid), encoding="utf-8")


def stop(unit: str) -> None:
    """End a unit, and wait until it has ended."""
    if is_active(unit):
        os.kill(int(pid_file(unit).read_text(encoding="utf-8")), signal.SIGTERM)
        while is_active(unit):
            time.sleep(0.02)


def main() -> int:
    """Do what the command of this name would; return its exit status."""
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    if name == "systemd-run":
        while words[0].startswith("--"):
            words.pop(0)
        for each in STATES:
            (ROOT / each).mkdir(parents=True, exist_ok=True)
        return subprocess.run(words, check=False).returncode
    with (ROOT / "asked.log").open("a", encoding="utf-8") as asked:
        asked.write(" ".join(words) + "\n")
    action, *units = [word for word in words if not word.startswith("--")]
    if action == "is-active":
        return 0 if all(map(is_active, units)) else 3
    for unit in units:
        {"start": start, "stop": stop}[action](unit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
