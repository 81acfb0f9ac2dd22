"""The pages of a report, of one version and its file, and of the differences between two versions."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response

from monitor.alerts.items import told_entries
from monitor.fetch.links import file_name
from monitor.store import changelog, copies, document_pages, evidence, exchanges, pages
from monitor.store import versions as version_rows
from monitor.store.parts import name_of_part, parts_of_version
from monitor.web.comparison_cache import lists_not_looked_for
from monitor.web.parameters import CompareParameters, ParameterError, ReportParameters
from monitor.web.responses import not_found, page_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.rows import ReportRow, VersionRow
    from monitor.web.context import Site

MAX_AMENDMENTS_SHOWN = 200  # of a version, on its page
MAX_VERSIONS_SHOWN = 100  # of a report, on its page
MAX_RECORDS_COMPARED = 5_000  # of one list, while somebody waits for the page


def report_page(site: Site, request: Request) -> Response:
    """Show a report with its versions."""
    found = one_report(site.store, request)
    asked = ReportParameters.of(request)
    versions = pages.versions_of_report(
        site.store, found.source, found.key, before=asked.before, limit=MAX_VERSIONS_SHOWN
    )
    return page_response(
        site,
        request,
        "report.html",
        report=found,
        versions=versions,
        recorded=[version for version, _ in versions if version.status == "recorded"],
        overdue=pages.is_overdue(site.store, found),
        older=older_than(site.store, versions),
    )


def older_than(store: Store, versions: Sequence[tuple[VersionRow, Mapping[str, int]]]) -> int | None:
    """Return the number of the last of `versions` if the report has older ones; else None.

    The next page of versions begins below that number.
    """
    last = versions[-1][0] if versions else None
    return (
        last.number if last and pages.version_numbered(store, last.source, last.report_key, last.number - 1) else None
    )


def one_report(store: Store, request: Request) -> ReportRow:
    """Return the report that the address of a request names. Raises HTTPException if there is none."""
    source, key = request.path_params["source"], request.path_params["report"]
    found = version_rows.report_with_key(store, source, key)
    if found is None:
        raise not_found(f"There is no report {source}/{key}.")
    return found


def version_page(site: Site, request: Request) -> Response:
    """Show one version: its file, its lists, and the amendments that came with it."""
    found = one_version(site.store, request)
    entries = told_entries(_of_version(site.store, found))
    return page_response(
        site,
        request,
        "version.html",
        version=found,
        lists=pages.list_counts(site.store, found) if found.status == "recorded" else [],
        counts=Counter(each.kind for each in entries),
        entries=entries[:MAX_AMENDMENTS_SHOWN],
        more=len(entries) - len(entries[:MAX_AMENDMENTS_SHOWN]),
        before=pages.version_numbered(site.store, found.source, found.report_key, found.number - 1),
        after=pages.version_numbered(site.store, found.source, found.report_key, found.number + 1),
        saved=copies.archive_copy(site.store, found.id),
        exchange=exchanges.exchange_of_version(site.store, found.id),
        parts_of_it=parts_of_version(site.store, found.id),
        attested=evidence.attested(site.store, "version", found.id),
    )


def one_version(store: Store, request: Request) -> VersionRow:
    """Return the version that the address of a request names. Raises HTTPException if there is none."""
    source, key, number = (request.path_params[each] for each in ("source", "report", "number"))
    found = pages.version_numbered(store, source, key, number)
    if found is None:
        raise not_found(f"There is no version {number} of {source}/{key}.")
    return found


def _of_version(store: Store, found: VersionRow) -> list[LogEntry]:
    """Return the amendments that came with a version, without what happened to documents while it was the latest."""
    return [entry for entry in changelog.of_version(store, found.id) if entry.document is None]


def kept_file(site: Site, request: Request) -> Response:
    """Send the kept file with the SHA-256 in the address, as a download that browsers do not open by themselves.

    It is the file of a version or of a part of one, or of a document that records link to.
    """
    sha256 = request.path_params["sha256"]
    found = pages.version_with_hash(site.store, sha256)
    document = None if found else document_pages.file_with_hash(site.store, sha256)
    name = found.file_name if found else name_of_part(site.store, sha256)
    if found and parts_of_version(site.store, found.id):
        name = f"{found.report_key}-parts.txt"
    elif document and name is None:
        name = file_name(document.url) or "document.pdf"
    if name is None:
        raise not_found(f"No file with the hash {sha256} was kept.")
    content = site.kept.file(sha256)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[:150] or "file"
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:150])}",
            "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "repr-digest": f"sha-256=:{digest}:",
            "x-sha256": sha256,
        },
    )


def compare_page(site: Site, request: Request) -> Response:
    """Show the differences between any two versions of a report, list by list."""
    old, new = ends(site.store, CompareParameters.of(request))
    lists = site.compared.between(site.store, site.config, old, new)
    unknown = lists_not_looked_for(site.store, site.config, old, new)
    return page_response(
        site, request, "compare.html", old=old, new=new, lists=lists, counts=counts(lists), unknown=unknown
    )


def ends(store: Store, asked: CompareParameters) -> tuple[VersionRow, VersionRow]:
    """Return the two versions to compare, in the order in which they were asked for.

    Raises HTTPException or ParameterError.
    """
    found = []
    for number in (asked.old, asked.new):
        one = pages.version_numbered(store, asked.source, asked.report, number)
        if one is None:
            raise not_found(f"There is no version {number} of {asked.source}/{asked.report}.")
        if one.status != "recorded":
            raise ParameterError((f"version {number} is {one.status}, and was not recorded: it can't be compared",))
        found.append(one)
    for one in found:
        if any(each.records > MAX_RECORDS_COMPARED for each in pages.list_counts(store, one)):
            command = f"monitor diff {one.source} LIST {found[0].captured_at} {found[1].captured_at}"
            raise ParameterError((f"a list has more than {MAX_RECORDS_COMPARED:,} records; `{command}` compares them",))
    return found[0], found[1]


def counts(lists: Mapping[str, tuple[LogEntry, ...]]) -> dict[str, Counter[str]]:
    """Count the amendments of each kind in each list."""
    return {name: Counter(each.kind for each in found) for name, found in lists.items()}
