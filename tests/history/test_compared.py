"""The web archive's copy of a version is compared with it: the same bytes, others, or why that can't be said."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor.history import compared as compare_step
from monitor.history import receipts as receipt_step
from monitor.history.compared import ComparedCopy
from monitor.sandbox.reader import Reader
from monitor.store import copies, evidence
from monitor.store.database import Store
from monitor.store.evidence_faults import evidence_faults
from monitor.store.rows import locator_of
from monitor.wayback.client import WebArchive
from tests.daemon.test_daemon import until
from tests.history.test_receipts import daemon_of
from tests.store.test_evidence_faults import edit
from tests.support.saving import DAY, HOUR, MINUTE, PAGE, World, roster, saving_world
from tests.support.web_archive import Captured, Sent
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.fetch.verdict import Response
    from monitor.store.copies import ArchiveCopy
    from monitor.wayback.client import Receipt
    from tests.conftest import Commands

HTML, CSV = (("Content-Type", "text/html"),), (("Content-Type", "text/csv"),)
ROSTER = roster("Bee County").body
OTHER = roster("Clay County").body
SAME_BYTES = "the Internet Archive's copy has the same bytes"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """The worker process."""
    with Reader() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, reader: Reader) -> Iterator[World]:
    """A world in which the archive sees what the publisher shows: a page and a list, which were polled."""
    with saving_world(tmp_path, reader) as found:
        stands(found, "/page", PAGE, HTML)
        stands(found, "/roster.csv", ROSTER, CSV)
        yield found


@pytest.fixture
def monitor(monitor: Commands, world: World) -> Commands:
    """`monitor` in that world."""
    monitor.config, monitor.state = world.config, world.folder
    return monitor


def stands(
    world: World, path: str, body: bytes, headers: tuple[tuple[str, str], ...] = CSV, *, status: int = 200
) -> None:
    """What the archive sees at a path of the publisher."""
    url = world.publisher.address(path)
    world.archive.stands[url] = Captured(url, "", body, headers, status)


def played(world: World) -> list[str]:
    """The paths of the publisher whose copies the archive was asked for, in order."""
    return [path.rpartition("/")[2] for path in world.archive.paths("/web/")]


def kept(world: World, report: str = "roster") -> ArchiveCopy:
    """The copy of a report's only version."""
    with Store(world.folder) as store:
        (found,) = [copy for copy in copies.archive_copies(store).values() if copy.report_key == report]
    return found


def leaves(world: World) -> list[int]:
    """The ids of the versions that the evidence log says something about their copies of; the log is whole."""
    with Store(world.folder) as store:
        assert list(evidence_faults(store)) == []
        return [row["ref"] for row in store.all("SELECT ref FROM leaves WHERE kind = 'saved' ORDER BY ref")]


def unplayable(world: World, report_path: str, sent: Sent) -> None:
    """Let the archive answer so where it should play back the copy of this path."""
    world.archive.saved_as = "20260105010203"
    world.archive.odd[f"/web/20260105010203id_/{world.publisher.address(report_path)}"] = sent


# What is found


def test_a_copy_with_the_same_bytes_is_said_to_be_so(monitor: Commands, world: World) -> None:
    """On the terminal, to programs, and on the version's page, beside the address of the copy."""
    world.archive.saved_as = "20260105010203"
    saved = f"{world.archive.address}/web/20260105010203/{world.publisher.address('')}"
    ran = monitor("save")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"places/page: {saved}/page", f"  {SAME_BYTES}", f"places/roster: {saved}/roster.csv", f"  {SAME_BYTES}"
    ]  # fmt: skip
    assert played(world) == ["page", "roster.csv"]
    assert [(row["saved"], row["compared"]) for row in monitor("versions", "--json").rows] == [
        (f"{saved}/page", "same"),
        (f"{saved}/roster.csv", "same"),
    ]
    assert f"places/roster no. 1: {saved}/roster.csv: {SAME_BYTES}\n" in monitor("versions").out
    with serving_of(world.folder) as served:
        assert SAME_BYTES.replace("'", "&#39;") in served.get("/version/places/roster/1").text
    assert leaves(world) == sorted(world.receipts())


