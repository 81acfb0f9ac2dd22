"""Finds records whose group may have changed only because a title was lost, or because a row was taken for a title.

Also those that went to another list of the file together, and those that words like `All counties` perhaps stand for.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from monitor.jurisdictions.states import code_of, state_named
from monitor.matching.names import plain_value
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, Record

# The groups whose values stand above the records, so that one lost line gives them to the group before. Those of items
# and cards have no origin, and stand in a heading.
WRITTEN_ABOVE = frozenset({"title_row", "merged_cell", "heading", None})
WORDS_FOR_MORE = re.compile(
    r"\b(?:all|others?|more|remaining|rest|additional|see|view|click|list|loading|entire|every)\b", re.IGNORECASE
)
MIN_GROUPS_OF_WORDS = 3  # groups that get the same words at once
MIN_RELISTED = 2  # records that went to another list together; a single one may have stood in the wrong list


def regrouped(
    amendments: Sequence[Amendment],
    before: Sequence[Record],
    after: Sequence[Record],
    description: ListDescription,
) -> str | None:
    """Return a sentence if a lost title, or a row taken for a title, may be why records changed their group; else None.

    - A title was perhaps lost if a group is gone, and its records stand in another group that was there before.
    - A row was perhaps taken for a title if a group is new, and its records come from a group that is still there.

    amendments: the changes between the two versions.
    before, after: all records of the old and of the new version.
    """
    for field, group in description.group.items():
        if group.origin not in WRITTEN_ABOVE:
            continue
        at = description.fields.index(field)
        old, new = ({plain_value(record.values[at] or "") for record in side} for side in (before, after))
        changes = Counter(_changes(amendments, at))
        for (was, now), count in changes.most_common():
            moved = f"{count} record{'' if count == 1 else 's'} would change from {was!r} to {now!r} in {field}"
            if plain_value(was) not in new and plain_value(now) in old:
                return f"{moved}, and no other is left there; was the title {was!r} lost?"
            if plain_value(now) not in old and plain_value(was) in new:
                return f"{moved}, which is new; is that the title of a group?"
    return _without_state(before, after, description)


def _without_state(before: Sequence[Record], after: Sequence[Record], description: ListDescription) -> str | None:
    """Return a sentence if records that stood under names of states stand under no state any more; else None.

    The names of the states perhaps stand elsewhere now, as in a column or in tabs. One that is misspelt is a state.

    before, after: all records of the old and of the new version.
    """
    field = description.jurisdiction.state
    if field is None or field not in description.group:
        return None
    at = description.fields.index(field)
    stood = {_others(record, at) for record in before if code_of(record.values[at])}
    lost = Counter(
        value
        for record in after
        if (value := record.values[at] or "") and not state_named(value)[0] and _others(record, at) in stood
    )
    for title, count in lost.most_common(1):
        return (
            f"{count} record{'' if count == 1 else 's'} of states would stand under {title!r} in {field}, which names "
            "no state; do the names of the states stand elsewhere now?"
        )
    return None


def inside_others(
    added: Sequence[Record], before: Sequence[Record], after: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if records would be added that stand inside the item of another one; else None.

    These may be parts of it, like its cities, or reasons why it is listed. Where a list had such records before, they
    are its records.

    added: the records that the list would gain. before, after: all records of the old and of the new version.
    """
    if not description.item:
        return None
    names = {each.locator.selector: each.values[0] or "" for each in after if each.locator and each.locator.selector}
    known = {each.locator.selector for each in before if each.locator and each.locator.selector}
    if any(around in known for selector in known for around in _around(selector)):
        return None
    for record in added:
        selector = (record.locator and record.locator.selector) or ""
        for around in _around(selector):
            if around in names:
                own, outer = (record.values[0] or "")[:80], names[around][:80]
                return f"{own!r} would be added, and stands inside the item of {outer!r}; is it a part of it?"
    return None


def _around(selector: str) -> Iterator[str]:
    """Yield the selectors of the elements around another one, as far as its selector names them."""
    steps = selector.split(" > ")
    return (" > ".join(steps[:end]) for end in range(1, len(steps)))


