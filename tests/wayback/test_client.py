"""The edge to the web archive, against a real server that speaks as it does, or as it never should."""

from __future__ import annotations

import gzip
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.file import parse
from monitor.config.sources import Poll, Wayback
from monitor.errors import (
    BlockedError,
    ConfigError,
    FetchError,
    ForbiddenAddressError,
    GoneError,
    MistakenBodyError,
    RefusedError,
    StatusError,
    TooLargeError,
    UnsavedError,
    WaybackError,
)
from monitor.fetch.fetcher import Fetcher
from monitor.wayback import index
from monitor.wayback.client import Memento, WebArchive
from monitor.wayback.rate import RateLimiter
from tests.support.paths import ROOT
from tests.support.servers import Server, speaking_tls
from tests.support.web_archive import BLOCKED, EXCLUDED, OWN_PAGE, ArchiveServer, Captured, Sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIST = "https://www.ice.gov/list.html"
PAGE = b"<!DOCTYPE html><html><title>List</title><h1>List</h1><p>Bee County</p></html>"
CSV = (("Content-Type", "text/csv"), ("ETag", '"7"'), ("Last-Modified", "Mon, 03 Feb 2025 04:05:06 GMT"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAYED = ("Memento-Datetime", "Wed, 01 Jan 2025 00:00:00 GMT")
DEADLINE = 300.0


def at(day: int, hour: int = 0) -> datetime:
    """A time in January 2025."""
    return datetime(2025, 1, day, hour, tzinfo=UTC)


def daily(count: int, url: str = LIST) -> list[Captured]:
    """A capture of an address on each day of January 2025."""
    return [Captured(url, f"202501{day:02}000000", PAGE + b"%d" % day) for day in range(1, count + 1)]


@dataclass
class Time:
    """A clock that goes on when somebody sleeps, and at no other time."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Be there at once."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass(kw_only=True)
class Archive:
    """A server, what asks it, what that has told, and its time."""

    server: ArchiveServer
    asks: WebArchive
    told: list[str]
    time: Time

    def one(self, url: str = LIST) -> Memento:
        """The one capture that the index has."""
        (found,) = self.asks.mementos(url)
        return found


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """The way to servers on this machine."""
    with Fetcher(poll=Poll(allow_private_addresses=True), contact="tests") as fetcher:
        yield fetcher


def asking(server: ArchiveServer, fetcher: Fetcher, **described: Any) -> Archive:
    """What asks a server, in a time of its own."""
    time, told = Time(), list[str]()
    asks = WebArchive(
        fetcher, Wayback(url=server.address, **described), tell=told.append, sleep=time.sleep, clock=time.clock
    )
    return Archive(server=server, asks=asks, told=told, time=time)


@pytest.fixture
def archive(fetcher: Fetcher) -> Iterator[Archive]:
    """An empty archive."""
    with ArchiveServer() as server:
        yield asking(server, fetcher)


# The index


def test_a_capture_is_told_with_all_that_is_known_of_it(archive: Archive) -> None:
    """Its address, its time in UTC, the hash of its bytes, and where they are to be had."""
    archive.server.captures = [Captured("http://www.ice.gov:80/list.html", "20250203040506", PAGE)]
    assert archive.one() == Memento(
        url="http://www.ice.gov/list.html",
        captured_at=datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC),
        digest=archive.server.captures[0].digest,
        media_type="text/html",
        address=f"{archive.server.address}/web/20250203040506id_/http://www.ice.gov:80/list.html",
    )


def test_any_number_of_captures_comes_in_pages(archive: Archive) -> None:
    """Each once, oldest first; a page is asked for only when it is needed."""
    archive.server.captures = daily(31)
    archive.server.most_lines = 4
    found = archive.asks.mementos(LIST)
    assert [each.captured_at for each in islice(found, 4)] == [at(day) for day in range(1, 5)]
    assert len(archive.server.paths("/cdx/")) == 1
    assert [each.captured_at for each in found] == [at(day) for day in range(5, 32)]
    assert len(archive.server.paths("/cdx/")) == 8


def test_an_address_that_was_never_captured_has_no_captures(archive: Archive) -> None:
    """The index answers with nothing."""
    assert list(archive.asks.mementos(LIST)) == []


def test_times_bound_what_is_asked_for(archive: Archive) -> None:
    """From one time on, before the other, whatever their time zones."""
    archive.server.captures = daily(9)
    texas = at(3).astimezone(tz=None)
    assert [each.captured_at.day for each in archive.asks.mementos(LIST, since=texas, until=at(6))] == [3, 4, 5]
    assert "from=20250103000000&to=20250106000000" in archive.server.paths("/cdx/")[0]


def test_with_a_prefix_all_that_begin_so_are_meant(archive: Archive) -> None:
    """Without it, that address alone; by the address first, and then the oldest."""
    urls = ("https://www.ice.gov/doc/b.pdf", "https://www.ice.gov/doc/a.pdf", "https://www.ice.gov/document")
    archive.server.captures = [each for url in urls for each in daily(2, url)]
    found = [
        (each.url[20:], each.captured_at.day) for each in archive.asks.mementos("https://www.ice.gov/doc/", prefix=True)
    ]
    assert found == [("doc/a.pdf", 1), ("doc/a.pdf", 2), ("doc/b.pdf", 1), ("doc/b.pdf", 2)]
    assert len(list(archive.asks.mementos(urls[0]))) == 2


def test_the_same_address_otherwise_written_is_the_same(archive: Archive) -> None:
    """By scheme, www, case, port and last slash, as the archive takes it."""
    written = ("http://ice.gov/List.html", "https://ICE.gov:443/list.html/", "http://www2.ice.gov:80/list.html", LIST)
    archive.server.captures = [Captured(url, f"2025010{day}000000", PAGE) for day, url in enumerate(written, start=1)]
    assert [each.captured_at.day for each in archive.asks.mementos(LIST)] == [1, 2, 3, 4]


def test_what_was_no_document_is_left_out_and_revisits_are_not(archive: Archive) -> None:
    """Errors and redirects are none; of a revisit the bytes are those of an earlier capture."""
    archive.server.captures = [
        Captured(LIST, "20250101000000", b"gone", status=404),
        Captured(LIST, "20250102000000", b"", status=301),
        Captured(LIST, "20250103000000", PAGE),
        Captured(LIST, "20250104000000", PAGE, revisit=True),
    ]
    found = list(archive.asks.mementos(LIST))
    assert [(each.captured_at.day, each.media_type) for each in found] == [(3, "text/html"), (4, "warc/revisit")]
    assert found[0].digest == found[1].digest
    assert archive.asks.get(found[1], expect="html").content == PAGE


def test_a_line_that_stands_twice_is_one_capture(archive: Archive) -> None:
    """The index repeats lines."""
    archive.server.captures = daily(1) * 2
    assert len(list(archive.asks.mementos(LIST))) == 1


GOOD = "gov,ice)/list.html 20250101000000 https://www.ice.gov/list.html text/html 200 " + "A" * 32
NONSENSE = {
    "too few fields": GOOD.rpartition(" ")[0],
    "too many fields": GOOD + " 1 2",
    "no date": GOOD.replace("20250101", "20250230"),
    "no time": GOOD.replace("000000", "0000"),
    "the future": GOOD.replace("2025", "2999"),
    "digits of another script": GOOD.replace("20250101000000", "2025010100000\u0663"),
    "another host": GOOD.replace("www.ice.gov", "www.example.org"),
    "a host that ends alike": GOOD.replace("www.ice.gov", "notice.gov"),
    "another path": GOOD.replace("gov/list", "gov/other"),
    "no web address": GOOD.replace("https://", "file://"),
    "a login": GOOD.replace("https://", "https://www.ice.gov@"),
    "a port that is none": GOOD.replace("www.ice.gov/", "www.ice.gov:x/"),
    "a broken address": GOOD.replace("www.ice.gov", "[www.ice.gov"),
    "no hash": GOOD.replace("A" * 32, "-"),
    "signs that can't be printed": GOOD.replace("list.html text", "list.html\x1b[2J text"),
    "no text": GOOD,
    "no end": GOOD + "A" * 10_000,
    "markup": "<html><title>Internet Archive</title>",
}


@pytest.mark.parametrize("line", NONSENSE.values(), ids=NONSENSE)
def test_a_line_that_makes_no_sense_is_left_out_and_counted(archive: Archive, line: str) -> None:
    """What is sound on the same page is not lost."""
    archive.server.captures = daily(2)
    archive.server.lines_between = [b"\xff\xfe" + line.encode() if line == GOOD else line.encode()]
    assert [each.captured_at.day for each in archive.asks.mementos(LIST)] == [1, 2]
    assert archive.told == [f"lines of the archive's index of {LIST} that make no sense, and were left out: 1"]


def test_a_line_beyond_the_times_asked_for_is_left_out(archive: Archive) -> None:
    """Though the archive gave it."""
    archive.server.captures = daily(2)
    archive.server.lines_between = [GOOD.replace("20250101", "20240101").encode()]
    assert [each.captured_at.day for each in archive.asks.mementos(LIST, since=at(1))] == [1, 2]


@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_no_index_is_a_fault(archive: Archive, status: int) -> None:
    """A page of the archive's own, under whatever status, is not an address without captures."""
    archive.server.odd["/cdx/search/cdx"] = Sent(status, OWN_PAGE)
    with pytest.raises(MistakenBodyError, match="no index of captures"):
        list(archive.asks.mementos(LIST))


def test_an_empty_answer_with_an_error_is_a_fault(archive: Archive) -> None:
    """And no address without captures."""
    archive.server.odd["/cdx/search/cdx"] = Sent(404)
    with pytest.raises(MistakenBodyError, match="answered 404 where the archive's index should be"):
        list(archive.asks.mementos(LIST))


def test_what_its_owner_had_taken_out_is_told(archive: Archive) -> None:
    """By the index, and by playback."""
    archive.server.captures = daily(1)
    memento = archive.one()
    archive.server.excluded.add(LIST)
    with pytest.raises(BlockedError, match="its owner asked for that"):
        list(archive.asks.mementos(LIST))
    with pytest.raises(BlockedError, match="its owner asked for that"):
        archive.asks.get(memento, expect="html")


RUNTIME_ERROR = "X-Archive-Wayback-Runtime-Error"


@pytest.mark.parametrize(
    "sent",
    [
        Sent(403, BLOCKED),
        Sent(200, BLOCKED),
        Sent(403, b"", ((RUNTIME_ERROR, "RobotAccessControlException: Blocked By Robots"),)),
        Sent(403, EXCLUDED),
    ],
    ids=["as it answers", "with status 200", "by a header alone", "by a page"],
)
def test_that_an_owner_had_it_taken_out_is_told_in_several_ways(archive: Archive, sent: Sent) -> None:
    """By the index, each of which has been seen."""
    archive.server.odd["/cdx/search/cdx"] = sent
    with pytest.raises(BlockedError, match="its owner asked for that"):
        list(archive.asks.mementos(LIST))


@pytest.mark.parametrize("word", ["org.archive.wayback.exception.RobotAccessControlException", "blocked%20site"])
def test_whoever_has_an_address_saved_takes_nothing_out(archive: Archive, word: str) -> None:
    """Anyone may: what an address on the index says is no answer of the archive's."""
    archive.server.captures = [*daily(2), *daily(1, f"https://www.ice.gov/list.html/{word}")]
    found = archive.asks.mementos("https://www.ice.gov/list.html", prefix=True)
    assert [each.captured_at.day for each in found] == [1, 2, 1]


def test_an_index_without_end_is_refused(archive: Archive) -> None:
    """By its lines, by its bytes, and where it comes round in a circle."""
    archive.server.odd["/cdx/search/cdx"] = Sent(200, b"\n" * (index.MAX_PAGE_LINES + 10))
    with pytest.raises(MistakenBodyError, match="more lines than the 1,000 asked for"):
        list(archive.asks.mementos(LIST))
    archive.server.odd["/cdx/search/cdx"] = Sent(200, b"x" * (index.MAX_INDEX_BYTES + 1))
    with pytest.raises(TooLargeError):
        list(archive.asks.mementos(LIST))
    archive.server.odd["/cdx/search/cdx"] = Sent(200, GOOD.encode() + b"\n\nthe-same-key\n")
    with pytest.raises(MistakenBodyError, match="comes round in a circle"):
        list(archive.asks.mementos(LIST))
    assert len(archive.server.paths("/cdx/")) == 4


LINES = st.one_of(st.binary(max_size=200), st.sampled_from([line.encode() for line in (GOOD, *NONSENSE.values())]))


@given(lines=st.lists(LINES, max_size=8), prefix=st.booleans())
def test_whatever_the_index_says_is_bounded(lines: list[bytes], *, prefix: bool) -> None:
    """It is a fault that is named, or what was asked for: of this host, in the past, with a hash."""
    query = index.Query(url=LIST, prefix=prefix, since=at(1), until=NOW)
    try:
        found = index.parse_index_page(
            b"\n".join(lines), query, archive="https://archive.example", where="here", now=NOW
        )
    except FetchError:
        return
    for each in found.mementos:
        assert index.comparable(each.url)[0] == "ice.gov"
        assert at(1) <= each.captured_at < NOW
        assert len(each.digest) == 32
        assert each.address.startswith("https://archive.example/web/2025")
        assert each.address.isprintable()


# Manners


def test_requests_are_spread_evenly_over_all_threads(archive: Archive) -> None:
    """By default one each four seconds, whoever asks."""
    archive.server.captures = daily(8)
    found = list(archive.asks.mementos(LIST))
    for memento in found:
        archive.asks.get(memento, expect="html")
    assert archive.time.slept == [4.0] * 8
    waits: list[float] = []
    limiter = RateLimiter(per_minute=60, sleep=waits.append, clock=lambda: 0.0)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: limiter.take(), range(8)))
    assert sorted(waits) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_an_archive_that_asks_for_time_is_given_it(archive: Archive) -> None:
    """As long as it says, and it is told why that takes so long."""
    archive.server.captures = daily(1)
    archive.server.refuse(429, times=2, retry_after=100)
    assert archive.one().captured_at == at(1)
    assert [100 <= seconds <= 110 for seconds in archive.time.slept] == [True, True]
    assert archive.told == [f"the archive answered 429: waiting {seconds:.0f} s" for seconds in archive.time.slept]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_archive_that_does_not_say_how_long_is_left_alone_for_long(archive: Archive, status: int) -> None:
    """A minute, then twice as long each time, up to a quarter of an hour; a little by chance."""
    archive.server.captures = daily(1)
    archive.server.refuse(status, times=5)
    archive.one()
    for seconds, usual in zip(archive.time.slept, (60, 120, 240, 480, 960), strict=True):
        assert 0.8 * usual <= round(seconds, 6) <= min(1.2 * usual, 900)


