"""Judges by a list's own past whether its change can be true; a change that can't be is held for a person.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from monitor.matching.columns import mixed_columns
from monitor.matching.texts import page_doubt
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, Record

# The real pending list lost 28 of 41 records, and once 31 of 51, as agencies moved on; the participating list never
# more than one of 800. So a list is measured by its own past, and by these while it has none.
SHORT_LIST = 10  # a list with fewer records may lose half of them; so many of any list may be corrected
ALWAYS_LIKELY_SHORT = 2  # so many records may always go, from a short list
ALWAYS_LIKELY = 25  # so many records may always go, from a long list
YOUNG_VERSIONS = 5  # with fewer versions than this, a list's past says little
YOUNG_SHARE = 0.75  # the share of records that may go from a young list
LONG_LIST = 100  # records from which on a young list is not let go as easily
LONG_YOUNG_SHARE = 0.3  # the share of records that may go from a long young list
OLD_SHORT_SHARE = 1 / 3  # the share that may go from an old list that is too short to lose ALWAYS_LIKELY
OLD_SHARE = 0.03  # the share that may go from an old list that has never lost any
MAX_STRETCH = 4  # a list may lose so many times what it usually lost at once
SHORT_YOUNG_SHARE = 0.9  # the share that may go from a short young list
CUT_OFF_SHARE = 0.1  # a list that keeps less than this share of at least 2 x SHORT_LIST records was cut off
MAX_REPLACED_SHARE = 0.5  # the share of records that may be corrected in what identifies them
MIN_ONE_CAUSE = 0.8  # the share of the gone records that one cause explains; there may be true losses beside
MIN_TAIL = 5  # records that stood together and are gone together: the end of a file, or a page
MIN_BLOCK = 10  # records that stood together anywhere in the file and are gone together
MIN_RUN_SHARE = 0.5  # the share of the gone records that stood together or at the end; others may be gone in truth
MAX_CHANCE = 0.001  # the likelihood, up to which it is no chance that so many that stood together are gone
# A number in the selector of an element.
NUMBER_IN_NAME = re.compile(r"\d{1,9}")
MIN_AGAIN_SHARE = 0.5  # the share of the added records whose key stands in the list already
MIN_UNIQUE_KEYS = 0.9  # of a list whose keys tell its records apart, the share of different keys
MIN_AGAIN_SHARE_OF_ALL = 0.25  # and how many these are, as a share of the old list
MIN_STATE = 10  # records of one state that are all gone, and no other


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How a list changed in its earlier versions.

    - `versions`: the number of these versions.
    - `most_removed`: the largest number of records that one version removed.
    - `usually_removed`: the second largest such number; so one single great loss does not count as usual.
    - `records`: the number of records in the last version.
    - `peak`: the largest number of records within the last weeks.
    - `moved`: how many records have moved to another list within the last weeks.

    Versions that a person released count as if they had removed nothing.
    """

    versions: int = 0
    most_removed: int = 0
    usually_removed: int = 0
    records: int = 0
    peak: int = 0
    moved: int = 0


def doubt(
    amendments: Sequence[Amendment],
    *,
    size: int,
    new_size: int,
    past: Past,
    description: ListDescription,
    moved: Collection[int] = (),
) -> str | None:
    """Return a sentence if the difference between two versions of a list can't be believed; else None.

    size, new_size: the numbers of records before and after.
    past: how the list changed in earlier versions.
    moved: the positions of old records that are in another list of the source now, so that they are not lost.
    """
    counts = Counter(each.kind for each in amendments)
    if description.paragraphs or description.content == "text":  # what a page says about itself comes and goes
        is_prose = description.content == "text"
        return _text_doubt(counts[AmendmentKind.REMOVED], size=size, new_size=new_size) if is_prose else None
    gone = [each.before for each in amendments if each.kind == AmendmentKind.REMOVED and each.before]
    removed = sum(record.position not in moved for record in gone)
    added = counts[AmendmentKind.ADDED]
    cut_off = size >= 2 * SHORT_LIST and new_size < CUT_OFF_SHARE * size
    if cut_off and removed > MAX_STRETCH * past.usually_removed and 2 * removed > len(gone):
        return f"{_counted(new_size, 'left')} of {size}; was the file cut off?"
    if why := _loss(removed, len(gone) - removed, size=size, new_size=new_size, past=past):
        return why
    if why := growth_doubt(size, size + added):
        return why
    replaced = sum(1 for each in amendments if _identity_changed(each, description))
    if replaced > max(SHORT_LIST, MAX_REPLACED_SHARE * min(size, new_size)):
        return f"{replaced} of {size} records would be corrected in what identifies them; were columns mixed up?"
    return mixed_columns(amendments, description, size=min(size, new_size))


def _text_doubt(removed: int, *, size: int, new_size: int) -> str | None:
    return page_doubt(removed, size=size, new_size=new_size) or growth_doubt(size, new_size)


