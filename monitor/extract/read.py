"""Reads a report with the reader for its file format, within limits that are the same for every format."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from monitor.errors import BombError, LayoutError
from monitor.extract.account import Account
from monitor.model import FileReading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.sources import ListDescription, ReportDescription
    from monitor.model import PageReading, RecordList

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
    count = sum(len(each.records) for each in lists)
    if count > MAX_RECORDS:
        raise BombError(f"{count:,} records; at most {MAX_RECORDS:,} are read")
    for each in lists:
        for record in each.records:
            if max(map(len, filter(None, record.values)), default=0) > MAX_VALUE_CHARACTERS:
                raise BombError(f"list {each.name!r}: a value of more than {MAX_VALUE_CHARACTERS:,} characters")
    return FileReading(lists=lists, passed_over=tuple(account.parts.values()), suspicions=tuple(account.suspicions))


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
