"""Links and answers as publishers change them: what is linked now is told once, and what stands still is not told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.demo import ddor, pages
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.sheets import PENDING_COLUMNS, sheet
from tests.steps.test_believed import agencies
from tests.steps.test_poll import (
    AGREEMENTS,
    DETAINERS,
    DOJ,
    NONE_PENDING,
    PDF,
    PENDING,
    START,
    WEEKS,
    XLSX,
    linking,
    publisher,
    put,
    reader,
    watch,
    watching,
)
from tests.support.lists import subscribed
from tests.support.paths import ROOT
from tests.support.servers import Page, Reply, Request, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from monitor.demo.publisher import Publisher
    from monitor.demo.sheets import Agreement
    from monitor.sandbox.reader import Reader
    from tests.steps.test_poll import Watch

__all__ = ["publisher", "reader", "watch"]  # fixtures

ROWS = agencies(60)
NEXT = [*ROWS[:7], *ROWS[9:]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def link(publisher: Publisher, *names: str) -> None:
    """Have the page of the agreements link these files, and the one of pending agencies."""
    put(publisher, "/pending.xlsx", sheet(NONE_PENDING, PENDING_COLUMNS))
    put(publisher, AGREEMENTS, linking(*(f"/{name}" for name in names), "/pending.xlsx"), HTML_TYPE)


def file(publisher: Publisher, name: str, rows: Sequence[Agreement]) -> None:
    """Publish a list of agreements under a name."""
    put(publisher, f"/{name}", sheet(rows))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("participating060225.xlsx", "participating060325.xlsx"),
        ("participating-list.xlsx", "participating-list-2.xlsx"),
        ("participating.xlsx", "participating_revised.xlsx"),
    ],
)
def test_a_file_that_is_linked_beside_an_older_one_counts(
    publisher: Publisher, watch: Watch, *, old: str, new: str, first: bool
) -> None:
    """Above or below it, however it is called; and it stays so when the two change places."""
    file(publisher, old, ROWS)
    link(publisher, old)
    watch.poll("ice-287g")
    file(publisher, new, NEXT)
    for names in ((new, old) if first else (old, new), (old, new), (new, old)):
        link(publisher, *names)
        assert watch.poll("ice-287g").polled.faults == ()
    assert [each.file_name for each in watch.versions("participating")] == [old, new]
    assert [kind for _, _, kind in watch.told] == ["removed", "removed"]


@pytest.mark.parametrize("word", ["revised", "Corrected", "v2", "FINAL"])
@pytest.mark.parametrize("below", [True, False])
def test_a_revised_report_is_the_next_version_of_its_period(
    publisher: Publisher, watch: Watch, *, word: str, below: bool
) -> None:
    """It is linked beside the first one, which stays."""
    week, revised, _ = WEEKS
    old = f"/doclib/ddor/{week.file_name}"
    new = old.replace(".pdf", f"_{word}.pdf")
    put(publisher, old, ddor.ddor_pdf(week), PDF)
    put(publisher, new, ddor.ddor_pdf(revised), PDF)
    for paths in ((old,), (old, new) if below else (new, old), (old, new)):
        reports = [(path, "Declined Detainer Outcome Report") for path in paths]
        put(publisher, DETAINERS, pages.declined_detainers(START, reports=reports), HTML_TYPE)
        watch.poll("ice-ddor")
    assert [each.number for each in watch.versions("2017_01-28to02-03")] == [1, 2]
    assert {(entry["list"], entry["kind"]) for entry in watch.log} == {("section-2", "corrected")}


OTHERWISE = {
    "another format": '<a href="/participating060325.csv">a list</a>',
    "an archive": '<a href="/participating060325.zip">a list</a>',
    "another name": '<a href="/partners060325.xlsx">a list</a>',
    "without a name": '<a href="/media/12/download?inline">Participating as of June 3</a>',
    "inside another address": '<a href="/viewer?src=%2Fparticipating060325.xlsx&inline=1">a list</a>',
}


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("way", OTHERWISE)
def test_a_file_that_is_linked_otherwise_now_was_not_taken_down(
    publisher: Publisher, watch: Watch, way: str, *, gone: bool
) -> None:
    """A fault says so at each poll, also where the file is no longer at its last address."""
    file(publisher, "participating060225.xlsx", ROWS)
    link(publisher, "participating060225.xlsx")
    watch.poll("ice-287g")
    page = linking("/participating060225.xlsx", "/pending.xlsx")
    put(publisher, AGREEMENTS, page.replace(b'<a href="/participating060225.xlsx">a list</a>', OTHERWISE[way].encode()),
        HTML_TYPE)  # fmt: skip
    if gone:
        publisher.withdraw("/participating060225.xlsx")
    for _ in range(4):
        faults = watch.poll("ice-287g").polled.faults
        assert "no link matches the report 'participating'" in faults[0]
    assert watch.told == []
    put(publisher, AGREEMENTS, linking("/pending.xlsx"), HTML_TYPE)  # and now nothing leads to it
    for _ in range(4):
        watch.poll("ice-287g")
    assert watch.told == [("participating", None, "withdrawn")]


@pytest.mark.parametrize("other", ['<a href="/participating">Participating</a>', '<a href="/facts.csv">Facts</a>'])
def test_a_link_that_was_there_before_does_not_stand_for_a_file(publisher: Publisher, watch: Watch, other: str) -> None:
    """The page had it beside the file's own: the list was taken down."""
    file(publisher, "participating060225.xlsx", ROWS)
    put(publisher, "/pending.xlsx", sheet(NONE_PENDING, PENDING_COLUMNS))
    for links in (("/participating060225.xlsx", "/pending.xlsx"), *[("/pending.xlsx",)] * 4):
        page = linking(*links).replace(b"<ul>", f"<ul><li>{other}</li>".encode())
        put(publisher, AGREEMENTS, page, HTML_TYPE)
        watch.poll("ice-287g")
    assert watch.told == [("participating", None, "withdrawn")]


