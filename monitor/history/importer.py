"""Adds files that a person already has to the history, as if they had been polled when they were captured."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import RefusedError
from monitor.fetch.links import file_name, key_of, matches, part_key, without_query
from monitor.model import Capture, ReportKind
from monitor.steps.parts import Whole, named_apart
from monitor.store import versions
from monitor.store.parts import Part, add_list, parts_of_version, whole_address
from monitor.times import instant, moment_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Source
    from monitor.steps.context import Context

UNWRITTEN = 0  # in place of the id of a capture that has no row yet
MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)  # between this machine and the one that captured a file
MANIFEST_COLUMNS = ("file", "captured_at", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file to import.

    - `path`: where the file is on this machine.
    - `captured_at`, `url`: when it was published or downloaded, and its web address.
    - `report`, `description`: the report's name and description in the configuration, which may stand for a whole
      series.
    - `key`: identifies the one report that the file belongs to.
    """

    path: Path
    captured_at: datetime
    url: str
    report: str
    key: str
    description: ReportDescription


def manifest(path: Path, source_name: str, source: Source) -> tuple[ImportFile, ...]:
    """Read a manifest (a CSV file that lists files to import), and return its files, those captured first in front.

    `source_name` and `source` are the name and the description of the source. Raises RefusedError, which lists every
    fault of the manifest.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [column for column in MANIFEST_COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise RefusedError(
                    f"{path}: no column {', '.join(missing)}; a manifest has {', '.join(MANIFEST_COLUMNS)}"
                )
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise RefusedError(f"{path}: {getattr(fault, 'strerror', None) or fault}; is it a CSV file?") from fault
    files, faults = [], []
    for line, row in rows:
        try:
            file = path.parent / (row["file"] or "")
            files.append(describe(file, captured_at=row["captured_at"] or "", url=row["url"], source=source))
        except RefusedError as fault:
            faults.append(f"{path}:{line}: {fault}")
    if faults:
        raise RefusedError("\n".join(faults))
    if not files:
        raise RefusedError(f"{path}: names no file for {source_name}")
    return tuple(sorted(files, key=lambda file: file.captured_at))


def describe(file: Path, *, captured_at: str, url: str | None, source: Source) -> ImportFile:
    """Find the report that a file belongs to, and return the file as one to import.

    - `captured_at`: the time when the file was captured, as a person typed it.
    - `url`: the address that it was published at. By it the report is found; if it is None, by the file's name.

    Raises RefusedError if the file is not there, or belongs to no report of the source.
    """
    try:
        exists = file.is_file()
    except OSError as fault:
        raise RefusedError(f"{file}: {fault.strerror}") from fault
    if not exists:
        raise RefusedError(f"{file}: no such file")
    address = (url or "").strip() or f"file:///{file.name}"
    if not _is_address(address):
        raise RefusedError(f"{file}: {address!r} is no web address; write it like https://www.example.gov/list.xlsx")
    for name, description in source.reports.items():
        if is_of(description, address, source):
            return ImportFile(
                path=file,
                captured_at=moment_of(captured_at),
                url=address,
                report=name,
                key=key_of(name, description, address),
                description=description,
            )
    on_page = [name for name, each in source.reports.items() if each.kind == ReportKind.PAGE]
    if not url and on_page and file.suffix.lower() in {".html", ".htm"}:
        return describe(file, captured_at=captured_at, url=source.page, source=source)
    page = f"; the report {' or '.join(map(repr, on_page))} is the web page {source.page} itself" if on_page else ""
    raise RefusedError(
        f"{file}: {address} is none of the reports {', '.join(source.reports)}{page}; "
        "say the address it was published at with --url, or change their `match`"
    )


def is_of(description: ReportDescription, address: str, source: Source) -> bool:
    """Return whether a file that was published at an address belongs to a report of a source."""
    if description.pager and without_query(address) == without_query(source.page):
        return True  # a further page of the list
    return matches(description, address, "") or (description.kind == ReportKind.PAGE and address == source.page)


def versions_of(files: Sequence[ImportFile]) -> list[tuple[ImportFile, ...]]:
    """Return files in groups, each of which is imported as one version, in order.

    A file is a version of its own. Of a report that is several files or pages, those that were captured at one time are
    one version.
    """
    groups: dict[object, list[ImportFile]] = {}
    for number, file in enumerate(files):
        together = (file.report, file.captured_at) if file.description.is_in_parts else number
        groups.setdefault(together, []).append(file)
    return [tuple(group) for group in groups.values()]


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def import_file(context: Context, source: str, file: ImportFile) -> bool:
    """Keep one file as a new version of its report, and return True; see `import_version`."""
    return import_version(context, source, (file,))


def import_version(context: Context, source: str, files: Sequence[ImportFile]) -> bool:
    """Keep the files of one version as a new version of their report, and return True.

    - `source`: the name of the source.
    - `files`: one file; of a report that is several files or pages, all those of one time. A file of such a report that
      is not among them stays as it was in the version before; the pages of a list are all of the new version.

    Return False, and add nothing, if that version is there already, or if it is the same as the version before it.
    Raises RefusedError if it is older than the last version, because the past can't be rewritten.
    """
    first = files[0]
    at = instant(first.captured_at)
    if first.captured_at > context.now() + MAX_CLOCK_DIFFERENCE:
        raise RefusedError(f"{first.path}: captured at {at}, which is yet to come; later captures could not follow it")
    kept = [_kept(context, source, file) for file in files]
    is_whole = first.description.is_in_parts
    url = whole_address(context.config.sources[source].page, first.report) if is_whole else first.url
    with context.store.transaction():
        report = versions.report_with_key(context.store, source, first.key) or versions.add_report(
            context.store, source, first.key, name=first.report, kind=first.description.kind, url=url, at=at
        )
        latest = versions.latest_version(context.store, report.id)
        whole = _whole(kept, parts_of_version(context.store, latest.id) if latest else ()) if is_whole else None
        digest = whole.digest if whole else kept[0].part.digest
        if versions.version_at(context.store, report.id, digest=digest, at=at):
            return False
        if latest and at < latest.last_seen_at:
            raise RefusedError(
                f"{first.path}: captured at {at}, before {latest.last_seen_at}, when version {latest.number} of "
                f"{source}/{first.key} was last seen; the history can't be rewritten, so import older files first, "
                "into a state folder of their own"
            )
        if latest and latest.digest == digest:
            versions.note_seen(context.store, report, url=url, at=at)
            return False
        if whole:
            captured = tuple(_captured(context, source, part, first.captured_at) for part in whole.parts)
            capture_id = add_list(
                context.store, context.archive, source, captured, url=url, digest=digest, at=first.captured_at,
                via="import",
            )  # fmt: skip
        else:
            capture_id = _captured(context, source, kept[0].part, first.captured_at).capture_id
        called = whole.file_name(first.report) if whole else _name(first)
        versions.add_version(
            context.store, report, capture_id=capture_id, page_id=None, file_name=called, url=url, at=at
        )
        versions.note_seen(context.store, report, url=url, at=at)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A file whose bytes are in the archive, as a part that has no row yet; `file` is the file."""

    file: ImportFile
    part: Part


