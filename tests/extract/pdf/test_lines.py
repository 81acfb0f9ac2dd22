"""Lists of a PDF whose records are lines of text: order, headings, ends, wrapped rows, and what can't be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from monitor.config.lists import ListDescription
from monitor.errors import LayoutError
from monitor.extract.account import Account
from monitor.extract.pdf import lists
from monitor.extract.pdf.passed import account_for_values
from monitor.extract.pdf.picture import record_picture
from monitor.extract.pdf.plumber import plumber_pages
from monitor.model import Record, RecordList
from tests.support import facsimiles
from tests.support.facsimiles import Drawn, Said
from tests.support.printed_lines import FONT, PITCH, Print, column, framed, leader, sheets

ITEM = r"^(?P<agency>.+), (?P<state>[A-Z]{2})[ .]+(?P<signed>\d+ [A-Z][a-z]+ \d{4})$"
NAMES = ("Adams", "Baker", "Clay", "Dade", "Early", "Floyd", "Grady", "Hall", "Irwin", "Jones", "Lee", "Macon")
ROWS = [(f"{name} County Sheriff", "TX", f"{number + 1} Feb 2025") for number, name in enumerate(NAMES)]

Values = list[tuple[str | None, ...]]


def line(row: tuple[str, str, str], width: float = 490) -> str:
    """A row as it is printed."""
    return leader(f"{row[0]}, {row[1]}", row[2], width)


def printed(rows: list[tuple[str, str, str]], width: float = 490) -> list[str]:
    """Rows as they are printed."""
    return [line(row, width) for row in rows]


def read(content: bytes, *, account: Account | None = None, **more: Any) -> Values:
    """The one list of a file."""
    description = ListDescription.model_validate({"item": ITEM} | more)
    (made,) = lists.read_pdf(content, {"list": description}, account)
    return [record.values for record in made.records]


def test_each_line_that_fits_is_a_record() -> None:
    """On a page of its own text, with no heading described."""
    account = Account()
    assert read(sheets(column(["Agreements", *printed(ROWS), "Notes"])), account=account) == ROWS
    assert not account.suspicions
    assert [text for part in account.parts.values() for text in part.texts] == ["Agreements", "Notes"]


def test_a_list_goes_on_over_pages_and_their_edges_are_left_out() -> None:
    """Headers and numbers of pages are noted as what each page repeats."""
    account = Account()
    content = sheets(framed(1, column(printed(ROWS[:7]))), framed(2, column(printed(ROWS[7:]))))
    assert read(content, account=account) == ROWS
    (part,) = account.parts.values()
    assert part.texts == ("Office of Agreements", "Page 1 of 2", "Page 2 of 2")
    assert not part.holds


def test_a_heading_with_the_words_of_the_page_header_is_none_of_it() -> None:
    """The header is left out on each page, and the heading on the first one stays."""
    first = framed(1, column(["# Texas", *printed(ROWS[:5])]), header="Texas")
    second = framed(2, column(printed(ROWS[5:])), header="Texas")
    assert [place for place, _ in grouped(sheets(first, second))] == ["Texas"] * len(ROWS)


def test_a_heading_at_the_same_place_of_two_pages_is_no_page_header() -> None:
    """Each names the group of its own page."""
    pages = [
        framed(number, column([f"# {state}", *printed(ROWS[start:end]), *rest]), of=3)
        for number, (state, start, end, rest) in enumerate(
            [("Texas", 0, 3, ["# Florida"]), ("Texas", 3, 6, []), ("Georgia", 6, 9, [])], start=1
        )
    ]
    assert [place for place, _ in grouped(sheets(*pages))] == ["Texas"] * 6 + ["Georgia"] * 3


@pytest.mark.parametrize("shift", [0, 3, 5.5, 7])
def test_two_columns_are_read_one_after_the_other(shift: float) -> None:
    """Also where their lines do not stand at one height."""
    rows = printed(ROWS, 230)
    content = sheets([*column(rows[:7]), *column(rows[7:], left=310, top=90 + shift)])
    assert read(content) == ROWS


def test_two_columns_under_a_title_over_both() -> None:
    """The title is no part of a column."""
    rows = printed(ROWS, 230)
    title = Print(text="Law enforcement agencies that have signed an agreement", left=150, top=60, size=14)
    assert read(sheets([title, *column(rows[:7]), *column(rows[7:], left=310)])) == ROWS


def test_three_columns() -> None:
    """As many as there are."""
    rows = printed(ROWS, 160)
    content = sheets([*column(rows[:4], left=40), *column(rows[4:8], left=220), *column(rows[8:], left=400)])
    assert read(content) == ROWS


def test_a_tab_within_a_line_is_no_column() -> None:
    """Names at the left, dates at the right, nothing between them."""
    names = [f"{agency}, {state}" for agency, state, _ in ROWS]
    days = [day for _, _, day in ROWS]
    assert read(sheets([*column(names), *column(days, left=450)])) == ROWS


def test_columns_with_tabs_in_their_lines() -> None:
    """The space in the middle divides the page, the others do not."""
    parts = []
    for left, rows in ((50, ROWS[:6]), (330, ROWS[6:])):
        parts += column([f"{agency}, {state}" for agency, state, _ in rows], left=left)
        parts += column([day for _, _, day in rows], left=left + 170)
    assert read(sheets(parts)) == ROWS


def test_what_may_be_columns_or_tabs_is_refused() -> None:
    """A pattern that fits everything can't tell them apart."""
    names = [f"{agency}, {state}" for agency, state, _ in ROWS]
    content = sheets([*column(names), *column([day for _, _, day in ROWS], left=450)])
    with pytest.raises(LayoutError, match=r"page 1: it can't be told whether its lines go on over a gap"):
        read(content, item="(?P<line>.+)")


