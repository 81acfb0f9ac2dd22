"""Describes one column of a list: its header, what its cells hold, and how its values are read and compared."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from monitor.config import cells
from monitor.config.values import Model, Names, Pattern, Selector

WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _also_as_header(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a column allow a header alone, or several, in place of the whole column."""
    whole = dict(schema)
    schema.clear()
    header = {"type": "string"}
    schema["anyOf"] = [header, {"type": "array", "items": header}, whole]


class Column(Model):
    """One column of a table.

    - `header`: the header of the column, or all headers that it has had over time. In the configuration file, these may
      be given alone, in place of a whole column.
    - `header_pattern`: in place of `header`, a pattern that must be found in the header, for one that changes.
    - `fill_down`: whether an empty cell takes the value above it.
    - `kind`: what its cells hold: text, one of a few labels (`class`), a number, a date, a link, or a list with
      bullets.
    - `optional`: whether a table without the column is still the list.
    - `title`: the name of the field for readers.
    - `hide`: values that say nothing, like `#N/A`. They are kept, but left out when a record is put into a sentence.
    - `ignore`: whether its changes are never told.
    - `round`: for numbers, the unit to which both are rounded before a difference between them is told.
    - `format`: for dates, the forms in which they are written, like `%d-%b-%y`; without any, all usual forms are read.

    In a list of cards, one of these takes the place of `header`:
    - `select`: a CSS selector for the elements within the card that have the value.
    - `label`: the text within the card after which the value stands, like `Phone`.
    """

    header: Names = ()
    header_pattern: Pattern | None = None
    fill_down: bool = False  # an empty cell takes the value above it
    select: Selector | None = None
    label: str = ""
    kind: Literal["text", "class", "number", "date", "link", "bullets"] = "text"  # class: one of few values
    optional: bool = False
    title: str = ""  # for readers
    hide: Names = ()  # values that say nothing, such as `#N/A`: they are kept, and not shown in sentences
    ignore: bool = False  # its changes are kept and shown, and never told
    round: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] | None = None
    format: Names = ()

    model_config = ConfigDict(json_schema_extra=_also_as_header)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"header": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.round is not None and self.kind != "number":
            raise ValueError(f"round: only numbers are rounded; this column is of kind {self.kind}, write kind: number")
        if self.round is not None and self.ignore:
            raise ValueError("round does nothing beside ignore: true, by which no change is told; take one of them out")
        if self.format and self.kind != "date":
            raise ValueError(f"format: only dates have one; this column is of kind {self.kind}, write kind: date")
        for each in self.format:
            try:
                cells.date_format(each)
            except ValueError as fault:
                raise ValueError(f"format: {fault}; write it like '%d-%b-%y' for 5-Feb-10") from fault
        return self

    def number(self, value: str | float, *, is_european: bool = False) -> str | None:
        """Return a number as a plain decimal, like `1234.5` for `$1,234.50`; None for a value that is no number.

        - `value`: the text of a cell, or the number that a spreadsheet has in it.
        - `is_european`: whether the column has numbers like `1.234,56` (see `cells.is_european`).
        """
        if isinstance(value, str):
            return cells.plain_number(value, is_european=is_european)
        return cells.number_of_cell(value)

    def day(self, text: str) -> str | None:
        """Return the date that a text names in one of the forms of `format`, as `YYYY-MM-DD`; None for other texts."""
        return cells.plain_day(text, self.format)

    def is_unread(self, value: str) -> bool:
        """Return whether a value could not be read as the column's kind: as a number, or as a date in its `format`.

        It is False for marks that stand in place of a value, like `N/A` or `<10`, for values in `hide`, and for every
        column that has neither numbers nor dates with a `format`.
        """
        if self.kind == "number":
            is_read = cells.plain_number(value) == value
        elif self.kind == "date" and self.format:
            is_read = WHOLE_DATE.fullmatch(value) is not None
        else:
            return False
        return not is_read and value not in self.hide and not cells.is_usual_mark(value)

    def compared(self, value: str) -> str | None:
        """Return a number or date in the form in which it is compared with the value in another version.

        Numbers are rounded as `round` says. A value that an older version holds as it was written, like `1-Feb-26`, is
        brought into this form too. Return None for a text that is no such number or date, and for columns of other
        kinds.
        """
        if self.kind == "date" and self.format:
            return value if WHOLE_DATE.fullmatch(value) else self.day(value)
        number = cells.plain_number(value) if self.kind == "number" else None
        return number if number is None or self.round is None else cells.rounded(number, self.round)

    def never_tells(self, before: str, after: str) -> bool:
        """Return whether nobody is told that the value `before` became `after`.

        It is True for any change in a column with `ignore`, for two numbers that are equal after they are rounded as
        `round` says, and for two that differ only by a spreadsheet's errors of arithmetic. It is False for one number
        in two forms, such as `1,000` and `1000`.
        """
        if self.ignore or self.kind != "number":
            return self.ignore
        is_other = cells.plain_number(before) != cells.plain_number(after)
        return is_other and cells.is_same_number(before, after, unit=self.round)

    @property
    def called(self) -> str:
        """The column's name in messages: its first header, label or selector, in quotes; or its header's pattern."""
        if self.header_pattern is not None:
            return f"like {self.header_pattern.pattern!r}"
        return repr(self.header[0] if self.header else self.label or str(self.select))
