"""Which reader reads a report, and the limits common to all of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from monitor.errors import BombError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.sources import ListDescription, ReportDescription
    from monitor.model import Link, RecordList

MAX_RECORDS = 1_000_000  # of one version, all lists together
MAX_VALUE_CHARACTERS = 100_000  # characters
# The module and the function that read each format.
READERS = {
    "xlsx": ("sheet.xlsx", "read_xlsx"),
    "csv": ("sheet.delimited", "read_csv"),
    "html": ("page.lists", "read_page"),
    "pdf": ("pdf.lists", "read_pdf"),
}


class _Reader(Protocol):
    def __call__(self, content: bytes, lists: Mapping[str, ListDescription]) -> tuple[RecordList, ...]: ...


def read_report(content: bytes, report: ReportDescription) -> tuple[RecordList, ...]:
    """The lists of one version, in the order of their descriptions. Raises UnreadableError, BombError or LayoutError.

    Reads whatever it is given, in this process: files from elsewhere go through `monitor.sandbox.reader`.
    """
    lists = reader_of(report.format)(content, report.lists)
    count = sum(len(each.records) for each in lists)
    if count > MAX_RECORDS:
        raise BombError(f"{count:,} records; at most {MAX_RECORDS:,} are read")
    for each in lists:
        for record in each.records:
            if any(value and len(value) > MAX_VALUE_CHARACTERS for value in record.values):
                raise BombError(f"list {each.name!r}: a value of more than {MAX_VALUE_CHARACTERS:,} characters")
    return lists


def meaning_and_links(content: bytes, url: str) -> tuple[str, tuple[Link, ...]]:
    """What a page at an address says, as a hash that nonces and tokens don't change, and the links on it."""
    module = import_module("monitor.extract.page.links")
    return module.page_meaning(content), module.page_links(content, url)


def reader_of(file_format: str) -> _Reader:
    """The reader of a format. Imported when it is wanted: the libraries behind it are heavy."""
    module, function = READERS[file_format]
    return cast("_Reader", getattr(import_module(f"monitor.extract.{module}"), function))
