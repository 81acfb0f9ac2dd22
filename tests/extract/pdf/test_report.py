"""Whole reports of 30 pages and more, made by three programs in many styles: every cell of sections I to III."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pdfplumber
import pypdfium2
import pytest

from monitor.demo import ddor
from monitor.extract.account import Account
from monitor.extract.pdf import lists as pdf_lists
from monitor.extract.pdf import pdfium, plumber
from monitor.extract.pdf import table as pdf_table
from tests.support import facsimiles
from tests.support.facsimiles import Style
from tests.support.lists import CONFIG
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.demo.ddor import Week
    from monitor.extract.pdf.cells import PdfCell, PdfTable
    from monitor.model import RecordList

LISTS = CONFIG.sources["ice-ddor"].reports["weekly"].lists
GOLDEN = ROOT / "tests" / "golden" / "ddor"
STYLES = (
    Style(),
    Style(borders="rectangles"),
    Style(borders="pieces"),
    Style(borders="level"),
    Style(borders="level", shading="cells"),
    Style(borders="level", shading="none"),
    Style(borders="level", repeat=False),
    Style(repeat=False),
    Style(merged=True),
    Style(merged=True, borders="rectangles", repeat=False),
    Style(merged=True, borders="level"),
    Style(turned=90),
    Style(turned=180),
    Style(turned=270, cropped=True),
    Style(cropped=True),
)


@cache
def weeks() -> tuple[Week, ...]:
    """Week 1, week 1 revised, week 2, week 3."""
    return ddor.history()


@cache
def made(style: Style) -> bytes:
    """Week 1 in a style."""
    return facsimiles.report(weeks()[0], style)


@cache
def read(content: bytes) -> tuple[RecordList, ...]:
    """What the reader finds."""
    return pdf_lists.read_pdf(content, LISTS)


def short(week: Week) -> Week:
    """The first rows of a week, to be quick."""
    return replace(week, declined=week.declined[:30], policies=week.policies[:15])


def values(lists: tuple[RecordList, ...]) -> dict[str, tuple[tuple[str | None, ...], ...]]:
    """The records' values, by list."""
    return {each.name: tuple(record.values for record in each.records) for each in lists}


def lined(table: PdfTable) -> Iterable[tuple[tuple[PdfCell | None, ...], float]]:
    """Each row with its top: pdfplumber gives a merged cell in its first row only."""
    return zip(table.rows, table.tops[:-1], strict=True)


def shown(style: Style) -> str:
    """A style in short, to name its test."""
    plain = Style()
    return "-".join(
        f"{name}={value}"
        for name in ("borders", "shading", "merged", "repeat", "turned", "cropped")
        if (value := getattr(style, name)) != getattr(plain, name)
    )


@pytest.mark.parametrize("number", range(4))
def test_every_cell_of_the_demos_reports_is_read(number: int) -> None:
    """What fpdf2 made of a week reads as that week, to the letter."""
    week = weeks()[number]
    assert values(pdf_lists.read_pdf(ddor.ddor_pdf(week), LISTS)) == week.values


@pytest.mark.parametrize("style", STYLES, ids=shown)
def test_every_cell_is_read_however_it_is_drawn(style: Style) -> None:
    """Lines, thin rectangles, pieces, no upright rules, merged cells, turned and cropped pages: the same values."""
    assert values(read(made(style))) == weeks()[0].values


@pytest.mark.parametrize("style", ["grid", "level", "striped"])
def test_every_cell_is_read_as_reportlab_splits_it(style: str) -> None:
    """Tables that reportlab itself wraps, splits within rows (leaving them open below) and shades in stripes."""
    assert values(pdf_lists.read_pdf(facsimiles.flowing(weeks()[0], style=style), LISTS)) == weeks()[0].values  # type: ignore[arg-type]


def test_the_reports_hold_what_makes_them_hard() -> None:
    """The facsimiles have 30 pages, rows over two pages in both long sections, and a state merged over a page break."""
    assert len(pypdfium2.PdfDocument(made(Style()))) >= 30
    _, declined, policies = read(ddor.ddor_pdf(weeks()[0]))
    for each in (declined, policies):
        assert any(len(record.locator.boxes) == 2 for record in each.records)
    merged = [record for record in read(made(Style(merged=True)))[1].records if record.values[0] == "Texas"]
    assert len({box.page for record in merged for box in record.locator.boxes}) > 3


def test_a_silent_revision_differs_in_its_fourteen_rows_alone() -> None:
    """Week 1 and its revision read the same but for the jurisdiction of the 14 rows of the state jail."""
    before, after = (read(ddor.ddor_pdf(week)) for week in weeks()[:2])
    assert before[0] == after[0]
    assert before[2] == after[2]
    pairs = [
        (old.values, new.values)
        for old, new in zip(before[1].records, after[1].records, strict=True)
        if old.values != new.values
    ]
    assert len(pairs) == 14
    for old, new in pairs:
        assert (old[1], new[1]) == ("Travis County State Jail", "Travis County Jail")
        assert (old[0], *old[2:]) == (new[0], *new[2:])


