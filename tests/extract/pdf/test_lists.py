"""Tables of PDFs, one trait at a time: headers, pages, merged cells, split rows, links, totals, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.lists import ListDescription
from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS
from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract.pdf import lists, pdfium, plumber
from monitor.extract.pdf.limits import PageLimits
from tests.support import facsimiles, hostile
from tests.support.facsimiles import Drawn, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.extract.pdf.page import PrintedPage
    from monitor.model import Record, RecordList

HEADER = ("State", "Place", "Signed")
OHIO, IOWA, UTAH = ("Ohio", "Akron", "1/2/2025"), ("Iowa", "Ames", "3/4/2025"), ("Utah", "Provo", "5/6/2025")


def described(**more: Any) -> dict[str, ListDescription]:
    """One list with a state, a place and a date; a row without a state continues the one before."""
    tree = {
        "columns": {"state": "State", "place": "Place", "signed": {"header": "Signed", "kind": "date"}},
        "whole_row": "state",
    }
    return {"list": ListDescription.model_validate(tree | more)}


def read(*pages: list[Drawn | Said], **more: Any) -> tuple[RecordList, ...]:
    """The one list of these pages."""
    return lists.read_pdf(facsimiles.drawn(*pages), described(**more))


def rows(*pages: list[Drawn | Said], **more: Any) -> list[tuple[str | None, ...]]:
    """Its records' values."""
    return [record.values for record in read(*pages, **more)[0].records]


def records(*pages: list[Drawn | Said], **more: Any) -> tuple[Record, ...]:
    """Its records."""
    return read(*pages, **more)[0].records


def table(*cells: tuple[str | None, ...], **more: Any) -> Drawn:
    """A table with the usual header."""
    return Drawn(rows=(HEADER, *cells), **more)


def headless(*cells: tuple[str | None, ...], **more: Any) -> Drawn:
    """The part of a table that goes on without its header."""
    return Drawn(rows=cells, **more)


READ = [("Ohio", "Akron", "2025-01-02"), ("Iowa", "Ames", "2025-03-04"), ("Utah", "Provo", "2025-05-06")]


def test_columns_are_found_by_their_headers() -> None:
    """The order of the columns in the file does not matter; further columns are left out."""
    other = Drawn(
        rows=(("Signed", "Notes", "Place", "State"), ("1/2/2025", "x", "Akron", "Ohio")), widths=(80, 80, 80, 80)
    )
    assert rows([other]) == READ[:1]


def test_a_header_may_be_wrapped_and_broken() -> None:
    """Lines of a header cell are one text, and a word broken in it is one word."""
    assert rows([Drawn(rows=(("Sta-\nte", "Place", "Sig-\nned"), OHIO))]) == READ[:1]


def test_a_title_may_stand_in_the_table_above_the_header() -> None:
    """A cell over all columns is no header and no record."""
    title = Drawn(rows=(("Agreements in force",),), widths=(360,))
    assert rows([title, table(OHIO, top=77)]) == READ[:1]


def test_rows_go_on_over_pages_with_and_without_a_repeated_header() -> None:
    """A table whose columns are those of the page before belongs to it, wherever it stands on the page."""
    assert rows([table(OHIO)], [table(IOWA)], [headless(UTAH, left=52, top=200)]) == READ


def striped(*cells: tuple[str, ...], first: int, whole: int | None = None) -> list[Any]:
    """A table without lines whose every second row is shaded, from row `first`; row `whole` has one shade for all."""
    top, left, width, height = 60, 40, 120, 18
    page: list[Any] = []
    for number, row in enumerate(cells):
        for place, text in enumerate(row):
            page.append(Said(text=text, left=left + width * place + 4, top=top + height * number + 4))
        shades = [(left, width * 3)] if number == whole else [(left + width * place, width) for place in range(3)]
        y = PAGE_HEIGHT_POINTS - top - height * (number + 1)
        if number == whole or (number >= first and (number - first) % 2 == 0):
            page.insert(0, lambda canvas, shades=tuple(shades), y=y: shade(canvas, shades, y, height))
    return page


