"""CPU of `monitor poll` of three pages of which none has changed, the whole command, over one look of others at them.

Run `make bench` or `python benchmarks/once.py`. The pages and the rivals' set-ups are those of `idle.py`: every program
has seen the pages before, and the benchmark checks that each asks for all of them conditionally. The programs take
turns, and of each the median of all rounds counts. Exits with 1 above the bounds.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from figures import Figure, tell
from idle import configured, look, pages, rival, unchanged
from rivals import MissingRivalError, titled

PAGES = 3
ROUNDS = 15
OURS = "monitor"
# Bounds on the CPU of `monitor poll` over that of a rival's look.
MAX_CPU_RATIOS = {"urlwatch": 1.0, "webchanges": 0.6}


def commands_of(folder: Path, address: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return each program's command for the pages, and by rival why it could not be installed."""
    commands, missing = {OURS: [*configured(folder, address, PAGES)[:-1], "poll"]}, {}
    for name in MAX_CPU_RATIOS:
        try:
            commands[name] = rival(name, folder, address, PAGES)
        except MissingRivalError as fault:
            missing[name] = str(fault)
    return commands, missing


def by_turns(commands: dict[str, list[str]], address: str) -> dict[str, float]:
    """Run the commands by turns, and return the median of the CPU time of each, in milliseconds."""
    for command in commands.values():
        look(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(ROUNDS):
        for name in commands if turn % 2 else reversed(tuple(commands)):
            unchanged(address)
            times[name].append(1000 * look(commands[name]))
            if (asked := unchanged(address)) != PAGES:
                sys.exit(f"{name} was told of {asked} of {PAGES} pages that they are unchanged")
    return {name: median(each) for name, each in times.items()}


def main() -> int:
    """Measure all, print the ratios, and return 0 if they are within their bounds, else 1."""
    with tempfile.TemporaryDirectory() as folder, pages() as address:
        commands, missing = commands_of(Path(folder), address)
        times = by_turns(commands, address)
    figure = Figure(
        measure=f"CPU of `monitor poll` of {PAGES} unchanged pages, the whole command, median of {ROUNDS}",
        unit="ms",
        ours=times[OURS],
    )
    held = True
    for name, bound in MAX_CPU_RATIOS.items():
        beside = replace(
            figure, rival=titled(name), theirs=times.get(name), most_ratio=bound, remark=missing.get(name, "")
        )
        ratio = f"ratio {beside.ratio:.2f}, at most {bound}" if beside.ratio else beside.remark
        print(f"monitor: {beside.ours:.0f} ms; {beside.rival}: {beside.theirs or 0:.0f} ms; {ratio}")
        held &= tell(beside)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
