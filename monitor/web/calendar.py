"""Writes entries of the change log as a calendar (RFC 5545), with one event on the day of each change.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from monitor import __version__
from monitor.alerts.items import told_entries
from monitor.alerts.writing import words
from monitor.web import templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.titles import Titles
    from monitor.store.entry import LogEntry


def calendar(entries: Sequence[LogEntry], *, name: str, base: str, titles: Titles) -> bytes:
    """Return a calendar with an all-day event for each of `entries`.

    - `name`: the name of the calendar. `base`: the beginning of all permanent addresses.
    - `titles`: the words for readers.
    """
    made = Calendar()
    made.add("prodid", f"-//monitor//monitor {__version__}//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    for entry in told_entries(entries):
        event = Event()
        event.add("uid", f"{entry.entry_hash}@monitor")
        event.add("dtstamp", datetime.fromisoformat(entry.observed_at))
        event.add("dtstart", date.fromisoformat(entry.observed_at[:10]))
        event.add("summary", f"{words.one_line(titles.of_source(entry.source))}: {templates.told(entry, titles)}")
        event.add("url", f"{base}/amendment/{entry.id}")
        made.add_component(event)
    return bytes(made.to_ical())