def _kept(context: Context, source: str, file: ImportFile) -> _Kept:
    """Write the bytes of a file to the archive, and find what it says."""
    content = _bytes(file.path)
    sha256 = context.archive.put(content)
    digest = sha256
    if file.description.kind == ReportKind.PAGE or (file.description.parts and file.description.format == "html"):
        described = context.config.sources[source]
        digest = context.reader.page(
            content, file.url, queries=described.reads_links, as_content=described.content_page, source=source
        ).digest
    part = Part(
        key=part_key(file.description, file.url) if file.description.parts else "",
        name=_name(file),
        capture_id=UNWRITTEN,
        url=file.url,
        sha256=sha256,
        digest=digest,
        captured_at=instant(file.captured_at),
        bytes=len(content),
    )
    return _Kept(file=file, part=part)


def _whole(kept: Sequence[_Kept], before: Sequence[Part]) -> Whole:
    """Return files as a version of several parts.

    `before` are the parts of the version before: of a report of several files, those that are not given now stay.
    Raises RefusedError if two files are the same part.
    """
    if kept[0].file.description.pager:
        pages = (
            replace(each.part, key=str(number), name=f"web page {number}") for number, each in enumerate(kept, start=1)
        )
        return Whole(parts=tuple(pages), in_order=True)
    parts = {each.key: each for each in before}
    given: dict[str, ImportFile] = {}
    for each in kept:
        known, key = parts.get(each.part.key), each.part.key
        if key in given:
            raise RefusedError(
                f"{each.file.path}: is the part {key!r} of {each.file.report}, as {given[key].path} is, and both were "
                "captured at one time; leave one out"
            )
        given[key] = each.file
        if known is None or known.digest != each.part.digest:
            parts[key] = each.part
    return Whole(parts=named_apart(parts[key] for key in sorted(parts)), in_order=False)


def _captured(context: Context, source: str, part: Part, at: datetime) -> Part:
    """Return a part with the id of its capture, which is added unless the part has one already."""
    if part.capture_id != UNWRITTEN:
        return part
    capture = Capture(url=part.url, captured_at=at, sha256=part.sha256, size=part.bytes)
    capture_id = versions.add_capture(
        context.store, source, capture, digest=part.digest, at=part.captured_at, via="import"
    )
    return replace(part, capture_id=capture_id)


def _name(file: ImportFile) -> str:
    return file.path.name if file.url.startswith("file:") else file_name(file.url)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}") from fault
