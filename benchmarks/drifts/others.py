"""What other programs tell of the same rows: each compares them in a process and an environment of its own.

A program reads pairs of lists of rows, one pair a line of JSON, and prints for each pair the keys of what it takes for
added, removed and corrected. What has no key of its own, or no key at all, it tells as it can.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rivals import installed

from drifts.editions import ADDED, CORRECTED, REMOVED, Change
from drifts.simple_rows import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What each of the programs below begins with: some print more than their answers.
OPENING = """
import json, sys
answers = open(sys.argv[1], "w", encoding="utf-8")
"""
# Two versions are compared by the key: what has another key is a removal and an addition.
BY_CSV_DIFF = """
from csv_diff import compare
for line in sys.stdin:
    pair = json.loads(line)
    columns = [dict.fromkeys(name for row in pair[side] for name in row) for side in ("old", "new")]
    old, new = (
        {row["key"]: {name: row.get(name, "") for name in names} for row in pair[side]}
        for side, names in zip(("old", "new"), columns)
    )
    told = {"added": [*new.values()], "removed": [*old.values()], "changed": []}
    if old and new:
        told = compare(old, new)
    print(json.dumps({
        "added": [row["key"] for row in told["added"]],
        "removed": [row["key"] for row in told["removed"]],
        "corrected": [[each["key"], each["key"]] for each in told["changed"]],
    }), file=answers)
"""
# The same, by daff, which also tells added and removed columns.
BY_DAFF = """
import daff
def table(rows):
    columns = list(dict.fromkeys(["key", *(name for row in rows for name in row)]))
    return daff.PythonTableView([columns, *([row.get(name, "") for name in columns] for row in rows)])
for line in sys.stdin:
    pair = json.loads(line)
    old, new = table(pair["old"]), table(pair["new"])
    flags = daff.CompareFlags()
    flags.addPrimaryKey("key")
    made = daff.PythonTableView([])
    daff.TableDiff(daff.Coopy.compareTables(old, new, flags).align(), flags).hilite(made)
    lines = [[made.getCell(x, y) for x in range(made.get_width())] for y in range(made.get_height())]
    told, at = {"added": [], "removed": [], "corrected": []}, None
    for cells in lines:
        action = str(cells[0])
        if action == "@@":
            at = cells.index("key")
        elif action == "+++":
            told["added"].append(cells[at])
        elif action == "---":
            told["removed"].append(cells[at])
        elif action.endswith("->"):
            told["corrected"].append([cells[at], cells[at]])
    print(json.dumps(told), file=answers)
"""
# The comparing that webchanges uses for data: rows in any order, the likest of what is left paired with each other.
BY_DEEPDIFF = """
from deepdiff import DeepDiff
def bare(row):
    return {name: text for name, text in row.items() if name != "key"}
for line in sys.stdin:
    pair = json.loads(line)
    keys = [{json.dumps(bare(row), sort_keys=True): row["key"] for row in pair[side]} for side in ("old", "new")]
    def key(row, side):
        return keys[side][json.dumps(row, sort_keys=True)]
    sides = [[bare(row) for row in pair[side]] for side in ("old", "new")]
    told = {"added": [], "removed": [], "corrected": []}
    for kind, levels in DeepDiff(*sides, ignore_order=True, view="tree").items():
        for level in levels:
            if kind == "iterable_item_added":
                told["added"].append(key(level.t2, 1))
            elif kind == "iterable_item_removed":
                told["removed"].append(key(level.t1, 0))
            elif kind in ("values_changed", "type_changes", "dictionary_item_added", "dictionary_item_removed"):
                row = level if isinstance(level.t1, dict) and isinstance(level.t2, dict) else level.up
                both = [key(row.t1, 0), key(row.t2, 1)]
                if both not in told["corrected"]:
                    told["corrected"].append(both)
    print(json.dumps(told), file=answers)
"""
# Linking by a statistical model, trained on the first pair of files with many rows: what is alike word for word is set
# aside, then the likest pairs are taken, each row once.
BY_SPLINK = """
import logging, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import pandas
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

pairs = [json.loads(line) for line in sys.stdin]
longest = max(range(len(pairs)), key=lambda number: min(map(len, pairs[number].values())))
columns = list(dict.fromkeys(name for row in pairs[longest]["old"] for name in row if name != "key"))
names = [f"c{at}" for at in range(len(columns))]

