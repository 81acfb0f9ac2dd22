"""Tables as agencies lay them out: titles, merged headers, months below or beside each other, states written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import LayoutError
from monitor.model import PassedOverKind
from tests.support.laid_out import HEADER, book, delimited, page, reading, rows_of, tr, why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.laid_out import Merge

# Headers.

FACILITIES: tuple[Sequence[object], ...] = (
    ["ICE Enforcement and Removal Operations Data", "", "", "", "", "", "", ""],
    ["ICE Detention data, FY26 YTD", "", "", "", "", "", "", ""],
    ["This list is limited to facilities that have a population count of greater than or equal to 1"],
    [],
    ["", "", "FY26 ADP: Detainee Security Level", "", "", "FY26 ADP: Criminality", "", ""],
    ["", "", "", "", "", "Male", "", "Notes"],
    ["Name", "State", "Level A", "Level B", "FY26 ALOS", "Crim", "Non-Crim", ""],
    ["ADAMS COUNTY DET CENTER", "MS", 10, 20, 31.5, 4, 5, "x"],
    ["BAKER COUNTY SHERIFF", "FL", 11, 21, 32.5, 6, 7, ""],
)
MERGES: tuple[Merge, ...] = ((0, 0, 0, 7), (1, 0, 1, 7), (4, 2, 4, 4), (4, 5, 4, 6), (5, 5, 5, 6))
DETENTION = {
    "name": "Name",
    "state": "State",
    "alos": {"header_pattern": r"FY\d\d ALOS"},
    "crim": "Male Crim",
    "other": "Male Non-Crim",
}


def test_a_header_in_row_seven_below_merged_titles() -> None:
    """ICE's detention statistics: found by its number, and its records stand where they stand."""
    found = reading(
        "xlsx", book(("Facilities FY26", FACILITIES, MERGES)), columns=DETENTION, header_row=7, header_rows=2,
        group={"year": {"from": "sheet", "pattern": r"FY\d\d"}}, key=["name"], names=["name"],
    )  # fmt: skip
    assert rows_of(found) == [
        ("ADAMS COUNTY DET CENTER", "MS", "31.5", "4", "5", "FY26"),
        ("BAKER COUNTY SHERIFF", "FL", "32.5", "6", "7", "FY26"),
    ]
    assert [record.locator.row for record in found.lists[0].records] == [8, 9]


def test_the_same_header_is_found_by_itself() -> None:
    """Without its number, by its words in two rows."""
    found = reading("xlsx", book(("A", FACILITIES, MERGES)), columns=DETENTION, header_rows=2, key=["name"])
    assert [values[3] for values in rows_of(found)] == ["4", "6"]
    heads = {each.where: each.texts for each in found.passed_over if each.kind == PassedOverKind.HEADER}
    assert heads["all: alos"] == ("FY26 ALOS",)
    assert heads["all: crim"] == ("Male Crim",)


def test_a_header_that_is_not_in_its_row_is_a_fault() -> None:
    """A row more above it is seen, and not read over."""
    moved: tuple[Sequence[object], ...] = ([], *FACILITIES)
    with pytest.raises(LayoutError, match="row 7 of sheet 'A' is not its header, and has"):
        reading("xlsx", book(("A", moved, ())), columns=DETENTION, header_row=7, header_rows=2)
    with pytest.raises(LayoutError, match="row 8 is like it; see header_row"):
        reading("xlsx", book(("A", moved, ())), columns=DETENTION, header_row=7, header_rows=2)
    with pytest.raises(LayoutError, match="row 70 of sheet 'A' is not its header, and has nothing"):
        reading("xlsx", book(("A", moved, ())), columns=DETENTION, header_row=70)


SIX: tuple[Sequence[object], ...] = (
    ["", "", "FY25", "", "", "FY26", "", ""],
    ["AOR", "Sex", "Crim", "Pending", "Other", "Crim", "Pending", "Other"],
    ["Atlanta", "Male", 1, 2, 3, 4, 5, 6],
)
SIX_COLUMNS = {
    "area": "AOR",
    "sex": "Sex",
    "crim": "FY26 Crim",
    "pending": "FY26 Pending",
    "before": {"header_pattern": "FY25 Crim"},
}
SIX_ON_A_PAGE = (
    tr("rowspan=2|AOR", "rowspan=2|Sex", "colspan=3|FY25", "colspan=3|FY26", tag="th")
    + tr("Crim", "Pending", "Other", "Crim", "Pending", "Other", tag="th")
    + tr("Atlanta", "Male", "1", "2", "3", "4", "5", "6")
)


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("xlsx", book(("A", SIX, ((0, 2, 0, 4), (0, 5, 0, 7))))),
        ("xlsx", book(("A", SIX, ()))),  # only written across
        ("csv", delimited(SIX)),
        ("html", page(f"<table>{SIX_ON_A_PAGE}</table>")),
    ],
)
def test_one_word_stands_six_times_in_a_header_of_two_rows(format_: str, content: bytes) -> None:
    """The merged cell above tells the columns apart, in each format."""
    found = reading(format_, content, columns=SIX_COLUMNS, header_rows=2, key=["area"])
    assert rows_of(found) == [("Atlanta", "Male", "4", "5", "1")]


