"""Lays out a Declined Detainer Outcome Report on landscape pages: works out the place of each line and table.

The layout has everything that makes the real reports hard for a program to read: header rows on every page, wrapped
cells, hyphenated words, bullets, footnotes, rows that are split by a page break and, if wanted, merged cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.demo.ddor_week import MONTH_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from monitor.demo.ddor_week import Week

    Measure = Callable[[str, float, bool], float]  # text, size, bold: width in points

# The page: letter, landscape.
PAGE_WIDTH_POINTS, PAGE_HEIGHT_POINTS, MARGIN_POINTS = 792.0, 612.0, 40.0
# Sizes of type.
BODY_POINTS, SMALL_POINTS, TITLE_POINTS = 10.0, 7.5, 14.0
# The distance of lines, in sizes of type.
LEADING = 1.25
# The space between a cell's border and its text.
PADDING_POINTS = 4.2
# Tables and prose end here, above the footnote and the page number.
LOWEST_LINE_POINTS = PAGE_HEIGHT_POINTS - MARGIN_POINTS - 26
SECTION_HEADERS = {
    "section-1": ("Jurisdiction", "State", "Count of Issued Detainers"),
    "section-2": (
        "State",
        "Jurisdiction Where Detainer Declined",
        "Citizenship",
        "Detainer Issued Date",
        "Detainer Declined Date",
        "Notable Criminal Activity (Charge or Conviction)",
    ),
    "section-3": ("Jurisdiction (AOR)", "Date Enacted", "Policy", "Criteria for Honoring Detainer"),
}
COLUMN_WIDTHS_POINTS = {
    "section-1": (210, 150, 110),
    "section-2": (96, 166, 112, 76, 76, 184),
    "section-3": (150, 88, 150, 322),
}
# The places where a word may be broken; the prose of section IV has each of these words whole.
WORD_BREAKS = {
    word.replace("-", ""): word.split("-")
    for word in [
        "juris-dic-tion",
        "citizen-ship",
        "con-vic-tion",
        "convic-ted",
        "deter-mi-nation",
        "individ-ual",
        "individ-uals",
        "infor-mation",
        "immi-gration",
        "noti-fication",
        "noti-fies",
        "investi-gative",
        "judi-cially",
        "resour-ces",
        "aggra-vated",
        "pos-session",
        "traf-ficking",
        "identi-fication",
        "unautho-rized",
        "intimi-dation",
        "con-trolled",
        "sub-stance",
        "vio-lence",
        "obstruc-ting",
        "depart-ment",
        "reim-burse",
        "habi-tation",
        "prop-erty",
        "inter-views",
        "authori-ties",
        "metro-politan",
        "correc-tional",
    ]
}
SCOPE_PARAGRAPHS = (
    (
        "Notable criminal activity is given as charge or conviction. Among the words used are aggravated assault, "
        "intimidation of a witness, possession of a controlled substance, trafficking in stolen property, "
        "identification, unauthorized use, violence, burglary of a habitation and obstructing an officer."
    ),
    (
        "Where the citizenship of an individual, or of individuals, is not known, the determination of the Department "
        "of Homeland Security is given. A person convicted abroad is not listed. Policies differ in whether a "
        "judicially issued warrant is needed, whether the jurisdiction notifies ICE, how notification is provided, "
        "whether investigative interviews are allowed, what information immigration authorities get, and who has to "
        "reimburse resources. A metropolitan or correctional facility is listed by its own name."
    ),
    (
        "A court-ordered detention is no detainer. Terms such as \u201ccase-by-case\u201d, \u201cnon-public\u201d, "
        "\u201cnon-moving\u201d, \u201cnon-cooperation\u201d and \u201cstrong-arm\u201d are as the agencies write them."
    ),
)
FOOTNOTE = "* As recorded by the facility \u2013 not verified."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line of text. Its left end and its baseline are in points, from the upper left corner of the page."""

    left: float
    baseline: float
    text: str
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBand:
    """A row of a table, or the part of it that is on one page.

    `top` and `bottom` are in points from the top of the page. `header` is True for the header row. `joined` is True if
    its first cell is merged with the first cell of the row above.
    """

    top: float
    bottom: float
    header: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOutTable:
    """A table of the demo's PDF report as it is to be drawn, or the part of it that is on one page.

    - `columns`: the borders between its columns from left to right, in points from the left edge of the page.
    - `bands`: its rows from top to bottom; each says from where to where on the page it reaches.
    """

    columns: tuple[float, ...]
    bands: tuple[RowBand, ...]


@dataclass(slots=True, kw_only=True)
class LaidOutPage:
    """A page: its lines of text, and the borders of its tables (`grids`)."""

    lines: list[TextLine] = field(default_factory=list)
    grids: list[LaidOutTable] = field(default_factory=list)


