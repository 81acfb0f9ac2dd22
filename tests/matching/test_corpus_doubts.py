"""The real spreadsheets, where they lie beside the project: doubts about them, and what the last ones resolve to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date

import pytest

from monitor import jurisdictions
from monitor.extract.read import read_report
from monitor.jurisdictions.faults import Problem
from monitor.jurisdictions.states import state_named
from monitor.matching.doubts import Doubt, doubts
from tests.matching.test_doubts import PUBLISHED
from tests.steps.test_corpus import CORPUS
from tests.support.lists import CONFIG

pytestmark = [
    pytest.mark.skipif(not CORPUS.exists(), reason="the real spreadsheets are not beside the project"),
]

# Agencies whose own name is misspelt, as each was checked against the gazetteer and what ICE printed later.
MISSPELT_AGENCIES = frozenset(
    {
        *("Spaulding County Sheriff's Office", "Minehaha County Sheriff's Office", "Cartert County Sheriff's Office"),
        *("Pittsburgh Police Department", "Macro Island Police Department", "Green Forks Police Department"),
        *("Lake Clark Shores Police Department", "Indiatlantic Police Department"),
    }
)
# The same agreement twice, with dates a day apart.
TWICE = frozenset({"St. Cloud Police Department"})


@dataclass(frozen=True)
class Row:
    """What one row says, as far as it matters here, and what is doubted in it."""

    state: str
    agency: str
    county: str
    doubts: tuple[Doubt, ...]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Every different row of all files."""
    found: dict[tuple[str | None, ...], Row] = {}
    with (CORPUS / "manifest.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            report = CONFIG.sources["ice-287g"].reports[line["list"]]
            (records,) = read_report((CORPUS / line["file"]).read_bytes(), report).lists
            on = date.fromisoformat(line["captured_at"][:10])
            doubted: dict[int, list[Doubt]] = {}
            for doubt in doubts(records, report.lists[line["list"]], on=on):
                doubted.setdefault(doubt.position, []).append(doubt)
            for position, record in enumerate(records.records):
                values = dict(zip(records.fields, record.values, strict=True))
                state, agency, county = (values[field] or "" for field in ("state", "agency", "county"))
                row = Row(state, agency, county, tuple(doubted.get(position, ())))
                found[(line["list"], state, agency, county, values.get("signed"))] = row
    return list(found.values())


def test_every_impossible_county_is_doubted_with_the_right_one_first(rows: list[Row]) -> None:
    """All that are known are doubted, and in nine of ten the right mending is the likeliest."""
    mended = {(county, state): (name, code) for county, state, _, name, code in PUBLISHED}
    published = {(county, agency) for county, _, agency, _, _ in PUBLISHED}
    wrong = [row for row in rows if (row.county, row.agency) in published and row.doubts]
    assert len(wrong) >= 20
    right = 0
    for row in wrong:
        (doubt,) = (each for each in row.doubts if each.field == "county")
        first = doubt.suggestions[0]
        right += (first.name, first.state) == mended[row.county, row.state.upper()]
    assert right >= 0.9 * len(wrong)


def test_what_is_right_is_hardly_ever_doubted(rows: list[Row]) -> None:
    """Of rows without a known mistake, at most one in two hundred."""
    published = {county for county, _, _, _, _ in PUBLISHED}
    right = [
        row
        for row in rows
        if row.county not in published
        and row.agency not in MISSPELT_AGENCIES | TWICE
        and state_named(row.state)[1] == 1.0
        and not any(doubt.problem == Problem.ODD_DATE for doubt in row.doubts)
    ]
    doubted = [row for row in right if row.doubts]
    assert len(right) > 1_400
    assert len(doubted) <= 0.005 * len(right), doubted


def test_the_last_lists_resolve() -> None:
    """At least 97 of 100 records to a county or better, and each of the others says why it does not."""
    resolved = total = 0
    with (CORPUS / "manifest.csv").open(encoding="utf-8") as lines:
        last = {
            line["list"]: line["file"] for line in sorted(csv.DictReader(lines), key=lambda row: row["captured_at"])
        }
    for name, file in last.items():
        report = CONFIG.sources["ice-287g"].reports[name]
        (records,) = read_report((CORPUS / file).read_bytes(), report).lists
        for record in records.records:
            found = jurisdictions.of_record(record, report.lists[name])
            assert found.jurisdiction or found.note
            resolved += found.jurisdiction is not None
            total += 1
    assert total > 800
    assert resolved >= 0.97 * total