def test_a_header_that_two_columns_have_is_not_guessed() -> None:
    """By the lower words alone, or by a pattern that fits both, it is held."""
    content = book(("A", SIX, ((0, 2, 0, 4), (0, 5, 0, 7))))
    found = reading("xlsx", content, columns={"area": "AOR", "crim": "Crim"}, header_rows=2)
    assert "crim could be another column as well as 'FY25 Crim'" in why(found)
    found = reading("xlsx", content, columns={"area": "AOR", "crim": {"header_pattern": "Crim"}})
    assert "crim could be another column" in why(found)
    both: list[Sequence[object]] = [["Name", "FY25 ALOS", "FY26 ALOS"], ["Adams", 1, 2]]
    alos: dict[str, Any] = {"name": "Name", "alos": {"header_pattern": r"FY\d\d ALOS"}}
    assert "alos could be another column as well as 'FY25 ALOS'" in why(reading("csv", delimited(both), columns=alos))


def test_repeated_headers_of_two_rows_are_no_records() -> None:
    """Both rows, in each page of a printed table."""
    rows: list[Sequence[object]] = [
        *SIX,
        ["Boston", "Male", 1, 1, 1, 7, 8, 9],
        *SIX[:2],
        ["Chicago", "Female", 1, 1, 1, 2, 3, 4],
    ]
    found = reading("csv", delimited(rows), columns=SIX_COLUMNS, header_rows=2, key=["area"])
    assert [values[0] for values in rows_of(found)] == ["Atlanta", "Boston", "Chicago"]
    found = reading("xlsx", book(("A", rows, ())), columns=SIX_COLUMNS, header_rows=2, key=["area"], tables="all")
    assert [values[0] for values in rows_of(found)] == ["Atlanta", "Boston", "Chicago"]


def test_a_missing_pattern_is_said_in_the_fault() -> None:
    """As it is described."""
    with pytest.raises(LayoutError, match=r"lacks the column like 'FY.*ALOS', 'State'"):
        reading("csv", delimited([["Name", "State"], ["A", "B"]]), columns=DETENTION | {"crim": "State", "other": "x"})


# Groups.

STATES = [
    ["287(g) participating agencies", "", ""],
    HEADER,
    ["TEXAS", "", ""],
    ["Bexar County Sheriff", "Jail", "5/1/2026"],
    ["Cameron County Sheriff", "Task Force", "5/2/2026"],
    ["", "", ""],
    ["UTAH", "", ""],
    ["Cache County Sheriff", "Jail", "5/3/2026"],
    ["* pending signature", "", ""],
    ["Davis County Sheriff", "Jail", "5/4/2026"],
    ["Total", "4", ""],
    ["Source: ICE ERO", "", ""],
]
AGENCIES: dict[str, Any] = {
    "columns": {"agency": "Agency", "model": "Model", "signed": "Signed"},
    "group": {"state": "title_row"},
    "key": ["state", "agency"],
    "names": ["agency"],
}
IN_STATES = [
    ("Bexar County Sheriff", "Jail", "5/1/2026", "TEXAS"),
    ("Cameron County Sheriff", "Task Force", "5/2/2026", "TEXAS"),
    ("Cache County Sheriff", "Jail", "5/3/2026", "UTAH"),
    ("Davis County Sheriff", "Jail", "5/4/2026", "UTAH"),
]
STATE_TABLE = "".join(
    tr(f"colspan=3|{row[0]}") if row[0] and not any(row[1:]) else tr(*row, tag="th" if row is HEADER else "td")
    for row in STATES
)


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("csv", delimited(STATES)),
        ("xlsx", book(("A", STATES, ()))),
        ("xlsx", book(("A", STATES, ((0, 0, 0, 2), (2, 0, 2, 2), (6, 0, 6, 2))))),
        ("html", page(f"<table>{STATE_TABLE}</table>")),
    ],
)
def test_titles_of_one_cell_are_the_group_of_the_rows_below(format_: str, content: bytes) -> None:
    """Notes, sums and empty rows between them are none, and the title of the sheet is no state."""
    found = reading(format_, content, **AGENCIES)
    assert rows_of(found) == IN_STATES
    (passed,) = [each for each in found.passed_over if each.kind == PassedOverKind.ROWS]
    assert {"TEXAS", "UTAH", "* pending signature", "Total", "Source: ICE ERO"} <= set(passed.texts)


