"""What is told of lists that drift: true changes, false ones and holds, of 2,000 files changed in over 100 ways.

Run `make bench` or `python benchmarks/drift.py [--drifts N] [--seed N] [--kind WORD] [--ground NAME] [--show]`.
Each drift is an old and a new file: the new one is the real next version of a list, or one with a made-up history, with
a few more true changes, and then drifts as publishers' files do (`drifts/of_*.py` say how). The benchmark knows what is
true, because each row keeps an identity that no file shows; `--show` prints what was told otherwise. The program polls
the files from a server on this machine, in this process. Others get the rows that the simplest usual way of reading
makes of the same files; where that ends with an error, the error counts as a hold. Exits with 1 outside the bounds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from drifts import grounds, of_cells, of_files, of_layout, of_pages, of_reports, of_two, simple_rows
from drifts.drafts import PATHS, REPORT_PATH, Drift, drift
from drifts.editions import ADDED, CORRECTED, REMOVED
from drifts.others import PROGRAMS, SHARES, told_by
from drifts.watch import Outcome, Watcher
from figures import Figure, tell
from rivals import MissingRivalError, installed, titled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drifts.drafts import Kind
    from drifts.grounds import Base
    from drifts.watch import File

    from monitor.config.sources import Config

KINDS: tuple[Kind, ...] = (
    *of_cells.KINDS,
    *of_layout.KINDS,
    *of_pages.KINDS,
    *of_reports.KINDS,
    *of_files.KINDS,
    *of_two.KINDS,
)
OURS = "monitor"
DRIFTS = 2_000
# Bound on the share of drifts of which no removal is told that is false.
MIN_WITHOUT_FALSE_REMOVAL = 99.5  # %
# Bound on the share of true changes that are told at once, where no hold would be right.
MIN_TOLD_AT_ONCE = 98.0  # %
# Bound on the share of drifts that are held, of those where no hold would be right.
MAX_NEEDLESS_HOLDS = 2.0  # %
PROGRESS_DRIFTS = 50  # after so many of a ground, a line says how far it is
PROCESSES = 2  # grounds that are tried at the same time
MAX_SHOWN_CHANGES = 4  # of one drift


@dataclass(slots=True, kw_only=True)
class Score:
    """What one program told of some drifts.

    - `true`, `right`, `false`: the numbers of true changes, of those that were told, and of false ones, by kind.
    - `right_holds`, `needless_holds`: held drifts where a hold would be right, and others.
    - `silent`: true changes that were neither told nor held.
    - `due`, `at_once`: true changes where no hold would be right, and those of them that were told.
    - `plain`: drifts where no hold would be right.
    - `falsely_removed`: drifts of which a removal is told that is false.
    """

    drifts: int = 0
    true: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    right_holds: int = 0
    needless_holds: int = 0
    silent: int = 0
    due: int = 0
    at_once: int = 0
    plain: int = 0
    falsely_removed: int = 0

    def count(self, given: Drift, outcome: Outcome) -> None:
        """Count one drift. Where one of two files is held, what is told of the other counts as well."""
        told = outcome.told
        right, false, missed = told & given.truth, told - given.truth, given.truth - told
        self.drifts += 1
        for counts, changes in ((self.true, given.truth), (self.right, right), (self.false, false)):
            for change, number in changes.items():
                counts[change.kind] += number
        self.falsely_removed += any(change.kind == REMOVED for change in false)
        if outcome.held is None:
            self.silent += missed.total()
        elif given.may_hold:
            self.right_holds += 1
        else:
            self.needless_holds += 1
        if not given.may_hold:
            self.plain += 1
            self.due += given.truth.total()
            self.at_once += right.total()

    def add(self, other: Score) -> None:
        """Add what another score has counted."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def without_false_removal(self) -> float:
        """The share of drifts of which no removal is told that is false, in percent."""
        return 100 * (1 - self.falsely_removed / max(1, self.drifts))

    @property
    def told_at_once(self) -> float:
        """The share of true changes that were told, where no hold would be right, in percent."""
        return 100 * self.at_once / max(1, self.due)

    @property
    def false_for_each_hundred(self) -> float:
        """The number of false changes told for each hundred true ones."""
        return 100 * self.false.total() / max(1, self.true.total())

    @property
    def held_needlessly(self) -> float:
        """The share of drifts that were held, of those where no hold would be right, in percent."""
        return 100 * self.needless_holds / max(1, self.plain)


