"""Serves the pages of documents that records link to: one document, two of its files side by side, and the search."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from starlette.responses import Response

from monitor.store import document_pages, documents, doubts, evidence, exchanges, lines
from monitor.store.document_search import search_documents
from monitor.web.document_text import paired_pages
from monitor.web.document_words import document_name
from monitor.web.parameters import (
    DocumentFilesParameters,
    DocumentsParameters,
    DocumentsToldParameters,
    ParameterError,
)
from monitor.web.responses import base, json_response, not_found, page_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from monitor.store.document_pages import DocumentSummary, LinkedRecord
    from monitor.store.document_search import FoundDocument
    from monitor.store.documents import DocumentFile, DocumentRow
    from monitor.store.lines import PlaceLine
    from monitor.web.context import Site

MAX_DOCUMENTS_FOUND = 50  # by one search
MAX_DOCUMENTS_SHOWN = 25  # on a page
MAX_DOCUMENTS_TOLD = 100  # in one answer of the API
MAX_FILES_SHOWN = 100  # of a document, on its page
MAX_PAIRS_SHOWN = 20  # pages of two files, on one page of their comparison
MAX_COMPARED_LETTERS = 1_000_000  # of a file that is compared while somebody waits for the page
MAX_LINKS_SHOWN = 100  # records that link a document, on its page


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document that a search has found, with the records that link it."""

    found: FoundDocument
    records: tuple[PlaceLine, ...]


def documents_page(site: Site, request: Request) -> Response:
    """Show the documents with the words that were searched for; without words, those missing or changed lately."""
    asked = DocumentsParameters.of(request)
    store, step = site.store, MAX_DOCUMENTS_SHOWN
    hits = [
        Hit(found=found, records=tuple(filter(None, (lines.record_standing(store, line) for line in found.line_ids))))
        for found in search_documents(store, asked.q or "", source=asked.source, limit=MAX_DOCUMENTS_FOUND)
    ]
    begin = (asked.page - 1) * step if asked.show else 0
    shown: dict[str, tuple[list[tuple[DocumentSummary, list[LinkedRecord]]], bool]] = {}
    for name, read in (
        ("missing", document_pages.missing_documents),
        ("changed", document_pages.changed_documents),
    ):
        if not asked.q and asked.show in {None, name}:
            rows = read(store, asked.source, offset=begin, limit=step + 1)
            shown[name] = (_with_records(site, rows[:step]), len(rows) > step)
    return page_response(
        site,
        request,
        "documents.html",
        asked=asked,
        hits=hits,
        most=MAX_DOCUMENTS_FOUND,
        shown=shown,
        counts=document_pages.document_counts(store, asked.source),
        sources=tuple(site.config.sources),
    )


def _with_records(site: Site, rows: Iterable[DocumentRow]) -> list[tuple[DocumentSummary, list[LinkedRecord]]]:
    """Return documents with their files, and with the records that link them."""
    return [(document_pages.summary(site.store, row), _links(site, row.id, most=3)) for row in rows]


def _links(site: Site, document_id: int, *, most: int = MAX_LINKS_SHOWN) -> list[LinkedRecord]:
    return list(islice(document_pages.linked_records(site.store, document_id), most))


def document_page(site: Site, request: Request) -> Response:
    """Show one document: whether it is there, the records that link it, its files, and its change log."""
    document = one_document(site, request)
    latest = document.latest
    records = _links(site, document.row.id)
    doubted = doubts.doubts_of_lines(site.store, (each.line.line_id for each in records))
    return page_response(
        site,
        request,
        "document.html",
        document=document,
        name=document_name(document.row.url),
        records=records,
        doubts=[
            (each, doubt)
            for each in records
            for doubt in doubted[each.line.line_id]
            if doubt.value == document.row.url and doubt.gone_at is None
        ],
        files=document.files[: -MAX_FILES_SHOWN - 1 : -1],
        entries=document_pages.entries_of_document(site.store, document.row.source, document.row.url),
        exchange=exchanges.exchange_of(site.store, latest.capture_id) if latest else None,
        attested=evidence.attested(site.store, "document", latest.id) if latest else None,
    )