def shade(canvas: Any, shades: tuple[tuple[int, int], ...], y: float, height: int) -> None:
    """Draw the shades of one row."""
    canvas.setFillColorRGB(0.9, 0.9, 0.9)
    for left, width in shades:
        canvas.rect(left, y, width, height, stroke=0, fill=1)


@pytest.mark.parametrize(("first", "count"), [(0, 2), (0, 3), (1, 3)])
def test_rows_without_a_shade_are_read(first: int, count: int) -> None:
    """Those of the rows above and below are their borders; the last one has none below."""
    assert rows(striped(HEADER, *(OHIO, IOWA, UTAH)[:count], first=first)) == READ[:count]


@pytest.mark.parametrize("whole", [1, 3])
def test_a_row_without_borders_is_not_lost(whole: int) -> None:
    """A row that is shaded as a whole has none between its columns, and no shade beside it shows them."""
    with pytest.raises(LayoutError, match="stands in the columns of the list 'list', and in none of its rows"):
        read(striped(HEADER, OHIO, IOWA, UTAH, IOWA, first=0, whole=whole))


def test_text_below_a_table_is_no_row_of_it() -> None:
    """A note, a sum, and what stands further below; also below a table with lines."""
    for above in (striped(HEADER, OHIO, IOWA, first=0), [table(OHIO, IOWA)]):
        for texts in (
            (("Note: the state is that of the agency, and the date is that of signing.", 44),),
            (("Total", 44), ("2", 164), ("2025", 284)),
        ):
            notes = [Said(text=text, left=left, top=60 + 18 * 3 + 4) for text, left in texts]
            assert rows([*above, *notes]) == READ[:2]
        far = [Said(text=text, left=left, top=200) for text, left in (("Maine", 44), ("Bath", 164), ("7/8/2025", 284))]
        assert rows([*above, *far]) == READ[:2]


def test_another_table_is_another_table() -> None:
    """What has other columns and no known header is left out, and its text is prose."""
    other = Drawn(rows=(("Who", "What"), ("a total of 7", "b")), top=300, widths=(90, 90))
    assert rows([table(OHIO), other]) == READ[:1]
    with pytest.raises(LayoutError, match="states 7"):
        rows([table(OHIO), other], totals=[{"text": r"a total of (\d+)"}])


@pytest.mark.parametrize("uprights", [True, False])
def test_a_row_over_a_page_break_is_one_record(uprights: bool) -> None:  # noqa: FBT001 - pytest's way
    """The rest of each cell is joined to its first part, with the hyphen of a broken word decided; it has two boxes."""
    first = table(("Ohio", "Akron and the nota-", "1/2/2025"), uprights=uprights)
    second = table(("", "tion of it", ""), IOWA, uprights=uprights)
    notes = [Said(text="A notation.", top=500)]
    found = records([first, *notes], [second])
    assert [each.values for each in found] == [("Ohio", "Akron and the notation of it", "2025-01-02"), READ[1]]
    assert [box.page for box in found[0].locator.boxes] == [1, 2]


@pytest.mark.parametrize(
    ("left", "moved"),
    [
        pytest.param(("", "Concord", "7/8/2025"), ("New\nHampshire", "", ""), id="the state moved"),
        pytest.param(("", "", "7/8/2025"), ("New\nHampshire", "Concord", ""), id="only the date stayed"),
        pytest.param(("New Hampshire", "", "7/8/2025"), ("", "Concord", ""), id="the state stayed"),
        pytest.param(("", "Con-", "7/8/2025"), ("New\nHampshire", "cord", ""), id="a cell is divided as well"),
    ],
)
@pytest.mark.parametrize("repeated", [True, False])
def test_cells_that_a_page_break_moved_on_are_joined_to_those_it_left(
    left: tuple[str, ...], moved: tuple[str, ...], *, repeated: bool
) -> None:
    """Word and browsers move a cell on as a whole if its lines are to stay together, and leave the others behind."""
    second = (table if repeated else headless)(moved, IOWA, UTAH)
    found = records([table(OHIO, IOWA, left, floor=False), Said(text="Concord", top=500)], [second])
    assert [each.values for each in found] == [
        *READ[:2],
        ("New Hampshire", "Concord", "2025-07-08"),
        *READ[1:],
    ]
    assert [box.page for box in found[2].locator.boxes] == [1, 2]


