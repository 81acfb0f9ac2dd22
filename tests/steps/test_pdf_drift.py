"""Reports as PDF that are drawn in other ways: what a reader sees is told, what a page may hide is held.

Each file comes after a list of thirty offices that has stood in two. Beside most ways stand two true removals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import reportlab.rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont

from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS
from tests.extract.pdf.test_seen import SCAN, area, over, picture, text, turned
from tests.support import facsimiles
from tests.support.facsimiles import Drawn, Said
from tests.support.published import HEADER, WIDTHS, Told, offices, pdf, standing, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reportlab.pdfgen.canvas import Canvas

    from tests.conftest import Commands
    from tests.support.published import Row

    Part = Drawn | Said | Callable[[Canvas], None]

PER_PAGE = 12
ROWS = [
    *offices(30),
    ("Texas", "Miami-Dade County Jail", "7001", "1/2/2025"),
    ("Texas", "Trinidad Re-Entry Center", "7002", "1/3/2025"),
    ("Texas", "Martin County Controlled Unit", "7003", "1/4/2025"),
    ("Texas", "Washington County Jail", "7004", "1/5/2025"),
]
LEFT = [row for number, row in enumerate(ROWS) if number not in {4, 20}]
REMOVED = sorted(("removed", ROWS[number][1]) for number in (4, 20))
# The row on the first page that parts are drawn on, the places of its cells, and one after the end of its agency.
NUMBER = 5
CODE, AGENCY = ((44.0 + sum(WIDTHS[:column]), 63.0 + 17 * (NUMBER + 1)) for column in (2, 1))
AFTER = (AGENCY[0] + 130, AGENCY[1])


def document(
    rows: Sequence[Row] = LEFT,
    *over_first: Part,
    under: Sequence[Part] = (),
    front: Sequence[Sequence[Part]] = (),
    between: Sequence[Sequence[Part]] = (),
) -> bytes:
    """The list with parts over and under the table on its first page, with pages before it and between its pages."""
    pages: list[Sequence[Part]] = [[table] for table in tables(rows, per_page=PER_PAGE)]
    pages[0] = [*under, *pages[0], *over_first]
    return facsimiles.drawn(*front, *(each for page in pages for each in (page, *between)))


def without_rules(rows: Sequence[Row]) -> bytes:
    """The list in tables whose rows have no rules between them."""
    pages = (rows[start : start + PER_PAGE] for start in range(0, len(rows), PER_PAGE))
    return facsimiles.drawn(
        *([Drawn(rows=(HEADER, tuple(map("\n".join, zip(*page, strict=True)))), widths=WIDTHS)] for page in pages)
    )


def broken(rows: Sequence[Row]) -> list[Row]:
    """The rows with words that are broken at the ends of lines."""
    parts = {"Miami-Dade": "Miami-\nDade", "Trinidad Re-Entry": "Trini-\ndad Re-\nEntry", "Controlled": "Con-\ntrolled",
             "Washington": "Washing-\nton", "Sheriff": "Sher-\niff"}  # fmt: skip
    made = []
    for state, agency, *rest in rows:
        for whole, lines in parts.items():
            agency = agency.replace(whole, lines)  # noqa: PLW2901 - word by word
        made.append((state, agency, *rest))
    return made


def strike(canvas: Canvas) -> None:
    """A line through the row."""
    height = PAGE_HEIGHT_POINTS - AGENCY[1] - 5.5
    canvas.setLineWidth(0.7)
    canvas.line(44, height, 500, height)


def underline(canvas: Canvas) -> None:
    """A line below the text of the row."""
    height = PAGE_HEIGHT_POINTS - AGENCY[1] - 10.5
    canvas.line(AGENCY[0], height, AGENCY[0] + 60, height)


def footnotes(canvas: Canvas) -> None:
    """Small raised digits after a name, a date and a word of the header, as a browser prints them."""
    canvas.setFont("Helvetica", 7.5)
    for column, row, before, mark in (
        (1, NUMBER, LEFT[NUMBER][1], "12"), (3, NUMBER + 1, LEFT[NUMBER + 1][3], "3"), (1, -1, HEADER[1], "4"),
    ):  # fmt: skip
        left = 44 + sum(WIDTHS[:column]) + stringWidth(before, "Helvetica", 9)
        canvas.drawString(left, PAGE_HEIGHT_POINTS - 63 - 17 * (row + 1) - 9 + 3, mark)


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[bytes], Told]:
    """Publish a file after the list as it stood."""

    def publish(content: bytes) -> Told:
        return standing(monitor, tmp_path, "pdf", ROWS).come(content)

    return publish


SAME = {
    "a picture behind the page": document(LEFT, under=[SCAN]),
    "text that is not painted": document(LEFT, text("AA", AFTER, mode=3)),
    "white text": document(LEFT, text("AA", AFTER, shade=1)),
    "text beside the page": document(LEFT, text("AA", (-90, 120))),
    "white text under the table": document(LEFT, under=[text("Another County", AFTER, shade=1)]),
    "a slanting watermark": document(LEFT, under=[turned("DRAFT", 45, 80, left=150, top=400)]),
    "a watermark on top": document(LEFT, turned("CONFIDENTIAL", 30, 30, left=100, top=280)),
    "a level watermark": document(LEFT, under=[turned("DRAFT", 0, 90, left=100, top=250)]),
    "a marker's colour": document(LEFT, over(AGENCY, 0.9, alpha=0.4)),
    "an underlined row": document(LEFT, underline),
    "marks of footnotes": document(LEFT, footnotes),
    "every second page is blank": document(LEFT, between=[[]]),
    "a blank page first": document(LEFT, front=[[]]),
    "a cover": document(LEFT, front=[[picture(300, 100, 400, 200), Said(text="Offices", top=300)]]),
    "a page of words": document(LEFT, front=[[Said(text="This page was left blank.", top=300)]]),
    "a part without a header": facsimiles.drawn(
        *([each] for each in tables(LEFT[:24], per_page=PER_PAGE)), [Drawn(rows=LEFT[24:], widths=WIDTHS)]
    ),
    "a part without a header on the same page": facsimiles.drawn(
        *([each] for each in tables(LEFT[:24], per_page=PER_PAGE)),
        [*tables(LEFT[24:28]), Drawn(rows=LEFT[28:], widths=WIDTHS, top=400)],
    ),
    "other pages": pdf(LEFT, per_page=20),
    "no rules between rows": without_rules(LEFT),
    "words broken at ends of lines": pdf(broken(LEFT), per_page=PER_PAGE),
    "titles of groups": pdf([*LEFT[:6], ("Kansas region", "", "", ""), *LEFT[6:]], per_page=PER_PAGE),
}


@pytest.mark.parametrize("way", SAME)
def test_what_a_reader_does_not_see_is_not_told(come: Callable[[bytes], Told], way: str) -> None:
    """Only the two offices that are gone in truth are told, at once."""
    told = come(SAME[way])
    assert (told.held, told.short) == ("", REMOVED)


@pytest.mark.parametrize("shade", [1, 0.96])
def test_a_figure_that_was_painted_over_is_the_new_one(come: Callable[[bytes], Told], shade: float) -> None:
    """A white area over the old code, and the new one on it: one correction, beside the two removals."""
    told = come(document(LEFT, over(CODE, shade), text("2222", CODE)))
    assert (told.held, told.short) == ("", [("corrected", "code"), *REMOVED])
    assert [entry["after"]["code"] for entry in told.entries if entry["kind"] == "corrected"] == ["2222"]


def test_letters_that_stand_for_ligatures_are_those_letters(
    come: Callable[[bytes], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A font whose table of letters gives that of another language for `ti`."""

    def say(canvas: Canvas, said: Said) -> None:
        canvas.setFont("Vera", said.size)
        canvas.drawString(said.left, PAGE_HEIGHT_POINTS - said.top - said.size, said.text)

    monkeypatch.setattr(reportlab.rl_config, "pageCompression", 0)
    monkeypatch.setattr(facsimiles, "_say", say)
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    rows = [(state, agency.replace("Martin", "Mar\u00a4n"), *rest) for state, agency, *rest in LEFT]
    content = pdf(rows, per_page=PER_PAGE)
    assert b"<00A4>" in content
    told = come(content.replace(b"<00A4>", b"<019F>"))
    assert (told.held, told.short) == ("", REMOVED)


