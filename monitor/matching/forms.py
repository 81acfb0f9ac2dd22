"""Brings the values of a field into a form in which the values of two versions can be compared.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from monitor.config.cells import plain_month
from monitor.matching.names import plain_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription

# Signs that mean something by themselves where a number is expected: suppressed, a footnote, more, fewer.
MEANING_SIGNS = frozenset("*\u2020\u2021<>~")


def form_of(description: ListDescription, field: str) -> Callable[[str], str]:
    """Return the function that brings the values of a field into the form in which they are compared.

    For most fields it is `plain_value`. In columns of numbers, a number keeps its sign and decimal point, and is
    rounded if the column has `round`. In columns of dates with a `format`, the date is read in that format, and in all
    of them a month without a day is `2014-06`, however it is written.
    """
    column = description.columns.get(field)
    if column is None or not (column.kind in {"number", "date"} or column.format):
        return plain_value
    return partial(_form_in, column)


def _form_in(column: Column, value: str) -> str:
    compared = column.compared(value)
    if compared is not None:
        return compared
    if column.kind == "date" and (month := plain_month(value)):
        return month
    plain = plain_value(value)
    if column.kind == "number" and (any(map(str.isdigit, plain)) or (not plain and MEANING_SIGNS & set(value))):
        return " ".join(value.casefold().split())  # `<10` is not 10
    return plain
