"""Finds which fields identify the records of a drafted list, by the records of one or several of its versions.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.config.drafts import ColumnDraft, ListDraft
    from monitor.model import RecordList

# A key of more fields identifies nothing.
MAX_KEY_FIELDS = 4
# Of the records, this share must have a key of their own; below the second one, there is no key.
UNIQUE, NEARLY_UNIQUE = 0.995, 0.9
# Of the smaller version's records, this share is found again by a steady key.
STEADY = 0.5
MIN_PAIRED_RECORDS = 4
# A figure that is another one in this share of the records of two versions is told to nobody.
CHANGES_EACH_TIME = 0.5
# Of two periods of a series, at most this share of the rows is the same where rows say that something happened.
FEW_SAME_ROWS = 0.1
# Names that fewer of the records have for themselves are those of something that has many records; labels are rarer.
MANY_NAMES, LABELS = 0.5, 0.25
# So many fields are tried in all combinations.
MAX_TRIED_FIELDS = 7
MAX_KEY_LETTERS = 80
# The last word of the name of a field that identifies a record by itself.
IDENTIFIER_WORDS = frozenset({"id", "number", "no", "identifier", "uei", "ein", "fips", "cert", "certificate"})

# Words over the day on which a file was written, which is the same in all of its records.
STAMP_WORDS = frozenset(
    {"updated", "update", "refreshed", "extracted", "retrieved", "generated", "asof", "run", "loaded"}
)
# Words of the day of a notice, and of the site that it is about, the most telling first.
NOTICE_WORDS = frozenset({"notice", "noticed", "letter"})
SITE_WORDS = ("city", "location", "site", "address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A list with its key.

    - `draft`: the draft with its key, anchors and names.
    - `paired`: the smallest share of records that the key finds again from one version to the next; None if there is
      only one version, or no key.
    """

    draft: ListDraft
    paired: float | None


def with_key(draft: ListDraft, versions: Sequence[RecordList], *, steady: bool = True) -> Keyed:
    """Return a drafted list with the key that fits its records best, and with anchors, names and a sentence.

    `versions` are the records of its versions, the oldest first. `steady` says that a key should find most records of
    one in the next, as in files that replace each other.
    """
    is_known = draft.item is not None and draft.key
    if is_known or draft.paragraphs or not any(each.records for each in versions):
        return Keyed(draft=draft, paired=_paired(versions, draft.key) if draft.key else None)
    candidates = _candidates(draft, versions)
    key = _identifier(draft, versions) or _notice(draft, versions)
    has_notices = bool(key) and key[-1:] == _notice(draft, versions)[-1:]
    key = key or _grown(candidates, versions, named=_named(draft, candidates, versions))
    if _unique(versions, key) < UNIQUE:
        key = _with_day(draft, candidates, versions) or key
    unsure = list(draft.unsure)
    paired = _paired(versions, key)
    if steady and key and paired is not None and paired < STEADY:
        others = [
            each
            for size in range(1, MAX_KEY_FIELDS + 1)
            for each in combinations(candidates[:MAX_TRIED_FIELDS], size)
            if _unique(versions, each) >= NEARLY_UNIQUE
        ]
        better = max(others, key=lambda each: (_paired(versions, each) or 0.0, -len(each)), default=key)
        if (_paired(versions, better) or 0.0) > paired:
            unsure.append(f"the key {', '.join(key)} pairs only {paired:.0%} of the records of two versions")
            key, paired = better, _paired(versions, better)
        if paired is not None and paired < STEADY:
            unsure.append(f"only {paired:.0%} of the records pair; are these two versions of one list?")
    unique = _unique(versions, key)
    if not key:
        unsure.append("no key: no few fields identify a record, so that equal rows pair one by one")
    elif unique < UNIQUE:
        unsure.append(f"the key is not unique: {unique:.1%} of the keys are those of one record")
    key = tuple(name for name in draft.fields if name in key)
    draft = _without_label(draft, versions) if _identifier(draft, versions) else draft
    names = tuple(each.name for each in draft.columns if each.role == "name") or key[:1]
    # Other figures in another period are no reason to tell nobody of one that is corrected.
    columns = tuple(_told(each, versions, key) for each in draft.columns) if steady else draft.columns
    if has_notices and not draft.has_events:
        unsure.append("its rows are taken for notices: who sent one, where, and when")
    draft = replace(draft, columns=columns, has_events=draft.has_events or has_notices, unsure=tuple(unsure))
    return Keyed(draft=_completed(draft, key, names), paired=paired)


def has_events(versions: Sequence[RecordList]) -> bool:
    """Return whether the rows of a list say that something happened: of two periods, hardly a row is the same."""
    kept = [{record.values for record in each.records} for each in versions]
    kept = [each for each in kept if len(each) >= MIN_PAIRED_RECORDS]
    return len(kept) > 1 and all(len(a & b) <= FEW_SAME_ROWS * min(len(a), len(b)) for a, b in pairwise(kept))


