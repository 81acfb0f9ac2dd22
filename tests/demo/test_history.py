"""The history that the demo replays is as the field was, and the same each time."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag

from monitor.config.file import load
from monitor.demo import history, issues, pages
from monitor.demo.publisher import Publisher
from monitor.demo.step import Outcome, Publish, Step, Withdraw, play
from monitor.model import AmendmentKind, ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = load(Path(__file__).parents[2] / "config.yaml")
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def steps() -> tuple[Step, ...]:
    """The whole history, made once."""
    return history.history_steps()


def expected(step: Step, name: str | None, kind: AmendmentKind | Outcome) -> int:
    """How many of a kind the step says will come of it in a list."""
    return sum(each.count for each in step.expectations if (each.list, each.kind) == (name, kind))


def sheets(step: Step, name: str) -> Iterator[list[Row]]:
    """The rows of each spreadsheet of one of the two 287(g) lists that the step publishes, header first."""
    for change in step.changes:
        if isinstance(change, Publish) and name in change.path and change.content_type == issues.XLSX:
            page = openpyxl.load_workbook(io.BytesIO(change.content)).active
            assert page is not None
            yield list(page.iter_rows(values_only=True))


def page_of(step: Step) -> BeautifulSoup:
    """The one page that the step publishes."""
    (content,) = (
        change.content for change in step.changes if isinstance(change, Publish) and change.content.startswith(b"<!")
    )
    return BeautifulSoup(content, "lxml")


def under(heading: Tag) -> list[str]:
    """The entries of the list that follows a heading at once."""
    found = heading.find_next_sibling()
    assert found is not None
    return [entry.get_text(strip=True) for entry in found.find_all("li")]


def of(steps: tuple[Step, ...], source: str) -> list[Step]:
    """The steps of one source."""
    return [step for step in steps if step.source == source]


def test_steps_come_in_order_of_time(steps: tuple[Step, ...]) -> None:
    """No two steps are at the same time, the first on 20 March 2017, the last on 5 October 2025."""
    times = [step.at for step in steps]
    assert times == sorted(set(times))
    assert all(at.utcoffset() == timedelta(0) for at in times)
    assert (times[0].date().isoformat(), times[-1].date().isoformat()) == ("2017-03-20", "2025-10-05")


def test_two_calls_give_equal_bytes(steps: tuple[Step, ...]) -> None:
    """Nothing in the history depends on when or where it is made."""
    assert history.history_steps() == steps


def test_paths_are_those_of_the_configuration(steps: tuple[Step, ...]) -> None:
    """Each source's page stands at the path that config.yaml names, and its lists are lists of config.yaml."""
    for source, described in CONFIG.sources.items():
        path = urlsplit(described.page).path
        assert any(change.path == path for step in of(steps, source) for change in step.changes)
    for step in steps:
        lists = {name for report in CONFIG.sources[step.source].reports.values() for name in report.lists}
        assert {each.list for each in step.expectations} <= {None, *lists}
        assert {each.source for each in step.expectations} <= {step.source}


def test_each_document_is_linked_under_a_name_that_the_configuration_finds(steps: tuple[Step, ...]) -> None:
    """At every step, each report's links on the page lead to the same server, and to documents that are there."""
    with Publisher() as publisher, httpx.Client(base_url=publisher.address, trust_env=False, timeout=600) as client:
        for step in steps:
            play(step, publisher)
            source = CONFIG.sources[step.source]
            answer = client.get(urlsplit(source.page).path)
            links = [str(link["href"]) for link in BeautifulSoup(answer.text, "lxml").find_all("a")]
            for report in source.reports.values():
                if report.kind == ReportKind.PAGE or report.match is None or report.match.href is None:
                    continue
                pattern = report.match.href
                found = [link for link in links if pattern.search(link)]
                assert found
                assert [client.get(link).status_code for link in found] == [200] * len(found)


