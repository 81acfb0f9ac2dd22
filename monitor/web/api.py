"""The same reads as JSON. Field names are those of the commands' `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from monitor import jurisdictions
from monitor.errors import RefusedError
from monitor.store import changelog, pages, queries, read_only
from monitor.store import doubts as doubt_rows
from monitor.store import records as record_rows
from monitor.store import versions as version_rows
from monitor.web import comparison_cache, comparisons, lists, log, places
from monitor.web.parameters import AtAsked, CompareAsked, LogAsked, ReportAsked, SourceAsked
from monitor.web.responses import base, json_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

INNER = {"id", "key", "latest_id", "digest"}  # of a report's row: ours alone


def sources(site: Site, _: Request) -> Response:
    """Each source with its freshness and its reports."""
    found = [
        asdict(each)
        | {
            "title": site.title(each.source),
            "page": site.page_of(each.source) or None,
            "lists": list(site.lists_of(each.source)),
            "reports": [
                {"report": report.key, "kind": report.kind, "url": report.url, "withdrawn_at": report.withdrawn_at}
                for report in version_rows.reports_of(site.store, each.source)
            ],
        }
        for each in pages.freshness(site.store, tuple(site.config.sources))
    ]
    return json_response({"sources": found, "head": _head(site)})


def entries(site: Site, request: Request) -> Response:
    """Entries of the change log, newest first, with the address of the next page."""
    asked = LogAsked.of(request)
    found = read_only.log_page(
        site.store, asked.wanted(), before=asked.before, after=asked.after, limit=asked.limit + 1
    )
    more = len(found) > asked.limit
    shown = (found[-asked.limit :] if asked.after is not None else found[: asked.limit]) if more else found
    older = more or asked.after is not None
    following = asked.address("/api/log", before=shown[-1]["id"]) if shown and older else None
    return json_response(
        {
            "entries": shown,
            "next": base(site, request) + following if following else None,
            "head": _head(site),
        }
    )


def _head(site: Site) -> dict[str, Any]:
    number, entry_hash = changelog.head(site.store)
    return {"id": number, "entry_hash": entry_hash}


def amendment(site: Site, request: Request) -> Response:
    """One entry of the change log."""
    entry, version, previous = log.one(site, request)
    files = {"after": _version(version), "before": _version(previous) if previous else None}
    return json_response(entry | {"url": f"{base(site, request)}/amendment/{entry['id']}", "files": files})


def jurisdiction(site: Site, request: Request) -> Response:
    """Everything about one jurisdiction and what lies in it."""
    place = places.one_jurisdiction(request.path_params["ocd_id"])
    ids = jurisdictions.inside(place)
    lines = pages.lines_of_place(site.store, ids, limit=places.MAX_LINES_SHOWN)
    newest = read_only.log_page(site.store, read_only.Wanted(jurisdictions=ids), limit=places.MAX_LINES_SHOWN)
    return json_response(
        {"jurisdiction": place.as_value(), "listed": [each.as_value() for each in lines], "entries": newest}
    )


def list_(site: Site, request: Request) -> Response:
    """The records of a list, as of a time. Raises RefusedError where it was not looked for in the version of then."""
    source, name = request.path_params["source"], request.path_params["list"]
    _, _, version, at = lists.as_of(site, source, name, AtAsked.of(request))
    if version and (why := queries.not_looked_for(site.store, version, name)):
        raise RefusedError(why)
    records = queries.records_of(site.store, version, name) if version else []
    return json_response({"at": at, "version": _version(version) if version else None, "records": records})


def report(site: Site, request: Request) -> Response:
    """A report with its versions, the newest first, and the address of the next page."""
    found = comparisons.one_report(site.store, request)
    asked = ReportAsked.of(request)
    versions = pages.versions_of_report(
        site.store, found.source, found.key, before=asked.before, limit=comparisons.MAX_VERSIONS_SHOWN
    )
    last = comparisons.older_than(site.store, versions)
    following = f"{path('api', 'report', found.source, found.key)}?before={last}" if last is not None else None
    told = asdict(found) | {
        "report": found.key,
        "next": base(site, request) + following if following else None,
        "versions": [_version(each, counts) for each, counts in versions],
    }
    return json_response({name: value for name, value in told.items() if name not in INNER})


def version(site: Site, request: Request) -> Response:
    """One version of a report."""
    found = comparisons.one_version(site.store, request)
    return json_response(_version(found, _counts(site, found)) | {"file": f"{base(site, request)}/file/{found.sha256}"})


def _counts(site: Site, version: VersionRow) -> dict[str, int]:
    """How many records each list has that was looked for in a version."""
    return {each.list: each.records for each in pages.list_counts(site.store, version)}


def _version(version: VersionRow, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A version as `monitor versions --json` prints it."""
    names = (
        "kind", "number", "sha256", "url", "file_name", "captured_at", "last_seen_at", "bytes",
        "status", "hold_reason", "memento",
    )  # fmt: skip
    value = {"source": version.source, "report": version.report_key} | {name: getattr(version, name) for name in names}
    return value | {"status": str(version.status)} | ({} if counts is None else {"records": dict(counts)})


def compare(site: Site, request: Request) -> Response:
    """The amendments between any two versions of a report, list by list.

    A list that was not looked for in one of them is left out, and is none of that version's `records`. Raises
    RefusedError where that leaves no list.
    """
    old, new = comparisons.ends(site.store, CompareAsked.of(request))
    found = site.compared.between(site.store, site.config, old, new)
    unknown = comparison_cache.lists_not_looked_for(site.store, site.config, old, new)
    if unknown and not found:
        raise RefusedError("; ".join(unknown.values()))
    without = {name: [{k: v for k, v in each.items() if k != "id"} for each in given] for name, given in found.items()}
    ends = {name: _version(each, _counts(site, each)) for name, each in (("old", old), ("new", new))}
    return json_response(ends | {"lists": without})


def holds(site: Site, _: Request) -> Response:
    """The versions that wait for a person."""
    held = record_rows.held_versions(site.store)
    return json_response({"holds": [_version(each) | {"releasable": each.releasable} for each in held]})


def doubts(site: Site, request: Request) -> Response:
    """What can't be right in the lists as they stand."""
    asked = SourceAsked.of(request)
    return json_response({"doubts": doubt_rows.doubts_as_printed(site.store, asked.source)})