def test_moved_cells_are_joined_without_a_field_that_every_row_has() -> None:
    """What one part lacks is what the other one has."""
    left, moved = ("", "Concord", "7/8/2025"), ("New\nHampshire", "", "")
    found = rows([table(OHIO, IOWA, left)], [table(moved, UTAH)], whole_row=None)
    assert found == [*READ[:2], ("New Hampshire", "Concord", "2025-07-08"), READ[2]]


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (("", "Lima", "7/8/2025"), UTAH),  # a state that stands once, above
        (("Ohio", "Lima", ""), UTAH),
        (("Ohio", "Lima", "7/8/2025"), ("Utah", "", "5/6/2025")),
    ],
)
def test_two_rows_at_a_page_break_are_two(last: tuple[str, ...], first: tuple[str, ...]) -> None:
    """A cell that is empty in one of them, and filled in the other one, does not make one row of both."""
    found = rows([table(OHIO, IOWA, last)], [table(first, IOWA)], whole_row=None)
    assert len(found) == 5


def test_a_row_left_open_below_is_read() -> None:
    """A row that is split over two pages may have no rule at the break."""
    first = table(IOWA, ("Ohio", "Akron,", "1/2/2025"), floor=False)
    assert rows([first], [table(("", "Summit", ""))]) == [READ[1], ("Ohio", "Akron, Summit", "2025-01-02")]


def test_merged_cells_apply_to_each_of_their_rows() -> None:
    """A state that stands once, in a cell over three rows, is the state of all three."""
    merged = table(OHIO, (None, "Dayton", "1/2/2025"), (None, "Lima", "1/2/2025"), IOWA)
    assert [(state, place) for state, place, _ in rows([merged])] == [
        ("Ohio", "Akron"),
        ("Ohio", "Dayton"),
        ("Ohio", "Lima"),
        ("Iowa", "Ames"),
    ]


@pytest.mark.parametrize("rest", [1, 2])
@pytest.mark.parametrize("uprights", [True, False])
def test_merged_cells_run_over_a_page_break(rest: int, uprights: bool) -> None:  # noqa: FBT001 - pytest's way
    """The empty part of a merged cell on the next page is no continued row, even where it is one row high."""
    first = table(OHIO, (None, "Dayton", "1/2/2025"), uprights=uprights)
    more = [("", "Lima", "1/2/2025"), (None, "Piqua", "1/2/2025")][:rest]
    second = table(*more, IOWA, uprights=uprights)
    states = [state for state, _, _ in rows([first], [second])]
    assert states == ["Ohio"] * (2 + rest) + ["Iowa"]


def test_a_merged_cell_may_take_a_column_off_the_whole_page() -> None:
    """A page in the middle of a merged cell has a column less; its rows go on with that cell's value."""
    middle = headless(("Dayton", "1/2/2025"), ("Lima", "1/2/2025"), left=160, widths=(120, 120))
    found = rows([table(OHIO)], [middle], [headless(IOWA)])
    assert found == [READ[0], ("Ohio", "Dayton", "2025-01-02"), ("Ohio", "Lima", "2025-01-02"), READ[1]]


def test_an_empty_cell_below_a_value_is_that_value() -> None:
    """Where all else is there, a state that is not repeated is meant again."""
    assert rows([table(OHIO, ("", "Dayton", "1/2/2025"))])[1] == ("Ohio", "Dayton", "2025-01-02")


def test_a_row_that_may_go_on_is_not_guessed_at() -> None:
    """A page that starts with a state but no date may continue "New" with "York": that is a fault."""
    with pytest.raises(LayoutError, match="page 2: the first row has a state, but no date"):
        rows([table(OHIO, IOWA)], [table(("York", "Akron", ""))])


def test_bullets_are_points_one_a_line() -> None:
    """Wrapped lines of a point are joined; marks are taken off."""
    columns = {"state": "State", "place": {"header": "Place", "kind": "bullets"}, "signed": "Signed"}
    cell = "\u2022 first thing\nthat goes on\n\u2022 second thing"
    assert rows([table(("Ohio", cell, "x"))], columns=columns)[0][1] == "first thing that goes on\nsecond thing"