def lay_out(week: Week, measure: Measure, *, merged: bool = False, repeat: bool = True) -> tuple[LaidOutPage, ...]:
    """Return the pages of the report of one week.

    - `measure`: a function that returns the width of a text in points.
    - `merged`: whether rows of the same state share one merged cell for it.
    - `repeat`: whether a table has its header row on each page.
    """
    press = _Press(measure, title=f"Declined Detainer Outcome Report \u2013 {_period(week.first, week.last)}")
    press.paragraph("Declined Detainer Outcome Report", size=TITLE_POINTS, bold=True)
    press.paragraph(
        f"From {_period(week.first, week.last)}, U.S. Immigration and Customs Enforcement issued "
        f"{week.issued_total:,} detainers. Section II lists a total of {len(week.declined):,} declined detainers."
    )
    headings = {
        "section-1": "SECTION I: Highest Volume of Detainers Issued",
        "section-2": "SECTION II: Declined Detainers by Jurisdiction",
        "section-3": "SECTION III: Jurisdictions That Have Enacted Policies Which Limit Cooperation with ICE",
    }
    rows: dict[str, list[tuple[str | tuple[str, ...], ...]]] = {
        "section-1": [(each.jurisdiction, each.state, str(each.count)) for each in week.issued],
        "section-2": [
            (
                *(each.state, each.jurisdiction, each.citizenship),
                *(f"{on.month}/{on.day}/{on.year}" for on in (each.issued_on, each.declined_on)),
                each.activity,
            )
            for each in week.declined
        ],
        "section-3": [(each.jurisdiction, each.enacted, each.policy, each.criteria) for each in week.policies],
    }
    for name, heading in headings.items():
        press.paragraph(heading, size=TITLE_POINTS, bold=True)
        press.table(name, rows[name], merged=merged and name == "section-2", repeat=repeat)
    press.paragraph("SECTION IV: Scope of This Report", size=TITLE_POINTS, bold=True)
    for text in SCOPE_PARAGRAPHS:
        press.paragraph(text)
    return press.finished()


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break a text into lines of at most `width` points, as `measure` measures them.

    It is broken at blanks, after hyphens, and inside the words in WORD_BREAKS.
    """
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if measure(joined) <= width:
            lines[-1] = joined
            continue
        for head, tail in _breaks(word):
            started = f"{lines[-1]} {head}".strip()
            if measure(started) <= width:
                lines[-1:] = [started, tail]
                break
        else:
            lines.append(word)
    return [line for line in lines if line]


def _breaks(word: str) -> Iterable[tuple[str, str]]:
    """Return the ways to break a word in two, the one with the longest first part first."""
    at = [(word[: found.end()], word[found.end() :]) for found in re.finditer(r"\w-(?=\w)", word)]
    before, bare, _after = re.fullmatch(r"(\W*)(.*?)(\W*)", word).groups()  # type: ignore[union-attr]
    start = len(before)
    for part in WORD_BREAKS.get(bare.lower(), ())[:-1]:
        start += len(part)
        at.append((word[:start] + "-", word[start:]))
    return sorted(at, key=lambda parts: -len(parts[0]))


def _period(first: date, last: date) -> str:
    return f"{MONTH_NAMES[first.month - 1]} {first.day} to {MONTH_NAMES[last.month - 1]} {last.day}, {last.year}"


class _Press:
    """Fills pages with paragraphs and tables, from the top of the first page to the bottom of the last one."""

    def __init__(self, measure: Measure, *, title: str) -> None:
        self._measure = measure
        self._title = title
        self._sheets: list[LaidOutPage] = []
        self._y = LOWEST_LINE_POINTS
        self._turn()

    def finished(self) -> tuple[LaidOutPage, ...]:
        """Return all pages, with their numbers printed on them."""
        for number, sheet in enumerate(self._sheets, start=1):
            self._print(
                f"{number} of {len(self._sheets)}",
                PAGE_WIDTH_POINTS / 2 - 15,
                PAGE_HEIGHT_POINTS - 24,
                size=SMALL_POINTS,
                sheet=sheet,
            )
        return tuple(self._sheets)

    def paragraph(self, text: str, *, size: float = BODY_POINTS, bold: bool = False) -> None:
        """Print a text over the whole width of the page, without breaking words."""
        step = size * LEADING
        whole = text.replace("-", "\u2011")  # so that it breaks at blanks only
        lines = wrap(
            whole,
            PAGE_WIDTH_POINTS - 2 * MARGIN_POINTS,
            lambda part: self._measure(part.replace("\u2011", "-"), size, bold),
        )
        if (
            self._y + step * (len(lines) + 5 * bold) > LOWEST_LINE_POINTS
        ):  # a heading is not left alone at the foot of a page
            self._turn()
        for line in lines:
            self._y += step
            self._print(line.replace("\u2011", "-"), MARGIN_POINTS, self._y, size=size, bold=bold)
        self._y += step * 0.8

    def table(self, name: str, rows: Iterable[Sequence[str | Sequence[str]]], *, merged: bool, repeat: bool) -> None:
        """Print the table of the section `name` from the present place on, over as many pages as it needs.

        `merged` and `repeat` are as for `lay_out`.
        """
        edges = [MARGIN_POINTS]
        for width in COLUMN_WIDTHS_POINTS[name]:
            edges.append(edges[-1] + width)
        header = [
            self._cell(text, width, bold=True)
            for text, width in zip(SECTION_HEADERS[name], COLUMN_WIDTHS_POINTS[name], strict=True)
        ]
        bands: list[RowBand] = []
        self._band(header, edges, bands, header=True)
        before: object = None
        for row in rows:
            cells = [self._cell(text, width) for text, width in zip(row, COLUMN_WIDTHS_POINTS[name], strict=True)]
            joined = merged and row[0] == before
            before = row[0]
            need = max(map(len, cells))
            while need:
                room = int((LOWEST_LINE_POINTS - self._y - 2 * PADDING_POINTS) / (BODY_POINTS * LEADING))
                taken = need if need <= room else room if room >= 2 and need >= 3 else 0
                shown = [cell[:taken] for cell in cells]
                if joined:
                    shown[0] = []
                if taken:
                    self._band(shown, edges, bands, joined=joined and bool(bands) and not bands[-1].header)
                cells = [cell[taken:] for cell in cells]
                need = max(map(len, cells))
                if need:
                    self._close(edges, bands)
                    self._turn()
                    if repeat:
                        self._band(header, edges, bands, header=True)
        self._close(edges, bands)
        self._print(FOOTNOTE, MARGIN_POINTS, self._y + SMALL_POINTS * LEADING, size=SMALL_POINTS)
        self._y += 22

    def _cell(self, text: str | Sequence[str], width: float, *, bold: bool = False) -> list[str]:
        """Return the lines of a cell, wrapped to `width` points; if it is a sequence of texts, each gets a bullet."""
        inner = width - 2 * PADDING_POINTS
        if isinstance(text, str):
            return wrap(text, inner, lambda part: self._measure(part, BODY_POINTS, bold))
        lines: list[str] = []
        for point in text:
            first, *rest = wrap(point, inner - 8, lambda part: self._measure(part, BODY_POINTS, bold))
            lines += [f"\u2022 {first}", *(f"\t{line}" for line in rest)]
        return lines

    def _band(
        self,
        cells: Sequence[Sequence[str]],
        edges: Sequence[float],
        bands: list[RowBand],
        *,
        header: bool = False,
        joined: bool = False,
    ) -> None:
        step = BODY_POINTS * LEADING
        top = self._y
        for cell, left in zip(cells, edges, strict=False):
            for index, line in enumerate(cell, start=1):
                indent = 8 * line.startswith("\t")  # the further lines of a point
                at = left + PADDING_POINTS + indent
                self._print(line.strip(), at, top + PADDING_POINTS + step * index - 2.5, size=BODY_POINTS, bold=header)
        self._y = top + 2 * PADDING_POINTS + step * max(map(len, cells))
        bands.append(RowBand(top=top, bottom=self._y, header=header, joined=joined))

    def _close(self, edges: Sequence[float], bands: list[RowBand]) -> None:
        if bands:
            self._sheets[-1].grids.append(LaidOutTable(columns=tuple(edges), bands=tuple(bands)))
        bands.clear()

    def _print(
        self,
        text: str,
        left: float,
        baseline: float,
        *,
        size: float,
        bold: bool = False,
        sheet: LaidOutPage | None = None,
    ) -> None:
        line = TextLine(left=left, baseline=baseline, text=text, size=size, bold=bold)
        (sheet or self._sheets[-1]).lines.append(line)

    def _turn(self) -> None:
        self._sheets.append(LaidOutPage())
        self._print(self._title, MARGIN_POINTS, 28, size=SMALL_POINTS)
        self._y = MARGIN_POINTS


def strokes(grid: LaidOutTable) -> Iterable[tuple[float, float, float, float]]:
    """Yield each border line of a table once, as its two ends (x0, y0, x1, y1); inside merged cells there is none."""
    left, right = grid.columns[0], grid.columns[-1]
    top, bottom = grid.bands[0].top, grid.bands[-1].bottom
    yield left, top, right, top
    for _, below in pairwise(grid.bands):
        yield (grid.columns[1] if below.joined else left), below.top, right, below.top
    yield left, bottom, right, bottom
    for x in grid.columns:
        yield x, top, x, bottom
