"""Time of resolving 100,000 different names, over that of looking them up with rapidfuzz in the same state's names.

Run `make bench` or `python benchmarks/resolve.py`. The names are those of the gazetteer, as agencies bear them
(`... Police Department`), three in ten of them with a slip of the pen; drawn with a fixed seed. The rival is
`rapidfuzz.process.extractOne` with `fuzz.ratio`, its quickest scorer, over all names of the state. Both run in this
process, one after the other, with the names already in memory. Exits with 1 above the bound.
"""

from __future__ import annotations

import random
import string
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from figures import Figure, tell
from rapidfuzz import fuzz, process

from monitor.jurisdictions import gazetteer, resolve
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.jurisdictions import Resolution

# Each side resolves this many names.
RESOLVED_NAMES = 100_000
# Bound on our seconds over rapidfuzz's.
MAX_RAPIDFUZZ_RATIO = 3.0
FORMS = ("", " Police Department", " PD", " Sheriff's Office", " Jail")


def misspelt(name: str, dice: random.Random) -> str:
    """Return a name with one letter left out, put in, or exchanged with the one before."""
    at = dice.randrange(1, len(name))
    return dice.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + dice.choice(string.ascii_lowercase) + name[at:],
            name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
        )
    )


def names() -> list[tuple[str, str]]:
    """Return different names, each with its state."""
    dice = random.Random(287)  # noqa: S311 - a draw
    everything = [each.jurisdiction for code in STATES for each in gazetteer.all_of(code)]
    found: dict[tuple[str, str], None] = {}
    while len(found) < RESOLVED_NAMES:
        one = dice.choice(everything)
        name = misspelt(one.name, dice) if dice.random() < 0.3 else one.name
        found[name + dice.choice(FORMS), one.state] = None
    return list(found)


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    """Measure both, print the ratio, and return 0 if it is within bounds, else 1."""
    asked = names()
    known = {code: [each.jurisdiction.name for each in gazetteer.all_of(code)] for code in STATES}
    found: list[Resolution] = []
    ours = seconds(lambda: found.extend(resolve(name, state) for name, state in asked))
    theirs = seconds(lambda: [process.extractOne(name, known[state], scorer=fuzz.ratio) for name, state in asked])
    sure = sum(each.jurisdiction is not None for each in found)
    print(f"{len(asked):,} different names in {len(STATES)} states and territories, {sure:,} of them resolved")
    print(f"rapidfuzz {version('rapidfuzz')}, extractOne with fuzz.ratio: {theirs:.2f} s")
    print(f"monitor, resolve: {ours:.2f} s")
    print(f"ratio {ours / theirs:.2f}, at most {MAX_RAPIDFUZZ_RATIO}")
    figure = Figure(
        measure=f"Resolving {len(asked):,} different names; the rival finds the likest name of the state",
        unit="s",
        ours=ours,
        rival=f"rapidfuzz {version('rapidfuzz')}",
        theirs=theirs,
        most_ratio=MAX_RAPIDFUZZ_RATIO,
    )
    return 0 if tell(figure) else 1


if __name__ == "__main__":
    sys.exit(main())
