"""Drifts of weekly reports in PDF: what is drawn without being seen, over other text, or in letters that are none."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import TYPE_CHECKING

from fpdf.enums import TextMode
from PIL import Image

from drifts.drafts import Draft, Kind
from drifts.of_cells import ALL
from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS, PAGE_WIDTH_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fpdf import FPDF

    from monitor.demo.ddor_layout import LaidOutPage, TextLine

REPORTS: dict[str, Sequence[str]] = {"ddor": ALL}
SECTION_2: dict[str, Sequence[str]] = {"ddor": ("section-2",)}
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
# Pairs of letters, each with a character that no report has and the name of the letter for which it is taken.
SLIPS = {"ti": ("\u00fe", "uni019F"), "tt": ("\u00f0", "uni01A9"), "ft": ("\u00d0", "uni014C")}
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def _cells(sheet: LaidOutPage) -> list[TextLine]:
    """Return the lines of text in the tables of a page, but for their headers."""
    return [
        line
        for line in sheet.lines
        for grid in sheet.grids
        for band in grid.bands
        if not band.header and band.top < line.baseline < band.bottom
    ]


def _text(document: FPDF, line: TextLine, text: str, *, beside: bool = False) -> None:
    """Draw a text at the place of a line, or beside the line."""
    document.set_font("Helvetica", "B" if line.bold else "", line.size)
    document.text(line.left + (document.get_string_width(line.text) if beside else 0), line.baseline, text)


def text_in_white(draft: Draft) -> None:
    """Some cells have a text in white beside their own."""

    def drawn(document: FPDF, sheet: LaidOutPage) -> None:
        document.set_text_color(WHITE)
        for line in _cells(sheet)[::7]:
            _text(document, line, " AA", beside=True)
        document.set_text_color(BLACK)

    draft.report.over.append(drawn)


def text_that_is_not_painted(draft: Draft) -> None:
    """Some cells have a text that the file holds and does not paint: beside their own, or the same at its place."""
    beside = draft.chance.random() < 0.5

    def drawn(document: FPDF, sheet: LaidOutPage) -> None:
        with document.local_context(text_mode=TextMode.INVISIBLE):
            for line in _cells(sheet)[::9]:
                _text(document, line, " BB" if beside else line.text, beside=beside)

    draft.report.over.append(drawn)


def watermark(draft: Draft) -> None:
    """A large grey DRAFT stands slanted behind or over the tables of each page."""
    word = draft.chance.choice(("DRAFT", "CONFIDENTIAL", "FOUO"))

    def drawn(document: FPDF, _: LaidOutPage) -> None:
        document.set_text_color(200, 200, 200)
        document.set_font("Helvetica", "B", 120 if word == "DRAFT" else 70)
        with document.rotation(angle=draft.chance.choice((30, 45)), x=PAGE_WIDTH_POINTS / 2, y=PAGE_HEIGHT_POINTS / 2):
            document.text(PAGE_WIDTH_POINTS / 4, PAGE_HEIGHT_POINTS / 2, word)
        document.set_text_color(BLACK)

    where = draft.report.under if draft.chance.random() < 0.5 else draft.report.over
    where.append(drawn)


def blank_pages(draft: Draft) -> None:
    """Pages that draw nothing stand between the others, or at the end."""
    every = draft.chance.random() < 0.5

    def with_blanks(sheets: list[LaidOutPage]) -> list[LaidOutPage | None]:
        return [each for sheet in sheets for each in (sheet, None)] if every else [*sheets, None]

    draft.report.pages = with_blanks


def scanned_page(draft: Draft) -> None:
    """The first or last page with a table is a picture without text."""
    first = draft.chance.random() < 0.5
    picture = io.BytesIO()
    Image.new("L", (200, 150), 235).save(picture, "PNG")

    def scanned(sheets: list[LaidOutPage]) -> list[LaidOutPage | None]:
        tables = [index for index, sheet in enumerate(sheets) if sheet.grids]
        at = tables[0] if first else tables[-1]
        return [*sheets[:at], None, *sheets[at + 1 :]]

    draft.report.pages = scanned
    draft.report.blank = lambda document: document.image(picture, 0, 0, PAGE_WIDTH_POINTS, PAGE_HEIGHT_POINTS)


def number_painted_over(draft: Draft) -> None:
    """A number in section I is covered by a white rectangle, and the right one stands on it."""
    row = draft.chance.choice(draft.new.lists["section-1"])
    old, new = row.cells["detainers_issued"], str(int(row.cells["detainers_issued"]) + draft.chance.randint(1, 9))

    def drawn(document: FPDF, sheet: LaidOutPage) -> None:
        names = [line for line in sheet.lines if line.text == row.cells["jurisdiction"]]
        for name in names[:1]:
            for line in sheet.lines:
                if line.text == old and abs(line.baseline - name.baseline) < 1:
                    document.set_fill_color(WHITE)
                    document.rect(line.left - 1, line.baseline - line.size, 40, line.size + 2, style="F")
                    _text(document, line, new)

    if sum(each.cells["jurisdiction"] == row.cells["jurisdiction"] for each in draft.new.lists["section-1"]) == 1:
        draft.report.over.append(drawn)
        rows = draft.new.lists["section-1"]
        rows[rows.index(row)] = row.corrected(detainers_issued=new)
        draft.written_as[row.id] = row


def name_under_a_bar(draft: Draft) -> None:
    """A black bar covers the jurisdiction of a new record: what lies under it may not be told."""
    row = draft.fresh()
    draft.rows.append(row)

    def drawn(document: FPDF, sheet: LaidOutPage) -> None:
        for line in _cells(sheet):
            if line.text == row.cells["citizenship"]:
                document.set_fill_color(BLACK)
                document.rect(line.left - 1, line.baseline - line.size, 80, line.size + 3, style="F")

    draft.report.over.append(drawn)
    draft.may_hold = True


def ligatures_that_are_other_letters(draft: Draft) -> None:
    """The font says of `ti`, `tt` and `ft` that they are other letters, as files of some word processors do."""
    draft.report.words = lambda text: re.sub("ti|tt|ft", lambda found: SLIPS[found[0]][0], text)
    names = " ".join(f"{ord(letter)} /{name}" for letter, name in SLIPS.values())
    encoding = f"<</Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [{names}]>>"
    draft.rewrite(
        lambda content: _indexed(content.replace(b"/Encoding /WinAnsiEncoding", f"/Encoding {encoding}".encode()))
    )


def _indexed(content: bytes) -> bytes:
    """Return a PDF file with a new table of where its objects stand."""
    places = {int(found[1]): found.start(1) for found in re.finditer(rb"(?:^|\n)(\d+) 0 obj", content)}
    lines = [b"0000000000 65535 f \n", *(b"%010d 00000 n \n" % places[number] for number in range(1, max(places) + 1))]
    at = content.rindex(b"xref\n", 0, content.rindex(b"startxref"))
    trailer = content[content.index(b"trailer", at) : content.rindex(b"startxref")]
    return b"%sxref\n0 %d\n%s%sstartxref\n%d\n%%%%EOF\n" % (content[:at], len(lines), b"".join(lines), trailer, at)


def cells_of_one_state_merged(draft: Draft) -> None:
    """Records of one state share a cell for it."""
    draft.report.merged = True
    draft.rows.sort(key=lambda row: row.cells["state"])


def header_on_the_first_page_alone(draft: Draft) -> None:
    """A table that goes on has its header on the first page alone."""
    draft.report.repeat = False


def rows_of_a_report_in_another_order(draft: Draft) -> None:
    """The records stand in another order."""
    draft.chance.shuffle(draft.rows)


def wider_spacing(draft: Draft) -> None:
    """Letters stand a little closer or wider than before, so that the words have other places."""
    draft.report.spacing = draft.chance.choice((-0.1, 0.1, 0.2))


def report_cut_off(draft: Draft) -> None:
    """The file ends after a part of its bytes."""
    share = draft.chance.uniform(0.3, 0.95)
    draft.rewrite(lambda content: content[: int(len(content) * share)])


def pages_lost(draft: Draft) -> None:
    """The last pages with records are missing, and the sums in the text are as ever."""

    def fewer(sheets: list[LaidOutPage]) -> list[LaidOutPage | None]:
        return list(sheets[: max(2, len(sheets) // 2)])

    draft.report.pages = fewer


def dates_of_a_report_written_otherwise(draft: Draft) -> None:
    """The dates of the report are written out: `Feb 3, 2017`."""
    way = draft.chance.choice(("%b %-d, %Y", "%Y-%m-%d", "%d-%b-%y", "%m/%d/%y"))

    def written(text: str) -> str:
        found = DAY.fullmatch(text)
        return date(int(found[3]), int(found[1]), int(found[2])).strftime(way) if found else text

    draft.report.words = written


KINDS = (
    Kind(apply=text_in_white, grounds=REPORTS),
    Kind(apply=text_that_is_not_painted, grounds=REPORTS),
    Kind(apply=watermark, grounds=REPORTS),
    Kind(apply=blank_pages, grounds=REPORTS),
    Kind(apply=scanned_page, grounds=REPORTS, may_hold=True),
    Kind(apply=number_painted_over, grounds=REPORTS, may_hold=True),
    Kind(apply=name_under_a_bar, grounds=SECTION_2, may_hold=True),
    Kind(apply=ligatures_that_are_other_letters, grounds=REPORTS),
    Kind(apply=cells_of_one_state_merged, grounds=SECTION_2),
    Kind(apply=header_on_the_first_page_alone, grounds=REPORTS),
    Kind(apply=rows_of_a_report_in_another_order, grounds=REPORTS),
    Kind(apply=wider_spacing, grounds=REPORTS),
    Kind(apply=report_cut_off, grounds=REPORTS, may_hold=True),
    Kind(apply=pages_lost, grounds=REPORTS, may_hold=True),
    Kind(apply=dates_of_a_report_written_otherwise, grounds=REPORTS),
)