def one_document(site: Site, request: Request) -> DocumentSummary:
    """Return the document that the address of a request names. Raises HTTPException if there is none."""
    number = request.path_params["id"]
    row = documents.document_with_id(site.store, number) if number < 2**63 else None
    if row is None:
        raise not_found(f"There is no document {number}.")
    return document_pages.summary(site.store, row)


def _file(document: DocumentSummary, number: int) -> DocumentFile:
    """Return the file of a document with this number, from 1. Raises HTTPException if there is none."""
    found = next((file for file in document.files if file.number == number), None)
    if found is None:
        raise not_found(f"Document {document.row.id} has no file {number}.")
    return found


def picture_of_page(site: Site, request: Request) -> Response:
    """Send a picture of one page of one file of a document, as PNG."""
    document = one_document(site, request)
    file = _file(document, request.path_params["number"])
    page = request.path_params["page"]
    if file.pages is None or not 1 <= page <= file.pages:
        raise not_found(f"File {file.number} of document {document.row.id} has no page {page} that can be shown.")
    picture = site.kept.page_picture(file.sha256, page, source=file.source)
    return Response(picture, media_type="image/png")


def document_comparison_page(site: Site, request: Request) -> Response:
    """Show two files of a document side by side, page by page, with the words marked that differ."""
    document = one_document(site, request)
    asked = DocumentFilesParameters.of(request)
    old, new = _file(document, asked.old), _file(document, asked.new)
    for file in (old, new):
        if file.pages is None:
            raise ParameterError((f"file {file.number} can't be read, so it can't be compared: {file.fault}",))
        if (file.letters or 0) > MAX_COMPARED_LETTERS:
            fault = f"file {file.number} has more than {MAX_COMPARED_LETTERS:,} letters; download both to compare them"
            raise ParameterError((fault,))
    pairs = paired_pages(documents.texts_of_file(site.store, old.id), documents.texts_of_file(site.store, new.id))
    begin = (asked.page - 1) * MAX_PAIRS_SHOWN
    return page_response(
        site,
        request,
        "document_compare.html",
        document=document,
        name=document_name(document.row.url),
        old=old,
        new=new,
        pairs=pairs[begin : begin + MAX_PAIRS_SHOWN],
        differing=[number for number, pair in enumerate(pairs) if not pair.is_same],
        page=asked.page,
        step=MAX_PAIRS_SHOWN,
        more=len(pairs) > begin + MAX_PAIRS_SHOWN,
    )


def api_documents(site: Site, request: Request) -> Response:
    """Answer with JSON: the documents with the words that were searched for, or without words one page of all."""
    asked = DocumentsToldParameters.of(request)
    store = site.store
    if asked.q:
        found = search_documents(store, asked.q, source=asked.source, limit=MAX_DOCUMENTS_FOUND)
        told = []
        for each in found:
            row = documents.document_with_id(store, each.file.document_id)
            if row:
                hit = {name: getattr(each, name) for name in ("page", "excerpt", "is_latest")}
                told.append(_value(site, row) | {"found": hit | {"sha256": each.file.sha256}})
        return json_response({"documents": told, "next": None})
    rows = document_pages.documents_after(
        store, asked.source, after=asked.after or 0, missing=asked.missing == "true", limit=MAX_DOCUMENTS_TOLD + 1
    )
    more = len(rows) > MAX_DOCUMENTS_TOLD
    following = asked.address(after=rows[MAX_DOCUMENTS_TOLD - 1].id) if more else None
    return json_response(
        {
            "documents": [_value(site, row) for row in rows[:MAX_DOCUMENTS_TOLD]],
            "next": base(site, request) + following if following else None,
        }
    )


def api_document(site: Site, request: Request) -> Response:
    """Answer with JSON: one document, its files, the records that link it, and its entries in the change log."""
    row = one_document(site, request).row
    entries = document_pages.entries_of_document(site.store, row.source, row.url)
    return json_response(_value(site, row) | {"entries": [entry.to_json() for entry in entries]})


def _value(site: Site, row: DocumentRow) -> dict[str, object]:
    """Return a document with its files, and with the records that link it, as the API gives it."""
    return {
        "id": row.id,
        **documents.as_value(row, documents.files_of(site.store, row.id)),
        "records": [{"field": each.field, **each.line.to_json()} for each in _links(site, row.id)],
    }