def test_an_archive_that_can_not_answer_at_all_is_given_up(archive: Archive) -> None:
    """With an error of its own, which says what the archive asked for, so that the work can go on later."""
    archive.server.refuse(429, times=100, retry_after=300)
    with pytest.raises(WaybackError, match="answered 429, asked 6 times; try again later") as given_up:
        archive.one()
    assert given_up.value.retry_after == 300
    assert len(archive.server.requests) == 6
    archive.server.refuse(429, retry_after=86_000)
    assert len(archive.time.slept) == 5


def test_an_archive_that_asks_for_hours_is_given_up_at_once(archive: Archive) -> None:
    """Nobody waits for that at a terminal."""
    archive.server.refuse(503, retry_after=7200)
    with pytest.raises(WaybackError, match="asked 1 times") as given_up:
        archive.one()
    assert (given_up.value.retry_after, archive.time.slept) == (7200, [])


def test_a_connection_that_breaks_is_tried_again(archive: Archive) -> None:
    """After as long as an error would be; one that is refused as well, until it is given up."""
    archive.server.captures = daily(1)
    archive.server.cut(times=2)
    assert archive.one().captured_at == at(1)
    assert len(archive.time.slept) == 2
    with pytest.raises(WaybackError, match="did not answer: no answer: "):
        WebArchive(
            archive.asks._fetcher,  # noqa: SLF001 - the same
            Wayback(url="http://127.0.0.1:9"),
            tries=2,
            tell=archive.told.append,
            sleep=archive.time.sleep,
            clock=archive.time.clock,
        ).save(LIST)
    assert "waiting" in archive.told[-1]


