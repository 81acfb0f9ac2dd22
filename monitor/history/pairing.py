"""Finds which fields identify the records of a drafted list, by the records of one or several of its versions.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

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
# So many fields are tried in all combinations.
MAX_TRIED_FIELDS = 7
MAX_KEY_LETTERS = 80
# The last word of the name of a field that identifies a record by itself.
IDENTIFIER_WORDS = frozenset({"id", "number", "no", "identifier", "uei", "ein", "fips"})


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
    if draft.item is not None or draft.paragraphs or not any(each.records for each in versions):
        return Keyed(draft=draft, paired=_paired(versions, draft.key) if draft.key else None)
    candidates = _candidates(draft, versions)
    key = _identifier(draft, versions) or _grown(candidates, versions, named=1 + _has_state(draft, candidates))
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
    names = tuple(each.name for each in draft.columns if each.role == "name") or key[:1]
    return Keyed(draft=_completed(replace(draft, unsure=tuple(unsure)), key, names), paired=paired)


def _completed(draft: ListDraft, key: tuple[str, ...], names: tuple[str, ...]) -> ListDraft:
    """Return a draft with its key and names, and with what follows from them: anchors, minor fields, a sentence."""
    order = {"date": 0, "class": 1, "link": 2}
    others = [each for each in draft.columns if each.name not in names and each.role != "number"]
    anchors = sorted(others, key=lambda each: order.get(each.kind, 3))
    said = dict.fromkeys([*names, *(name for name in key if name not in names), *_dates(draft.columns)])
    return replace(
        draft,
        key=key,
        names=names,
        anchors=tuple(each.name for each in anchors),
        minor=tuple(each.name for each in draft.columns if each.kind == "link"),
        says=", ".join(f"{{{name}}}" for name in list(said)[:4]),
    )


def _dates(columns: Iterable[ColumnDraft]) -> Iterator[str]:
    yield from (each.name for each in columns if each.kind == "date")


def _identifier(draft: ListDraft, versions: Sequence[RecordList]) -> tuple[str, ...]:
    """Return the field that is called a number or an id, and is another one for each record; () if there is none."""
    called = [each.name for each in draft.columns if not IDENTIFIER_WORDS.isdisjoint(each.name.split("_"))]
    for name in called:
        columns = [_column(each, name) for each in versions]
        if _unique(versions, (name,)) == 1 and all(map(all, columns)) and not any(map(_counts_rows, columns)):
            return (name,)
    return ()


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
        if (each.kind == "class" or each.role in {"name", "state"} or each.name == place)
        and each.role != "number"
        and _is_short(versions, each.name)
    ]

    def rank(each: ColumnDraft) -> tuple[int, bool]:
        return (2 if each.name == place and each.role == "" else ranks.get(each.role, 3)), each.kind != "class"

    return [each.name for each in sorted(able, key=rank)]


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