def relisted(
    removed: Sequence[Record], description: ListDescription, added: Sequence[Record], other: ListDescription
) -> list[Record]:
    """Return the removed records of one list that are added to another list of the same file; none if they are few.

    A heading between the two lists was perhaps lost, so that the records below it are read into the other list.

    removed, description: the records that one list would lose, and its description.
    added, other: the records that the other list would gain, and its description.
    """
    key = description.key
    if not key or set(key) != set(other.key):
        return []

    def key_of(record: Record, described: ListDescription) -> tuple[str, ...]:
        return tuple(plain_value(record.values[described.fields.index(field)] or "") for field in key)

    there = {key_of(record, other) for record in added}
    found = [record for record in removed if key_of(record, description) in there]
    return found if len(found) >= MIN_RELISTED else []


def words_for_records(
    removed: Sequence[Record], added: Sequence[Record], before: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if words perhaps stand for the records of a group now, like `All counties`; else None.

    removed, added: the records that the list would lose and gain, those that it would gain with their jurisdictions.

    before: all records of the old version.

    That is so if several records of a group would be gone, and an item of it is new that names no known place, or the
    whole state. Half of the group must be gone, or the item must have a word like `others`. A list of states is one
    group.
    """
    places = [description.fields.index(field) for field in description.group]
    named = [at for at, field in enumerate(description.fields) if field in description.names and at not in places]
    of_states = not places and not description.jurisdiction.name
    if not description.item or not named or not (places or of_states):
        return None
    gone, size = (Counter(tuple(each.values[at] for at in places) for each in some) for some in (removed, before))
    for record in added:
        group, words = tuple(record.values[at] for at in places), record.values[named[0]] or ""
        is_likely = 2 * gone[group] >= size[group] or WORDS_FOR_MORE.search(words)
        names_place = record.jurisdiction is not None and (of_states or record.jurisdiction.level != "state")
        if not names_place and gone[group] >= MIN_RELISTED and is_likely:
            where = " of ".join(("", *filter(None, group)))
            return (
                f"{gone[group]} records{where} would be gone, and {words[:80]!r} would stand there, which names no "
                "known place of its own; does it stand for them?"
            )
    return None


def same_words(added: Sequence[Record], description: ListDescription) -> str | None:
    """Return a sentence if the same words, which name no place, would be added in several groups; else None.

    A page perhaps repeats them below each of its lists, like `Print this page`.

    added: the records that the list would gain, with their jurisdictions.
    """
    places = [description.fields.index(field) for field in description.group]
    named = [at for at, field in enumerate(description.fields) if field in description.names and at not in places]
    if not description.item or not named or not places:
        return None
    groups: dict[str, set[tuple[str | None, ...]]] = defaultdict(set)
    for record in added:
        if record.jurisdiction is None or record.jurisdiction.level == "state":
            groups[record.values[named[0]] or ""].add(tuple(record.values[at] for at in places))
    for words, where in groups.items():
        if len(where) >= MIN_GROUPS_OF_WORDS:
            return f"{words[:80]!r} would be added {len(where)} times, and names no known place; is it a record?"
    return None


def _changes(amendments: Sequence[Amendment], at: int) -> Iterator[tuple[str, str]]:
    """Yield the old and the new group of each record that changed it; `at` is the index of the group field.

    A record that was removed and one that was added are the same if they differ in that field alone.
    """
    added: dict[tuple[str, ...], list[str]] = defaultdict(list)
    removed: list[tuple[tuple[str, ...], str]] = []
    for each in amendments:
        if each.kind == AmendmentKind.CORRECTED and each.before and each.after:
            yield each.before.values[at] or "", each.after.values[at] or ""
        elif each.kind == AmendmentKind.ADDED and each.after:
            added[_others(each.after, at)].append(each.after.values[at] or "")
        elif each.kind == AmendmentKind.REMOVED and each.before:
            removed.append((_others(each.before, at), each.before.values[at] or ""))
    for others, was in removed:
        if added.get(others):
            yield was, added[others].pop(0)


def _others(record: Record, at: int) -> tuple[str, ...]:
    """Return the values of a record but that at the index `at`, in the form in which values are compared."""
    return tuple(plain_value(value or "") for place, value in enumerate(record.values) if place != at)
