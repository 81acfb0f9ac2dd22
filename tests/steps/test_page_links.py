"""The links of a source's page: which are chosen, by whom, what is told of the others, and where a page leads away."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo import pages
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.sheets import sheet
from monitor.fetch.links import PageLinks, report_links
from monitor.model import Link
from monitor.sandbox.reader import Reader
from monitor.sandbox.worker import Limits
from monitor.store import versions
from tests.steps.test_poll import AGREEMENTS, DHS, FIRST, SECOND, START, issue, linking, publisher, put, reader, watch
from tests.support.lists import CONFIG

if TYPE_CHECKING:
    from monitor.demo.publisher import Publisher
    from tests.steps.test_poll import Watch

__all__ = ["publisher", "reader", "watch"]  # fixtures

OPERATORS = {"desk": {"channels": ["feed"], "operator": True}}


def to_operators(watch: Watch) -> list[str]:
    """The subjects of what operators were told."""
    rows = watch.program.store.all("SELECT subject FROM alerts WHERE subject <> '' ORDER BY id")
    return [row["subject"] for row in rows]


def with_operators(watch: Watch) -> None:
    """Have somebody be told what operators are told."""
    config = watch.program.config
    desk = replace_model(next(iter(config.subscriptions.values())), operator=True)
    watch.program.__dict__["config"] = config.model_copy(update={"subscriptions": {"desk": desk}})


def replace_model(model: Any, **changes: object) -> Any:
    """A copy of a part of the configuration with other values."""
    return model.model_copy(update=changes)


def publish(publisher: Publisher, *further: str, stamp: str = "06022025am") -> None:
    """Publish the two spreadsheets, and a page that links them and further addresses."""
    issue(publisher, stamp, FIRST)
    own = (f"/doclib/participatingAgencies{stamp}.xlsx", f"/doclib/pendingAgencies{stamp}.xlsx")
    put(publisher, AGREEMENTS, linking(*own, *further), HTML_TYPE)


@pytest.mark.parametrize("tokens", [("?sid=1a", "?sid=2b", "?sid=3c"), (";jsessionid=A1", ";jsessionid=B2", "")])
def test_a_session_in_another_link_is_no_new_version(
    publisher: Publisher, watch: Watch, tokens: tuple[str, ...]
) -> None:
    """Addresses that no report matches count without their query, and a page that is the same else is not kept."""
    for token in tokens:
        publish(publisher, f"/contact{token}")
        watch.poll("ice-287g")
    assert len(watch.versions("page")) == 1
    assert watch.program.store.one("SELECT count(*) AS n FROM captures WHERE url LIKE '%287g'") == {"n": 1}


def test_another_query_of_a_report_is_kept(publisher: Publisher, watch: Watch) -> None:
    """It may be another file; the page that links it is on record, but its text has no new version."""
    for query, rows in (("?file=7", FIRST), ("?file=8", SECOND)):
        put(publisher, "/get/participating.xlsx", sheet(rows))
        put(publisher, AGREEMENTS, linking(f"/get/participating.xlsx{query}", "/doclib/pending.xlsx"), HTML_TYPE)
        watch.poll("ice-287g")
    assert [each.url.rpartition("?")[2] for each in watch.versions("participating")] == ["file=7", "file=8"]
    one, two = watch.versions("participating")
    assert one.page_sha256 != two.page_sha256
    assert len(watch.versions("page")) == 1


def test_a_true_change_of_text_is_a_version_beside_sessions(publisher: Publisher, watch: Watch) -> None:
    """What people read on the page counts, whatever its links carry."""
    for number, words in enumerate(("Agreements", "Agreements", "Agreements. Notice: the list was corrected.")):
        page = f"<html><body><h1>{words}</h1><a href='/x?sid={number}'>x</a></body></html>"
        put(publisher, AGREEMENTS, page.encode(), HTML_TYPE)
        watch.poll("ice-287g")
    assert len(watch.versions("page")) == 2


@pytest.mark.parametrize(
    "refresh",
    [
        '<meta http-equiv="refresh" content="0; url=/new-page">',
        "<META HTTP-EQUIV='Refresh' CONTENT='5;URL=\"/new-page\"'>",
        '<meta content="0.5, /new-page" http-equiv=refresh>',
    ],
)
def test_a_page_that_sends_elsewhere_is_a_fault_with_the_address(
    publisher: Publisher, watch: Watch, refresh: str
) -> None:
    """Its lists are not taken for empty, and the advice is to change the page's address, not the patterns."""
    publish(publisher)
    put(publisher, DHS, pages.dhs(START), HTML_TYPE)
    assert watch.poll("ice-287g").polled.faults == ()
    watch.poll("dhs-sanctuary")
    before = len(watch.versions("page"))
    moved = f"<html><head>{refresh}</head><body><p>We have moved.</p></body></html>".encode()
    for path, source in ((AGREEMENTS, "ice-287g"), (DHS, "dhs-sanctuary")):
        put(publisher, path, moved, HTML_TYPE)
        (fault,) = watch.poll(source).polled.faults
        assert f"{path}: the page sends to {publisher.address}/new-page now" in fault
        assert fault.endswith(f"change sources.{source}.page")
    assert len(watch.versions("page")) == before
    assert watch.log == []


