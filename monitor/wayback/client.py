"""The Internet Archive's Wayback Machine: what it has of an address, the bytes of a capture, and asking it to save one.

It is asked politely, and nothing that it says is trusted.
"""

from __future__ import annotations

import ssl
import time
from concurrent.futures import CancelledError
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from monitor.config.secrets import Secret
from monitor.errors import (
    BlockedError,
    FetchError,
    ForbiddenAddressError,
    MistakenBodyError,
    RefusedError,
    TooSlowError,
    TransportError,
    TruncatedError,
    UnreachableError,
    UnsavedError,
    WaybackError,
)
from monitor.fetch.exchange import REDIRECTS
from monitor.fetch.faults import chain
from monitor.fetch.fetcher import MAX_REDIRECTS
from monitor.fetch.verdict import retry_after
from monitor.times import instant
from monitor.wayback import replay
from monitor.wayback import save as saving_page
from monitor.wayback.index import PAGE_BYTES, RUNTIME_ERROR, Memento, Query, is_excluded, page
from monitor.wayback.rate import MAX_REST, RateLimiter, rest_after
from monitor.wayback.replay import Replay
from monitor.wayback.save import Job, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.sources import Wayback
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Format, Response

__all__ = ["Job", "Memento", "Receipt", "Replay", "WebArchive"]

SECONDS = 120.0
TRIES = 6  # with the rests between them: half an hour
LOOK = 6.0  # seconds between two looks at a capture under way
MOST_LOOKS = 50
MOST_PAGES = 10_000  # of the index, for one question: ten million captures