def test_columns_that_nearly_touch_are_suspected() -> None:
    """Two records on one line were one with the name of both."""
    rows = printed(ROWS, 230)
    account = Account()
    read(sheets([*column(rows[:6]), *column(rows[6:], left=296)]), account=account)
    assert account.suspicions[0].message.endswith("was read as one record, and seems to be two beside each other")


def test_names_alone_in_two_columns() -> None:
    """A pattern that fits everything will do where both columns are alike."""
    names = [agency for agency, _, _ in ROWS]
    content = sheets([*column(names[:6]), *column(names[6:], left=310)])
    assert read(content, item="(?P<agency>.+)") == [(name,) for name in names]


@pytest.mark.parametrize("divided", [False, True])
def test_states_in_large_letters_are_headings_though_the_item_fits_them(*, divided: bool) -> None:
    """Where names alone are the records, nothing but the letters tells a state from a city; two words are one name."""
    first = ["# California", "Los Angeles", "Berkeley", "Santa Clara County", "San Francisco"]
    second = ["# Texas (continued)", "Travis County", "Austin", "El Paso", "# Washington", "King County"]
    account = Account()
    content = sheets([*column(first), *column(second, left=310)] if divided else column([*first, *second]))
    more: dict[str, Any] = {"group": ["state"], "jurisdiction": {"name": "name", "state": "state"}}
    assert read(content, account=account, item="^(?P<name>[A-Z].*)$", **more) == [
        *(("Los Angeles", "California"), ("Berkeley", "California")),
        *(("Santa Clara County", "California"), ("San Francisco", "California")),
        *(("Travis County", "Texas"), ("Austin", "Texas"), ("El Paso", "Texas"), ("King County", "Washington")),
    ]
    assert account.suspicions == []


def test_another_name_in_large_letters_is_a_record() -> None:
    """It may be new, and in bold letters for that."""
    more: dict[str, Any] = {"group": ["state"], "jurisdiction": {"name": "name", "state": "state"}}
    content = sheets(column(["# California", "Berkeley", "# Los Angeles", "San Francisco", "Oakland"]))
    assert [name for name, _ in read(content, item="^(?P<name>[A-Z].*)$", **more)] == [
        *("Berkeley", "Los Angeles", "San Francisco", "Oakland"),
    ]


GROUPED = ["# Texas", *printed(ROWS[:3], 230), "# Florida", *printed(ROWS[3:6], 230)]
OTHERS = ["# Georgia", *printed(ROWS[6:9], 230)]


def grouped(content: bytes, **more: Any) -> Values:
    """The group and the agency of each record."""
    return [
        (values[3], values[0])
        for values in read(content, item=ITEM, group=["place"], **more)  # the group stands last
    ]


STATES = [("Texas", 0, 3), ("Florida", 3, 6), ("Georgia", 6, 9)]
EXPECTED = [(state, ROWS[number][0]) for state, start, end in STATES for number in range(start, end)]


