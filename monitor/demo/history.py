"""Makes the history that the demo replays: what the agencies published, changed and took down, in order of time.

The days of the second and third weekly report, of the correction notice of 2017 and of the 287(g) issues are
approximate; the others are as they were.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.demo import ddor, documents, issues, pages
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.step import Expectation, Outcome, Publish, Step, Withdraw
from monitor.model import AmendmentKind, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.demo.ddor import Week

DDOR, DHS, DOJ = "ice-ddor", "dhs-sanctuary", "doj-sanctuary"
DDOR_PAGE = "/declined-detainer-outcome-report"
DHS_PAGE = "/sanctuary-jurisdictions"
DOJ_PAGE = "/ag/us-sanctuary-jurisdiction-list-following-executive-order-14287-protecting-american-communities"
PDF = "application/pdf"


def history_steps() -> tuple[Step, ...]:
    """Return all steps of the history in order of time; every call returns the same.

    It takes a second or two, mostly to make the PDFs.
    """
    return tuple(
        sorted(
            (*_weeks(), *_notices(), *issues.agreement_steps(), *documents.document_steps(), *_dhs(), *_doj()),
            key=lambda step: step.at,
        )
    )


def _weeks() -> Iterator[Step]:
    first, revised, second, third = ddor.history()
    yield _report(
        first,
        (first,),
        caption="DDOR: the first weekly report, on 28 January to 3 February 2017",
        expected="A baseline: 10 jurisdictions, 206 declined detainers, 118 policies",
        expectations=_records(first, "section-1", "section-2", "section-3"),
    )
    yield Step(
        at=revised.published_at,
        source=DDOR,
        caption="DDOR: hours later, other bytes at the same address; the page says nothing",
        changes=(_pdf(revised),),
        expected=("14 declined detainers corrected: from the Travis County State Jail to the Travis County Jail",),
        expectations=(_expect(DDOR, "section-2", AmendmentKind.CORRECTED, 14, reason=Reason.REATTRIBUTED),),
    )
    yield _report(
        second,
        (first, second),
        caption="DDOR: the second week",
        expected="A baseline of 47 declined detainers; against week 1, 4 policies gone and 36 new, two whole states",
        expectations=(*_records(second, "section-1", "section-2"), *_policies(revised, second)),
    )
    yield _report(
        third,
        (first, second, third),
        caption="DDOR: the third week",
        expected="Against week 2, 3 policies new, 1 gone, 1 worded otherwise",
        expectations=(*_records(third, "section-1", "section-2"), *_policies(second, third)),
    )


def _notices() -> Iterator[Step]:
    """Yield the steps that add notices about the weekly reports to ICE's page; the reports themselves do not change."""
    _, *weeks = ddor.history()
    corrected = datetime(2017, 4, 7, 15, 0, tzinfo=UTC)
    yield Step(
        at=corrected,
        source=DDOR,
        caption="DDOR: a correction notice on the page; the reports stay as they are",
        changes=(_index(corrected, weeks, notices=(pages.CORRECTION,)),),
        expected=("1 notice: three Franklin Counties and a Montgomery County were confused with their namesakes",),
        expectations=(_expect(DDOR, "notices", AmendmentKind.ADDED, 1),),
    )
    suspended = datetime(2017, 4, 13, 15, 0, tzinfo=UTC)
    yield Step(
        at=suspended,
        source=DDOR,
        caption="DDOR: publication is temporarily suspended",
        changes=(_index(suspended, weeks, notices=(pages.SUSPENSION, pages.CORRECTION)),),
        expected=("1 notice more",),
        expectations=(_expect(DDOR, "notices", AmendmentKind.ADDED, 1),),
    )


def _report(
    week: Week, listed: tuple[Week, ...], *, caption: str, expected: str, expectations: tuple[Expectation, ...]
) -> Step:
    """Return the step that publishes the report of `week`, and the page that links to the reports `listed`.

    - `caption`: what the step is about, for a person.
    - `expected`, `expectations`: what the program must find after it, in words and in numbers.
    """
    return Step(
        at=week.published_at,
        source=DDOR,
        caption=caption,
        changes=(_pdf(week), _index(week.published_at, listed)),
        expected=(expected,),
        expectations=expectations,
    )


def _pdf(week: Week) -> Publish:
    return Publish(path=_path(week), content=ddor.ddor_pdf(week), content_type=PDF)


def _path(week: Week) -> str:
    return f"/doclib/ddor/{week.file_name}"


