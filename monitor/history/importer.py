"""Adds files that a person already has to the history, as if they had been polled when they were captured."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import RefusedError
from monitor.fetch.links import file_name, key_of, matches
from monitor.model import Capture, ReportKind
from monitor.store import versions
from monitor.times import instant, moment_of

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.sources import ReportDescription, Source
    from monitor.steps.context import Context

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
        if matches(description, address, "") or (description.kind == ReportKind.PAGE and address == source.page):
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
    raise RefusedError(
        f"{file}: {address} is none of the reports {', '.join(source.reports)}; "
        "say the address it was published at with --url, or change their `match`"
    )


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def import_file(context: Context, source: str, file: ImportFile) -> bool:
    """Keep one file as a new version of its report, and return True.

    `source` is the name of the source. Return False, and add nothing, if that version is there already, or if the file
    is the same as the version before it. Raises RefusedError if the file is older than the last version, because the
    past can't be rewritten.
    """
    content = _bytes(file.path)
    at = instant(file.captured_at)
    if file.captured_at > context.now() + MAX_CLOCK_DIFFERENCE:
        raise RefusedError(f"{file.path}: captured at {at}, which is yet to come; later captures could not follow it")
    sha256 = context.archive.put(content)
    digest = sha256
    if file.description.kind == ReportKind.PAGE:
        described = context.config.sources[source]
        digest = context.reader.page(
            content, file.url, queries=described.reads_links, as_content=described.content_page, source=source
        ).digest
    with context.store.transaction():
        report = versions.report_with_key(context.store, source, file.key) or versions.add_report(
            context.store, source, file.key, name=file.report, kind=file.description.kind, url=file.url, at=at
        )
        if versions.version_at(context.store, report.id, digest=digest, at=at):
            return False
        latest = versions.latest_version(context.store, report.id)
        if latest and at < latest.last_seen_at:
            raise RefusedError(
                f"{file.path}: captured at {at}, before {latest.last_seen_at}, when version {latest.number} of "
                f"{source}/{file.key} was last seen; the history can't be rewritten, so import older files first, "
                "into a state folder of their own"
            )
        if latest and latest.digest == digest:
            versions.note_seen(context.store, report, url=file.url, at=at)
            return False
        capture = Capture(url=file.url, captured_at=file.captured_at, sha256=sha256, size=len(content))
        capture_id = versions.add_capture(context.store, source, capture, digest=digest, at=at, via="import")
        versions.add_version(
            context.store, report, capture_id=capture_id, page_id=None, file_name=_name(file), url=file.url, at=at
        )
        versions.note_seen(context.store, report, url=file.url, at=at)
    return True


def _name(file: ImportFile) -> str:
    return file.path.name if file.url.startswith("file:") else file_name(file.url)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}") from fault
