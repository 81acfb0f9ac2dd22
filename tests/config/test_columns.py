"""What a column says of its numbers, its dates, and the changes that are never told; and its faults."""

from __future__ import annotations

import pytest

from monitor.config.columns import Column
from monitor.config.file import parse
from monitor.config.lists import ListDescription
from monitor.config.schema import config_schema
from tests.config.test_sources import as_text, faults, minimal

PATH = "sources.one.reports.file.lists.all"


def column(**given: object) -> Column:
    """A column with one header."""
    return Column.model_validate({"header": "X"} | given)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"round": 10}, "round: only numbers are rounded; this column is of kind text, write kind: number"),
        ({"kind": "date", "round": 10}, "only numbers are rounded; this column is of kind date"),
        ({"kind": "number", "round": 10, "ignore": True}, "round does nothing beside ignore: true"),
        ({"format": "%d-%b-%y"}, "format: only dates have one; this column is of kind text, write kind: date"),
        ({"kind": "date", "format": "%d-%q-%y"}, "'%d-%q-%y' has the unknown directive '%q'; there are %d, %m"),
        ({"kind": "date", "format": ["%d-%b-%y", "%b %Y"]}, "'%b %Y' has no day (%d); it needs one; write it like"),
    ],
)
def test_what_does_not_fit_the_kind_is_a_fault(given: dict[str, object], fault: str) -> None:
    """With the key, the value, and what would work."""
    found = faults(minimal(columns={"state": "STATE", "count": {"header": "COUNT"} | given}))
    assert list(found) == [f"{PATH}.columns.count"]
    assert fault in found[f"{PATH}.columns.count"]


@pytest.mark.parametrize("unit", [0, -1, ".inf", ".nan", "true", "ten", "'10'"])
def test_a_unit_must_be_a_number_above_nothing(unit: object) -> None:
    """Whatever else stands there is named with its key."""
    text = as_text(minimal(columns={"count": {"header": "COUNT", "kind": "number", "round": "UNIT"}}))
    assert list(faults(text.replace("UNIT", str(unit)))) == [f"{PATH}.columns.count.round"]


@pytest.mark.parametrize(
    ("list_key", "given"),
    [
        ("key", ["count"]),
        ("names", ["count"]),
        ("jurisdiction", {"name": "count"}),
        ("jurisdiction", {"state": "count"}),
    ],
)
def test_what_tells_records_apart_cant_be_ignored(list_key: str, given: object) -> None:
    """The fault says in which setting the field stands, and what to take out."""
    tree = minimal(columns={"state": "STATE", "count": {"header": "COUNT", "ignore": True}}, **{list_key: given})
    assert faults(tree)[PATH] == (
        f"{list_key}: the field 'count' has ignore: true, but by {list_key} records are told apart; "
        f"take it out of {list_key}, or take ignore out of the column"
    )


def test_a_key_is_not_rounded() -> None:
    """A record with another key is another record."""
    columns = {"state": "STATE", "count": {"header": "COUNT", "kind": "number", "round": 10}}
    assert "key: the field 'count' has round" in faults(minimal(columns=columns, key=["count"]))[PATH]


def test_they_are_taken_with_what_they_fit() -> None:
    """In any kind, as minor fields, as anchors, and in whole numbers or parts."""
    columns = {
        "state": "STATE",
        "link": {"header": "LINK", "kind": "link", "ignore": True},
        "count": {"header": "COUNT", "kind": "number", "round": 0.5},
        "on": {"header": "ON", "kind": "date", "format": ["%d-%b-%y", "%B %d, %Y"]},
        "seen": {"header": "SEEN", "kind": "date", "format": "%d/%m/%Y", "ignore": True},
    }
    config = parse(as_text(minimal(columns=columns, key=["state"], anchors=["seen"], minor=["link"])))
    described = config.sources["one"].reports["file"].lists["all"]
    assert described.ignored == ("link", "seen")
    assert (described.columns["count"].round, described.columns["seen"].format) == (0.5, ("%d/%m/%Y",))
    again = ListDescription.model_validate_json(described.model_dump_json())  # as the process that reads files gets it
    assert again == described


def test_the_schema_knows_them() -> None:
    """Editors complete and check the keys."""
    said = str(config_schema())
    assert all(f"'{key}'" in said for key in ("ignore", "round", "format"))
    assert "'number'" in said


@pytest.mark.parametrize(
    ("given", "before", "after", "is_told"),
    [
        ({"ignore": True}, "one", "two", False), ({}, "one", "two", True),
        ({"kind": "number"}, "12", "13", True), ({"kind": "number"}, "1,234", "1234", True),
        ({"kind": "number", "round": 10}, "12", "13", False), ({"kind": "number", "round": 10}, "14", "15", True),
        ({"kind": "number", "round": 10}, "12", "N/A", True), ({"kind": "number", "round": 10}, "", "1", True),
        ({"kind": "number"}, "0.333333333333333", "0.333333333333334", False),
    ],
)  # fmt: skip
def test_what_is_never_told(given: dict[str, object], before: str, after: str, *, is_told: bool) -> None:
    """Ignored values, numbers that are the same once rounded, and noise; no number in two forms."""
    assert column(**given).never_tells(before, after) is not is_told


@pytest.mark.parametrize(
    ("given", "value", "is_unread"),
    [
        ({"kind": "number"}, "12", False), ({"kind": "number"}, "1.234,56", True), ({"kind": "number"}, "1,234", True),
        ({"kind": "number"}, "N/A", False), ({"kind": "number"}, "<10", False), ({"kind": "number"}, "some", True),
        ({"kind": "number", "hide": "some"}, "some", False), ({}, "some", False), ({"kind": "date"}, "some", False),
        ({"kind": "date", "format": "%d/%m/%Y"}, "2025-06-05", False),
        ({"kind": "date", "format": "%d/%m/%Y"}, "6/25/2025", True),
        ({"kind": "date", "format": "%d/%m/%Y"}, "TBD", False),
    ],
)  # fmt: skip
def test_what_is_not_read(given: dict[str, object], value: str, *, is_unread: bool) -> None:
    """A text that is no number or date; the marks that publishers write in their place are not meant."""
    assert column(**given).is_unread(value) is is_unread