Scores = dict[str, dict[str, Score]]  # by program and kind


def planned(
    drifts: int, seed: int, kinds: Sequence[Kind], chosen: Sequence[str]
) -> Mapping[str, list[tuple[int, Kind]]]:
    """Return the numbers and kinds of all drifts by the ground on which each is tried, chosen by chance."""
    plan: dict[str, list[tuple[int, Kind]]] = defaultdict(list)
    turns = [kind for kind in kinds for _ in range(kind.weight)]
    for number in range(drifts):
        kind = turns[number % len(turns)]
        fitting = [name for name in kind.grounds if not chosen or name in chosen]
        if fitting:
            plan[random.Random(f"{seed} ground {number}").choice(fitting)].append((number, kind))  # noqa: S311 - no secret
    return plan


def measured(given: argparse.Namespace, faults: dict[str, str]) -> Scores:
    """Try all drifts, each ground in a process of its own, and return the scores by program and kind.

    `faults` has the reason why a program is not measured, and gets more of them.
    """
    scores: Scores = {name: defaultdict(Score) for name in (OURS, *PROGRAMS)}
    names = planned(given.drifts, given.seed, chosen(given), given.ground)
    with ProcessPoolExecutor(PROCESSES) as pool:
        for found, more in pool.map(
            partial(of_ground, given, faults), sorted(names, key=lambda name: -len(names[name]))
        ):
            faults |= more
            for program, by_kind in found.items():
                for kind, score in by_kind.items():
                    scores[program][kind].add(score)
    for name in faults:
        scores[name].clear()
    return scores


def chosen(given: argparse.Namespace) -> Sequence[Kind]:
    """Return the kinds that were asked for."""
    return [kind for kind in KINDS if not given.kind or any(word in kind.name for word in given.kind)]


def of_ground(given: argparse.Namespace, faults: Mapping[str, str], name: str) -> tuple[Scores, dict[str, str]]:
    """Try the drifts of one ground, and return the scores, and why further programs are not measured."""
    scores: Scores = {program: defaultdict(Score) for program in (OURS, *PROGRAMS)}
    tries = planned(given.drifts, given.seed, chosen(given), given.ground)[name]
    more = dict(faults)
    made: list[Drift] = []
    lines: list[str | None] = []
    rows = _Rows()
    with Watcher() as watcher:
        config = grounds.config_for(watcher.publisher.address)
        bases = list(grounds.bases(watcher, config, given.seed, name))
        for done, (number, kind) in enumerate(tries, start=1):
            chance = random.Random(f"{given.seed} {number}")  # noqa: S311 - no secret
            base = chance.choice([base for base in bases if kind.fits(base)])
            keys = grounds.keys_of(config, base.ground.source)
            one = drift(kind, base, keys, chance)
            outcome = told(watcher, config, one, keys, number)
            scores[OURS][kind.name].count(one, outcome)
            if given.show:
                print(*shown(number, one, outcome), sep="", end="", flush=True)
            made.append(one)
            lines.append(rows.line(one) if given.others else None)
            if done % PROGRESS_DRIFTS == 0 or done == len(tries):
                say(f"{name}: {done:,} of {len(tries):,} drifts")
    if given.others:
        compare(scores, made, lines, more)
    return scores, more


def say(line: str) -> None:
    """Print how far it is."""
    print(line, file=sys.stderr, flush=True)


def told(watcher: Watcher, config: Config, one: Drift, keys: Mapping[str, Sequence[str]], number: int) -> Outcome:
    """Return what the program tells of a drift, from a copy of the state folder that has recorded the old file."""
    watcher.publish(one.files, one.base.at)
    state = watcher.copied(one.base.state, f"drift-{number}")
    try:
        return watcher.poll(config, state, one.base.ground.source, one.base.at, keys)
    finally:
        shutil.rmtree(state)