def same_keys(parts: Sequence[RecordList], key: Sequence[str]) -> float:
    """Return the share of the records of several lists whose key another of these lists has, too."""
    kept = [set(_keys(each, key)) for each in parts]
    count = sum(map(len, kept))
    return (count - len(set().union(*kept))) / max(count, 1)


def _told(column: ColumnDraft, versions: Sequence[RecordList], key: Sequence[str]) -> ColumnDraft:
    """Return a column that is ignored if it has figures that change each time, or the day of the file in each row.

    Two versions show it; of a day, also its name, where all records have the same one.
    """
    if column.kind == "date" and column.name not in key:
        days = [set(_column(each, column.name)) for each in versions if len(each.records) >= MIN_PAIRED_RECORDS]
        if not days or any(len(each) > 1 for each in days):
            return column
        if len(set().union(*days)) == len(days) > 1 or STAMP_WORDS & set(column.name.split("_")):
            remark = "the same day in all records, as that of the file, so that its changes are not told"
            return replace(column, ignore=True, unsure=column.unsure or remark)
        return column
    changed, count = figures_changed(column, versions, key)
    if not count:
        return column
    remark = f"another figure in {changed} of {count} records of two versions, so that its changes are not told"
    return replace(column, ignore=True, unsure=column.unsure or remark)


def figures_changed(column: ColumnDraft, versions: Sequence[RecordList], key: Sequence[str]) -> tuple[int, int]:
    """Return in how many records of two versions a column has another figure, and of how many.

    Return zeros unless that is so in most of them.
    """
    if column.kind != "number" or not key or column.name in key:
        return 0, 0
    pairs = [pair for before, after in pairwise(versions) for pair in _values_of_pairs(before, after, key, column.name)]
    pairs = [pair for pair in pairs if all(pair)]
    changed = sum(before != after for before, after in pairs)
    if len(pairs) < MIN_PAIRED_RECORDS or changed <= CHANGES_EACH_TIME * len(pairs):
        return 0, 0
    return changed, len(pairs)


