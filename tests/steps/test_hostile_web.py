"""A publisher who wants to harm: ways into the network that monitor runs in, bombs, floods, and polls without end."""

from __future__ import annotations

import gzip
import itertools
import struct
import time
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from fcntl import ioctl
from functools import partial
from io import BytesIO
from ipaddress import IPv4Address, ip_address
from socket import AF_INET, AF_INET6, SOCK_DGRAM, if_nametoindex, socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from monitor.config.sources import Poll
from monitor.demo import ddor
from monitor.demo.sheets import sheet
from monitor.errors import FetchError
from monitor.extract.page import links
from monitor.extract.sheet.zip_guard import ZIP_LIMITS
from monitor.fetch.backend import addresses
from monitor.fetch.fetcher import Answer, Fetcher
from monitor.fetch.route import Route
from monitor.sandbox.reader import Reader
from monitor.steps.poll import MAX_NEW_REPORTS, MAX_SECONDS, poll
from tests.steps.test_poll import (  # fmt: skip
    AGREEMENTS,
    DETAINERS,
    FIRST,
    PDF,
    PENDING,
    SECOND,
    WEEKS,
    XLSX,
    Watch,
    linking,
    watching,
)
from tests.support.apart import apart
from tests.support.hostile import one_page, refused, stream
from tests.support.servers import DEADLINE, Reply, Request, Server, redirect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.fetch.backend import Resolve
    from tests.support.servers import Page


# --- ways inside ---

