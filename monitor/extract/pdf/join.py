"""Joins rows of a table that a page break has split, and fills in the values of cells that cover several rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.errors import LayoutError
from monitor.extract.pdf.text import formatted_date, is_iso_date

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.extract.pdf.row import ListRow, RowPart

# A column that is filled in this share of the rows is filled in every whole row.
ALWAYS_FILLED_SHARE = 0.98
NO_DATES: Mapping[int, Column] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What a whole row of a list looks like, so that a part of a row can be recognised.

    Fields are given by their index.

    - `field`, `name`: the field that each whole row has (see `whole_row` in the configuration), and its name.
    - `others`: the other fields that are filled in nearly all whole rows.
    - `dates`: those of `others` that have dates, with the descriptions of their columns.
    """

    field: int
    name: str
    others: frozenset[int]
    dates: Mapping[int, Column]


def whole_rows(rows: Sequence[ListRow], description: ListDescription) -> list[ListRow]:
    """Return the rows of a list, with split rows joined and the values of merged cells filled in.

    A row that lacks the field `whole_row` of the description is the continuation of the row above. There is one
    exception: if it has everything else that every row has, its cell for that field is merged with the one above, and
    it takes the value from above. Raises LayoutError for a row that has nothing above it to continue, or that could be
    either.
    """
    rows = _reunited(rows, description)
    shape = _shape(rows, description)
    joined: list[ListRow] = []
    for row in rows:
        before = joined[-1] if joined else None
        if shape and _continues(row, before, shape=shape):
            if not before:
                raise _lost(row, f"the first row has no {shape.name}")
            joined[-1] = _appended(before, row, shape=shape)
        else:
            joined.append(_inherited(row, before, shape=shape))
    return joined


def _reunited(rows: Sequence[ListRow], description: ListDescription) -> list[ListRow]:
    """Return the rows, with those joined of which a page break left some cells behind, and moved others on as a whole.

    Word and browsers do that where the lines of a cell are to stay together: neither part is a whole row, and each has
    what the other one lacks. A second part without the field `whole_row` is known by that, and left alone here.
    """
    whole = [row for row, after in pairwise((*rows, None)) if row and not row.opens and not (after and after.opens)]
    usual = {
        index
        for index in range(len(description.columns))
        if sum(_has(row, index) for row in whole) >= max(1, ALWAYS_FILLED_SHARE * len(whole))
    }
    field = description.fields.index(description.whole_row) if description.whole_row else None
    reunited: list[ListRow] = []
    for row in rows:
        before = reunited[-1] if reunited else None
        if before and row.opens:
            left, moved = ({index for index in usual if _has(each, index)} for each in (before, row))
            apart = not left & moved if field is None else field in moved - left
            if apart and left and moved and left | moved == usual and usual - moved:
                reunited[-1] = _appended(before, row)
                continue
        reunited.append(row)
    return reunited


def _shape(rows: Sequence[ListRow], description: ListDescription) -> _Shape | None:
    if not description.whole_row:
        return None
    dates = {index: each for index, each in enumerate(description.columns.values()) if each.kind == "date"}
    field = description.fields.index(description.whole_row)
    usual = [row for row in rows if not row.opens and _has(row, field)]
    others = frozenset(
        index
        for index in range(len(description.columns))
        if index != field
        and sum(_has(row, index, dates=dates) for row in usual) >= max(1, ALWAYS_FILLED_SHARE * len(usual))
    )
    return _Shape(field=field, name=description.whole_row, others=others, dates=_among(dates, others))


def _among(dates: Mapping[int, Column], fields: Container[int]) -> dict[int, Column]:
    """Return the columns of dates that are among these fields, by their index."""
    return {index: column for index, column in dates.items() if index in fields}


def _has(row: ListRow, index: int, *, dates: Mapping[int, Column] = NO_DATES) -> bool:
    """Return whether a row has a value in the field with this index.

    If the field is in `dates`, the value must be a whole date.
    """
    part = row.parts[index]
    if not part or not part.lines:
        return False
    return index not in dates or is_iso_date(formatted_date(part.lines, " ".join(part.lines), dates[index]))


def _continues(row: ListRow, before: ListRow | None, *, shape: _Shape) -> bool:
    """Return whether a row is the continuation of `before`, the row above it (None at the beginning).

    Raises LayoutError if that can't be decided.
    """
    named = _has(row, shape.field)
    if named and not (row.opens and shape.dates):
        return False
    held = {index for index in shape.others if _has(row, index, dates=shape.dates)}
    if named:
        if held & shape.dates.keys():
            return False
        if held:  # either "New" is on the page before and "York" here, or a row has no date: never guess
            raise _lost(row, f"the first row has a {shape.name}, but no date; it may continue the page before")
        return True
    if held != shape.others:
        return True
    part, above = row.parts[shape.field], before.parts[shape.field] if before and row.opens else None
    merged = part is not None and (part.shared or part.rows > 1 or (above is not None and above.rows > 1))
    return not shape.dates and not merged


def _appended(before: ListRow, row: ListRow, *, shape: _Shape | None = None) -> ListRow:
    """Return the row `before`, with the text of each cell of `row` appended to its own."""
    parts: list[RowPart | None] = []
    for index, (part, more) in enumerate(zip(before.parts, row.parts, strict=True)):
        repeated = shape is not None and index == shape.field and part and more and part.lines == more.lines
        if not part or not more or more.shared or repeated:
            parts.append(part or more)
        else:
            parts.append(part._replace(lines=part.lines + more.lines, url=part.url or more.url))
    return replace(before, parts=tuple(parts), boxes=before.boxes + row.boxes)


def _inherited(row: ListRow, before: ListRow | None, *, shape: _Shape | None) -> ListRow:
    """Return a row with the values of its merged cells filled in from `before`, the row above it.

    Raises LayoutError if the row above has no value for the field that each row must have.
    """
    if all(not part or part.lines for part in row.parts):
        return row
    parts = list(row.parts)
    for index, part in enumerate(row.parts):
        if not part or part.lines:
            continue
        above = before.parts[index] if before else None
        over_break = row.opens and above is not None and (part.rows > 1 or above.rows > 1)
        if shape and index == shape.field:
            if not above or not above.lines:
                raise _lost(row, f"the first row has no {shape.name}")
            if part.rows > 1 and not part.shared and not row.opens:
                raise _lost(row, f"a merged cell for {shape.name} is empty")
        elif not (part.shared or over_break):
            continue
        if above:
            parts[index] = part._replace(lines=above.lines, url=above.url)
    return replace(row, parts=tuple(parts))


def _lost(row: ListRow, what: str) -> LayoutError:
    return LayoutError(f"page {row.boxes[0].page}: {what}")
