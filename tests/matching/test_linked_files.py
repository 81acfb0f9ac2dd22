"""The files that a page links: what is a new file, what is the same one under another name or address."""

from __future__ import annotations

import pytest

from monitor.config.file import parse
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import Locator, Record, RecordList

CONFIG = (
    "sources: {one: {page: 'https://a.gov/', reports: {page: {kind: page, format: html, "
    "lists: {files: {content: files}}}}}}"
)
FILES = parse(CONFIG).sources["one"].reports["page"].lists["files"]
STEADY = (("Guide", "guide.pdf"), ("Terms of use", "terms.pdf"), ("Old statistics", "old.csv"))


def linked(*files: tuple[str, str]) -> RecordList:
    """The files of a page: some that stay, and these, each with its text and the end of its address."""
    return RecordList(
        name="files",
        fields=("file", "address", "format"),
        records=tuple(
            Record(values=(text, f"https://a.gov/{name}", name.rpartition(".")[2]), locator=Locator(selector="#a"))
            for text, name in (*STEADY, *files)
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [("Roster", "roster.xlsx")], [("added", None, ())]),
        ([("Roster", "roster.xlsx")], [], [("removed", None, ())]),
        ([("Roster", "roster.xlsx")], [("Roster, corrected", "roster.xlsx")], [("corrected", "renamed", ("file",))]),
        ([("Roster", "roster-1.xlsx")], [("Roster", "roster-2.xlsx")], [("corrected", "relinked", ("address",))]),
        (
            [("Report, January", "report-1.pdf")],
            [("Report, February", "report-2.pdf")],
            [("added", None, ()), ("removed", None, ())],
        ),
        (
            [("Report 1", "report-1.pdf")],
            [("Report 1", "report-1.pdf"), ("Report 2", "report-2.pdf")],
            [("added", None, ())],
        ),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_address_and_then_by_its_text(
    before: list[tuple[str, str]], after: list[tuple[str, str]], told: list[tuple[str, str | None, tuple[str, ...]]]
) -> None:
    """Another text at the same address is a correction, and so is another address with the same text."""
    found = amend(match(linked(*before), linked(*after), FILES), FILES)
    assert [(str(each.kind), each.reason and str(each.reason), each.fields) for each in found] == told