PAGES = [[table] for table in tables(ROWS, per_page=PER_PAGE)]
HELD = {
    "the last page is a picture": facsimiles.drawn(*PAGES[:-1], [SCAN]),
    "the first page is a picture": facsimiles.drawn([SCAN], *PAGES[1:]),
    "a page in the middle is a picture": facsimiles.drawn(PAGES[0], [SCAN], PAGES[2]),
    "a picture after the last page": facsimiles.drawn(*PAGES, [SCAN]),
    "the last page is gone": facsimiles.drawn(*PAGES[:-1]),
    "the first page is gone": facsimiles.drawn(*PAGES[1:]),
    "a page is blank": facsimiles.drawn(PAGES[0], [], PAGES[2]),
    "two texts in one place": document(ROWS, text("2222", CODE)),
    "a black bar": document(ROWS, area(AGENCY[0] - 1, AGENCY[1] - 1, AGENCY[0] + 150, AGENCY[1] + 11, 0)),
    "a dark picture": document(ROWS, picture(AGENCY[0] - 1, AGENCY[1] - 1, AGENCY[0] + 150, AGENCY[1] + 11, 20)),
    "a scan with recognised letters": document(ROWS, SCAN),
    "a row is struck out": document(ROWS, strike),
    "text that stands upright": document(ROWS, turned("Region 5", 90, 9, left=30, top=300, shade=0)),
    "another table with the same columns": document(
        ROWS, Drawn(rows=(("Where", "Who", "What", "When"), *ROWS[:2]), widths=WIDTHS, top=400)
    ),
    "another table with the same columns on a page of its own": facsimiles.drawn(
        *PAGES, [Drawn(rows=(("Where", "Who", "What", "When"), *ROWS[:2]), widths=WIDTHS)]
    ),
    "another table with the same header": document(
        ROWS, Said(text="Of these, new since May", top=340),
        *tables([(state, agency, f"9{code}", day) for state, agency, code, day in ROWS[:9]], top=360),
    ),
    "another table": document(
        ROWS, Drawn(rows=(("Where", "Who", "What", "When"), *ROWS[:2]), widths=(150, 130, 80, 80), top=400)
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", HELD)
def test_what_a_page_may_hide_is_held(come: Callable[[bytes], Told], way: str) -> None:
    """And nothing is told of it."""
    told = come(HELD[way])
    assert told.held
    assert told.entries == []


def test_what_lies_under_a_bar_is_shown_nowhere(monitor: Commands, tmp_path: Path) -> None:
    """Neither in the reason for the hold, nor among the holds, nor in what a release tells."""
    report = standing(monitor, tmp_path, "pdf", ROWS)
    told, monitor = report.come(HELD["a black bar"]), report.monitor
    name = ROWS[NUMBER][1]
    assert "dark bar" in told.held
    (held,) = monitor("holds", "--json").rows
    assert name not in told.held + held["hold_reason"]
    assert monitor("release", held["sha256"][:12]).status == 0
    assert name not in str([entry["after"] for entry in monitor("log", "--json").rows])


@pytest.mark.parametrize("way", ["two texts in one place", "a scan with recognised letters", "another table"])
def test_a_person_can_believe_what_the_reader_doubts_each_time(monitor: Commands, tmp_path: Path, way: str) -> None:
    """Though reading it again finds the same reason; the next file is compared with it."""
    report = standing(monitor, tmp_path, "pdf", ROWS)
    assert report.come(HELD[way]).held
    (held,) = report.monitor("holds", "--json").rows
    assert report.monitor("release", held["sha256"][:12], "--as", "Jane Doe").status == 0
    log = report.monitor("log", "--json").rows[report.entries :]
    assert all(entry["decided"]["by"] == "Jane Doe" for entry in log)
    report.entries += len(log)
    told = report.come(pdf(LEFT))
    assert [each for each in told.short if each[0] == "removed"] == REMOVED