def test_an_archive_that_hangs_is_given_up(archive: Archive) -> None:
    """After a time of its own, which is not that of polls."""
    archive.server.answering.clear()
    described = Wayback(url=archive.server.address)
    asks = WebArchive(archive.asks._fetcher, described, tries=1, seconds=0.2)  # noqa: SLF001 - the same
    with pytest.raises(WaybackError, match=r"did not answer: not done after 0\.2 seconds, asked 1 times"):
        asks.save(LIST)


def test_while_the_archive_rests_no_thread_asks_it() -> None:
    """What one was told counts for all; then they ask one after the other again."""
    waits: list[float] = []
    limiter = RateLimiter(per_minute=60, sleep=waits.append, clock=lambda: 0.0)
    limiter.rest(100.0)
    limiter.rest(50.0)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: limiter.take(), range(4)))
    assert sorted(waits) == [100.0, 101.0, 102.0, 103.0]


def test_addresses_that_the_fetcher_refuses_are_refused_here(archive: Archive) -> None:
    """Nothing that protects a poll is lost, and it is no reason to wait."""
    with (
        Fetcher(poll=Poll(), contact="tests") as fetcher,
        pytest.raises(ForbiddenAddressError, match="no public address"),
    ):
        asking(archive.server, fetcher).one()
    assert archive.server.requests == []