@pytest.mark.parametrize(
    "refresh",
    [
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="900; url=/elsewhere">',
        f'<meta http-equiv="refresh" content="5; url={AGREEMENTS}">',
        '<meta http-equiv="refresh" content="soon">',
    ],
)
def test_a_page_that_only_renews_itself_is_read(publisher: Publisher, watch: Watch, refresh: str) -> None:
    """Many pages load themselves again after some minutes."""
    put(
        publisher,
        AGREEMENTS,
        f"<html><head>{refresh}</head><body><p>No files yet.</p></body></html>".encode(),
        HTML_TYPE,
    )
    faults = watch.poll("ice-287g").polled.faults
    assert not [fault for fault in faults if "sends to" in fault]
    assert len(watch.versions("page")) == 1


def test_a_page_with_reports_is_read_though_it_sends_elsewhere(publisher: Publisher, watch: Watch) -> None:
    """Where the links are there, they count."""
    issue(publisher, "06022025am", FIRST)
    content = linking("/doclib/participatingAgencies06022025am.xlsx", "/doclib/pendingAgencies06022025am.xlsx")
    put(
        publisher,
        AGREEMENTS,
        content.replace(b"<body>", b"<body><meta http-equiv=refresh content='1; url=/y'>"),
        HTML_TYPE,
    )
    assert watch.poll("ice-287g").polled.faults == ()
    assert len(watch.versions("participating")) == 1


def test_a_new_file_that_no_report_matches_is_told_once(publisher: Publisher, watch: Watch) -> None:
    """Not at the first look, where all is new; not for pages; and not again where only its query changes."""
    with_operators(watch)
    publish(publisher, "/doclib/factsheet.pdf", "/news")
    assert watch.poll("ice-287g").polled.notes == ()
    publish(publisher, "/doclib/factsheet.pdf", "/doclib/suspended%20Agencies.xlsx", "/other-news")
    (note,) = watch.poll("ice-287g").polled.notes
    assert "links a new file that no report matches, " in note
    assert f"{publisher.address}/doclib/suspended%20Agencies.xlsx" in note
    for further in ("/doclib/suspended%20Agencies.xlsx?v=2", "/x", "/doclib/suspended%20Agencies.xlsx"):
        publish(publisher, "/doclib/factsheet.pdf", further)
        watch.poll("ice-287g")
    assert to_operators(watch) == ["ICE 287(g) agreements: links to a new file that no report matches"]


def test_many_new_files_are_one_alert(publisher: Publisher, watch: Watch) -> None:
    """The first are named, and how many more there are."""
    with_operators(watch)
    publish(publisher)
    watch.poll("ice-287g")
    publish(publisher, *(f"/moa/{number}.pdf" for number in range(25)))
    watch.poll("ice-287g")
    assert to_operators(watch) == ["ICE 287(g) agreements: links to 25 new files that no report matches"]
    (row,) = watch.program.store.all("SELECT notes FROM alerts WHERE subject <> ''")
    notes = json.loads(row["notes"])
    assert (len(notes), notes[20]) == (22, "and 5 more")


