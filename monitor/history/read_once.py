"""A reader for trials that reads each file only once, though a trial uses the file's lists several times."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from monitor.sandbox.known import KnownRecords
from monitor.sandbox.reader import Reader

if TYPE_CHECKING:
    from monitor.sandbox.worker import Reply, Request

MAX_FILES_AT_HAND = 50  # files whose reading is returned again


class ReadOnce(Reader):
    """A reader that remembers the lists of the files that it has read, and returns them when it is asked again.

    `reader` does the reading. The day and the encoding of the first request are used; those of later ones are ignored.
    """

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader._limits)  # noqa: SLF001 - of its own kind; this starts no process
        self._reader = reader
        self._known: deque[tuple[tuple[Request, bytes, str], Reply]] = deque(maxlen=MAX_FILES_AT_HAND)

    def start(self, source: str) -> None:
        """Start the worker process of the reader that does the reading."""
        self._reader.start(source)

    def _ask(self, request: Request, content: bytes, source: str) -> Reply:
        if request.on is None:  # no version is to be understood
            return self._reader._ask(request, content, source)  # noqa: SLF001 - of its own kind
        # What one request calls known is unknown to another, which may get the same reply.
        request = request.model_copy(update={"known": KnownRecords()})
        asked = (request.model_copy(update={"on": None, "charset": None}), content, source)
        for known, reply in self._known:
            if known == asked:
                return reply
        reply = self._reader._ask(request, content, source)  # noqa: SLF001 - the same
        self._known.append((asked, reply))
        return reply
