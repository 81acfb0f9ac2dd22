"""The first page (the latest changes, the state of each source), the search for a place, and the help page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from monitor import jurisdictions
from monitor.alerts.compose import subject_of
from monitor.alerts.items import told_entries
from monitor.changelog.entry import NOTICES
from monitor.changelog.listed import Question, in_lists, lists_at
from monitor.fetch.links import PageLinks
from monitor.history import exhibits
from monitor.model import AmendmentKind
from monitor.standing import LookState, StandingState
from monitor.store import changelog, leaves, metrics, pages, queries, read_only, stamps, versions
from monitor.times import age_in_words, day_in_words, instant
from monitor.web.activity import Activity, grouped
from monitor.web.chart_svg import activity_chart
from monitor.web.choices import grouped_choices
from monitor.web.map_page import newest_listing, source_map
from monitor.web.parameters import FindParameters
from monitor.web.responses import page_response
from monitor.web.templates import fill_part, path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.model import Jurisdiction, Link
    from monitor.store.entry import LogEntry
    from monitor.store.metrics import SourceLook
    from monitor.store.pages import Freshness, ListCount
    from monitor.store.read_only import ReadOnlyStore
    from monitor.store.rows import ReportRow, VersionRow
    from monitor.web.context import Site

STRONGEST = (StandingState.LISTED, StandingState.NAMED, StandingState.NOT_KNOWN, StandingState.WAS_LISTED)
MAX_LATEST = 300  # entries of the log from which the first page is made
MAX_EVENTS = 8  # that the first page tells
MAX_EVENT_ENTRIES = 3  # of each event that are told
MAX_UNSEEN = 4  # sources that could not be looked at, which the first line names
QUIET_KINDS = {AmendmentKind.COSMETIC, AmendmentKind.REFORMATTED}  # told where there is nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One piece of news on the first page: the log entries that came with one version of a report.

    - `headline`, `at`: the text, and the time. `source`, `report`: of the version.
    - `entries`: the few entries that the page shows. `more`: the number of the others.
    - `whole`: False if the version may have brought more entries than were fetched.
    """

    headline: str
    at: str
    source: str
    report: str
    entries: tuple[LogEntry, ...]
    more: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The current state of one source, as the first page shows it.

    - `page`: the address of its page. `fresh`: when it was last polled and changed.
    - `withdrawn`: the reports that were taken down, each with the time.
    - `overdue`: the reports that have not changed for far longer than usual.
    - `lists`: each list, with the version that it is read from.
    - `unclaimed`: the files that the page links and no report in the configuration matches.
    - `is_known`: whether what was last seen can be taken to hold now.
    - `look`: how long ago it was looked at; None for a source that is no longer watched.
    - `is_withdrawn`: whether all of its reports were taken down.
    """

    source: str
    title: str
    page: str
    fresh: Freshness
    withdrawn: tuple[tuple[str, str], ...]
    overdue: tuple[str, ...]
    lists: tuple[tuple[VersionRow, ListCount], ...]
    unclaimed: tuple[Link, ...] = ()
    is_known: bool = False
    look: SourceLook | None = None
    is_withdrawn: bool = False

    @property
    def state(self) -> tuple[str, str]:
        """The state of the source in a few words, and the CSS class of their colour: only `working` is good."""
        look = self.look.state if self.look else None
        states = (
            (look is None, "no longer watched", ""),
            (self.fresh.failures or look == LookState.FAILING, "failing", "bad"),
            (look == LookState.NEVER, "not looked at yet", ""),
            (look != LookState.GOOD, "late", "bad"),
            (self.is_withdrawn, "taken down", "bad"),
            (self.fresh.held, "held", "warn"),
            (self.withdrawn, "partly taken down", "warn"),
            (self.overdue, "overdue", "warn"),
        )
        return next(((said, colour) for is_so, said, colour in states if is_so), ("working", "good"))


def front_page(site: Site, request: Request) -> Response:
    """Show the first page: the latest news, the sources, a chart of amendments and a map."""
    store = site.store
    mark = read_only.lasting_mark(store)
    watched = watched_sources(site)
    looks = tuple(each.look for each in watched if each.look)
    newest = site.remembered.get(("newest", mark), lambda: pages.latest_seen(store, limit=MAX_LATEST))
    listing = newest_listing(site)
    return page_response(
        site,
        request,
        "front.html",
        today=_today(site, newest, looks),
        latest=site.remembered.get(("latest", mark), lambda: _latest(site, newest)),
        watched=watched,
        now=site.now(),
        of_day=day_in_words(instant(site.now())) if site.is_copy else "",
        entries=changelog.head(store)[0],
        seen_at=newest[0].observed_at if newest else None,
        chart=site.remembered.get(("chart", mark), lambda: _chart(site)),
        map=source_map(site, listing, None) if listing else None,
    )


def watched_sources(site: Site) -> tuple[Watched, ...]:
    """Return the current state of each source: first those of the configuration, then those no longer watched."""
    mark = read_only.lasting_mark(site.store)
    looks = {each.source: each for each in site.looks()}
    return tuple(
        replace(_watched(site, fresh, mark), look=looks.get(fresh.source))
        for fresh in pages.freshness(site.store, tuple(site.config.sources))
    )


def _latest(site: Site, newest: Sequence[LogEntry]) -> Markup:
    """Return the latest news as HTML. `newest` are the latest entries of the change log, newest first."""
    return fill_part("front_latest.html", site=site, item=site.item, events=tuple(_events(site, newest)))


def _chart(site: Site) -> Markup:
    """Return the chart of amendments over time as HTML, with the same as a table."""
    days = [
        Activity(on=date.fromisoformat(day.day), added=day.added, removed=day.removed, corrected=day.corrected)
        for day in pages.activity_by_day(site.store)
    ]
    chart = activity_chart(days, heading="Amendments over time")
    return fill_part("front_chart.html", site=site, chart=chart, span=grouped(days))


def _today(site: Site, newest: Sequence[LogEntry], looks: Sequence[SourceLook]) -> str:
    """Return the first line of the page: what changed today (in UTC), or that nothing did and when that was looked at.

    It never says that nothing changed if a source could not be looked at. `newest` are the latest entries of the log.
    """
    day = instant(site.now())[:10]
    changed = [entry for entry in newest if entry.observed_at[:10] == day and entry.kind not in QUIET_KINDS]
    unseen = [look for look in looks if look.state != LookState.GOOD]
    held = metrics.count_held(site.store)
    waits = "" if not held else f" {held:,} {'version is' if held == 1 else 'versions are'} held, and not told yet."
    named = ", ".join(f"{site.titles.of_source(look.source)} ({site.look_words(look)})" for look in unseen[:MAX_UNSEEN])
    blind = named + (f" and {len(unseen) - MAX_UNSEEN:,} more" if len(unseen) > MAX_UNSEEN else "")
    if site.is_copy:
        return _that_day(site, changed, blind) + waits
    if changed:
        said = f"Today: {subject_of(changed[::-1], titles=site.titles)}."
        return said + (f" Not everything could be looked at: {blind}." if blind else "") + waits
    if len(looks) > 1 and all(look.state == LookState.LATE for look in looks):
        last = site.look_words(min(looks, key=lambda look: look.age_seconds or 0)).removeprefix("last looked at ")
        return f"Nothing can be said of today: no source was looked at in time, the last one {last}.{waits}"
    if not looks or len(unseen) == len(looks):
        return (f"Nothing can be said of today: {blind}." if blind else "Nothing is watched.") + waits
    if blind:
        return f"No change was seen today, but not everything could be looked at: {blind}.{waits}"
    oldest = max(look.age_seconds or 0 for look in looks)
    return f"Nothing changed today; looked {age_in_words(oldest)}.{waits}"


def _that_day(site: Site, changed: Sequence[LogEntry], blind: str) -> str:
    """Return what `_today` says, but with the day's name in place of "today", for a page that grows old.

    `changed` are the entries of that day, newest first. `blind` names the sources that could not be looked at.
    """
    now = instant(site.now())
    day = f"On {day_in_words(now)}, up to {now[11:16]} UTC"
    unseen = f" Not everything could be looked at: {blind}." if blind else ""
    return f"{day}: {subject_of(changed[::-1], titles=site.titles) if changed else 'no change was seen'}.{unseen}"


def _watched(site: Site, fresh: Freshness, mark: str) -> Watched:
    """Return the current state of a source, for the first page; `mark` changes with the history."""
    store = site.store
    reports = versions.reports_of(store, fresh.source)
    lists = site.remembered.get(("lists", fresh.source, mark), lambda: _lists(store, fresh.source, reports))
    return Watched(
        source=fresh.source,
        title=site.titles.of_source(fresh.source),
        page=site.page_of(fresh.source),
        fresh=fresh,
        withdrawn=tuple((report.key, report.withdrawn_at) for report in reports if report.withdrawn_at),
        is_withdrawn=bool(reports) and all(report.withdrawn_at for report in reports),
        overdue=tuple(report.key for report in reports if pages.is_overdue(store, report)),
        lists=lists,
        unclaimed=_unclaimed(site, fresh.source),
        is_known=_is_known(site, fresh.source),
    )


def _lists(store: ReadOnlyStore, source: str, reports: Sequence[ReportRow]) -> tuple[tuple[VersionRow, ListCount], ...]:
    """Return the current lists of a source with their sizes, each with the version that it is read from."""
    found = []
    for name in dict.fromkeys(report.name for report in reports):
        version = queries.version_as_of(store, source, name, None)
        counts = pages.list_counts(store, version) if version else []
        found += [(version, each) for each in counts if version and (each.records or each.list != NOTICES)]
    return tuple(found)


def _is_known(site: Site, source: str) -> bool:
    """Return whether it is known what the lists of a source list now: they were seen lately, and not taken down."""
    question = Question.of(site.config, now=site.now())
    states = [state for _, _, state in lists_at(site.store, question, source)]
    return bool(states) and all(state == StandingState.LISTED for state in states)


def _unclaimed(site: Site, source: str) -> tuple[Link, ...]:
    """Return the links on a source's page to files that no report in the configuration matches.

    There are none if the page was never polled.
    """
    answer = versions.address(site.store, site.page_of(source))
    links = PageLinks.of_json(answer.links if answer else None)
    return links.unclaimed_files if links.described else ()


def _events(site: Site, newest: Sequence[LogEntry]) -> Iterator[Event]:
    """Yield the news for the first page, newest first: one event for each version with which amendments came.

    `newest` are the latest entries of the change log, newest first.
    """
    groups = [tuple(group) for _, group in groupby(told_entries(newest), key=_occasion)]
    is_cut = len(newest) == MAX_LATEST
    for place, group in enumerate(groups[:MAX_EVENTS]):
        whole = not (is_cut and place == len(groups) - 1)
        if not whole and place:
            return  # the log tells an event whose entries are known in part
        oldest_first = group[::-1]
        loud = [entry for entry in oldest_first if entry.kind not in QUIET_KINDS] or oldest_first
        first = oldest_first[0]
        yield Event(
            headline=subject_of(oldest_first, titles=site.titles),
            at=first.observed_at,
            source=first.source,
            report=first.report,
            entries=tuple(loud[:MAX_EVENT_ENTRIES]),
            more=len(group) - len(loud[:MAX_EVENT_ENTRIES]),
            whole=whole,
        )


def _occasion(entry: LogEntry) -> tuple[str | None, ...]:
    """Return what entries have in common that are one event: a version; or for documents, the day."""
    return entry.source, entry.report, entry.version, entry.observed_at[:10] if entry.document else None


def find_page(site: Site, request: Request) -> Response:
    """Go to the page of the place with the name that was asked for.

    If several places have the name, show them, each with whether it is listed; if none has, show similar names.
    """
    asked = FindParameters.of(request)
    places = jurisdictions.find(asked.q) if asked.q else ()
    if len(places) == 1 and places[0].ocd_id:
        return RedirectResponse(path("jurisdiction", places[0].ocd_id), 303)
    near = tuple(jurisdictions.suggestions(asked.q)) if asked.q and not places else ()
    question = Question.of(site.config, now=site.now())
    groups = grouped_choices(places or near)
    states = {choice: _in_short(site, question, choice.place) for some in groups.values() for choice in some}
    return page_response(
        site,
        request,
        "find.html",
        asked=asked.q,
        found=bool(places),
        count=len(states),
        listed=[(choice, state) for choice, state in states.items() if state != StandingState.NEVER],
        groups={
            group: rest
            for group, some in groups.items()
            if (rest := [choice for choice in some if states[choice] == StandingState.NEVER])
        },
    )


def _in_short(site: Site, question: Question, place: Jurisdiction) -> str:
    """Return in a few words whether a place is listed in any list; places that lie within it do not count."""
    found = in_lists(site.store, question, ocd_ids=(place.ocd_id or "",), within=False)
    states = [each.standing.state for each in found]
    return str(next((state for state in STRONGEST if state in states), StandingState.NEVER))


def about_page(site: Site, request: Request) -> Response:
    """Show the help page, which explains how to read the other pages."""
    return page_response(
        site,
        request,
        "about.html",
        head=changelog.head(site.store),
        origin=exhibits.log_origin(site.store, site.config),
        statements=leaves.tree(site.store).size,
        key=stamps.last_signing_key(site.store),
        stamp=stamps.last_stamp(site.store),
    )