def test_a_heading_in_larger_letters_names_the_group() -> None:
    """For all records below it, also on the next page and in the next column."""
    assert grouped(sheets(column([*GROUPED, *OTHERS]))) == EXPECTED
    assert grouped(sheets(column(GROUPED[:6]), column([*GROUPED[6:], *OTHERS]))) == EXPECTED
    assert grouped(sheets([*column(GROUPED), *column(OTHERS, left=310)])) == EXPECTED


def test_a_bold_heading_names_the_group() -> None:
    """In letters of the same height; also where pdfplumber reads the file."""
    content = sheets(column([text.replace("# ", "* ") for text in (*GROUPED, *OTHERS)]))
    assert grouped(content) == EXPECTED
    description = ListDescription.model_validate({"item": ITEM, "group": ["place"]})
    (made,) = lists.read_pdf(content, {"list": description}, by=plumber_pages)
    assert [(record.values[3], record.values[0]) for record in made.records] == EXPECTED


def test_headings_over_both_columns() -> None:
    """Rows at the left, rows at the right, then the next heading at the left with nothing beside it."""
    parts = [Print(text="Texas", left=60, top=88, size=12), *column(printed(ROWS[:2], 230), top=108)]
    parts += [*column(printed(ROWS[2:3], 230), left=310, top=108)]
    parts += [Print(text="Florida", left=60, top=140, size=12), *column(printed(ROWS[3:5], 230), top=160)]
    parts += [*column(printed(ROWS[5:6], 230), left=310, top=160)]
    parts += [Print(text="Georgia", left=60, top=190, size=12), *column(printed(ROWS[6:9], 230), top=210)]
    assert grouped(sheets(parts)) == EXPECTED


def test_a_heading_that_may_stand_over_one_column_or_both_is_refused() -> None:
    """Georgia is beside a blank line of a column that has headings of its own."""
    left = [*GROUPED[:4], "", "# Georgia", *printed(ROWS[6:9], 230)]
    right = [*GROUPED[4:], "", "", *printed(ROWS[9:], 230)]
    with pytest.raises(LayoutError, match="whether the headings at the left stand over all columns"):
        grouped(sheets([*column(left), *column(right, left=310)]))


def test_a_record_under_no_heading_is_refused() -> None:
    """Its group is not known."""
    with pytest.raises(
        LayoutError, match=r"'Adams County Sheriff, TX .*' stands under no heading in larger or bold letters"
    ):
        grouped(sheets(column([*printed(ROWS[:2], 230), *OTHERS])))


def test_a_described_heading_names_the_group_in_letters_of_any_size() -> None:
    """By the pattern's own group."""
    plain = [text.removeprefix("# ") for text in (*GROUPED, *OTHERS)]
    content = sheets(column(plain))
    assert grouped(content, heading="^(?P<place>Texas|Florida|Georgia)$") == EXPECTED


def test_heading_and_until_bound_the_list() -> None:
    """Rows outside of them are no records, and are noted."""
    account = Account()
    texts = ["Pending", *printed(ROWS[:2]), "Signed", *printed(ROWS[2:5]), "Ended", *printed(ROWS[5:7])]
    assert read(sheets(column(texts)), heading="^Signed$", until="^Ended$", account=account) == ROWS[2:5]
    outside = [part for part in account.parts.values() if "outside" in part.where]
    assert [len(part.texts) for part in outside] == [2, 2]
    assert all(part.holds for part in outside)


def test_the_next_heading_as_large_ends_the_list() -> None:
    """As on a page, where the list's own heading is in larger letters."""
    texts = ["# Signed", *printed(ROWS[:3]), "# Ended", *printed(ROWS[3:5])]
    assert read(sheets(column(texts)), heading="^Signed") == ROWS[:3]


def test_two_lists_in_one_file() -> None:
    """Each ends where the other begins, in letters of any size."""
    texts = ["Signed", *printed(ROWS[:3]), "Ended", *printed(ROWS[3:5])]
    described = {
        name: ListDescription.model_validate({"item": ITEM, "heading": f"^{name}$"}) for name in ("signed", "ended")
    }
    made = lists.read_pdf(sheets(column(texts)), described)
    assert [[record.values for record in each.records] for each in made] == [ROWS[:3], ROWS[3:5]]


FIRST, REST = "Board of County Commissioners and the Office of the Sheriff", "of the County of Saint John, LA"
FULL = stringWidth(FIRST, FONT, 9) + 6