@pytest.mark.parametrize("format_", ["xlsx", "html"])
def test_merged_titles_are_groups_where_single_cells_are_none(format_: str) -> None:
    """An agency of which nothing else is known stays a record."""
    rows = [*STATES[:4], ["Travis County Sheriff", "", ""], *STATES[5:8]]
    table = STATE_TABLE.replace(tr(*STATES[4]), tr("Travis County Sheriff", "", ""))
    content = {
        "xlsx": book(("A", rows, ((0, 0, 0, 2), (2, 0, 2, 2), (6, 0, 6, 2)))),
        "html": page(f"<table>{table}</table>"),
    }[format_]
    found = reading(format_, content, **AGENCIES | {"group": {"state": "merged_cell"}})
    assert [(values[0], values[3]) for values in rows_of(found)][:3] == [
        ("Bexar County Sheriff", "TEXAS"), ("Travis County Sheriff", "TEXAS"), ("Cache County Sheriff", "UTAH"),
    ]  # fmt: skip


def test_a_row_without_a_group_is_doubtful_and_not_empty() -> None:
    """The title of the first state is missing: the title of the sheet is not taken in its place."""
    found = reading("csv", delimited([*STATES[:2], *STATES[3:]]), **AGENCIES)
    assert [record.values[3] for record in found.lists[0].records] == [None, None, "UTAH", "UTAH"]
    assert why(found) == (
        "all: no state is found in row 3 of the file, 'Bexar County Sheriff | Jail | 5/1/2026' and in 1 more: "
        "no row with one filled cell that could be its title stands above"
    )


def test_titles_on_two_levels_are_told_by_their_patterns() -> None:
    """The area of responsibility, and the state within it."""
    rows = [
        HEADER, ["Dallas AOR"], ["TEXAS"], ["Bexar County Sheriff", "Jail", "1"], ["OKLAHOMA"],
        ["Tulsa County Sheriff", "Jail", "2"], ["Denver AOR"], ["COLORADO"], ["Teller County Sheriff", "Jail", "3"],
    ]  # fmt: skip
    groups = {
        "area": {"from": "title_row", "pattern": "(.+) AOR"},
        "state": {"from": "title_row", "pattern": "^(?!.* AOR)[A-Z ]+$"},
    }
    found = reading("csv", delimited([row + [""] * (3 - len(row)) for row in rows]), **AGENCIES | {"group": groups})
    assert [values[3:] for values in rows_of(found)] == [
        ("Dallas", "TEXAS"), ("Dallas", "OKLAHOMA"), ("Denver", "COLORADO"),
    ]  # fmt: skip


def month(name: str, *rows: Sequence[object], header: Sequence[object] = HEADER) -> list[Sequence[object]]:
    """A month's table with its title."""
    return [[f"Arrests in {name}", "", ""], header, *rows, ["", "", ""]]


MONTHS = [
    ["Monthly report", "", ""],
    ["", "", ""],
    *month("January 2026", ["Bexar", "Jail", "1"], ["Cache", "Jail", "2"]),
    *month("February 2026", ["Bexar", "Jail", "1"], ["Cache", "Jail", "5"]),
]
BY_MONTH = [
    ("Bexar", "Jail", "1", "January 2026"), ("Cache", "Jail", "2", "January 2026"),
    ("Bexar", "Jail", "1", "February 2026"), ("Cache", "Jail", "5", "February 2026"),
]  # fmt: skip


@pytest.mark.parametrize("write", [delimited, lambda rows: book(("A", rows, ()))])
@pytest.mark.parametrize("origin", ["title_row", "heading"])
@pytest.mark.parametrize("pattern", [r"\w+ \d{4}", r"in (\w+ \d{4})"])
@pytest.mark.parametrize("tables", ["one", "all"])
def test_a_table_for_each_month_below_the_other(
    write: Callable[[Any], bytes], origin: str, pattern: str, tables: str
) -> None:
    """The months of one sheet, each with its title and its header."""
    group = {"month": {"from": origin, "pattern": pattern}}
    format_ = "csv" if write is delimited else "xlsx"
    found = reading(format_, write(MONTHS), **AGENCIES | {"group": group, "key": ["month", "agency"]}, tables=tables)
    assert rows_of(found) == BY_MONTH


