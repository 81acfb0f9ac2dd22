"""Makes amendments from two versions of a list whose records are paired: the changed fields, and the reason.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.jurisdictions import resolve, resolved, state_of
from monitor.jurisdictions.states import state_named
from monitor.matching.forms import form_of
from monitor.matching.names import FORM_WORDS, Vocabulary, name_likeness, plain_value, without_note, words
from monitor.matching.reworded import rewritten_columns
from monitor.matching.texts import Headings, plain_text
from monitor.model import UNTOLD, Amendment, AmendmentKind, Reason, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.matching.match import Matching, Pair
    from monitor.model import Jurisdiction

ORDER = tuple(AmendmentKind)


def amend(matching: Matching, description: ListDescription) -> tuple[Amendment, ...]:
    """List the amendments (differences) between two versions of a list whose records are paired.

    matching: the paired, removed and added records.
    description: the list's description in the configuration.

    The order of the amendments depends only on what they say, not on the order of the records.
    """
    if description.content == "text":
        return _amended_texts(matching)
    changed = [pair for pair in matching.pairs if pair.before.values != pair.after.values]
    rewritten = rewritten_columns(matching, changed, description)
    quiet = {name: each for name, each in description.columns.items() if each.ignore or each.kind == "number"}
    untold = [never_told(pair, description, quiet) for pair in changed] if quiet else [()] * len(changed)
    forms = {field: form_of(description, field) for field in description.fields}
    found = [
        *(Amendment(kind=AmendmentKind.ADDED, after=record) for record in matching.added),
        *(Amendment(kind=AmendmentKind.REMOVED, before=record) for record in matching.removed),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", after=record) for record in matching.repeated),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", before=record) for record in matching.dropped),
        *(
            each
            for number, (pair, fields) in enumerate(zip(changed, untold, strict=True))
            if (each := _compare(pair, matching, description, ignored=_ignored(number, rewritten, fields), forms=forms))
        ),
        *_reformatted(matching, description, {field: changed[min(some)] for field, some in rewritten.items()}),
        *_untold(untold, description),
    ]
    return tuple(sorted(found, key=_order))


def _amended_texts(matching: Matching) -> tuple[Amendment, ...]:
    """List the amendments between two versions of the text of a page.

    A text is corrected if its words differ, or if it went to another heading. That it has another heading because the
    heading itself is another one, is cosmetic.
    """
    headings = Headings.of(
        (*(pair.before for pair in matching.pairs), *matching.removed, *matching.dropped),
        (*(pair.after for pair in matching.pairs), *matching.added, *matching.repeated),
    )
    found = [
        *(Amendment(kind=AmendmentKind.ADDED, after=record) for record in matching.added),
        *(Amendment(kind=AmendmentKind.REMOVED, before=record) for record in matching.removed),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", after=record) for record in matching.repeated),
        *(Amendment(kind=AmendmentKind.COSMETIC, reason="repeated", before=record) for record in matching.dropped),
    ]
    for pair in (pair for pair in matching.pairs if pair.before.values != pair.after.values):
        (old_heading, old), (heading, new) = pair.before.values, pair.after.values
        went = headings.went(old_heading or "", heading or "") and plain_text(old_heading or "") != plain_text(
            heading or ""
        )
        reworded = plain_text(old or "") != plain_text(new or "")
        fields = (*(["heading"] if went else []), *(["text"] if reworded else []))
        differ = tuple(
            name for name, one, other in (("heading", old_heading, heading), ("text", old, new)) if one != other
        )
        found.append(
            Amendment(
                kind=AmendmentKind.CORRECTED if fields else AmendmentKind.COSMETIC,
                reason=Reason.OTHER if fields else None,
                before=pair.before,
                after=pair.after,
                fields=fields or differ,
                confidence=pair.confidence,
            )
        )
    return tuple(sorted(found, key=_order))


def _order(each: Amendment) -> tuple[object, ...]:
    sides = (each.after, each.before)
    return (
        ORDER.index(each.kind),
        each.fields,
        *(tuple(v or "" for v in side.values) if side else () for side in sides),
    )


def differing(pair: Pair, description: ListDescription) -> tuple[str, ...]:
    """Return the fields whose values are not exactly the same in both records of a pair.

    A field whose column one of the versions lacks is left out.
    """
    values = zip(description.fields, pair.before.values, pair.after.values, strict=True)
    return tuple(field for field, old, new in values if old != new and old is not None and new is not None)


def never_told(pair: Pair, description: ListDescription, quiet: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the fields that differ in both records of a pair, but of which nobody is told (`ignore`, `round`).

    quiet: the columns of which that may be true, by field.
    """
    values = zip(description.fields, pair.before.values, pair.after.values, strict=True)
    return tuple(
        field
        for field, old, new in values
        if old != new and old is not None and new is not None and field in quiet and quiet[field].never_tells(old, new)
    )


