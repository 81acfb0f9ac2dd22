"""The client of the Internet Archive's Wayback Machine: its captures of an address, their bytes, and saving a page.

It asks politely, and trusts nothing that the archive says.
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
from monitor.wayback import replay, save
from monitor.wayback.index import MAX_INDEX_BYTES, RUNTIME_ERROR, Memento, Query, is_excluded, parse_index_page
from monitor.wayback.rate import MAX_REST, RateLimiter, rest_after
from monitor.wayback.replay import Replay
from monitor.wayback.save import Job, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.sources import Wayback
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Format, Response

__all__ = ["Job", "Memento", "Receipt", "Replay", "WebArchive"]

MAX_EXCHANGE_SECONDS = 120.0  # for one exchange with the archive, whose index is slow
MAX_TRIES = 6  # of one request: with the rests between them half an hour
LOOK_SECONDS = 6.0  # between two looks at a capture under way
MAX_LOOKS = 50  # at one capture under way, before it counts as failed
MAX_INDEX_PAGES = 10_000  # for one question: ten million captures


class WebArchive:
    """The client of a web archive, for any number of threads: `wayback.per_minute` requests a minute in all.

    Where the archive fails, does not answer or asks to be left alone, the client rests and asks again. After `tries`
    attempts, or where the archive asks for a longer rest than anybody waits for, it raises WaybackError, which says
    when to come back.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        described: Wayback,
        *,
        tries: int = MAX_TRIES,
        seconds: float = MAX_EXCHANGE_SECONDS,
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a client.

        described: the archive, from the configuration.
        tries: how many attempts one request has in all.
        seconds: how long one exchange may take.
        tell: is called with a sentence for each rest, and for lines of the index that were left out.
        """
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
        """Ask nothing any more: each thread that waits gets CancelledError at once."""
        self._left.set()

    def mementos(
        self, url: str, *, prefix: bool = False, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Memento]:
        """Yield the captures of an address with status 200, and revisits: by address, and then oldest first.

        prefix: whether to include all addresses that begin with this one.
        since, until: the times from which and before which captures are wanted; None for no bound.

        Raises FetchError.
        """
        query = Query(url=url, prefix=prefix, since=since, until=until)
        nonsense, resume_key = 0, None
        for _ in range(MAX_INDEX_PAGES):
            where = f"{self._archive}/cdx/search/cdx?{query.encoded(resume_key)}"
            response = self._ask(where, max_bytes=MAX_INDEX_BYTES)
            if is_excluded(response):
                raise BlockedError(where, f"the archive does not show {url}: its owner asked for that")
            found = parse_index_page(response.content, query, archive=self._archive, where=where, now=datetime.now(UTC))
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
            raise MistakenBodyError(where, f"over {MAX_INDEX_PAGES:,} pages of the archive's index; ask for less")
        if nonsense:
            self._tell(f"lines of the archive's index of {url} that make no sense, and were left out: {nonsense:,}")

    def get(self, memento: Memento, *, expect: Format, patience: float = MAX_REST.total_seconds()) -> Replay:
        """Return the document as it was captured, checked as a live one would be.

        expect: the format that it should have.
        patience: the longest rest in seconds that it waits for where the archive asks to be left alone.

        Raises WaybackError where the archive does not answer for now, or not with a capture; every other FetchError is
        about this capture.
        """
        address = memento.address
        for _ in range(MAX_REDIRECTS + 1):
            response = self._play(address, patience)
            target = response.header("location") if response.status_code in REDIRECTS else None
            if not target:
                return replay.replayed(response, memento, expect=expect, now=datetime.now(UTC))
            address = replay.next_address(address, target, memento, archive=self._archive)
        raise MistakenBodyError(memento.address, f"over {MAX_REDIRECTS} redirects within the archive")

    def _play(self, address: str, patience: float) -> Response:
        """Return the archive's response for a capture. Raises WaybackError for a fault on the way, or FetchError."""
        try:
            return self._ask(address, patience=patience)
        except (UnreachableError, ForbiddenAddressError) as fault:
            raise WaybackError(address, str(fault).removeprefix(f"{fault.url}: ")) from fault

    def save(self, url: str) -> Receipt:
        """Have an address saved, wait until it is, and return the receipt.

        Raises WaybackError where the archive does not answer for now, UnsavedError where it did not save this address,
        or another FetchError.
        """
        outcome = self.begin(url)
        for _ in range(MAX_LOOKS):
            if isinstance(outcome, Receipt):
                return outcome
            self._sleep(LOOK_SECONDS)
            outcome = self.look(outcome)
        if isinstance(outcome, Receipt):
            return outcome
        raise UnsavedError(url, f"the archive has not saved it after {MAX_LOOKS * LOOK_SECONDS:.0f} s; ask again later")

    def begin(self, url: str) -> Receipt | Job:
        """Ask the archive to save an address; return the receipt, or the capture under way. Raises FetchError."""
        if self._key is None:
            quoted = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
            response = self._ask(f"{self._archive}/save/{quoted}", max_bytes=MAX_INDEX_BYTES)
        else:
            response = self._ask(
                f"{self._archive}/save",
                form=urlencode({"url": url, "skip_first_archive": "1"}).encode(),
                accept="application/json",
                headers=self._login(),
                max_bytes=MAX_INDEX_BYTES,
            )
        return save.begun(response, url, archive=self._archive)

    def look(self, job: Job) -> Receipt | Job:
        """Ask after a capture under way; return the receipt, or the same capture again. Raises FetchError."""
        where = f"{self._archive}/save/status/{job.id}"
        response = self._ask(where, accept="application/json", headers=self._login(), max_bytes=MAX_INDEX_BYTES)
        return save.looked(response, job, archive=self._archive)

    def _login(self) -> tuple[tuple[str, str], ...]:
        """Return the header with the key; none without a key. Raises RefusedError where the key can't be read."""
        if self._key is None:
            return ()
        try:
            key = self._key.read("wayback")
        except TransportError as fault:
            reason = str(fault).removeprefix("channel wayback: ").partition(";")[0]
            raise RefusedError(f"wayback.key: {reason}; put ACCESS:SECRET there") from None
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
        """Return one response, after some attempts. Raises FetchError, and CancelledError after `leave`."""
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
                if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain(refused)):
                    raise  # a certificate does not change within minutes
                fault: FetchError | None = refused
                reason, asked = _reason(refused), None
            else:
                if not self._is_busy(response, url):
                    return response
                fault, reason = None, f"answered {response.status_code}"
                asked = retry_after(response, datetime.now(UTC))
            failures += 1
            rest = rest_after(failures, asked=asked)
            if failures >= self._tries or (asked or rest) > min(patience, MAX_REST.total_seconds()):
                message = f"{reason}, asked {failures} times; try again later, after {_when(asked or rest)}"
                raise WaybackError(url, message, retry_after=asked) from fault
            self._limiter.rest(rest)
            self._tell(f"the archive {reason}: waiting {rest:.0f} s")

    def _is_busy(self, response: Response, url: str) -> bool:
        """Return whether the archive itself can't answer for now.

        A status of failure may also be the captured one, or that of the page to save.
        """
        if response.header("memento-datetime") or response.header(RUNTIME_ERROR):
            return False
        if response.status_code in save.NOT_REACHED and url.startswith(f"{self._archive}/save"):
            return False
        return response.status_code == 429 or response.status_code >= 500


def _when(seconds: float) -> str:
    """Return the time after some seconds, rounded up to a whole minute."""
    at = datetime.now(UTC) + timedelta(seconds=seconds + 59)
    return instant(at.replace(second=0))


def _reason(fault: FetchError) -> str:
    """Return the words of an error, without the address."""
    return "did not answer: " + str(fault).removeprefix(f"{fault.url}: ").partition(";")[0]
