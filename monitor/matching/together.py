"""Finds records that stand together in one, or in pieces; and those that say that they are listed no more.

None of these is a removal or an addition that anybody could be told of: a person decides.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from monitor.config.gone_words import RECORD_GONE_WORDS
from monitor.matching.names import plain_value
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.matching.match import Matching
    from monitor.model import Amendment, Record

    Key = tuple[str, ...]
    Rest = tuple[object, ...]

# What stands between several names in one cell or item.
BETWEEN_NAMES = re.compile(r"[;,/|&+\n]|\band\b", re.IGNORECASE)
# A name, and after or before it that it is listed no more: `Kern County (removed 6/1/2025)`, `REMOVED: Kern County`.
SAID_GONE = re.compile(
    rf"(?:[(\[\u2013\u2014:]\s*|\s-\s+){RECORD_GONE_WORDS}\b"
    rf"|\s{RECORD_GONE_WORDS}\b[^()\[\]]{{0,30}}\W*$"
    rf"|^\W*{RECORD_GONE_WORDS}\W*[:\u2013\u2014-]\s",
    re.IGNORECASE,
)
MIN_FILLED = 3  # values that each old record has, where one that has a single value is perhaps a part of another
# A cell that says nothing else: `Terminated`, `Terminated 5/1/2026`, `No longer active`.
CELL_OF_GONE = re.compile(
    rf"^\W*{RECORD_GONE_WORDS}\b(?:\W*|\W[^a-z]{{0,20}}|\W+(?:on|as of|effective|since)\b.{{0,30}})$", re.IGNORECASE
)


def put_together(matching: Matching, description: ListDescription) -> str | None:
    """Return a sentence if several records of one version stand as one record in the other version; else None.

    matching: the paired, removed and added records of the two versions.

    That is so if a value in the key of the one record holds several names (`Berkeley, Oakland`), and with each of these
    names alone it would be a record that only the other version has. It is also so if the words of its key are those of
    several such records one after the other (`Portland, OR Salem, OR`), or begin with those of one such record and end
    with the same word as that one (`Cook County Lake County`).
    """
    if not (matching.added or matching.removed or matching.repeated or matching.dropped):
        return None
    changed = [pair for pair in matching.pairs if pair.before.values != pair.after.values]
    before = (*matching.removed, *matching.dropped, *(pair.before for pair in changed))
    after = (*matching.added, *matching.repeated, *(pair.after for pair in changed))
    old, new = _by_key(before, description), _by_key(after, description)
    for one, others, how in (
        (new, old, "{count} records would stand in one, {name!r}; are they listed together now?"),
        (old, new, "one record, {name!r}, would be {count}; were they listed together before?"),
    ):
        for key, record in one.items():
            for at, field in enumerate(description.key):
                value = record.values[description.fields.index(field)] or ""
                if not BETWEEN_NAMES.search(value):
                    continue
                names = {plain for part in BETWEEN_NAMES.split(value) if (plain := plain_value(part))}
                keys = {(*key[:at], name, *key[at + 1 :]) for name in names}
                if len(found := (keys & others.keys()) - one.keys()) > 1:
                    return how.format(count=len(found), name=value[:120])
        alone = _by_first_word(others.keys() - one.keys())
        for key in one.keys() - others.keys() if alone else ():
            if count := max((_count_of_names(words, rest, alone) for rest, words in _views(key)), default=0):
                values = (one[key].values[description.fields.index(field)] or "" for field in description.key)
                return how.format(count=count, name=", ".join(values)[:120])
    return None


def _views(key: Key) -> Iterator[tuple[Rest, Key]]:
    """Yield the words of each value of a key, with what tells the rest of the key; at last the words of all values."""
    for at, value in enumerate(key):
        if any(key[:at] + key[at + 1 :]):
            yield (at, *key[:at], *key[at + 1 :]), tuple(value.split())
    yield (), tuple(" ".join(key).split())


def _by_first_word(keys: Iterable[Key]) -> Mapping[tuple[Rest, str], set[Key]]:
    """Return the words of keys as `_views` gives them, by the rest of the key and their first word."""
    found: dict[tuple[Rest, str], set[Key]] = defaultdict(set)
    for key in keys:
        for rest, words in _views(key):
            if words:
                found[rest, words[0]].add(words)
    return found


def _count_of_names(words: Key, rest: Rest, alone: Mapping[tuple[Rest, str], set[Key]]) -> int:
    """Return how many names stand one after the other in these words; 0 if they are one name.

    rest: what tells the rest of the key. alone: the words of the names, as `_by_first_word` gives them.
    """
    left, count = words, 0
    while left:
        names = alone.get((rest, left[0]), ())
        name = max(
            (each for each in names if left[: len(each)] == each and len(each) < len(words)), key=len, default=()
        )
        count += bool(name)
        if name and _is_another(left[len(name) :], name):
            return count + 1
        if not name and left[0] != "and":
            return 0
        left = left[max(len(name), 1) :]
    return count if count > 1 else 0


def _is_another(words: Key, name: Key) -> bool:
    """Return whether words are probably a further name of the kind of `name`, as in `Cook County` and `Lake County`."""
    return min(len(words), len(name)) > 1 and words[-1] == name[-1] and words.count(name[-1]) == 1


def _by_key(records: Sequence[Record], description: ListDescription) -> Mapping[Key, Record]:
    """Return one record for each key, in plain form; none if the list has no key."""
    columns = [description.fields.index(field) for field in description.key]
    if not columns:
        return {}
    return {tuple(plain_value(record.values[at] or "") for at in columns): record for record in records}


def torn_off(added: Sequence[Record], before: Sequence[Record], description: ListDescription) -> str | None:
    """Return a sentence if an added record has one value alone, where all old ones had several; else None.

    added: the new records. before: all records of the old version.

    It is perhaps the rest of the record above it, whose name somebody wrote into two rows. What stands above the rows,
    as the title of a group, does not count.
    """
    columns = ((field, column) for field, column in description.columns.items() if not column.fill_down)
    own = [description.fields.index(field) for field, _ in columns]

    def filled(record: Record) -> list[str]:
        return [value for at in own if (value := record.values[at])]

    alone = [values[0] for record in added if len(values := filled(record)) == 1]
    if not alone or min((len(filled(record)) for record in before), default=0) < MIN_FILLED:
        return None
    return f"a record would have nothing but {alone[0][:120]!r}; does it belong to the row above it?"


def said_gone(amendments: Sequence[Amendment], before: Sequence[Record], description: ListDescription) -> str | None:
    """Return a sentence if a record now says beside its name, or in place of a date or link, that it is listed no more.

    Return None if none does.

    amendments: the changes between the two versions. before: all records of the old version.

    It is no reason if the list had such a record before, since a person has then seen what it means.
    """
    if description.paragraphs or description.content == "text":
        return None
    columns = _columns_of_names(description)
    others = tuple(at for at, field in enumerate(description.fields) if description.kind_of(field) in {"date", "link"})
    for some, pattern in ((columns, SAID_GONE), ((*columns, *others), CELL_OF_GONE)):
        said = {value for each in amendments for value in _new_values(each, some) if pattern.search(value)}
        if said and not any(pattern.search(record.values[at] or "") for record in before for at in some):
            break
    else:
        return None
    return f"{min(said)[:120]!r} says that it is listed no more; is it removed, or is that a part of its name?"


def _columns_of_names(description: ListDescription) -> tuple[int, ...]:
    """Return the indices of the fields that name a record: its names and its key, but for dates and links."""
    fields = dict.fromkeys((*description.names, *description.key))
    return tuple(description.fields.index(each) for each in fields if description.kind_of(each) not in {"date", "link"})


def _new_values(amendment: Amendment, columns: Sequence[int]) -> Iterator[str]:
    """Yield the values in these columns that an added or corrected record has, and did not have before."""
    if amendment.kind in {AmendmentKind.ADDED, AmendmentKind.CORRECTED} and amendment.after:
        for at in columns:
            old = amendment.before.values[at] if amendment.before else None
            if (value := amendment.after.values[at]) and value != old:
                yield value
