"""What the sandboxed process answers: put together from its frames, and checked against what it was asked."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.errors import UnreadableError
from monitor.extract.read import MAX_RECORDS
from monitor.sandbox.worker import DOUBTS, DOUBTS_OF, RECORDS, RECORDS_OF, Reply, piece_of, progress_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.matching.doubts import Doubt
    from monitor.model import PageReading, Record
    from monitor.sandbox.known import Values
    from monitor.sandbox.worker import Limits, Request, Tell

MAX_ANSWER_FRAME_BYTES = 250_000_000  # bytes
MAX_PICTURE_BYTES = 5_000_000  # bytes
PNG = b"\x89PNG\r\n\x1a\n"
KEY = re.compile(r"[\w-]{0,4000}")  # of a report


class WorkerAnswer:
    """What a worker has answered so far, which may come in several frames, and the limits for the rest.

    `limits` are those of reading; once the worker has said how many records it judges, the time for them is added.
    `known` has for each list the values of its known records, which the worker does not send again.
    `bytes_left`: so many bytes of the answer are still taken. `deadline` is a time by `time.monotonic`.
    """

    def __init__(self, limits: Limits, known: Sequence[Sequence[Values]]) -> None:
        self.limits = limits
        self._known = known
        self.deadline = time.monotonic() + limits.deadline
        self.bytes_left = MAX_ANSWER_FRAME_BYTES
        self._is_extended = False
        self._records: dict[int, list[Record]] = {}
        self._doubts: dict[int, list[Doubt]] = {}

    def take(self, frame: bytes, tell: Tell) -> Reply | None:
        """Take the next frame, and return the reply if it was the last one.

        Raises ValidationError or UnreadableError if it makes no sense.
        """
        if told := progress_of(frame):
            self._extend(told[1])
            tell(*told)
            return None
        self.bytes_left -= len(frame)
        if piece := piece_of(frame, RECORDS_OF, RECORDS):
            number, sent = piece
            records = self._records.setdefault(number, [])
            known = self._known[number] if number < len(self._known) else ()
            records.extend(sent.records(known, start=len(records)))
            return None
        if doubts := piece_of(frame, DOUBTS_OF, DOUBTS):
            self._doubts.setdefault(doubts[0], []).extend(doubts[1])
            return None
        reply = Reply.model_validate_json(frame)
        return self._whole(reply) if self._records else reply

    def _whole(self, reply: Reply) -> Reply:
        """Return the last frame with the records and doubts that came before it."""
        lists = tuple(
            replace(each, records=tuple(self._records.get(number, ())))
            for number, each in enumerate(reply.reading.lists)
        )
        doubts = tuple(tuple(self._doubts.get(number, ())) for number in range(len(reply.doubts)))
        return reply.model_copy(update={"reading": replace(reply.reading, lists=lists), "doubts": doubts})

    def _extend(self, records: int) -> None:
        """Allow the time for judging so many records. Only once: a file may have taken over the worker."""
        if not self._is_extended:
            self._is_extended = True
            self.limits = self.limits.for_judging(min(records, MAX_RECORDS))
            self.deadline = time.monotonic() + self.limits.deadline


def check_fit(answer: Reply, request: Request) -> None:
    """Raise UnreadableError if the worker's answer does not belong to the request that it was sent."""
    if answer.error:
        return
    described = request.report.lists.items() if request.report else ()
    asked = [(name, description.fields) for name, description in described]
    answered = [(each.name, each.fields) for each in answer.reading.lists]
    whole = all(len(record.values) == len(each.fields) for each in answer.reading.lists for record in each.records)
    names: set[str | None] = {part.name for part in request.parts}
    placed = not described or all(
        record.locator.part in (names or {None}) for each in answer.reading.lists for record in each.records
    )
    doubted = len(answer.doubts) == (len(answer.reading.lists) if request.on else 0) and all(
        0 <= doubt.position < len(each.records)
        for each, doubts in zip(answer.reading.lists, answer.doubts, strict=False)
        for doubt in doubts
    )
    judged = len(answer.places) == len(answer.doubts) and all(
        places.is_sound and all(0 <= position < len(each.records) for position in places.positions)
        for each, places in zip(answer.reading.lists, answer.places, strict=False)
    )
    page = answer.page is not None and _is_sound(answer.page)
    addresses = {link.url for link in request.links or ()}
    chosen = all(
        name in request.reports and all(KEY.fullmatch(key) and set(urls) <= addresses for key, urls in keys.items())
        for name, keys in answer.chosen.items()
    )
    picture = answer.picture.startswith(PNG) and len(answer.picture) <= MAX_PICTURE_BYTES
    drafted = answer.draft is not None and answer.draft.is_sound
    fits = (
        (request.draft is None or drafted)
        and (not request.document or answer.document is not None)
        and (request.page is None or page)
        and ((request.boxes is None and request.drawn_page is None) or picture)
        and chosen
    )
    if answered != asked or not whole or not placed or not doubted or not judged or not fits:
        raise UnreadableError("the process that reads files gave an answer that does not fit the question")


def _is_sound(page: PageReading) -> bool:
    """Return whether a page's hash and addresses have the form that they should have."""
    addresses = [*(link.url for link in page.links), *([page.sends_to] if page.sends_to else [])]
    return len(page.digest) == 64 and all(url.startswith(("http://", "https://")) for url in addresses)
