"""Many subscriptions together ask for the entries that each of them asks for alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import subscriptions
from monitor.alerts.asked_for import AskedFor
from monitor.alerts.outbox import states_of
from monitor.config.sources import Subscription
from tests.support.entries import entry, place
from tests.support.lists import CONFIG

if TYPE_CHECKING:
    from monitor.store.entry import LogEntry

PLACES = ("Travis County, Texas", "City of Austin, Texas", "Tulsa County, Oklahoma", "Texas", "Harris County, Texas")
ENTRIES = st.builds(
    entry,
    kind=st.sampled_from(["added", "removed", "corrected", "withdrawn", "cosmetic"]),
    list=st.sampled_from(["participating", "pending", "notices"]),
    source=st.sampled_from(["ice-287g", "ice-ddor"]),
    jurisdiction=st.sampled_from([None, *map(place, PLACES)]),
    before=st.sampled_from([None, {"state": "TEXAS", "agency": "A"}, {"state": "OHIO", "agency": "A"}]),
    mentions=st.sampled_from([(), (place(PLACES[1]),), (place(PLACES[2]),)]),
    minor=st.booleans(),
)
CHOSEN: dict[str, Any] = {
    "sources": st.sampled_from([(), ("ice-287g",)]),
    "lists": st.sampled_from([(), ("pending",)]),
    "states": st.sampled_from([(), ("TX",), ("OH", "Oklahoma")]),
    "jurisdictions": st.lists(st.sampled_from(PLACES), max_size=2, unique=True).map(tuple),
    "fields": st.sampled_from([(), ("agency",), ("county",)]),
    "minor": st.booleans(),
    "notices": st.booleans(),
    "operator": st.booleans(),
}
SUBSCRIPTIONS = st.fixed_dictionaries(CHOSEN).map(
    lambda chosen: Subscription.model_validate({"channels": ["desk"], **chosen})
)


@given(st.lists(ENTRIES, max_size=8), st.lists(SUBSCRIPTIONS, min_size=1, max_size=6))
def test_each_subscription_gets_what_it_asks_for(made: list[LogEntry], asking: list[Subscription]) -> None:
    """No more and no less than if each entry were tried for each subscription, and in the same order."""
    entries = [replace(each, id=number) for number, each in enumerate(made, 1)]
    states = [states_of(CONFIG, each) for each in entries]
    asked_for = AskedFor(entries, states)
    for subscription in asking:
        alone = tuple(
            each.id
            for each, codes in zip(entries, states, strict=True)
            if subscriptions.wants(subscription, each, states=codes)
        )
        assert asked_for.by(subscription) == alone