@pytest.mark.parametrize("name", ["participating", "pending"])
def test_spreadsheets_hold_the_rows_that_their_steps_say(steps: tuple[Step, ...], name: str) -> None:
    """From issue to issue the rows grow and shrink by what is expected, no agreement twice; held issues don't count."""
    count = 0
    for step in of(steps, issues.AGREEMENTS_SOURCE):
        count += expected(step, name, Outcome.RECORDS)
        count += expected(step, name, AmendmentKind.ADDED) - expected(step, name, AmendmentKind.REMOVED)
        for _, *rows in sheets(step, name):
            if not expected(step, name, Outcome.HELD):
                assert len(rows) == len({row[:5] for row in rows}) == count
    assert count == {"participating": 240, "pending": 16}[name]


def test_malformed_issues_are_held(steps: tuple[Step, ...]) -> None:
    """One issue lacks the column SIGNED, another most of its rows; both are expected to be held."""
    held = [step for step in of(steps, issues.AGREEMENTS_SOURCE) if expected(step, "participating", Outcome.HELD)]
    (lost,), (short,) = (list(sheets(step, "participating")) for step in held)
    assert "SIGNED" not in lost[0]
    assert len(short) == 1 + 80


def test_a_retyped_sheet_says_the_same(steps: tuple[Step, ...]) -> None:
    """The issue of 3 April differs from the one before in order, blanks and apostrophes alone, these as expected."""
    (before, after), (step,) = (
        [list(sheets(step, "participating")) for step in of(steps, issues.AGREEMENTS_SOURCE)[4:6]],
        [
            step
            for step in of(steps, issues.AGREEMENTS_SOURCE)
            if expected(step, "participating", AmendmentKind.COSMETIC)
        ],
    )
    plain = [
        [tuple(str(cell).strip().replace("\u2019", "'") for cell in row) for row in rows[0]] for rows in (before, after)
    ]
    assert plain[0] != plain[1]
    assert Counter(plain[0]) == Counter(plain[1])
    curly = sum("\u2019" in str(row[1]) for row in after[0])
    assert curly == expected(step, "participating", AmendmentKind.COSMETIC)


def test_a_silent_replacement_keeps_page_and_path(steps: tuple[Step, ...]) -> None:
    """On 28 March other bytes stand where the file of 27 March stood, and the page is not touched."""
    before, after = of(steps, issues.AGREEMENTS_SOURCE)[3:5]
    assert [change.path for change in after.changes] == [before.changes[0].path]
    assert after.changes != before.changes[:1]


def test_a_block_page_stands_where_the_spreadsheet_was(steps: tuple[Step, ...]) -> None:
    """On 21 May the address of the current spreadsheet answers with HTML, and nothing is expected of it."""
    (blocked,) = (step for step in of(steps, issues.AGREEMENTS_SOURCE) if not step.expectations)
    (change,) = blocked.changes
    assert isinstance(change, Publish)
    assert (change.path.endswith(".xlsx"), change.content_type, b"Access Denied" in change.content) == (
        True,
        "text/html",
        True,
    )


def test_the_declined_detainers_are_as_published(steps: tuple[Step, ...]) -> None:
    """206 declined in week 1, 14 of them corrected hours later, 47 in week 2; policies from 118 to about 150."""
    first, revised, second, *_ = of(steps, history.DDOR)
    assert revised.at - first.at < timedelta(hours=12)
    assert [change.path for change in revised.changes] == [first.changes[0].path]
    assert expected(first, "section-2", Outcome.RECORDS) == 206
    assert expected(first, "section-3", Outcome.RECORDS) == 118
    assert expected(revised, "section-2", AmendmentKind.CORRECTED) == 14
    assert expected(second, "section-2", Outcome.RECORDS) == 47
    assert expected(second, "section-3", AmendmentKind.ADDED) == 36
    assert expected(second, "section-3", AmendmentKind.REMOVED) == 4


