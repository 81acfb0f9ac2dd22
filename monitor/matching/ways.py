"""Tells in which way a value is written in other words of form, and which records follow the way of others.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from rapidfuzz.distance import Postfix, Prefix

from monitor.jurisdictions.states import STATES, code_of
from monitor.matching.forms import form_of
from monitor.matching.names import FORM_WORDS, GENERIC, abbreviates, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Record

NUMBER_BEHIND = re.compile(r"[(\[][\d,]{1,9}[)\]]\s*$")
IN_BRACKETS = re.compile(r"[(\[][^()\[\]]{1,60}[)\]]\s*$")
BRACKETS = "brackets"  # the way of values that lost or gained words in brackets
OF_STATE = "<state>"  # stands for the words that name the state of a record
MIN_SAME_WAY = 3  # records in which the same words were left out or put in
MAX_LEARNED_FROM = 1_000  # pairs of records from which the way is learned in which others are rewritten
MAX_TRIED_PAIRS = 100_000  # pairs of a removed and an added record that are tried; of more, none is taken
REWRITTEN_CONFIDENCE = 0.9  # with which two records are the same that are rewritten in the way of others


def same_but_rewritten(
    pairs: Sequence[tuple[Record, Record, float]],
    removed: Sequence[Record],
    added: Sequence[Record],
    description: ListDescription,
) -> Iterator[tuple[int, int, float]]:
    """Yield which removed and added records are one that was rewritten as others were: their numbers, and a confidence.

    Where three counties lost the word `County`, `Nassau County` is `Nassau`, though a town of that name is known, if
    all else in the record is as before, and no other record would do.

    pairs: the records of the old and the new version that are known to be the same.
    removed, added: the records that only the old or only the new version has.
    """
    if not (removed and added):
        return
    state = description.fields.index(named) if (named := description.jurisdiction.state) in description.fields else None
    for at, field in enumerate(description.fields):
        if field not in description.key or description.kind_of(field) != "text" or at == state:
            continue
        changed = (pair[:2] for pair in pairs if pair[0].values[at] != pair[1].values[at])
        ways = Counter(_way_in(old, new, at, state) for old, new in islice(changed, MAX_LEARNED_FROM))
        usual = {way for way, count in ways.items() if way not in {None, BRACKETS} and count >= MIN_SAME_WAY}
        alike = list(islice(_alike_but_for(at, removed, added, description), MAX_TRIED_PAIRS + 1)) if usual else []
        if len(alike) <= MAX_TRIED_PAIRS:
            yield from _only_ones([(i, j) for i, j in alike if _way_in(removed[i], added[j], at, state) in usual])


def _alike_but_for(
    at: int, removed: Sequence[Record], added: Sequence[Record], description: ListDescription
) -> Iterator[tuple[int, int]]:
    """Yield which removed and added records have the same values in all fields but the one with this number."""
    forms = [(number, form_of(description, each)) for number, each in enumerate(description.fields) if number != at]

    def rest_of(record: Record) -> tuple[str, ...]:
        return tuple(form(record.values[number] or "") for number, form in forms)

    there: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for j, record in enumerate(added):
        there[rest_of(record)].append(j)
    for i, record in enumerate(removed):
        yield from ((i, j) for j in there.get(rest_of(record), ()))


def _only_ones(found: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, float]]:
    """Yield those pairs of which no record is in another pair, with the confidence."""
    ours, theirs = (Counter(pair[side] for pair in found) for side in (0, 1))
    yield from ((i, j, REWRITTEN_CONFIDENCE) for i, j in found if ours[i] == theirs[j] == 1)


def _way_in(before: Record, after: Record, at: int, state: int | None) -> str | None:
    """Tell in which way the values of two records differ in the field number `at`; `state` is that of the state."""
    code = code_of(after.values[state]) if state is not None else None
    return way_of(before.values[at] or "", after.values[at] or "", code)


def way_of(old: str, new: str, state: str | None) -> str | None:
    """Tell in which way two values differ, if it is one of form alone; else None.

    A word like `County` was left out or put in, the state was put in, left out or given by its code (`Ithaca, NY`),
    words are abbreviated (`SO` for `Sheriff's Office`), or a number or words stand behind in brackets (`Bay County
    (2)`).
    """
    ours, theirs = (words(NUMBER_BEHIND.sub("", side)) for side in (old, new))
    if ours == theirs:
        return "number"
    common = Counter(ours) & Counter(theirs)
    if GENERIC.issuperset(common):
        return None
    left, right = (_marked(list((Counter(side) - common).elements()), state) for side in (ours, theirs))
    way = f"{' '.join(left)} > {' '.join(right)}"
    if not (left and right):
        return way if {*left, *right} - FORM_WORDS <= {OF_STATE} else _way_of_what_is_behind(old, new, state)
    for some, others in ((left, right), (right, left)):
        if some == [OF_STATE] and FORM_WORDS.issuperset(others):
            return way
    if GENERIC.issuperset(left + right) and (abbreviates(left, right) or abbreviates(right, left)):
        return way
    start = Prefix.similarity(ours, theirs)
    end = Postfix.similarity(ours[start:], theirs[start:])
    code, other = (code_of(" ".join(side[start : len(side) - end])) for side in (ours, theirs))
    return "state" if code is not None and code == other else None


def _way_of_what_is_behind(old: str, new: str, state: str | None) -> str | None:
    """Tell whether one of two values has words in brackets behind it, or a state, where no other column names one."""
    bare = [words(IN_BRACKETS.sub("", each)) for each in (old, new)]
    if bare[0] == bare[1] and not (words_behind(old) and words_behind(new)):
        return BRACKETS
    shorter, longer = sorted((words(old), words(new)), key=len)
    behind = longer[len(shorter) :] if longer[: len(shorter)] == shorter else ()
    return f"{OF_STATE} behind" if state is None and code_of(" ".join(behind)) else None


def words_behind(value: str) -> str:
    """Return the words in brackets at the end of a value; "" if there are none."""
    found = IN_BRACKETS.search(value)
    return " ".join(words(found[0])) if found else ""


def _marked(side: list[str], state: str | None) -> list[str]:
    """Return these words with OF_STATE in place of those that name the state with this code."""
    naming = {*words(state), *words(STATES[state][0])} if state else set()
    others = [word for word in side if word not in naming]
    named = code_of(" ".join(word for word in side if word in naming))
    return [*others, OF_STATE] if state and named == state else side