def test_a_title_without_pattern_is_the_whole_line() -> None:
    """And the title of the report, above all, is no month."""
    for origin in ("title_row", "heading"):
        found = reading("csv", delimited(MONTHS), **AGENCIES | {"group": {"month": origin}, "key": ["agency"]})
        assert [values[3] for values in rows_of(found)] == [
            *["Arrests in January 2026"] * 2, *["Arrests in February 2026"] * 2,
        ]  # fmt: skip


def test_a_month_with_other_columns_is_read_by_its_own_header() -> None:
    """The second table has a column more, and its columns in another order; of the list of one table, rows are kept."""
    other = [["Arrests in March 2026"], ["No.", "Signed", "Agency", "Model"], ["1", "9", "Bexar", "Jail"]]
    content = book(("A", [*MONTHS, *other], ()))
    group = {"month": {"from": "heading", "pattern": r"\w+ \d{4}"}}
    found = reading("xlsx", content, **AGENCIES | {"group": group, "key": ["month", "agency"]}, tables="all")
    assert rows_of(found) == [*BY_MONTH, ("Bexar", "Jail", "9", "March 2026")]
    assert found.lists[0].records[-1].locator.row == 15


def test_a_month_in_two_cells_above_the_header_is_a_heading() -> None:
    """And no record of the month before."""
    rows = [
        ["Month:", "January 2026", ""], HEADER, ["Bexar", "Jail", "1"],
        ["Month:", "February 2026", ""], HEADER, ["Cache", "Jail", "1"],
    ]  # fmt: skip
    group = {"month": {"from": "heading", "pattern": r"Month: (.+)"}}
    found = reading("csv", delimited(rows), **AGENCIES | {"group": group, "key": ["month", "agency"]})
    assert rows_of(found) == [("Bexar", "Jail", "1", "January 2026"), ("Cache", "Jail", "1", "February 2026")]


def test_headings_and_captions_of_a_page_are_groups() -> None:
    """The caption, or else the nearest heading; one that no table has is doubtful."""
    head = tr(*HEADER, tag="th")
    tables = [
        f"<h1>Agencies</h1><h2>Texas</h2><table>{head}{tr('Bexar', 'Jail', '1')}</table>",
        f"<h2>More</h2><table><caption>Utah</caption>{head}{tr('Cache', 'Jail', '2')}</table>",
        f"<h2>Ohio</h2><p>Updated weekly.</p><table>{head}{tr('Butler', 'Jail', '3')}</table>",
        f"<table>{tr('colspan=3|Iowa', tag='th')}{head}{tr('Story', 'Jail', '4')}</table>",
    ]
    found = reading("html", page("".join(tables)), **AGENCIES | {"group": {"state": "heading"}}, tables="all")
    assert [(values[0], values[3]) for values in rows_of(found)] == [
        ("Bexar", "Texas"), ("Cache", "Utah"), ("Butler", "Ohio"), ("Story", "Iowa"),
    ]  # fmt: skip
    bare = page(f"<table>{head}{tr('Bexar', 'Jail', '1')}</table>")
    found = reading("html", bare, **AGENCIES | {"group": {"state": "heading"}})
    assert "no state is found" in why(found)
    assert "no line above the table says it" in why(found)


@pytest.mark.parametrize(
    "over", ["<h2>{}</h2>", "<h2>{} (12)</h2>", "<h2>{}: 3 agencies</h2>", "<div class=title>{}</div>"]
)
@pytest.mark.parametrize("between", ["", "<h3>Listed</h3>", "<h3>Counties</h3>"])
def test_the_state_of_places_is_the_nearest_title_that_names_one(over: str, between: str) -> None:
    """Another heading between, a number behind it, or a plain line directly above the table makes no other state."""
    head = tr(*HEADER, tag="th")
    between = "" if "div" in over else between
    tables = (
        f"{over.format(state)}{between}<table>{head}{tr(name, 'Jail', '1')}</table>"
        for state, name in (("Texas", "Bexar"), ("Utah", "Cache"))
    )
    content = page(f"<h1>Agencies</h1>{''.join(tables)}")
    described = AGENCIES | {"group": {"state": "heading"}, "tables": "all"}
    found = reading("html", content, **described, jurisdiction={"name": "agency", "state": "state"})
    assert [values[3] for values in rows_of(found)] == ["Texas", "Utah"]