def test_a_copy_with_other_bytes_is_named_with_their_hash(monitor: Commands, world: World) -> None:
    """And their size; it stays so, and is not asked for again."""
    stands(world, "/roster.csv", OTHER)
    sha256 = hashlib.sha256(OTHER).hexdigest()
    said = f"the Internet Archive's copy has other bytes ({len(OTHER)} bytes, SHA-256 {sha256})"
    assert monitor("save").out.splitlines()[-1] == f"  {said}"
    assert monitor("save").out == "nothing to save: the latest version of each report has its receipt\n"
    assert played(world) == ["page", "roster.csv"]
    assert [row["compared"] for row in monitor("versions", "--json").rows] == ["same", "other"]
    with serving_of(world.folder) as served:
        assert said.replace("'", "&#39;") in served.get("/version/places/roster/1").text
    with Store(world.folder) as store:
        copy = kept(world)
        found = evidence.stated(store, "saved", copy.version_id)
    assert found
    line = json.loads(found.line)
    assert (line["compared"], line["sha256"], line["bytes"]) == ("other", sha256, len(OTHER))
    assert (line["version"], line["memento"]) == (hashlib.sha256(ROSTER).hexdigest(), copy.memento)
    assert leaves(world) == sorted(world.receipts())


def test_a_page_that_differs_in_hidden_tokens_has_the_same_text(world: World) -> None:
    """Its bytes are others; a page that says something else has no such excuse."""
    token = PAGE.replace(b"</p>", b"</p><input type='hidden' name='token' value='71b2'>")
    stands(world, "/page", token, HTML)
    world.save()
    copy = kept(world, "page")
    assert (copy.compared, copy.same_text, copy.bytes) == ("other", 1, len(token))
    assert copy.words.startswith("the Internet Archive's copy has other bytes, same text (")


@pytest.mark.parametrize(
    "body", [PAGE.replace(b"roster</a>", b"old roster</a>"), b"\0", b""], ids=["other", "no page", "nothing"]
)
def test_a_page_that_says_something_else_is_another(world: World, body: bytes) -> None:
    """Also if it can't be read."""
    stands(world, "/page", body, HTML)
    world.save()
    copy = kept(world, "page")
    assert (copy.compared, copy.same_text) == ("other", None)


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_a_copy_that_comes_packed_is_unpacked_first(world: World, *, told: bool) -> None:
    """Whether its headers say so or not."""
    packed = gzip.compress(ROSTER)
    stands(world, "/roster.csv", packed, (*CSV, ("Content-Encoding", "gzip")) if told else CSV)
    world.save()
    assert (kept(world).compared, kept(world).bytes) == ("same", len(ROSTER))


def test_a_copy_of_a_refusal_is_other_bytes_with_its_status(world: World) -> None:
    """The publisher has sent the archive away, which says nothing about what it showed to us."""
    stands(world, "/roster.csv", b"<html><title>Access Denied</title>", HTML, status=403)
    world.save()
    assert kept(world).compared == "other"
    assert "sent with status 403" in kept(world).words


# What can't be compared

NOT_COMPARED = {
    "dead": (Sent(503, b"Too many"), "the archive answered 503"),
    "cut": (Sent(200, b"x" * 100, cut=True), "the archive did not answer"),
    "not there": (Sent(404, b"<html>not archived"), "the archive answered 404 with something else than a capture"),
    "another": (
        Sent(302, b"", (("Location", "/web/20250101000000id_/http://places.example/"),)),
        "leads to a capture of another address",
    ),
    "elsewhere": (Sent(302, b"", (("Location", "http://places.example/"),)), "redirects to 'http://places.example/'"),
    "a part": (
        Sent(
            200,
            ROSTER,
            (("Memento-Datetime", "Mon, 05 Jan 2026 01:02:03 GMT"), ("x-archive-orig-content-length", "999")),
        ),
        "was captured only in part",
    ),
    "no content": (Sent(403, b"", (("Memento-Datetime", "Mon, 05 Jan 2026 01:02:03 GMT"),)), "has status 403 and no"),
    "odd packing": (
        Sent(200, b"x", (("Memento-Datetime", "Mon, 05 Jan 2026 01:02:03 GMT"), ("Content-Encoding", "br"))),
        "packed with 'br'",
    ),
}