@pytest.mark.parametrize(
    "button",
    [
        "<button onclick=\"location.href='{}'\">a list</button>",
        "<a href='#' onclick=\"window.open('{}', '_blank'); return false\">a list</a>",
        "<span role=link data-href='{}'>a list</span>",
        "<form action='{}'><button>a list</button></form>",
    ],
)
def test_a_file_behind_a_button_is_asked_for(publisher: Publisher, watch: Watch, button: str) -> None:
    """It is the next version of the list, as if it were linked."""
    file(publisher, "participating060225.xlsx", ROWS)
    link(publisher, "participating060225.xlsx")
    watch.poll("ice-287g")
    file(publisher, "participating060325.xlsx", NEXT)
    page = linking("/participating060225.xlsx", "/pending.xlsx")
    behind = button.format("/participating060325.xlsx").encode()
    put(publisher, AGREEMENTS, page.replace(b'<a href="/participating060225.xlsx">a list</a>', behind), HTML_TYPE)
    for _ in range(2):
        assert watch.poll("ice-287g").polled.faults == ()
    assert [kind for _, _, kind in watch.told] == ["removed", "removed"]


def test_a_file_at_an_address_that_says_nothing_is_found_by_the_text_of_its_link(
    tmp_path: Path, reader: Reader
) -> None:
    """From the first poll on, and where the publisher begins or ends it; it is called as the server calls it."""

    def page(address: str, text: str) -> Reply:
        links = (
            f'<a href="{address}">{text}</a> <a href="/faq">Participating partners</a> <a href="/pending.xlsx">b</a>'
        )
        return Reply(headers=(("Content-Type", HTML_TYPE),), body=f"<html><body>{links}</body></html>".encode())

    def served(name: str, rows: Sequence[Agreement]) -> Reply:
        return Reply(headers=(("Content-Disposition", f'attachment; filename="{name}"'),), body=sheet(rows))

    site: dict[str, Page] = {"/pending.xlsx": PENDING}
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        for address, name, rows, text in (
            ("/download/public/71", "participatingAgencies04082026am.xlsx", ROWS, "View Participating Agencies"),
            ("/download/public/85", "participatingAgencies04082026pm.xlsx", NEXT, "Participating agencies: April 8"),
            ("/participatingAgencies04092026am.xlsx", "other.xlsx", NEXT[1:], "here"),
        ):
            site |= {AGREEMENTS: page(address, text), address: served(name, rows)}
            server.pages.update(site)
            assert watch.poll("ice-287g").polled.faults == ()
        names = [each.file_name for each in watch.versions("participating")]
        told = [kind for _, _, kind in watch.told]
    assert names == [f"participatingAgencies{day}.xlsx" for day in ("04082026am", "04082026pm", "04092026am")]
    assert told == ["removed", "removed", "removed"]


def stubborn(content: Callable[[], bytes], content_type: str) -> Page:
    """A page that answers 304 to everyone who was there before, whatever has changed."""

    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match"):
            return Reply(status=304, headers=(("ETag", '"1"'),))
        return Reply(headers=(("ETag", '"1"'), ("Content-Type", content_type)), body=content())

    return answer


