"""Makes the steps of the demo's 287(g) history, March to July 2025: eighteen publications of ICE's two spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from monitor.demo import pages, sheets
from monitor.demo.agreements import MODELS, Roster
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.step import Expectation, Outcome, Publish, Step
from monitor.model import AmendmentKind, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.demo.sheets import Agreement

AGREEMENTS_SOURCE = "ice-287g"
AGREEMENTS_PAGE = "/identify-and-arrest/287g"
AGREEMENTS_FOLDER = "/doclib/about/offices/ero/287g"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

ADDED, REMOVED, CORRECTED = AmendmentKind.ADDED, AmendmentKind.REMOVED, AmendmentKind.CORRECTED
MOVED = AmendmentKind.MOVED
ESCAMBIA_SHERIFF = "Escambia County Sheriff's Office"
ESCAMBIA_COMMISSIONERS = "Escambia County Board of County Commissioners/ Department of Corrections"
CORRECT, MISSPELT = "Indialantic Police Department", "Indiatlantic Police Department"
LINKED_STATES = frozenset({"GEORGIA", "IDAHO", "OHIO", "TEXAS"})
REDATED_STATES = frozenset({"ALABAMA", "ARKANSAS", "TEXAS"})
WRONG_DAY, RIGHT_DAY = date(2025, 6, 12), date(2025, 6, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One publication of the two spreadsheets (participating and pending agreements).

    - `at`: when it is published.
    - `stamp`: a part of the file names. If it is that of the issue before, the participating file is replaced.
    - `caption`: what the issue is about, for a person.
    - `expected`, `expectations`: what the program must find after it, in words and in numbers.
    - `change`: a function that makes the lists of this issue from those of the issue before.
    - `draw`: a function that makes the participating file from the lists. `content_type`: the type of that file.
    """

    at: str  # UTC, to the minute
    stamp: str
    caption: str
    expected: str
    change: Callable[[Roster], Roster] = lambda roster: roster
    draw: Callable[[Roster], bytes] = lambda roster: sheets.sheet(sheets.agreements_in_order(roster.participating))
    content_type: str = XLSX
    expectations: tuple[Expectation, ...] = ()


def agreement_steps() -> Iterator[Step]:
    """Yield one step for each issue, in order of time; each issue changes the lists of the one before it."""
    roster, last = Roster(), ""
    for issue in (*_march(), *_april(), *_may(), *_summer()):
        roster = issue.change(roster)
        at = datetime.fromisoformat(issue.at).replace(tzinfo=UTC)
        participating = f"{AGREEMENTS_FOLDER}/participatingAgencies{issue.stamp}.xlsx"
        pending = f"{AGREEMENTS_FOLDER}/pendingAgencies{issue.stamp}.xlsx"
        changes = [Publish(path=participating, content=issue.draw(roster), content_type=issue.content_type)]
        if issue.stamp != last:
            waiting = sheets.sheet(sheets.agreements_in_order(roster.pending), sheets.PENDING_COLUMNS)
            changes += [
                Publish(path=pending, content=waiting, content_type=XLSX),
                Publish(
                    path=AGREEMENTS_PAGE,
                    content=pages.agreements(at, participating=participating, pending=pending),
                    content_type=HTML_TYPE,
                ),
            ]
        last = issue.stamp
        yield Step(
            at=at,
            source=AGREEMENTS_SOURCE,
            caption=issue.caption,
            changes=tuple(changes),
            expected=(issue.expected,),
            expectations=issue.expectations,
        )


def last_roster() -> Roster:
    """Return the lists as they are after the last issue."""
    roster = Roster()
    for issue in (*_march(), *_april(), *_may(), *_summer()):
        roster = issue.change(roster)
    return roster


def _expect(
    kind: AmendmentKind | Outcome,
    count: int,
    *,
    name: str = "participating",
    reason: Reason | None = None,
    minor: bool = False,
) -> Expectation:
    return Expectation(source=AGREEMENTS_SOURCE, list=name, kind=kind, count=count, reason=reason, minor=minor)


