"""Notes what each page of a static site is made of, so that a page is made again only where that differs.

Pages know nothing of this. While one is made, every question to the database is noted together with a hash of the
answer, and so is every kept file that is read. At another time, the page would begin with the same questions. As long
as all of them have the same answers, it has the same bytes.

Each look at a source changes when its lists and versions were last seen, although most pages of a static site say the
same. Therefore what follows from these times is noted in their place (`_lasting_list`, `_lasting_looks`), and the pages
that don't tell when a version was last seen are not given that time at all (`recorded`).
"""

from __future__ import annotations

import marshal
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar, cast

from monitor.changelog.listed import Question
from monitor.errors import MonitorError
from monitor.standing import LookState, StandingState, list_state, unknown_of
from monitor.store import metrics
from monitor.store.lines import ListAt
from monitor.store.read_only import ReadOnlyStore
from monitor.times import instant
from monitor.web.comparison_cache import Compared
from monitor.web.files import Kept
from monitor.web.remembered import RememberedParts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from monitor.config.reports import ReportDescription
    from monitor.config.sources import Config
    from monitor.model import Box, RecordList
    from monitor.sandbox.reader import Reader
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from monitor.store.metrics import SourceLook
    from monitor.store.rows import VersionRow

    Answer = tuple[list[str], list[tuple[Any, ...]]]  # of the database: the names of the columns, and the rows

InputKey = tuple[Any, ...]  # what a page asked: the kind of the question, then what belongs to it
Input = tuple[InputKey, str]  # what a page asked, and a hash of the answer
Answered = TypeVar("Answered")

QUERY, QUIET_QUERY, LIST, LATER, SEEN = "query", "quiet query", "list", "later", "seen"
LOOKS, TIME, FILE, UNCERTAIN = "looks", "time", "file", "uncertain"
VERSIONS = "version_details"  # a view: an answer of it has the columns of a version
LAST_SEEN = "last_seen_at"  # one of them
MAX_ANSWERS_KEPT = 2_000  # of the database, during one publication: many pages ask the same
MAX_ROWS_KEPT = 1_000  # of an answer that is kept
INPUT_HASH_BYTES = 12


