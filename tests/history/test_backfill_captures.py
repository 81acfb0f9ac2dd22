"""Which captures of a web archive become versions, whatever it shows: of files, of pages, of a series."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import history, pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.history.placement import spans_of
from monitor.store.captures import MementoRow
from monitor.times import moment
from tests.support.backfilled import (
    FIRST,
    LISTED,
    MISSPELT,
    File,
    agreement,
    archive,
    captured,
    configured,
    files,
    story,
    take,
    told,
    without,
)
from tests.support.paths import ROOT
from tests.support.web_archive import Captured, Sent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

OLD, NEW = "https://www.ice.gov/a/participating1.xlsx", "https://www.ice.gov/b/participating2.xlsx"
DAYS = {day: f"{weekday}, 0{day} Mar 2025 08:00:00 GMT" for day, weekday in enumerate(("Sat", "Sun", "Mon", "Tue"), 1)}

YET_TO_COME = "Sat, 01 Mar 2064 08:00:00 GMT"
BEYOND = f"Sat, 01 Mar 2025 08:00:00 +{'9' * 17}"


def capture(url: str, says: str, modified: str | None = None) -> MementoRow:
    """A capture whose bytes are kept."""
    return MementoRow(
        id=0, report_key="participating", report_name="participating", url=url, captured_at="", archive_sha1=says,
        address=url, media_type="", sha256=says, digest=says, bytes=1,
        headers=f'[["last-modified", "{modified}"]]' if modified else "[]",
    )  # fmt: skip


def in_time(captures: Iterable[MementoRow]) -> list[MementoRow]:
    """The captures, a day after each other."""
    return [replace(each, captured_at=f"2025-03-{day:02}T12:00:00Z") for day, each in enumerate(captures, start=1)]


@pytest.mark.parametrize(
    ("captures", "versions", "stale"),
    [
        ((capture(OLD, "a"), capture(NEW, "b"), capture(OLD, "a"), capture(NEW, "b")), "ab", 1),
        ((capture(OLD, "a"), capture(NEW, "b"), capture(OLD, "c")), "abc", 0),
        ((capture(OLD, "a"), capture(NEW, "b"), capture(OLD, "c"), capture(NEW, "b")), "abc", 1),
        ((capture(OLD, "a"), capture(OLD, "b"), capture(OLD, "a")), "aba", 0),
        ((capture(OLD, "a"), capture(OLD.replace("s://www.", "://"), "b"), capture(OLD.upper(), "a")), "aba", 0),
        ((capture(OLD, "a"), capture(NEW, "b"), capture(OLD.replace("https://www.", "http://"), "a")), "ab", 1),
        ((capture(OLD, "a", DAYS[1]), capture(NEW, "b", DAYS[2]), capture(OLD, "c", DAYS[1])), "ab", 1),
        ((capture(OLD, "a", DAYS[1]), capture(NEW, "b", DAYS[2]), capture(OLD, "a", DAYS[3])), "aba", 0),
        ((capture(OLD, "a", DAYS[1]), capture(NEW, "b", DAYS[1]), capture(OLD, "a", DAYS[1])), "ab", 1),
        ((capture(NEW, "b", DAYS[2]), capture(OLD, "a", DAYS[1]), capture(NEW, "c", DAYS[3])), "bc", 1),
        ((capture(OLD, "a", "yesterday"), capture(NEW, "b", DAYS[2]), capture(OLD, "a", "yesterday")), "ab", 1),
        ((capture(OLD, "a", DAYS[1][:-4]), capture(NEW, "b", DAYS[2]), capture(OLD, "a", DAYS[1][:-4])), "ab", 1),
        ((capture(OLD, "a", BEYOND), capture(NEW, "b", DAYS[2]), capture(OLD, "a", BEYOND)), "ab", 1),
        ((capture(OLD, "a", YET_TO_COME), capture(NEW, "b", DAYS[2]), capture(OLD, "a", YET_TO_COME)), "ab", 1),
        ((capture(OLD, "a", DAYS[2]), capture(OLD, "b", DAYS[1])), "ab", 0),
        ((capture(OLD, "a"), capture(NEW, "a"), capture(OLD, "b")), "ab", 0),
    ],
    ids=(
        "an old file is still there",
        "a new file at the old address",
        "the same, and then the one that it replaced",
        "bytes come back",
        "http, https, www and case are one address",
        "an old file over http",
        "by its server's time an old file, though never seen",
        "by its server's time put there again",
        "the same time for all says nothing",
        "an old file seen for the first time when it was replaced",
        "no time at all",
        "a time without a zone",
        "a time beyond all times",
        "a time that is yet to come",
        "one address shows what it shows",
        "a copy elsewhere",
    ),
)
def test_the_versions_that_captures_are(captures: tuple[MementoRow, ...], versions: str, stale: int) -> None:
    """A capture of a file that had been replaced says nothing of the list at that time."""
    spans, left = spans_of(in_time(captures))
    assert ("".join(span.capture.digest or "" for span in spans), left) == (versions, stale)


def test_what_is_seen_again_only_prolongs_a_version() -> None:
    """Until it was last seen, and not until the capture of a replaced file."""
    found = in_time((capture(OLD, "a"), capture(OLD, "a"), capture(NEW, "b"), capture(OLD, "a"), capture(NEW, "b")))
    spans, _ = spans_of(found)
    assert [(span.capture.captured_at[:10], span.last_seen_at[:10]) for span in spans] == [
        ("2025-03-01", "2025-03-02"),
        ("2025-03-03", "2025-03-05"),
    ]


@given(
    st.lists(
        st.builds(
            capture,
            st.sampled_from((OLD, NEW, OLD.replace("https", "http"))),
            st.sampled_from("abc"),
            st.sampled_from((None, *DAYS.values())),
        ),
        max_size=12,
    )
)
def test_no_two_versions_in_a_row_say_the_same(captures: list[MementoRow]) -> None:
    """Versions ascend, each is a capture, each differs from the one before; nothing is counted twice."""
    found = in_time(captures)
    spans, stale = spans_of(found)
    says = [span.capture.digest for span in spans]
    assert all(one != other for one, other in itertools.pairwise(says))
    assert [span.capture for span in spans] == [each for each in found if each in {span.capture for span in spans}]
    assert len(spans) + stale <= len(found)
    assert bool(spans) == bool(found)
    times = [moment(at) for span in spans for at in (span.capture.captured_at, span.last_seen_at)]
    assert times == sorted(times)


def test_what_can_t_be_had_is_named_and_the_rest_is_taken(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """A captured error, a block page, one for which another is offered: exit status 1, a line for each."""
    found = story()[:5]
    take(monitor, tmp_path, found[4:])
    archive.captures = captured(found[:4])
    gone, blocked, other = found[0], found[1], found[3]
    archive.odd[gone.captured().path] = not_found(gone)
    archive.captures[2] = Captured(blocked.url, blocked.captured().timestamp, pages.ACCESS_DENIED)
    archive.unplayable.add(other.captured().timestamp)
    archive.captures.append(other._replace(at="2025-03-04T15:00:00Z", content=found[2].content).captured())
    ran = monitor("backfill", "ice-287g", "--workers", "1")
    assert ran.status == 1
    complaints = ran.err.splitlines()
    assert len(complaints) == 3
    assert all(line.startswith(f"monitor: {archive.address}/web/") for line in complaints)
    assert [each["captured_at"] for each in participating(monitor)] == [found[2].at, found[4].at]
    assert {each["observed_at"] for each in monitor("log", "--json").rows} == {found[4].at}

    archive.odd.clear()
    archive.unplayable.clear()
    archive.captures = captured(found[:4])
    log = monitor("log", "--json").out
    again = monitor("backfill", "ice-287g", "--workers", "1")
    assert (again.status, again.err) == (0, "")
    assert "participating: 2 versions; left out: 1 are from when the history that is there had begun" in again.out
    versions = participating(monitor)
    assert [each["number"] for each in versions] == [-2, -1, 0, 1]
    assert [each["captured_at"] for each in versions] == [found[at].at for at in (0, 1, 2, 4)]
    assert monitor("log", "--json").out.startswith(log)
    assert "all as it was written" in monitor("verify").out


def not_found(file: File) -> Sent:
    """What the archive plays back where the publisher had answered with an error."""
    return Sent(404, b"no", (file.captured().memento_datetime,))


def participating(monitor: Commands) -> list[dict[str, object]]:
    """The versions of the participating list, as printed."""
    return [each for each in monitor("versions", "--json").rows if each["report"] == "participating"]


def test_of_many_faults_the_first_are_named(monitor: Commands, archive: ArchiveServer) -> None:
    """Five lines, and how many more there are."""
    found = files(*((*FIRST, agreement(f"Some{number}")) for number in range(7)))
    archive.captures = captured(found)
    archive.odd = {each.captured().path: not_found(each) for each in found}
    ran = monitor("backfill", "ice-287g", "--workers", "1")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 6
    assert "2 more could not be had" in ran.err
    assert participating(monitor) == []


def test_captures_come_in_the_order_of_their_times(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """Whatever the order of the index, which is that of addresses, in pages of two lines."""
    found = [each._replace(name=f"participating{9 - day}.xlsx") for day, each in enumerate(story())]
    archive.captures = captured(found)
    archive.most_lines = 2
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    ours = told(monitor, found)
    monitor.state = tmp_path / "imported"
    take(monitor, tmp_path, found)
    assert ours == told(monitor, found)


def test_at_one_second_the_archive_may_show_two_files(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Both are versions; the list of that time is the later one's, and nothing breaks where both are joined."""
    found = files((*FIRST, MISSPELT), FIRST, (*FIRST, agreement("Union")))
    found[1] = found[1]._replace(at=found[0].at)
    take(monitor, tmp_path, found[2:])
    archive.captures = captured(found[:2])
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    assert [each["captured_at"] for each in participating(monitor)] == [each.at for each in found]
    assert len(monitor("list", *LISTED, "--at", found[0].at, "--json").rows) == len(FIRST)
    assert [each["kind"] for each in monitor("log", "--json").rows] == ["removed", "added"]
    assert "all as it was written" in monitor("verify").out


