"""Says whether places were on the lists of a report when it was last seen, for readers of a report that is gone.

`monitor.standing` decides that, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.changelog.entry import NOTICES
from monitor.changelog.listed import Question, in_lists
from monitor.standing import StandingState
from monitor.store import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.changelog.listed import PlaceInList
    from monitor.config.sources import Config
    from monitor.config.titles import Titles
    from monitor.model import Jurisdiction
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was on the lists of a version: how many records each list had, and how many jurisdictions they named."""

    records: dict[str, int]
    jurisdictions: int

    @classmethod
    def of(cls, store: Store, version: VersionRow) -> Contents:
        """Count what a version has; a jurisdiction that is in two lists counts once."""
        counts = {each.list: each.records for each in pages.list_counts(store, version) if each.list != NOTICES}
        named = {each.ocd_id for each in pages.places(store, version) if each.list != NOTICES}
        return cls(records={name: count for name, count in counts.items() if count}, jurisdictions=len(named))


def were_on(
    store: Store, config: Config, titles: Titles, version: VersionRow, *, place: Jurisdiction, name: str, now: str
) -> Iterator[str]:
    """Yield sentences that say whether a place was on the lists of a report when its version was last seen.

    For a state, the places in it are counted; for any other place, so are the places within it that a list names.

    - `titles`: the words for readers. `name`: the place as readers know it. `now`: when the report was found gone.
    """
    lists = _lists(store, config, version, place, now=now, within=False)
    said = [(each, each.standing.state) for each in lists]
    at = version.last_seen_at
    on = [(each, state) for each, state in said if state in {StandingState.LISTED, StandingState.NAMED}]
    unknown = [(each, state) for each, state in said if state == StandingState.NOT_KNOWN]
    for each, _ in on:
        yield f"{name} was on it, in {titles.of_list(each.source, each.list)}: {each.standing.words(at)}."
    for each, _ in unknown if not on else ():
        yield f"Whether {name} was on it is {each.standing.words(at)}."
    inside = sum(
        each.standing.state == StandingState.LISTED
        and (each.line.jurisdiction is None or each.line.jurisdiction.ocd_id != place.ocd_id)
        for found in _lists(store, config, version, place, now=now, within=True)
        for each in found.lines
    )
    if inside:
        records = "1 record" if inside == 1 else f"{inside:,} records"
        yield f"{records} of it {'was' if inside == 1 else 'were'} about places in {name}."
    if not on and not unknown:
        yield f"{name} {'itself ' if inside else ''}was not on it."


def _lists(
    store: Store, config: Config, version: VersionRow, place: Jurisdiction, *, now: str, within: bool
) -> list[PlaceInList]:
    """Return whether a place was on each list of a report, when its version was last seen."""
    description = config.report_description(version.source, version.report_name)
    names = description.lists if description else ()
    question = Question(config=config, now=now, at=version.last_seen_at)
    found = in_lists(store, question, ocd_ids=(place.ocd_id or "",), within=within, every_list=True)
    return [each for each in found if each.source == version.source and each.list in names and each.list != NOTICES]