def test_a_file_that_a_server_calls_unchanged_is_asked_for_each_day(tmp_path: Path, reader: Reader) -> None:
    """For some hours its word is taken; then the whole file is asked for."""
    rows = ROWS
    site: dict[str, Page] = {
        AGREEMENTS: Reply(body=linking("/participating.xlsx", "/pending.xlsx")),
        "/participating.xlsx": stubborn(lambda: sheet(rows), XLSX),
        "/pending.xlsx": PENDING,
    }
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("ice-287g")
        rows = NEXT
        for _ in range(3):
            watch.poll("ice-287g", after=HOUR)
        assert watch.told == []
        watch.poll("ice-287g", after=DAY)
        assert [kind for _, _, kind in watch.told] == ["removed", "removed"]


def test_a_page_that_a_server_calls_unchanged_is_asked_for_each_day(tmp_path: Path, reader: Reader) -> None:
    """A list on the page itself."""
    states: tuple[str, ...] = pages.DOJ_STATES
    site: dict[str, Page] = {DOJ: stubborn(lambda: pages.doj(START, states=states), HTML_TYPE)}
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("doj-sanctuary")
        states = states[1:]
        watch.poll("doj-sanctuary", after=HOUR)
        assert watch.told == []
        watch.poll("doj-sanctuary", after=DAY)
        assert watch.told == [("page", "states", "removed")]


@pytest.mark.parametrize(
    ("header", "declared", "encoding"),
    [
        ("text/html; charset=utf-8", "iso-8859-1", "utf-8"),
        ('text/html;charset="UTF-8"', "latin1", "utf-8"),
        ("text/html; charset=windows-1252", "utf-8", "cp1252"),
        ("text/html", "latin1", "cp1252"),
        ("text/html", "iso8859-1", "cp1252"),
        ("text/html; charset=nonsense", "l1", "cp1252"),
        ("text/html", "iso-8859-9", "cp1254"),
    ],
)
def test_a_page_is_read_as_browsers_read_it(
    tmp_path: Path, reader: Reader, header: str, declared: str, encoding: str
) -> None:
    """The server's header comes before what the page says of itself; no accent and no apostrophe is another one."""

    def reply(states: Sequence[str], charset: str, encoding: str, content_type: str) -> Reply:
        names = [*states, "Do\u00f1a\u2019s Isle"]
        text = pages.doj(START, states=names).decode().replace("utf-8", charset)
        return Reply(headers=(("Content-Type", content_type),), body=text.encode(encoding))

    first = reply(pages.DOJ_STATES, "utf-8", "utf-8", "text/html; charset=utf-8")
    with Server({DOJ: first}) as server, watching(server.address(""), tmp_path, reader) as watch:
        watch.poll("doj-sanctuary")
        server.pages[DOJ] = reply(pages.DOJ_STATES[1:], declared, encoding, header)
        watch.poll("doj-sanctuary")
        assert watch.told == [("page", "states", "removed")]


def test_two_servers_behind_one_name_tell_a_change_of_the_page_once(publisher: Publisher, watch: Watch) -> None:
    """Old and new by turns; when only the new one is left, nothing is left to tell."""
    for skipped in (0, 1, 0, 1, 0, 1, 1, 1):
        put(publisher, DOJ, pages.doj(START, states=pages.DOJ_STATES[skipped:]), HTML_TYPE)
        watch.poll("doj-sanctuary")
    assert watch.told == [("page", "states", "removed")]


def test_a_return_that_lasts_is_told_by_the_second_poll_that_finds_it(publisher: Publisher, watch: Watch) -> None:
    """The old list again, and once more: the state was added again."""
    for skipped, told in ((0, 0), (1, 1), (0, 1), (0, 2), (0, 2)):
        put(publisher, DOJ, pages.doj(START, states=pages.DOJ_STATES[skipped:]), HTML_TYPE)
        watch.poll("doj-sanctuary")
        assert len(watch.told) == told
    assert [kind for _, _, kind in watch.told] == ["removed", "added"]


def test_a_page_that_goes_back_and_forth_tells_it_ever_more_rarely(publisher: Publisher, watch: Watch) -> None:
    """Old and new in runs of two and three, as a server behind a balancer answers by chance; what lasts is told."""
    for skipped in (0, 1, *[0, 0, 1, 1, 1] * 8):
        put(publisher, DOJ, pages.doj(START, states=pages.DOJ_STATES[skipped:]), HTML_TYPE)
        watch.poll("doj-sanctuary")
    assert [kind for _, _, kind in watch.told] == ["removed", "added", "removed"]
    put(publisher, DOJ, pages.doj(START), HTML_TYPE)
    for told in (3, 3, 4):
        done = watch.poll("doj-sanctuary", after=HOUR)
        assert len(watch.told) == told
        if told == 3:
            assert "it counts if all polls of 2 hours find it too" in done.polled.notes[0]


