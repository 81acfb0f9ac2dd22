"""Reads kept files for the pages, in the worker process: pictures of PDF pages, and rows of tables.

The latest results are remembered, within limits. Only a few files are read at a time; other readers wait, and after
some seconds they are told to try again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.reports import ReportDescription
    from monitor.model import Box, Locator, Record, RecordList
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive

MAX_READS_AT_ONCE = 2
MAX_WAIT_SECONDS = 15.0  # seconds to wait for one's turn
MAX_PICTURE_CACHE_BYTES = 64_000_000  # bytes of pictures that are remembered
MAX_FILES_REMEMBERED = 6  # whose lists are remembered
MAX_FILE_BYTES_SHOWN = 5_000_000  # bytes of a file whose rows are shown
ROWS_AROUND = 3  # rows shown before and after a record's own


class BusyError(MonitorError):
    """Too many files are being read at this moment; the reader should try again."""


class Kept:
    """Reads the kept files for the pages, and remembers the latest results; all threads share one object."""

    def __init__(self, archive: Archive, reader: Reader) -> None:
        self._archive = archive
        self.reader = reader
        self._turn = threading.BoundedSemaphore(MAX_READS_AT_ONCE)
        self._lock = threading.Lock()
        self._pictures: OrderedDict[tuple[str, tuple[Box, ...] | int], bytes] = OrderedDict()
        self._lists: OrderedDict[tuple[str, int], tuple[RecordList, ...]] = OrderedDict()

    def file(self, sha256: str) -> bytes:
        """Return the bytes of the file with this SHA-256, after checking the hash. Raises StoreError, BusyError."""
        with self._one_of_few():
            return self._archive.get(sha256)

    def picture(self, sha256: str, boxes: tuple[Box, ...], *, caption: str, source: str) -> bytes:
        """Return a picture (PNG) of the part of a PDF page around a record, with the record in a frame.

        - `sha256`: the hash of the PDF. `boxes`: the places of the record in it.
        - `caption`: a line of text to write below. `source`: the name of the source.

        Raises ReadError, StoreError, BusyError.
        """
        return self._drawn(
            (sha256, boxes),
            lambda content: self.reader.picture(content, boxes, caption=caption, source=source),
        )

    def page_picture(self, sha256: str, number: int, *, source: str) -> bytes:
        """Return a picture (PNG) of a whole page of a PDF, given by its number from 1.

        - `sha256`: the hash of the PDF. `source`: the name of the source.

        Raises ReadError, StoreError, BusyError.
        """
        return self._drawn((sha256, number), lambda content: self.reader.page_picture(content, number, source=source))

    def _drawn(self, key: tuple[str, tuple[Box, ...] | int], draw: Callable[[bytes], bytes]) -> bytes:
        """Return the picture with this key, which begins with the hash of its file; `draw` draws it from the bytes."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        with self._one_of_few():
            picture = draw(self._archive.get(key[0]))
        with self._lock:
            self._pictures[key] = picture
            while sum(map(len, self._pictures.values())) > MAX_PICTURE_CACHE_BYTES:
                self._pictures.popitem(last=False)
        return picture

    def around(
        self, sha256: str, report: ReportDescription, name: str, locator: Locator, *, source: str
    ) -> tuple[tuple[str, ...], tuple[Record, ...]]:
        """Return the fields of the list `name`, and the records in the rows around a place in a file, in their order.

        - `sha256`: the hash of the file. `report`: how to read it.
        - `locator`: the place. `source`: the name of the source.

        Raises ReadError, StoreError, BusyError.
        """
        found = next(each for each in self._read(sha256, report, source) if each.name == name)
        near = [
            each
            for each in found.records
            if each.locator.row is not None
            and locator.row is not None
            and each.locator.sheet == locator.sheet
            and abs(each.locator.row - locator.row) <= ROWS_AROUND
        ]
        return found.fields, tuple(sorted(near, key=lambda each: each.locator.row or 0))

    def _read(self, sha256: str, report: ReportDescription, source: str) -> tuple[RecordList, ...]:
        key = (sha256, hash(repr(report)))
        with self._lock:
            if key in self._lists:
                self._lists.move_to_end(key)
                return self._lists[key]
        with self._one_of_few():
            content = self._archive.get(sha256)
            if len(content) > MAX_FILE_BYTES_SHOWN:
                raise BusyError(
                    f"the file is larger than {MAX_FILE_BYTES_SHOWN // 1_000_000} MB; download it to see its rows"
                )
            lists = self.reader.read(content, report, source=source)
        with self._lock:
            self._lists[key] = lists
            while len(self._lists) > MAX_FILES_REMEMBERED:
                self._lists.popitem(last=False)
        return lists

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=MAX_WAIT_SECONDS):
            raise BusyError("too many files are being read at this moment; try again in a minute")
        try:
            yield
        finally:
            self._turn.release()