@pytest.mark.parametrize("indent", ["", "> "])
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_row_that_wraps_is_one_record(indent: str, place: int) -> None:
    """Its first line is full, and the second has the rest."""
    texts = printed(ROWS[:6], FULL)
    texts[place:place] = [FIRST, indent + leader(REST, "3 Mar 2025", FULL - 6 * len(indent))]
    account = Account()
    expected = [*ROWS[:place], (f"{FIRST} {REST[:-4]}", "LA", "3 Mar 2025"), *ROWS[place:6]]
    assert read(sheets(column(texts)), account=account) == expected
    assert not account.suspicions
    noted = [part.message for part in account.parts.values() if part.holds]
    assert [message.endswith("and may be a line of its own") for message in noted] == ([] if indent else [True])


def test_a_row_whose_lines_are_closer_than_rows_is_one_record() -> None:
    """The distances say so, although the first line is not full."""
    parts = column(printed(ROWS[:3]), pitch=20)
    parts += [Print(text="Board of County Commissioners of", left=60, top=150, size=9)]
    parts += [Print(text=leader("Saint John, LA", "3 Mar 2025", 490), left=60, top=161, size=9)]
    parts += column(printed(ROWS[3:6]), pitch=20, top=181)
    account = Account()
    (made,) = lists.read_pdf(sheets(parts), {"list": ListDescription.model_validate({"item": ITEM})}, account)
    row = ("Board of County Commissioners of Saint John", "LA", "3 Mar 2025")
    assert [record.values for record in made.records] == [*ROWS[:3], row, *ROWS[3:6]]
    assert not account.suspicions
    (box,) = made.records[3].locator.boxes
    assert (round(box.top), round(box.bottom)) == (150, 172)


def test_a_row_that_wraps_to_the_next_page_has_two_places() -> None:
    """And a picture of both."""
    content = sheets(
        framed(1, column([*printed(ROWS[:3], FULL), FIRST])),
        framed(2, column([f"> {leader(REST, '3 Mar 2025', FULL - 12)}", *printed(ROWS[3:5], FULL)])),
    )
    (made,) = lists.read_pdf(content, {"list": ListDescription.model_validate({"item": ITEM})})
    assert [record.values[1] for record in made.records] == ["TX", "TX", "TX", "LA", "TX", "TX"]
    boxes = made.records[3].locator.boxes
    assert [box.page for box in boxes] == [1, 2]
    assert record_picture(content, boxes).startswith(b"\x89PNG")


def test_the_rest_of_a_row_is_taken_where_it_is_indented() -> None:
    """A field at the end that takes any text does not take the next heading."""
    item = r"^(?P<agency>.+), (?P<state>[A-Z]{2}): (?P<note>.+)$"
    texts = ["Adams County, TX: may question people in the jail and in court and", "> hold them", "Florida",
             "Baker County, FL: may question people in the jail and in court only"]  # fmt: skip
    assert [values[2] for values in read(sheets(column(texts)), item=item)] == [
        "may question people in the jail and in court and hold them",
        "may question people in the jail and in court only",
    ]


def test_a_rest_that_the_pattern_leaves_out_is_suspected() -> None:
    """The row would be read without its end."""
    account = Account()
    read(sheets(column([*printed(ROWS[:2]), "> of the western district", *printed(ROWS[2:4])])), account=account)
    assert ["seems to belong to the row above" in each.message for each in account.suspicions] == [True]


def test_lines_are_noted_by_their_form() -> None:
    """So a new form is seen, while figures and words may change."""
    forms = []
    for other in ("As of 3 March 2025", "As of 12 April 2026", "Zavala County Sheriff (TX): pending"):
        account = Account()
        read(sheets(column([*printed(ROWS[:3]), other])), account=account)
        forms += list(account.parts)
    assert forms[0] == forms[1] != forms[2]


def test_a_list_without_its_heading_is_refused_with_the_headings_that_are_there() -> None:
    """They say what to write."""
    content = sheets(column(["# Signed agreements", *printed(ROWS[:3])]))
    with pytest.raises(
        LayoutError, match=r"no line is like the heading '\^Ended'; in larger or bold letters are 'Signed agree"
    ):
        read(content, heading="^Ended")


def test_a_list_without_a_fitting_line_is_refused_with_lines_that_are_there() -> None:
    """Unless it may be empty."""
    content = sheets(column(["Adams County - 1 Feb", "Baker County - 2 Feb"]))
    with pytest.raises(LayoutError, match=r"the first lines of the file are 'Adams County - 1 Feb', 'Baker"):
        read(content)
    assert read(content, may_be_empty=True) == []