def test_whoever_waits_for_a_turn_is_let_go(archive: Archive, fetcher: Fetcher) -> None:
    """While the archive rests as well: at once, in all threads, and nothing more is asked."""
    archive.server.refuse(503, times=100, retry_after=600)
    told: Queue[str] = Queue()
    asks = WebArchive(fetcher, Wayback(url=archive.server.address, per_minute=60_000), tell=told.put)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(asks.save, LIST) for _ in range(4)]
        assert "waiting" in told.get(timeout=DEADLINE)
        asks.leave()
        for each in waiting:
            with pytest.raises(CancelledError):
                each.result(DEADLINE)
    assert len(archive.server.requests) <= 4


# Playback


def test_faults_on_the_way_say_nothing_of_a_capture(archive: Archive, fetcher: Fetcher) -> None:
    """A name that leads into the network here, a strange certificate: who is in between, for now, is not the archive.

    It is no reason to wait.
    """
    archive.server.captures = daily(1)
    memento = archive.one()
    with Fetcher(poll=Poll(), contact="tests") as careful:
        apart = asking(archive.server, careful)
        with pytest.raises(WaybackError, match="no public address"):
            apart.asks.get(memento, expect="html")
        assert apart.time.slept == []
    with Server(tls=speaking_tls(trustme.CA().issue_cert("127.0.0.1"))) as portal:
        asks = WebArchive(fetcher, Wayback(url=portal.address("")))
        there = replace(memento, address=portal.address(archive.server.captures[0].path))
        with pytest.raises(WaybackError, match=r"TLS: .*; if an authority of your own has signed it, name"):
            asks.get(there, expect="html")
        assert portal.requests == []


