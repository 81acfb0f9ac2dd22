"""Matching two versions of a long list: how many amendments are right, how long it takes, and csv-diff beside it.

Run `make bench` or `python benchmarks/match.py [RECORDS ...]`. Of the records, 1 % are renamed, 2 % get another date,
county or link, 1 % are removed and as many are added; the benchmark knows the change of each. csv-diff matches by key
alone. The time of both is that of comparing records in memory, without start, reading and printing. Exits with 1 above
the bounds.
"""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

from monitor.config.sources import load
from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES
from monitor.matching.match import match
from monitor.model import Record, RecordList

ROOT = Path(__file__).parent.parent
FIELDS = ("state", "agency", "type", "county", "support_type", "signed", "moa", "addendum")
MODELS = ("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")
SUFFIXES = ("Sheriff's Office", "Police Department", "Constable", "Department of Corrections", "Marshal's Office")
# Bound on the share of changed records that are told rightly.
MIN_RIGHT_SHARE = 0.995
# Bounds on the time, by the number of records.
MAX_SECONDS = {10_000: 1.0, 100_000: 15.0}
# Bound on the peak memory.
MAX_MEMORY_MB = 1_500


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


def lists(given: Made) -> tuple[RecordList, RecordList]:
    """Return the two versions as the program's own lists."""
    one, two = (
        RecordList(name="participating", fields=FIELDS, records=tuple(Record(values=row) for row in rows))
        for rows in (given.before, given.after)
    )
    return one, two


def wrong(given: Made, pairs: dict[int, int]) -> int:
    """Count the changed records that are wrong in `pairs`: paired with another record, or not at all."""
    missed = sum(pairs.get(i) != j for i, j in given.truth.items())
    return missed + sum(1 for i in pairs if i not in given.truth)


def ours(size: int) -> None:
    """Match once in this process, and print the result as JSON."""
    given = made(size)
    before, after = lists(given)
    described = load(ROOT / "config.yaml").sources["ice-287g"].reports["participating"].lists["participating"]
    begun = time.perf_counter()
    found = match(before, after, described)
    seconds = time.perf_counter() - begun
    at = {id(record): place for place, record in enumerate(before.records)}
    to = {id(record): place for place, record in enumerate(after.records)}
    pairs = {at[id(pair.before)]: to[id(pair.after)] for pair in found.pairs}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "wrong": wrong(given, pairs), "memory": memory}))


THEIRS = """
import json, sys, time
from csv_diff import compare, load_csv
sides = []
for name in sys.argv[1:]:
    with open(name, newline="", encoding="utf-8") as lines:
        sides.append(load_csv(lines, key="key"))
begun = time.perf_counter()
told = compare(*sides)
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "removed": len(told["removed"]), "added": len(told["added"])}))
"""


def theirs(size: int) -> tuple[float, int]:
    """Return the seconds of csv-diff's `compare` on the same lists and key, and the number of its wrong results."""
    given = made(size)
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


def main(sizes: list[int]) -> None:
    """Measure each size in a process of its own."""
    held = True
    for size in sizes:
        out = subprocess.run([sys.executable, __file__, "--once", str(size)], check=True, capture_output=True).stdout
        found = json.loads(out)
        events = 5 * size // 100
        right = 1 - found["wrong"] / events
        limit = MAX_SECONDS.get(size)
        print(
            f"{size} against {size}: monitor {found['seconds']:.2f} s (at most {limit}), {found['memory']:.0f} MB, "
            f"{100 * right:.2f} % of {events} changes right (at least {100 * MIN_RIGHT_SHARE:.1f} %)"
        )
        rival, what = titled("csv-diff"), f"{size:,} records with as many"
        quick = Figure(measure=f"Matching {what}", unit="s", ours=found["seconds"], most=limit, rival=rival)
        true = Figure(
            measure=f"Of {events:,} changes, matching {what}, told rightly",
            unit="%",
            ours=100 * right,
            least=100 * MIN_RIGHT_SHARE,
            rival=rival,
        )
        try:
            seconds, mistaken = theirs(size)
            said = (
                f"its `compare` alone, of records in memory, by key: {mistaken:,} of the additions and removals that "
                "it tells are none"
            )
            print(
                f"  {rival}: {seconds:.3f} s, {mistaken} false additions and removals; ratio "
                f"{found['seconds'] / seconds:.2f}"
            )
            quick = replace(quick, theirs=seconds, remark=said)
            true = replace(true, theirs=100 * (1 - mistaken / 2 / events), remark=said)
        except MissingRivalError as fault:
            print(f"  {fault}")
            quick, true = (replace(each, remark=str(fault)) for each in (quick, true))
        peak = Figure(measure=f"Peak memory of matching {what}", unit="MB", ours=found["memory"], most=MAX_MEMORY_MB)
        for figure in (quick, true, peak):
            held &= tell(figure)
    if not held:
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        ours(int(sys.argv[2]))
    else:
        main([int(each) for each in sys.argv[1:]] or [10_000, 100_000])
