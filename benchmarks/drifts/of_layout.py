"""Drifts of how a list is laid out in a grid: rows and columns that move, come or go, and what stands around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drifts.drafts import Draft, Kind
from drifts.grids import Formula, Number, cell_of
from drifts.of_cells import AGREEMENTS, ALL, SIGNED, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drifts.editions import Row
    from drifts.grids import Cell, Grid

GRIDS = AGREEMENTS | {"offices": ALL}
BOOKS: dict[str, Sequence[str]] = {"xlsx": ALL, "offices": ALL}
MORE_WORDS = {
    "agency": ("LAW ENFORCEMENT AGENCY NAME", "NAME OF LAW ENFORCEMENT AGENCY", "LAW ENFORCEMENT AGENCY (LEA)"),
    "support_type": ("TYPE OF SUPPORT", "SUPPORT TYPE (MODEL)", "287(G) SUPPORT TYPE"),
    "county": ("COUNTY NAME", "COUNTY OR PARISH", "COUNTY*"),
    "signed": ("DATE SIGNED BY ICE", "SIGNED (DATE)", "SIGNED ON"),
    "state": ("STATE NAME", "STATE/TERRITORY", "STATE:"),
    "name": ("Office Name", "Name of Office", "Field Office"),
    "address": ("Street Address", "Address of the Office"),
    "zip": ("Zip Code", "ZIP+"),
    "opened": ("Date Opened", "Opened On"),
}


def _line(draft: Draft, *texts: str) -> list[Cell]:
    """Return a line of the grid that begins with these texts."""
    return [*texts, *[""] * (len(draft.grid.columns) - len(texts))]


def rows_in_another_order(draft: Draft) -> None:
    """All records are shuffled, or sorted by name, or turned round."""
    way = draft.chance.randrange(3)
    if way == 0:
        draft.chance.shuffle(draft.rows)
    elif way == 1:
        draft.rows.sort(key=lambda row: row.cells[name_of(row)])
    else:
        draft.rows.reverse()


def columns_in_another_order(draft: Draft) -> None:
    """Two columns change places, header and all, or all are shuffled."""
    columns = draft.grid.columns
    if draft.chance.random() < 0.5:
        draft.chance.shuffle(columns)
    else:
        one, other = draft.chance.sample(range(len(columns)), 2)
        columns[one], columns[other] = columns[other], columns[one]


def blank_rows_between(draft: Draft) -> None:
    """One to ten empty rows stand among the records."""
    for index in draft.few(1, 10):
        draft.grid.between[index] = [_line(draft, "")]


def header_in_another_case(draft: Draft) -> None:
    """All headers are written in another case, with blanks or a line break."""
    way = draft.chance.choice((str.title, str.lower, lambda text: f" {text} ", lambda text: text.replace(" ", "\n")))
    draft.grid.columns = [(name, way(header)) for name, header in draft.grid.columns]


def header_with_another_word(draft: Draft) -> None:
    """A header gains a word or loses its old form; the values below stay."""
    named = [(name, texts) for name, texts in MORE_WORDS.items() if name in dict(draft.grid.columns)]
    name, texts = draft.chance.choice(named)
    draft.grid.header(name, draft.chance.choice(texts))
    draft.may_hold = True  # a header that no description knows


def column_replaced_by_its_namesake(draft: Draft) -> None:
    """The column of counties is gone, and one of the counties' populations stands there."""
    draft.grid.header("county", draft.chance.choice(("COUNTY POPULATION", "COUNTY POPULATION 2024", "COUNTY FIPS")))
    draft.grid.shown["county"] = lambda row: Number(value=1000 + abs(row.id) * 37 % 90_000)


def another_column(draft: Draft) -> None:
    """A new column stands at the end, at the beginning or between others, with notes on some records or on all."""
    header = draft.chance.choice(("NOTES", "Region", "AOR", "Last updated", "#"))
    style = draft.grid
    style.columns.insert(draft.chance.randrange(len(style.columns) + 1), ("new", header))
    texts = draft.chance.choice((("",), ("", "see note"), ("Miami", "Dallas", "Boston"), ("06/02/2025",)))
    style.shown["new"] = lambda row: str(row.id) if header == "#" else texts[row.id % len(texts)]


def optional_column_lost(draft: Draft) -> None:
    """A column that a list need not have is gone."""
    optional = [name for name, _ in draft.grid.columns if name in {"county", "moa", "addendum"}]
    if optional:
        lost = draft.chance.choice(optional)
        draft.grid.columns = [(name, header) for name, header in draft.grid.columns if name != lost]
        draft.each(lambda row: row.without(lost))


def needed_column_lost(draft: Draft) -> None:
    """A column without which no record can be told from others is gone."""
    lost = draft.chance.choice(
        [name for name, _ in draft.grid.columns if name in {"agency", "state", "name", "support_type"}]
    )
    draft.grid.columns = [(name, header) for name, header in draft.grid.columns if name != lost]