def across_doubt(amendments: Sequence[Amendment], *, size: int, new_size: int) -> str | None:
    """Return a sentence if a period's list can't be the successor of that of the period before; else None.

    size, new_size: the numbers of records in the list of the period before, and in this one.
    """
    removed = sum(each.kind == AmendmentKind.REMOVED for each in amendments)
    if size >= SHORT_LIST and removed > YOUNG_SHARE * size:
        return f"{removed} of {size} records of the period before would be gone"
    return growth_doubt(size, new_size)


def common_cause(removed: Sequence[Record], before: Sequence[Record], *, moved: Collection[int] = ()) -> str | None:
    """Return a sentence if the removed records have something in common that suggests a broken file; else None.

    They may be the end of the file, or all records of one page, sheet or state, with hardly any others; or they stood
    side by side.

    removed: the records that would be removed.
    before: all records of the older version.
    moved: the positions of old records that are in another list now; these are not lost. If they are at least half of
        the removed ones, the others will probably follow, here and there; only what stood side by side is looked at.
    """
    most_moved = bool(moved) and 2 * len(moved) >= len(removed)
    if why := _gap(removed, before, moved, most_moved=most_moved):
        return why
    removed = [record for record in removed if record.position not in moved]
    before = [record for record in before if record.position not in moved]
    if most_moved or len(removed) < MIN_TAIL or len(removed) == len(before):
        return None
    for what, of, least, share in (
        ("page", _page, MIN_TAIL, MIN_ONE_CAUSE), ("sheet", _sheet, MIN_TAIL, MIN_ONE_CAUSE),
        ("state", _state, MIN_STATE, 1.0),
    ):  # fmt: skip
        name, count = Counter(of(record) for record in removed).most_common(1)[0]
        if name is None or count < max(least, share * len(removed)):
            continue
        if sum(of(record) == name for record in before) == count:
            return f"all {count} records of the {what} {name} would be gone, and {_others(len(removed) - count)}"
    return None


def stood_together(removed: Sequence[Record], before: Sequence[Record]) -> bool:
    """Tell whether as many of the removed records stood side by side as may be lost with a part of the file.

    `before` are all records of the older version.
    """
    return any(
        each.rows >= (MIN_TAIL if each.end == len(before) else MIN_BLOCK) for each in _stretches(removed, before, ())
    )


def repeated_keys(
    added: Sequence[Record], before: Sequence[Record], after: Sequence[Record], description: ListDescription
) -> str | None:
    """Return a sentence if many records would be added whose key stands in the list already; else None.

    Then another table was perhaps read as the rest of the list. `added` are some of the records of the newer version,
    `before` and `after` all records of both.
    """
    at = [description.fields.index(field) for field in description.key]
    if not at or len(added) < max(MIN_TAIL, MIN_AGAIN_SHARE_OF_ALL * len(before)):
        return None
    old, new = (Counter(tuple(record.values[place] for place in at) for record in some) for some in (before, after))
    if len(old) < MIN_UNIQUE_KEYS * len(before):  # several records of one key are usual in this list
        return None
    keys = Counter(tuple(record.values[place] for place in at) for record in added)
    again = sum(count for key, count in keys.items() if any(key) and new[key] > max(old[key], count))
    if again >= max(MIN_TAIL, MIN_AGAIN_SHARE * len(added), MIN_AGAIN_SHARE_OF_ALL * len(before)):
        return f"{again} records would be added under a key that stands there already; is it another list?"
    return None


def _gap(
    removed: Sequence[Record], before: Sequence[Record], moved: Collection[int], *, most_moved: bool
) -> str | None:
    """Return a sentence if lost records were the end of the file, or stood side by side in it; else None.

    Records that moved to another list are not lost, but a stretch of the file that is gone may have held some of them.
    """
    lost = [record.position not in moved for record in removed]
    size = len(before) - (len(lost) - sum(lost))
    if not most_moved and sum(lost) == size:  # all are gone
        return None
    for stretch in _stretches(removed, before, moved):
        is_end = stretch.end == len(before)
        is_block = stretch.rows >= MIN_BLOCK and stretch.lost >= MIN_ONE_CAUSE * stretch.rows
        if not (is_block or (is_end and stretch.lost >= MIN_TAIL)):
            continue
        if not _is_no_chance(stretch, lost, size, most_moved=most_moved):
            continue
        others = _others(sum(lost) - stretch.lost)
        if is_end:
            return f"the last {stretch.lost} records of the file would be gone, and {others}; was it cut off?"
        return f"{stretch.lost} records that stood together would be gone, and {others}; do they stand elsewhere?"
    return None


def _in_order(records: Sequence[Record]) -> list[int | None]:
    """Return the positions of records in the order in which they stand in their file; none if a place is not known."""
    placed = [(place, record.position) for record in records if (place := _place(record)) is not None]
    return [position for _, position in sorted(placed)] if len(placed) == len(records) else []


class _Stretch(NamedTuple):
    """Records that stood side by side in the file and are not in the list any more.

    - `end`: the row after them, counted from 0. `rows`: how many they are.
    - `lost`: how many of them are in no other list either.
    """

    end: int
    rows: int
    lost: int


