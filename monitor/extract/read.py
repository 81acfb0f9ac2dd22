"""Reads a report with the reader for its file format, within limits that are the same for every format."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Protocol, cast

from monitor.errors import BombError, LayoutError, ReadError
from monitor.extract.account import Account
from monitor.extract.listed_no_more import account_for_marks
from monitor.model import FileReading, PassedOverKind, RecordList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.config.reports import ReportDescription
    from monitor.model import PageReading, PartOfFile, Record

# A version with more records, in all its lists together, is refused.
MAX_RECORDS = 1_000_000
# A version with a longer value is refused.
MAX_VALUE_CHARACTERS = 100_000
# The module and the function that read each format.
READERS = {
    "xlsx": ("sheet.xlsx", "read_xlsx"),
    "csv": ("sheet.delimited", "read_csv"),
    "html": ("page.lists", "read_page"),
    "pdf": ("pdf.lists", "read_pdf"),
}


class _Reader(Protocol):
    """A function that reads the described lists out of the bytes of one format, and notes the rest in `account`."""

    def __call__(
        self, content: bytes, lists: Mapping[str, ListDescription], account: Account
    ) -> tuple[RecordList, ...]: ...


def read_report(content: bytes, report: ReportDescription, *, charset: str | None = None, url: str = "") -> FileReading:
    """Return what was read of one version of a report: its lists, in the order of `report`, and an account of the rest.

    `charset` is the encoding that the server named in the header `Content-Type`; None if it named none. `url` is the
    address of the file, from which its links start; "" if it is not known.

    The bytes are read in this process. For bytes from outside, use `monitor.sandbox.reader`, which reads them in a
    separate process with limits.

    Raises:
        UnreadableError: the bytes are not a file of this format.
        BombError: the file would take too much memory or time.
        LayoutError: a described list is not where its description says.
    """
    account = Account(charset=charset, url=url)
    lists = reader_of(report.format)(content, report.lists, account)
    _check_size(lists)
    for each in lists:
        account_for_marks(each, report.lists[each.name], account)
    return FileReading(lists=lists, passed_over=tuple(account.parts.values()), suspicions=tuple(account.suspicions))


def read_parts(content: bytes, report: ReportDescription, parts: Sequence[PartOfFile]) -> FileReading:
    """Return what was read of a version of several files or pages: each list has the records of all parts, in order.

    - `content`: the bytes of the parts, one after the other. `parts`: where they end, and what they are called.

    The locator of each record says in which part it stands, and so does each message. Links to further pages are not
    accounted for where these were read. Raises the same errors as `read_report`.
    """
    lists: dict[str, list[Record]] = {name: [] for name in report.lists}
    whole = Account()
    begin = 0
    for part in parts:
        piece, begin = content[begin : begin + part.size], begin + part.size
        try:
            reading = read_report(piece, report, charset=part.charset)
        except ReadError as fault:
            raise type(fault)(f"{part.name}: {fault}") from fault
        for each in reading.lists:
            lists[each.name] += (record.in_part(part.name) for record in each.records)
        for passed in reading.passed_over:
            if passed.kind != PassedOverKind.PAGER or report.pager is None or len(parts) == 1:
                whole.add(replace(passed, message=f"{part.name}: {passed.message}" if passed.message else ""))
        whole.suspicions += (replace(each, message=f"{part.name}: {each.message}") for each in reading.suspicions)
    read = tuple(
        RecordList(name=name, fields=report.lists[name].fields, records=tuple(records))
        for name, records in lists.items()
    )
    _check_size(read)
    return FileReading(lists=read, passed_over=tuple(whole.parts.values()), suspicions=tuple(whole.suspicions))


def _check_size(lists: Sequence[RecordList]) -> None:
    """Raise BombError if lists have too many records, or a value is too long."""
    count = sum(len(each.records) for each in lists)
    if count > MAX_RECORDS:
        raise BombError(f"{count:,} records; at most {MAX_RECORDS:,} are read")
    for each in lists:
        values = chain.from_iterable(record.values for record in each.records)
        if max(map(len, filter(None, values)), default=0) > MAX_VALUE_CHARACTERS:
            raise BombError(f"list {each.name!r}: a value of more than {MAX_VALUE_CHARACTERS:,} characters")


def read_web_page(
    content: bytes,
    url: str,
    *,
    charset: str | None = None,
    queries: bool = True,
    report: ReportDescription | None = None,
) -> PageReading:
    """Return what was read of a web page: its links, and a hash of its content.

    - `url`: the address of the page. `charset`: the encoding that the server named, or None.
    - `queries`: whether the part of an address after `?` counts as content.
    - `report`: the description of the page, if it is read by its `content` alone. Then the hash is that of the records
      that are read, without their order, so that a counter or a token makes no other page. A page that can't be read
      by it has the usual hash.
    """
    reading: PageReading = import_module("monitor.extract.page.links").page_reading(
        content, url, charset=charset, queries=queries
    )
    if report is None:
        return reading
    with suppress(LayoutError):
        return replace(reading, digest=_records_digest(read_report(content, report, charset=charset, url=url)))
    return reading


def _records_digest(reading: FileReading) -> str:
    """Return a SHA-256 hash of the records that were read, in which their order does not count."""
    said = sorted([each.name, *record.values] for each in reading.lists for record in each.records)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def reader_of(file_format: str) -> _Reader:
    """Return the function that reads files of this format (`xlsx`, `csv`, `html` or `pdf`).

    The module with the function is imported only when this is called, because the libraries that it needs are heavy.
    """
    module, function = READERS[file_format]
    return cast("_Reader", getattr(import_module(f"monitor.extract.{module}"), function))
