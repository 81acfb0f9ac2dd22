"""Finds columns that are written in another way throughout: in other signs, or without a word that all values had.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.config.cells import plain_month
from monitor.jurisdictions.states import code_of
from monitor.matching.forms import form_of
from monitor.matching.names import words
from monitor.matching.ways import BRACKETS, MIN_SAME_WAY, OF_STATE, way_of, words_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.matching.match import Matching, Pair

    Values = tuple[str, str]  # the old and the new value of a field

MIN_REWRITTEN_SHARE = 0.8  # the share of records that must differ in a column for the column itself to be rewritten
MIN_COLUMN_RECORDS = 10  # fewer records than this are never a column
MIN_NOTES = 3  # different words in brackets


def rewritten_columns(
    matching: Matching, changed: Sequence[Pair], description: ListDescription
) -> dict[str, frozenset[int]]:
    """Find the fields in which nearly all records have the same value as before, but written in another way.

    changed: the pairs of records whose values are not all the same.

    Return for each of these fields the numbers of the pairs of which that is true, counted in `changed`. Others are
    corrected beside them.
    """
    found = {}
    named = description.jurisdiction.state
    state = description.fields.index(named) if named in description.fields else None
    for at, field in enumerate(description.fields):
        column = description.columns.get(field)
        altered = {
            number: (old, new)
            for number, pair in enumerate(changed)
            if (old := pair.before.values[at])
            and (new := pair.after.values[at])
            and old != new
            and not (column and column.never_tells(old, new))
        }
        if len(altered) < MIN_COLUMN_RECORDS:
            continue
        form = form_of(description, field)
        is_link = description.kind_of(field) == "link"
        filled = sum(
            1
            for pair in matching.pairs
            if form(old := pair.before.values[at] or "") and pair.after.values[at] and (not is_link or "://" in old)
        )
        least = max(MIN_COLUMN_RECORDS, MIN_REWRITTEN_SHARE * filled)
        same = {number for number, both in altered.items() if _same_thing(*both, form)}
        ways: dict[int, str] = {}
        if description.kind_of(field) == "text" and at != state:
            others = altered.keys() - same
            states = {n: code_of(changed[n].after.values[state]) if state is not None else None for n in others}
            ways = {n: way for n in others if (way := way_of(*altered[n], states[n]))}
            same |= _reworded(ways, altered)
        if len(same) >= least:
            found[field] = frozenset(same)
        elif usual := _reworded_throughout(ways, [pair.before.values[at] or "" for pair in matching.pairs]):
            found[field] = usual
    return found


def _same_thing(old: str, new: str, form: Callable[[str], str]) -> bool:
    """Tell whether two values say the same in spite of another spelling.

    That is so if they differ only in case, blanks and punctuation, if one is a month and the other its first day, as
    spreadsheets make of it, or if they are addresses of files with the same name, on whichever host: the files of
    nearly a whole column move to another host together. `form` brings values of the field into the form in which they
    are compared.
    """
    if form(old) == form(new) or any(day == f"{plain_month(month)}-01" for day, month in ((old, new), (new, old))):
        return True
    if "://" not in old or "://" not in new:
        return False
    try:
        ours, theirs = urlsplit(old), urlsplit(new)
    except ValueError:  # `http://[`
        return False
    names = [parts.path.rstrip("/").rpartition("/")[2].casefold() for parts in (ours, theirs)]
    hosts = [(parts.hostname or "").removeprefix("www.") for parts in (ours, theirs)]
    return names[0] == names[1] and (hosts[0] == hosts[1] or "." in names[0])


def _reworded(ways: Mapping[int, str], altered: Mapping[int, Values]) -> set[int]:
    """Return the numbers of those that differ in words of form alone, in the same way as some others do.

    ways: by number, the way in which an old and a new value differ. altered: by number, these two values.
    """
    counts = Counter(ways.values())
    # One note behind all names may be news; different ones are another column's, like the office of each county.
    notes = {
        each
        for number, way in ways.items()
        if way == BRACKETS
        for each in map(words_behind, altered[number][:2])
        if each
    }
    if len(notes) < MIN_NOTES:
        counts.pop(BRACKETS, None)
    return {number for number, way in ways.items() if counts[way] >= MIN_SAME_WAY}


def _reworded_throughout(ways: Mapping[int, str], old_values: Sequence[str]) -> frozenset[int]:
    """Return the numbers of those whose words of form were replaced or left out in nearly all values that had them.

    So `Police Department` may have become `PD` in each name that had it, in a column with names of sheriffs as well.

    ways: by number, the way in which an old and a new value differ. old_values: all old values that are still listed.
    """
    usual = set()
    for way, count in Counter(ways.values()).items():
        before, is_of_words, _ = way.partition(" > ")
        if count < MIN_COLUMN_RECORDS or not before or not is_of_words or OF_STATE in before:
            continue
        gone = Counter(before.split())
        if count >= MIN_REWRITTEN_SHARE * sum(gone <= Counter(words(old)) for old in old_values):
            usual.add(way)
    return frozenset(number for number, way in ways.items() if way in usual)