def test_a_link_reads_as_its_target() -> None:
    """A link over the cell counts, an address in print comes next, other text stays."""
    columns = {"state": "State", "place": {"header": "Place", "kind": "link"}, "signed": "Signed"}
    cells = table(("Ohio", "", "x"), ("Iowa", "https://example.org/a-\nb", "x"), ("Utah", "link pending", "x"))
    over = Said(text="here", left=170, top=80, url="https://example.org/moa.pdf")
    assert [place for _, place, _ in rows([cells, over], columns=columns)] == [
        "https://example.org/moa.pdf",
        "https://example.org/a-b",
        "link pending",
    ]


def test_a_column_may_be_absent() -> None:
    """An optional column that the table lacks is None in every record."""
    columns = {"state": "State", "place": "Place", "signed": "Signed", "moa": {"header": "MOA", "optional": True}}
    assert rows([table(OHIO)], columns=columns) == [("Ohio", "Akron", "1/2/2025", None)]


def test_print_stays_as_it_is() -> None:
    """En dashes, curly quotes and asterisks are part of the value; blanks are folded."""
    said = "\u201cAkron\u201d \u2013 it\u2019s  a city*"
    assert rows([table(("Ohio", said, "1/2/2025"))])[0][1] == "\u201cAkron\u201d \u2013 it\u2019s a city*"


def test_what_is_printed_twice_reads_once() -> None:
    """Text drawn again a little aside, to look bold, is not doubled."""
    bold = [Said(text="Akron", left=164 + shift, top=80) for shift in (0, 0.3)]
    assert rows([table(("Ohio", "", "1/2/2025")), *bold]) == READ[:1]


def test_headings_tell_apart_lists_of_the_same_columns() -> None:
    """With a heading described, a table belongs to the list whose heading stands above it."""
    one = described(heading="^in force")["list"]
    two = described(heading="^pending")["list"]
    page: list[Drawn | Said] = [
        *(Said(text="In force", top=40), table(OHIO)),
        *(Said(text="Pending", top=280), table(IOWA, top=300)),
    ]
    first, second = lists.read_pdf(facsimiles.drawn(page), {"one": one, "two": two})
    assert [record.values for record in first.records] == READ[:1]
    assert [record.values for record in second.records] == READ[1:2]


@pytest.mark.parametrize("spacer", [(), ("",)], ids=["", "with an empty column between"])
def test_a_list_may_go_on_beside_itself(spacer: tuple[str, ...]) -> None:
    """Where the whole header stands twice in its row, also on pages without it; the last row may be filled by half."""
    left, right = [OHIO, IOWA, UTAH], [("Texas", "Waco", "7/8/2025"), ("Maine", "Bath", "9/1/2025"), ("", "", "")]
    widths = (70, 70, 70, *([20] if spacer else []), 70, 70, 70)
    halves = [(*one, *spacer, *other) for one, other in zip(left, right, strict=True)]
    found = rows(
        [Drawn(rows=((*HEADER, *spacer, *HEADER), *halves), widths=widths)], [Drawn(rows=halves, widths=widths)]
    )
    expected = [*READ, ("Texas", "Waco", "2025-07-08"), ("Maine", "Bath", "2025-09-01")]
    assert found == [*expected, *expected]


@pytest.mark.parametrize("further", [("Seat", *HEADER), (*HEADER, "Seat"), ("State", "Place", "Ended")])
def test_columns_of_the_same_name_that_are_others_are_left_out(further: tuple[str, ...]) -> None:
    """As of the place to which somebody went: the header does not repeat itself as a whole."""
    row = (*OHIO, "Texas", "Waco", "7/8/2025", "x")[: 3 + len(further)]
    assert rows([Drawn(rows=((*HEADER, *further), row), widths=(70,) * len(row))]) == READ[:1]


