"""Finds the documents that the values of a record link, even if the record is gone by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.fetch.links import document_address
from monitor.store import versions
from monitor.store.document_pages import summary_with_url

if TYPE_CHECKING:
    from monitor.config.sources import Config
    from monitor.store.database import Store
    from monitor.store.document_pages import DocumentSummary
    from monitor.store.lines import PlaceLine


def linked_documents(store: Store, config: Config, line: PlaceLine) -> list[tuple[str, DocumentSummary]]:
    """Return the documents that the values of a record link, with all their files, each with the field of the link."""
    described = config.list_description(line.source, line.list)
    if not described or not described.documents:
        return []
    page = versions.address_of_report(store, line.source, line.report)
    found = []
    for each in described.documents if page is not None else ():
        url = document_address(page or "", line.fields.get(each.field) or "")
        document = summary_with_url(store, line.source, url) if url else None
        if document:
            found.append((each.field, document))
    return found
