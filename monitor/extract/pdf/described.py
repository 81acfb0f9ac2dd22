"""Applies the rules of a description to the rows of a list in a PDF: group fields, `fill_down`, `skip_rows`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.extract.row_rules import suspect_missing
from monitor.model import Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.pdf.row import ListRow
    from monitor.extract.pdf.rows import RowSorter

MAX_SHOWN_TEXT = 80  # characters of a row in a message


def described_rows(
    made: RecordList,
    rows: Sequence[ListRow],
    description: ListDescription,
    *,
    sorter: RowSorter,
    account: Account,
) -> RecordList:
    """Return a list with the values of its group fields, without the rows that its description skips.

    - `made`: the list with the values of its columns alone. `rows`: the row of each record.
    - `sorter`: it knows the titles above the rows. Rows that are skipped are added to its notes.
    - `account`: collects the reasons for which a file may have been misread.

    An empty cell takes the value above it, if its column has `fill_down`. A value that should stand above, and can't be
    found, is noted in the account.
    """
    filled = [place for place, column in enumerate(description.columns.values()) if column.fill_down]
    skip = [(description.fields.index(name), pattern) for name, pattern in description.skip_rows.items()]
    if not (filled or skip or description.group):
        return made
    fields = description.fields
    missing: dict[str, list[str]] = {}
    above: dict[int, str] = {}
    records: list[Record] = []
    for record, row in zip(made.records, rows, strict=True):
        if row.is_apart:
            above.clear()
        cells = tuple(
            value or above.get(place, "") if place in filled else value for place, value in enumerate(record.values)
        )
        values = (*cells, *sorter.titles.values(made.name, row.groups))
        if any(pattern.search(values[place] or "") for place, pattern in skip):
            notes = sorter.notes.setdefault(made.name, [])
            notes += filter(None, record.values)
            above.clear()
            continue
        above |= {place: value for place in filled if (value := values[place])}
        groups = range(len(cells), len(values))
        for place in (place for place in (*filled, *groups) if not values[place]):
            shown = " | ".join(" ".join(value.split()) for value in record.values if value)[:MAX_SHOWN_TEXT]
            missing.setdefault(fields[place], []).append(f"a row of page {row.boxes[0].page}, {shown!r}")
        records.append(Record(values=values, locator=record.locator))
    suspect_missing(made.name, description, missing, account)
    return RecordList(name=made.name, fields=fields, records=tuple(records))