def test_a_state_does_not_tell_what_is_listed_from_what_is_not() -> None:
    """A table under `Removed from the list` is left out, though a state stands nearer above it; one is doubtful."""
    head = tr(*HEADER, tag="th")
    listed = f"<h2>Texas</h2><table>{head}{tr('Bexar', 'Jail', '1')}</table>"
    described = AGENCIES | {"group": {"state": "heading"}, "tables": "all", "jurisdiction": {"state": "state"}}
    for title, names, said in (
        ("Removed from the list", ["Bexar"], "these words say that it is no longer listed"),
        ("Letters sent", ["Bexar", "Clay"], "a table with its columns stands under 'Letters sent'"),
    ):
        other = f"<h2>{title}</h2><h3>Texas</h3><table>{head}{tr('Clay', 'Jail', '1')}</table>"
        found = reading("html", page(listed + other), **described)
        assert [values[0] for values in rows_of(found)] == names
        assert any(each.holds and said in each.message for each in found.passed_over)
        told = described | {"group": {"state": {"from": "heading", "pattern": "Texas"}, "kind": "heading"}}
        found = reading("html", page(listed + other), **told)
        assert [values[0] for values in rows_of(found)] == ["Bexar", "Clay"]  # the other group tells them apart


def test_a_doubtful_title_is_the_same_one_with_other_figures() -> None:
    """How many stand below it changes each time, and holds no version again."""
    head = tr(*HEADER, tag="th")
    listed = f"<h2>Texas</h2><table>{head}{tr('Bexar', 'Jail', '1')}</table>"
    described = AGENCIES | {"group": {"state": "heading"}, "tables": "all", "jurisdiction": {"state": "state"}}
    wheres = []
    for title in ("Letters sent (1)", "Letters sent (22)"):
        other = f"<h2>{title}</h2><h3>Texas</h3><table>{head}{tr('Clay', 'Jail', '1')}</table>"
        found = reading("html", page(listed + other), **described)
        wheres += [each.where for each in found.passed_over if each.holds]
    assert len(wheres) == 2
    assert len(set(wheres)) == 1


def test_what_a_page_has_beside_its_tables_is_known() -> None:
    """As items, into which a table was turned: what they name is not gone."""
    head = tr(*HEADER, tag="th")
    body = f"<h2>Texas</h2><table>{head}{tr('Bexar', 'Jail', '1')}</table><h2>Utah</h2><ul><li>Cache<li>Davis</ul>"
    found = reading("html", page(body), **AGENCIES | {"group": {"state": "heading"}, "tables": "all"})
    assert [each.texts for each in found.passed_over if each.kind == PassedOverKind.SECTION] == [("Cache", "Davis")]
    assert not any(each.holds for each in found.passed_over)


def test_a_group_that_is_no_state_is_the_nearest_title_as_it_stands() -> None:
    """So is one of a field that is not that of the places' states."""
    head = tr(*HEADER, tag="th")
    tables = f"<h2>Texas</h2><h3>Region (1)</h3><table>{head}{tr('Bexar', 'Jail', '1')}</table><p>OR</p>"
    tables += f"<h3>Region (2)</h3><table>{head}{tr('Clay', 'Jail', '1')}</table>"
    found = reading(
        "html", page(tables), **AGENCIES | {"group": {"region": "heading"}, "tables": "all", "key": ["agency"]}
    )
    assert [values[3] for values in rows_of(found)] == ["Region (1)", "Region (2)"]


# Sheets.


def sheets(*names: str, hide: str = "") -> bytes:
    """A workbook with a sheet for each month, whose rows are nearly the same."""
    return book(*((name, [HEADER, ["Bexar", "Jail", "1"], ["Cache", "Jail", "2"], ["Davis", "Jail", name]], ())
                  for name in names), hide=hide)  # fmt: skip


SHEETS: dict[str, Any] = AGENCIES | {"key": ["month", "agency"], "group": {"month": "sheet"}}


def test_a_sheet_for_each_month() -> None:
    """All are read, whatever they have in common; a hidden one is not, as nobody sees it."""
    found = reading("xlsx", sheets("May 2026", "June 2026", "Draft", hide="Draft"), **SHEETS, tables="all")
    assert [(values[0], values[3]) for values in rows_of(found)] == [
        (agency, name) for name in ("May 2026", "June 2026") for agency in ("Bexar", "Cache", "Davis")
    ]
    assert {(record.locator.sheet, record.locator.row) for record in found.lists[0].records} == {
        (name, row) for name in ("May 2026", "June 2026") for row in (2, 3, 4)
    }