class _Rows:
    """The rows of files as the simplest usual way of reading makes them; those of old files are read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], str] = {}

    def line(self, one: Drift) -> str | None:
        """Return the rows of both files of a drift as a line of JSON, or None where one of them can't be read so."""
        try:
            old = self._of(one.base, one.base.files)
            new = self._of(one.base, one.files, known=False)
        except Exception:  # noqa: BLE001 - whatever ends a script is an error that its owner sees
            return None
        return f'{{"old": {old}, "new": {new}}}\n'

    def _of(self, base: Base, files: Mapping[str, File], *, known: bool = True) -> str:
        """Return the rows of all lists of a base as JSON."""
        ground = base.ground.name
        paths = (
            {name: f"/{name}.xlsx" for name in base.ground.lists}
            if ground == "xlsx"
            else {base.name: PATHS.get(ground, REPORT_PATH)}
        )
        parts = [
            self._read(ground, name, files[path].content, known=known or ground == "xlsx")
            for name, path in paths.items()
        ]
        return "[" + ", ".join(filter(None, parts)) + "]"

    def _read(self, ground: str, name: str, content: bytes, *, known: bool) -> str:
        if (found := self._known.get((name, content))) is not None:
            return found
        rows = json.dumps(simple_rows.read(ground, name, content))[1:-1]
        if known:
            self._known[name, content] = rows
        return rows


def compare(scores: Scores, made: Sequence[Drift], lines: Sequence[str | None], faults: dict[str, str]) -> None:
    """Count what each other program tells of these drifts; an error in reading counts as a hold."""
    for name, share in SHARES.items():
        if name in faults:
            continue
        begun = time.monotonic()
        tried = list(zip(made, lines, strict=True))[::share]
        try:
            answers = iter(told_by(name, [line for _, line in tried if line is not None]))
        except subprocess.CalledProcessError as fault:
            faults[name] = f"{name} ended with status {fault.returncode}"
        else:
            for one, line in tried:
                unread = Outcome(told=Counter(), held="can't be read")
                outcome = Outcome(told=next(answers)) if line is not None else unread
                scores[name][one.kind.name].count(one, outcome)
            say(f"{made[0].base.ground.name}: {name}, {time.monotonic() - begun:.0f} s")


def shown(number: int, one: Drift, outcome: Outcome) -> Iterator[str]:
    """Yield how a drift was told, if it was told otherwise than is true, or held where no hold would be right."""
    name = f"{number} {one.kind.name}, {one.base.ground.name} {one.base.name}"
    if outcome.held is not None and not one.may_hold:
        yield f"{name}: held: {outcome.held}\n"
    for what, changes in (("missed", one.truth - outcome.told), ("false", outcome.told - one.truth)):
        if changes and (what == "false" or outcome.held is None):
            lines = [f"    {each.kind} in {each.list}: {each.before or ''} -> {each.after or ''}\n" for each in changes]
            yield f"{name}: {changes.total()} {what}\n{''.join(lines[:MAX_SHOWN_CHANGES])}"


def table(scores: Mapping[str, Score], total: Score) -> Iterator[str]:
    """Yield the lines of our table: a line for each kind, and the sum."""
    yield (
        f"{'kind':<38} {'drifts':>6} | {'added':>11} {'removed':>11} {'corrected':>11} | "
        f"{'false a':>7} {'r':>4} {'c':>5} | {'holds right':>11} {'needless':>8} | {'silent':>6}"
    )
    for name, score in (*scores.items(), ("all", total)):
        right = (f"{score.right[kind]}/{score.true[kind]}" for kind in (ADDED, REMOVED, CORRECTED))
        false = (score.false[kind] for kind in (ADDED, REMOVED, CORRECTED))
        yield (
            f"{name:<38} {score.drifts:>6} | {' '.join(f'{each:>11}' for each in right)} | "
            f"{' '.join(f'{each:>{width}}' for each, width in zip(false, (7, 4, 5), strict=True))} | "
            f"{score.right_holds:>11} {score.needless_holds:>8} | {score.silent:>6}"
        )


