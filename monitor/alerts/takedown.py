"""Writes what an alert says of a report that was taken down: what was on it, when it was seen, how it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.alerts.items import place_name_of
from monitor.alerts.writing.words import time_in_words
from monitor.changelog.last_seen import Contents, were_on
from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind
from monitor.store import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.alerts.pages import PageAddresses
    from monitor.config.sources import Config, Subscription
    from monitor.config.titles import Titles
    from monitor.model import Jurisdiction
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow

MAX_SUBJECT_PLACES = 3  # that the subject of a digest names
TIMES_IN_WORDS = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times"}


def takedown_notes(
    store: Store,
    config: Config,
    titles: Titles,
    subscription: Subscription | None,
    *,
    entries: Sequence[LogEntry],
    seen: Sequence[VersionRow],
    pages: PageAddresses,
) -> Iterator[str]:
    """Yield the notes about each report that `entries` say was taken down; none if there is no such entry.

    - `titles`: the words for readers. `pages`: where they find more.
    - `subscription`: who is told; its places are looked up on the list. None if that is not known.
    - `seen`: the versions that the alert is about.
    """
    for entry in entries:
        version = next((each for each in seen if _is_of(each, entry)), None)
        if entry.kind != AmendmentKind.WITHDRAWN or version is None:
            continue
        yield _meaning(titles.report_in_text(entry.source, entry.report))
        yield _contents(store, titles, version)
        for place, name in _places(subscription):
            yield from were_on(store, config, titles, version, place=place, name=name, now=entry.observed_at)
        if asked := _asked(store, version, entry):
            yield asked
        yield f"The copy that was kept: {pages.of_kept_file(version.sha256)}"


def _is_of(version: VersionRow, entry: LogEntry) -> bool:
    return (version.source, version.report_key, version.sha256) == (entry.source, entry.report, entry.version)


def _meaning(report: str) -> str:
    """Return what a withdrawal means, and what it does not mean."""
    return (
        f"This is no removal: {report} is gone as a whole, and none of its records counts as removed. That it is gone "
        "does not say that any of them no longer holds."
    )


def _contents(store: Store, titles: Titles, version: VersionRow) -> str:
    """Return what was on a report, and from when to when it was seen."""
    held = Contents.of(store, version)
    lists = ", ".join(f"{count:,} in {titles.of_list(version.source, name)}" for name, count in held.records.items())
    total = sum(held.records.values())
    records = "1 record" if total == 1 else f"{total:,} records"
    on_it = f"On it: {_places_in_words(held)}{records} ({lists})" if total else "It had no record on it"
    return (
        f"{on_it}. This version was first seen {time_in_words(version.captured_at)}, and last seen "
        f"{time_in_words(version.last_seen_at)}."
    )


def _places_in_words(held: Contents) -> str:
    """Return how many jurisdictions a report named, as `3 jurisdictions, in `; "" if it named none that is known."""
    if not held.jurisdictions:
        return ""
    return "1 jurisdiction, in " if held.jurisdictions == 1 else f"{held.jurisdictions:,} jurisdictions, in "


def _asked(store: Store, version: VersionRow, entry: LogEntry) -> str:
    """Return how it was found that a report was gone; "" if an older release of the program found it."""
    found = versions.misses_before(store, version.report_id, at=entry.observed_at)
    if found is None:
        return ""
    first, last = time_in_words(found.first_at), time_in_words(found.last_at)
    when = f"at {last}" if found.misses == 1 else f"from {first} to {last}"
    times = TIMES_IN_WORDS.get(found.misses, f"{found.misses:,} times")
    return f"How it was asked: {times}, {when}. {found.url}: {found.answer}."


def _places(subscription: Subscription | None) -> Iterator[tuple[Jurisdiction, str]]:
    """Yield the places that a subscription names, each with its name for readers."""
    if subscription is None:
        return
    for code in filter(None, map(code_of, subscription.states)):
        yield from ((place, STATES[code][0]) for place in jurisdictions.find(STATES[code][0]) if place.level == "state")
    for name in subscription.jurisdictions:
        yield from ((place, place_name_of(place)) for place in jurisdictions.find(name))


def subject_places(subscription: Subscription | None) -> str:
    """Return the places that the subject of a digest names, like `Texas; Cook County, Illinois`.

    It is "" for an alert that is no digest, and for a subscription that names no places.
    """
    if subscription is None or subscription.when == "immediate":
        return ""
    names = list(dict.fromkeys(name for _, name in _places(subscription)))
    more = f" and {len(names) - MAX_SUBJECT_PLACES} more" if len(names) > MAX_SUBJECT_PLACES else ""
    return "; ".join(names[:MAX_SUBJECT_PLACES]) + more
