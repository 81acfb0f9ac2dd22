"""Groups, patterns of headers and values written once, in the tables of a PDF."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import LayoutError
from monitor.model import PassedOverKind
from tests.support.facsimiles import Drawn, Said, drawn
from tests.support.laid_out import reading, rows_of, why

Row = tuple[str | None, ...]
HEADER = ("Agency", "Model", "Signed")
AGENCIES: dict[str, Any] = {
    "columns": {"agency": "Agency", "model": "Model", "signed": "Signed"},
    "key": ["state", "agency"],
    "names": ["agency"],
}
TITLED = AGENCIES | {"group": {"state": "title_row"}}
TEXAS = [("Bexar County", "Jail", "5/1/2026"), ("Cameron County", "Task Force", "5/2/2026")]
UTAH = [("Cache County", "Jail", "5/3/2026"), ("Davis County", "Jail", "5/4/2026")]
TITLES = (("TEXAS", "", ""), ("UTAH", "", ""))
IN_STATES = [*((*row, "TEXAS") for row in TEXAS), *((*row, "UTAH") for row in UTAH)]


def table(*rows: Row, top: float = 60) -> Drawn:
    """A ruled table."""
    return Drawn(rows=rows, top=top)


def test_titles_of_one_cell_are_groups() -> None:
    """Sums and notes between them are none; each record stands in its row."""
    rows = (TITLES[0], *TEXAS, ("Total", "2", ""), TITLES[1], UTAH[0], ("* by proxy", "", ""), UTAH[1])
    found = reading("pdf", drawn([table(HEADER, *rows)]), **TITLED)
    assert rows_of(found) == IN_STATES
    tops = [record.locator.boxes[0].top for record in found.lists[0].records]
    assert tops == sorted(tops)
    (passed,) = [each for each in found.passed_over if each.kind == PassedOverKind.ROWS]
    assert set(passed.texts) == {"TEXAS", "Total", "2", "UTAH", "* by proxy"}


def test_a_group_goes_on_on_the_next_page() -> None:
    """With the header again, or without it."""
    for again in ((HEADER,), ()):
        pages = drawn([table(HEADER, TITLES[0], TEXAS[0])], [table(*again, TEXAS[1], TITLES[1], *UTAH)])
        assert rows_of(reading("pdf", pages, **TITLED)) == IN_STATES


def test_a_title_on_top_of_a_page_needs_a_pattern() -> None:
    """Without one it may be the rest of the row before."""
    pages = drawn([table(HEADER, TITLES[0], *TEXAS)], [table(TITLES[1], *UTAH)])
    with pytest.raises(
        LayoutError, match="page 2: 'UTAH' may be the title of a group in 'all', or the rest of the row"
    ):
        reading("pdf", pages, **TITLED)
    group = {"state": {"from": "title_row", "pattern": "^[A-Z]+$"}}
    assert rows_of(reading("pdf", pages, **AGENCIES, group=group)) == IN_STATES


def test_a_row_without_a_title_is_doubtful() -> None:
    """The first state has none."""
    found = reading("pdf", drawn([table(HEADER, *TEXAS, TITLES[1], *UTAH)]), **TITLED)
    assert "all: no state is found in a row of page 1, 'Bexar County | Jail | 5/1/2026' and in 1 more" in why(found)


def test_headings_above_tables_are_groups() -> None:
    """By the key heading, or by a pattern of their own; a line between that is none changes nothing."""
    pages = drawn(
        [Said(text="Agencies in Texas"), table(HEADER, TEXAS[0])],
        [table(HEADER, TEXAS[1]), Said(text="Updated", top=200), Said(text="Agencies in Utah", top=220),
         table(HEADER, *UTAH, top=250)],
    )  # fmt: skip
    group: dict[str, Any] = {"state": {"from": "heading", "pattern": "Agencies in (.+)"}}
    found = reading("pdf", pages, **AGENCIES, group=group, tables="all")
    assert [values[3] for values in rows_of(found)] == ["Texas", "Texas", "Utah", "Utah"]
    found = reading("pdf", pages, **AGENCIES, group={"state": "heading"}, heading="^Agencies in")
    assert [values[3] for values in rows_of(found)] == ["Agencies in Texas"] * 2 + ["Agencies in Utah"] * 2
    bare = drawn([table(HEADER, *TEXAS)])
    assert "no line above the table says it" in why(reading("pdf", bare, **AGENCIES, group=group))


def test_a_header_with_another_year_is_found() -> None:
    """By its pattern, in tables with rules and in those without any between their rows."""
    alos: dict[str, Any] = {"columns": {"name": "Name", "alos": {"header_pattern": r"^FY\d\d ALOS$"}}, "key": ["name"]}
    for year in (25, 26):
        rows = (("Name", f"FY{year} ALOS"), *((f"Facility {n}", f"{n}1") for n in range(1, 6)))
        for lines in ({}, {"uprights": False}, {"levels": False}):
            content = drawn([Drawn(rows=rows, widths=(120, 120), **lines)])
            assert rows_of(reading("pdf", content, **alos)) == [(f"Facility {n}", f"{n}1") for n in range(1, 6)]
    other = drawn([Drawn(rows=(("Name", "ADP"), ("A", "1")), widths=(120, 120))])
    with pytest.raises(LayoutError, match=r"'Name', like '.*ALOS"):
        reading("pdf", other, **alos)


FILLED: dict[str, Any] = {
    "columns": {"state": {"header": "State", "fill_down": True}, "agency": "Agency", "count": "Count"},
    "key": ["state", "agency"],
    "names": ["agency"],
}


def test_values_that_are_written_once() -> None:
    """With empty cells below them, or merged with them, also over a page; below a sum they are not known."""
    head = ("State", "Agency", "Count")
    for empty in ("", None):
        rows = (head, ("Texas", "Sheriff", "1"), (empty, "Jail", "2"), ("Utah", "Sheriff", "3"))
        found = reading("pdf", drawn([table(*rows)], [table(head, ("", "Prison", "4"))]), **FILLED)
        assert [values[0] for values in rows_of(found)] == ["Texas", "Texas", "Utah", "Utah"]
    rows = (head, ("Texas", "Sheriff", "1"), ("Total", "", "1"), ("", "Jail", "2"))
    assert "no state is found in a row of page 1, 'Jail | 2'" in why(reading("pdf", drawn([table(*rows)]), **FILLED))


def test_rows_that_are_to_be_skipped() -> None:
    """They are accounted for, and fill nothing below them."""
    rows = (("State", "Agency", "Count"), ("Texas", "Sheriff", "1"), ("All of Texas", "2 offices", "6"), TITLES[1])
    found = reading("pdf", drawn([table(*rows)]), **FILLED, skip_rows={"state": "^all of"})
    assert rows_of(found) == [("Texas", "Sheriff", "1")]
    (passed,) = [each for each in found.passed_over if each.kind == PassedOverKind.ROWS]
    assert set(passed.texts) == {"All of Texas", "2 offices", "6", "UTAH"}
