"""Finds the entries that each of many subscriptions asks for, without trying each entry for each subscription.

Pure. What entries say of their states is worked out once. A subscription that names places is tried only with entries
about the states of these places, and with those that concern everybody; equal subscriptions are tried once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts import subscriptions
from monitor.changelog.entry import NOTICES
from monitor.jurisdictions.states import code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.sources import Subscription
    from monitor.store.entry import LogEntry


class AskedFor:
    """Entries of the change log, filed by the states that they are about.

    - `entries`: the entries. `states`: for each of them, the postal codes of the states that it is about.
    """

    def __init__(self, entries: Sequence[LogEntry], states: Sequence[frozenset[str]]) -> None:
        self._entries = entries
        self._states = states
        self._known: dict[tuple[object, ...], tuple[int, ...]] = {}
        self._in_state: dict[str, list[int]] = {}
        self._everywhere: list[int] = []
        for index, (entry, codes) in enumerate(zip(entries, states, strict=True)):
            if not codes or entry.list == NOTICES or entry.kind in subscriptions.WHOLE_REPORT:
                self._everywhere.append(index)
            for code in codes:
                self._in_state.setdefault(code, []).append(index)

    def by(self, subscription: Subscription) -> tuple[int, ...]:
        """Return the numbers of the entries that a subscription asks for, in their order."""
        asked = (
            *(subscription.sources, subscription.lists, subscription.kinds, subscription.states),
            *(subscription.jurisdictions, subscription.fields, subscription.minor, subscription.notices),
            subscription.operator,
        )
        if asked not in self._known:
            self._known[asked] = tuple(
                entry.id
                for index in self._candidates(subscription)
                if (entry := self._entries[index]).id
                and subscriptions.wants(subscription, entry, states=self._states[index])
            )
        return self._known[asked]

    def _candidates(self, subscription: Subscription) -> Sequence[int]:
        """Return the indexes of the entries that a subscription may ask for, judging by their states alone."""
        places = subscriptions.named_places(subscription.jurisdictions)
        codes = {*map(code_of, subscription.states), *(place.state for place in places)} - {None}
        if not (subscription.states or subscription.jurisdictions) or any(place.state is None for place in places):
            return range(len(self._entries))
        found = {index for code in codes for index in self._in_state.get(code or "", ())}
        return sorted(found.union(self._everywhere))