PUBLIC = "93.184.215.14"
HOST = "www.agency.test"
METADATA, METADATA6, LOOPBACK, PRIVATE = "169.254.169.254", "fd00:ec2::254", "127.0.0.1", "10.1.2.3"
SPELLINGS = (
    *(LOOPBACK, "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
    *(METADATA, "169.254.43518", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "[::ffff:169.254.169.254]"),
    *("[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", f"[{METADATA6}]", "[fd00:0ec2:0:0:0:0:0:0254]", PRIVATE),
    *("metadata.agency.test", "six.agency.test", "both.agency.test"),
)
NAMES = {
    HOST: [PUBLIC],
    "metadata.agency.test": [METADATA],
    "six.agency.test": [METADATA6],
    "both.agency.test": [PRIVATE, METADATA6],
}
OPEN, CLOSED = "an address of the internet", "an address inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to an address, and where it ended."""

    how: str
    target: str
    said: str


def bring_up(*given: str) -> None:
    """Give the loopback of this network namespace further addresses, and wait for them. Linux: netdevice(7)."""
    with socket(AF_INET, SOCK_DGRAM) as four, socket(AF_INET6, SOCK_DGRAM) as six:
        ioctl(four, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
        for number, text in enumerate(given):
            address = ip_address(text)
            if isinstance(address, IPv4Address):
                request = struct.pack("16sHH4s16x", f"lo:{number}".encode(), AF_INET, 0, address.packed)
                ioctl(four, 0x8916, request)  # SIOCSIFADDR
            else:
                ioctl(six, 0x8916, struct.pack("16sII", address.packed, 128, if_nametoindex("lo")))
    until = time.monotonic() + DEADLINE
    for text in given:
        while not usable(text):
            assert time.monotonic() < until


def usable(address: str) -> bool:
    """Whether a server can have this address already."""
    with socket(AF_INET6 if ":" in address else AF_INET) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return False
    return True


def resolve(host: str, port: int) -> Sequence[str]:
    """The names of this small internet; numbers as the system reads them."""
    return NAMES.get(host) or addresses(host, port)


def inside() -> dict[str, Any]:
    """A scene: an internet of one public server, and servers inside that nobody outside may reach."""
    bring_up(PUBLIC, METADATA, METADATA6, PRIVATE)
    tls = httpx.create_ssl_context()
    ways: list[Way] = []

    def go(how: str, target: str, url: str, *, allowed: str = HOST, resolve: Resolve = resolve) -> None:
        poll = Poll(timeout=timedelta(seconds=DEADLINE))
        with Fetcher(poll=poll, contact="", retries=0, resolve=resolve, route=Route(tls=lambda: tls)) as fetcher:
            try:
                found = fetcher.get(url, expect="html", allowed_hosts=frozenset({HOST, allowed.strip("[]").lower()}))
                said = found.content.decode() if isinstance(found, Answer) else ""
            except FetchError as fault:
                said = f"{type(fault).__name__}: {fault}"
        ways.append(Way(how=how, target=target, said=said))

    with ExitStack() as stack:
        public = stack.enter_context(Server({"/": page(OPEN)}, PUBLIC))
        hidden = [
            stack.enter_context(Server({"/": page(CLOSED)}, each)) for each in (LOOPBACK, METADATA, METADATA6, PRIVATE)
        ]
        away = public.address("/away", host=HOST)
        go("link", HOST, public.address(host=HOST))
        for spelling, server in itertools.product(SPELLINGS, hidden):
            url = server.address(host=spelling)
            public.pages["/away"] = redirect(url)
            for allowed in (HOST, spelling):  # also where someone has put it among the `hosts`
                go("link", spelling, url, allowed=allowed)
                go("redirect", spelling, away, allowed=allowed)
        for server in hidden:
            public.pages["/away"] = redirect(server.address(host=HOST))
            answers = iter(([PUBLIC], [server.host]))
            go("rebinding", server.host, away, resolve=lambda _, __, answers=answers: next(answers))  # type: ignore[misc]
        go("mixed", PUBLIC, public.address(host=HOST), resolve=lambda _, __: [LOOPBACK, PUBLIC])
        reached = {each.host: each.connections for each in hidden}
        return {"ways": ways, "reached": reached, "asked": public.connections}


def page(said: str) -> Reply:
    """A page that says where it is."""
    return Reply(body=f"<!DOCTYPE html><html><title>List</title><p>{said}".encode())


def test_no_way_leads_inside() -> None:
    """Loopback, private and metadata addresses, however they are written or named: by a link, redirect or rebinding."""
    found = apart(inside, spaces=("--net",))
    first, *ways, mixed = found["ways"]
    assert OPEN in first["said"]
    assert OPEN in mixed["said"]
    assert {each["how"] for each in ways} == {"link", "redirect", "rebinding"}
    for each in ways:
        assert each["said"].startswith("ForbiddenAddressError: "), each
    refused = {each["target"] for each in ways if "no public address" in each["said"]}
    assert refused >= {LOOPBACK, METADATA, f"[{METADATA6}]", PRIVATE, "2852039166", "0xA9FEA9FE", "localhost"}
    assert refused >= {"metadata.agency.test", "six.agency.test", "both.agency.test", METADATA6}
    assert set(found["reached"].values()) == {0}
    assert found["asked"] > len(SPELLINGS)


# --- what comes instead of a report ---

ROSTER = "/participating.xlsx"
START = b"HTTP/1.1 200 OK\r\n"


def drip(server: Server) -> Callable[[Request], Iterator[bytes]]:
    """One byte after another, each a second later by the server's clock, for far longer than it may."""

    def pieces() -> Iterator[bytes]:
        yield START + b"Content-Length: 100000\r\n\r\nPK"
        for _ in range(1000):
            if server.closing.wait(0.01):
                break
            server.now += 1
            yield b"x"

    return lambda _: pieces()


def endless(start: bytes, piece: bytes) -> Callable[[Request], Iterator[bytes]]:
    """The same over and over, until the other side has enough."""

    def pieces() -> Iterator[bytes]:
        yield start
        while True:
            yield piece

    return lambda _: pieces()


def packed(body: bytes, *encodings: str) -> Reply:
    """A body that is said to be packed, by one header for each of these."""
    return Reply(headers=tuple(("Content-Encoding", each) for each in encodings), body=body)


CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
NOTHING = gzip.compress(b"")
# What a server can send instead of a spreadsheet, and how that is named.
INSTEAD: Mapping[str, tuple[Callable[[Server], Page], str]] = {
    "drip": (drip, "not done after 30 seconds"),
    "endless body": (
        lambda _: endless(START + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK), "over 1,000,000 bytes"
    ),
    "gzip bomb": (lambda _: packed(gzip.compress(bytes(1_000_001)), "gzip"), "over 1,000,000 bytes"),
    "gzip twice": (lambda _: packed(gzip.compress(NOTHING), "gzip", "gzip"), "'gzip, gzip', which was not asked for"),
    "gzip in gzip": (
        lambda _: packed(gzip.compress(gzip.compress(sheet(SECOND))), "gzip"), "where an XLSX file should be"
    ),
    "gzip in silence": (lambda _: packed(gzip.compress(sheet(SECOND))), "where an XLSX file should be"),
    "endless members": (
        lambda _: endless(START + b"Content-Encoding: gzip\r\n\r\n", NOTHING * 100), "more gzip members than"
    ),
    "brotli": (lambda _: packed(b"\x0b\x02\x80abcde\x03", "br"), "'br', which was not asked for"),
    "gzip and brotli": (lambda _: packed(NOTHING, "gzip", "br"), "'gzip, br', which was not asked for"),
    "flood of headers": (lambda _: endless(START, b"X-Flood: x\r\n" * 1000), "headers without end"),
    "one endless header": (lambda _: endless(START + b"X-Flood: ", b"x" * 10_000), "headers without end"),
    "ring of redirects": (lambda _: redirect(ROSTER), "over 5 redirects"),
    "redirect with a login": (
        lambda server: redirect(server.address(ROSTER).replace("//", "//user:word@")), "with a login in the address"
    ),
    "redirect to metadata": (
        lambda _: redirect("http://169.254.169.254/latest"), "leads to the host '169.254.169.254'"
    ),
    "redirect to a file": (lambda _: redirect("file:///etc/passwd"), "no http or https address"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker for all."""
    with Reader() as reader:
        yield reader


@pytest.fixture
def site(tmp_path: Path, reader: Reader) -> Iterator[tuple[Server, Watch]]:
    """A server with two spreadsheets, and the program that has polled them once, and goes by the server's clock."""
    pages: dict[str, Page] = {
        AGREEMENTS: Reply(body=linking(ROSTER, "/pending.xlsx")),
        ROSTER: Reply(body=sheet(FIRST)),
        "/pending.xlsx": PENDING,
    }
    with Server(pages) as server, watching(server.address(""), tmp_path, reader) as watch:
        short = watch.program.config.poll.model_copy(update={"timeout": timedelta(seconds=30), "max_bytes": 1_000_000})
        fetcher = Fetcher(poll=short, contact="tests", sleep=lambda _: None, clock=lambda: server.now)
        with fetcher as watch.program.fetcher:
            yield server, watch


@pytest.mark.parametrize("which", INSTEAD)
def test_what_harms_instead_of_a_report_is_named_and_nothing_else(site: tuple[Server, Watch], which: str) -> None:
    """One line says what it was; there is no version of it, the other report is kept, and so is what comes after it."""
    server, watch = site
    page, said = INSTEAD[which]
    server.pages[ROSTER] = page(server)
    (fault,) = watch.poll("ice-287g").polled.faults
    assert fault.startswith(server.address(ROSTER))
    assert said in fault
    assert "word" not in fault
    assert (watch.versions("participating"), len(watch.versions("pending"))) == ([], 1)
    server.pages[ROSTER] = Reply(body=sheet(FIRST))
    assert watch.poll("ice-287g").polled.faults == ()
    assert len(watch.versions("participating")) == 1


def test_cookies_stay_where_they_came_from(site: tuple[Server, Watch]) -> None:
    """Set on the page, on a redirect and on a report: no request ever has one."""
    server, watch = site
    cookie = ("Set-Cookie", "id=1; Path=/")
    server.pages[AGREEMENTS] = Reply(headers=(cookie,), body=linking("/now/participating.xlsx", "/pending.xlsx"))
    server.pages["/now/participating.xlsx"] = Reply(status=302, headers=(cookie, ("Location", ROSTER)))
    for _ in range(2):
        assert watch.poll("ice-287g").polled.faults == ()
    assert len(server.requests) >= 8
    assert not any("cookie" in request.headers for request in server.requests)


# --- too many ---


def test_ten_thousand_links_are_no_matter(site: tuple[Server, Watch]) -> None:
    """The report among them is found, as long as it is one of the first `links.MAX_LINKS`."""
    server, watch = site
    crowd = tuple(f"/{number}" for number in range(10_000))
    server.pages[AGREEMENTS] = Reply(body=linking(*crowd[:4000], ROSTER, "/pending.xlsx", *crowd[4000:]))
    assert watch.poll("ice-287g").polled.faults == ()
    assert len(watch.versions("participating")) == 1
    server.pages[AGREEMENTS] = Reply(body=linking(*crowd, ROSTER, "/pending.xlsx"))
    assert len(crowd) > links.MAX_LINKS
    faults = watch.poll("ice-287g").polled.faults
    assert [fault for fault in faults if "no link matches the report" in fault] == list(faults) != []
    assert watch.log == []


def weeks(count: int) -> list[str]:
    """The addresses of so many weekly reports."""
    return [
        f"/doclib/ddor/ddor{2000 + number // 50}_{number % 50 + 10}-01to{number % 50 + 10}-07.pdf"
        for number in range(count)
    ]


def test_ten_thousand_reports_are_taken_a_hundred_at_a_time(site: tuple[Server, Watch]) -> None:
    """And that there are more is told at each poll, until there are none."""
    server, watch = site
    found = weeks(10_000)
    server.pages |= dict.fromkeys(found, Reply(headers=(("Content-Type", PDF),), body=one_page(stream(b"q Q"))))
    server.pages[DETAINERS] = Reply(body=linking(*found))
    (polled,) = watch.program.poll(["ice-ddor"])
    assert len([path for path in server.paths() if path.endswith(".pdf")]) == MAX_NEW_REPORTS
    assert len(watch.program.store.all("SELECT id FROM reports WHERE kind = 'series'")) == MAX_NEW_REPORTS
    (fault,) = polled.faults
    assert f"the first {MAX_NEW_REPORTS} are taken now" in fault


def test_a_server_that_asks_for_fewer_requests_is_left_alone(site: tuple[Server, Watch]) -> None:
    """429 ends the poll: nothing more is asked of it, its wish is passed on, and the next poll has the rest."""
    server, watch = site
    found = weeks(20)
    whole = Reply(headers=(("Content-Type", PDF),), body=one_page(stream(b"q Q")))
    server.pages[DETAINERS] = Reply(body=linking(*found))

    def counted(_: Request) -> Reply:
        enough = len(server.requests) > 8
        return Reply(status=429, headers=(("Retry-After", "3600"),)) if enough else whole

    server.pages |= dict.fromkeys(found, counted)
    (polled,) = watch.program.poll(["ice-ddor"])
    assert (polled.kept, polled.retry_after, len(server.requests)) == (8, 3600, 9)  # the page is one
    assert "broken off, for the server asks for fewer requests" in polled.faults[-1]
    server.pages |= dict.fromkeys(found, whole)
    (again,) = watch.program.poll(["ice-ddor"])
    assert (again.kept, again.faults, again.retry_after) == (13, (), None)


def test_a_poll_that_takes_too_long_is_broken_off_and_others_come_first_next_time(site: tuple[Server, Watch]) -> None:
    """After `MAX_SECONDS` nothing more is asked; what is asked first changes, so that in the end each report is."""
    server, watch = site
    found = weeks(20)
    whole = Reply(headers=(("Content-Type", PDF),), body=one_page(stream(b"q Q")))
    server.pages |= {DETAINERS: Reply(body=linking(*found)), **dict.fromkeys(found, whole)}
    program = watch.program
    for _ in range(30):
        watch.at += timedelta(minutes=15)
        seconds = itertools.count(0.0, MAX_SECONDS / 5)
        polled = poll(
            replace(program.poll_context, clock=partial(next, seconds)),
            "ice-ddor",
        )
        assert polled.kept <= 5 + 1  # the page is one
        assert f"broken off, for it took over {MAX_SECONDS:.0f} s" in polled.faults[-1]
    assert {path for path in server.paths() if path.endswith(".pdf")} == set(found)


# --- bombs ---


def crowded() -> bytes:
    """A workbook with one part more than is taken; the parts that are added are empty."""
    out = BytesIO(sheet(SECOND))
    with zipfile.ZipFile(out, "a") as container:
        for number in range(ZIP_LIMITS.parts):
            container.writestr(f"x/{number}.xml", b"")
    return out.getvalue()


def test_a_spreadsheet_that_is_a_bomb_is_held_and_the_next_is_understood(site: tuple[Server, Watch]) -> None:
    """A file over a limit: kept, held with the reason, the last good list stands."""
    server, watch = site
    watch.poll("ice-287g")
    server.pages[ROSTER] = Reply(headers=(("Content-Type", XLSX),), body=crowded())
    (held,) = watch.poll("ice-287g").processed
    assert held.hold_reason
    assert "parts; at most 5,000 are read" in held.hold_reason
    assert [str(each.status) for each in watch.versions("participating")] == ["recorded", "held"]
    server.pages[ROSTER] = Reply(body=sheet(SECOND))
    watch.poll("ice-287g")
    assert watch.told == [("participating", "participating", "corrected")]
    assert [str(each.status) for each in watch.versions("participating")] == ["recorded", "rejected", "recorded"]


def test_a_pdf_that_is_a_bomb_is_held_and_the_next_is_understood(site: tuple[Server, Watch]) -> None:
    """A file over a limit: kept, held with the reason, and the report that comes instead is recorded."""
    server, watch = site
    path = f"/doclib/ddor/{WEEKS[0].file_name}"
    bomb = refused()
    server.pages |= {DETAINERS: Reply(body=linking(path)), path: Reply(headers=(("Content-Type", PDF),), body=bomb)}
    processed = watch.poll("ice-ddor").processed
    (held,) = (each for each in processed if each.hold_reason)
    assert watch.log == []
    server.pages[path] = Reply(headers=(("Content-Type", PDF),), body=ddor.ddor_pdf(WEEKS[0]))
    watch.poll("ice-ddor")
    assert [str(each.status) for each in watch.versions(held.version.report_key)] == ["rejected", "recorded"]
