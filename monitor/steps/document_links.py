"""Notes which documents the records of a list link to, such as signed agreements, and which of them are new.

The differences are worked out before they are written, in short transactions. So no other process that writes to the
database has to wait while a long list is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.fetch.links import document_address
from monitor.steps.document_doubts import DocumentDoubts
from monitor.store import document_links, documents
from monitor.store.document_links import DocumentLink
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.config.lists import Documents, ListDescription
    from monitor.steps.context import Context

UPHEAVAL_LINKS = 20  # of a list that were exchanged: then all its documents are asked for again,
UPHEAVAL_SHARE = 0.1  # if they are at least this share of the list


def note_document_links(context: Context, name: str) -> None:
    """Note which documents the records of the source `name` link now.

    A list is passed over if its links are noted already for its latest version. When the links of a list are noted for
    the first time, nobody is told of its documents, since they are not new. If a tenth of a list's links change at
    once, all its documents are looked at again soon, evenly spread over time.
    """
    store = context.store
    source = context.config.sources[name]
    described = {
        list_name: (report_name, description)
        for report_name, report in source.reports.items()
        for list_name, description in report.lists.items()
        if description.documents
    }
    for list_name in document_links.lists_noted(store, name):
        if list_name not in described:
            with store.transaction():
                gone = document_links.links_in_force(store, name, list_name)
                document_links.drop_links(store, name, gone, at=instant(context.now()))
                document_links.forget_list(store, name, list_name)
    for list_name, (report_name, description) in described.items():
        mark = " ".join(sorted(each.field for each in description.documents))
        version = document_links.latest_of_list(store, name, report_name, list_name)
        noted = document_links.noted_up_to(store, name, list_name)
        if version is None or noted == (version, mark):
            continue
        changes = _link_changes(context, name, list_name, description)
        with store.transaction():
            # Another process may have noted the links, or recorded another version, while they were compared here.
            if (
                document_links.noted_up_to(store, name, list_name) != noted
                or document_links.latest_of_list(store, name, report_name, list_name) != version
            ):
                continue
            _note_links_of(context, name, list_name, description, changes=changes, fields_before=noted and noted[1])
        DocumentDoubts(context=context, source=name).check_list(list_name, description)
        with store.transaction():  # last, so that all is done again if the program is killed before
            document_links.note_list_version(store, name, list_name, version_id=version, described_as=mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LinkChanges:
    """How the links of a list differ from those noted before; `count_before` is the number of these."""

    added: tuple[DocumentLink, ...]
    dropped: tuple[tuple[int, str], ...]
    count_before: int


def _link_changes(context: Context, source: str, name: str, description: ListDescription) -> _LinkChanges:
    """Return how the links of the list `name` differ from those that are noted."""
    store = context.store
    now: dict[tuple[int, str], str] = {}
    for line_id, page, fields in document_links.standing_links(store, source, name):
        for each in description.documents:
            url = document_address(page, fields.get(each.field, ""))
            if url:
                now[line_id, each.field] = url
    before = document_links.links_in_force(store, source, name)
    return _LinkChanges(
        added=tuple(
            DocumentLink(url=url, host=urlsplit(url).hostname or "", list=name, field=key[1], line_id=key[0])
            for key, url in now.items()
            if before.get(key) != url
        ),
        dropped=tuple(key for key, url in before.items() if now.get(key) != url),
        count_before=len(before),
    )


def _note_links_of(
    context: Context, source: str, name: str, description: ListDescription, *, changes: _LinkChanges,
    fields_before: str | None,
) -> None:  # fmt: skip
    """Note the links of the list `name` of a source that are new, and those that are gone.

    `fields_before` are the names of the fields that were looked at before, with blanks between them; None if the list
    is looked at for the first time.
    """
    store, at = context.store, instant(context.now())
    document_links.drop_links(store, source, changes.dropped, at=at)
    for each in description.documents:
        of_field = [link for link in changes.added if link.field == each.field]
        document_links.add_links(store, source, of_field, at=at, is_news=each.field in (fields_before or "").split())
        changed = len([key for key in changes.dropped if key[1] == each.field])
        if fields_before is not None and changed >= max(UPHEAVAL_LINKS, UPHEAVAL_SHARE * changes.count_before):
            _spread_all(context, source, name, each)


def _spread_all(context: Context, source: str, name: str, settings: Documents) -> None:
    """Have all documents of a list be due again within the usual pause, evenly spread."""
    store, now = context.store, context.now()
    urls = set(document_links.links_in_force(store, source, name).values())
    rows = [row for row in documents.documents_of(store, source) if row.url in urls]
    dues = {row.id: instant(now + settings.every * (place / len(rows))) for place, row in enumerate(rows)}
    documents.spread(store, source, dues)
