"""Checks whether the documents that records link to can be the right ones, and writes down the doubts about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.matching.documents import LinkedAgency, doubts_of_document
from monitor.store import document_links, documents
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.lists import ListDescription
    from monitor.steps.context import Context


@dataclass(kw_only=True)
class DocumentDoubts:
    """Finds the doubts about the documents of one source.

    The agencies of each list are read once and remembered, so use a new object after the lists have changed.
    """

    context: Context
    source: str
    _agencies: dict[str, dict[int, LinkedAgency]] = field(default_factory=dict)

    def check_list(self, name: str, description: ListDescription) -> None:
        """Check each document of the list `name` if its record or its file has changed since it was last checked.

        Each check is a transaction of its own, so that no other process has to wait until all are done.
        """
        store, at = self.context.store, instant(self.context.now())
        agencies = self._of_list(name, description)
        for line_id, field_name, document_id, sha256, checked in document_links.links_to_files(
            store, self.source, name
        ):
            agency = agencies.get(line_id)
            if agency and _mark(agency, sha256) != checked:
                with store.transaction():
                    self._check(name, description, line_id, field_name, document_id, at=at)

    def check_document(self, document_id: int, *, before: str | None) -> None:
        """Check the records that link a document which has a new file. Call this within a transaction.

        `before` is the SHA-256 of the file that the document had before, or None. Other documents that have that file
        are checked too: a doubt that they share it with this document may be over.
        """
        self._check_linking(document_id)
        for other in documents.other_holders(self.context.store, before, but=document_id) if before else ():
            if other.source == self.source:
                self._check_linking(other.id)

    def _check_linking(self, document_id: int) -> None:
        """Check each record that links a document."""
        at = instant(self.context.now())
        for link in document_links.linking_records(self.context.store, document_id):
            if description := self.context.config.list_description(self.source, link.list):
                self._check(link.list, description, link.line_id, link.field, document_id, at=at)

    def _check(
        self, name: str, description: ListDescription, line_id: int, field_name: str, document_id: int, *, at: str
    ) -> None:
        """Write down the doubts about the document that a record links by a field."""
        store = self.context.store
        agencies = self._of_list(name, description)
        agency, file = agencies.get(line_id), documents.last_file(store, document_id)
        if agency is None:
            return
        pages = documents.texts_of_file(store, file.id) if file else ()
        found = doubts_of_document(
            agency,
            pages,
            others=(each for line, each in agencies.items() if line != line_id),
            same_file=self._sharing(file.sha256, document_id, agencies) if file else (),
        )
        document_links.replace_doubts(
            store, line_id, field_name, file_id=file.id if file else None,
            doubts=((str(each.problem), each.suggestions) for each in found), at=at,
        )  # fmt: skip
        document_links.note_checked(store, line_id, field_name, checked_as=_mark(agency, file.sha256 if file else None))

    def _sharing(self, sha256: str, document_id: int, agencies: Mapping[int, LinkedAgency]) -> list[LinkedAgency]:
        """Return the agencies whose records link another document with the same bytes."""
        store = self.context.store
        found = []
        for other in documents.other_holders(store, sha256, but=document_id):
            lines = [link.line_id for link in document_links.linking_records(store, other.id)]
            found += [agencies[line] for line in lines if line in agencies]
        return found

    def _of_list(self, name: str, description: ListDescription) -> dict[int, LinkedAgency]:
        """Return the agencies of the standing records of a list, by their lines of corrections."""
        if name not in self._agencies:
            rows = document_links.standing_links(self.context.store, self.source, name)
            self._agencies[name] = {line_id: _agency(values, description) for line_id, _, values in rows}
        return self._agencies[name]


def _agency(values: Mapping[str, str], description: ListDescription) -> LinkedAgency:
    """Return what a record says about its agency, by the fields that the description names for that."""
    place = description.jurisdiction
    name = place.agency or (description.names[0] if description.names else place.name)
    dates = [each for each, column in description.columns.items() if column.kind == "date"]
    return LinkedAgency(
        name=values.get(name or "", ""),
        place=values.get(place.name or "", ""),
        state=values.get(place.state or "", ""),
        signed=values.get(dates[0], "") if len(dates) == 1 else "",
    )


def _mark(agency: LinkedAgency, sha256: str | None) -> str:
    """Return a text that changes when a record or the file of its document does; `sha256` is that of the file."""
    said = f"{agency!r} {sha256}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
