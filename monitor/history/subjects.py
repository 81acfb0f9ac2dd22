"""Says what an exhibit proves to a stranger: an amendment, that a record or a place was in a list, or a version.

A subject is a sentence with the versions that prove it. `history/exhibits.py` gathers the proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from monitor.alerts.items import item_of
from monitor.alerts.writing import words
from monitor.changelog import listed
from monitor.changelog.entry import on_pages
from monitor.config.titles import Titles
from monitor.errors import ExhibitSizeError, RefusedError
from monitor.history.linked import linked_documents
from monitor.standing import StandingState
from monitor.store import lines, pages, records
from monitor.store.document_pages import summary_with_url
from monitor.store.search import LogFilter, log_entries
from monitor.times import day_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.changelog.listed import ListedLine, PlaceInList, Question
    from monitor.config.sources import Config
    from monitor.model import Jurisdiction, Locator
    from monitor.store.database import Store
    from monitor.store.documents import DocumentFile
    from monitor.store.entry import LogEntry
    from monitor.store.lines import PlaceLine
    from monitor.store.rows import VersionRow

MAX_SUBJECTS = 200  # that one packet is about
AFTER = "the file after the change"  # the role of a version's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing that an exhibit is about.

    - `claim`: the sentence that it proves. `values`: the values that the sentence is about, by field.
    - `versions`: the versions that prove it, each with its role in words.
    - `amendment`: the number of the entry of the change log that it is about, or None.
    - `list`, `records`: the name of the list, or None, and the values of the records that were in it.
    - `documents`: files of documents that records link to, each with its role in words.
    - `places`: where records stand on pages of PDF files: a name for the picture, the version, and the locator.
    """

    claim: str
    versions: tuple[tuple[VersionRow, str], ...]
    values: Mapping[str, str] = field(default_factory=dict)
    amendment: int | None = None
    list: str | None = None
    records: tuple[Mapping[str, str], ...] = ()
    documents: tuple[tuple[DocumentFile, str], ...] = ()
    places: tuple[tuple[str, VersionRow, Locator], ...] = ()


def subject_of_entry(store: Store, config: Config, entry: LogEntry) -> Subject:
    """Return what an entry of the change log says, as the subject of an exhibit. Raises RefusedError."""
    version = pages.version_of_entry(store, entry.id or 0)
    if version is None:
        raise RefusedError(f"entry {entry.id}: its version is not there; see `monitor verify`")
    before = records.followed(store, version, sha256=entry.previous) if entry.previous else None
    titles = Titles(config)
    item = item_of(entry, titles=titles)
    happened = words.kind(item).capitalize() if entry.document is None else deed_in_words(entry, titles)
    where = f"at {entry.document.url}, which a record links in {item.list}" if entry.document else f"in {item.list}"
    claim = f"{happened}: {words.what(item)}. Seen {day_in_words(entry.observed_at)} {where}"
    versions = [(version, "the file of the list that links the document" if entry.document else AFTER)]
    versions += [(before, "the file before the change")] if before else []
    by_side = {"after": version, "before": before}
    places = [
        (f"entry-{entry.id}-{side}.png", shown, locator)
        for side, _, locator in on_pages(entry)
        if (shown := by_side[side]) is not None
    ]
    return Subject(
        claim=claim,
        values=_values_of_document(entry) | _values_of_entry(entry, titles),
        versions=tuple(versions),
        documents=_files_of_entry(store, entry),
        amendment=entry.id,
        list=entry.list,
        records=tuple(side for side in (entry.before, entry.after) if side),
        places=tuple(places),
    )


def deed_in_words(entry: LogEntry, titles: Titles) -> str:
    """Return what happened to a document that a record links to, like `MOA replaced`."""
    field = entry.document.field if entry.document else ""
    return words.one_line(f"{titles.of_field(entry.source, entry.list, field)} {entry.reason}")


def _values_of_document(entry: LogEntry) -> dict[str, str]:
    """Return what an entry says of a document: its address, and the hashes of its files; nothing for other entries."""
    if entry.document is None:
        return {}
    said = {
        "Document": entry.document.url,
        "Web archive's copy" if entry.reason == "recovered" else "Earlier address": entry.document.from_url,
        "SHA-256 of the file before": entry.document.previous,
        "SHA-256 of the file now": entry.document.sha256 or "(nothing is at its address)",
    }
    return {name: value for name, value in said.items() if value}


def _files_of_entry(store: Store, entry: LogEntry) -> tuple[tuple[DocumentFile, str], ...]:
    """Return the kept files of the document that an entry tells of: the one before and the one after."""
    if entry.document is None:
        return ()
    document = summary_with_url(store, entry.source, entry.document.url)
    roles = (
        (entry.document.sha256, "the file of the document after the change"),
        (entry.document.previous, "the file of the document before it"),
    )
    found = ((document.file_with(sha256) if document and sha256 else None, role) for sha256, role in roles)
    return tuple((file, role) for file, role in found if file)


