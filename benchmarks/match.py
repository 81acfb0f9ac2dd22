"""Matching two versions of a long list: how many amendments are right, how long it takes, and others beside it.

Run `make bench` or `python benchmarks/match.py [RECORDS ...]`. Of the records, 1 % are renamed, 2 % get another date,
type or link, 1 % are removed and as many are added; the benchmark knows the change of each. An earlier monitor matches
the same records by turns, and has to find the same pairs with the same confidence. csv-diff matches by key alone. The
time of all is the CPU time of comparing records in memory, without start, reading and printing; the fastest turn
counts, and each monitor collects garbage as its commands do. Exits with 1 above the bounds, or if the earlier monitor
finds other pairs.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from before import BUILD, NAME, earlier
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES

ROOT = Path(__file__).parent.parent
FIELDS = ("state", "agency", "type", "county", "support_type", "signed", "moa", "addendum")
MODELS = ("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")
SUFFIXES = ("Sheriff's Office", "Police Department", "Constable", "Department of Corrections", "Marshal's Office")
# Bound on the share of changed records that are told rightly.
MIN_RIGHT_SHARE = 0.995
# Bounds on the time, by the number of records.
MAX_SECONDS = {10_000: 1.0, 100_000: 15.0}
# Bounds on the CPU seconds over those of the earlier monitor, by the number of records.
MAX_EARLIER_RATIO = {10_000: 0.5, 100_000: 0.25}
# Bound on the peak memory.
MAX_MEMORY_MB = 1_500
# Each monitor matches this many times.
TURNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Two versions of a list, and the index in the second version of each record of the first."""

    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    truth: dict[int, int]


def made(size: int, seed: int = 1) -> Made:
    """Return a list of agencies and a changed version of it."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    rows = [_row(chance, number) for number in range(size)]
    order = list(range(size))
    chance.shuffle(order)
    share = size // 100
    renamed, corrected, gone = order[:share], order[share : 3 * share], set(order[3 * share : 4 * share])
    changed = dict(enumerate(rows))
    for number in renamed:
        changed[number] = (rows[number][0], _renamed(rows[number][1], chance), *rows[number][2:])
    for number in corrected:
        changed[number] = _corrected(rows[number], chance)
    after: list[tuple[int | None, tuple[str, ...]]] = [
        (number, changed[number]) for number in range(size) if number not in gone
    ]
    after += [(None, _row(chance, size + number)) for number in range(share)]
    chance.shuffle(after)
    truth = {number: place for place, (number, _) in enumerate(after) if number is not None}
    return Made(before=tuple(rows), after=tuple(row for _, row in after), truth=truth)


def _row(chance: random.Random, number: int) -> tuple[str, ...]:
    """Return one agency with a name of its own."""
    code = chance.choice(sorted(code for code in STATES if len(counties_of(code)) > 10))
    county = chance.choice(counties_of(code)).jurisdiction.name
    agency = f"{county} {chance.choice(SUFFIXES)} {_word(chance)}"
    signed = date(2019, 1, 1) + timedelta(days=chance.randrange(2500))
    link = f"https://www.ice.gov/doclib/287g/{_word(chance).lower()}{number}.pdf" if chance.random() < 0.7 else ""
    state = STATES[code][0].upper()
    return (state, agency, "County", county, chance.choice(MODELS), signed.isoformat(), link or "Link Pending", "")


def _word(chance: random.Random) -> str:
    """Return a made-up name."""
    return "".join(chance.choice("bcdfghklmnprs") + chance.choice("aeio") for _ in range(chance.randint(2, 4))).title()


def _renamed(agency: str, chance: random.Random) -> str:
    """Return another name for the same agency: a letter wrong, a word more, or another office of the county."""
    way = chance.randrange(3)
    if way == 0:
        at = chance.randrange(1, len(agency) - 1)
        return agency[:at] + agency[at + 1 :]
    if way == 1:
        return f"{agency} and Jail"
    county, _, rest = agency.partition(" County ")
    return f"{county} County Board of Commissioners {rest.split()[-1]}" if rest else f"City of {agency}"


def _corrected(row: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """Return the same agency with another date, type or link."""
    values = list(row)
    at = chance.choice((2, 5, 6))
    values[at] = {
        2: "Municipality",
        5: (date.fromisoformat(row[5]) - timedelta(days=1)).isoformat(),
        6: f"https://www.ice.gov/doclib/287g/new-{_word(chance).lower()}.pdf",
    }[at]
    return tuple(values)


def wrong(given: Made, pairs: dict[int, int]) -> int:
    """Count the changed records that are wrong in `pairs`: paired with another record, or not at all."""
    missed = sum(pairs.get(i) != j for i, j in given.truth.items())
    return missed + sum(1 for i in pairs if i not in given.truth)


OURS = """
import json, resource, sys, time
from pathlib import Path
import monitor.cli  # which says how often Python looks for garbage
try:
    from monitor.config.file import load
    from monitor.matching.match import match
except ImportError:  # before these had rooms of their own
    from monitor.config import load
    from monitor.match import match
