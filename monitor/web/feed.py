"""Writes entries of the change log as an Atom feed.

An entry has the same id in every feed, whatever filter the feed was made with.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts.items import item_of, told_entries
from monitor.alerts.writing import as_atom, words
from monitor.web import templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.titles import Titles
    from monitor.store.entry import LogEntry
    from monitor.web.parameters import LogParameters

BEGINNING = "1970-01-01T00:00:00Z"  # when a feed without entries was updated


def feed(
    entries: Sequence[LogEntry],
    asked: LogParameters,
    *,
    base: str,
    titles: Titles,
    standings: Sequence[str] = (),
) -> bytes:
    """Return an Atom feed of `entries`.

    - `asked`: the filter by which they were chosen.
    - `base`: the beginning of all permanent addresses.
    - `titles`: the words for readers.
    - `standings`: sentences for the head of the feed: if it is about one place, for each list whether the place is
      listed; and for each source that was not looked at lately, when that was.
    """
    address = base + asked.address("/log.atom")
    filters = ", ".join(map(words.one_line, asked.in_words(titles)))
    root = as_atom.feed_element(
        feed_id=address,
        title=f"monitor: {filters or 'the change log'}",
        subtitle="; ".join(standings),
        updated=max((entry.observed_at for entry in entries), default=BEGINNING),
        links={"self": address, "alternate": base + asked.address()},
    )
    for entry in told_entries(entries):
        root.append(
            as_atom.entry_element(
                entry_id=f"urn:sha256:{entry.entry_hash}",
                title=f"{words.one_line(titles.of_source(entry.source))}: {templates.told(entry, titles)}",
                updated=entry.observed_at,
                link=f"{base}/amendment/{entry.id}",
                summary=_summary(entry, titles),
            )
        )
    return as_atom.document(root)


def _summary(entry: LogEntry, titles: Titles) -> str:
    """Return an entry in a few lines of text: its changed fields, its list, its number and its hash."""
    changes = [
        f"{change.field}: {words.shown(change.before) or words.EMPTY_VALUE}"
        f" -> {words.shown(change.after) or words.EMPTY_VALUE}"
        for change in item_of(entry, titles=titles).changes
    ]
    where = titles.where(entry.source, entry.list, report=entry.report)
    return "\n".join([*changes, words.one_line(where), f"entry {entry.id}, hash {entry.entry_hash}"])
