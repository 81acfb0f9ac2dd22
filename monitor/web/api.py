"""The JSON API: its answers have the same data as the pages, and the same field names as the commands' `--json`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.changelog import listed
from monitor.errors import RefusedError
from monitor.standing import StandingState
from monitor.store import changelog, documents, pages, queries, read_only
from monitor.store import doubts as doubt_rows
from monitor.store import records as record_rows
from monitor.store import versions as version_rows
from monitor.store.parts import part_values, parts_of_version
from monitor.store.search import LogFilter
from monitor.web import comparison_cache, comparisons, lists, log, places
from monitor.web.parameters import (
    CompareParameters,
    DateParameters,
    LogParameters,
    MomentParameters,
    ReportParameters,
    SourceParameters,
)
from monitor.web.responses import base, json_response
from monitor.web.templates import path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.changelog.listed import ListedLine
    from monitor.store.doubts import LineDoubt
    from monitor.store.entry import LogEntry
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site

INNER = {"id", "key", "latest_id", "digest"}  # columns of a report that are not told


def api_sources(site: Site, _: Request) -> Response:
    """Answer with each source: when it was last polled and changed, its lists and its reports."""
    looks = {each.source: each for each in site.looks()}
    told = [
        asdict(fresh)
        | {
            "age_seconds": looks[fresh.source].age_seconds if fresh.source in looks else None,
            "state": str(looks[fresh.source].state) if fresh.source in looks else "not watched",
            "title": site.titles.of_source(fresh.source),
            "page": site.page_of(fresh.source) or None,
            "lists": list(site.lists_of(fresh.source)),
            "reports": [
                {"report": report.key, "kind": report.kind, "url": report.url, "withdrawn_at": report.withdrawn_at}
                for report in version_rows.reports_of(site.store, fresh.source)
            ],
        }
        for fresh in pages.freshness(site.store, tuple(site.config.sources))
    ]
    return json_response({"sources": told, "head": _head(site)})


def api_log(site: Site, request: Request) -> Response:
    """Answer with one page of the change log, newest entry first, and with the address of the next page."""
    asked = LogParameters.of(request)
    shown, more = log.page_of(site, asked)
    older = more or asked.after is not None
    following = asked.address("/api/log", before=shown[-1].id) if shown and older else None
    return json_response(
        {
            "entries": [entry.to_json() for entry in shown],
            "next": base(site, request) + following if following else None,
            "head": _head(site),
        }
    )


def _head(site: Site) -> dict[str, object]:
    """Return the number and the hash of the last entry of the change log."""
    number, entry_hash = changelog.head(site.store)
    return {"id": number, "entry_hash": entry_hash}


def api_amendment(site: Site, request: Request) -> Response:
    """Answer with one entry of the change log, its version, and the version that this was compared with."""
    entry, version, previous = log.named_entry(site, request)
    files = {"after": _version(version), "before": _version(previous) if previous else None}
    told = entry.to_json() | {"url": f"{base(site, request)}/amendment/{entry.id}", "files": files}
    return json_response(told | _files_of_document(site, entry))


def _files_of_document(site: Site, entry: LogEntry) -> dict[str, object]:
    """Return the files of the document that an entry tells of, before and after, under one key; {} for other entries.

    The files of the amendment itself are those of the list, which did not change then.
    """
    document = site.document_of(entry)
    if document is None or entry.document is None:
        return {}
    kept = {"before": document.file_with(entry.document.previous), "after": document.file_with(entry.document.sha256)}
    told = {end: documents.file_value(file) if file else None for end, file in kept.items()}
    return {"document_files": {"id": document.row.id} | told}


def api_jurisdiction(site: Site, request: Request) -> Response:
    """Answer with whether one jurisdiction is listed, list by list, and with its records and log entries.

    Those of places that lie in it are included. There is an upper limit to their number.
    """
    place = places.one_jurisdiction(request.path_params["ocd_id"])
    question = site.question(DateParameters.of(request).at)
    own = listed.of_place(site.store, question, place)
    groups = [*own, *places.places_within(site, question, place, limit=places.MAX_LINES_TOLD)]
    lines = [each for group in groups for each in group.lines][: places.MAX_LINES_TOLD]
    doubted = doubt_rows.doubts_of_lines(site.store, (each.line.line_id for each in lines))
    newest = read_only.newest_entries(
        site.store,
        LogFilter(jurisdictions=jurisdictions.inside(place), until=question.at),
        limit=places.MAX_LINES_TOLD,
    )
    return json_response(
        {
            "jurisdiction": place.as_value(),
            "at": question.at,
            "lists": [each.to_json(question.at) for each in own],
            "listed": [_line(line, question.at, doubted[line.line.line_id]) for line in lines],
            "entries": [entry.to_json() for entry in newest],
        }
    )


def _line(each: ListedLine, at: str | None, doubts: Sequence[LineDoubt]) -> dict[str, object]:
    """Return a record about a place, with the doubts about it, as the API gives it.

    `entry` is the id of its line of corrections (one record with all its corrections), and `now` whether it is listed
    at the time `at` (None: now).
    """
    return {
        "entry": each.line.line_id,
        "kind": each.line.kind,
        **each.to_json(at),
        "now": each.standing.state == StandingState.LISTED,
        "doubts": [asdict(doubt) for doubt in doubts],
    }


def api_list(site: Site, request: Request) -> Response:
    """Answer with the records that a list had at a given time.

    Raises RefusedError if the configuration did not describe the list when the version of that time was recorded.
    """
    source, name = request.path_params["source"], request.path_params["list"]
    _, _, version, at = lists.as_of(site, source, name, MomentParameters.of(request))
    if version and (why := queries.not_looked_for(site.store, version, name)):
        raise RefusedError(why)
    records = queries.records_of(site.store, version, name) if version else []
    listed = [record.to_json() for record in records]
    return json_response({"at": at, "version": _version(version) if version else None, "records": listed})


def api_report(site: Site, request: Request) -> Response:
    """Answer with a report and one page of its versions, newest first, and with the address of the next page."""
    found = comparisons.one_report(site.store, request)
    asked = ReportParameters.of(request)
    versions = pages.versions_of_report(
        site.store, found.source, found.key, before=asked.before, limit=comparisons.MAX_VERSIONS_SHOWN
    )
    last = comparisons.older_than(site.store, versions)
    following = f"{path('api', 'report', found.source, found.key)}?before={last}" if last is not None else None
    told = asdict(found) | {
        "report": found.key,
        "next": base(site, request) + following if following else None,
        "versions": [_version(version, counts) for version, counts in versions],
    }
    return json_response({name: value for name, value in told.items() if name not in INNER})


def api_version(site: Site, request: Request) -> Response:
    """Answer with one version of a report, its number of records in each list, and the address of its file."""
    found = comparisons.one_version(site.store, request)
    value = _version(found, _counts(site, found)) | {"file": f"{base(site, request)}/file/{found.sha256}"}
    if parts := parts_of_version(site.store, found.id):
        value["parts"] = part_values(parts)
    return json_response(value)


def _counts(site: Site, version: VersionRow) -> dict[str, int]:
    """Return the number of records in each list that was read from a version, keyed by the list's name."""
    return {standing.list: standing.records for standing in pages.list_counts(site.store, version)}