@pytest.mark.parametrize("stated", ["1,002", "2"])
def test_totals_are_checked(stated: str) -> None:
    """A figure in the prose that the rows don't make is a fault; one in a table, or none at all, is not looked at."""
    page: list[Drawn | Said] = [
        Said(text=f"Section II has a total of {stated}", top=20),
        Said(text="agreements.", top=31),
        table(OHIO, IOWA),
    ]
    totals = [{"text": r"a total of ([\d,]+) agreements|([\d,]+) deals"}]
    if stated == "2":
        assert len(rows(page, totals=totals)) == 2
    else:
        with pytest.raises(LayoutError, match="states 1,002 for the list 'list', but its rows make 2"):
            rows(page, totals=totals)
    assert len(rows([table(OHIO, ("Iowa", "77 deals", "3/4/2025"))], totals=totals)) == 2


def test_a_total_may_be_the_sum_of_a_column() -> None:
    """Figures with thousands commas add up."""
    columns = {"state": "State", "place": "Place", "signed": "Signed"}
    totals = [{"text": r"([\d,]+) in all", "sum": "signed"}]
    cells = table(("Ohio", "Akron", "1,200"), ("Iowa", "Ames", "34*"))
    assert len(rows([Said(text="1,234 in all"), cells], columns=columns, totals=totals)) == 2
    with pytest.raises(LayoutError, match="make 1,234"):
        rows([Said(text="1,235 in all"), cells], columns=columns, totals=totals)


def test_a_missing_list_is_a_fault_that_says_what_was_seen() -> None:
    """The message names the list, its headers, and the first rows of the tables that are there."""
    with pytest.raises(LayoutError, match=r"list 'list': 'State', 'Place', 'Signed'.*Who \| What"):
        rows([Drawn(rows=(("Who", "What", "When"), OHIO))])
    with pytest.raises(LayoutError, match="under a heading like 'in force'"):
        rows([table(OHIO)], heading="in force")


def test_an_empty_list_is_a_fault() -> None:
    """A header without rows is no empty list, unless the description allows one."""
    with pytest.raises(LayoutError, match="has its header, but no rows"):
        rows([table(("", "", ""))])
    assert rows([table(("", "", ""))], may_be_empty=True) == []


@pytest.mark.parametrize("more", [{"widths": (90, 150, 120)}, {"rows": (("State", "Place", "Date"), IOWA)}])
def test_a_table_that_might_go_on_is_not_left_out(more: dict[str, Any]) -> None:
    """As many columns of other widths, or a header that is not quite the known one, are faults, not other tables."""
    with pytest.raises(LayoutError, match="page 2"):
        rows([table(OHIO)], [Drawn(**({"rows": (IOWA,)} | more))])


@pytest.mark.parametrize("uprights", [True, False])
def test_rows_without_rules_between_them_are_a_fault(uprights: bool) -> None:  # noqa: FBT001 - pytest's way
    """What looks like one row but holds two dates is never one record."""
    cells = ("Ohio\nIowa", "Akron\nAmes", "1/2/2025\n3/4/2025")
    with pytest.raises(LayoutError, match=r"can't be told apart|no rules between"):
        rows([table(cells, levels=False, uprights=uprights, floor=uprights)])


def test_text_between_two_tables_is_no_row() -> None:
    """What stands between ruled tables of one width is prose, even in two pieces that would fit their columns."""
    between = [Said(text="Total", left=44, top=140), Said(text="206", left=164, top=140)]
    assert rows([table(OHIO), *between, table(IOWA, top=200)]) == READ[:2]


def test_a_row_that_runs_over_its_columns_is_a_fault() -> None:
    """Without upright rules, a text too wide for its column is never taken for prose and left out."""
    wide = ("A very long name of a state that has no end", "Akron", "1/2/2025")
    with pytest.raises(LayoutError, match="page 1: a text runs over the columns"):
        rows([table(IOWA, wide, uprights=False)])
    with pytest.raises(LayoutError, match="page 1: a text runs over the columns"):
        rows([table(IOWA, wide, UTAH, uprights=False)])


def test_blank_pages_have_lost_nothing() -> None:
    """A page that draws nothing may stand anywhere."""
    assert rows([table(OHIO)], [], [table(IOWA)]) == READ[:2]
    assert rows([], [table(OHIO)], []) == READ[:1]


