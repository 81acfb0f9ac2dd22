"""The page of one record of a list: whether it is listed, the file that says so, and how to cite and check it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from starlette.responses import Response

from monitor.alerts.items import told_entries
from monitor.alerts.writing import words
from monitor.changelog import listed
from monitor.errors import MonitorError
from monitor.history.linked import linked_documents
from monitor.store import copies, evidence, exchanges, lines, pages
from monitor.store.drawn import drawing_of_version
from monitor.store.parts import file_with, part_named
from monitor.web.parameters import DateParameters
from monitor.web.responses import base, json_response, not_found, page_response
from monitor.web.templates import day_query, record_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request

    from monitor.model import Record
    from monitor.store.lines import PlaceLine
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site


def record_page(site: Site, request: Request) -> Response:
    """Show one record: whether it is listed, the file that it is in, its history, and how to cite it.

    If the file is a PDF or a workbook, a picture of the record or the rows around it are shown.
    """
    line, version = named_record(site, request)
    question = site.question(DateParameters.of(request).at)
    current = listed.of_record(site.store, question, line)
    (history,) = listed.histories(site.store, [current], at=question.at)
    fields, rows, fault = _around(site, line, version)
    part = part_named(site.store, version.sha256, line.locator.part)
    return page_response(
        site,
        request,
        "record.html",
        line=line,
        current=current,
        version=version,
        saved=copies.archive_copy(site.store, version.id),
        drawing=drawing_of_version(site.store, version.id),
        at=question.at,
        entries=told_entries(history.amendments),
        untold=_untold(site, line, question.at),
        doubts=history.doubts,
        documents=linked_documents(site.store, site.config, line),
        fields=fields,
        rows=rows,
        fault=fault,
        part=part,
        exchange=exchanges.exchange_of(site.store, part.capture_id)
        if part
        else exchanges.exchange_of_version(site.store, version.id),
        attested=evidence.attested_list(site.store, version.id, line.list),
        packet=f"{record_path(line)}/exhibit.zip{day_query(question.at)}",
        url=f"{base(site, request)}{record_path(line)}",
    )


def _untold(site: Site, line: PlaceLine, at: str | None) -> tuple[str, ...]:
    """Return the fields of a record that changed up to the time `at` (None: now), but whose changes are never told."""
    description = site.config.list_description(line.source, line.list)
    if description is None:
        return ()
    forms = [each.fields for each in lines.records_of_line(site.store, line) if not at or each.first_observed_at <= at]
    return tuple(
        field
        for field, column in description.columns.items()
        if any(column.never_tells(old.get(field, ""), new.get(field, "")) for old, new in _changes(forms, field))
    )


def _changes(forms: Sequence[Mapping[str, str]], field: str) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Yield each two forms of a record that follow each other and have other values of the field."""
    yield from ((old, new) for old, new in pairwise(forms) if old.get(field) != new.get(field))


def named_record(site: Site, request: Request) -> tuple[PlaceLine, VersionRow]:
    """Return the record that an address names, and the version in whose file it first appeared.

    Raises HTTPException if there is no such record.
    """
    sha256, name, mark = (str(request.path_params[part]) for part in ("sha256", "list", "mark"))
    line = lines.record_in_file(site.store, sha256, name, mark)
    version = pages.first_version_with_hash(site.store, sha256, line.report_id) if line else None
    if line is None or version is None:
        raise not_found(f"No record of a list {name} begins at {mark} of the file with SHA-256 {sha256}.")
    return line, version


def _around(site: Site, line: PlaceLine, version: VersionRow) -> tuple[tuple[str, ...], tuple[Record, ...], str]:
    """Return the fields of the record's list, the rows around the record in its file, and "".

    If the rows can't be shown, return no fields, no rows, and a sentence that says why. Only rows of a spreadsheet can
    be shown in this way.
    """
    report = site.config.report_description(line.source, line.report_name)
    if line.locator.row is None:
        return (), (), ""
    if report is None or line.list not in report.lists:
        return (), (), "its list is no longer described in the configuration"
    try:
        sha256 = file_with(site.store, version.sha256, line.locator.part)
        fields, rows = site.kept.around(sha256, report, line.list, line.locator, source=line.source)
    except MonitorError as fault:
        return (), (), str(fault)
    return fields, rows, ""


def picture_of_listed(site: Site, request: Request) -> Response:
    """Send a picture of a record on its PDF page, as PNG."""
    line, version = named_record(site, request)
    if not line.locator.boxes:
        raise not_found("This record stands in no PDF file, so it has no picture.")
    locator = line.locator
    sha256 = file_with(site.store, version.sha256, locator.part)
    caption = words.caption(locator.part or version.file_name, locator.boxes[0].page, version.captured_at, sha256)
    picture = site.kept.picture(sha256, locator.boxes, caption=caption, source=line.source)
    return Response(picture, media_type="image/png")


def api_record(site: Site, request: Request) -> Response:
    """Answer with one record, whether it is listed at the time asked for, and its amendments."""
    line, version = named_record(site, request)
    question = site.question(DateParameters.of(request).at)
    (history,) = listed.histories(site.store, [listed.of_record(site.store, question, line)], at=question.at)
    return json_response(
        {
            "at": question.at,
            "url": f"{base(site, request)}{record_path(line)}",
            "record": history.listed.to_json(question.at),
            "version": version.number,
            "entries": [entry.to_json() for entry in history.amendments],
        }
    )
