"""The pages of the change log: a page of entries, one entry, and downloads as CSV or JSON and an Atom feed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from monitor.alerts.items import told_entries
from monitor.alerts.writing import as_csv, words
from monitor.changelog import listed
from monitor.changelog.entry import on_pages
from monitor.errors import MonitorError
from monitor.model import AmendmentKind
from monitor.standing import LookState, StandingState
from monitor.store import changelog, doubts, evidence, pages, read_only, records
from monitor.store.entry import LAST_NUMBER
from monitor.store.parts import file_with
from monitor.web import packing
from monitor.web.calendar import calendar
from monitor.web.feed import feed
from monitor.web.parameters import LogParameters, place_in_words
from monitor.web.responses import base, not_found, page_response

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from monitor.config.reports import ReportDescription
    from monitor.model import Jurisdiction, Locator, Record
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow
    from monitor.store.search import LogFilter
    from monitor.web.context import Site

MAX_FEED_ENTRIES = 100
MAX_NEWER_MOVES = 1_000  # moves that are looked through for those that tie the entries of one page together


def log_page(site: Site, request: Request) -> Response:
    """Show one page of the change log, newest entry first; filters in the address choose the entries."""
    asked = LogParameters.of(request)
    entries, more = page_of(site, asked)
    forward = asked.after is not None
    return page_response(
        site,
        request,
        "log.html",
        asked=asked,
        entries=told_entries(entries, beside=_newer_moves(site, asked, entries)),
        elsewhere=bool(entries),
        newer=entries[0].id if entries and (more if forward else asked.before is not None) else None,
        older=entries[-1].id if entries and (forward or more) else None,
        sources=tuple(site.config.sources),
        lists={
            name: site.titles.of_list(source, name) for source in site.config.sources for name in site.lists_of(source)
        },
        head=partial(changelog.head, site.store),
    )


def page_of(site: Site, asked: LogParameters) -> tuple[list[LogEntry], bool]:
    """Return one page of log entries, newest first, and whether there are more entries beyond it.

    `asked` has the filters, and where the page begins. Beyond the page are older entries, or newer ones if the page was
    asked for by the entry that it comes after.
    """
    found = read_only.newest_entries(
        site.store, asked.log_filter(), before=asked.before, after=asked.after, limit=asked.limit + 1
    )
    if len(found) <= asked.limit:
        return found, False
    return found[-asked.limit :] if asked.after is not None else found[: asked.limit], True


def _newer_moves(site: Site, asked: LogParameters, entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Return the entries about moves that are on newer pages, and of which one of these entries is a part.

    A move from list to list has a removal and an addition as its parts. The filters are the same as for this page.
    """
    if asked.before is None and asked.after is None:  # nothing is newer
        return []
    moves = changelog.moves_of(site.store, [entry.id for entry in entries if entry.id])
    wanted = asked.log_filter()
    if not moves or (wanted.kinds and AmendmentKind.MOVED not in wanted.kinds):
        return []
    shown = replace(wanted, kinds=(str(AmendmentKind.MOVED),))
    matching = read_only.next_entries(
        site.store, shown, after=(moves[0].id or 1) - 1, until_id=moves[-1].id or 0, limit=MAX_NEWER_MOVES
    )
    return [move for move in matching if move in moves]


def log_as_csv(site: Site, request: Request) -> Response:
    """Send all entries that match the filters as CSV, oldest first."""
    batches = _all(site, LogParameters.of(request))

    def written() -> Iterator[str]:
        yield as_csv.lines((), as_csv.LOG_COLUMNS)
        for entries in batches:
            yield as_csv.lines(map(as_csv.log_row, entries), as_csv.LOG_COLUMNS, header=False)

    return _download(site, request, written(), "text/csv; charset=utf-8", "change-log.csv")


def log_as_json(site: Site, request: Request) -> Response:
    """Send all entries that match the filters as one JSON array, oldest first."""
    batches = _all(site, LogParameters.of(request))

    def written() -> Iterator[str]:
        before = "[\n"
        for entries in batches:
            yield before + ",\n".join(json.dumps(entry.to_json(), ensure_ascii=False) for entry in entries)
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[]\n"

    return _download(site, request, written(), "application/json", "change-log.json")


def log_as_atom(site: Site, request: Request) -> Response:
    """Send the newest entries that match the filters as an Atom feed."""
    asked = LogParameters.of(request)
    entries = read_only.newest_entries(site.store, asked.log_filter(), limit=MAX_FEED_ENTRIES)
    content = feed(
        entries,
        asked,
        base=base(site, request),
        titles=site.titles,
        standings=[*_standings(site, asked.place), *_unseen(site, asked.source)],
    )
    return Response(content, media_type="application/atom+xml")


def _unseen(site: Site, source: str | None) -> list[str]:
    """Return a sentence for each source of a feed that was not looked at lately: its silence says nothing.

    `source` is the only source of the feed; None for all.
    """
    return [
        f"{site.titles.of_source(look.source)}: {site.look_words(look)}, so that silence says nothing"
        for look in site.looks()
        if look.state != LookState.GOOD and source in {None, look.source}
    ]


def _standings(site: Site, place: Jurisdiction | None) -> list[str]:
    """Return for each list a sentence that says whether a place is listed in it; [] without a place.

    Lists that never named the place are left out, unless it is not known whether they do.
    """
    if place is None:
        return []
    found = listed.of_place(site.store, site.question(), place)
    return [
        f"{site.titles.where(each.source, each.list)}: {each.standing.words(is_copy=site.is_copy)}"
        for each in found
        if each.standing.state != StandingState.NEVER
    ]