def test_last_months_file_that_is_linked_for_one_poll_is_not_told(publisher: Publisher, watch: Watch) -> None:
    """A slip of the publisher's: the link leads back, and is mended."""
    file(publisher, "participating060225.xlsx", ROWS)
    file(publisher, "participating060325.xlsx", NEXT)
    for name in ("participating060225.xlsx", "participating060325.xlsx"):
        link(publisher, name)
        watch.poll("ice-287g")
    told = watch.told
    for name in ("participating060225.xlsx", "participating060325.xlsx", "participating060325.xlsx"):
        link(publisher, name)
        watch.poll("ice-287g")
    assert watch.told == told
    assert len(told) == 2


def test_a_redirect_to_an_older_file_for_one_poll_is_not_told(tmp_path: Path, reader: Reader) -> None:
    """The address stays, and leads elsewhere for once."""
    site: dict[str, Page] = {
        AGREEMENTS: Reply(body=linking("/participating.xlsx", "/pending.xlsx")),
        "/participating.xlsx": Reply(body=sheet(ROWS)),
        "/old.xlsx": Reply(body=sheet(ROWS)),
        "/pending.xlsx": PENDING,
    }
    with Server(site) as server, watching(server.address(""), tmp_path, reader) as watch:
        for page in (
            site["/participating.xlsx"],
            Reply(body=sheet(NEXT)),
            Reply(status=302, headers=(("Location", "/old.xlsx"),)),
            Reply(body=sheet(NEXT)),
            Reply(body=sheet([*NEXT, *agencies(1, begin=80)])),
        ):
            server.pages["/participating.xlsx"] = page
            assert watch.poll("ice-287g").polled.faults == ()
        assert [kind for _, _, kind in watch.told] == ["removed", "removed", "added"]


def test_a_report_that_was_split_into_two_files_is_held(publisher: Publisher, watch: Watch) -> None:
    """That there are two is said, and nobody is told that half of the list is gone."""
    for number in range(6):
        file(publisher, "participating.xlsx", [replace(ROWS[0], moa=f"https://www.ice.gov/{number}.pdf"), *ROWS[1:]])
        link(publisher, "participating.xlsx")
        watch.poll("ice-287g")
    told = watch.told
    file(publisher, "participating-a-to-k.xlsx", ROWS[:30])
    file(publisher, "participating-l-to-z.xlsx", ROWS[30:])
    link(publisher, "participating-a-to-k.xlsx", "participating-l-to-z.xlsx")
    done = watch.poll("ice-287g")
    assert any("links 2 files as participating" in note for note in done.polled.notes)
    (held,) = [each.hold_reason for each in done.processed if each.hold_reason]
    assert "30 of 60 records would be gone" in held
    assert watch.told == told


@pytest.mark.parametrize("header", ["[OFFICE]", "[LAW ENFORCEMENT OFFICE NAME]"])
def test_a_mended_description_is_tried_on_what_is_held_though_the_server_has_nothing_new(
    tmp_path: Path, reader: Reader, header: str
) -> None:
    """The server says that nothing has changed: what is held is read again by itself, and counts from then on."""
    text = subscribed((ROOT / "config.yaml").read_text("utf-8"), tmp_path)
    wrong = text.replace("[LAW ENFORCEMENT AGENCY, AGENCY]", header)
    site: dict[str, Page] = {
        AGREEMENTS: stubborn(lambda: linking("/participating.xlsx", "/pending.xlsx"), HTML_TYPE),
        "/participating.xlsx": stubborn(lambda: sheet(ROWS), XLSX),
        "/pending.xlsx": stubborn(lambda: sheet(NONE_PENDING, PENDING_COLUMNS), XLSX),
    }
    with Server(site) as server:
        with watching(server.address(""), tmp_path, reader, text=wrong) as watch:
            watch.poll("ice-287g")
            watch.poll("ice-287g")
            assert [each.status for each in watch.versions("participating")] == ["held"]
            at = watch.at
        with watching(server.address(""), tmp_path, reader, text=text) as watch:
            watch.at = at
            watch.poll("ice-287g")
            assert [each.status for each in watch.versions("participating")] == ["recorded"]
            assert watch.told == []