def test_the_document_is_as_it_was_captured(archive: Archive) -> None:
    """Its bytes, and the headers that its publisher sent, not those of the archive."""
    archive.server.captures = [Captured("http://www.ice.gov:80/list.csv", "20250203040506", b"Name\nBee\n", CSV)]
    memento = archive.one("https://www.ice.gov/list.csv")
    found = archive.asks.get(memento, expect="csv")
    assert (found.url, found.content, found.status_code) == ("http://www.ice.gov/list.csv", b"Name\nBee\n", 200)
    assert (found.etag, found.last_modified) == ('"7"', "Mon, 03 Feb 2025 04:05:06 GMT")
    assert dict(found.headers) == {name.lower(): value for name, value in CSV}
    assert found.as_indexed


def test_what_was_sent_packed_is_unpacked(archive: Archive) -> None:
    """The index has the hash of what was sent, so that this one is not shown to be the same."""
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    archive.server.captures = [Captured(LIST, "20250101000000", gzip.compress(PAGE), headers)]
    found = archive.asks.get(archive.one(), expect="html")
    assert (found.content, found.as_indexed) == (PAGE, False)


BLANK, GZIP = ("Content-Encoding", ""), ("Content-Encoding", "gzip")


@pytest.mark.parametrize(
    ("headers", "packed"),
    [
        ((BLANK,), False),
        ((BLANK, GZIP), True),
        ((GZIP, BLANK), True),
        ((("Content-Encoding", ", gzip"),), True),
        ((BLANK,), True),
        ((), True),
    ],
    ids=repr,
)
def test_names_of_a_packing_that_are_blank_say_nothing(
    archive: Archive, headers: tuple[tuple[str, str], ...], *, packed: bool
) -> None:
    """The archive sends such; what it plays back may be packed without a word. What was announced is what was sent."""
    body = gzip.compress(PAGE) if packed else PAGE
    archive.server.captures = daily(1)
    memento = archive.one()
    sent = (*headers, PLAYED, ("Content-Type", "text/html"), ("x-archive-orig-content-length", str(len(body))))
    archive.server.odd[archive.server.captures[0].path] = Sent(200, body, sent)
    assert archive.asks.get(memento, expect="html").content == PAGE


