"""Comparisons of two versions that were made lately, so that the same one is not made again."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from monitor.changelog import compare as comparison
from monitor.store import queries
from monitor.web.files import PATIENCE, BusyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.sources import Config, ListDescription
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


REMEMBERED = 32  # comparisons


class Compared:
    """Comparisons that were made, so that the same one is not made again; one at a time, for it takes a while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[int, int, str], tuple[dict[str, Any], ...]] = OrderedDict()

    def between(
        self, store: Store, config: Config, old: VersionRow, new: VersionRow
    ) -> dict[str, tuple[dict[str, Any], ...]]:
        """The amendments of each list that was looked for in both versions, numbered from 1."""
        lists, unknown = _lists_of(config, old), not_looked_for(store, config, old, new)
        found: dict[str, tuple[dict[str, Any], ...]] = {}
        if not self._lock.acquire(timeout=PATIENCE):
            raise BusyError("other versions are being compared at this moment; try again in a minute")
        try:
            for name, description in lists.items():
                if name in unknown:
                    continue
                key = (old.id, new.id, name)
                if key not in self._known:
                    made = comparison.between(store, old, new, name=name, description=description)
                    self._known[key] = tuple(each | {"id": number} for number, each in enumerate(made, start=1))
                    while len(self._known) > REMEMBERED:
                        self._known.popitem(last=False)
                found[name] = self._known[key]
        finally:
            self._lock.release()
        return found


def _lists_of(config: Config, version: VersionRow) -> Mapping[str, ListDescription]:
    """The lists of a version's report, as they are described now."""
    source = config.sources.get(version.source)
    report = source.reports.get(version.report_name) if source else None
    return report.lists if report else {}


def not_looked_for(store: Store, config: Config, *versions: VersionRow) -> dict[str, str]:
    """The lists that were not described when one of these versions was recorded, and a sentence that says so."""
    found = {}
    for name in _lists_of(config, versions[0]):
        whys = (queries.not_looked_for(store, version, name) for version in versions)
        if why := next(filter(None, whys), None):
            found[name] = why
    return found