@pytest.mark.parametrize(("sent", "why"), NOT_COMPARED.values(), ids=NOT_COMPARED)
def test_a_copy_that_can_not_be_had_is_not_compared(monitor: Commands, world: World, sent: Sent, why: str) -> None:
    """It is asked for once, with the reason named; the receipt stands, and later it is compared after all."""
    unplayable(world, "/page", sent)
    ran = monitor("save")
    assert (ran.status, ran.err) == (0, "")
    said = ran.out.splitlines()[1]
    assert said.startswith(f"  the Internet Archive's copy was not compared: {why}")
    assert said.endswith("; it is tried again later")
    assert played(world).count("page") == 1
    assert len(world.receipts()) == 2
    with serving_of(world.folder) as served:
        assert "copy was not compared: " in served.get("/version/places/page/1").text
    assert next(row["compared"] for row in monitor("versions", "--json").rows) == "not compared"
    world.archive.odd.clear()
    assert monitor("save").out.startswith("nothing to save")  # until its time has come
    world.at = datetime.now(UTC) + 7 * HOUR
    assert world.save() == []
    assert {kept(world).compared, kept(world, "page").compared} == {"same"}
    assert leaves(world) == sorted(world.receipts())


def test_a_copy_that_is_too_large_is_not_compared(world: World) -> None:
    """The limit is that of any answer."""
    text = world.config.read_text("utf-8")
    world.config.write_text(text.replace("timeout: 60s", "timeout: 60s, max_bytes: 100000"), encoding="utf-8")
    stands(world, "/roster.csv", b"x" * 200_000)
    world.save()
    assert kept(world).words == "the Internet Archive's copy was not compared: too large, over 100,000 bytes"
    assert len(world.receipts()) == 2


def test_a_copy_that_takes_too_long_is_not_compared(world: World) -> None:
    """The archive hangs; what was saved stays saved."""
    assert len(world.rounds(2)) == 2
    text = world.config.read_text("utf-8")
    world.config.write_text(text.replace("timeout: 60s", "timeout: 1s"), encoding="utf-8")
    world.archive.answering.clear()
    with world.program() as program:
        web = WebArchive(program.fetcher, program.config.wayback, tries=1, seconds=1.0)
        done = receipt_step.save_next(replace(world.saver(program, tries=1), web=web), ["places"])
    assert isinstance(done, ComparedCopy)
    assert "was not compared: the archive did not answer: " in done.copy.words
    assert len(world.receipts()) == 2


def test_a_receipt_of_another_archive_is_not_asked_for_here(world: World) -> None:
    """Its copy is not in this one."""
    world.rounds(2)
    edit(world.folder, "UPDATE receipts SET memento = replace(memento, '127.0.0.1', 'archive.example')")
    world.rounds(2)
    assert [done.copy.compared for done in world.compared] == ["not compared"] * 2
    assert all("is not in the archive http://127.0.0.1" in done.copy.words for done in world.compared)
    assert played(world) == []


def test_an_archive_that_plays_nothing_back_does_not_keep_versions_from_being_saved(world: World) -> None:
    """It is asked for one copy, once, and not waited for."""
    world.archive.saved_as = "20260105010203"
    for path in ("/page", "/roster.csv"):
        unplayable(world, path, Sent(429, b"Too many", (("Retry-After", "7200"),)))
    assert [done.fault for done in world.save()] == [None, None]
    assert played(world) == ["page"]
    assert sum(world.slept) < 4  # only that it does not ask too often
    assert [done.copy.compared for done in world.compared] == ["not compared"] * 2
    world.archive.odd.clear()
    assert world.rounds(11, apart=10 * MINUTE) == []  # the pause that the archive asked for
    assert played(world) == ["page"]
    world.rounds(2, apart=30 * MINUTE)
    assert played(world) == ["page", "roster.csv"]


# As the daemon does


def test_saving_comes_before_comparing(world: World) -> None:
    """Each round makes one request."""
    for _ in range(4):
        before = len(world.archive.requests)
        world.rounds(1)
        assert len(world.archive.requests) == before + 1
    assert [path.split("/")[1] for path in world.archive.paths()] == ["save", "save", "web", "web"]
    assert world.rounds(20, apart=DAY) == []
    assert len(world.archive.requests) == 4
    assert leaves(world) == sorted(world.receipts())


def test_a_copy_is_tried_ever_more_rarely_and_given_up(world: World) -> None:
    """Over days, by programs that are started anew each time; the other copy is compared meanwhile."""
    unplayable(world, "/page", Sent(404, b"<html>not archived"))
    tried = []
    for hour in range(24 * 14):
        before = played(world).count("page")
        world.rounds(4)
        if played(world).count("page") > before:
            tried.append(hour)
        world.at += HOUR
    assert tried == [0, 6, 18, 42, 90]
    assert played(world).count("roster.csv") == 1
    assert (kept(world, "page").attempts, kept(world).compared) == (compare_step.MAX_COMPARISONS, "same")
    assert world.save() == []
    assert played(world).count("page") == len(tried)