def test_what_is_packed_without_a_word_is_bounded(archive: Archive) -> None:
    """As what says so: by the cap, by its end, and by making sense."""
    archive.server.captures = daily(1)
    memento = archive.one()
    bomb, cut = gzip.compress(PAGE * (500_000 // len(PAGE) + 1)), gzip.compress(PAGE)[:-9]
    with Fetcher(poll=Poll(allow_private_addresses=True, max_bytes=500_000), contact="tests") as fetcher:
        time = Time()
        described = Wayback(url=archive.server.address)
        asks = WebArchive(fetcher, described, tries=1, sleep=time.sleep, clock=time.clock)
        for body, fault, said in (
            (bomb, TooLargeError, "over 500,000 bytes"),
            (cut, WaybackError, "the gzip stream breaks off"),
            (b"\x1f\x8b\x08" + PAGE, MistakenBodyError, "broken gzip"),
            (b"\x1f\x8b", MistakenBodyError, "where an HTML page should be"),
        ):
            archive.server.odd[archive.server.captures[0].path] = Sent(200, body, (PLAYED,))
            with pytest.raises(fault, match=said):
                asks.get(memento, expect="html")


@pytest.mark.parametrize("in_place", [False, True], ids=["by a redirect", "in its place"])
def test_another_capture_than_the_one_asked_for_is_refused(archive: Archive, *, in_place: bool) -> None:
    """The nearest one is another version, however the archive offers it."""
    archive.server.captures = daily(2)
    first, _ = archive.asks.mementos(LIST)
    archive.server.unplayable.add("20250101000000")
    archive.server.in_place = in_place
    with pytest.raises(GoneError, match="its capture of 20250102000000 instead"):
        archive.asks.get(first, expect="html")


def redirecting(to: str) -> Sent:
    """A redirect within the archive."""
    return Sent(302, b"", (("Location", to),))


@pytest.mark.parametrize(
    ("to", "fault", "said"),
    [
        ("http://www.example.org/web/20250101000000id_/" + LIST, WaybackError, "no capture of the archive's"),
        ("http://127.0.0.1:9/web/20250101000000id_/" + LIST, WaybackError, "no capture of the archive's"),
        ("//127.0.0.1/web/20250101000000id_/" + LIST, WaybackError, "no capture of the archive's"),
        ("/login", WaybackError, "no capture of the archive's"),
        ("http://[/web/20250101000000id_/" + LIST, WaybackError, "no capture of the archive's"),
        ("/web/20250101000000id_/http://[x", WaybackError, "no capture of the archive's"),
        ("/web/20250101000000id_/ftp://www.ice.gov/list.html", WaybackError, "no capture of the archive's"),
        ("/web/20250101000000id_/https://www.example.org/list.html", GoneError, "capture of another address"),
        ("/web/20250101000000id_/https://www.ice.gov/list.html?page=2", GoneError, "capture of another address"),
        ("/web/20250102000000id_/" + LIST, GoneError, "its capture of 20250102000000 instead"),
        ("/web/20250101000000id_/http://www.ice.gov/list.html", MistakenBodyError, "over 5 redirects"),
    ],
)
def test_a_redirect_is_followed_only_to_the_same_capture(
    archive: Archive, to: str, fault: type[FetchError], said: str
) -> None:
    """On the archive's own host, to the same address and time, and not for ever; elsewhere leads who is in between."""
    archive.server.captures = daily(1)
    memento = archive.one()
    for url in (LIST, LIST.replace("https", "http")):
        archive.server.odd[f"/web/20250101000000id_/{url}"] = redirecting(to)
    with pytest.raises(fault, match=said):
        archive.asks.get(memento, expect="html")


def test_a_redirect_to_the_same_capture_is_followed(archive: Archive) -> None:
    """Where the archive only writes its address otherwise."""
    archive.server.captures = daily(1)
    memento = archive.one()
    there = "/web/20250101000000/http://ice.gov/list.html"
    archive.server.odd[f"/web/20250101000000id_/{LIST}"] = redirecting(there)
    found = archive.asks.get(memento, expect="html")
    assert (found.url, found.as_indexed) == (LIST, True)
    assert archive.server.paths("/web/")[-1] == there.replace("/http", "id_/http")
    assert found.exchange is not None
    led = [(hop.url, hop.status_code) for hop in (*found.exchange.redirects, found.exchange)]
    asked = archive.server.address
    assert led == [(memento.address, 302), (asked + there.replace("/http", "id_/http"), 200)]


DENIED = b"<html><title>Access Denied</title><h1>Access Denied</h1>Reference #18.2d.1.a edgesuite</html>"
ANSWERS = {
    "a captured block page": (Sent(200, DENIED, (PLAYED,)), BlockedError, "Akamai"),
    "a captured error": (Sent(404, b"no", (PLAYED,)), GoneError, "answered 404"),
    "a captured failure": (Sent(503, b"no", (PLAYED,)), StatusError, "answered 503"),
    "a captured page that says so": (Sent(200, b"<html><title>Page not found", (PLAYED,)), GoneError, "Page not found"),
    "another format": (Sent(200, b"%PDF-1.4\0", (PLAYED,)), MistakenBodyError, "a PDF where an HTML page should be"),
    "nothing": (Sent(200, b" ", (PLAYED,)), MistakenBodyError, "empty"),
    "a part": (
        Sent(200, PAGE, (PLAYED, ("x-archive-orig-content-length", "1000"))),
        MistakenBodyError,
        "only in part: 77 of 1,000 bytes",
    ),
    "nothing there": (Sent(404, OWN_PAGE), WaybackError, "answered 404 with something else than a capture"),
    "a page of its own": (Sent(200, OWN_PAGE), WaybackError, "answered 200 with something else than a capture"),
    "a time that is none": (Sent(200, PAGE, (("Memento-Datetime", "today"),)), WaybackError, "something else"),
    "a time beyond all times": (
        Sent(200, PAGE, (("Memento-Datetime", "Fri, 31 Dec 9999 23:59:59 -0100"),)),
        WaybackError,
        "something else than a capture",
    ),
    "another time": (
        Sent(200, PAGE, (("Memento-Datetime", "Wed, 01 Jan 2025 00:00:01 GMT"),)),
        GoneError,
        "its capture of 20250101000001 instead",
    ),
    "a fault of playback": (
        Sent(503, b"", (("X-Archive-Wayback-Runtime-Error", "ResourceNotAvailableException: a.warc.gz"),)),
        WaybackError,
        "can't play it back: ResourceNotAvailableException",
    ),
    "a fault of playback in the midst of it": (
        Sent(503, b"", (PLAYED, ("X-Archive-Wayback-Runtime-Error", "ResourceNotAvailableException: a.warc.gz"))),
        WaybackError,
        "can't play it back: ResourceNotAvailableException",
    ),
    "robots": (
        Sent(403, b"", (("X-Archive-Wayback-Runtime-Error", "RobotAccessControlException: Blocked By Robots"),)),
        BlockedError,
        "its owner asked for that",
    ),
    "excluded": (Sent(403, EXCLUDED), BlockedError, "its owner asked for that"),
    "a refusal": (Sent(403, b"no"), WaybackError, "answered 403"),
    "a login": (Sent(401, b"no"), WaybackError, "answered 401"),
    "a redirect to nowhere": (Sent(302, b"", ()), WaybackError, "answered 302"),
    "an odd packing": (Sent(200, PAGE, (PLAYED, ("Content-Encoding", "br"))), MistakenBodyError, "packed with 'br'"),
}


@pytest.mark.parametrize(("sent", "fault", "said"), ANSWERS.values(), ids=ANSWERS)
def test_what_is_not_the_document_is_named(archive: Archive, sent: Sent, fault: type[FetchError], said: str) -> None:
    """Judged as a live answer would be; what is no capture says nothing about it. At once, in any case."""
    archive.server.captures = daily(1)
    memento = archive.one()
    archive.server.odd[f"/web/20250101000000id_/{LIST}"] = sent
    with pytest.raises(fault, match=said) as named:
        archive.asks.get(memento, expect="html")
    assert type(named.value) is fault
    assert archive.time.slept == [4.0]


def test_a_document_larger_than_the_cap_is_refused(archive: Archive) -> None:
    """As from any server."""
    archive.server.captures = [Captured(LIST, "20250101000000", PAGE * 100)]
    with Fetcher(poll=Poll(allow_private_addresses=True, max_bytes=5_000), contact="tests") as fetcher:
        small = asking(archive.server, fetcher)
        with pytest.raises(TooLargeError):
            small.asks.get(small.one(), expect="html")


# Saving


@pytest.fixture
def keyed(fetcher: Fetcher) -> Iterator[Archive]:
    """An archive, asked with a key."""
    with ArchiveServer(secret="mine:hidden", saved_as="20250506070809") as server:
        yield asking(server, fetcher, key="mine:hidden")


def test_with_a_key_the_archive_is_asked_as_a_program(keyed: Archive) -> None:
    """The capture is waited for; the receipt says when it was made and where anyone can open it."""
    keyed.server.pending = 3
    receipt = keyed.asks.save(f"{LIST}?a=1&b=2")
    assert (receipt.url, receipt.saved_at) == (f"{LIST}?a=1&b=2", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC))
    assert receipt.memento == f"{keyed.server.address}/web/20250506070809/{LIST}?a=1&b=2"
    first, *looks = keyed.server.requests
    assert (first.method, first.path, first.form["url"]) == ("POST", "/save", f"{LIST}?a=1&b=2")
    assert first.headers["authorization"] == "LOW mine:hidden"
    assert first.headers["accept"] == "application/json"
    assert [each.method for each in looks] == ["GET"] * 4


@pytest.mark.parametrize("way", ["job", "redirect", "location"])
def test_without_a_key_the_archive_is_asked_as_by_a_browser(archive: Archive, way: str) -> None:
    """However it answers, the receipt is the same."""
    archive.server.anonymous = way
    archive.server.pending = 1
    archive.server.saved_as = "20250506070809"
    receipt = archive.asks.save(LIST)
    assert receipt.memento == f"{archive.server.address}/web/20250506070809/{LIST}"
    assert archive.server.requests[0].path == f"/save/{LIST}"
    assert all("authorization" not in each.headers for each in archive.server.requests)


def test_an_address_that_was_saved_too_often_today_is_told(keyed: Archive) -> None:
    """With what the archive says, and that it is of no use to ask again soon."""
    said = "This URL has been already captured 5 times today.\x1b[2J"
    keyed.server.save_faults.append(("error:too-many-daily-captures", said))
    with pytest.raises(UnsavedError, match="did not save it: error:too-many-daily-captures, This URL") as unsaved:
        keyed.asks.save(LIST)
    assert unsaved.value.retry_after == 12 * 3600
    assert str(unsaved.value).isprintable()
    assert len(keyed.server.requests) == 1


def test_a_capture_that_fails_is_told(keyed: Archive) -> None:
    """With the reason."""
    keyed.server.job_faults.append(("error:not-found", "Target URL not found"))
    with pytest.raises(UnsavedError, match="error:not-found, Target URL not found"):
        keyed.asks.save(LIST)


def test_a_capture_that_never_ends_is_given_up(keyed: Archive) -> None:
    """The archive says of any job that it is pending."""
    keyed.server.pending = 10_000
    with pytest.raises(UnsavedError, match="has not saved it after 300 s"):
        keyed.asks.save(LIST)
    assert len(keyed.server.requests) == 51


@pytest.mark.parametrize(
    "sent",
    [
        Sent(200, b"<html>Sorry"),
        Sent(200, b"[" * 2_000),
        Sent(200, b"[]"),
        Sent(200, b'{"job_id": 5}'),
        Sent(200, b'{"job_id": "../../login"}'),
        Sent(200, b'{"status": "error", "message": ["x"]}'),
        Sent(404, b""),
        Sent(520, b"<html>Sorry"),
        Sent(302, b"", (("Location", "/web/20250101000000/http://[x"),)),
        Sent(302, b"", (("Location", "https://www.example.org/web/20250101000000/" + LIST),)),
        Sent(302, b"", (("Location", "/web/20250101000000/https://www.example.org/"),)),
        Sent(302, b"", (("Location", "/web/20250230000000/" + LIST),)),
    ],
    ids=repr,
)
def test_what_is_no_receipt_is_none(archive: Archive, sent: Sent) -> None:
    """Whatever the archive answers to the request to save."""
    archive.server.odd[f"/save/{LIST}"] = sent
    with pytest.raises(UnsavedError, match="the archive"):
        archive.asks.save(LIST)
    assert len(archive.server.requests) == 1


@pytest.mark.parametrize(
    "said", [b'{"status": "success"}', b'{"status": "success", "timestamp": "soon"}', b'{"status": "odd"}', b"<html>"]
)
def test_a_capture_without_its_time_is_no_receipt(keyed: Archive, said: bytes) -> None:
    """For nobody could open it."""
    job = keyed.asks.begin(LIST)
    keyed.server.odd[f"/save/status/{getattr(job, 'id', '')}"] = Sent(200, said)
    with pytest.raises(UnsavedError, match="the archive"):
        keyed.asks.save(LIST)


def test_a_key_that_is_refused_is_told_without_the_key(keyed: Archive) -> None:
    """And where it stands."""
    keyed.server.secret = "another:one"
    with pytest.raises(BlockedError, match=r"refuses to save; see `wayback.key`") as refused:
        keyed.asks.save(LIST)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"hidden", b"\xff\xfe", b"hid\xc3\xa9:den"])
