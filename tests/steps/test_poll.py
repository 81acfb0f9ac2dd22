"""The poll step against real servers: what is kept, what is never believed, what counts as gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo import ddor, pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from monitor.demo.sheets import PENDING_COLUMNS, Agreement, sheet
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.sandbox.reader import Reader
from monitor.steps.poll import look
from monitor.store import changelog, queries
from monitor.store.evidence_faults import evidence_faults
from monitor.store.search import LogFilter, log_entries
from monitor.times import instant
from tests.support.lists import CONFIG, subscribed
from tests.support.paths import ROOT
from tests.support.servers import DEADLINE, Page, Reply, Request, Server, in_turn, raw
from tests.support.survival import short_weeks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.alerts.message import Message
    from monitor.steps.outcomes import Polled, Processed
    from monitor.store.rows import VersionRow
    from tests.conftest import Commands

START = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
AGREEMENTS, DETAINERS = "/identify-and-arrest/287g", "/declined-detainer-outcome-report"
DHS, DOJ = "/sanctuary-jurisdictions", "/ag/" + CONFIG.sources["doj-sanctuary"].page.rsplit("/", 1)[1]
DENIED = Reply(headers=(("Content-Type", "text/html"),), body=pages.ACCESS_DENIED)

FIRST = tuple(
    Agreement(
        state="FLORIDA",
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    for name in ("Bay", "Clay", "Collier", "Dixie", "Duval", "Gulf", "Hardee", "Hendry", "Lee", "Leon", "Levy", "Pasco")
)
SECOND = (*FIRST[:-1], replace(FIRST[-1], signed=date(2025, 2, 25)))
THIRD = (*SECOND, replace(FIRST[0], agency="Polk County Sheriff's Office", county="Polk County"))
NONE_PENDING = tuple(replace(each, signed=None) for each in FIRST[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one poll with all three steps came to."""

    polled: Polled
    processed: tuple[Processed, ...]
    alerts: tuple[Message, ...]


@dataclass(kw_only=True)
class Watch:
    """The real program on a state folder, with the default configuration pointed at a local server, at a set time."""

    program: Program
    at: datetime = START
    rounds: list[Round] = field(default_factory=list)

    def poll(self, source: str, *, after: timedelta = QUARTER) -> Round:
        """The three steps, some time after the last."""
        self.at += after
        (polled,) = self.program.poll([source])
        processed = tuple(self.program.process())
        told = (self.program.message_about(done) for done in (*polled.turned, *processed))
        return Round(polled=polled, processed=processed, alerts=tuple(message for message in told if message))

    @property
    def log(self) -> list[dict[str, Any]]:
        """The change log."""
        return [entry.to_json() for entry in log_entries(self.program.store, LogFilter())]

    @property
    def told(self) -> list[tuple[str, str | None, str]]:
        """The change log in short: report, list, kind."""
        return [(entry["report"], entry["list"], entry["kind"]) for entry in self.log]

    def versions(self, report: str) -> list[VersionRow]:
        """The versions of a report, oldest first."""
        return [version for version, _ in queries.all_versions(self.program.store) if version.report_key == report]

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        store = self.program.store
        names = [row["name"] for row in store.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: store.all(f"SELECT count(*) AS rows FROM {name}")[0]["rows"] for name in names}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker process for all tests."""
    with Reader() as reader:
        yield reader


@contextmanager
def watching(address: str, folder: Path, reader: Reader, *, text: str | None = None) -> Iterator[Watch]:
    """A program that watches a server; retries take no time."""
    text = subscribed((ROOT / "config.yaml").read_text("utf-8"), folder) if text is None else text
    config = folder / "config.yaml"
    config.write_text(localized(text, CONFIG, address), encoding="utf-8")
    with Program(config_path=config, state_override=folder / "state") as program:
        watch = Watch(program=program)
        program.now = lambda: watch.at
        program.reader = reader
        program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
        with program.fetcher:
            yield watch


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A site that answers conditional requests."""
    with Publisher() as publisher:
        yield publisher