def _version(version: VersionRow, counts: Mapping[str, int] | None = None) -> dict[str, object]:
    """Return a version in the form in which `monitor versions --json` prints it.

    `counts` has the number of records of each list; if it is given, it is added under the key `records`.
    """
    names = (
        "kind", "number", "sha256", "url", "file_name", "captured_at", "last_seen_at", "bytes",
        "status", "hold_reason", "memento",
    )  # fmt: skip
    value: dict[str, object] = {"source": version.source, "report": version.report_key}
    value |= {name: getattr(version, name) for name in names}
    return value | {"status": str(version.status)} | ({} if counts is None else {"records": dict(counts)})


def api_compare(site: Site, request: Request) -> Response:
    """Answer with the amendments between any two versions of a report, keyed by the name of the list.

    A list is left out if the configuration did not describe it when one of the two versions was recorded. Raises
    RefusedError if no list is left.
    """
    old, new = comparisons.ends(site.store, CompareParameters.of(request))
    lists = site.compared.between(site.store, site.config, old, new)
    unknown = comparison_cache.lists_not_looked_for(site.store, site.config, old, new)
    if unknown and not lists:
        raise RefusedError("; ".join(unknown.values()))
    told = {name: [replace(entry, id=None).to_json() for entry in entries] for name, entries in lists.items()}
    ends = {end: _version(version, _counts(site, version)) for end, version in (("old", old), ("new", new))}
    return json_response(ends | {"lists": told})


def api_holds(site: Site, _: Request) -> Response:
    """Answer with the versions that are held, that is, wait for a person's decision."""
    held = record_rows.held_versions(site.store)
    return json_response({"holds": [_version(version) | {"releasable": version.releasable} for version in held]})


def api_doubts(site: Site, request: Request) -> Response:
    """Answer with the open doubts: values in the current lists that can't be right."""
    asked = SourceParameters.of(request)
    return json_response({"doubts": [asdict(doubt) for doubt in doubt_rows.listed_doubts(site.store, asked.source)]})
