"""The change log by filters, one entry of it, and what can be taken away: CSV, JSON, a feed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from monitor.alerts.writing import as_csv
from monitor.changelog.entry import on_pages
from monitor.errors import MonitorError
from monitor.store import changelog, doubts, pages, read_only, records
from monitor.web.feed import feed
from monitor.web.parameters import LogAsked
from monitor.web.responses import base, not_found, page_response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

ENTRIES_OF_A_FEED = 100


def log(site: Site, request: Request) -> Response:
    """The change log by filters, newest first."""
    asked = LogAsked.of(request)
    wanted = asked.wanted()
    found = read_only.log_page(site.store, wanted, before=asked.before, after=asked.after, limit=asked.limit + 1)
    more = len(found) > asked.limit
    entries = (found[-asked.limit :] if asked.after is not None else found[: asked.limit]) if more else found
    forward = asked.after is not None
    return page_response(
        site,
        request,
        "log.html",
        asked=asked,
        entries=entries,
        newer=entries[0]["id"] if entries and (more if forward else asked.before is not None) else None,
        older=entries[-1]["id"] if entries and (forward or more) else None,
        sources=tuple(site.config.sources),
        lists=tuple(dict.fromkeys(name for source in site.config.sources for name in site.lists_of(source))),
        head=changelog.head(site.store),
    )


def log_csv(site: Site, request: Request) -> Response:
    """All entries of a filter as CSV, oldest first."""
    found = _all(site, LogAsked.of(request))

    def written() -> Iterator[str]:
        yield as_csv.lines((), as_csv.LOG_COLUMNS)
        for entries in found:
            yield as_csv.lines(map(as_csv.log_row, entries), as_csv.LOG_COLUMNS, header=False)

    return _taken(request, written(), "text/csv; charset=utf-8", "change-log.csv")


def log_json(site: Site, request: Request) -> Response:
    """All entries of a filter as one JSON array, oldest first."""
    found = _all(site, LogAsked.of(request))

    def written() -> Iterator[str]:
        before = "[\n"
        for entries in found:
            yield before + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[]\n"

    return _taken(request, written(), "application/json", "change-log.json")


def log_atom(site: Site, request: Request) -> Response:
    """The newest entries of a filter as a feed."""
    asked = LogAsked.of(request)
    entries = read_only.log_page(site.store, asked.wanted(), limit=ENTRIES_OF_A_FEED)
    content = feed(entries, asked, base=base(site, request), title=site.title)
    return Response(content, media_type="application/atom+xml")


def _all(site: Site, asked: LogAsked) -> Iterator[list[dict[str, Any]]]:
    """All entries of a filter up to this moment. Raises AskedError at once, and not when the answer has begun."""
    return _bits(site, asked.wanted(), 0, changelog.head(site.store)[0])


def _bits(site: Site, wanted: read_only.Wanted, last: int, end: int) -> Iterator[list[dict[str, Any]]]:
    """Bit by bit, each on the connection of the thread that asks for it."""
    while entries := read_only.next_entries(site.store, wanted, after=last, until_id=end):
        yield entries
        last = entries[-1]["id"]


def _taken(request: Request, written: Iterator[str], media_type: str, name: str) -> Response:
    """A file to save; it is not written for who only asks whether it is there."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return Response(media_type=media_type, headers=headers)
    return StreamingResponse(written, media_type=media_type, headers=headers)


def amendment(site: Site, request: Request) -> Response:
    """One entry, with everything that shows it to be so."""
    entry, version, previous = one(site, request)
    store = site.store
    return page_response(
        site,
        request,
        "amendment.html",
        entry=entry,
        version=version,
        previous=previous,
        pictures=[side for side, _, _ in on_pages(entry)],
        tables=[
            (side, *_rows(site, entry, held, side))
            for side, held in (("before", previous), ("after", version))
            if held and "row" in (entry["evidence"][side] or {})
        ],
        doubts=doubts.doubts_of_amendment(store, entry["id"]),
        line=_line(site, entry),
        reverted=read_only.entry_numbered(store, entry["reverts"]) if entry["reverts"] else None,
        last=changelog.head(store)[0],
    )


def one(site: Site, request: Request) -> tuple[dict[str, Any], VersionRow, VersionRow | None]:
    """The entry that an address names, the version that brought it, and the one before that."""
    number = request.path_params["id"]
    entry = read_only.entry_numbered(site.store, number)
    version = pages.version_of_entry(site.store, number) if entry else None
    if entry is None or version is None:
        raise not_found(f"The change log has no entry {number}.")
    previous = records.followed(site.store, version, sha256=entry["previous"]) if entry["previous"] else None
    return entry, version, previous


def _line(site: Site, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All amendments of the same record's line."""
    row = site.store.one("SELECT line_id FROM amendments WHERE id = :id", {"id": entry["id"]})
    return changelog.of_line(site.store, row["line_id"]) if row and row["line_id"] else []


def _rows(site: Site, entry: Mapping[str, Any], version: VersionRow, side: str) -> tuple[Any, ...]:
    """The fields and rows around a record's own in its file, and why there are none."""
    report = site.config.report_description(entry["source"], version.report_name)
    if report is None or entry["list"] not in report.lists:
        return (), (), "its list is no longer described in the configuration"
    try:
        fields, rows = site.kept.around(version.sha256, report, entry["list"], entry["evidence"][side])
    except MonitorError as fault:
        return (), (), str(fault)
    return fields, rows, ""


def picture(site: Site, request: Request) -> Response:
    """Where a record stands on its page of a PDF, as PNG."""
    entry, version, previous = one(site, request)
    side = request.path_params["side"]
    held = version if side == "after" else previous
    locator = entry["evidence"].get(side)
    if held is None or not locator or "box" not in locator:
        raise not_found(f"Entry {entry['id']} has no picture of {side}.")
    return Response(site.kept.picture(held.sha256, locator), media_type="image/png")
