"""The client for the Internet Archive's Wayback Machine: it lists captures, fetches them, and has pages saved.

A capture is a copy that the archive made of a web address at some time. The client limits its requests a minute, and
checks everything that the archive answers.
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
    GoneError,
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
from monitor.fetch.fetcher import MAX_REDIRECTS, through
from monitor.fetch.verdict import retry_after
from monitor.times import WAKE_SECONDS, instant
from monitor.wayback import replay, save
from monitor.wayback.index import (
    MAX_INDEX_BYTES,
    RUNTIME_ERROR,
    Memento,
    Query,
    format_timestamp,
    is_excluded,
    parse_index_page,
)
from monitor.wayback.rate import MAX_REST, RateLimiter, rest_after
from monitor.wayback.replay import Replay
from monitor.wayback.save import Job, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.sources import Wayback
    from monitor.fetch.fetcher import Fetcher
    from monitor.fetch.verdict import Format, Response
    from monitor.model import Exchange

__all__ = ["Job", "Memento", "Receipt", "Replay", "WebArchive"]

MAX_EXCHANGE_SECONDS = 120.0  # for one exchange with the archive, whose index is slow
MAX_TRIES = 6  # of one request: with the rests between them half an hour
LOOK_SECONDS = 6.0  # between two looks at a capture under way
MAX_LOOKS = 50  # at one capture under way, before it counts as failed
MAX_INDEX_PAGES = 10_000  # for one question: ten million captures


class WebArchive:
    """The client for a web archive.

    Any number of threads may share it; together they make at most `wayback.per_minute` requests a minute. If the
    archive fails, does not answer or asks for a pause, the client waits and asks again. After `tries` attempts, or if
    the pause would be too long, it raises WaybackError, whose message says when to try again.
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

        fetcher: sends the requests.
        described: the archive's section of the configuration.
        tries: how often one request is sent at most.
        seconds: how long one exchange may take.
        tell: a function that is called with a sentence for each pause, and about lines of the index that were left out.
        sleep: a function that waits for some seconds; None for a wait that `leave` can end.
        clock: a function that returns the present time in seconds.
        """
        self._fetcher = fetcher
        self._archive = described.url.rstrip("/")
        self._hosts = frozenset({(urlsplit(described.url).hostname or "").lower()})
        self._key = Secret.of(described, "key")
        self._tries = tries
        self._seconds = seconds
        self._tell = tell
        self._left = Event()
        self._sleep = sleep or self._wait
        self._limiter = RateLimiter(per_minute=described.per_minute, sleep=self._sleep, clock=clock)

    def leave(self) -> None:
        """Stop the client: every thread that waits in it gets CancelledError at once."""
        self._left.set()

    def _wait(self, seconds: float) -> None:
        """Wait for some seconds, but no longer once `leave` is called. Ctrl-C ends it; see WAKE_SECONDS."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._left.wait(min(left, WAKE_SECONDS)):
            pass

    def mementos(
        self, url: str, *, prefix: bool = False, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Memento]:
        """Yield the captures of `url` that have a document, sorted by address and then by time.

        These are captures of answers with status 200, and captures for which the archive found the same bytes again
        (revisits).

        prefix: whether to include all addresses that begin with `url`.
        since, until: yield only captures made at `since` or later, and before `until`; None for no limit.

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
        """Fetch the document of a capture, and check it like a document from its publisher.

        expect: the format that the document should have.
        patience: the longest pause in seconds that the client waits before it asks again.

        Raises WaybackError if the archive does not answer now, or answers with something else than a capture. Raises
        another FetchError if this capture can't be had at all.
        """
        return replay.replayed(self._captured(memento, patience), memento, expect=expect, now=datetime.now(UTC))

    def copy_of(self, receipt: Receipt) -> Response:
        """Fetch the saved copy that a receipt names, unpacked, as its publisher sent it, whatever it is.

        The archive is asked once, and not again if it does not answer.

        Raises WaybackError if the archive does not answer now. Raises another FetchError if this copy can't be had.
        """
        at = format_timestamp(receipt.saved_at)
        if receipt.memento != f"{self._archive}/web/{at}/{receipt.url}":
            raise GoneError(receipt.memento, f"is not in the archive {self._archive}; see `wayback.url`")
        address = f"{self._archive}/web/{at}id_/{receipt.url}"
        memento = Memento(url=receipt.url, captured_at=receipt.saved_at, digest="", media_type="", address=address)
        response = self._captured(memento, patience=0.0)
        try:
            replay.check_whole(response, memento)
        except WaybackError as fault:  # the archive has answered, but not with this copy
            raise GoneError(memento.address, str(fault).removeprefix(f"{fault.url}: ")) from fault
        if not response.content and not response.is_success:  # reading it may have failed
            raise MistakenBodyError(memento.address, f"has status {response.status_code} and no content")
        return response

    def _captured(self, memento: Memento, patience: float) -> Response:
        """Fetch the archive's answer for a capture, also after redirects within the archive.

        patience: the longest pause in seconds that the client waits before it asks again.

        Raises WaybackError if the archive does not answer now. Raises another FetchError if a redirect leads to
        something else than this capture.
        """
        address = memento.address
        redirects: list[Exchange] = []
        for _ in range(MAX_REDIRECTS + 1):
            response = self._play(address, patience)
            target = response.header("location") if response.status_code in REDIRECTS else None
            if not target:
                return through(response, redirects)
            redirects += filter(None, [response.exchange])
            address = replay.next_address(address, target, memento, archive=self._archive)
        raise MistakenBodyError(memento.address, f"over {MAX_REDIRECTS} redirects within the archive")

    def _play(self, address: str, patience: float) -> Response:
        """Fetch the archive's answer for a capture, at its address in the archive.

        patience: the longest pause in seconds that the client waits before it asks again.

        Raises WaybackError if the archive can't be reached, or another FetchError.
        """
        try:
            return self._ask(address, patience=patience)
        except (UnreachableError, ForbiddenAddressError) as fault:
            raise WaybackError(address, str(fault).removeprefix(f"{fault.url}: ")) from fault

    def save(self, url: str) -> Receipt:
        """Have the archive save a page, wait until it is saved, and return the receipt.

        Raises WaybackError where the archive does not answer now, UnsavedError where it did not save the page, or
        another FetchError.
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
        """Ask the archive to save a page; return its receipt, or a Job if that takes longer. Raises FetchError."""
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
        """Ask whether the saving of a page is done. Raises FetchError.

        Return the receipt (it says where the saved copy is), or `job` itself if it is not done yet.
        """
        where = f"{self._archive}/save/status/{job.id}"
        response = self._ask(where, accept="application/json", headers=self._login(), max_bytes=MAX_INDEX_BYTES)
        return save.looked(response, job, archive=self._archive)

    def _login(self) -> tuple[tuple[str, str], ...]:
        """Return the header that holds the key for saving; no header where the configuration has no key.

        Raises RefusedError where the key can't be read.
        """
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
        """Send one request to the archive, again after faults that may pass, and return the answer.

        patience: the longest pause in seconds that the client waits before it asks again.

        Raises FetchError, and CancelledError after `leave`.
        """
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
        """Return whether the archive itself can't answer now, so that it is worth asking again.

        The status of the answer alone does not tell: it may be that of the captured answer, or of the page to be saved.
        """
        if response.header("memento-datetime") or response.header(RUNTIME_ERROR):
            return False
        if response.status_code in save.NOT_REACHED and url.startswith(f"{self._archive}/save"):
            return False
        return response.status_code == 429 or response.status_code >= 500


def _when(seconds: float) -> str:
    """Return the time `seconds` from now as text, rounded up to a whole minute."""
    at = datetime.now(UTC) + timedelta(seconds=seconds + 59)
    return instant(at.replace(second=0))


def _reason(fault: FetchError) -> str:
    """Return the sentence that says why the archive did not answer, without the address in it."""
    return "did not answer: " + str(fault).removeprefix(f"{fault.url}: ").partition(";")[0]