def _files_of_record(
    store: Store, config: Config, line: PlaceLine, *, at: str | None
) -> tuple[tuple[DocumentFile, str], ...]:
    """Return the files of the documents that a record links, as they were kept last up to the time `at` (None: now)."""
    titles = Titles(config)
    found = []
    for field_name, document in linked_documents(store, config, line):
        kept = [file for file in document.files if at is None or file.captured_at <= at]
        if kept:
            title = titles.of_field(line.source, line.list, field_name)
            found.append((kept[-1], f"the document that the record links as {title}"))
    return tuple(found)


def _values_of_entry(entry: LogEntry, titles: Titles) -> dict[str, str]:
    """Return the values that an entry is about, keyed by the titles of their fields; those that differ come first."""
    before, after = entry.before or {}, entry.after or {}
    differing: dict[str, str] = {}
    same: dict[str, str] = {}
    for name in dict.fromkeys((*before, *after)):
        title = titles.of_field(entry.source, entry.list, name)
        was, now = before.get(name, ""), after.get(name, "")
        if was == now or not (before and after):
            same[title] = was or now
        else:
            differing |= {f"{title}, before": was or "(nothing)", f"{title}, after": now or "(nothing)"}
    return differing | same


def subject_of_record(store: Store, config: Config, each: ListedLine, *, at: str | None) -> Subject:
    """Return that a record stands, or stood, in a list, as the subject of an exhibit. Raises RefusedError.

    `at` is the time that the claim is about; None means now.
    """
    line = each.line
    first = pages.first_version_with_hash(store, line.first_version, line.report_id)
    last = lines.last_version_with(store, line, at=at)
    if first is None or last is None:
        raise RefusedError(f"{line.list}: the record's version is not there; see `monitor verify`")
    titles = Titles(config)
    said = titles.record(line.source, line.list, line.fields)
    claim = f"{said}: {each.standing.words(at)} ({titles.where(line.source, line.list)})"
    versions = [(last, "the file that has it")]
    versions += [(first, "the file in which it first stood so")] if first.id != last.id else []
    mark = f"record-{line.first_version[:12]}-{line.list}-{line.locator.mark}.png"
    return Subject(
        claim=claim,
        values={titles.of_field(line.source, line.list, name): value for name, value in line.fields.items()},
        versions=tuple(versions),
        list=line.list,
        records=(line.fields,),
        documents=_files_of_record(store, config, line, at=at),
        places=((mark, first, line.locator),) if line.locator.boxes else (),
    )


def subjects_of_list(store: Store, config: Config, place: str, group: PlaceInList, *, at: str | None) -> list[Subject]:
    """Return that a place is or was in a list, as subjects of an exhibit. Raises RefusedError.

    Each record is a subject. In a list of events all records are one subject, because they prove together that the
    list named the place. `at` is the time that the claim is about; None means now.
    """
    each = [subject_of_record(store, config, line, at=at) for line in group.lines]
    if group.standing.state != StandingState.NAMED or not each:
        return each
    versions = {version.id: (version, role) for subject in each for version, role in subject.versions}
    return [
        Subject(
            claim=f"{place}: {group.standing.words(at)} ({Titles(config).where(group.source, group.list)})",
            versions=tuple(versions.values()),
            list=group.list,
            records=tuple(record for subject in each for record in subject.records),
            documents=tuple(document for subject in each for document in subject.documents),
            places=tuple(where for subject in each for where in subject.places),
        )
    ]


def subjects_of_place(store: Store, question: Question, place: Jurisdiction) -> list[Subject]:
    """Return what the lists say about a place, as subjects of an exhibit.

    If the question is about a time, they are what was listed then; else also what was listed before, and the amendments
    about the place. Raises RefusedError if no list is known to have it, and ExhibitSizeError if that is too much.
    """
    name = place.name if place.level == "state" else f"{place.name}, {place.state}"
    found = [
        subject
        for group in listed.of_place(store, question, place)
        if is_provable(group, at=question.at)
        for subject in subjects_of_list(store, question.config, name, group, at=question.at)
    ]
    if not found:
        raise RefusedError(
            f'{name}: no list is known to have had it then; `monitor show "{name}" --at ...` says what is known'
        )
    if not question.at:
        entries = log_entries(store, LogFilter(jurisdictions=(place.ocd_id or "",)))
        found += (subject_of_entry(store, question.config, entry) for entry in islice(entries, MAX_SUBJECTS))
    if len(found) > MAX_SUBJECTS:
        raise ExhibitSizeError(f"more than {MAX_SUBJECTS} records and entries are too many for one packet; name a time")
    return found


def is_provable(group: PlaceInList, *, at: str | None) -> bool:
    """Return whether an exhibit about a place at the time `at` (None: now) has something to show of a list."""
    states = {StandingState.LISTED, StandingState.NAMED} if at else set(StandingState)
    return bool(group.lines) and group.standing.state in states


def subject_of_version(config: Config, version: VersionRow) -> Subject:
    """Return what a version is, as the subject of an exhibit: the file that a report was at a time."""
    claim = (
        f"{version.file_name} was version {version.number} of "
        f"{Titles(config).where(version.source, report=version.report_key)}, first seen "
        f"{day_in_words(version.captured_at)}, last seen {day_in_words(version.last_seen_at)}"
    )
    return Subject(claim=claim, versions=((version, "the file"),))