def log_as_calendar(site: Site, request: Request) -> Response:
    """Send the newest entries that match the filters as a calendar."""
    asked = LogParameters.of(request)
    entries = read_only.newest_entries(site.store, asked.log_filter(), limit=MAX_FEED_ENTRIES)
    name = place_in_words(asked.place) if asked.place else "The change log"
    content = calendar(entries, name=name, base=base(site, request), titles=site.titles)
    return Response(content, media_type="text/calendar")


def _all(site: Site, asked: LogParameters) -> Iterator[list[LogEntry]]:
    """Return all log entries that match the filters, as an iterator of batches, up to the entry that is now the last.

    Raises ParameterError at once, before any part of the answer is sent.
    """
    end = LAST_NUMBER if site.is_copy else changelog.head(site.store)[0]
    return _batches(site, asked.log_filter(), end=end)


def _batches(site: Site, log_filter: LogFilter, *, end: int) -> Iterator[list[LogEntry]]:
    """Yield batches of the matching log entries up to number `end`.

    Each batch is read with the database connection of the thread that asks for it.
    """
    last: int | None = 0
    while entries := read_only.next_entries(site.store, log_filter, after=last or 0, until_id=end):
        yield entries
        last = entries[-1].id


def _download(site: Site, request: Request, written: Iterator[str], media_type: str, name: str) -> Response:
    """Return an answer that browsers save as the file `name`; a HEAD request gets only the headers.

    `written` yields the text, and `media_type` is its type.
    """
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return Response(media_type=media_type, headers=headers)
    headers["vary"] = packing.VARY
    if site.is_copy:
        return Response("".join(written), media_type=media_type, headers=headers)
    if not packing.takes_gzip(request):
        return StreamingResponse(written, media_type=media_type, headers=headers)
    headers["content-encoding"] = "gzip"
    return StreamingResponse(packing.packed_parts(written), media_type=media_type, headers=headers)


def amendment_page(site: Site, request: Request) -> Response:
    """Show one entry with its evidence: files, pictures, table rows, doubts, and all amendments of the same record."""
    entry, version, previous = named_entry(site, request)
    store, number = site.store, request.path_params["id"]
    return page_response(
        site,
        request,
        "amendment.html",
        entry=entry,
        version=version,
        previous=previous,
        pictures=[side for side, _, _ in on_pages(entry)],
        tables=[
            (side, *_rows(site, entry, file, locator))
            for side, file, locator in (
                ("before", previous, entry.evidence.before),
                ("after", version, entry.evidence.after),
            )
            if file and locator and locator.row is not None
        ],
        doubts=doubts.doubts_of_amendment(store, number),
        line=_line(site, number),
        moves=changelog.moves_of(store, [number]),
        reverted=read_only.entry_numbered(store, entry.reverts) if entry.reverts else None,
        following=read_only.entry_numbered(store, number + 1) is not None,
        attested=evidence.attested(store, "amendment", number),
    )


def named_entry(site: Site, request: Request) -> tuple[LogEntry, VersionRow, VersionRow | None]:
    """Return the entry that an address names, the version with which it was written, and the version before that.

    The last is None if the version was compared with no earlier one. Raises HTTPException if there is no such entry.
    """
    number = request.path_params["id"]
    entry = read_only.entry_numbered(site.store, number)
    version = pages.version_of_entry(site.store, number) if entry else None
    if entry is None or version is None:
        raise not_found(f"The change log has no entry {number}.")
    previous = records.followed(site.store, version, sha256=entry.previous) if entry.previous else None
    return entry, version, previous


def _line(site: Site, number: int) -> list[LogEntry]:
    """Return all log entries, oldest first, about the record that the entry with this number is about."""
    row = site.store.one("SELECT line_id FROM amendments WHERE id = :id", {"id": number})
    return changelog.of_line(site.store, row["line_id"]) if row and row["line_id"] else []


def _rows(
    site: Site, entry: LogEntry, file: VersionRow, locator: Locator
) -> tuple[tuple[str, ...], tuple[Record, ...], str]:
    """Return the fields of a list, the rows around a record in its file, and "".

    - `file`: the version with the file. `locator`: the place of the record in it.

    If the rows can't be shown, return no fields, no rows, and a sentence that says why.
    """
    report = site.config.report_description(entry.source, file.report_name)
    name = _list_in(report, entry) if report else None
    if report is None or name is None:
        return (), (), "its list is no longer described in the configuration"
    try:
        sha256 = file_with(site.store, file.sha256, locator.part)
        fields, rows = site.kept.around(sha256, report, name, locator, source=entry.source)
    except MonitorError as fault:
        return (), (), str(fault)
    return fields, rows, ""


def _list_in(report: ReportDescription, entry: LogEntry) -> str | None:
    """Return the name of the list of a report in which an entry's record is; None if it is in none.

    For a move, that may be the list to which the record moved.
    """
    return next((name for name in (entry.list, entry.moved_to) if name in report.lists), None)


def picture_of_record(site: Site, request: Request) -> Response:
    """Send a picture of a record on its PDF page, as PNG; the address says whether before or after the change."""
    entry, version, previous = named_entry(site, request)
    side = request.path_params["side"]
    file = version if side == "after" else previous
    locator = entry.evidence.on(side) if side in {"before", "after"} else None
    if file is None or not locator or not locator.boxes:
        raise not_found(f"Entry {entry.id} has no picture of {side}.")
    sha256 = file_with(site.store, file.sha256, locator.part)
    caption = words.caption(locator.part or file.file_name, locator.boxes[0].page, file.captured_at, sha256)
    picture = site.kept.picture(sha256, locator.boxes, caption=caption, source=entry.source)
    return Response(picture, media_type="image/png")
