"""Joins the records of several tables into one list, and tells of tables that repeat others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.extract.account import Account
    from monitor.extract.parts import TablePart
    from monitor.model import Record

# A table with fewer records is not taken for a copy of others, if all tables are read.
MIN_REPEATED = 3


def without_copies(
    name: str, candidates: Sequence[TablePart], parts: Sequence[list[Record]], account: Account
) -> list[list[Record]]:
    """Return the records of the tables, without those of tables that seem to be copies; these are noted in the account.

    A table is a copy if more than half of its different records are also in the tables before it.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    seen: set[tuple[str | None, ...]] = set()
    kept = []
    for candidate, part in zip(candidates, parts, strict=True):
        values = {record.values for record in part}
        if seen and 2 * len(values & seen) > len(values):
            account.suspect(
                f"list {name!r}: {candidate.table.title} repeats what stands before it, and was left out; say by "
                "`sheet` or `heading` which one counts",
                list_name=name,
            )
        else:
            kept.append(part)
        seen |= values
    return kept


def with_copies(
    name: str, candidates: Sequence[TablePart], parts: Sequence[list[Record]], account: Account
) -> Sequence[list[Record]]:
    """Return the records of all tables; a table whose records all stand in tables before it is noted in the account.

    It may be there twice, under two names. The account says what is doubtful.
    """
    seen: set[tuple[str | None, ...]] = set()
    for candidate, part in zip(candidates, parts, strict=True):
        values = {record.values for record in part}
        if len(values) >= MIN_REPEATED and values <= seen:
            account.suspect(
                f"list {name!r}: all that {candidate.table.title} holds stands before it, too; is it a copy? A group, "
                "as from the name of the sheet or the heading, would tell its records from the others",
                list_name=name,
            )
        seen |= values
    return parts