def test_at_the_time_of_the_first_version_nothing_is_before_it(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Which of the two came first nobody knows: it is left out, and that is said."""
    found = files((*FIRST, MISSPELT), FIRST)
    take(monitor, tmp_path, found[1:])
    archive.captures = captured([found[0]._replace(at=found[1].at)])
    ran = monitor("backfill", "ice-287g", "--workers", "1")
    assert ran.status == 0
    assert "participating: 0 versions; left out: 1 are from when the history that is there had begun" in ran.out
    assert len(participating(monitor)) == 1
    assert monitor("log", "--json").rows == []


def test_the_first_version_seen_earlier_changes_nothing_but_since_when(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The same bytes before the gap and after it: no amendment, and the records stood from the earlier time on."""
    found = files(FIRST, FIRST)
    take(monitor, tmp_path, found[1:])
    archive.captures = captured(found[:1])
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    assert monitor("log", "--json").rows == []
    rows = monitor("list", *LISTED, "--json").rows
    assert {row["listed_since"] for row in rows} == {row["first_observed_at"] for row in rows} == {found[0].at}
    assert len(rows) == len(FIRST)


def test_a_list_on_a_page_is_found_as_well(monitor: Commands, archive: ArchiveServer, tmp_path: Path) -> None:
    """What the page said, capture by capture; what differs in nonces alone is no version."""
    states = [pages.DOJ_STATES, pages.DOJ_STATES[1:], (*pages.DOJ_STATES[1:], "Nevadda"), pages.DOJ_STATES]
    folder, name = f"https://www.justice.gov{history.DOJ_PAGE}".rsplit("/", 1)
    found = [
        File(
            f"2025-08-0{day}T12:00:00Z",
            name,
            pages.doj(moment(f"2025-08-0{day}"), states=each),
            f"{folder}/",
            "text/html",
        )
        for day, each in enumerate(states, start=1)
    ]
    take(monitor, tmp_path, found[3:], "doj-sanctuary")
    same = found[1].content.replace(b"</body>", b"<script>nonce = 287</script></body>")
    archive.captures = [
        each.captured() for each in (*found[:3], found[1]._replace(at="2025-08-02T18:00:00Z", content=same))
    ]
    assert monitor("backfill", "doj-sanctuary", "--workers", "1").status == 0
    assert "all as it was written" in monitor("verify").out
    ours = everything(monitor, "doj-sanctuary", "states", found)
    monitor.state = tmp_path / "imported"
    take(monitor, tmp_path, found, "doj-sanctuary")
    assert ours == everything(monitor, "doj-sanctuary", "states", found)
    assert len(ours[0]) >= 3


def test_a_page_that_says_what_it_said_first_is_a_new_version(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """Polled after a backfill into a new state folder: it is of today, and not the archive's capture of then."""
    fewer, all_of_them = (
        pages.doj(moment("2025-08-05"), states=each) for each in (pages.DOJ_STATES[1:], pages.DOJ_STATES)
    )
    with Publisher() as publisher:
        text = (ROOT / "config.yaml").read_text("utf-8").replace("https://www.justice.gov", publisher.address)
        configured(monitor, archive.address, tmp_path, text)
        url = publisher.address + history.DOJ_PAGE
        archive.captures = [
            Captured(url, f"2025080{day}120000", content) for day, content in enumerate((all_of_them, fewer), start=1)
        ]
        assert monitor("backfill", "doj-sanctuary", "--workers", "1").status == 0
        publisher.publish(history.DOJ_PAGE, all_of_them, content_type=HTML_TYPE, at=datetime(2025, 8, 5, tzinfo=UTC))
        assert monitor("poll", "doj-sanctuary").status == 0
    versions = monitor("versions", "doj-sanctuary", "--json").rows
    assert [each["number"] for each in versions] == [1, 2, 3]
    assert versions[0]["captured_at"] == "2025-08-01T12:00:00Z"
    assert versions[2]["captured_at"] > "2026"
    assert [each["kind"] for each in monitor("log", "--list", "states", "--json").rows] == ["removed", "added"]
    assert monitor("verify").status == 0


def everything(monitor: Commands, source: str, name: str, found: Iterable[File]) -> tuple[list[str], list[list[str]]]:
    """The log, in no order, and the list at the time of each file."""
    log = sorted(without(each, "id", "entry_hash", "observed_by", "reverts") for each in monitor("log", "--json").rows)
    lists = [monitor("list", source, name, "--at", each.at, "--json").rows for each in found]
    return log, [sorted(without(row, "locator") for row in rows) for rows in lists]


SERIES = r"""
poll: {allow_private_addresses: false}
wayback: {url: https://web.archive.org, per_minute: 15}
sources:
  bulletins:
    page: https://www.example.gov/bulletins
    reports:
      monthly:
        kind: series
        format: csv
        match: { href: 'bulletin-\d{4}-\d\d[^/]*\.csv$' }
        key: 'bulletin-(\d{4}-\d\d)'
        lists:
          suspended:
            columns: { place: [Jurisdiction], reason: [Reason] }
            compare: across
            key: [place]
            names: [place]
            anchors: [reason]
            jurisdiction: { name: place }
channels: {}
subscriptions: {}
"""


def bulletin(at: str, month: str, **reasons: str) -> File:
    """A bulletin of a series."""
    rows = "".join(f"{place},{reason}\n" for place, reason in reasons.items())
    content = f"Jurisdiction,Reason\n{rows}".encode()
    return File(
        f"2026-{at}T12:00:00Z", f"bulletin-2026-{month}.csv", content, "https://www.example.gov/files/", "text/csv"
    )


def months() -> list[File]:
    """Two bulletins, each revised once."""
    return [
        bulletin("01-05", "01", Waco="staffing", Austin="court"),
        bulletin("01-08", "01", Waco="staffing", Austin="budget", Dallas="court"),
        bulletin("02-05", "02", Waco="staffing", Austin="budget", Laredo="court"),
        bulletin("02-08", "02", Waco="funding", Austin="budget", Laredo="court"),
    ]


def hold_bulletins(archive: ArchiveServer, found: Iterable[File]) -> None:
    """Have the archive hold these, and the page that links them."""
    links = "".join(f'<a href="{each.url}">x</a>' for each in months())
    page = f"<html><title>Bulletins</title>{links}{'<p>words' * 50}".encode()
    linking = Captured("https://www.example.gov/bulletins", "20260301000000", page)
    archive.captures = [linking, *(each.captured() for each in found)]


@pytest.mark.parametrize("live", [{1, 2, 3}, {3}, {2, 3}], ids=["one revision", "all but the last", "a month"])
def test_of_a_series_each_period_has_its_own_history(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path, live: set[int]
) -> None:
    """A revision is compared with what it revises, a period with the one before it, as in an import of all."""
    configured(monitor, archive.address, tmp_path, SERIES)
    found = months()
    take(monitor, tmp_path, [each for place, each in enumerate(found) if place in live], "bulletins")
    hold_bulletins(archive, [each for place, each in enumerate(found) if place not in live])
    assert monitor("backfill", "bulletins", "--workers", "1").status == 0
    assert "all as it was written" in monitor("verify").out
    ours = everything(monitor, "bulletins", "suspended", found)
    monitor.state = tmp_path / "imported"
    take(monitor, tmp_path, found, "bulletins")
    assert ours == everything(monitor, "bulletins", "suspended", found)
    assert len(ours[0]) == 5


def test_a_period_that_was_compared_already_is_not_told_twice(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """What its revision brought over the period before stays as it was told; its lines go on as in an import of all."""
    configured(monitor, archive.address, tmp_path, SERIES)
    found = months()
    take(monitor, tmp_path, [found[0], found[1], found[3]], "bulletins")
    before = [(each["kind"], each["before"], each["after"]) for each in monitor("log", "--json").rows]
    hold_bulletins(archive, [found[2]])
    assert monitor("backfill", "bulletins", "--workers", "1").status == 0
    assert [(each["kind"], each["before"], each["after"]) for each in monitor("log", "--json").rows] == before
    assert "all as it was written" in monitor("verify").out
    _, lists = everything(monitor, "bulletins", "suspended", found)
    monitor.state = tmp_path / "imported"
    take(monitor, tmp_path, found, "bulletins")
    assert lists == everything(monitor, "bulletins", "suspended", found)[1]


def test_a_report_known_by_the_text_of_its_link_is_found_where_it_was_linked(
    monitor: Commands, archive: ArchiveServer, tmp_path: Path
) -> None:
    """The archive's index has addresses alone; what else lies in the folder is not taken for the report."""
    series = r"match: { href: 'bulletin-\d{4}-\d\d[^/]*\.csv$' }"
    assert series in SERIES
    configured(monitor, archive.address, tmp_path, SERIES.replace(series, "match: { text: '^x$' }"))
    hold_bulletins(archive, [*months(), bulletin("01-06", "03", Laredo="draft")])
    assert monitor("backfill", "bulletins", "--workers", "1").status == 0
    versions = monitor("versions", "bulletins", "--json").rows
    assert [(each["report"], each["number"]) for each in versions] == [
        ("2026-01", 1),
        ("2026-01", 2),
        ("2026-02", 1),
        ("2026-02", 2),
    ]


def test_its_bytes_are_kept_as_those_of_an_import(monitor: Commands, archive: ArchiveServer) -> None:
    """What the archive sent lies in the state folder's archive, under the hash that the versions name."""
    found = files(FIRST)
    archive.captures = captured(found)
    monitor("backfill", "ice-287g", "--workers", "1")
    (version,) = participating(monitor)
    assert version["sha256"] == hashlib.sha256(found[0].content).hexdigest()
    assert "2 files" in monitor("verify").out
