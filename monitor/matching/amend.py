"""Turn two matched versions of a list into amendments, each with its changed fields and its reason. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.jurisdictions import resolve, resolved, state_of
from monitor.jurisdictions.states import state_named
from monitor.matching.names import Vocabulary, name_likeness, plain_value, words
from monitor.model import Amendment, AmendmentKind, Reason, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.sources import ListDescription
    from monitor.matching.match import Matching, Pair
    from monitor.model import Jurisdiction

MIN_REWRITTEN_SHARE = 0.8  # the share of records that must differ in a column for the column itself to be rewritten
MIN_COLUMN_RECORDS = 10  # fewer records than this are never a column
ORDER = tuple(AmendmentKind)
FORM_WORDS = frozenset({"a", "the", "of", "city", "town", "village", "township", "borough", "county", "parish"})


def amend(matching: Matching, description: ListDescription) -> tuple[Amendment, ...]:
    """List the amendments between two matched versions of a list.

    Their order depends only on what they say, not on the order of the records.
    """
    changed = [pair for pair in matching.pairs if pair.before.values != pair.after.values]
    columns = _rewritten_columns(matching, changed, description)
    found = [
        *(Amendment(kind=AmendmentKind.ADDED, after=record) for record in matching.added),
        *(Amendment(kind=AmendmentKind.REMOVED, before=record) for record in matching.removed),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", after=record) for record in matching.repeated),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", before=record) for record in matching.dropped),
        *(each for pair in changed if (each := _compare(pair, matching, description, ignored=columns))),
        *_reformatted(matching, description, columns),
    ]
    return tuple(sorted(found, key=_order))


def _order(each: Amendment) -> tuple[object, ...]:
    sides = (each.after, each.before)
    return (
        ORDER.index(each.kind),
        each.fields,
        *(tuple(v or "" for v in side.values) if side else () for side in sides),
    )


def differing(pair: Pair, description: ListDescription) -> tuple[str, ...]:
    """Return the fields whose values differ in any character; a column that one version lacks is not counted."""
    values = zip(description.fields, pair.before.values, pair.after.values, strict=True)
    return tuple(field for field, old, new in values if old != new and old is not None and new is not None)


def _compare(
    pair: Pair, matching: Matching, description: ListDescription, *, ignored: frozenset[str]
) -> Amendment | None:
    """Turn one pair of records into a `corrected` or `cosmetic` amendment, or None if there is nothing to say.

    ignored: fields of columns that were rewritten as a whole, which get an amendment of their own.
    """
    index = {field: at for at, field in enumerate(description.fields)}
    fields = [field for field in differing(pair, description) if field not in ignored]
    changed = []
    for field in fields:
        old, new = (plain_value(side.values[index[field]] or "") for side in (pair.before, pair.after))
        if old != new and (old, new) not in matching.rewritten.get(field, {}):
            changed.append(field)
    if changed:
        return Amendment(
            kind=AmendmentKind.CORRECTED,
            reason=reason(pair, tuple(changed), description),
            before=pair.before,
            after=pair.after,
            fields=tuple(changed),
            minor=set(changed) <= set(description.minor),
            confidence=pair.confidence,
        )
    cosmetic = tuple(
        field
        for field in fields
        if tuple(plain_value(side.values[index[field]] or "") for side in (pair.before, pair.after))
        not in matching.rewritten.get(field, {})
    )
    if not cosmetic:
        return None
    return Amendment(kind=AmendmentKind.COSMETIC, before=pair.before, after=pair.after, fields=cosmetic)


def _rewritten_columns(matching: Matching, changed: Sequence[Pair], description: ListDescription) -> frozenset[str]:
    """Find the fields in which nearly every record has the same value as before, only written another way.

    changed: the pairs whose values are not all the same.
    """
    found = set()
    for at, field in enumerate(description.fields):
        altered = [
            (old, new)
            for pair in changed
            if (old := pair.before.values[at]) and (new := pair.after.values[at]) and old != new
        ]
        if len(altered) < MIN_COLUMN_RECORDS:
            continue
        filled = sum(1 for pair in matching.pairs if pair.before.values[at] and pair.after.values[at])
        if len(altered) >= MIN_REWRITTEN_SHARE * filled and all(_same_thing(*each) for each in altered):
            found.add(field)
    return frozenset(found)


def _same_thing(old: str, new: str) -> bool:
    """Tell whether two values differ only in case, blanks and punctuation, or are addresses of one file that moved."""
    if plain_value(old) == plain_value(new):
        return True
    if "://" not in old or "://" not in new:
        return False
    try:
        ours, theirs = urlsplit(old), urlsplit(new)
    except ValueError:  # `http://[`
        return False
    names = [parts.path.rstrip("/").rpartition("/")[2].casefold() for parts in (ours, theirs)]
    hosts = [(parts.hostname or "").removeprefix("www.") for parts in (ours, theirs)]
    return names[0] == names[1] and hosts[0] == hosts[1]


def _reformatted(matching: Matching, description: ListDescription, columns: frozenset[str]) -> Iterator[Amendment]:
    """Yield one amendment for each column that was added, removed or rewritten, and for each value that was respelt.

    A respelt value is one that now has another spelling on every record (`matching.rewritten`).
    """
    kind = AmendmentKind.REFORMATTED
    for field in matching.appeared:
        yield Amendment(kind=kind, reason="column added", fields=(field,))
    for field in matching.vanished:
        yield Amendment(kind=kind, reason="column gone", fields=(field,))
    for field in columns:
        at = description.fields.index(field)
        example = next(pair for pair in matching.pairs if pair.before.values[at] != pair.after.values[at])
        old, new = (_alone(record, at, description) for record in (example.before, example.after))
        yield Amendment(kind=kind, reason="column rewritten", fields=(field,), before=old, after=new)
    for field, written in matching.rewritten.items():
        at = description.fields.index(field)
        for both, count in written.items():
            example = next(
                pair
                for pair in matching.pairs
                if (plain_value(pair.before.values[at] or ""), plain_value(pair.after.values[at] or "")) == both
            )
            yield Amendment(
                kind=kind,
                reason=f"value rewritten in {count:,} records",
                fields=(field,),
                before=_alone(example.before, at, description),
                after=_alone(example.after, at, description),
            )


def _alone(record: Record, at: int, description: ListDescription) -> Record:
    """Return a record with only one value of another record, to show as an example of a whole column.

    at: the index of the value.
    """
    values = tuple(value if column == at else None for column, value in enumerate(record.values))
    return resolved(Record(values=values, locator=record.locator), description)


def reason(pair: Pair, fields: tuple[str, ...], description: ListDescription) -> Reason:
    """Tell why a pair counts as corrected: the weightiest of the reasons that its changed fields give."""
    said = {_reason_of(field, pair, description) for field in fields}
    return next(each for each in BY_WEIGHT if each in said)


BY_WEIGHT = (
    Reason.REATTRIBUTED,
    Reason.RENAMED,
    Reason.RESPELLED,
    Reason.RECLASSIFIED,
    Reason.REDATED,
    Reason.RELINKED,
    Reason.OTHER,
)


def _reason_of(field: str, pair: Pair, description: ListDescription) -> Reason:
    """Tell the reason that a change of one field gives."""
    at = description.fields.index(field)
    old, new = (side.values[at] or "" for side in (pair.before, pair.after))
    kind = description.columns[field].kind if field in description.columns else "text"
    place = description.jurisdiction
    if field in {place.name, place.state}:
        return _reason_of_place(field, pair, description)
    if field in description.names:
        return Reason.RESPELLED if _respelled(old, new) else Reason.RENAMED
    return {"class": Reason.RECLASSIFIED, "date": Reason.REDATED, "link": Reason.RELINKED}.get(kind, Reason.OTHER)


def _reason_of_place(field: str, pair: Pair, description: ListDescription) -> Reason:
    """Tell the reason that a change of a field for the place gives.

    A place that was filled in, spelt differently or written in another form is not counted as another place. If the
    list says that the field holds states, counties or cities, the jurisdictions that it names are compared, otherwise
    its words.
    """
    at = description.fields.index(field)
    old, new = (side.values[at] or "" for side in (pair.before, pair.after))
    if not plain_value(old) or not plain_value(new):
        return Reason.OTHER
    before, after = (_named(field, side, description) for side in (pair.before, pair.after))
    if before and after and before != after:
        return Reason.REATTRIBUTED
    if _respelled(old, new):
        return Reason.RESPELLED
    same_but_form = [w for w in words(old) if w not in FORM_WORDS] == [w for w in words(new) if w not in FORM_WORDS]
    return Reason.RENAMED if same_but_form or (before and after) else Reason.REATTRIBUTED


def _named(field: str, record: Record, description: ListDescription) -> Jurisdiction | None:
    """Return the jurisdiction that a field names, if the list says that this field holds states, counties or cities."""
    place = description.jurisdiction
    values = dict(zip(description.fields, record.values, strict=True))
    if field == place.state:
        return state_of(state_named(values[field])[0])
    if place.level is None:
        return None
    return resolve(values[field], values.get(place.state or ""), level=place.level).jurisdiction


def _respelled(old: str, new: str) -> bool:
    """Tell whether two names differ only by slips of spelling."""
    nothing: Mapping[str, int] = {}
    return name_likeness(old, new, Vocabulary(size=1, uses=nothing)).respelled
