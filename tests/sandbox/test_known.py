"""Records that were judged in the version before are not judged again; all others are."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from monitor.config.reports import ReportDescription
from monitor.errors import BombError, UnreadableError
from monitor.model import Locator, Record, RecordList
from monitor.sandbox.known import NOT_KNOWN, KnownRecords, SentRecords, positions_not_known
from monitor.sandbox.reader import Reader
from monitor.sandbox.worker import IN_A_PIECE, JUDGED_A_SECOND, JUDGED_AT_ONCE, Limits

REPORT = ReportDescription.model_validate(
    {
        "kind": "rolling",
        "format": "csv",
        "match": {"href": "x"},
        "lists": {
            "roster": {
                "columns": {"state": "State", "county": "County"},
                "key": ["county", "state"],
                "names": ["county"],
                "jurisdiction": {"name": "county", "state": "state", "level": "county"},
            }
        },
    }
)
ON = date(2026, 1, 5)
DOUBTFUL = ("Texas", "Nowhere County")
ROWS = (("Texas", "Bee County"), DOUBTFUL, ("Iowa", "Johnson County"))


def written(rows: tuple[tuple[str, str], ...]) -> bytes:
    """A CSV file with these rows."""
    return "\n".join(("State,County", *map(",".join, rows), "")).encode()


def test_a_known_record_is_not_judged_again() -> None:
    """Of the others, the jurisdictions and the doubts are told."""
    with Reader() as reader:
        whole = reader.understand(written(ROWS), REPORT, on=ON)
        known = KnownRecords.of({"roster": ROWS[1:]})
        rest = reader.understand(written(ROWS), REPORT, on=ON, known=known)
    assert rest.reading == whole.reading
    assert [(each.locator, each.position) for each in rest.reading.lists[0].records] == [
        (each.locator, each.position) for each in whole.reading.lists[0].records
    ]
    assert [each.position for each in whole.doubts[0]] == [1]
    assert rest.doubts == ((),)
    places = whole.places[0].by_position()
    assert {at: state for at, (state, _) in places.items()} == {0: "TX", 1: "TX", 2: "IA"}
    assert {place.name for _, place in places.values() if place} == {"Bee County", "Johnson County"}
    assert rest.places[0].by_position() == {0: places[0]}


@pytest.mark.parametrize(
    "values",
    [
        *(("Texas", None), ("Texas", ""), ("Texas", "None"), ("Tex", "asBee County"), ("Texas ", "Bee County")),
        *(("", ""), ("Texas", "\udc80"), ("Texas", "\\udc80")),
    ],
)
def test_only_a_record_with_the_very_same_values_is_known(values: tuple[str | None, ...]) -> None:
    """Not one whose values are only written together alike, or that has no column where the other is empty."""
    others = [("Texas", "Bee County"), ("Texas", None), ("Texas", ""), ("", ""), ("Tex", "asBee County")]
    others += [("Texas", "\udc80"), ("Texas", "\\udc80")]
    known = KnownRecords.of({"roster": [each for each in others if each != values]})
    records = RecordList(name="roster", fields=("state", "county"), records=(Record(values=values),))
    assert list(positions_not_known(known.numbers(records))) == [0]
    assert list(positions_not_known(KnownRecords.of({"roster": [values]}).numbers(records))) == []


def test_digests_of_one_file_are_no_digests_of_another() -> None:
    """Nobody can prepare a value that passes for a known one: each file has a salt of its own."""
    one, other = (KnownRecords.of({"roster": ROWS}) for _ in range(2))
    assert one.digests != other.digests


def test_the_values_of_known_records_are_not_sent() -> None:
    """Neither to the process that reads, nor back: the record has the very values that the main program had."""
    known = KnownRecords.of({"roster": ROWS})
    assert "Bee County" not in known.model_dump_json()
    records = tuple(
        Record(values=values, locator=Locator(line=line), position=line - 2)
        for line, values in enumerate((*ROWS[1:], ("Iowa", "Polk County"), ROWS[1]), 2)
    )
    sent = SentRecords.of(
        records, known.numbers(RecordList(name="roster", fields=("state", "county"), records=records))
    )
    assert (sent.numbers, [each.values for each in sent.others]) == ((1, 2, NOT_KNOWN, 1), [("Iowa", "Polk County")])
    again = tuple(sent.records(known.values("roster"), start=0))
    assert again == records
    assert [(each.locator, each.position) for each in again] == [(each.locator, each.position) for each in records]
    assert again[0].values is ROWS[1]


@pytest.mark.parametrize(
    "sent",
    [
        SentRecords(numbers=(3,), locators=(Locator(line=2),), others=()),
        SentRecords(numbers=(-2,), locators=(Locator(line=2),), others=()),
        SentRecords(numbers=(0, 1), locators=(Locator(line=2),), others=()),
        SentRecords(numbers=(0,), locators=(Locator(line=2),), others=(Record(values=ROWS[0]),)),
        SentRecords(numbers=(NOT_KNOWN,), locators=(), others=()),
    ],
)
def test_records_that_were_never_sent_are_refused(sent: SentRecords) -> None:
    """A reader that a file has taken over may answer with any numbers, or with parts that do not fit together."""
    with pytest.raises(UnreadableError, match="never sent"):
        list(sent.records(ROWS, start=0))


def test_records_of_another_list_are_not_known() -> None:
    """Each list has its own known records."""
    records = RecordList(name="roster", fields=("state", "county"), records=(Record(values=ROWS[0]),))
    assert list(positions_not_known(KnownRecords.of({"other": ROWS}).numbers(records))) == [0]


@pytest.mark.usefixtures("forked_workers")
def test_a_long_list_comes_whole_and_tells_how_far_it_is() -> None:
    """Its records and doubts come in pieces; while they are judged, the program is told how many are."""
    rows = tuple(
        ("Texas", f"Nowhere {number} County" if number % 100 else f"Bee County {number}")
        for number in range(IN_A_PIECE + 200)
    )
    told: list[tuple[int, int]] = []
    with Reader() as reader:
        reader.tell = lambda done, total: told.append((done, total))
        found = reader.understand(written(rows), REPORT, on=ON)
    (records,) = found.reading.lists
    assert tuple(record.values for record in records.records) == rows
    assert [record.position for record in records.records] == list(range(len(rows)))
    wrong = {number for number, row in enumerate(rows) if row[1].startswith("Nowhere")}
    assert len(rows) > len(wrong) > IN_A_PIECE
    assert wrong <= {each.position for each in found.doubts[0] if each.problem == "no-such-county"}
    assert [each.position for each in found.doubts[0]] == sorted(each.position for each in found.doubts[0])
    assert len(found.places[0].positions) == len(rows)
    assert told[0] == (0, len(rows))
    assert told[-1] == (len(rows), len(rows))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.usefixtures("forked_workers")
def test_of_a_short_list_nothing_is_told() -> None:
    """Nobody has time to read it."""
    told: list[tuple[int, int]] = []
    with Reader() as reader:
        reader.tell = lambda done, total: told.append((done, total))
        reader.understand(written(ROWS), REPORT, on=ON)
    assert told == []
    assert len(ROWS) < JUDGED_AT_ONCE


def test_the_time_for_a_long_list_grows_with_its_records() -> None:
    """By a second for each thousand; the memory does not grow."""
    limits = Limits(processor=60, deadline=120)
    assert limits.for_judging(0) == limits
    longer = limits.for_judging(200_000)
    assert (longer.processor, longer.deadline) == (260, 520)
    assert (longer.memory, longer.files) == (limits.memory, limits.files)


@pytest.mark.usefixtures("forked_workers")
def test_a_row_that_is_printed_many_times_is_doubted_each_time_but_the_first() -> None:
    """However often it comes, and without comparing each copy with each."""
    rows = ROWS[:1] * 20_000
    with Reader() as reader:
        found = reader.understand(written(rows), REPORT, on=ON)
    assert [each.position for each in found.doubts[0]] == list(range(1, len(rows)))
    assert {str(each.problem) for each in found.doubts[0]} == {"duplicate"}


@pytest.mark.usefixtures("forked_workers")
def test_time_is_added_once_however_often_it_is_asked_for() -> None:
    """A reader that a file has taken over says again and again that it begins to judge records; its time still ends."""
    script = f"""
from monitor.sandbox import worker
def tell_for_ever(content, report, **more):
    while True:
        worker.send_frame(CONNECTION, worker.progress_frame(0, {JUDGED_A_SECOND}))
import socket
CONNECTION = socket.socket(fileno=0)
worker.extract.read_report = tell_for_ever
worker.serve()
"""
    told: set[tuple[int, int]] = set()
    limits = Limits(processor=1, deadline=1)
    with Reader(limits, command=(sys.executable, "-c", script)) as reader:
        reader.tell = lambda done, total: told.add((done, total))
        with pytest.raises(BombError, match=r"more than 2 s"):
            reader.understand(written(ROWS), REPORT, on=ON)
    assert told == {(0, JUDGED_A_SECOND)}