from monitor.model import Record, RecordList
described = load(Path(sys.argv[1])).sources["ice-287g"].reports["participating"].lists["participating"]
before, after = (
    RecordList(name="list", fields=described.fields, records=tuple(Record(values=tuple(row)) for row in rows))
    for rows in json.loads(Path(sys.argv[2]).read_text())
)
begun = time.process_time()
found = match(before, after, described)
seconds = time.process_time() - begun
at, to = ({id(record): place for place, record in enumerate(side.records)} for side in (before, after))
pairs = sorted((at[id(pair.before)], to[id(pair.after)], pair.confidence) for pair in found.pairs)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "pairs": pairs, "memory": memory}))
"""


def ours(given: Made) -> dict[str, dict[str, Any]]:
    """Let this and an earlier monitor match by turns, and return what each found in its fastest turn, by its name.

    The earlier one is missing where it can't be had.
    """
    pythons = {"monitor": Path(sys.executable)}
    try:
        pythons[NAME] = earlier(BUILD)
    except MissingRivalError as fault:
        print(f"  {fault}")
    best: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        rows = Path(temporary) / "rows.json"
        rows.write_text(json.dumps((given.before, given.after)), encoding="utf-8")
        for name, python in [*pythons.items()] * TURNS:
            program = ROOT if name == "monitor" else python.parent.parent.parent
            command: list[str | Path] = [python, "-c", OURS, program / "config.yaml", rows]
            found = json.loads(subprocess.run(command, cwd=program, check=True, capture_output=True).stdout)
            if name not in best or found["seconds"] < best[name]["seconds"]:
                best[name] = found
    return best


THEIRS = """
import json, sys, time
from csv_diff import compare, load_csv
sides = []
for name in sys.argv[1:]:
    with open(name, newline="", encoding="utf-8") as lines:
        sides.append(load_csv(lines, key="key"))
begun = time.process_time()
told = compare(*sides)
seconds = time.process_time() - begun
print(json.dumps({"seconds": seconds, "removed": len(told["removed"]), "added": len(told["added"])}))
"""


def theirs(given: Made) -> tuple[float, int]:
    """Return the CPU seconds of csv-diff's `compare` on the same lists and key, and the number of its wrong results."""
    with tempfile.TemporaryDirectory() as temporary:
        names = []
        for name, rows in (("before", given.before), ("after", given.after)):
            path = Path(temporary) / f"{name}.csv"
            with path.open("w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(("key", *FIELDS))
                writer.writerows((f"{row[0]}|{row[1]}|{row[4]}", *row) for row in rows)
            names.append(str(path))
        command = [str(installed("csv-diff") / "python"), "-c", THEIRS, *names]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    gone = len(given.before) - len(given.truth)
    return told["seconds"], told["removed"] + told["added"] - 2 * gone


def measured(size: int) -> tuple[Figure, ...]:
    """Measure lists of one size, print what was found, and return the figures.

    Raises ValueError if the earlier monitor finds other pairs.
    """
    given, what = made(size), f"{size:,} records with as many"
    both = ours(given)
    found, before = both["monitor"], both.get(NAME)
    if before and before["pairs"] != found["pairs"]:
        raise ValueError(f"{NAME} finds other pairs of {what}")
    events = 5 * size // 100
    right = 1 - wrong(given, {i: j for i, j, _ in found["pairs"]}) / events
    limit = MAX_SECONDS.get(size)
    print(
        f"{size} against {size}: monitor {found['seconds']:.2f} s (at most {limit}), {found['memory']:.0f} MB, "
        f"{100 * right:.2f} % of {events} changes right (at least {100 * MIN_RIGHT_SHARE:.1f} %)"
    )
    rival = titled("csv-diff")
    quick = Figure(measure=f"CPU of matching {what}", unit="s", ours=found["seconds"], most=limit, rival=rival)
    than_before = replace(quick, most=None, rival=NAME, most_ratio=MAX_EARLIER_RATIO.get(size))
    if before:
        than_before = replace(than_before, theirs=before["seconds"], remark="the same pairs, with the same confidence")
        print(f"  {NAME}: {before['seconds']:.2f} s, the same pairs; ratio {than_before.ratio:.3f}")
    true = Figure(
        measure=f"Of {events:,} changes, matching {what}, told rightly",
        unit="%",
        ours=100 * right,
        least=100 * MIN_RIGHT_SHARE,
        rival=rival,
    )
    try:
        seconds, mistaken = theirs(given)
        said = (
            f"its `compare` alone, of records in memory, by key: {mistaken:,} of the additions and removals that "
            "it tells are none"
        )
        print(f"  {rival}: {seconds:.3f} s, {mistaken} false additions and removals")
        quick = replace(quick, theirs=seconds, remark=said)
        true = replace(true, theirs=100 * (1 - mistaken / 2 / events), remark=said)
    except MissingRivalError as fault:
        print(f"  {fault}")
        quick, true = (replace(each, remark=str(fault)) for each in (quick, true))
    peak = Figure(measure=f"Peak memory of matching {what}", unit="MB", ours=found["memory"], most=MAX_MEMORY_MB)
    return than_before, quick, true, peak


def main(sizes: list[int]) -> int:
    """Measure each size, and return 0 if all figures are within their bounds, else 1."""
    held = True
    for size in sizes:
        for figure in measured(size):
            held &= tell(figure)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or [10_000, 100_000]))