def values_of_two_columns_exchanged(draft: Draft) -> None:
    """The values of two columns are exchanged, and the headers stay."""
    names = {name for name, _ in draft.grid.columns}
    one, other = (
        ("name", "address") if "name" in names else draft.chance.choice((("type", "support_type"), ("agency", "type")))
    )
    draft.each(lambda row: row.printed(**{one: row.cells[other], other: row.cells[one]}))


def _column(draft: Draft, moved: Callable[[list[str]], list[str]]) -> None:
    """One column gets its own values in another order, and all others stay."""
    name = draft.chance.choice([name for name, _ in draft.grid.columns if name in draft.rows[0].cells])
    values = moved([row.cells[name] for row in draft.rows])
    for index, value in enumerate(values):
        draft.rows[index] = draft.rows[index].printed(**{name: value})


def column_down_a_row(draft: Draft) -> None:
    """One column is moved down by a row, from the beginning, the middle or the last quarter on."""
    first = draft.chance.choice((0, len(draft.rows) // 2, 3 * len(draft.rows) // 4))
    _column(draft, lambda values: [*values[:first], "", *values[first:-1]])


def column_sorted_alone(draft: Draft) -> None:
    """One column is sorted, up or down, without the others."""
    down = draft.chance.random() < 0.5
    _column(draft, lambda values: sorted(values, reverse=down))


def cell_of_a_row_deleted(draft: Draft) -> None:
    """One to three rows lack one of their first cells, so that the others stand in the column before their own."""
    names = [name for name, _ in draft.grid.columns if name in draft.rows[0].cells]
    for index in draft.few(1, 3):
        row, first = draft.rows[index], draft.chance.randrange(len(names) - 2)
        moved = [row.cells[name] for name in names[first + 1 :]]
        draft.rows[index] = row.printed(**dict(zip(names[first:], [*moved, ""], strict=True)))


def total_row(draft: Draft) -> None:
    """A row below the records gives their number."""
    size = len(draft.rows)
    lines: Sequence[tuple[str, ...]] = (
        ("TOTAL", f"{size} agencies"), ("Total", str(size)), ("Grand Total", "", str(size)), ("", f"Total: {size}"),
    )  # fmt: skip
    draft.grid.below.append(_line(draft, *draft.chance.choice(lines)))


def group_titles(draft: Draft) -> None:
    """Titles of groups stand among the records: `Baltimore AOR`."""
    for index, office in zip(
        draft.few(3, 8),
        ("Baltimore", "Boston", "Dallas", "Miami", "Newark", "Seattle", "Denver", "Atlanta"),
        strict=False,
    ):
        draft.grid.between[index] = [_line(draft, f"{office} AOR")]


def headers_repeated(draft: Draft) -> None:
    """The header stands again among the records, as where printed pages were pasted together."""
    for index in draft.few(1, 6):
        draft.grid.between[index] = [[header for _, header in draft.grid.columns]]


def glossary_below(draft: Draft) -> None:
    """A glossary of the models stands below the records, after an empty row."""
    lines: Grid = [
        _line(draft, ""),
        _line(draft, "Glossary"),
        _line(draft, "JEM", "Jail Enforcement Model: identifies and processes removable persons in jails"),
        _line(draft, "WSO", "Warrant Service Officer: serves administrative warrants in jails"),
    ]
    draft.grid.below += lines


def note_below(draft: Draft) -> None:
    """A sentence stands below the records."""
    note = draft.chance.choice(
        ("* Pending signature", "Updated 06/02/2025", "Source: ICE ERO", "For questions write to 287g@example.gov")
    )
    draft.grid.below += [_line(draft, ""), _line(draft, note)]


def titles_above(draft: Draft) -> None:
    """One to three lines stand above the header: a title, and the day."""
    lines = [_line(draft, "287(g) Participating Agencies"), _line(draft, "As of June 5, 2025"), _line(draft, "")]
    draft.grid.above += lines[: draft.chance.randint(1, 3)]


def record_twice(draft: Draft) -> None:
    """One to three records stand in the file twice, word for word."""
    for index in draft.few(1, 3):
        draft.grid.below.append([cell_of(draft.rows[index], name, draft.grid) for name, _ in draft.grid.columns])


def block_of_rows_lost(draft: Draft) -> None:
    """A third of the records that stood together, at least ten known ones, is missing: a page was lost, or filtered."""
    known = {row.id for row in draft.base.old.lists[draft.name]}
    places = [index for index, row in enumerate(draft.rows) if row.id in known]
    size = min(max(10, len(places) // 3), len(places) - 1)
    first = draft.chance.randrange(len(places) - size)
    draft.lose(draft.rows[places[first] : places[first + size]])


def all_of_a_state_lost(draft: Draft) -> None:
    """All records of the state that has the most are missing."""
    states = [row.cells["state"] for row in draft.rows]
    most = max(sorted(set(states)), key=states.count)
    draft.lose([row for row in draft.rows if row.cells["state"] == most])


def end_of_file_lost(draft: Draft) -> None:
    """The last tenth to half of the records is missing."""
    size = len(draft.rows)
    draft.lose(draft.rows[size - draft.chance.randint(max(5, size // 10), size // 2) :])


def no_rows_at_all(draft: Draft) -> None:
    """The header stands alone."""
    draft.lose(draft.rows)


def merged_cells(draft: Draft) -> None:
    """Cells of neighbouring records with the same state are merged into one."""
    column, rows = draft.grid.at("state"), draft.rows

    def merge(_: object, sheet: object) -> None:
        first = 0
        for index in range(1, len(rows) + 1):
            if index == len(rows) or rows[index].cells["state"] != rows[first].cells["state"]:
                if index - first > 1:
                    sheet.merge_range(first + 1, column, index, column, rows[first].cells["state"])  # type: ignore[attr-defined]
                first = index

    rows.sort(key=lambda row: row.cells["state"])
    draft.grid.finish.append(merge)


def sheet_renamed(draft: Draft) -> None:
    """The sheet has another name, with the day in it."""
    draft.grid.sheet = draft.chance.choice(("Participating 06.05.25", "Sheet2", "as of 6-5", "Final_v2"))


def notes_on_another_sheet(draft: Draft) -> None:
    """The workbook has a further sheet, before or after, with notes or a table of sums."""
    grids: Sequence[Grid] = (
        [["Notes"], ["Numbers may change."]],
        [["Model", "Count"], ["Task Force Model", "10"], ["Total", "10"]],
        [[""]],
    )
    notes = draft.chance.choice(grids)
    (draft.grid.sheets_before if draft.chance.random() < 0.5 else draft.grid.sheets_after).append(("Notes", notes))


def rows_and_columns_hidden(draft: Draft) -> None:
    """The workbook hides the column of types, and freezes and filters others; the records are all there."""

    def hide(_: object, sheet: object) -> None:
        sheet.set_column(2, 2, None, None, {"hidden": True})  # type: ignore[attr-defined]
        sheet.autofilter(0, 0, len(draft.rows), len(draft.grid.columns) - 1)  # type: ignore[attr-defined]

    draft.grid.finish.append(hide)


def names_as_formulas(draft: Draft) -> None:
    """One to eight names are formulas for links, without a value stored, as some programs write them."""
    field = name_of(draft.rows[0])
    at = {draft.rows[index].id for index in draft.few(1, 8)}

    def shown(row: Row) -> Cell:
        text = row.cells[field].replace('"', '""')
        return (
            Formula(text=f'=HYPERLINK("https://www.ice.gov/{abs(row.id)}","{text}")')
            if row.id in at
            else row.cells[field]
        )

    draft.grid.shown[field] = shown


KINDS = (
    Kind(apply=rows_in_another_order, grounds=GRIDS),
    Kind(apply=columns_in_another_order, grounds=GRIDS),
    Kind(apply=blank_rows_between, grounds=GRIDS),
    Kind(apply=header_in_another_case, grounds=GRIDS),
    Kind(apply=header_with_another_word, grounds=GRIDS, may_hold=True),
    Kind(apply=column_replaced_by_its_namesake, grounds=SIGNED, may_hold=True),
    Kind(apply=another_column, grounds=GRIDS),
    Kind(apply=optional_column_lost, grounds=AGREEMENTS, may_hold=True),
    Kind(apply=needed_column_lost, grounds=GRIDS, may_hold=True),
    Kind(apply=values_of_two_columns_exchanged, grounds=GRIDS, may_hold=True),
    Kind(apply=column_down_a_row, grounds=GRIDS, may_hold=True),
    Kind(apply=column_sorted_alone, grounds=GRIDS, may_hold=True),
    Kind(apply=cell_of_a_row_deleted, grounds=GRIDS, may_hold=True),
    Kind(apply=total_row, grounds=GRIDS),
    Kind(apply=group_titles, grounds=GRIDS),
    Kind(apply=headers_repeated, grounds=GRIDS),
    Kind(apply=glossary_below, grounds=GRIDS, may_hold=True),
    Kind(apply=note_below, grounds=GRIDS),
    Kind(apply=titles_above, grounds=GRIDS),
    Kind(apply=record_twice, grounds=GRIDS),
    Kind(apply=block_of_rows_lost, grounds=GRIDS, may_hold=True),
    Kind(apply=all_of_a_state_lost, grounds=SIGNED, may_hold=True),
    Kind(apply=end_of_file_lost, grounds=GRIDS, may_hold=True),
    Kind(apply=no_rows_at_all, grounds=GRIDS, may_hold=True),
    Kind(apply=merged_cells, grounds={"xlsx": ALL}, may_hold=True),
    Kind(apply=sheet_renamed, grounds=BOOKS),
    Kind(apply=notes_on_another_sheet, grounds=BOOKS),
    Kind(apply=rows_and_columns_hidden, grounds=BOOKS),
    Kind(apply=names_as_formulas, grounds=BOOKS),
)