def _is_no_chance(stretch: _Stretch, lost: Sequence[bool], size: int, *, most_moved: bool) -> bool:
    """Tell whether a stretch of gone records has a cause of its own, and is not just what is gone here and there.

    - `lost`: for each record that is gone, whether it is in no other list.
    - `size`: how many records there were, without those that are in another list.
    - `most_moved`: whether most of what is gone is in another list; only what is gone is compared then.
    """
    others = sum(lost) - stretch.lost
    if most_moved:
        return ((others + 1) / (len(lost) - stretch.rows + 2)) ** stretch.lost <= MAX_CHANCE
    return (
        stretch.lost >= MIN_RUN_SHARE * sum(lost)
        and (others / max(1, size - stretch.lost)) ** stretch.lost <= MAX_CHANCE
    )


def _stretches(removed: Sequence[Record], before: Sequence[Record], moved: Collection[int]) -> Iterator[_Stretch]:
    """Yield each stretch of the file that is gone, in the order of the file.

    None is yielded if places are not known, or if fewer records are gone than any stretch that counts has.
    """
    if len(removed) < MIN_TAIL:
        return
    gone = {record.position for record in removed}
    rows = [(row, position) for row, position in enumerate(_in_order(before)) if position in gone]
    breaks = [at for at in range(1, len(rows)) if rows[at][0] != rows[at - 1][0] + 1]
    for start, end in pairwise((0, *breaks, len(rows))) if rows else ():
        lost = sum(position not in moved for _, position in rows[start:end])
        yield _Stretch(rows[end - 1][0] + 1, end - start, lost)


def _others(count: int) -> str:
    return f"{count} other{'' if count == 1 else 's'}" if count else "no other"


def growth_doubt(size: int, new_size: int) -> str | None:
    """Return a sentence if a list can't be believed to grow from `size` to `new_size` records; else None."""
    if size and new_size - size > max(100, 2 * size):
        return f"{new_size - size} records would be new, where {size} were; is it another list?"
    return None


def _loss(removed: int, moved: int, *, size: int, new_size: int, past: Past) -> str | None:
    """Return a sentence if too many records are lost to be believed, at once or over the last weeks; else None.

    removed, moved: how many records are lost now, and how many are in another list now.
    """
    if removed > _most_removed(size, past):
        return f"{removed} of {size} records would be gone; the most ever gone at once is {past.most_removed}"
    lost = past.peak - new_size - moved - past.moved
    if removed and lost > removed and lost > _most_removed(past.peak, past):
        return f"{lost} of {past.peak} records would be gone within weeks, {removed} of them now"
    return None


def _most_removed(size: int, past: Past) -> float:
    """Return the largest number of records that a list of `size` records may lose and still be believed."""
    if size < SHORT_LIST:
        return max(ALWAYS_LIKELY_SHORT, size / 2, MAX_STRETCH * past.usually_removed)
    if past.versions < YOUNG_VERSIONS:
        share = LONG_YOUNG_SHARE if size >= LONG_LIST else YOUNG_SHARE
        return max(min(ALWAYS_LIKELY, SHORT_YOUNG_SHARE * size), share * size)
    return max(min(ALWAYS_LIKELY, OLD_SHORT_SHARE * size), OLD_SHARE * size, MAX_STRETCH * past.usually_removed)


def _counted(count: int, how: str) -> str:
    return f"{count} record{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} {how}"


def _place(record: Record) -> tuple[str, tuple[float, ...]] | None:
    """Return where a record is in its file, as a key for sorting; None if that is not known.

    The parts of a version of several files or pages follow each other by their names, numbers in them by their size.
    """
    locator = record.locator
    part = NUMBER_IN_NAME.sub(lambda found: found[0].zfill(9), locator.part) if locator.part else ""
    if locator.boxes:
        return part, (locator.boxes[0].page, locator.boxes[0].top)
    if locator.selector is not None:  # elements of one list or table differ in their numbers
        return part + NUMBER_IN_NAME.sub("", locator.selector), tuple(
            map(int, NUMBER_IN_NAME.findall(locator.selector))
        )
    number = locator.row if locator.row is not None else locator.line
    return None if number is None else (part + (locator.sheet or ""), (number,))


def _page(record: Record) -> str | None:
    return _in_part(record, str(record.locator.boxes[0].page)) if record.locator.boxes else None


def _sheet(record: Record) -> str | None:
    return None if record.locator.sheet is None else _in_part(record, record.locator.sheet)


def _in_part(record: Record, place: str) -> str:
    return place if record.locator.part is None else f"{place} of {record.locator.part}"


def _state(record: Record) -> str | None:
    return record.state


def _identity_changed(each: Amendment, description: ListDescription) -> bool:
    """Tell whether an amendment corrects a field that identifies the record (a key field) to another value.

    A value that was empty before or is empty now does not count.
    """
    if each.kind != AmendmentKind.CORRECTED or each.before is None or each.after is None:
        return False
    at = [description.fields.index(field) for field in each.fields if field in description.key]
    return any(each.before.values[column] and each.after.values[column] for column in at)