def _untold(untold: Sequence[tuple[str, ...]], description: ListDescription) -> Iterator[Amendment]:
    """Yield one amendment for all values that changed and of which nobody is told; none if there are no such values.

    untold: for each record that changed, the fields with such values.

    The records themselves show the values. An amendment for each of them would fill the change log with what the
    configuration calls of no interest.
    """
    found = [fields for fields in untold if fields]
    if found:
        named = {field for fields in found for field in fields}
        yield Amendment(
            kind=AmendmentKind.REFORMATTED,
            reason=f"{UNTOLD}: {len(found):,} record{'' if len(found) == 1 else 's'}",
            fields=tuple(field for field in description.fields if field in named),
        )


def _compare(
    pair: Pair,
    matching: Matching,
    description: ListDescription,
    *,
    ignored: frozenset[str],
    forms: Mapping[str, Callable[[str], str]],
) -> Amendment | None:
    """Make a `corrected` or `cosmetic` amendment from one pair of records; None if there is no difference to report.

    ignored: fields of which nobody is told, and those whose whole column was written in another way; there is one
        amendment for all of them instead.
    forms: for each field, the function that brings its values into the form in which they are compared.
    """
    index = {field: at for at, field in enumerate(description.fields)}
    plain = {}
    for field in differing(pair, description):
        if field in ignored:
            continue
        form = forms[field]
        old, new = (form(side.values[index[field]] or "") for side in (pair.before, pair.after))
        if (old, new) not in matching.rewritten.get(field, {}):
            plain[field] = old, new
    changed = [field for field, (old, new) in plain.items() if old != new]
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
    if not plain:
        return None
    return Amendment(kind=AmendmentKind.COSMETIC, before=pair.before, after=pair.after, fields=tuple(plain))


def _ignored(number: int, rewritten: Mapping[str, frozenset[int]], untold: Iterable[str]) -> frozenset[str]:
    """Return the fields of a changed pair of which there is no amendment for this pair alone.

    number: the number of the pair. rewritten: see `rewritten_columns`. untold: the fields of which nobody is told.
    """
    return frozenset((*untold, *(field for field, some in rewritten.items() if number in some)))


def _reformatted(matching: Matching, description: ListDescription, columns: Mapping[str, Pair]) -> Iterator[Amendment]:
    """Yield one amendment of the kind `reformatted` for each change of a whole column.

    These are columns that were added, are gone, or are written in another way (`columns`, with a pair of records as the
    example for each); and values that are spelt in another way in many records (`matching.rewritten`).
    """
    kind = AmendmentKind.REFORMATTED
    for field in matching.appeared:
        yield Amendment(kind=kind, reason="column added", fields=(field,))
    for field in matching.vanished:
        yield Amendment(kind=kind, reason="column gone", fields=(field,))
    for field, example in columns.items():
        at = description.fields.index(field)
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
    """Return a copy of a record with only one of its values; it is shown as the example for a whole column.

    at: the index of the value.
    """
    values = tuple(value if column == at else None for column, value in enumerate(record.values))
    return resolved(Record(values=values, locator=record.locator), description)


def reason(pair: Pair, fields: tuple[str, ...], description: ListDescription) -> Reason:
    """Tell why a pair of records counts as corrected; if its changed fields give several reasons, the weightiest."""
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
    """Tell the reason that the change of one field of a pair gives for calling it corrected."""
    at = description.fields.index(field)
    old, new = (side.values[at] or "" for side in (pair.before, pair.after))
    kind = description.kind_of(field)
    place = description.jurisdiction
    if field in {place.name, place.state}:
        return _reason_of_place(field, pair, description)
    if field in description.names and not description.paragraphs:  # which is a sentence, and no name
        return Reason.RESPELLED if _respelled(old, new) else Reason.RENAMED
    return {"class": Reason.RECLASSIFIED, "date": Reason.REDATED, "link": Reason.RELINKED}.get(kind, Reason.OTHER)


def _reason_of_place(field: str, pair: Pair, description: ListDescription) -> Reason:
    """Tell the reason that the change of a field that names a place gives for calling a pair corrected.

    It is not another place if the field was empty before, or is only spelt or written in another way. If the list says
    that the field holds states, counties or cities, the jurisdictions that both values name are compared, otherwise
    their words.
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
    one, other = ([w for w in words(without_note(side)) if w not in FORM_WORDS] for side in (old, new))
    return Reason.RENAMED if one == other or (before and after) else Reason.REATTRIBUTED


def _named(field: str, record: Record, description: ListDescription) -> Jurisdiction | None:
    """Return the jurisdiction that a field names, or None.

    It is None unless the list says that the field holds states, counties or cities.
    """
    place = description.jurisdiction
    values = dict(zip(description.fields, record.values, strict=True))
    if field == place.state:
        return state_of(state_named(values[field])[0])
    if place.level is None:
        return None
    return resolve(values[field], values.get(place.state or "") or place.within, level=place.level).jurisdiction


def _respelled(old: str, new: str) -> bool:
    """Tell whether two names differ only by slips of spelling, like a wrong letter."""
    nothing: Mapping[str, int] = {}
    return name_likeness(old, new, Vocabulary(size=1, uses=nothing)).respelled
