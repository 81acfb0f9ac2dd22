"""Remembers the latest comparisons of two versions, so that they need not be made again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from monitor.changelog import compare as comparison
from monitor.store import queries
from monitor.web.files import MAX_WAIT_SECONDS, BusyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Config
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow


MAX_COMPARISONS_KEPT = 32  # comparisons


class Compared:
    """Compares two versions for the pages, and remembers the latest results. It makes one comparison at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[int, int, str], tuple[LogEntry, ...]] = OrderedDict()

    def between(
        self, store: Store, config: Config, old: VersionRow, new: VersionRow
    ) -> dict[str, tuple[LogEntry, ...]]:
        """Return the amendments between two versions, keyed by list; those of each list are numbered from 1.

        Lists that were not read in both versions are left out. Raises BusyError if another comparison takes too long.
        """
        lists, unknown = _lists_of(config, old), lists_not_looked_for(store, config, old, new)
        found: dict[str, tuple[LogEntry, ...]] = {}
        if not self._lock.acquire(timeout=MAX_WAIT_SECONDS):
            raise BusyError("other versions are being compared at this moment; try again in a minute")
        try:
            for name, description in lists.items():
                if name in unknown:
                    continue
                key = (old.id, new.id, name)
                if key not in self._known:
                    made = comparison.between(store, old, new, name=name, description=description)
                    self._known[key] = tuple(replace(each, id=number) for number, each in enumerate(made, start=1))
                    while len(self._known) > MAX_COMPARISONS_KEPT:
                        self._known.popitem(last=False)
                found[name] = self._known[key]
        finally:
            self._lock.release()
        return found


def _lists_of(config: Config, version: VersionRow) -> Mapping[str, ListDescription]:
    """Return the descriptions of a report's lists in the current configuration, keyed by the list's name."""
    report = config.report_description(version.source, version.report_name)
    return report.lists if report else {}


def lists_not_looked_for(store: Store, config: Config, *versions: VersionRow) -> dict[str, str]:
    """Return the lists that were not read in one of these versions, each with a sentence that says why.

    A list was not read if the configuration did not describe it yet when the version was recorded.
    """
    found = {}
    for name in _lists_of(config, versions[0]):
        whys = (queries.not_looked_for(store, version, name) for version in versions)
        if why := next(filter(None, whys), None):
            found[name] = why
    return found