class PageInputs:
    """What the pages of one publication ask, with a hash of each answer; open it with `PageInputs.opened`.

    All questions are answered from one snapshot of the database: that of the first question.
    """

    def __init__(self, config: Config, state: Path, archive: Archive) -> None:
        self.config = config
        self.store = NotedStore(state, self)
        self.now: datetime | None = None  # the time as of which the pages are true
        self._archive = archive
        self._digests: dict[InputKey, str] = {}
        self._made: dict[InputKey, tuple[object, str]] = {}
        self._shared: dict[Hashable, tuple[object, tuple[Input, ...]]] = {}
        self._noted: list[dict[InputKey, None]] = []  # of the page that is being made, and of parts within it

    @classmethod
    @contextmanager
    def opened(cls, config: Config, state: Path, archive: Archive) -> Iterator[PageInputs]:
        """Open the database for one publication. Raises StoreError."""
        inputs = cls(config, state, archive)
        try:
            inputs.store.connection.execute("BEGIN")
            yield inputs
        finally:
            inputs.store.connection.close()

    def recorded(
        self, make: Callable[[], Answered], *, tells_last_seen: bool = True
    ) -> tuple[Answered, tuple[Input, ...]]:
        """Call a function; return what it returns, and all that was asked meanwhile.

        If not `tells_last_seen`, the function gets versions without the time when they were last seen.
        """
        self._noted.append({})
        before, self.store.tells_last_seen = self.store.tells_last_seen, tells_last_seen
        try:
            made = make()
        finally:
            noted = self._noted.pop()
            self.store.tells_last_seen = before
        return made, tuple((key, self._digests[key]) for key in noted)

    def note(self, key: InputKey, digest: str) -> None:
        """Note that the page which is being made asked `key`, and a hash of the answer."""
        self._digests[key] = digest
        if self._noted:
            self._noted[-1][key] = None

    def note_uncertain(self) -> None:
        """Note that the page which is being made may be another one at the next time, so that it is made again."""
        self.note((UNCERTAIN,), secrets.token_hex(INPUT_HASH_BYTES))

    def shared(self, key: Hashable, make: Callable[[], Answered]) -> Answered:
        """Return what `make` makes; it is called for the first page that asks for `key`, and counts for all of them."""
        if key not in self._shared:
            self._shared[key] = self.recorded(make)
        made, inputs = self._shared[key]
        for each, digest in inputs:
            self.note(each, digest)
        return cast("Answered", made)

    def is_same(self, asked: Input) -> bool:
        """Return whether a question of an earlier publication has the same answer now."""
        key, digest = asked
        if key not in self._digests:
            self.recorded(lambda: self._ask(key))
        return self._digests.get(key) == digest

    def _ask(self, key: InputKey) -> None:
        """Ask what a page asked in an earlier publication. What can't be asked any more is not noted."""
        kind, *rest = key
        if kind in {QUERY, QUIET_QUERY}:
            sql, names, values = rest
            self.store.tells_last_seen = kind == QUERY
            self.store.column(sql, dict(zip(names, values, strict=True)))
        elif kind == LIST:
            self.list_at(self.question(), *rest)
        elif kind == LATER:
            self.list_at(self.question(), *rest[:-1]).is_later_than(rest[-1])
        elif kind == SEEN:
            self.list_at(self.question(), *rest).last_seen_at()
        elif kind == LOOKS:
            self.looks()
        elif kind == TIME:
            self.time()
        elif kind == FILE:
            self.note_file(rest[0])

    def time(self) -> datetime:
        """Return the time as of which the pages are true; a page that asks for it is made again with each look."""
        if self.now is None:
            raise ValueError
        self.note((TIME,), instant(self.now))
        return self.now

    def question(self) -> Question:
        """Return the question what is listed as of the time of the pages."""
        if self.now is None:
            raise ValueError
        return NotedQuestion(config=self.config, now=instant(self.now), inputs=self)

    def list_at(
        self, question: Question, source: str, report_name: str, name: str, report_id: int | None = None
    ) -> NotedListAt:
        """Return how well a list is known now. Of its version and its last look, only what pages say is noted."""
        key = (LIST, source, report_name, name, report_id)

        def ask() -> NotedListAt:
            found = Question.list_at(question, self.store, source, report_name, name, report_id=report_id)
            named = {each.name: getattr(found, each.name) for each in fields(found)}
            return NotedListAt(**named, inputs=self, key=key[1:])

        return self._derived(key, ask, lambda found: _lasting_list(question, source, found))

    def looks(self) -> Sequence[SourceLook]:
        """Return how well each source is watched; of those that are watched well, the times are not noted."""
        if self.now is None:
            raise ValueError
        now = self.now
        return self._derived(
            (LOOKS,), lambda: metrics.source_looks(self.store, self.config.pauses(), now=now), _lasting_looks
        )

    def _derived(self, key: InputKey, ask: Callable[[], Answered], lasting: Callable[[Answered], str]) -> Answered:
        """Return what `ask` returns. Not its questions are noted, but what `lasting` returns for the answer."""
        if key not in self._made:
            answer, _ = self.recorded(ask)
            self._made[key] = answer, lasting(answer)
        made, digest = self._made[key]
        self.note(key, digest)
        return cast("Answered", made)

    def note_file(self, sha256: str) -> bool:
        """Note whether a kept file is there, and return it. Its bytes never change, since its hash is its name."""
        is_there = self._archive.has(sha256)
        self.note((FILE, sha256), str(is_there))
        return is_there


def _lasting_list(question: Question, source: str, found: ListAt) -> str:
    """Return a text that changes when pages of a static site say anything else of a list.

    If a list is known and has not ended, it says since when each record is listed, and the latest version and the times
    of its looks don't matter. What pages ask about that version is noted apart (`NotedListAt`).
    """
    stale_after = question.stale_after(source)
    unknown = unknown_of(found.look, at=question.moment, stale_after=stale_after)
    if list_state(found.look, at=question.moment, stale_after=stale_after) == StandingState.LISTED:
        return digest_of(repr((found.look.report, found.report_id, found.came)))
    return digest_of(repr((found.look, found.report_id, found.came, unknown)))


def _lasting_looks(looks: Sequence[SourceLook]) -> str:
    """Return a text that changes when pages of a static site say anything else of how well sources are watched."""
    told = [(look.source, str(look.state), look.state != LookState.GOOD and look.looked_at) for look in looks]
    return digest_of(told)


def digest_of(value: object) -> str:
    """Return a hash of a value that consists of texts, numbers, bytes, None, and tuples and lists of these."""
    return blake2b(marshal.dumps(cast("Any", value), 2), digest_size=INPUT_HASH_BYTES).hexdigest()


