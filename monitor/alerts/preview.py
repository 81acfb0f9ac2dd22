"""Says in a few lines what subscribers would be told if a held version were released.

A held version is one that waits for a person's decision.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.alerts.items import KINDS_IN_ORDER, items_of
from monitor.alerts.writing import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.alerts.message import Item
    from monitor.config.titles import Titles
    from monitor.store.entry import LogEntry

MAX_PREVIEWED_ITEMS = 10  # items that are told one by one
MAX_PREVIEW_CHARACTERS = 300  # of the line of one item


def preview(entries: Sequence[LogEntry], titles: Titles) -> tuple[str, ...]:
    """Return lines that say what `entries` would tell subscribers: the number of each kind, then the first ten items.

    The entries are not in the change log, so they have no numbers. `titles` are the words for readers.
    """
    entries = [entry for entry in entries if not entry.is_untold]
    counts = Counter(entry.kind for entry in entries)
    counted = ", ".join(f"{counts[kind]:,} {words.KIND_WORDS[kind]}" for kind in KINDS_IN_ORDER if counts[kind])
    return (
        f"if it is released, this is told: {counted or 'nothing'}",
        *_first(items_of(entries, doubts={}, titles=titles)),
    )


def _first(items: Sequence[Item]) -> Iterator[str]:
    """Yield a line for each of the first items, and a line with the number of the others."""
    for item in items[:MAX_PREVIEWED_ITEMS]:
        changes = "; ".join(
            f"{change.field}: {change.before or words.EMPTY_VALUE} -> {change.after or words.EMPTY_VALUE}"
            for change in item.changes
        )
        said = " ".join(filter(None, (words.kind(item), f"{item.place}:" if item.place else "", item.what)))
        yield words.cut(words.one_line(f"{said} ({changes})" if changes else said), MAX_PREVIEW_CHARACTERS)
    if (more := len(items) - MAX_PREVIEWED_ITEMS) > 0:
        yield f"and {more:,} more"