def beside(scores: Scores, totals: Mapping[str, Score]) -> Iterator[str]:
    """Yield the lines of the table of all programs: by kind the changes told rightly, and those told falsely."""
    names = [name for name in scores if totals[name].drifts]
    yield f"{'told rightly of true / falsely / held':<38} | {' | '.join(f'{name:>27}' for name in names)}"
    for kind in (*scores[OURS], "all"):
        of = {name: totals[name] if kind == "all" else scores[name][kind] for name in names}
        cells = (
            f"{each.right.total():>6} of{each.true.total():>6}/{each.false.total():>7}/"
            f"{each.right_holds + each.needless_holds:>4}"
            for each in of.values()
        )
        yield f"{kind:<38} | {' | '.join(cells)}"


def figures(totals: Mapping[str, Score], faults: Mapping[str, str]) -> Iterator[Figure]:
    """Yield the figures with their bounds, each beside every other program."""
    ours = totals[OURS]
    removals = f"Of {ours.drifts:,} drifts, those of which no false removal is told"
    at_once = f"Of {ours.due:,} true changes amid drifts that need no hold, told at once"
    false = f"False changes told amid {ours.drifts:,} drifts, for each hundred of {ours.true.total():,} true ones"
    for name in PROGRAMS:
        score = totals[name] if totals[name].drifts else None
        remark = faults.get(name) or ("" if SHARES[name] == 1 else f"on one of {SHARES[name]} drifts")
        rival = titled(name)
        yield Figure(
            measure=removals, unit="%", ours=ours.without_false_removal, least=MIN_WITHOUT_FALSE_REMOVAL, rival=rival,
            theirs=score.without_false_removal if score else None, remark=remark,
        )  # fmt: skip
        yield Figure(
            measure=at_once, unit="%", ours=ours.told_at_once, least=MIN_TOLD_AT_ONCE, rival=rival,
            theirs=score.told_at_once if score else None, remark=remark,
        )  # fmt: skip
        yield Figure(
            measure=false, unit="", ours=ours.false_for_each_hundred, rival=rival,
            theirs=score.false_for_each_hundred if score else None, remark=remark,
        )  # fmt: skip
    yield Figure(
        measure=f"Of {ours.plain:,} drifts that need no hold, held", unit="%", ours=ours.held_needlessly,
        most=MAX_NEEDLESS_HOLDS,
    )  # fmt: skip
    yield Figure(
        measure=f"Of {ours.true.total():,} true changes amid drifts, neither told nor held", unit="changes",
        ours=ours.silent,
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Try the drifts, print the tables, and return 0 if the bounds held, else 1."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--drifts", type=int, default=DRIFTS, help=f"how many, {DRIFTS:,} unless told")
    asked.add_argument("--seed", type=int, default=1, help="of all that is left to chance")
    asked.add_argument("--kind", action="append", default=[], help="only kinds with this in their names; repeatable")
    asked.add_argument("--ground", action="append", default=[], choices=list(grounds.GROUNDS), help="only such files")
    asked.add_argument("--show", action="store_true", help="print what was told otherwise than is true")
    asked.add_argument("--alone", dest="others", action="store_false", help="without other programs")
    given = asked.parse_args(arguments)
    begun, faults = time.monotonic(), dict[str, str]()
    for name in PROGRAMS if given.others else ():
        try:
            installed(name)
        except MissingRivalError as fault:
            faults[name] = str(fault)
            say(faults[name])
    scores = measured(given, faults)
    totals = {name: Score() for name in scores}
    for name, by_kind in scores.items():
        for score in by_kind.values():
            totals[name].add(score)
    print(*table(scores[OURS], totals[OURS]), "", sep="\n")
    if given.others:
        print(*beside(scores, totals), "", sep="\n")
    held = True
    for figure in figures(totals, faults):
        held &= tell(figure)
        bound = (
            f", {'held' if figure.held else 'not held'}" if figure.least is not None or figure.most is not None else ""
        )
        theirs = (
            ""
            if figure.rival is None
            else f"; {figure.rival}: {'not measured' if figure.theirs is None else f'{figure.theirs:,.2f}'}"
        )
        print(f"{figure.measure}: {figure.ours:,.2f} {figure.unit}{bound}{theirs}")
    print(f"{len(scores[OURS])} kinds, after {time.monotonic() - begun:.0f} s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
