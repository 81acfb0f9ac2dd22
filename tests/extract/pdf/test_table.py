"""The cells of tables whose lines all cross are found without pdfplumber: they must be those that it would find."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pdfplumber.table import TableFinder

from monitor.extract.pdf.page import Glyphs, PrintedPage, Rule
from monitor.extract.pdf.table import understand_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cells = list[list[tuple[float, float, float, float]]]  # the sides of each cell, by table
WIDE, NARROW = (40.0, 136.1, 302.7, 750.3), (40.0, 190.2, 510.9)
UPPER, LOWER = (100.3, 120.1, 140.7, 171.3), (300.2, 333.3, 350.9)


def crossed(xs: Sequence[float], ys: Sequence[float]) -> list[Rule]:
    """Return the lines of a table in which each vertical line crosses each horizontal one."""
    uprights = [Rule(upright=True, at=x, start=ys[0], end=ys[-1]) for x in xs]
    return uprights + [Rule(upright=False, at=y, start=xs[0], end=xs[-1]) for y in ys]


def ours(rules: Iterable[Rule]) -> Cells:
    """Return the cells of each table that the program finds."""
    nothing = Glyphs(codes=np.zeros(0, np.int32), boxes=np.zeros((0, 4), np.float32))
    page = PrintedPage(number=1, width=800, height=600, rules=tuple(rules), glyphs=nothing)
    tables = understand_page(page, lambda _: False).tables
    return [sorted({cell.bounds for row in table.rows for cell in row if cell}) for table in tables]


def theirs(rules: Iterable[Rule]) -> Cells:
    """Return the cells of each table that pdfplumber finds, without tables of one column."""
    edges = [
        {
            "object_type": "line",
            "orientation": "v" if rule.upright else "h",
            "x0": rule.at if rule.upright else rule.start,
            "x1": rule.at if rule.upright else rule.end,
            "top": rule.start if rule.upright else rule.at,
            "bottom": rule.end if rule.upright else rule.at,
            "width": 0.0 if rule.upright else rule.end - rule.start,
            "height": rule.end - rule.start if rule.upright else 0.0,
        }
        for rule in rules
    ]
    page: Any = SimpleNamespace(edges=edges)
    found = [sorted(table.cells) for table in TableFinder(page).tables]
    return [cells for cells in found if len({x for cell in cells for x in (cell[0], cell[2])}) > 2]


@pytest.mark.parametrize(
    ("rules", "tables"),
    [
        pytest.param(crossed(WIDE, UPPER), 1, id="one table"),
        pytest.param(crossed(WIDE, UPPER) + crossed(NARROW, LOWER), 2, id="two tables"),
        pytest.param(crossed(WIDE, UPPER) + crossed(WIDE, LOWER), 2, id="two tables of the same columns"),
        pytest.param(crossed(NARROW, LOWER) + crossed(WIDE, UPPER), 2, id="the lower one drawn first"),
        pytest.param(
            crossed(WIDE, UPPER) + crossed([x + 1.3 for x in WIDE], LOWER), 2, id="columns that stand nearly the same"
        ),
        pytest.param(crossed(WIDE, UPPER) + crossed(WIDE, [y + 4 for y in UPPER[-1:]] + [190.0]), 2, id="4 points off"),
        pytest.param(crossed(WIDE, UPPER) + crossed(WIDE, [UPPER[-1] + 2, 190.0]), 1, id="2 points off"),
        pytest.param(
            [*crossed(WIDE, UPPER), *crossed(WIDE, LOWER), Rule(upright=False, at=240, start=40, end=700)],
            2,
            id="a line between two tables",
        ),
        pytest.param(
            crossed(WIDE, UPPER) + crossed(NARROW, LOWER) + crossed(WIDE, (400.0, 420.0)), 3, id="three tables"
        ),
        pytest.param(
            crossed(WIDE, UPPER) + crossed([x + 20 for x in NARROW], (150.0, 160.0, 165.0)), 1, id="one in the other"
        ),
        pytest.param(crossed(WIDE, UPPER) + crossed(WIDE[:2], LOWER), 1, id="a frame below a table"),
    ],
)
def test_cells_are_those_that_pdfplumber_finds(rules: list[Rule], tables: int) -> None:
    """To the last digit, and table by table from the top, wherever the tables stand."""
    found = ours(rules)
    assert found == theirs(rules)
    assert len(found) == tables