class WebArchive:
    """Asks the archive, from any number of threads, `wayback.per_minute` times a minute.

    Where it asks to be left alone, fails or does not answer, it is left alone for long, and asked again, `tries` times
    in all; then, or where it asks for longer than anybody waits, WaybackError is raised, which says when to come back.
    `tell` hears of each such wait. One exchange may take `seconds`: the index is slow. Whoever waits, wherever, is let
    go by `leave`.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        described: Wayback,
        *,
        tries: int = TRIES,
        seconds: float = SECONDS,
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._archive = described.url.rstrip("/")
        self._hosts = frozenset({(urlsplit(described.url).hostname or "").lower()})
        self._key = Secret.of(described, "key")
        self._tries = tries
        self._seconds = seconds
        self._tell = tell
        self._left = Event()
        self._sleep = sleep or self._left.wait
        self._limiter = RateLimiter(per_minute=described.per_minute, sleep=self._sleep, clock=clock)

    def leave(self) -> None:
        """Ask nothing any more: who waits for a turn, in any thread, gets CancelledError at once."""
        self._left.set()

    def mementos(
        self, url: str, *, prefix: bool = False, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Memento]:
        """The captures of an address, or with `prefix` of all that begin with it: from `since` on, before `until`.

        Those with status 200, and revisits of any; in the order of the index: by address, and then oldest first.
        Raises FetchError.
        """
        query = Query(url=url, prefix=prefix, since=since, until=until)
        nonsense, resume_key = 0, None
        for _ in range(MOST_PAGES):
            where = f"{self._archive}/cdx/search/cdx?{query.encoded(resume_key)}"
            response = self._ask(where, max_bytes=PAGE_BYTES)
            if is_excluded(response):
                raise BlockedError(where, f"the archive does not show {url}: its owner asked for that")
            found = page(response.content, query, archive=self._archive, where=where, now=datetime.now(UTC))
            if response.status_code != 200:
                raise MistakenBodyError(where, f"answered {response.status_code} where the archive's index should be")
            yield from found.mementos
            nonsense += found.nonsense
            if found.resume_key is None:
                break
            if found.resume_key == resume_key:
                raise MistakenBodyError(where, "the archive's index comes round in a circle; it may have more")
            resume_key = found.resume_key
        else:
            raise MistakenBodyError(where, f"over {MOST_PAGES:,} pages of the archive's index; ask for less")
        if nonsense:
            self._tell(f"lines of the archive's index of {url} that make no sense, and were left out: {nonsense:,}")

    def get(self, memento: Memento, *, expect: Format, patience: float = MAX_REST.total_seconds()) -> Replay:
        """The document as it was captured, judged as a live one would be. Raises FetchError.

        `patience` is the longest rest in seconds that is waited for where the archive asks to be left alone.
        WaybackError says that the archive does not answer for now, or not with a capture; every other error is about
        this capture.
        """
        here = memento.address
        for _ in range(MAX_REDIRECTS + 1):
            response = self._play(here, patience)
            target = response.header("location") if response.status_code in REDIRECTS else None
            if not target:
                return replay.replayed(response, memento, expect=expect, now=datetime.now(UTC))
            here = replay.next_address(here, target, memento, archive=self._archive)
        raise MistakenBodyError(memento.address, f"over {MAX_REDIRECTS} redirects within the archive")

    def _play(self, here: str, patience: float) -> Response:
        """What the archive answers in place of a capture. Raises FetchError, but for faults on the way WaybackError."""
        try:
            return self._ask(here, patience=patience)
        except (UnreachableError, ForbiddenAddressError) as fault:
            raise WaybackError(here, str(fault).removeprefix(f"{fault.url}: ")) from fault

    def save(self, url: str) -> Receipt:
        """Have an address saved, and wait until it is. Raises FetchError.

        WaybackError says that the archive does not answer for now, UnsavedError that it did not save this address.
        """
        found = self.begin(url)
        for _ in range(MOST_LOOKS):
            if isinstance(found, Receipt):
                return found
            self._sleep(LOOK)
            found = self.look(found)
        if isinstance(found, Receipt):
            return found
        raise UnsavedError(url, f"the archive has not saved it after {MOST_LOOKS * LOOK:.0f} s; ask again later")

    def begin(self, url: str) -> Receipt | Job:
        """Ask the archive to save an address. Raises FetchError."""
        if self._key is None:
            asked = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
            response = self._ask(f"{self._archive}/save/{asked}", max_bytes=PAGE_BYTES)
        else:
            response = self._ask(
                f"{self._archive}/save",
                form=urlencode({"url": url, "skip_first_archive": "1"}).encode(),
                accept="application/json",
                headers=self._login(),
                max_bytes=PAGE_BYTES,
            )
        return saving_page.begun(response, url, archive=self._archive)

    def look(self, job: Job) -> Receipt | Job:
        """See what became of a capture under way. Raises FetchError."""
        where = f"{self._archive}/save/status/{job.id}"
        response = self._ask(where, accept="application/json", headers=self._login(), max_bytes=PAGE_BYTES)
        return saving_page.looked(response, job, archive=self._archive)

    def _login(self) -> tuple[tuple[str, str], ...]:
        """The header that says who asks; none without a key. Raises RefusedError where the key can't be read."""
        if self._key is None:
            return ()
        try:
            key = self._key.read("wayback")
        except TransportError as fault:
            what = str(fault).removeprefix("channel wayback: ").partition(";")[0]
            raise RefusedError(f"wayback.key: {what}; put ACCESS:SECRET there") from None
        if not key.isascii() or not key.isprintable() or ":" not in key:
            raise RefusedError("wayback.key: is no ACCESS:SECRET, as https://archive.org/account/s3.php shows them")
        return (("authorization", f"LOW {key}"),)

    def _ask(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: tuple[tuple[str, str], ...] = (),
        form: bytes | None = None,
        max_bytes: int | None = None,
        patience: float = MAX_REST.total_seconds(),
    ) -> Response:
        """One answer, after as many tries as it takes. Raises FetchError, and CancelledError after `leave`."""
        failures = 0
        while True:
            self._limiter.take()
            if self._left.is_set():
                raise CancelledError(url)
            try:
                response = self._fetcher.ask(
                    url,
                    allowed_hosts=self._hosts,
                    accept=accept,
                    headers=headers,
                    form=form,
                    max_bytes=max_bytes,
                    seconds=self._seconds,
                )
            except (UnreachableError, TooSlowError, TruncatedError) as refused:
                if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain(refused)):
                    raise  # a certificate does not change within minutes
                fault: FetchError | None = refused
                what, asked = _reason(refused), None
            else:
                if not self._is_busy(response, url):
                    return response
                fault, what = None, f"answered {response.status_code}"
                asked = retry_after(response, datetime.now(UTC))
            failures += 1
            rest = rest_after(failures, asked=asked)
            if failures >= self._tries or (asked or rest) > min(patience, MAX_REST.total_seconds()):
                message = f"{what}, asked {failures} times; try again later, after {_when(asked or rest)}"
                raise WaybackError(url, message, retry_after=asked) from fault
            self._limiter.rest(rest)
            self._tell(f"the archive {what}: waiting {rest:.0f} s")

    def _is_busy(self, response: Response, url: str) -> bool:
        """Whether the archive itself can't answer for now: an error may be what was captured, or about what to save."""
        if response.header("memento-datetime") or response.header(RUNTIME_ERROR):
            return False
        if response.status_code in saving_page.NOT_REACHED and url.startswith(f"{self._archive}/save"):
            return False
        return response.status_code == 429 or response.status_code >= 500


def _when(seconds: float) -> str:
    """The time after so many seconds, rounded up to a whole minute."""
    at = datetime.now(UTC) + timedelta(seconds=seconds + 59)
    return instant(at.replace(second=0))


def _reason(fault: FetchError) -> str:
    """What an error says, without the address."""
    return "did not answer: " + str(fault).removeprefix(f"{fault.url}: ").partition(";")[0]
