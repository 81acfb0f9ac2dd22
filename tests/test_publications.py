"""Fifteen made publications like real ones: by configuration alone, every record is right and every amendment true."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.file import parse
from monitor.demo.publisher import Publisher
from monitor.extract.read import read_report
from tests.support.publications import MAKERS, publications
from tests.support.publications.serving import configured, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from monitor.config.reports import ReportDescription
    from tests.conftest import Commands
    from tests.support.publications.publication import Change, File

NAMES = [
    "detention-statistics",
    "facility-list",
    "stacked-months",
    "sheet-per-month",
    "pdf-lines",
    "pdf-ruled",
    "cards",
    "failed-banks",
    "layoff-notices",
    "regional-files",
    "sheet-with-notes",
    "state-once",
    "quarterly-pdf",
    "nested-headings",
    "semicolons",
]
# What is told of records; everything else in the log is said to nobody.
TOLD = frozenset({"added", "removed", "corrected", "moved", "withdrawn", "restored"})


def read_of(file: File, report: ReportDescription) -> dict[str, list[dict[str, str]]]:
    """The records that the report's reader finds in a file, by list."""
    reading = read_report(file.content, report)
    return {
        each.name: [
            dict(zip(each.fields, (value or "" for value in record.values), strict=True)) for record in each.records
        ]
        for each in reading.lists
    }


def counted(records: Iterable[Mapping[str, str | None]]) -> Counter[frozenset[tuple[str, str]]]:
    """Records without their order; a field without a value is one that is empty."""
    return Counter(frozenset((name, value or "") for name, value in record.items()) for record in records)


def test_there_are_fifteen_of_them() -> None:
    """With two or three issues each, and something to be told in each but the first."""
    assert list(publications()) == NAMES
    assert len(MAKERS) == 15
    for publication in publications().values():
        first, *later = publication.issues
        assert not first.told
        assert later
        assert all(issue.told for issue in later)


@pytest.mark.parametrize("name", NAMES)
def test_every_record_of_every_file_is_read(name: str) -> None:
    """By the reader of its format and its description; all fields are as they are in truth."""
    publication = publications()[name]
    (source,) = parse(f"sources:\n{publication.description}").sources.values()
    files = [file for issue in publication.issues for file in issue.files if file.records]
    for file in files:
        reports = [
            each
            for each in source.reports.values()
            if each.match is None or (each.match.href and each.match.href.search(file.path))
        ]
        (report,) = reports
        read = read_of(file, report)
        for list_name, records in file.records.items():
            assert read[list_name] == list(records), (file.path, list_name)


def told_of(entries: Iterable[Mapping[str, Any]], changes: Sequence[Change]) -> tuple[list[str], list[str]]:
    """What the log tells, and what it should tell: each as sorted lines that can be compared."""
    log = []
    for entry in entries:
        if entry["kind"] in TOLD:
            record = entry["before"] if entry["kind"] == "removed" else entry["after"]
            before = {name: entry["before"][name] for name in entry["fields"]} if entry["kind"] == "corrected" else {}
            log.append(line(entry["list"], entry["kind"], record, before))
    return sorted(log), sorted(line(each.list_name, each.kind, each.record, each.before) for each in changes)


def line(list_name: str, kind: str, record: Mapping[str, str | None], before: Mapping[str, str | None]) -> str:
    """One amendment as text."""
    values = sorted((name, value or "") for name, value in record.items())
    return f"{list_name}: {kind}, was {sorted((name, value or '') for name, value in before.items())}, is {values}"


@pytest.mark.parametrize("name", NAMES)
def test_every_amendment_is_true_and_none_is_besides(monitor: Commands, tmp_path: Path, name: str) -> None:
    """The issues one after the other, by the three steps, from a real server; the lists stand as they do in truth."""
    publication = publications()[name]
    with Publisher() as server:
        monitor.config = configured(tmp_path, publication.description, server.address)
        seen = 0
        for number, issue in enumerate(publication.issues):
            publish(server, publication, number)
            ran = monitor("poll", name)
            assert (ran.status, ran.err) == (0, ""), (number, ran.out, ran.err)
            for list_name, records in issue.current.items():
                stands = [row["fields"] for row in monitor("list", name, list_name, "--json").rows]
                assert counted(stands) == counted(records), (number, list_name)
            entries = monitor("log", "--json").rows
            log, truth = told_of(entries[seen:], issue.told)
            assert log == truth, number
            seen = len(entries)