def test_a_key_that_can_not_be_read_is_told_without_the_key(
    archive: Archive, fetcher: Fetcher, tmp_path: Path, content: bytes | None
) -> None:
    """Nothing is asked without it."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    asks = asking(archive.server, fetcher, key_file=tmp_path / "key").asks
    with pytest.raises(RefusedError, match=r"^wayback\.key: ") as refused:
        asks.save(LIST)
    assert "hid" not in str(refused.value)
    assert archive.server.requests == []


def test_saving_is_not_retried_by_those_who_come_again_anyway(fetcher: Fetcher) -> None:
    """With one try, no time is spent on waiting."""
    with ArchiveServer() as server:
        server.refuse(503, times=2)
        time = Time()
        asks = WebArchive(fetcher, Wayback(url=server.address), tries=1, sleep=time.sleep, clock=time.clock)
        for _ in range(2):
            with pytest.raises(WaybackError, match="answered 503"):
                asks.begin(LIST)
        assert time.slept == [4.0]


# Configuration

SOURCES = (
    "sources: {one: {page: 'https://x.example', reports: {p: {kind: page, format: html, lists: {a: {paragraphs: x}}}}}}"
)


def test_the_archive_is_configured_without_a_word() -> None:
    """The Internet Archive's, asked each four seconds; nothing is saved unless a source says so."""
    config = parse(SOURCES)
    assert config.wayback == Wayback(url="https://web.archive.org", per_minute=15)
    assert not any(source.save for source in config.sources.values())
    assert parse((ROOT / "config.yaml").read_text("utf-8")).wayback == config.wayback


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{per_minut: 5}", "wayback.per_minut: no such key; did you mean 'per_minute'?"),
        ("{per_minute: 0}", "wayback.per_minute: 0 is too small; the smallest value is 1"),
        ("{url: web.archive.org}", "wayback.url: 'web.archive.org' is no web address"),
        ("{key: 'hidden:one', key_env: KEY}", "wayback: say key or key_env, not both"),
        ("{key: 'hidden:one', url: 'http://web.archive.org'}", "wayback: url: http would send the key in the clear"),
        ("{key_env: $KEY}", "wayback.key_env: is no name of a variable"),
    ],
)
def test_a_fault_of_its_configuration_is_told(text: str, said: str) -> None:
    """With its path, and never with the key."""
    with pytest.raises(ConfigError) as faulty:
        parse(f"wayback: {text}\n{SOURCES}")
    assert said in str(faulty.value)
    assert "hidden" not in str(faulty.value)