class NotedStore(ReadOnlyStore):
    """The database as one publication sees it. It notes each question with its answer; the latest are remembered."""

    def __init__(self, folder: Path, inputs: PageInputs) -> None:
        """Open the database. Raises StoreError."""
        super().__init__(folder)
        self.tells_last_seen = True
        self._inputs = inputs
        self._answers: dict[InputKey, tuple[Answer, str]] = {}

    def _asked(self, sql: str, values: Mapping[str, Any] | None) -> Answer:
        values = values or {}
        is_quiet = not self.tells_last_seen and VERSIONS in sql
        key = (QUIET_QUERY if is_quiet else QUERY, sql, tuple(values), tuple(values.values()))
        known = self._answers.get(key)
        if known is None:
            answer = super()._asked(sql, values)
            if is_quiet and LAST_SEEN in answer[0]:
                answer = answer[0], _without(answer[1], answer[0].index(LAST_SEEN))
            known = answer, digest_of(answer[1])
            if len(answer[1]) <= MAX_ROWS_KEPT:
                while len(self._answers) >= MAX_ANSWERS_KEPT:
                    del self._answers[next(iter(self._answers))]
                self._answers[key] = known
        self._inputs.note(key, known[1])
        return known[0]


def _without(rows: Sequence[tuple[Any, ...]], place: int) -> list[tuple[Any, ...]]:
    """Return rows with an empty text at this place."""
    return [(*row[:place], "", *row[place + 1 :]) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedQuestion(Question):
    """The question what is listed now, whose answers are noted and remembered for all pages of a publication."""

    inputs: PageInputs

    def list_at(
        self, store: Store, source: str, report_name: str, name: str, *, report_id: int | None = None
    ) -> ListAt:
        """Return how well the list `name` is known; `store` is not used."""
        del store
        return self.inputs.list_at(self, source, report_name, name, report_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedListAt(ListAt):
    """How well a list is known now; notes what pages ask about its latest version. `key` names the list."""

    inputs: PageInputs
    key: InputKey

    def is_later_than(self, number: int) -> bool:
        """Return whether the latest version is a later one than the version with this number."""
        is_later = ListAt.is_later_than(self, number)
        self.inputs.note((LATER, *self.key, number), str(is_later))
        return is_later

    def last_seen_at(self) -> str | None:
        """Return when the latest version was last seen; None if there is none."""
        at = ListAt.last_seen_at(self)
        self.inputs.note((SEEN, *self.key), at or "")
        return at


class NotedParts(RememberedParts):
    """The parts of pages that several pages of one publication have."""

    def __init__(self, inputs: PageInputs) -> None:
        super().__init__()
        self._inputs = inputs

    def get(self, key: Hashable, make: Callable[[], Answered]) -> Answered:
        """Return the part with this key, and note what it is made of."""
        return self._inputs.shared(key, make)


class NotedCompared(Compared):
    """Compares versions for the pages of one publication: each time anew, so that all that is asked is noted."""

    def between(
        self, store: Store, config: Config, old: VersionRow, new: VersionRow
    ) -> dict[str, tuple[LogEntry, ...]]:
        """Return the amendments between two versions, keyed by list."""
        return Compared().between(store, config, old, new)


class NotedKept(Kept):
    """Reads kept files for the pages of one publication, and notes which; what failed may succeed at the next time."""

    def __init__(self, archive: Archive, reader: Reader, inputs: PageInputs) -> None:
        super().__init__(archive, reader)
        self._inputs = inputs

    def file(self, sha256: str) -> bytes:
        """Return the bytes of the file with this SHA-256. Raises StoreError."""
        return self._noted(sha256, lambda: super(NotedKept, self).file(sha256))

    def _drawn(self, key: tuple[str, tuple[Box, ...] | int], draw: Callable[[bytes], bytes]) -> bytes:
        return self._noted(key[0], lambda: super(NotedKept, self)._drawn(key, draw))

    def _read(self, sha256: str, report: ReportDescription, source: str) -> tuple[RecordList, ...]:
        return self._noted(sha256, lambda: super(NotedKept, self)._read(sha256, report, source))

    def _noted(self, sha256: str, read: Callable[[], Answered]) -> Answered:
        is_there = self._inputs.note_file(sha256)
        try:
            return read()
        except MonitorError:
            if is_there:
                self._inputs.note_uncertain()
            raise