def test_a_very_long_line_is_not_compared_and_is_suspected() -> None:
    """It costs nothing, and a person looks at it."""
    account = Account()
    tiny = Print(text="x, " * 800, left=10, top=300, size=0.5)
    assert read(sheets([*column(printed(ROWS[:3])), tiny]), account=account) == ROWS[:3]
    assert ["a line of 2,399 characters was not read" in each.message for each in account.suspicions] == [True]


def test_a_stated_total_proves_that_every_line_was_read() -> None:
    """As for tables."""
    content = sheets(column([*printed(ROWS[:3]), "Agencies in all: 3"]))
    assert read(content, totals=[{"text": r"Agencies in all: (\d+)"}]) == ROWS[:3]
    with pytest.raises(LayoutError, match="the report states 3 for the list 'list', but its rows make 4"):
        read(sheets(column([*printed(ROWS[:4]), "Agencies in all: 3"])), totals=[{"text": r"Agencies in all: (\d+)"}])


def test_letters_that_can_not_be_read_are_suspected() -> None:
    """The value of a field would be wrong."""
    account = Account()
    made = RecordList(name="list", fields=("agency",), records=(Record(values=("Tri\ufffdidad",)),))
    account_for_values(made, ListDescription.model_validate({"item": "(?P<agency>.+)"}), account)
    assert [each.message for each in account.suspicions] == [
        "list: letters of agency can't be read, as in 'Tri\ufffdidad'"
    ]


def test_lines_beside_a_table() -> None:
    """One report may have both."""
    table = Drawn(rows=(("State", "Count"), ("TX", "3"), ("FL", "2")))
    said = [Said(text=text, left=40, top=300 + 14 * number) for number, text in enumerate(printed(ROWS[:3], 400))]
    described = {
        "table": ListDescription.model_validate({"columns": {"state": "State", "count": "Count"}}),
        "lines": ListDescription.model_validate({"item": ITEM}),
    }
    account = Account()
    made = lists.read_pdf(facsimiles.drawn([table, *said]), described, account)
    assert [[record.values for record in each.records] for each in made] == [[("TX", "3"), ("FL", "2")], ROWS[:3]]


LONG_NAMES = [
    (f"{name} County Board of Commissioners and Office of the Sheriff", "TX", f"{number + 1} Feb 2025")
    if number % 5 == 3
    else (f"{name} County Sheriff", "TX", f"{number + 1} Feb 2025")
    for number, name in enumerate(NAMES * 6)
]


def wrapped(row: tuple[str, str, str], width: float, hang: float) -> list[tuple[float, str]]:
    """The lines of a row, each with its indent; the name has the room before the widest date."""
    lines: list[tuple[float, str]] = []
    line = ""
    for word in f"{row[0]}, {row[1]}".split(" "):
        room = width - 70 - (hang if lines else 0)
        if line and stringWidth(f"{line} {word}", FONT, 9) > room:
            lines.append((hang if lines else 0, line))
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, (hang if lines else 0, line)]


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("tabs", [False, True])
@pytest.mark.parametrize("hang", [0.0, 10.0])
@pytest.mark.parametrize("high", [13, 25, 40])
def test_a_list_is_the_same_in_each_layout(*, columns: int, tabs: bool, hang: float, high: int) -> None:
    """Columns, leaders or tabs, wrapped names with an indent or without, so many lines in a column."""
    width = 490 / columns - 20
    lines: list[list[Print]] = []
    for row in LONG_NAMES:
        parts = wrapped(row, width, hang)
        lines += [[Print(text=text, left=indent, top=0, size=9)] for indent, text in parts[:-1]]
        indent, last = parts[-1]
        if tabs:
            date = Print(text=row[2], left=width, top=0, size=9, right=True)
            lines.append([Print(text=last, left=indent, top=0, size=9), date])
        else:
            lines.append([Print(text=leader(last, row[2], width - indent), left=indent, top=0, size=9)])
    blocks = [lines[start : start + high] for start in range(0, len(lines), high)]
    pages = [blocks[start : start + columns] for start in range(0, len(blocks), columns)]
    content = sheets(
        *(
            framed(
                number,
                [
                    replace(each, left=56 + place * (width + 40) + each.left, top=100 + PITCH * at)
                    for place, block in enumerate(page)
                    for at, prints in enumerate(block)
                    for each in prints
                ],
                of=len(pages),
            )
            for number, page in enumerate(pages, start=1)
        )
    )
    account = Account()
    assert read(content, account=account) == LONG_NAMES
    assert not account.suspicions