@pytest.fixture
def watch(publisher: Publisher, tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """The program, watching the publisher."""
    with watching(publisher.address, tmp_path, reader) as watch:
        yield watch


def put(publisher: Publisher, path: str, content: bytes, content_type: str = XLSX) -> None:
    """Publish something."""
    publisher.publish(path, content, content_type=content_type, at=START)


def issue(publisher: Publisher, stamp: str, rows: tuple[Agreement, ...], *, at: datetime = START) -> None:
    """Publish both spreadsheets under the names of this issue, and the page that links them."""
    participating, pending = f"/doclib/participatingAgencies{stamp}.xlsx", f"/doclib/pendingAgencies{stamp}.xlsx"
    put(publisher, participating, sheet(rows))
    put(publisher, pending, sheet(NONE_PENDING, PENDING_COLUMNS))
    put(publisher, AGREEMENTS, pages.agreements(at, participating=participating, pending=pending), HTML_TYPE)


def test_a_rolling_report_is_one_chain_under_changing_names(publisher: Publisher, watch: Watch) -> None:
    """Each issue has another name; they are versions 1, 2, 3 of one report, each compared with the one before."""
    for stamp, rows in (("06022025am", FIRST), ("06022025pm", SECOND), ("06032025_b", THIRD)):
        issue(publisher, stamp, rows)
        watch.poll("ice-287g")
    found = watch.versions("participating")
    assert [(each.number, each.file_name) for each in found] == [
        (1, "participatingAgencies06022025am.xlsx"),
        (2, "participatingAgencies06022025pm.xlsx"),
        (3, "participatingAgencies06032025_b.xlsx"),
    ]
    assert [(entry["kind"], entry["previous"], entry["version"]) for entry in watch.log] == [
        ("corrected", found[0].sha256, found[1].sha256),
        ("added", found[1].sha256, found[2].sha256),
    ]
    assert len(watch.versions("pending")) == 1


def test_new_bytes_under_the_same_name_are_version_2(publisher: Publisher, watch: Watch) -> None:
    """A silent replacement, with the page untouched, is found, and told as one."""
    issue(publisher, "07032025pm", FIRST)
    watch.poll("ice-287g")
    put(publisher, "/doclib/participatingAgencies07032025pm.xlsx", sheet(SECOND))
    (alert,) = watch.poll("ice-287g").alerts
    one, two = watch.versions("participating")
    assert (one.file_name, one.number, two.file_name, two.number) == (two.file_name, 1, one.file_name, 2)
    assert watch.told == [("participating", "participating", "corrected")]
    (evidence,) = alert.files
    assert evidence.silent
    assert evidence.file.name == "participatingAgencies07032025pm.xlsx"
    (item,) = alert.items
    assert item.what == "Pasco County Sheriff's Office, Task Force Model, signed 25 February 2025"


def test_the_same_bytes_under_another_name_are_no_version(publisher: Publisher, watch: Watch) -> None:
    """A new name alone says nothing, and the report is at its new place from then on."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    issue(publisher, "06022025pm", FIRST)
    publisher.withdraw("/doclib/participatingAgencies06022025am.xlsx")
    publisher.withdraw("/doclib/pendingAgencies06022025am.xlsx")
    watch.poll("ice-287g")
    publisher.withdraw(AGREEMENTS)
    for _ in range(4):
        watch.poll("ice-287g")
    assert len(watch.versions("participating")) == 1
    assert watch.told == [("page", None, "withdrawn")]


def test_an_unchanged_poll_moves_last_seen_at_alone(publisher: Publisher, watch: Watch) -> None:
    """Everything is asked conditionally and answered by 304; no table gets a row, and the log and alerts stay."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    rows, versions = watch.counts(), watch.versions("participating")
    unchanged = watch.poll("ice-287g")
    assert (unchanged.polled.kept, unchanged.polled.faults, unchanged.polled.notes) == (0, (), ())
    assert (unchanged.processed, unchanged.alerts) == ((), ())
    assert watch.counts() == rows
    assert [each.last_seen_at for each in versions] == ["2025-06-02T12:15:00Z"]
    assert watch.versions("participating") == [replace(versions[0], last_seen_at="2025-06-02T12:30:00Z")]


def conditional(body: bytes, *, etag: str, content_type: str = HTML_TYPE) -> Callable[[Request], Reply]:
    """A page that answers 304 to whoever has its tag."""

    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == etag:
            return Reply(status=304, headers=(("ETag", etag),))
        return Reply(headers=(("ETag", etag), ("Content-Type", content_type)), body=body)

    return answer


def linking(*paths: str) -> bytes:
    """A page with these links."""
    links = "".join(f'<li><a href="{path}">a list</a></li>' for path in paths)
    return f"<!DOCTYPE html><html><title>287(g)</title><body><h1>287(g)</h1><ul>{links}</ul></body></html>".encode()


PENDING = Reply(body=sheet(NONE_PENDING, PENDING_COLUMNS))


def test_entity_tags_are_sent_back_as_they_came(tmp_path: Path, reader: Reader) -> None:
    """The first poll asks without conditions, the second with each address's own tag, weak or not."""
    site: dict[str, Page] = {
        AGREEMENTS: conditional(linking("/participating.xlsx", "/pending.xlsx"), etag='W/"page 1"'),
        "/participating.xlsx": conditional(sheet(FIRST), etag='"a"', content_type=XLSX),
        "/pending.xlsx": PENDING,
    }
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("ice-287g")
        watch.poll("ice-287g")
    sent = [(request.path, request.headers.get("if-none-match")) for request in server.requests]
    assert sent == [
        (AGREEMENTS, None),
        ("/participating.xlsx", None),
        ("/pending.xlsx", None),
        (AGREEMENTS, 'W/"page 1"'),
        ("/participating.xlsx", '"a"'),
        ("/pending.xlsx", None),
    ]


def broken() -> dict[str, Page]:
    """What a server can answer instead of a spreadsheet, by the word that names it."""
    whole = sheet(SECOND)
    return {
        "answered 200 OK: the server refuses this program": DENIED,
        "answered 403 Forbidden: the server refuses this program": replace(DENIED, status=403),
        "the body broke off": raw(
            f"HTTP/1.1 200 OK\r\nContent-Type: {XLSX}\r\nContent-Length: {len(whole)}\r\n\r\n".encode(), whole[:999]
        ),
        "empty where an XLSX file should be": Reply(body=b""),
        "answered 503": Reply(status=503, headers=(("Retry-After", "3600"),)),
        "an HTML page where an XLSX file should be": Reply(body=linking("/")),
        "a PDF where an XLSX file should be": Reply(body=b"%PDF-1.7\n" + b"x" * 2000),
    }


@pytest.mark.parametrize("named", broken())
def test_what_is_not_the_document_is_never_a_version(tmp_path: Path, reader: Reader, named: str) -> None:
    """A block page with status 200, a 403, a body cut short: one line with address and next step, the log untouched."""
    site: dict[str, Page] = {
        AGREEMENTS: Reply(body=linking("/participating.xlsx", "/pending.xlsx")),
        "/participating.xlsx": Reply(body=sheet(FIRST)),
        "/pending.xlsx": PENDING,
    }
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("ice-287g")
        before, stored = watch.counts(), watch.versions("participating")
        server.pages["/participating.xlsx"] = broken()[named]
        bad = watch.poll("ice-287g")
        (fault,) = bad.polled.faults
        assert fault.startswith(f"{server.address('/participating.xlsx')}: ")
        assert ";" in fault
        assert "\n" not in fault
        assert named in fault
        assert (bad.polled.kept, bad.alerts, watch.log, watch.counts()) == (0, (), [], before)
        assert watch.versions("participating") == stored  # nor was the good one seen again
        server.pages["/participating.xlsx"] = Reply(body=sheet(SECOND))
        watch.poll("ice-287g")
        assert watch.told == [("participating", "participating", "corrected")]


@pytest.mark.parametrize("reply", [DENIED, Reply(status=403)])
def test_a_blocked_poll_ends_with_status_1_and_one_line(monitor: Commands, tmp_path: Path, reply: Reply) -> None:
    """`monitor poll` names the source, the address and what next on stderr; there is no traceback, no version."""
    with Server({DOJ: reply}) as server:
        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(localized((ROOT / "config.yaml").read_text("utf-8"), CONFIG, server.address("")))
        ran = monitor("poll", "doj-sanctuary")
        assert (ran.status, ran.err.count("\n")) == (1, 1)
        assert ran.err.startswith(f"monitor: doj-sanctuary: {server.address(DOJ)}: ")
        assert "set `contact`, or ask less often" in ran.err
        assert ran.out == "doj-sanctuary: failed\n"
        assert monitor("versions", "--json").rows == []


def test_a_page_that_is_gone_is_withdrawn_at_the_third_poll_and_once(publisher: Publisher, watch: Watch) -> None:
    """404 once and twice is noted; three times is one `withdrawn` without a list, and no record is ever removed."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    watch.poll("doj-sanctuary")
    publisher.withdraw(DOJ)
    polls = [watch.poll("doj-sanctuary") for _ in range(5)]
    assert [each.polled.faults for each in polls] == [()] * 5
    assert [len(each.polled.notes) for each in polls] == [1, 1, 1, 0, 0]
    assert "found gone 2 of 3 times" in polls[1].polled.notes[0]
    assert [[alert.subject for alert in each.alerts] for each in polls] == [
        *([], []),
        ["DOJ sanctuary jurisdictions: the page was taken down"],
        *([], []),
    ]
    (entry,) = watch.log
    assert (entry["kind"], entry["report"], entry["list"]) == ("withdrawn", "page", None)
    assert (entry["before"], entry["after"], entry["observed_at"]) == (None, None, "2025-06-02T13:00:00Z")
    assert entry["version"] == watch.versions("page")[0].sha256
    assert not list(evidence_faults(watch.program.store))


def test_a_page_that_only_a_web_archive_has_seen_is_not_told_to_be_gone(publisher: Publisher, watch: Watch) -> None:
    """It was gone before anyone here looked, so this is no news; it counts as taken down all the same."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    watch.poll("doj-sanctuary")
    store = watch.program.store  # as a backfill leaves it
    store.write("UPDATE captures SET memento = 'https://web.archive.org/web/2025id_/x', via = 'import'", {})
    store.write("DELETE FROM addresses", {})
    publisher.withdraw(DOJ)
    for _ in range(4):
        assert watch.poll("doj-sanctuary").alerts == ()
    assert watch.log == []
    (version,) = watch.versions("page")
    assert queries.withdrawn_at(store, version.report_id) == "2025-06-02T13:00:00Z"
    assert not [fault for fault in evidence_faults(store) if fault.startswith("reports")]  # though no entry says it
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    back = watch.poll("doj-sanctuary")
    assert watch.told == [("page", None, "restored")]
    assert len(back.alerts) == 1


def test_a_page_that_comes_back_is_restored_once(publisher: Publisher, watch: Watch) -> None:
    """The same list again is one `restored`; what changed meanwhile comes after it, against the last good version."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    watch.poll("doj-sanctuary")
    publisher.withdraw(DOJ)
    for _ in range(3):
        watch.poll("doj-sanctuary")
    put(publisher, DOJ, pages.doj(START, states=[each for each in pages.DOJ_STATES if each != "Nevada"]), HTML_TYPE)
    back = watch.poll("doj-sanctuary")
    watch.poll("doj-sanctuary")
    assert watch.told == [("page", None, "withdrawn"), ("page", None, "restored"), ("page", "states", "removed")]
    assert not list(evidence_faults(watch.program.store))
    assert [alert.subject for alert in back.alerts] == [
        "DOJ sanctuary jurisdictions: the page is back again",
        "DOJ sanctuary jurisdictions, States: 1 removed in Nevada",
    ]


def test_misses_count_only_in_a_row(publisher: Publisher, watch: Watch) -> None:
    """404, there again, 404, 404: not withdrawn."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    for there in (True, False, False, True, False, False):
        if there:
            put(publisher, DOJ, pages.doj(START), HTML_TYPE)
        elif DOJ in publisher._server.published:  # noqa: SLF001 - it has no question for it
            publisher.withdraw(DOJ)
        watch.poll("doj-sanctuary")
    assert watch.log == []


def test_a_link_that_disappears_beside_one_that_nothing_matches_is_a_fault(publisher: Publisher, watch: Watch) -> None:
    """The publisher calls its file otherwise now: named at each poll, nothing withdrawn, the old file asked on."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    put(publisher, AGREEMENTS, linking("/doclib/pendingAgencies06022025am.xlsx", "/doclib/partners.xlsx"), HTML_TYPE)
    polls = [watch.poll("ice-287g") for _ in range(4)]
    assert [len(each.polled.faults) for each in polls] == [1] * 4
    (fault,) = polls[0].polled.faults
    assert fault.startswith(f"{publisher.address}{AGREEMENTS}: no link matches the report 'participating'")
    assert "sources.ice-287g.reports.participating.match" in fault
    assert fault.endswith("/doclib/partners.xlsx")  # which may be it
    assert watch.log == []
    assert watch.versions("participating")[0].last_seen_at == "2025-06-02T13:15:00Z"  # it was asked all the same


def test_a_report_that_is_no_longer_linked_is_withdrawn_once(publisher: Publisher, watch: Watch) -> None:
    """Beside another that is linked as ever: told at the third poll, and back when the link is back."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    linked = "/doclib/participatingAgencies06022025am.xlsx"
    put(publisher, AGREEMENTS, linking(linked), HTML_TYPE)
    polls = [watch.poll("ice-287g") for _ in range(5)]
    assert all(not each.polled.faults for each in polls)
    assert watch.told == [("pending", None, "withdrawn")]
    put(publisher, AGREEMENTS, linking(linked, "/doclib/pendingAgencies06022025am.xlsx"), HTML_TYPE)
    watch.poll("ice-287g")
    assert watch.told == [("pending", None, "withdrawn"), ("pending", None, "restored")]


def test_a_new_file_linked_beside_the_old_one_is_taken(publisher: Publisher, watch: Watch) -> None:
    """The old link stays first on the page: the new one is the next version, and stays so at the polls after it."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    put(publisher, "/doclib/participating-list.xlsx", sheet(SECOND))
    links = ("participatingAgencies06022025am.xlsx", "pendingAgencies06022025am.xlsx", "participating-list.xlsx")
    put(publisher, AGREEMENTS, linking(*(f"/doclib/{name}" for name in links)), HTML_TYPE)
    for _ in range(3):
        watch.poll("ice-287g")
    assert [each.file_name for each in watch.versions("participating")] == [links[0], links[2]]


def test_an_old_file_counts_when_two_polls_find_it(publisher: Publisher, watch: Watch) -> None:
    """Two servers behind one name, old and new by turns, tell one change; a true return is told by the second poll."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    path = "/doclib/participatingAgencies06022025am.xlsx"
    for rows in (SECOND, FIRST, SECOND, FIRST, SECOND):
        put(publisher, path, sheet(rows))
        watch.poll("ice-287g")
    assert len(watch.versions("participating")) == 2
    told = len(watch.told)
    put(publisher, path, sheet(FIRST))
    assert "version 1 came again, byte for byte" in " ".join(watch.poll("ice-287g").polled.notes)
    assert "participating: back to version 1, byte for byte" in watch.poll("ice-287g").polled.notes
    assert len(watch.versions("participating")) == 3
    assert len(watch.told) == 2 * told


def test_a_poll_that_is_killed_before_it_is_noted_keeps_an_old_page_from_counting(
    publisher: Publisher, watch: Watch
) -> None:
    """It found the new page, so that the old one that comes next came once, and not twice in a row."""
    old = pages.doj(START)
    new = old.replace(b"<h1>", b"<h1>The ", 1)
    for body in (old, new, old):
        put(publisher, DOJ, body, HTML_TYPE)
        watch.poll("doj-sanctuary")
    put(publisher, DOJ, new, HTML_TYPE)
    watch.at += QUARTER
    assert look(watch.program.poll_context, "doj-sanctuary").is_quiet
    put(publisher, DOJ, old, HTML_TYPE)
    assert "came again, byte for byte" in " ".join(watch.poll("doj-sanctuary").polled.notes)
    assert len(watch.versions("page")) == 2


CUT = pages.doj(START)[: pages.doj(START).index(b"</body>") - 40]


@pytest.mark.parametrize(
    ("after", "asked", "held"), [([pages.doj(START)], 2, 0), ([CUT], 2, 1), ([Reply(status=500)], 5, 1)]
)
def test_a_page_that_lost_its_end_is_asked_again_at_once(
    tmp_path: Path, reader: Reader, after: list[Reply | bytes], asked: int, held: int
) -> None:
    """Cut off between two items, though with the right length: believed only if the second answer has an end."""
    replies = [reply if isinstance(reply, Reply) else Reply(body=reply) for reply in (CUT, *after)]
    site: dict[str, Page] = {DOJ: Reply(body=pages.doj(START))}
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("doj-sanctuary")
        server.requests.clear()
        server.pages[DOJ] = in_turn(*replies, *[replies[-1]] * 9)
        watch.poll("doj-sanctuary")
        assert len(server.requests) == asked
        assert watch.log == []
        assert [each.status for each in watch.versions("page")][1:] == ["held"] * held


def test_a_page_that_never_had_an_end_is_asked_once(tmp_path: Path, reader: Reader) -> None:
    """HTML may leave its last tags out."""
    whole = pages.doj(START).replace(b"</body>", b"").replace(b"</html>", b"")
    with Server({DOJ: Reply(body=whole)}) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("doj-sanctuary")
        server.pages[DOJ] = Reply(body=whole.replace(b"<h1>", b"<h1>The "))
        watch.poll("doj-sanctuary")
        assert len(server.requests) == 2


def test_a_dead_link_does_not_withdraw_the_report_that_is_still_there(publisher: Publisher, watch: Watch) -> None:
    """The page links a new file that answers 404: a fault; the old file is looked at, and nothing is withdrawn."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    names = ("/doclib/participatingAgencies06022025pm.xlsx", "/doclib/pendingAgencies06022025am.xlsx")
    put(publisher, AGREEMENTS, pages.agreements(START, participating=names[0], pending=names[1]), HTML_TYPE)
    polls = [watch.poll("ice-287g") for _ in range(4)]
    assert all(names[0] in fault for each in polls for fault in each.polled.faults)
    assert [len(each.polled.faults) for each in polls] == [1] * 4
    assert watch.log == []


WEEKS = short_weeks()


def weekly(publisher: Publisher, *weeks: ddor.Week, notices: tuple[str, ...] = ()) -> None:
    """ICE's page with these weeks' reports, the latest first."""
    reports = [(f"/doclib/ddor/{week.file_name}", "Declined Detainer Outcome Report") for week in reversed(weeks)]
    put(publisher, DETAINERS, pages.declined_detainers(START, reports=reports, notices=notices), HTML_TYPE)


def test_in_a_series_each_period_is_a_report_that_may_be_revised(publisher: Publisher, watch: Watch) -> None:
    """Week 1 anew at its address is version 2 of it; week 2 is a report of its own, compared across in section III."""
    first, revised, second = WEEKS
    put(publisher, f"/doclib/ddor/{first.file_name}", ddor.ddor_pdf(first), PDF)
    weekly(publisher, first)
    watch.poll("ice-ddor")
    put(publisher, f"/doclib/ddor/{first.file_name}", ddor.ddor_pdf(revised), PDF)
    watch.poll("ice-ddor")
    assert [each.number for each in watch.versions("2017_01-28to02-03")] == [1, 2]
    corrections = watch.log
    assert [(entry["list"], entry["reason"]) for entry in corrections] == [("section-2", "reattributed")] * 14
    put(publisher, f"/doclib/ddor/{second.file_name}", ddor.ddor_pdf(second), PDF)
    weekly(publisher, revised, second)
    watch.poll("ice-ddor")
    (version,) = watch.versions("2017_02-04to02-10")
    across = watch.log[len(corrections) :]
    old, new = ({each.jurisdiction for each in week.policies} for week in (revised, second))
    found = {(entry["kind"], (entry["after"] or entry["before"])["jurisdiction"]) for entry in across}
    assert found == {("added", each) for each in new - old} | {("removed", each) for each in old - new} != set()
    assert {(entry["report"], entry["list"], entry["version"]) for entry in across} == {
        ("2017_02-04to02-10", "section-3", version.sha256)
    }
    assert {entry["previous"] for entry in across} == {watch.versions("2017_01-28to02-03")[1].sha256}


def test_weeks_first_seen_together_are_compared_in_their_order(publisher: Publisher, watch: Watch) -> None:
    """The page lists the latest week first; week 2 is compared with week 1 all the same, not the other way round."""
    _, first, second = WEEKS
    for week in (first, second):
        put(publisher, f"/doclib/ddor/{week.file_name}", ddor.ddor_pdf(week), PDF)
    weekly(publisher, first, second)
    watch.poll("ice-ddor")
    assert {entry["report"] for entry in watch.log} == {"2017_02-04to02-10"}
    new = {each.jurisdiction for each in second.policies} - {each.jurisdiction for each in first.policies}
    added = {entry["after"]["jurisdiction"] for entry in watch.log if entry["kind"] == "added"}
    assert added == new


def test_an_old_report_is_asked_ever_more_rarely(tmp_path: Path, reader: Reader) -> None:
    """Polled weekly for three years, a weekly report that stands is asked each week at first, at last each fifth."""
    week = WEEKS[0]
    path = f"/doclib/ddor/{week.file_name}"
    page = conditional(pages.declined_detainers(START, reports=[(path, "Week 1")]), etag='"p"')
    asked: list[datetime] = []
    with Server({DETAINERS: page}) as server, watching(server.address(""), tmp_path, reader) as watch:
        report = conditional(ddor.ddor_pdf(week), etag='"r"', content_type=PDF)
        server.pages[path] = lambda request: asked.append(watch.at) or report(request)  # type: ignore[func-returns-value]
        for _ in range(156):
            watch.poll("ice-ddor", after=timedelta(weeks=1))
        assert server.paths().count(DETAINERS) == 156
        assert [each.last_seen_at for each in watch.versions("2017_01-28to02-03")] == [instant(asked[-1])]
    gaps = [(after - before).days for before, after in pairwise(asked)]
    assert gaps[:4] == [7] * 4
    assert gaps == sorted(gaps)
    assert gaps[-1] == 35
    assert len(asked) < 80


def test_an_old_report_that_is_gone_is_confirmed_at_once(publisher: Publisher, watch: Watch) -> None:
    """Once an old report is found gone, the next polls ask again, so that its withdrawal is not months away."""
    week = WEEKS[0]
    put(publisher, f"/doclib/ddor/{week.file_name}", ddor.ddor_pdf(week), PDF)
    weekly(publisher, week)
    watch.poll("ice-ddor")
    publisher.withdraw(f"/doclib/ddor/{week.file_name}")
    watch.poll("ice-ddor", after=timedelta(days=400))
    watch.poll("ice-ddor")
    assert watch.log == []
    watch.poll("ice-ddor")
    assert watch.told == [("2017_01-28to02-03", None, "withdrawn")]


def test_of_several_links_for_a_rolling_report_the_first_counts(publisher: Publisher, watch: Watch) -> None:
    """An archive of older files further down the page is not taken for the current one."""
    for name, rows in (("new", SECOND), ("old", FIRST)):
        put(publisher, f"/participating-{name}.xlsx", sheet(rows))
    put(publisher, "/pending.xlsx", sheet(NONE_PENDING, PENDING_COLUMNS))
    put(
        publisher, AGREEMENTS, linking("/participating-new.xlsx", "/pending.xlsx", "/participating-old.xlsx"), HTML_TYPE
    )
    for _ in range(2):
        assert watch.poll("ice-287g").polled.faults == ()
    assert [each.file_name for each in watch.versions("participating")] == ["participating-new.xlsx"]


def test_links_to_hosts_that_are_not_allowed_are_refused(tmp_path: Path, reader: Reader) -> None:
    """A link to another host is a fault that says how to allow it; that host is not asked."""
    with Server(host="127.0.0.2") as other, Server({"/pending.xlsx": PENDING}) as server:
        other.pages["/participating.xlsx"] = Reply(body=sheet(FIRST))
        page = linking(other.address("/participating.xlsx"), "/pending.xlsx")
        server.pages[AGREEMENTS] = Reply(body=page)
        with watching(server.address(""), tmp_path, reader) as watch:
            (fault,) = watch.poll("ice-287g").polled.faults
            assert "leads to the host '127.0.0.2'; add it to the `hosts` of the source" in fault
            assert (other.connections, watch.versions("participating")) == (0, [])
            assert len(watch.versions("pending")) == 1


def test_after_a_hold_the_return_ends_where_it_began(publisher: Publisher, watch: Watch) -> None:
    """A, B which is held, A again: three versions, nothing in the log, the list as it was."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    path = "/doclib/participatingAgencies06022025am.xlsx"
    put(publisher, path, sheet(FIRST, ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE")))
    (held,) = watch.poll("ice-287g").processed
    assert held.hold_reason
    put(publisher, path, sheet(FIRST))
    again = watch.poll("ice-287g")
    assert (again.alerts, watch.log) == ((), [])
    found = watch.versions("participating")
    assert [str(each.status) for each in found] == ["recorded", "rejected", "recorded"]
    assert found[0].sha256 == found[2].sha256
    assert len(queries.records_of(watch.program.store, found[2], "participating")) == len(FIRST)


def test_nonces_and_tokens_make_no_version(publisher: Publisher, watch: Watch) -> None:
    """The same page with other nonces, tokens and scripts is the version that it was."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    watch.poll("doj-sanctuary")
    rows = watch.counts()
    for hours in (1, 2):
        page = pages.doj(START + timedelta(hours=hours))
        put(publisher, DOJ, page, HTML_TYPE)
        assert watch.poll("doj-sanctuary").polled.kept == 0
    assert watch.counts() == rows
    assert watch.versions("page")[0].last_seen_at == "2025-06-02T12:45:00Z"


def test_notices_on_the_page_are_told_as_added(publisher: Publisher, watch: Watch) -> None:
    """What the publisher says of its reports is in the list `notices`; the links around it are no news."""
    week = WEEKS[0]
    put(publisher, f"/doclib/ddor/{week.file_name}", ddor.ddor_pdf(week), PDF)
    weekly(publisher, week)
    watch.poll("ice-ddor")
    weekly(publisher, week, notices=(pages.CORRECTION,))
    (alert,) = watch.poll("ice-ddor").alerts
    assert alert.subject == "ICE Declined Detainer Outcome Report, Notices on the page: 1 added"
    weekly(publisher, week, notices=(pages.SUSPENSION, pages.CORRECTION))
    watch.poll("ice-ddor")
    assert watch.told == [("page", "notices", "added")] * 2
    assert [entry["after"]["text"][:12] for entry in watch.log] == ["Correction: ", "ICE continue"]


def test_sources_of_one_host_are_polled_side_by_side(tmp_path: Path, reader: Reader) -> None:
    """Two pages of one server are asked at the same time: each answers only once the other has been asked."""
    both = threading.Barrier(2)

    def page(body: bytes) -> Callable[[Request], Reply]:
        def answer(_: Request) -> Reply:
            both.wait(DEADLINE)
            return Reply(body=body)

        return answer

    with (
        Server({DOJ: page(pages.doj(START)), DHS: page(pages.dhs(START))}) as server,
        watching(server.address(""), tmp_path, reader) as watch,
    ):
        polled = list(watch.program.poll(["doj-sanctuary", "dhs-sanctuary"]))
    assert [(each.source, each.kept, each.faults) for each in polled] == [
        ("doj-sanctuary", 1, ()),
        ("dhs-sanctuary", 1, ()),
    ]


TWO = """
poll: {allow_private_addresses: true}
sources:
  states:
    page: https://www.justice.gov/both
    reports: {page: {kind: page, format: html, lists: {states-1: &list {heading: ^states$, item: '^(?P<name>.+)$'}}}}
  again:
    page: https://www.justice.gov/both
    reports: {page: {kind: page, format: html, lists: {states-2: *list}}}
"""


def test_two_sources_may_watch_the_same_page(publisher: Publisher, tmp_path: Path, reader: Reader) -> None:
    """Each keeps versions of its own, though what one was answered is "not modified" for the other."""
    with watching(publisher.address, tmp_path, reader, text=TWO) as watch:
        put(publisher, "/both", pages.doj(START), HTML_TYPE)
        watch.poll("states")
        watch.poll("again")
        put(publisher, "/both", pages.doj(START, states=pages.DOJ_STATES[1:]), HTML_TYPE)
        for source in ("states", "again", "again"):
            watch.poll(source)
        assert [(each.source, each.number) for each in watch.versions("page")] == [
            *(("again", 1), ("again", 2)),
            *(("states", 1), ("states", 2)),
        ]
        assert len({each.sha256 for each in watch.versions("page")}) == 2
        told = [(entry["source"], entry["list"], entry["kind"]) for entry in watch.log]
        assert told == [("states", "states-1", "removed"), ("again", "states-2", "removed")]


LATER = """
poll: {allow_private_addresses: true}
sources:
  one:
    page: https://www.justice.gov/list
    reports:
      page:
        kind: page
        format: html
        lists:
          states: {heading: ^states$, item: '^(?P<name>.+)$', key: name}
"""
COUNTIES = "          counties: {heading: ^counties$, item: '^(?P<name>.+)$', key: name}\n"


def test_a_list_that_is_described_later_is_first_seen_and_not_added(
    publisher: Publisher, tmp_path: Path, reader: Reader
) -> None:
    """A reporter adds a list to the configuration: its records were there all along, and only later ones are news."""
    put(publisher, "/list", pages.doj(START), HTML_TYPE)
    with watching(publisher.address, tmp_path, reader, text=LATER) as watch:
        watch.poll("one")
    with watching(publisher.address, tmp_path, reader, text=LATER + COUNTIES) as watch:
        watch.at += timedelta(days=1)
        put(publisher, "/list", pages.doj(START, states=pages.DOJ_STATES[1:]), HTML_TYPE)
        (alert,) = watch.poll("one").alerts
        assert watch.told == [("page", "states", "removed")]
        assert alert.notes == ("first seen: 4 in counties",)
        put(publisher, "/list", pages.doj(START).replace(b"<li>Cook County, IL</li>", b""), HTML_TYPE)
        watch.poll("one")
        assert watch.told[1:] == [("page", "states", "added"), ("page", "counties", "removed")]


def test_a_report_imported_from_elsewhere_is_not_asked_there(
    publisher: Publisher, watch: Watch, monitor: Commands, tmp_path: Path
) -> None:
    """A file, or an address on a host that is none of the source's, is no place to look for news."""
    monitor.config = watch.program.config_path
    elsewhere = f"https://web.archive.org/web/2017/{WEEKS[2].file_name}"
    for week, given in ((WEEKS[0], ()), (WEEKS[2], ("--url", elsewhere))):
        (tmp_path / week.file_name).write_bytes(ddor.ddor_pdf(week))
        assert monitor("import", "ice-ddor", tmp_path / week.file_name, "--at", "2017-05-01", *given).status == 0
    third = ddor.history()[3]
    put(publisher, f"/doclib/ddor/{third.file_name}", ddor.ddor_pdf(third), PDF)
    weekly(publisher, third)
    assert watch.poll("ice-ddor").polled.faults == ()


def test_two_polls_at_once_double_nothing(publisher: Publisher, watch: Watch) -> None:
    """Two `monitor poll` processes on one state folder: each version, entry and alert is there once."""
    command = [sys.executable, "-m", "monitor", "--config", str(watch.program.config_path)]
    command += ["--state", str(watch.program.state), "poll", "ice-287g"]
    for stamp, rows in (("06022025am", FIRST), ("06022025pm", THIRD)):
        issue(publisher, stamp, rows)
        pair = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=dict(os.environ))
            for _ in range(2)
        ]
        ended = [(*process.communicate(timeout=300), process.returncode) for process in pair]
        assert [(err, status) for _, err, status in ended] == [(b"", 0)] * 2
    assert sorted(kind for _, _, kind in watch.told) == ["added", "corrected"]
    assert [each.number for each in watch.versions("participating")] == [1, 2]
    assert watch.counts()["alert_versions"] == 3  # two first seen, one with amendments
    assert watch.counts()["alert_entries"] == 2
    assert list(changelog.chain_faults(watch.program.store)) == []


def test_two_polls_at_once_withdraw_once(publisher: Publisher, watch: Watch) -> None:
    """Both find the page gone for the third time in the same moment: one entry."""
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    watch.poll("doj-sanctuary")
    publisher.withdraw(DOJ)
    for _ in range(2):
        watch.poll("doj-sanctuary")
    both = threading.Barrier(2)

    def gone(_: Request) -> Reply:
        both.wait(DEADLINE)
        return Reply(status=404, body=b"no such page")

    config = watch.program.config_path
    with Server({DOJ: gone}) as server:
        config.write_text(config.read_text("utf-8").replace(publisher.address, server.address("")))
        threads = [threading.Thread(target=_poll_once, args=(config, watch.program.state)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
    assert watch.told == [("page", None, "withdrawn")]
    assert watch.counts()["alert_entries"] == 1


def _poll_once(config: Path, state: Path) -> None:
    with Program(config_path=config, state_override=state) as program:
        assert [each.faults for each in program.poll(["doj-sanctuary"])] == [()]


def test_a_clock_that_was_set_back_is_no_forgery(publisher: Publisher, watch: Watch) -> None:
    """The list was last seen later than the clock says now; `verify` finds what was written, and nothing else."""
    issue(publisher, "06022025am", FIRST)
    watch.poll("ice-287g")
    watch.poll("ice-287g")
    for _ in range(2):
        watch.poll("ice-287g", after=-timedelta(minutes=10))
        assert list(evidence_faults(watch.program.store)) == []
    put(publisher, AGREEMENTS, linking("/doclib/pendingAgencies06022025am.xlsx"), HTML_TYPE)
    watch.poll("ice-287g", after=-timedelta(minutes=1))  # and now the list is no longer linked
    assert list(evidence_faults(watch.program.store)) == []