def test_tables_that_are_alike_are_one_list_only_if_that_is_said() -> None:
    """Without a group, `one` takes a second sheet for a copy, and `all` reads it; a whole copy is held."""
    without = AGENCIES | {"group": {}, "key": ["agency"]}
    assert "repeats what stands before it" in why(reading("xlsx", sheets("May", "June"), **without))
    assert len(rows_of(reading("xlsx", sheets("May", "June"), **without, tables="all"))) == 6
    rows = [HEADER, ["Bexar", "Jail", "1"], ["Cache", "Jail", "2"], ["Davis", "Jail", "3"]]
    twice = book(("A", rows, ()), ("A (2)", rows, ()))
    assert "is it a copy?" in why(reading("xlsx", twice, **without, tables="all"))


def test_a_sheet_whose_name_does_not_say_the_month_is_doubtful() -> None:
    """The month is not left empty."""
    group = {"month": {"from": "sheet", "pattern": r"\w+ \d{4}"}}
    found = reading("xlsx", sheets("May 2026", "Sheet2"), **SHEETS | {"group": group}, tables="all")
    assert "the name of the sheet does not say it, as a text like" in why(found)


def test_the_merged_cell_above_the_columns_of_the_list() -> None:
    """That year, and not the one beside it; two that both have columns of the list are doubtful."""
    content = book(("A", SIX, ((0, 2, 0, 4), (0, 5, 0, 7))))
    columns = {"area": "AOR", "crim": {"header_pattern": "^Crim$"}, "pending": "Pending"}
    rows = [row[:5] for row in SIX]
    found = reading("xlsx", book(("A", rows, ((0, 2, 0, 4),))), columns=columns, group={"year": "merged_cell"})
    assert rows_of(found) == [("Atlanta", "1", "2", "FY25")]
    both: dict[str, Any] = SIX_COLUMNS | {"before_2": "FY25 Pending"}
    found = reading("xlsx", content, columns=both, header_rows=2, group={"year": "merged_cell"})
    assert "no single merged cell stands above its columns" in why(found)


# Values that are written once.