@pytest.mark.parametrize("style", STYLES[-4:], ids=shown)
def test_boxes_are_where_a_reader_sees_the_row(style: Style) -> None:
    """A turned or cropped sheet gives the boxes of the plain one: they are measured on the page as shown."""
    plain, other = (
        [box for record in each.records for box in record.locator.boxes]
        for each in (read(made(Style()))[1], read(made(style))[1])
    )
    for one, two in zip(plain, other, strict=True):
        assert one.page == two.page
        for name in ("left", "top", "right", "bottom"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), abs=0.1)


def test_boxes_follow_one_another_down_each_page() -> None:
    """No row's box overlaps the next one's; a row over two pages has a box on each."""
    boxes = [box for record in read(made(Style()))[1].records for box in record.locator.boxes]
    for above, below in pairwise(boxes):
        assert below.page == above.page + 1 or (below.page == above.page and below.top >= above.bottom)


@pytest.mark.parametrize("style", [Style(), Style(borders="rectangles"), Style(merged=True), None], ids=str)
def test_cells_are_those_of_plain_pdfplumber(style: Style | None) -> None:
    """Table by table and cell by cell, the first pages read as `extract_tables` reads them."""
    content = made(style) if style else ddor.ddor_pdf(weeks()[0])
    with pdfplumber.open(io.BytesIO(content), pages=[1, 2, 3, 4, 5, 6, 7]) as document:
        theirs = [table for page in document.pages for table in page.extract_tables()]
    pages = (page for page in pdfium.pdfium_pages(content) if page.number < 8)
    ours = [
        [
            ["\n".join(cell.lines) if cell and cell.bounds[1] == top else None for cell in row]
            for row, top in lined(table)
        ]
        for page in pages
        for table in pdf_table.understand_page(page, lambda _: False).tables
    ]
    assert ours == theirs


@pytest.mark.parametrize(
    "style", [Style(borders="level", merged=True), Style(cropped=True), Style(turned=90)], ids=shown
)
def test_pdfplumber_reads_the_same_lists(style: Style) -> None:
    """The fallback, which shares nothing with pdfium, comes to the same values."""
    week = short(weeks()[0])
    content = facsimiles.report(week, style)
    assert values(pdf_lists.read_pdf(content, LISTS, by=plumber.plumber_pages)) == week.values
    assert values(pdf_lists.read_pdf(content, LISTS)) == week.values


def test_what_pdfium_refuses_pdfplumber_reads() -> None:
    """A reader that fails with pdfium's error is followed by the other one."""

    def failing(content: bytes, *, links: bool = False) -> None:
        raise pypdfium2.PdfiumError(f"{len(content)} {links}")

    week = short(weeks()[2])
    assert values(pdf_lists.read_pdf(ddor.ddor_pdf(week), LISTS, by=failing)) == week.values  # type: ignore[arg-type]


@pytest.mark.parametrize("style", ["full", "apart", "level", "striped"])
def test_every_cell_is_read_as_a_browser_prints_it(style: str) -> None:
    """Pages that Chromium printed: whole borders, borders apart, level rules, stripes; drawn bullets, merged states."""
    expected = json.loads((GOLDEN / "chromium.json").read_text(encoding="utf-8"))
    found = pdf_lists.read_pdf((GOLDEN / f"chromium-{style}.pdf").read_bytes(), LISTS)
    assert values(found) == {name: tuple(map(tuple, rows)) for name, rows in expected.items()}


@pytest.mark.parametrize("maker", ["typst-full", "typst-level", "weasyprint-full", "weasyprint-striped"])
def test_every_cell_is_read_where_other_programs_break_its_words(maker: str) -> None:
    """Narrow columns that typst and WeasyPrint hyphenated: many words are broken each time they stand in the file.

    Places, countries, charges and policies are whole again, and the hyphens of `re-entry` and `Guinea-Bissau` stay.
    """
    expected = json.loads((GOLDEN / "hyphenated.json").read_text(encoding="utf-8"))
    account = Account()
    found = pdf_lists.read_pdf((GOLDEN / f"{maker}.pdf").read_bytes(), LISTS, account)
    assert values(found) == {name: tuple(map(tuple, rows)) for name, rows in expected.items()}
    assert not account.suspicions
    assert not any(part.holds for part in account.parts.values())


def test_no_report_of_any_style_is_doubted() -> None:
    """What is passed over in ordinary reports is no reason to hold them."""
    for content in (ddor.ddor_pdf(weeks()[0]), made(Style()), (GOLDEN / "chromium-striped.pdf").read_bytes()):
        account = Account()
        pdf_lists.read_pdf(content, LISTS, account)
        assert not account.suspicions
        assert not any(part.holds for part in account.parts.values())