def test_notices_are_found_by_the_configuration(steps: tuple[Step, ...]) -> None:
    """The page says nothing at first, then one correction, then the suspension too; each is one expected addition."""
    pattern = CONFIG.sources[history.DDOR].reports["page"].lists["notices"].paragraphs
    assert pattern is not None
    said = {}
    for step in of(steps, history.DDOR):
        if len(step.changes) == 1 and step.changes[0].path != history.DDOR_PAGE:
            continue
        texts = [paragraph.get_text() for paragraph in page_of(step).find_all("p")]
        said[step.at] = sum(bool(pattern.search(text)) for text in texts)
    assert list(said.values()) == [0, 0, 0, 1, 2]
    assert sum(expected(step, "notices", AmendmentKind.ADDED) for step in steps) == 2


def test_doj_lists_35_names_and_then_no_longer_nevada(steps: tuple[Step, ...]) -> None:
    """STATES, COUNTIES and CITIES stand over 13, 4 and 18 names, below the reasons; the next page lacks Nevada."""
    before, after = (page_of(step) for step in of(steps, history.DOJ))
    lists = {heading.get_text(): under(heading) for heading in before.find_all("h2")}
    assert {heading: len(names) for heading, names in lists.items()} == {"STATES": 13, "COUNTIES": 4, "CITIES": 18}
    assert len({name for names in lists.values() for name in names}) == 35
    reasons = before.select_one("main ul")
    assert reasons is not None
    assert reasons.get_text().strip().startswith("Public Declarations:")
    states = after.find("h2")
    assert states is not None
    assert set(lists["STATES"]) - set(under(states)) == {"Nevada"}


def test_dhs_lists_over_500_by_state_with_its_errors(steps: tuple[Step, ...]) -> None:
    """Under each state stand State, Counties or Cities; the known misspellings are there, each name once a list."""
    page = page_of(of(steps, history.DHS)[0])
    found: list[tuple[str, str, str]] = []
    for heading in page.select("main h3"):
        state = heading.find_previous("h2")
        assert state is not None
        found += [(state.get_text(), heading.get_text(), name) for name in under(heading)]
    assert len(found) == len(set(found)) == sum(pages.dhs_counts()) > 500
    assert {heading for _, heading, _ in found} == {"State", "Counties", "Cities"}
    assert {
        ("Alaska", "Cities", "City of Anchorage"),
        ("California", "State", pages.SELF_IDENTIFIED),
        ("California", "Counties", "Alameda County"),
        ("California", "Cities", "Berkeley"),
        ("Kentucky", "Counties", "Cambell County"),
        ("Ohio", "Cities", "City of Cincinnatti"),
        ("Virginia", "Counties", "Martinsville County"),
    } <= set(found)


def test_the_takedown_is_believed_at_the_third_poll(steps: tuple[Step, ...]) -> None:
    """DHS's page is withdrawn once, on 1 June; of three polls in a row only the last one should say so."""
    _, *polls = of(steps, history.DHS)
    assert [step.changes for step in polls] == [(Withdraw(path=history.DHS_PAGE),), (), ()]
    assert [expected(step, None, AmendmentKind.WITHDRAWN) for step in polls] == [0, 0, 1]
    start = steps.index(polls[0])
    assert list(steps[start : start + 3]) == polls


def test_a_page_differs_with_each_publication() -> None:
    """The same list published at another time has other tokens, and so other bytes."""
    at = datetime(2025, 8, 5, tzinfo=UTC)
    assert pages.doj(at) != pages.doj(at + timedelta(seconds=1))
    assert pages.doj(at) == pages.doj(at)


def test_no_page_passes_for_an_agencys(steps: tuple[Step, ...]) -> None:
    """Every page says that it is an imitation."""
    for step in steps:
        for change in step.changes:
            if isinstance(change, Publish) and change.content.startswith(b"<!"):
                assert b"Not a publication of any agency" in change.content
