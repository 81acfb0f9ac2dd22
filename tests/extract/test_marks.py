"""Notes that say of marked or coloured records that they are listed no more."""

from __future__ import annotations

import pytest

from monitor.config.lists import ListDescription
from monitor.extract.account import Account
from monitor.extract.listed_no_more import account_for_marks
from monitor.model import Record, RecordList

POLICIES = ListDescription.model_validate(
    {"columns": {"name": "Jurisdiction", "policy": "Policy"}, "key": ["name"], "names": ["name"]}
)


def reasons(note: str, *names: str) -> list[str]:
    """What would hold a version with records of these names, and this note beside them."""
    account = Account(prose=["Jurisdictions with policies", note])
    records = tuple(Record(values=(name, "Board Resolution*")) for name in names)
    account_for_marks(RecordList(name="policies", fields=("name", "policy"), records=records), POLICIES, account)
    assert all(part.holds for part in account.parts.values())
    return [part.message for part in account.parts.values()]


@pytest.mark.parametrize(
    "note",
    [
        "* Policy rescinded.", "*Agreement terminated effective July 1, 2025", "* = no longer listed",
        "* Jurisdiction withdrawn; no longer participating.", "(*) Listed in error.",
        "* Detainer was issued in error.", "* Wrongly attributed to this county.",
    ],
)  # fmt: skip
def test_a_mark_that_a_note_explains_so_holds_each_record_that_has_it(note: str) -> None:
    """Not the others; a record that gets the mark later is another reason."""
    said = reasons(note, "Kern County*", "Bay County", "Leon County *", "Polk County**")
    assert [each.split(" has a mark")[0] for each in said] == ["policies: 'Kern County*'", "policies: 'Leon County *'"]


@pytest.mark.parametrize(
    "note",
    [
        "* Includes the county jail.", "* Terminated agreements are not shown.", "** Policy rescinded.",
        "Policy rescinded.", "* As of May 1, 2025", "* Rescinded policies are omitted",
    ],
)  # fmt: skip
def test_a_mark_of_which_a_note_says_something_else_is_none(note: str) -> None:
    """Or of another mark, or of what the list leaves out."""
    assert reasons(note, "Kern County*", "Bay County") == []


@pytest.mark.parametrize(
    ("note", "holds"),
    [
        ("Rows in red have been terminated.", True),
        ("Jurisdictions in red have rescinded their policy.", True),
        ("Red = withdrawn", True),
        ("Yellow: expired", True),
        ("Highlighted agencies are no longer participating", True),
        ("Struck entries were removed from the list", True),
        ("Yellow = new this week", False),
        ("Rows in red are new.", False),
        ("The Red River Parish agreement was terminated.", False),
        ("A court struck down the ordinance, and it was rescinded.", False),
        ("The Department highlights that the policy was revoked.", False),
        ("Terminated agreements are not shown in grey any more.", False),
    ],
)
def test_a_note_on_how_rows_look_holds_if_it_says_so(note: str, holds: bool) -> None:  # noqa: FBT001 - a parameter
    """Which rows it means, a person sees."""
    assert bool(reasons(note, "Kern County", "Bay County")) is holds
