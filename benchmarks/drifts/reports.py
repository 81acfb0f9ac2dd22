"""Write weekly reports as PDF files, with what drifts draw before, beneath or over the text of a page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from fpdf import FPDF

from drifts.editions import Edition, Row
from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS, PAGE_WIDTH_POINTS, lay_out, strokes
from monitor.demo.ddor_week import MONTH_NAMES, Declined, Issued, Policy, Week, history

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from monitor.demo.ddor_layout import LaidOutPage

FONT = "Helvetica"
DECLINED, POLICIES = 45, 40  # rows of a small report
SECTION_1, SECTION_2, SECTION_3 = "section-1", "section-2", "section-3"


@dataclass(slots=True, kw_only=True)
class ReportStyle:
    """How a report is drawn.

    - `merged`, `repeat`: whether rows of one state share a cell, and whether each page has the header.
    - `spacing`: the additional space between letters, in points.
    - `words`: changes the text of a line after it got its place.
    - `under`, `over`: what is drawn on each page before and after everything else.
    - `pages`: changes the order and number of the pages; None among them is a page that has no text.
    - `blank`: what is drawn on a page that has no text.
    """

    merged: bool = False
    repeat: bool = True
    spacing: float = 0.0
    words: Callable[[str], str] = str
    under: list[Callable[[FPDF, LaidOutPage], None]] = field(default_factory=list)
    over: list[Callable[[FPDF, LaidOutPage], None]] = field(default_factory=list)
    pages: Callable[[list[LaidOutPage]], list[LaidOutPage | None]] = list
    blank: Callable[[FPDF], object] | None = None


def edition_of_week(chance: random.Random) -> Edition:
    """Return a small report: some rows, chosen by chance, of the demo's first week."""
    week, numbers = history()[0], count(1)
    declined = [week.declined[index] for index in _few(chance, len(week.declined), DECLINED)]
    policies = [week.policies[index] for index in _few(chance, len(week.policies), POLICIES)]
    lists = {
        SECTION_1: [
            Row.of(
                next(numbers),
                {"jurisdiction": each.jurisdiction, "state": each.state, "detainers_issued": str(each.count)},
            )
            for each in week.issued
        ],
        SECTION_2: [
            Row.of(
                next(numbers),
                {
                    "state": each.state,
                    "jurisdiction": each.jurisdiction,
                    "citizenship": each.citizenship,
                    "issued_on": each.issued_on.isoformat(),
                    "declined_on": each.declined_on.isoformat(),
                    "activity": each.activity,
                },
            )
            for each in declined
        ],
        SECTION_3: [
            Row.of(
                next(numbers),
                {
                    "jurisdiction": each.jurisdiction,
                    "enacted": each.enacted,
                    "policy": each.policy,
                    "criteria": "\n".join(each.criteria),
                },
            )
            for each in policies
        ],
    }
    return Edition(lists=lists, style=ReportStyle())


def _few(chance: random.Random, size: int, few: int) -> list[int]:
    return sorted(chance.sample(range(size), few))


def week_of(edition: Edition) -> Week:
    """Return the edition as a week of the demo's."""
    lists = edition.lists
    return replace(
        history()[0],
        issued=tuple(
            Issued(jurisdiction=row["jurisdiction"], state=row["state"], count=int(row["detainers_issued"]))
            for row in (each.cells for each in lists[SECTION_1])
        ),
        declined=tuple(
            Declined(
                state=row["state"],
                jurisdiction=row["jurisdiction"],
                citizenship=row["citizenship"],
                issued_on=date.fromisoformat(row["issued_on"]),
                declined_on=date.fromisoformat(row["declined_on"]),
                activity=row["activity"],
            )
            for row in (each.cells for each in lists[SECTION_2])
        ),
        policies=tuple(_policy(row.cells["jurisdiction"], row) for row in lists[SECTION_3]),
    )


def _policy(name: str, row: Row) -> Policy:
    place, _, office = name.removesuffix(")").rpartition(" (")
    month, _, year = row.cells["enacted"].partition(" ")
    return Policy(
        place=place,
        office=office,
        year=int(year),
        month=MONTH_NAMES.index(month) + 1,
        policy=row.cells["policy"],
        criteria=tuple(row.cells["criteria"].split("\n")),
    )


def report(edition: Edition) -> bytes:
    """Return an edition as a PDF file in landscape format, as the demo draws it but for the drifts of its style."""
    style = edition.style
    assert isinstance(style, ReportStyle)
    week = week_of(edition)
    document = FPDF(orientation="landscape", unit="pt", format=(PAGE_HEIGHT_POINTS, PAGE_WIDTH_POINTS))
    document.core_fonts_encoding = "cp1252"
    document.set_creation_date(week.published_at)
    document.set_auto_page_break(auto=False)

    def measure(text: str, size: float, bold: bool) -> float:  # noqa: FBT001 - the layout's measure
        document.set_font(FONT, "B" if bold else "", size)
        return float(document.get_string_width(text)) + style.spacing * len(text)

    sheets = style.pages(list(lay_out(week, measure, merged=style.merged, repeat=style.repeat)))
    for sheet in sheets:
        document.add_page()
        if sheet:
            _draw(document, sheet, style)
        elif style.blank:
            style.blank(document)
    return bytes(document.output())


def _draw(document: FPDF, sheet: LaidOutPage, style: ReportStyle) -> None:
    for drawn in style.under:
        drawn(document, sheet)
    document.set_line_width(0.5)
    document.set_fill_color(217, 226, 243)
    for grid in sheet.grids:
        for band in grid.bands:
            if band.header:
                width = grid.columns[-1] - grid.columns[0]
                document.rect(grid.columns[0], band.top, width, band.bottom - band.top, style="F")
        for stroke in strokes(grid):
            document.line(*stroke)
    document.set_char_spacing(style.spacing)
    for line in sheet.lines:
        document.set_font(FONT, "B" if line.bold else "", line.size)
        document.text(line.left, line.baseline, style.words(line.text))
    document.set_char_spacing(0)
    for drawn in style.over:
        drawn(document, sheet)


@cache
def _whole() -> Week:
    return history()[1]


def fresh_row(name: str, chance: random.Random, number: int) -> Row:
    """Return a row for a section of a report that is likely in none yet."""
    if name == SECTION_3:
        each = chance.choice(history()[2].policies)
        return Row.of(
            number,
            {
                "jurisdiction": each.jurisdiction,
                "enacted": each.enacted,
                "policy": each.policy,
                "criteria": "\n".join(each.criteria),
            },
        )
    declined = chance.choice(_whole().declined)
    on = declined.declined_on - timedelta(days=chance.randrange(7))
    return Row.of(
        number,
        {
            "state": declined.state,
            "jurisdiction": declined.jurisdiction,
            "citizenship": chance.choice(("Peru", "Haiti", "Nicaragua", "Brazil", "India")),
            "issued_on": (on - timedelta(days=chance.randrange(9, 90))).isoformat(),
            "declined_on": on.isoformat(),
            "activity": declined.activity,
        },
    )
