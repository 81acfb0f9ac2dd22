"""Judge whether a difference can be true, by the list's own past; one that can't is held for a person. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.sources import ListDescription
    from monitor.model import Amendment

# The real pending list lost 28 of 41 records, and once 31 of 51, as agencies moved on; the participating list never
# more than one of 800. So a list is measured by its own past, and by these while it has none.
SHORT_LIST = 10  # a list with fewer records may lose any of them
ALWAYS_LIKELY = 25  # so many records may always go, from a long list
YOUNG_VERSIONS = 5  # with fewer versions than this, a list's past says little
YOUNG_SHARE = 0.75  # the share of records that may go from a young list
OLD_SHARE = 0.03  # the share that may go from an old list that has never lost any
MAX_STRETCH = 4  # a list may lose so many times what it ever lost at once
SHORT_YOUNG_SHARE = 0.9  # the share that may go from a short young list
CUT_OFF_SHARE = 0.1  # a list that keeps less than this share of at least 2 x SHORT_LIST records was cut off
MAX_REPLACED_SHARE = 0.5  # the share of records that may be corrected in what identifies them


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a list's earlier versions.

    `versions` is how many there were, `most_removed` the most records that ever went at once, `records` the number of
    records in the last version.
    """

    versions: int = 0
    most_removed: int = 0
    records: int = 0


def doubt(
    amendments: Sequence[Amendment], *, size: int, new_size: int, past: Past, description: ListDescription
) -> str | None:
    """Return the reason why a difference between two versions is not believable, or None if it is.

    size, new_size: the numbers of records before and after.
    past: what is known of the list's earlier versions.
    """
    counts = Counter(each.kind for each in amendments)
    removed, added = counts[AmendmentKind.REMOVED], counts[AmendmentKind.ADDED]
    if size >= 2 * SHORT_LIST and new_size < CUT_OFF_SHARE * size and removed > MAX_STRETCH * past.most_removed:
        return f"{new_size} records are left of {size}; was the file cut off?"
    if removed > _most_removed(size, past):
        return f"{removed} of {size} records would be gone; the most ever gone at once is {past.most_removed}"
    if why := growth_doubt(size, size + added):
        return why
    replaced = sum(1 for each in amendments if _identity_changed(each, description))
    if replaced > max(ALWAYS_LIKELY, MAX_REPLACED_SHARE * min(size, new_size)):
        return f"{replaced} of {size} records would be corrected in what identifies them; were columns mixed up?"
    return None


def growth_doubt(size: int, new_size: int) -> str | None:
    """Return the reason why the growth of a list from `size` to `new_size` records is not believable, or None."""
    if size and new_size - size > max(100, 2 * size):
        return f"{new_size - size} records would be new, where {size} were; is it another list?"
    return None


def _most_removed(size: int, past: Past) -> float:
    """Return how many records a list may lose at once and still be believed."""
    if size < SHORT_LIST:
        return size
    if past.versions < YOUNG_VERSIONS:
        return max(min(ALWAYS_LIKELY, SHORT_YOUNG_SHARE * size), YOUNG_SHARE * size)
    return max(min(ALWAYS_LIKELY, size / 2), OLD_SHARE * size, MAX_STRETCH * past.most_removed)


def _identity_changed(each: Amendment, description: ListDescription) -> bool:
    """Tell whether an amendment corrects a key field from one value to another.

    Filling in an empty value does not count.
    """
    if each.kind != AmendmentKind.CORRECTED or each.before is None or each.after is None:
        return False
    at = [description.fields.index(field) for field in each.fields if field in description.key]
    return any(each.before.values[column] and each.after.values[column] for column in at)