def _march() -> Iterator[Issue]:
    yield Issue(
        at="2025-03-17T20:00",
        stamp="03172025",
        caption="287(g): the two spreadsheets as first seen",
        expected="A baseline: 150 agreements and 24 pending ones, announced once each, not 174 times",
        change=lambda roster: roster.after("0317").corrected(_posted_long_ago),
        expectations=(_expect(Outcome.RECORDS, 150), _expect(Outcome.RECORDS, 24, name="pending")),
    )
    yield Issue(
        at="2025-03-18T14:00",
        stamp="03182025am",
        caption="287(g): new agreements, under new file names",
        expected="12 added to participating, 3 to pending",
        change=lambda roster: roster.after("0318"),
        expectations=(_expect(ADDED, 12), _expect(ADDED, 3, name="pending")),
    )
    yield Issue(
        at="2025-03-21T21:00",
        stamp="03212025pm",
        caption="287(g): eight pending agencies sign",
        expected="8 moved from pending to participating: one story each, not a removal and an addition",
        change=lambda roster: roster.after("0321"),
        expectations=(_expect(ADDED, 8), _expect(REMOVED, 8, name="pending"), _expect(MOVED, 8, name="pending")),
    )
    yield Issue(
        at="2025-03-27T14:00",
        stamp="03272025am",
        caption="287(g): an agency is listed under another name",
        expected="1 corrected, renamed: same state, model and date; not a removal and an addition",
        change=lambda roster: roster.corrected(_renamed),
        expectations=(_expect(CORRECTED, 1, reason=Reason.RENAMED),),
    )
    yield Issue(
        at="2025-03-28T13:00",
        stamp="03272025am",
        caption="287(g): the file is silently replaced, at the same address",
        expected="10 added, though page and address are the same as the day before",
        change=lambda roster: roster.after("0328"),
        expectations=(_expect(ADDED, 10),),
    )


def _april() -> Iterator[Issue]:
    yield Issue(
        at="2025-04-03T14:00",
        stamp="04032025",
        caption="287(g): the sheet is typed anew: other order, trailing blanks, curly apostrophes, wrapped links",
        expected="Nothing to tell anyone: 23 cosmetic differences in the log",
        change=lambda roster: replace(roster, participating=sheets.with_curly_apostrophes(roster.participating)),
        draw=lambda roster: sheets.sheet(sheets.as_retyped(roster.participating)),
        expectations=(_expect(AmendmentKind.COSMETIC, 23),),
    )
    yield Issue(
        at="2025-04-08T14:00",
        stamp="04082025am",
        caption="287(g): links to eighteen memoranda are posted",
        expected="18 corrected, minor: in the log, and sent only to those who ask for it",
        change=lambda roster: roster.corrected(_posted),
        expectations=(_expect(CORRECTED, 18, reason=Reason.RELINKED, minor=True),),
    )
    yield Issue(
        at="2025-04-10T21:00",
        stamp="04102025pm",
        caption="287(g): a malformed issue: the column SIGNED is gone, so that MOA stands in its place",
        expected="Held for a person; the last good version stays live",
        draw=lambda roster: sheets.sheet(sheets.agreements_in_order(roster.participating), sheets.WITHOUT_DATE),
        expectations=(_expect(Outcome.HELD, 1),),
    )
    yield Issue(
        at="2025-04-11T14:00",
        stamp="04112025am",
        caption="287(g): a good issue the next day",
        expected="8 added, 4 of them from pending, compared with the last good version",
        change=lambda roster: roster.after("0411"),
        expectations=(
            _expect(ADDED, 8),
            _expect(ADDED, 5, name="pending"),
            _expect(REMOVED, 4, name="pending"),
            _expect(MOVED, 4, name="pending"),
        ),
    )