def test_a_scanned_picture_is_unreadable() -> None:
    """A document without any text says so."""
    with pytest.raises(UnreadableError, match="no text"):
        rows([], [])


@pytest.mark.parametrize(
    ("drawing", "what"),
    [
        (b"1 1 3 5 re f " * 101, "101 objects; at most 100"),
        (b"1 1 3 5 re " * 60 + b"f", "more than 200 points"),
        (b"BT /F 1 Tf 1 700 Td (%b) Tj ET" % (b"x" * 301), "301 characters; at most 300"),
        (b"BT /F 4 Tf 9 9 Td (x) Tj ET 9 9 4 4 re f " * 11, "11 areas are painted among 11 texts"),
    ],
)
def test_a_crowded_page_is_refused(drawing: bytes, what: str) -> None:
    """More than is allowed on one page is refused, and the message names the page; the usual limits allow it."""
    content = hostile.one_page(hostile.stream(drawing))
    limits = PageLimits(objects=100, points=200, glyphs=300, compared=120)
    assert len(list(pdfium.pdfium_pages(content))) == 1
    with pytest.raises(BombError, match=f"page 1: .*{what}"):
        list(pdfium.pdfium_pages(content, limits=limits))


@pytest.mark.parametrize("read", [pdfium.pdfium_pages, plumber.plumber_pages])
def test_more_pages_than_allowed_are_refused(read: Callable[..., Iterator[PrintedPage]]) -> None:
    """Both ways of reading stop at that number."""
    content = hostile.many_pages(6)
    assert len(list(read(content))) == 6
    with pytest.raises(BombError, match="pages"):
        list(read(content, limits=PageLimits(pages=5)))


def test_a_page_that_is_there_many_times_counts_each_time() -> None:
    """It stands in the file once, so that only opening the file tells how many pages there are."""
    content = hostile.one_page(hostile.stream(hostile.TEXT), kids=b"3 0 R " * 6, count=6)
    with pytest.raises(BombError, match="6 pages; at most 5"):
        list(pdfium.pdfium_pages(content, limits=PageLimits(pages=5)))


def test_a_page_with_more_annotations_than_allowed_is_refused() -> None:
    """Links count among them."""
    note = b"<</Type/Annot/Subtype/Link/Rect[9 9 20 20]>>"
    page = hostile.PAGE.replace(b"/Contents", b"/Annots[%b]/Contents" % (note * 6))
    content = hostile.one_page(hostile.stream(hostile.TEXT), page=page)
    with pytest.raises(BombError, match="6 annotations on one page; at most 5"):
        list(pdfium.pdfium_pages(content, limits=PageLimits(objects=5)))


def test_pdfplumber_keeps_to_the_limits_of_a_page() -> None:
    """It counts objects and characters together."""
    content = hostile.one_page(hostile.stream(b"1 1 3 5 re f " * 12))
    with pytest.raises(BombError, match="page 1: 12 objects and characters; at most 11"):
        list(plumber.plumber_pages(content, limits=PageLimits(objects=6, glyphs=5)))


def test_a_page_of_many_crossings_is_refused() -> None:
    """A grid of lines that has more crossings than any table is refused, and the message names the page."""
    drawing = b"".join(b"0 %d m 600 %d l %d 0 m %d 700 l S " % ((n * 4,) * 4) for n in range(150))
    with pytest.raises(BombError, match=r"page 1: .*crossings"):
        lists.read_pdf(hostile.one_page(hostile.stream(drawing)), described())


def test_a_word_that_runs_over_the_border_of_its_cell_stays_in_it() -> None:
    """The last letters of a word too long for its column are no part of the next cell."""
    long = Drawn(rows=(HEADER, ("Pennsylvania", "", "1/2/2025")), widths=(52, 120, 120))
    assert rows([long, Said(text="York", left=110, top=80)])[0] == ("Pennsylvania", "York", "2025-01-02")


def test_a_header_without_upright_rules_may_be_broken() -> None:
    """The words of a header are known although hyphens break them."""
    assert rows([Drawn(rows=(("Sta-\nte", "Place", "Sig-\nned"), OHIO, IOWA), uprights=False)]) == READ[:2]