def _values_of_pairs(before: RecordList, after: RecordList, key: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    """Yield the values of a field in two versions, for each key that is in both once."""
    old, new = (dict(_once(each, key, name)) for each in (before, after))
    yield from ((old[one], new[one]) for one in old if one in new)


def _once(each: RecordList, key: Sequence[str], name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    keys = _keys(each, key)
    counts = Counter(keys)
    yield from ((one, value) for one, value in zip(keys, _column(each, name), strict=True) if counts[one] == 1)


def _completed(draft: ListDraft, key: tuple[str, ...], names: tuple[str, ...]) -> ListDraft:
    """Return a draft with its key and names, and with what follows from them: anchors, minor fields, a sentence.

    The sentence also names the place where the rows begin with it, as `Essex` before `Newark Police`.
    """
    order = {"date": 0, "class": 1, "link": 2}
    others = [each for each in draft.columns if each.name not in names and each.kind != "number" and not each.ignore]
    anchors = sorted(others, key=lambda each: order.get(each.kind, 3))
    place = draft.place.get("name", "")
    by_place = [place] * (place in draft.fields[: max(map(draft.fields.index, names), default=0)])
    said = dict.fromkeys([*names, *by_place, *(name for name in key if name not in names), *_dates(draft.columns)])
    return replace(
        draft,
        key=key,
        names=names,
        anchors=tuple(each.name for each in anchors),
        minor=tuple(each.name for each in draft.columns if each.kind == "link"),
        says=", ".join(f"{{{name}}}" for name in list(said)[:4]),
    )


def _dates(columns: Iterable[ColumnDraft]) -> Iterator[str]:
    yield from (each.name for each in columns if each.kind == "date" and not each.ignore)


def _with_day(draft: ListDraft, candidates: Sequence[str], versions: Sequence[RecordList]) -> tuple[str, ...]:
    """Return a key with a date in it, for rows that count something on a day; () if there is none.

    Rows without a figure may be about one person each, whom nothing identifies.
    """
    if not candidates or not any(each.kind == "number" for each in draft.columns):
        return ()
    key = _grown([*candidates, *_dates(draft.columns)], versions, named=1)
    return key if _unique(versions, key) >= UNIQUE else ()


def _identifier(draft: ListDraft, versions: Sequence[RecordList]) -> tuple[str, ...]:
    """Return the field that is called a number or an id, and is another one for each record; () if there is none."""
    called = [each.name for each in draft.columns if each.name.split("_")[-1] in IDENTIFIER_WORDS]
    for name in called:
        columns = [_column(each, name) for each in versions]
        if any(" " in value for column in columns for value in column):
            continue  # a name with a number in it
        if _unique(versions, (name,)) == 1 and all(map(all, columns)) and not any(map(_counts_rows, columns)):
            return (name,)
    return ()


def _notice(draft: ListDraft, versions: Sequence[RecordList]) -> tuple[str, ...]:
    """Return the key of a list of notices: who sent one, at which site, and the day of the notice; () for another list.

    One sender may send several, so that a name identifies none, even if all names are different so far.
    """
    words = {each.name: set(each.name.split("_")) for each in draft.columns}
    day = next((each.name for each in draft.columns if each.kind == "date" and words[each.name] & NOTICE_WORDS), None)
    name = next((each.name for each in draft.columns if each.role == "name"), None)
    if day is None or name is None:
        return ()
    sites = (each.name for word in SITE_WORDS for each in draft.columns if word in words[each.name])
    site = next((each for each in sites if each not in {name, day}), None)
    key = tuple(each for each in (name, site, day) if each)
    return key if _unique(versions, key) >= NEARLY_UNIQUE else ()


def _counts_rows(values: Sequence[str]) -> bool:
    """Return whether values are the numbers of the rows, from 0 or 1: these are others when a row is added."""
    return values[:1] in (["0"], ["1"]) and list(values) == [
        str(int(values[0]) + place) for place in range(len(values))
    ]


def _candidates(draft: ListDraft, versions: Sequence[RecordList]) -> list[str]:
    """Return the fields that could be part of a key, those first that most likely are.

    Dates, links, points and figures are none: these are what is corrected.
    """
    place = draft.place.get("name")
    ranks = {"name": 0, "state": 1, "place": 2}
    able = [
        each
        for each in draft.columns
        if (each.kind == "class" or each.role in {"name", "state"} or each.name == place or each.origin)
        and each.kind != "number"
        and _is_short(versions, each.name)
    ]

    def rank(each: ColumnDraft) -> tuple[int, bool]:
        return (2 if each.name == place and each.role == "" else ranks.get(each.role, 3)), each.kind != "class"

    return [each.name for each in sorted(able, key=rank)]


def _named(draft: ListDraft, candidates: Sequence[str], versions: Sequence[RecordList]) -> int:
    """Return how many of the first candidates every key has: the name and its state; the place, where names repeat.

    A list of grants may name the program, and one program has many counties, in one state or in several.
    """
    named = 1 + _has_state(draft, candidates)
    place = draft.place.get("name")
    repeats = bool(candidates) and _unique(versions, candidates[:1]) < MANY_NAMES
    return named + (repeats and candidates[named : named + 1] == [place])


def _without_label(draft: ListDraft, versions: Sequence[RecordList]) -> ListDraft:
    """Return a draft in which no label names the records: where a number identifies them, there may be no names."""
    labels = {each.name for each in draft.columns if each.role == "name" and _unique(versions, (each.name,)) <= LABELS}
    columns = (replace(each, role="", kind="class") if each.name in labels else each for each in draft.columns)
    return replace(draft, columns=tuple(columns))


def _has_state(draft: ListDraft, candidates: Sequence[str]) -> bool:
    """Return whether the second candidate is the state, in which names are different."""
    return len(candidates) > 1 and any(each.role == "state" for each in draft.columns if each.name == candidates[1])


def _is_short(versions: Sequence[RecordList], name: str) -> bool:
    values = [value for each in versions for value in _column(each, name) if value]
    return bool(values) and sum(map(len, values)) <= MAX_KEY_LETTERS * len(values)


def _grown(candidates: Sequence[str], versions: Sequence[RecordList], *, named: int) -> tuple[str, ...]:
    """Return the key that grows, field by field, until it is unique; () if it never is.

    It begins with the first fields of `candidates`, `named` of them: the name of a record, and its state.
    """
    if not candidates:
        return ()
    key = tuple(candidates[:named])
    while (unique := _unique(versions, key)) < UNIQUE and len(key) < MAX_KEY_FIELDS:
        more = [each for each in candidates if each not in key]
        best = max(more, key=lambda each: _unique(versions, (*key, each)), default=None)
        if best is None or _unique(versions, (*key, best)) <= unique:
            break
        key = (*key, best)
    return key if _unique(versions, key) >= NEARLY_UNIQUE else ()


def _column(each: RecordList, name: str) -> list[str]:
    place = each.fields.index(name) if name in each.fields else None
    return [(record.values[place] or "") if place is not None else "" for record in each.records]


def _keys(each: RecordList, key: Sequence[str]) -> list[tuple[str, ...]]:
    columns = [[value.casefold() for value in _column(each, name)] for name in key]
    return list(zip(*columns, strict=True))


def _unique(versions: Sequence[RecordList], key: Sequence[str]) -> float:
    """Return the smallest share of different keys among the records of a version; 0 without a key."""
    if not key:
        return 0.0
    return min((len(set(_keys(each, key))) / len(each.records) for each in versions if each.records), default=0.0)


def _paired(versions: Sequence[RecordList], key: Sequence[str]) -> float | None:
    """Return the smallest share of the records that one version has in common with the next, by their keys.

    It is a share of the smaller version. Return None if there are no two versions with enough records.
    """
    kept = [set(_keys(each, key)) for each in versions if len(each.records) >= MIN_PAIRED_RECORDS] if key else []
    shares = [len(a & b) / min(len(a), len(b)) for a, b in pairwise(kept)]
    return min(shares, default=None)