ONCE: list[Sequence[object]] = [
    ["State", "County", "Agency", "Count"],
    ["Texas", "Bexar", "Sheriff", 1],
    ["", "", "Jail", 2],
    ["", "Travis", "Sheriff", 3],
    ["", "", "", ""],
    ["Utah", "Cache", "Sheriff", 4],
    ["", "Davis", "Sheriff", 5],
]
FILLED: dict[str, Any] = {
    "columns": {
        "state": {"header": "State", "fill_down": True},
        "county": {"header": "County", "fill_down": True},
        "agency": "Agency",
        "count": "Count",
    },
    "key": ["state", "county", "agency"],
    "names": ["agency"],
}
ALL_FILLED = [
    ("Texas", "Bexar", "Sheriff", "1"), ("Texas", "Bexar", "Jail", "2"), ("Texas", "Travis", "Sheriff", "3"),
    ("Utah", "Cache", "Sheriff", "4"), ("Utah", "Davis", "Sheriff", "5"),
]  # fmt: skip
SPANNED = "".join(
    (
        tr("State", "County", "Agency", "Count", tag="th"),
        tr("rowspan=3|Texas", "rowspan=2|Bexar", "Sheriff", "1"), tr("Jail", "2"), tr("Travis", "Sheriff", "3"),
        tr("rowspan=2|Utah", "Cache", "Sheriff", "4"), tr("Davis", "Sheriff", "5"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("csv", delimited(ONCE)),
        ("xlsx", book(("A", ONCE, ()))),
        ("xlsx", book(("A", ONCE, ((1, 0, 4, 0), (1, 1, 2, 1), (5, 0, 6, 0))))),
        ("html", page("<table>" + tr(*map(str, ONCE[0]), tag="th")
                      + "".join(tr(*map(str, row)) for row in ONCE[1:]) + "</table>")),
        ("html", page(f"<table>{SPANNED}</table>")),
    ],
)  # fmt: skip
def test_a_state_that_is_written_once_counts_for_the_rows_below(format_: str, content: bytes) -> None:
    """With empty cells below it, or merged with them; an empty row is none."""
    assert rows_of(reading(format_, content, **FILLED)) == ALL_FILLED


def test_a_state_alone_in_its_row_counts_for_the_rows_below() -> None:
    """It is no record."""
    rows = [ONCE[0], ["Texas", "", "", ""], ["", "Bexar", "Sheriff", 1], ["Utah"], ["", "Cache", "Sheriff", 4]]
    found = reading("xlsx", book(("A", rows, ())), **FILLED)
    assert rows_of(found) == [ALL_FILLED[0], ALL_FILLED[3]]


@pytest.mark.parametrize("merges", [(), ((1, 0, 5, 0),)])
def test_sums_between_rows_fill_nothing(merges: Sequence[Merge]) -> None:
    """Neither those of a county within a state nor that of the state."""
    rows = [
        *ONCE[:4], ["", "", "", ""], ["", "", "Total", 6], ["Utah", "Cache", "Sheriff", 4], ["", "Total", "", 4],
        ["", "Davis", "Sheriff", 5], ["Grand total", "", "", 15],
    ]  # fmt: skip
    assert rows_of(reading("xlsx", book(("A", rows, merges)), **FILLED)) == ALL_FILLED


def test_an_empty_cell_with_nothing_above_is_doubtful() -> None:
    """At the begin of the table, below a sum of the column itself, and below a title."""
    found = reading("csv", delimited([ONCE[0], *ONCE[2:]]), **FILLED)
    assert "no state is found in row 2 of the file, 'Jail | 2'" in why(found)
    assert "no county is found in row 2" in why(found)
    rows = [*ONCE[:3], ["Total", "", "", 3], ["", "Travis", "Sheriff", 3]]
    assert "no state is found in row 5" in why(reading("csv", delimited(rows), **FILLED))
    rows = [*ONCE[:3], ["Utah only", "", "", ""], ["", "Cache", "Sheriff", 3]]
    found = reading("xlsx", book(("A", rows, ((3, 0, 3, 3),))), **FILLED)
    assert "no state is found in row 5" in why(found)


# Rows that are to be skipped.


def test_rows_that_a_pattern_fits_are_no_records() -> None:
    """They are accounted for; a subtotal of a state does not count for the rows below it."""
    rows = [*ONCE[:4], ["All of Texas", "n/a", "3 offices", 6], *ONCE[5:], ["", "", "Average", 9]]
    skip = {"state": "^all of", "agency": "^average"}
    found = reading("csv", delimited(rows), **FILLED, skip_rows=skip)
    assert rows_of(found) == ALL_FILLED
    (passed,) = [each for each in found.passed_over if each.kind == PassedOverKind.ROWS]
    assert {"All of Texas", "Average"} <= set(passed.texts)


def test_rows_of_a_group_can_be_skipped() -> None:
    """By the text of the title."""
    found = reading("csv", delimited(STATES), **AGENCIES, skip_rows={"state": "utah"})
    assert rows_of(found) == IN_STATES[:2]


def test_a_glossary_below_groups_is_no_group() -> None:
    """It is left out, and a version in which it is new is held, since it could be the last group."""
    rows = [[*row, "x" if row[2] and row[2] != "Signed" else ""] for row in STATES[:8]]
    rows[1][3] = "Office"
    columns = AGENCIES["columns"] | {"office": "Office"}
    more = [["", "", "", ""], ["Glossary"], ["AOR", "Area"], ["YTD", "Year to date"]]
    found = reading("csv", delimited([*rows, *(row + [""] * (4 - len(row)) for row in more)]), **AGENCIES
                    | {"columns": columns})  # fmt: skip
    assert [values[0] for values in rows_of(found)] == [values[0] for values in IN_STATES[:3]]
    (held,) = [each for each in found.passed_over if each.holds]
    assert held.texts == ("AOR", "Area", "YTD", "Year to date")


@pytest.mark.parametrize("title", ["Counties", "Cities", "States", "Agencies"])
def test_a_title_that_a_count_may_end_with_is_a_title(title: str) -> None:
    """`Counties` alone counts nothing; `12 counties` does."""
    rows = [
        HEADER, ["Texas", "", ""], TEXAS_ROW, ["12 counties", "", ""], TEXAS_ROW, [title, "", ""], TEXAS_ROW,
    ]  # fmt: skip
    found = reading("csv", delimited(rows), **AGENCIES)
    assert [values[3] for values in rows_of(found)] == ["Texas", "Texas", title]


def test_blanks_fill_no_cell_and_page_numbers_are_no_titles() -> None:
    """A year is one."""
    rows = [HEADER, ["2025", " ", "\u00a0"], TEXAS_ROW, ["12", "", ""], TEXAS_ROW, ["Page 2 of 9", "", " "], TEXAS_ROW]
    found = reading("csv", delimited(rows), **AGENCIES)
    assert [values[3] for values in rows_of(found)] == ["2025"] * 3
    spaced = [*STATES, [" ", " ", ""]]
    assert rows_of(reading("csv", delimited(spaced), **AGENCIES)) == IN_STATES


def test_an_upper_header_that_is_wider_than_the_lower_one() -> None:
    """The last cells of the lower row are left off, in a file of which all tables are wanted."""
    rows: list[Sequence[object]] = [["", "Male", "Notes", "More"], ["Name", "Crim"], ["Adams", "1", "x", "y"]]
    columns = {"name": "Name", "crim": "Male Crim", "notes": "Notes"}
    found = reading("xlsx", book(("A", rows, ())), columns=columns, header_rows=2, tables="all")
    assert rows_of(found) == [("Adams", "1", "x")]


def test_a_note_across_the_table_is_no_merged_title() -> None:
    """Neither above the header nor between the rows."""
    rows = [["* preliminary", "", ""], HEADER, ["TEXAS", "", ""], TEXAS_ROW, ["Note: late", "", ""], TEXAS_ROW]
    merges = tuple((number, 0, number, 2) for number in (0, 2, 4))
    merged = AGENCIES | {"group": {"state": "merged_cell"}}
    assert [values[3] for values in rows_of(reading("xlsx", book(("A", rows, merges)), **merged))] == ["TEXAS"] * 2
    bare = book(("A", [rows[0], rows[1], rows[3]], merges[:1]))
    assert "no single merged cell stands above its columns" in why(reading("xlsx", bare, **merged))


TEXAS_ROW = ["Bexar County Sheriff", "Jail", "5/1/2026"]


def test_a_subtotal_alone_in_its_row_fills_nothing() -> None:
    """It is skipped before it could count for the rows below."""
    rows = [*ONCE[:4], ["All of Texas", "", "", ""], *ONCE[5:]]
    found = reading("csv", delimited(rows), **FILLED, skip_rows={"state": "^all of"})
    assert rows_of(found) == ALL_FILLED


def test_a_record_goes_on_below_a_header_that_is_repeated() -> None:
    """As on a new page of a printed table: the header without a title above it begins no table."""
    rows = [HEADER, ["Bexar County", "Jail", "5/1/2026"], HEADER, ["Sheriff", "and Task Force", ""],
            ["Cache County", "Jail", "5/3/2026"]]  # fmt: skip
    found = reading(
        "csv", delimited(rows), **AGENCIES | {"group": {}, "key": ["agency"]}, whole_row="signed", tables="all"
    )
    assert rows_of(found) == [
        ("Bexar County\nSheriff", "Jail\nand Task Force", "5/1/2026"), ("Cache County", "Jail", "5/3/2026"),
    ]  # fmt: skip


YEARS: list[Sequence[object]] = [
    ["FY25", "", "", "", "FY26", "", ""],
    ["AOR", "Crim", "Other", "", "AOR", "Crim", "Other"],
    ["Atlanta", 1, 2, "", "Atlanta", 3, 4],
    ["Boston", 5, 6, "", "", "", ""],
]


def test_tables_that_stand_beside_each_other() -> None:
    """One for each year, with the same headers below a merged cell: all are read, if all are wanted."""
    content = book(("A", YEARS, ((0, 0, 0, 2), (0, 4, 0, 6))))
    columns: dict[str, Any] = {"area": "AOR", "crim": {"header_pattern": "^Crim$"}, "other": "Other"}
    found = reading("xlsx", content, columns=columns, group={"year": "merged_cell"}, key=["year", "area"], tables="all")
    assert rows_of(found) == [
        ("Atlanta", "1", "2", "FY25"), ("Boston", "5", "6", "FY25"), ("Atlanta", "3", "4", "FY26"),
    ]  # fmt: skip
    assert [record.locator.row for record in found.lists[0].records] == [3, 4, 3]
    assert [each.where for each in found.passed_over if each.kind == PassedOverKind.COLUMN] == []
    assert "crim could be another column" in why(reading("xlsx", content, columns=columns))


def test_a_year_beside_the_year_on_a_page() -> None:
    """The cell that spans the list's columns is the value."""
    rows = tr("", "colspan=2|FY25", tag="th") + tr("AOR", "Crim", "Other", tag="th") + tr("Atlanta", "1", "2")
    columns = {"area": "AOR", "crim": "Crim", "other": "Other"}
    found = reading("html", page(f"<table>{rows}</table>"), columns=columns, group={"year": "merged_cell"})
    assert rows_of(found) == [("Atlanta", "1", "2", "FY25")]


def test_each_field_that_is_unsure_is_said_in_each_table() -> None:
    """In one sheet after the other."""
    rows: list[Sequence[object]] = [["Name", "FY25 ALOS", "FY26 ALOS"], ["Adams", 1, 2]]
    alos: dict[str, Any] = {"name": "Name", "alos": {"header_pattern": r"FY\d\d ALOS"}}
    found = reading("xlsx", book(("A", rows, ()), ("B", rows, ())), columns=alos, tables="all")
    assert why(found).count("could be another column") == 2
