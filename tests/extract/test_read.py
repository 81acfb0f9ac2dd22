"""Which reader reads what, and the limits common to all."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from monitor.config.reports import ReportDescription
from monitor.errors import BombError
from monitor.extract.read import read_report


def report(file_format: str, **description: Any) -> ReportDescription:
    """A report of this format with one list."""
    return ReportDescription.model_validate(
        {"kind": "rolling", "format": file_format, "match": {"href": "x"}, "lists": {"names": description}}
    )


def test_reader_is_chosen_by_format() -> None:
    """The same list is read from a page and from delimited text, by the report's format."""
    page = b"<html><body><h2>Names</h2><ul><li>Bee</ul></body></html>"
    (from_page,) = read_report(page, report("html", heading="^names$", item="(?P<name>.+)")).lists
    (from_text,) = read_report(b"Name\nBee\n", report("csv", columns={"name": "Name"})).lists
    assert from_page == from_text


def test_endless_value_is_a_bomb() -> None:
    """No cell that anyone publishes has a hundred thousand characters."""
    page = b"<html><body><h2>Names</h2><ul><li>" + b"x" * 100_001 + b"</ul></body></html>"
    with pytest.raises(BombError, match="a value of more than 100,000 characters"):
        read_report(page, report("html", heading="^names$", item="(?P<name>.+)"))


def test_endless_list_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a million records are not taken, nor, where fewer may be, one more than those."""
    module = import_module("monitor.extract.read")
    assert module.MAX_RECORDS == 1_000_000
    monkeypatch.setattr(module, "MAX_RECORDS", 20_000)
    with pytest.raises(BombError, match="20,001 records; at most 20,000 are read"):
        read_report(b"Name\n" + b"a\n" * 20_001, report("csv", columns={"name": "Name"}))
    (whole,) = read_report(b"Name\n" + b"a\n" * 20_000, report("csv", columns={"name": "Name"})).lists
    assert len(whole.records) == 20_000