def test_a_dead_archive_is_left_alone_by_comparing_too(world: World) -> None:
    """For all copies, however many wait."""
    world.rounds(2)
    world.archive.refuse(503, times=1000)
    world.rounds(50)
    world.rounds(89, apart=MINUTE / 6)
    assert len(world.archive.requests) == 3
    world.at += MINUTE
    world.rounds(50)
    assert len(world.archive.requests) == 4
    assert len(set(world.archive.paths("/web/"))) == 2


def test_a_clock_that_stood_ahead_puts_no_comparison_off(world: World) -> None:
    """What was written then is not waited for."""
    unplayable(world, "/page", Sent(404, b"<html>not archived"))
    world.at += 365 * DAY
    world.archive.saved_as = "20270105010203"
    world.archive.odd = {f"/web/20270105010203id_/{world.publisher.address('/page')}": Sent(404, b"<html>no")}
    world.rounds(4)
    assert kept(world, "page").compared == "not compared"
    world.archive.odd.clear()
    world.at -= 364 * DAY
    world.rounds(1)
    assert kept(world, "page").compared == "same"


class Killed(BaseException):
    """The end of the program, in the middle."""


class Deadly(WebArchive):
    """A client that ends the program as soon as it has a copy."""

    def copy_of(self, receipt: Receipt) -> Response:
        """Fetch it, and end."""
        super().copy_of(receipt)
        raise Killed(receipt.url)