def _may() -> Iterator[Issue]:
    yield Issue(
        at="2025-05-14T21:00",
        stamp="05142025pm",
        caption="287(g): Melbourne and Melbourne Beach, two universities, Indialantic",
        expected="18 added, 9 of them from pending; names that are alike are still different agencies",
        change=lambda roster: roster.after("0514"),
        expectations=(_expect(ADDED, 18), _expect(REMOVED, 9, name="pending"), _expect(MOVED, 9, name="pending")),
    )
    yield Issue(
        at="2025-05-20T14:00",
        stamp="05202025am",
        caption="287(g): Indialantic becomes Indiatlantic",
        expected="1 corrected, respelled",
        change=lambda roster: roster.corrected(lambda each: _called(each, CORRECT, MISSPELT)),
        expectations=(_expect(CORRECTED, 1, reason=Reason.RESPELLED),),
    )
    yield Issue(
        at="2025-05-21T14:00",
        stamp="05202025am",
        caption="287(g): the server answers with a block page, status 200, where the spreadsheet should be",
        expected="Nothing changes: blocked is not changed, and no version is kept",
        draw=lambda _: pages.ACCESS_DENIED,
        content_type="text/html",
    )
    yield Issue(
        at="2025-05-22T21:00",
        stamp="05222025pm_b",
        caption="287(g): twelve new agreements; one has ended",
        expected="12 added, 1 removed: Kansas Bureau of Investigation, Warrant Service Officer; 4 added to pending",
        change=lambda roster: roster.after("0522").without("Kansas Bureau of Investigation", model=MODELS["W"]),
        expectations=(_expect(ADDED, 12), _expect(REMOVED, 1), _expect(ADDED, 4, name="pending")),
    )


def _summer() -> Iterator[Issue]:
    yield Issue(
        at="2025-06-12T21:00",
        stamp="06122025pm",
        caption="287(g): nine agreements signed that day",
        expected="9 added, 2 of them from pending",
        change=lambda roster: roster.after("0612"),
        expectations=(_expect(ADDED, 9), _expect(REMOVED, 2, name="pending"), _expect(MOVED, 2, name="pending")),
    )
    yield Issue(
        at="2025-06-16T14:00",
        stamp="06162025am",
        caption="287(g): six of them were signed a day earlier, it turns out when their links are posted",
        expected="6 corrected, redated: 12 June becomes 11 June",
        change=lambda roster: roster.corrected(_redated),
        expectations=(_expect(CORRECTED, 6, reason=Reason.REDATED),),
    )
    yield Issue(
        at="2025-06-27T21:00",
        stamp="06272025pm",
        caption="287(g): an issue that ends after 80 of its rows",
        expected="Held for a person: 146 removals at once are not believed",
        draw=lambda roster: sheets.sheet(sheets.agreements_in_order(roster.participating)[:80]),
        expectations=(_expect(Outcome.HELD, 1),),
    )
    yield Issue(
        at="2025-07-03T14:00",
        stamp="07032025am",
        caption="287(g): whole again, with new agreements and a new column, ADDENDUM",
        expected="14 added, 3 added to pending; the column is one entry in the log, not 226",
        change=lambda roster: roster.after("0703"),
        draw=_with_addendum,
        expectations=(
            _expect(ADDED, 14),
            _expect(AmendmentKind.REFORMATTED, 1),
            _expect(ADDED, 3, name="pending"),
        ),
    )
    yield Issue(
        at="2025-07-08T21:00",
        stamp="07082025pm",
        caption="287(g): Indiatlantic is Indialantic again",
        expected="1 corrected, respelled; it reverts the amendment of 20 May",
        change=lambda roster: roster.corrected(lambda each: _called(each, MISSPELT, CORRECT)),
        draw=_with_addendum,
        expectations=(_expect(CORRECTED, 1, reason=Reason.RESPELLED),),
    )


def _with_addendum(roster: Roster) -> bytes:
    return sheets.sheet(sheets.agreements_in_order(roster.participating), sheets.WITH_ADDENDUM)


def _called(each: Agreement, old: str, new: str) -> Agreement:
    return replace(each, agency=new) if each.agency == old else each


def _renamed(each: Agreement) -> Agreement:
    return _called(each, ESCAMBIA_SHERIFF, ESCAMBIA_COMMISSIONERS) if each.model == MODELS["W"] else each


def _posted_long_ago(each: Agreement) -> Agreement:
    return sheets.linked(each) if each.signed and each.signed.year < 2025 else each


def _posted(each: Agreement) -> Agreement:
    """Return the agreement with a link to its memorandum, if it was signed in February 2025 in one of four states."""
    february = each.signed is not None and (each.signed.year, each.signed.month) == (2025, 2)
    return sheets.linked(each) if february and each.state in LINKED_STATES else each


def _redated(each: Agreement) -> Agreement:
    if each.signed != WRONG_DAY or each.state not in REDATED_STATES:
        return each
    return sheets.linked(replace(each, signed=RIGHT_DAY))