def test_a_description_that_changes_is_tried_on_the_page_that_did_not(publisher: Publisher, watch: Watch) -> None:
    """The server says "not modified"; the links that are known are chosen anew, and the file is kept."""
    publish(publisher, "/doclib/partners.xlsx")
    put(publisher, "/doclib/partners.xlsx", sheet(SECOND))
    watch.poll("ice-287g")
    source = watch.program.config.sources["ice-287g"]
    wider = replace_model(source.reports["pending"].match, href=re.compile("/partners"))
    report = replace_model(source.reports["participating"], match=wider)
    changed = replace_model(source, reports={**source.reports, "participating": report})
    changed.__dict__.pop("links_mark", None)  # which was worked out of the other description
    watch.program.config.sources["ice-287g"] = changed
    del watch.program.outline  # the same
    watch.poll("ice-287g")
    assert watch.versions("participating")[-1].url.endswith("/doclib/partners.xlsx")


def test_links_of_an_earlier_release_are_read(publisher: Publisher, watch: Watch) -> None:
    """It wrote the list of the links alone; the reports are found in it though the page says "not modified"."""
    publish(publisher)
    watch.poll("ice-287g")
    address, store = f"{publisher.address}{AGREEMENTS}", watch.program.store
    row = versions.address(store, address)
    assert row is not None
    known = json.loads(row.links or "")["links"]
    with store.transaction():
        versions.note_links(store, address, json.dumps(known))
    publisher.withdraw("/doclib/participatingAgencies06022025am.xlsx")
    assert "participatingAgencies06022025am" in watch.poll("ice-287g").polled.notes[0]
    assert PageLinks.of_json((versions.address(store, address) or row).links).chosen is not None


SLOW = """
from monitor.sandbox import worker
real = worker.chosen_links
def slow(links, reports):
    while any("slow" in link.text for link in links):
        pass
    return real(links, reports)
worker.chosen_links = slow
worker.serve()
"""


def test_a_slow_pattern_costs_its_own_source_one_poll(publisher: Publisher, watch: Watch) -> None:
    """The links are chosen in the process that reads files, within its limits; the message names the patterns."""
    with Reader(Limits(processor=1), command=(sys.executable, "-c", SLOW)) as slow:
        watch.program.reader = slow
        put(publisher, AGREEMENTS, b"<html><body><a href='/a.xlsx'>a slow text</a></body></html>", HTML_TYPE)
        (fault,) = watch.poll("ice-287g").polled.faults
        assert "choosing the links that are reports: reading it took more than 1 s of processor time" in fault
        assert "make the patterns `match` and `key` of sources.ice-287g.reports simpler" in fault
        put(publisher, DHS, pages.dhs(START), HTML_TYPE)
        assert watch.poll("dhs-sanctuary").polled.faults == ()


@pytest.mark.parametrize(
    "name",
    [
        "ddor2018_01-28-to-02-03.pdf",
        "ddor2018_01-28to02-03.pdf",
        "DDOR_2018_01-28_to_02-03.pdf",
        "ddor2018_01-28-02-03.pdf",
        "DDOR%202018_01-28%20to%2002-03_0.pdf",
        "ddor-2018-01-28-through-2018-02-03.pdf",
        "ddor_2018_1_28_to_2_3_revised.pdf",
    ],
)
def test_a_week_has_one_key(name: str) -> None:
    """However its days are written, the report is the same one."""
    weekly = CONFIG.sources["ice-ddor"].reports["weekly"]
    found = report_links([Link(url=f"https://www.ice.gov/doclib/{name}", text="")], "weekly", weekly)
    assert list(found) == ["2018_01-28to02-03"]


def test_the_week_at_the_end_of_a_year_stands_between_its_neighbours() -> None:
    """Its name has both years. What gives no week keeps its own name, before all weeks."""
    weekly = CONFIG.sources["ice-ddor"].reports["weekly"]
    names = ("2018_01-06to01-12", "2017_12-30to2018_01-05", "2017_12-23to12-29", "2018q1", "-latest")
    links = [Link(url=f"https://www.ice.gov/doclib/ddor{name}.pdf", text="") for name in names]
    found = report_links(links, "weekly", weekly)
    assert sorted(found) == ["-ddor-latest", "2017_12-23to12-29", "2017_12-30to01-05", "2018_01-06to01-12", "2018q1"]