def _index(at: datetime, weeks: Iterable[Week], *, notices: tuple[str, ...] = ()) -> Publish:
    """Return the change that publishes ICE's page of the weekly reports of `weeks`, with the latest report first.

    `at` is the time of publication, and `notices` are texts above the links.
    """
    links = [
        (_path(week), f"Declined Detainer Outcome Report: {_day(week, 'first')} \u2013 {_day(week, 'last')}, 2017")
        for week in weeks
    ]
    content = pages.declined_detainers(at, reports=reversed(links), notices=notices)
    return Publish(path=DDOR_PAGE, content=content, content_type=HTML_TYPE)


def _day(week: Week, end: str) -> str:
    day = week.first if end == "first" else week.last
    return f"{day:%B} {day.day}"


def _records(week: Week, *names: str) -> tuple[Expectation, ...]:
    return tuple(_expect(DDOR, name, Outcome.RECORDS, len(week.values[name])) for name in names)


def _policies(before: Week, after: Week) -> tuple[Expectation, ...]:
    """Return how many amendments of section III (policies) must be found from one week's report to the next one's."""
    old, new = ({each.jurisdiction: each for each in week.policies} for week in (before, after))
    counts = (
        (AmendmentKind.ADDED, len(new.keys() - old.keys())),
        (AmendmentKind.REMOVED, len(old.keys() - new.keys())),
        (AmendmentKind.CORRECTED, sum(old[place] != new[place] for place in old.keys() & new.keys())),
    )
    return tuple(_expect(DDOR, "section-3", kind, count) for kind, count in counts if count)


def _dhs() -> Iterator[Step]:
    published = datetime(2025, 5, 29, 21, 0, tzinfo=UTC)
    counts = zip(("states", "counties", "cities"), pages.dhs_counts(), strict=True)
    yield Step(
        at=published,
        source=DHS,
        caption="DHS: a list of more than 500 states, counties and cities, with misspelt and misplaced names",
        changes=(Publish(path=DHS_PAGE, content=pages.dhs(published), content_type=HTML_TYPE),),
        expected=(f"A baseline of {sum(pages.dhs_counts())} jurisdictions",),
        expectations=tuple(_expect(DHS, name, Outcome.RECORDS, count) for name, count in counts),
    )
    yield Step(
        at=datetime(2025, 6, 1, 16, 0, tzinfo=UTC),
        source=DHS,
        caption="DHS: Page Not Found",
        changes=(Withdraw(path=DHS_PAGE),),
        expected=("Nothing yet: a page can be missing by mistake",),
    )
    yield Step(
        at=datetime(2025, 6, 1, 16, 15, tzinfo=UTC),
        source=DHS,
        caption="DHS: still not found, at the second poll",
        expected=("Nothing yet",),
    )
    yield Step(
        at=datetime(2025, 6, 1, 16, 30, tzinfo=UTC),
        source=DHS,
        caption="DHS: still not found, at the third poll",
        expected=("1 taken down: the list as a whole, not its jurisdictions one by one",),
        expectations=(_expect(DHS, None, AmendmentKind.WITHDRAWN, 1),),
    )


def _doj() -> Iterator[Step]:
    published, removed = datetime(2025, 8, 5, 20, 0, tzinfo=UTC), datetime(2025, 9, 26, 18, 0, tzinfo=UTC)
    yield Step(
        at=published,
        source=DOJ,
        caption="DOJ: a list of 35 states, counties and cities",
        changes=(Publish(path=DOJ_PAGE, content=pages.doj(published), content_type=HTML_TYPE),),
        expected=(
            "A baseline of 13 states, 4 counties and 18 cities; the bulleted reasons above are no jurisdictions",
        ),
        expectations=(
            _expect(DOJ, "states", Outcome.RECORDS, 13),
            _expect(DOJ, "counties", Outcome.RECORDS, 4),
            _expect(DOJ, "cities", Outcome.RECORDS, 18),
        ),
    )
    others = tuple(state for state in pages.DOJ_STATES if state != "Nevada")
    yield Step(
        at=removed,
        source=DOJ,
        caption="DOJ: Nevada is taken off the list after an agreement",
        changes=(Publish(path=DOJ_PAGE, content=pages.doj(removed, states=others), content_type=HTML_TYPE),),
        expected=("1 removed: Nevada",),
        expectations=(_expect(DOJ, "states", AmendmentKind.REMOVED, 1),),
    )


def _expect(
    source: str, name: str | None, kind: AmendmentKind | Outcome, count: int, *, reason: Reason | None = None
) -> Expectation:
    return Expectation(source=source, list=name, kind=kind, count=count, reason=reason)