def test_a_killed_comparison_is_made_once_and_not_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the fetch, and killed while the result is written: nothing is doubled, and nothing lost."""
    stands(world, "/roster.csv", OTHER)
    world.rounds(2)
    with world.program() as program:
        saver = world.saver(program, tries=1)
        deadly = replace(saver, web=Deadly(program.fetcher, program.config.wayback))
        for _ in range(2):
            with pytest.raises(Killed):
                receipt_step.save_next(deadly, ["places"])
        assert receipt_step.save_next(saver, ["places"]) is None
    assert len(played(world)) == 2
    assert (kept(world).compared, kept(world).attempts, leaves(world)) == ("not compared", 1, [])
    world.at += 6 * HOUR

    def dies(store: Store, kind: str, row_id: int) -> None:
        raise Killed(kind, row_id, store.path)

    with monkeypatch.context() as patched:
        patched.setattr(copies, "state", dies)
        for _ in range(2):
            with pytest.raises(Killed):
                world.rounds(1)
    assert (kept(world).compared, kept(world).attempts, leaves(world)) == ("not compared", 2, [])
    world.at += 12 * HOUR
    world.rounds(5)
    assert {copy.compared for copy in (kept(world), kept(world, "page"))} == {"same", "other"}
    assert leaves(world) == sorted(world.receipts())


def test_who_comes_second_changes_nothing(world: World) -> None:
    """Two programs may compare one copy at the same time; the first result stays, with one leaf."""
    world.save()
    first = kept(world)
    found = copies.CopyBytes(sha256="0" * 64, bytes=1, http_status=200, same_text=False)
    with Store(world.folder) as store, store.transaction():
        copies.begin_comparison(store, first, until="2027-01-01T00:00:00Z")
        copies.note_compared(store, first, found, at="2027-01-01T00:00:00Z")
        copies.note_uncompared(store, first, fault="no")
    assert kept(world) == first
    assert leaves(world) == sorted(world.receipts())


def test_the_daemon_compares_what_it_saved(world: World) -> None:
    """By itself."""
    with world.program() as program, daemon_of(program):
        until(lambda: len(world.receipts()) == 2 and {kept(world).compared, kept(world, "page").compared} == {"same"})
    assert leaves(world) == sorted(world.receipts())


# What stands in the log


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE comparisons SET status = 'other' WHERE status = 'same'",
        "UPDATE comparisons SET status = 'same' WHERE status = 'other'",
        "UPDATE comparisons SET status = 'not compared' WHERE status = 'same'",
        "UPDATE comparisons SET sha256 = replace(sha256, 'a', 'b')",
        "UPDATE comparisons SET bytes = bytes + 1",
        "UPDATE comparisons SET http_status = 404",
        "UPDATE comparisons SET same_text = 1",
        "UPDATE comparisons SET compared_at = '2020-01-01T00:00:00Z'",
        "UPDATE receipts SET memento = memento || '?'",
        "UPDATE receipts SET saved_at = '2020-01-01T00:00:00Z'",
        "DELETE FROM comparisons WHERE status = 'same'",
        "DELETE FROM receipts WHERE url LIKE '%roster.csv'",
        "DELETE FROM leaves WHERE kind = 'saved'",
    ],
)
def test_an_edit_of_a_comparison_is_named(world: World, statement: str) -> None:
    """By whatever hand; before it, all was as it was written."""
    stands(world, "/roster.csv", OTHER)
    world.save()
    assert leaves(world) == sorted(world.receipts())
    edit(world.folder, statement)
    with Store(world.folder) as store:
        assert any("comparison" in fault or "leaves" in fault for fault in evidence_faults(store))


def test_a_comparison_that_nobody_made_is_named(world: World) -> None:
    """It has no leaf."""
    world.rounds(2)
    edit(
        world.folder,
        "INSERT INTO comparisons SELECT version_id, 'same', version_id, 1, 200, NULL, saved_at, 1, saved_at, NULL "
        "FROM receipts",
    )
    with Store(world.folder) as store:
        faults = list(evidence_faults(store))
    assert len([fault for fault in faults if "was not written by monitor" in fault]) == 2


@pytest.mark.parametrize("statement", ["UPDATE comparisons SET status = 'other'", "DELETE FROM comparisons"])
def test_the_database_refuses_to_change_a_comparison(world: World, statement: str) -> None:
    """Once it was made."""
    world.save()
    with Store(world.folder) as store, pytest.raises(Exception, match=r"is never changed|are never removed"):
        store.write(statement, {})


# Exhibits


def test_an_exhibit_names_the_copies_and_how_they_compare(monitor: Commands, world: World, tmp_path: Path) -> None:
    """In a file of their own, on the cover, and with the statement about it in the log."""
    stands(world, "/roster.csv", OTHER)
    monitor("save")
    copy = kept(world)
    ran = monitor("exhibit", "--version", copy.version[:16], "--folder", tmp_path / "packet")
    assert ran.status == 0, ran.err
    told = (tmp_path / "packet" / "saved" / "copies.txt").read_text("utf-8")
    assert told == f"{copy.memento}\n  saved {copy.saved_at}, of the file with SHA-256 {copy.version}; {copy.words}\n"
    assert "has other bytes (" in (tmp_path / "packet" / "COVER.html").read_text("utf-8")
    assert len(list((tmp_path / "packet" / "log").glob("*-saved.leaf"))) == 1


def test_an_exhibit_names_the_web_archive_that_a_file_was_taken_from(
    monitor: Commands, world: World, tmp_path: Path
) -> None:
    """A file of a backfill: its copy is the file."""
    url = world.publisher.address("/roster.csv")
    world.archive.captures.append(Captured(url, "20250105000000", OTHER, CSV))
    assert monitor("backfill", "places").status == 0
    sha256 = hashlib.sha256(OTHER).hexdigest()
    ran = monitor("exhibit", "--version", sha256, "--folder", tmp_path / "packet")
    assert ran.status == 0, ran.err
    assert (tmp_path / "packet" / "saved" / "copies.txt").read_text("utf-8") == (
        f"{world.archive.address}/web/20250105000000id_/{url}\n"
        f"  saved 2025-01-05T00:00:00Z, of the file with SHA-256 {sha256}; the kept file was taken from this copy\n"
    )


def test_the_page_of_a_record_names_the_copy_of_its_file(monitor: Commands, world: World) -> None:
    """With how it compares."""
    assert monitor("save").status == 0
    with Store(world.folder) as store:
        (row,) = store.all("SELECT locator FROM records WHERE list = 'roster'")
    mark = locator_of(json.loads(row["locator"])).mark
    with serving_of(world.folder) as served:
        shown = served.get(f"/record/{kept(world).version}/roster/{mark}").text
    assert kept(world).memento in shown
    assert SAME_BYTES.replace("'", "&#39;") in shown


def test_how_a_copy_compares_is_seen_as_soon_as_it_is_known(world: World) -> None:
    """Whoever has the version's page gets it anew, after each step, and not "304 Not Modified" until the next poll."""
    tag, path = "", "/version/places/roster/1"
    said = []
    with serving_of(world.folder) as served:
        for _ in range(4):
            shown = served.get(path, **{"if-none-match": tag})
            if shown.status_code == 200:
                said.append(shown.text.partition("Archive&#39;s copy ")[2].partition(".</p>")[0])
            tag = shown.headers["etag"]
            world.rounds(2, apart=7 * HOUR)
    assert said == ["", "was not compared yet", "has the same bytes"]