def frame(rows):
    lines = [(f"{n}/{at}", n, *((row.get(name) or None) for name in columns)) for n, at, row in rows]
    return pandas.DataFrame(lines, columns=["unique_id", "pair", *names]).astype(dict.fromkeys(names, "str"))

def all_of(number, side):
    return [(number, at, row) for at, row in enumerate(pairs[number][side])]

def differing(number, side):
    other = [json.dumps(row, sort_keys=True) for row in pairs[number]["new" if side == "old" else "old"]]
    for each in all_of(number, side):
        text = json.dumps(each[2], sort_keys=True)
        if text in other:
            other.remove(text)
        else:
            yield each

settings = SettingsCreator(
    link_type="link_only",
    comparisons=[compare.JaroWinklerAtThresholds(name, [0.95, 0.88, 0.7]) for name in names],
    blocking_rules_to_generate_predictions=[
        *(block_on("pair", name) for name in names),
        *(block_on("pair", f"substr({name}, 1, 4)") for name in names),
    ],
)
whole = [frame(all_of(longest, side)) for side in ("old", "new")]
trained = Linker(whole, settings, db_api=DuckDBAPI())
equal = " and ".join(f"l.{name} = r.{name}" for name in names)
trained.training.estimate_probability_two_random_records_match([equal], recall=0.8)
trained.training.estimate_u_using_random_sampling(max_pairs=2e5, seed=1)
for name in names[:3]:
    try:
        trained.training.estimate_parameters_using_expectation_maximisation(block_on(name))
    except Exception:
        pass  # too few pairs are equal in this column
model = trained.misc.save_model_to_json()

left = {side: {(n, at) for n in range(len(pairs)) for n, at, _ in differing(n, side)} for side in ("old", "new")}
sides = [frame((n, at, pairs[n][side][at]) for n, at in sorted(left[side])) for side in ("old", "new")]
links = {number: [] for number in range(len(pairs))}
if all(map(len, sides)):
    predicted = Linker(sides, model, db_api=DuckDBAPI()).inference.predict(threshold_match_probability=0.5)
    found = predicted.as_pandas_dataframe()
    likeliest = sorted(zip(found["match_probability"], found["unique_id_l"], found["unique_id_r"]), reverse=True)
    for _, *ids in likeliest:
        one, other = (tuple(map(int, each.split("/"))) for each in ids)
        if one in left["old"] and other in left["new"]:
            left["old"].remove(one)
            left["new"].remove(other)
            links[one[0]].append([pairs[one[0]]["old"][one[1]]["key"], pairs[one[0]]["new"][other[1]]["key"]])
for number, pair in enumerate(pairs):
    print(json.dumps({
        "added": [pair["new"][at]["key"] for n, at in left["new"] if n == number],
        "removed": [pair["old"][at]["key"] for n, at in left["old"] if n == number],
        "corrected": links[number],
    }), file=answers)
"""
# One of so many drifts is given to each program: two take seconds for many pairs of long lists.
SHARES = {"csv-diff": 1, "daff": 1, "deepdiff": 4, "splink": 8}
PROGRAMS = {"csv-diff": BY_CSV_DIFF, "daff": BY_DAFF, "deepdiff": BY_DEEPDIFF, "splink": BY_SPLINK}


def told_by(name: str, pairs: Sequence[str]) -> list[Counter[Change]]:
    """Return what one program tells of each pair of lists of rows, each pair a line of JSON.

    Raises MissingRivalError if it can't be installed here, CalledProcessError if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.jsonl"
        command = [str(installed(name) / "python"), "-c", OPENING + PROGRAMS[name], str(answers)]
        subprocess.run(
            command, check=True, input="".join(pairs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        return [_changes(json.loads(line)) for line in answers.read_text(encoding="utf-8").splitlines()]


def _changes(said: dict[str, list[str | list[str]]]) -> Counter[Change]:
    return Counter([*_named(ADDED, said), *_named(REMOVED, said), *_named(CORRECTED, said)])


def _named(kind: str, said: dict[str, list[str | list[str]]]) -> Iterable[Change]:
    for each in said[kind]:
        old, new = each if isinstance(each, list) else (each, each)
        (name, *before), (_, *after) = old.split(SEPARATOR), new.split(SEPARATOR)
        yield Change(
            list=name,
            kind=kind,
            before=None if kind == ADDED else tuple(before),
            after=None if kind == REMOVED else tuple(after),
        )
