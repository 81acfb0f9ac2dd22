"""`monitor import`: files got elsewhere become history, through the same steps as polled ones."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.demo.sheets import Agreement, sheet
from monitor.matching.match import Matching, match

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.lists import ListDescription
    from monitor.model import RecordList
    from tests.conftest import Commands

FIRST = tuple(
    Agreement(
        state="FLORIDA",
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    for name in ("Bay", "Clay", "Collier", "Dixie", "Duval", "Gulf", "Hardee", "Hendry", "Lee", "Leon", "Levy", "Pasco")
)
SECOND = (replace(FIRST[0], signed=date(2025, 2, 25)), *FIRST[1:])


def files(folder: Path, *contents: tuple[str, str, bytes]) -> Path:
    """A manifest of files: captured at, name, bytes."""
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "captured_at", "url", "note"))
        for at, name, content in contents:
            (folder / name).write_bytes(content)
            writer.writerow((name, at, f"https://www.ice.gov/doclib/{name}", ""))
    return manifest


def test_the_first_version_is_a_baseline_without_amendments(monitor: Commands, tmp_path: Path) -> None:
    """Twelve agreements first seen are a list, and no twelve additions."""
    manifest = files(tmp_path, ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)))
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    assert monitor("log", "--json").rows == []
    rows = monitor("list", "ice-287g", "participating", "--json").rows
    assert [row["fields"]["agency"] for row in rows] == [agreement.agency for agreement in FIRST]
    assert rows[0]["jurisdiction"]["fips"] == "12005"
    assert rows[0]["locator"] == {"sheet": "Sheet1", "row": 2}
    assert rows[0]["first_observed_at"] == "2025-02-26T12:00:00Z"


def test_a_manifest_is_taken_in_order_of_capture(monitor: Commands, tmp_path: Path) -> None:
    """Whatever the order of its lines, the history is in order of time."""
    manifest = files(
        tmp_path,
        ("2025-02-27T12:00:00Z", "participatingAgencies02272025.xlsx", sheet(SECOND)),
        ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    (entry,) = monitor("log", "--source", "ice-287g", "--json").rows
    assert (entry["kind"], entry["reason"], entry["fields"]) == ("corrected", "redated", ["signed"])
    assert (entry["before"]["signed"], entry["after"]["signed"]) == ("2025-02-26", "2025-02-25")
    assert entry["observed_at"] == "2025-02-27T12:00:00Z"
    assert entry["evidence"] == {"before": {"sheet": "Sheet1", "row": 2}, "after": {"sheet": "Sheet1", "row": 2}}
    shas = [row["sha256"] for row in monitor("versions", "ice-287g", "--json").rows]
    assert [entry["previous"], entry["version"]] == shas


def test_importing_again_changes_nothing(monitor: Commands, tmp_path: Path) -> None:
    """A manifest can be taken twice, or after it was cut short."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)),
        ("2025-02-26T18:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(SECOND)),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    before = monitor("log", "--json").out, monitor("versions", "--json").out
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 0
    assert (monitor("log", "--json").out, monitor("versions", "--json").out) == before


def test_the_same_bytes_later_only_prolong_a_version(monitor: Commands, tmp_path: Path) -> None:
    """An unchanged file is no version: the last one was seen until then."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies.xlsx", sheet(FIRST)),
        ("2025-03-01T12:00:00Z", "participatingAgencies2.xlsx", sheet(FIRST)),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    (version,) = monitor("versions", "ice-287g", "--json").rows
    assert (version["captured_at"], version["last_seen_at"]) == ("2025-02-26T12:00:00Z", "2025-03-01T12:00:00Z")
    assert version["records"] == {"participating": 12}


def test_an_older_file_is_refused_with_the_reason(monitor: Commands, tmp_path: Path) -> None:
    """The history can't be rewritten: exit status 1, one line, nothing changed."""
    old, new = tmp_path / "participatingAgencies1.xlsx", tmp_path / "participatingAgencies2.xlsx"
    old.write_bytes(sheet(FIRST))
    new.write_bytes(sheet(SECOND))
    assert monitor("import", "ice-287g", new, "--at", "2025-03-01").status == 0
    refused = monitor("import", "ice-287g", old, "--at", "2025-02-01")
    assert refused.status == 1
    assert "before 2025-03-01T00:00:00Z" in refused.err
    assert len(monitor("versions", "--json").rows) == 1


def test_a_correction_taken_back_names_what_it_reverts(monitor: Commands, tmp_path: Path) -> None:
    """A to B to A: the return is a change too, and says which one it undoes."""
    wrong = (replace(FIRST[0], agency="Bey County Sheriff's Office"), *FIRST[1:])
    manifest = files(
        tmp_path,
        ("2025-05-19T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        ("2025-05-20T12:00:00Z", "participatingAgencies2.xlsx", sheet(wrong)),
        ("2025-07-08T12:00:00Z", "participatingAgencies3.xlsx", sheet(FIRST)),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    there, back = monitor("log", "--json").rows
    assert (there["reason"], there["reverts"]) == ("respelled", None)
    assert (back["reason"], back["reverts"]) == ("respelled", there["id"])
    numbers = [row["number"] for row in monitor("versions", "--json").rows]
    assert numbers == [1, 2, 3]


def test_a_record_that_goes_and_comes_names_what_it_takes_back(monitor: Commands, tmp_path: Path) -> None:
    """Removed and back, added and gone: within days; much later it is a change of its own."""
    more = replace(FIRST[0], agency="Wakulla County Sheriff's Office", county="Wakulla County")
    days = [FIRST, FIRST[1:], FIRST, (*FIRST, more), FIRST]
    manifest = files(
        tmp_path,
        *(
            (f"2025-05-{20 + number}T12:00:00Z", f"participatingAgencies{number}.xlsx", sheet(rows))
            for number, rows in enumerate(days)
        ),
        ("2025-05-29T12:00:00Z", "participatingAgencies6.xlsx", sheet(FIRST[1:])),
        ("2025-07-29T12:00:00Z", "participatingAgencies7.xlsx", sheet(FIRST)),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    said = [(row["id"], row["kind"], row["reverts"]) for row in monitor("log", "--json").rows]
    assert said == [
        (1, "removed", None),
        (2, "added", 1),
        (3, "added", None),
        (4, "removed", 3),
        (5, "removed", None),
        (6, "added", None),
    ]
    assert monitor("verify").status == 0


def test_the_list_as_of_a_date_is_the_one_of_that_date(monitor: Commands, tmp_path: Path) -> None:
    """`list --at` gives each version between its capture and the next one's."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST[:-1])),
        ("2025-03-26T12:00:00Z", "participatingAgencies2.xlsx", sheet(FIRST)),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    sizes = [
        len(monitor("list", "ice-287g", "participating", "--at", at, "--json").rows)
        for at in ("2025-02-25", "2025-02-27", "2025-03-26T11:59:59Z", "2025-03-26T12:00:00Z")
    ]
    assert sizes == [0, 11, 11, 12]
    difference = monitor("diff", "ice-287g", "participating", "2025-02-27", "2025-04-01", "--json").rows
    assert [(each["kind"], each["after"]["agency"]) for each in difference] == [("added", FIRST[-1].agency)]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("absent.xlsx", "2025-02-26T12:00:00Z", ""), "no such file"),
        (("here.xlsx", "2025-02-26T12:00:00Z", ""), "none of the reports"),
        (("here.xlsx", "yesterday", "https://www.ice.gov/participating.xlsx"), "'yesterday' is no time"),
    ],
)
def test_a_faulty_line_of_a_manifest_stops_it_before_anything_is_kept(
    monitor: Commands, tmp_path: Path, row: tuple[str, str, str], complaint: str
) -> None:
    """Each fault names its line; nothing is imported by half."""
    (tmp_path / "here.xlsx").write_bytes(sheet(FIRST))
    manifest = files(tmp_path, ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)))
    with manifest.open("a", newline="", encoding="utf-8") as out:
        csv.writer(out).writerow(row)
    ran = monitor("import", "ice-287g", "--manifest", manifest)
    assert ran.status == 1
    assert f"{manifest}:3: " in ran.err
    assert complaint in ran.err
    assert monitor("versions", "--json").rows == []


def test_a_file_that_fits_no_report_is_told_which_report_is_the_page(monitor: Commands, tmp_path: Path) -> None:
    """With the reports that it may belong to, and the address of the page."""
    file = tmp_path / "here.xlsx"
    file.write_bytes(sheet(FIRST))
    told = monitor("import", "dhs-sanctuary", file, "--at", "2025-03-01").err
    page = "the report 'page' is the web page https://www.dhs.gov/sanctuary-jurisdictions itself"
    assert f"is none of the reports page; {page}; say the address" in told


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("participating.xlsx", b"PK\x03\x04 not really a spreadsheet", ""),
        ("participating.xlsx", b"<html><h1>Access Denied</h1></html>", ""),
        ("participating.xlsx", sheet(FIRST)[:3000], ""),
        ("participating.xlsx", sheet(FIRST, ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY")), "SIGNED"),
        ("participating.xlsx", sheet(()), "no records"),
        ("pending.xlsx", sheet(FIRST), ""),
        ("ddor2017_02-04to02-10.pdf", b"%PDF-1.7\n%%EOF", ""),
    ],
)
def test_what_cannot_be_read_is_held_and_named(
    monitor: Commands, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    """Bad bytes are kept and held, in one line, with exit status 1; the log says nothing of them."""
    file = tmp_path / name
    file.write_bytes(content)
    source = "ice-ddor" if name.endswith("pdf") else "ice-287g"
    ran = monitor("import", source, file, "--at", "2025-03-01")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "is held" in ran.err
    assert why in ran.err
    (version,) = monitor("holds", "--json").rows
    assert version["status"] == "held"
    assert version["hold_reason"]
    assert monitor("log", "--json").rows == []


def test_after_a_hold_the_next_good_version_is_compared_with_the_last_good_one(
    monitor: Commands, tmp_path: Path
) -> None:
    """A malformed issue in between leaves no trace in the log."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        (
            "2025-02-27T12:00:00Z",
            "participatingAgencies2.xlsx",
            sheet(FIRST, ("STATE", "LAW ENFORCEMENT AGENCY")),
        ),
        ("2025-02-28T12:00:00Z", "participatingAgencies3.xlsx", sheet(SECOND)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 1
    first, second, third = monitor("versions", "--json").rows
    assert [each["status"] for each in (first, second, third)] == ["recorded", "rejected", "recorded"]
    (entry,) = monitor("log", "--json").rows
    assert (entry["previous"], entry["version"]) == (first["sha256"], third["sha256"])


def test_what_nobody_thought_of_in_one_version_is_held_and_costs_no_other(
    monitor: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in comparing names its place, and the version after it is compared with the last good one."""

    def failing(before: RecordList, after: RecordList, description: ListDescription) -> Matching:
        if any("Polk" in (record.values[1] or "") for record in after.records):
            raise ZeroDivisionError("of all things")
        return match(before, after, description)

    polk = replace(FIRST[0], agency="Polk County Sheriff's Office", county="Polk County")
    monkeypatch.setattr("monitor.steps.comparison.match", failing)
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(FIRST)),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet((*FIRST, polk))),
        ("2025-02-28T12:00:00Z", "participatingAgencies3.xlsx", sheet(SECOND)),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 1
    first, second, third = monitor("versions", "--json").rows
    assert [each["status"] for each in (first, second, third)] == ["recorded", "rejected", "recorded"]
    assert "comparing it failed: ZeroDivisionError: of all things (test_importer.py:" in second["hold_reason"]
    (entry,) = monitor("log", "--json").rows
    assert (entry["previous"], entry["version"]) == (first["sha256"], third["sha256"])


def many(count: int) -> tuple[Agreement, ...]:
    """So many agreements, as unlike as town names are."""
    return tuple(
        Agreement(
            state="TEXAS",
            agency=f"{first}{second}ville Police Department",
            type="Municipality",
            county="#N/A",
            model="Task Force Model",
            signed=date(2025, 3, 1),
        )
        for first in ("Amber", "Bright", "Cedar", "Dove", "Elder", "Flint", "Grand", "Hazel", "Iron", "Jade")
        for second in (
            "bank",
            "cliff",
            "dale",
            "edge",
            "field",
            "gate",
            "hurst",
            "ingle",
            "jack",
            "knoll",
            "land",
            "moor",
        )
    )[:count]


def test_an_implausible_shrinking_is_held_until_a_person_decides(monitor: Commands, tmp_path: Path) -> None:
    """Most of a list gone at once is held; released, its removals are recorded; rejected, they never were."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(many(120))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(many(10))),
    )
    assert monitor("import", "ice-287g", "--manifest", manifest).status == 1
    (held,) = monitor("holds", "--json").rows
    assert "cut off" in held["hold_reason"]
    assert monitor("log", "--json").rows == []
    released = monitor("release", held["sha256"][:12])
    assert released.status == 0, released.err
    assert [each["kind"] for each in monitor("log", "--json").rows] == ["removed"] * 110
    assert monitor("reject", held["sha256"][:12]).status == 1
    assert monitor("verify").status == 0


def test_a_rejected_version_is_not_recorded_unless_a_person_thinks_again(monitor: Commands, tmp_path: Path) -> None:
    """Its bytes stay, its status says so, the log stays as it was; released after all, it counts."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(many(120))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(many(10))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    (held,) = monitor("holds", "--json").rows
    assert monitor("reject", "ice-287g/participating/2").status == 0
    assert monitor("holds", "--json").rows == []
    assert [row["status"] for row in monitor("versions", "--json").rows] == ["recorded", "rejected"]
    assert monitor("log", "--json").rows == []
    assert monitor("release", held["sha256"][:12]).status == 0
    assert [row["status"] for row in monitor("versions", "--json").rows] == ["recorded", "recorded"]


def test_an_older_hold_can_not_be_released_after_a_newer_version(monitor: Commands, tmp_path: Path) -> None:
    """What came after it is recorded; the past can't be rewritten."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet(many(120))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet(many(10))),
        ("2025-02-28T12:00:00Z", "participatingAgencies3.xlsx", sheet(many(119))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    refused = monitor("release", "ice-287g/participating/2")
    assert refused.status == 1
    assert "older than version 3" in refused.err
    assert [each["kind"] for each in monitor("log", "--json").rows] == ["removed"]


def test_show_tells_everything_about_a_place(monitor: Commands, tmp_path: Path) -> None:
    """By name and state, by FIPS code, by Open Civic Data id, and by words that no gazetteer knows."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST, *many(2)))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet((*SECOND, *many(2)))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    for name in ("Bay County, Florida", "Bay County, FL", "12005", "ocd-division/country:us/state:fl/county:bay"):
        (line,) = monitor("show", name, "--json").rows
        assert line["fields"]["signed"] == "2025-02-25"
        assert [each["kind"] for each in line["amendments"]] == ["corrected"]
        assert line["listed_since"] == "2025-02-26T12:00:00Z"
    (town,) = monitor("show", "Amberbankville", "--json").rows
    assert town["fields"]["agency"] == "Amberbankville Police Department"
    assert len(monitor("show", "Florida", "--json").rows) == 12


def test_the_log_can_be_filtered(monitor: Commands, tmp_path: Path) -> None:
    """By state, jurisdiction, kind, list and time; an unknown name is wrong usage or said to be none."""
    manifest = files(
        tmp_path,
        ("2025-02-26T12:00:00Z", "participatingAgencies1.xlsx", sheet((*FIRST, *many(1)))),
        ("2025-02-27T12:00:00Z", "participatingAgencies2.xlsx", sheet((*SECOND, *many(3)))),
    )
    monitor("import", "ice-287g", "--manifest", manifest)
    counts = {
        ("--state-code", "TX"): 2,
        ("--state-code", "fl"): 1,
        ("--jurisdiction", "Bay County, Florida"): 1,
        ("--jurisdiction", "Florida"): 1,
        ("--kind", "added"): 2,
        ("--kind", "removed"): 0,
        ("--list", "pending"): 0,
        ("--since", "2025-02-28"): 0,
        ("--until", "2025-02-28"): 3,
    }
    assert {given: len(monitor("log", *given, "--json").rows) for given in counts} == counts
    assert monitor("log", "--kind", "changed").status == 2
    assert monitor("log", "--state-code", "QQ").status == 2
    assert monitor("log", "--source", "ice").status == 1
    assert "24 jurisdictions" in monitor("log", "--jurisdiction", "Franklin County").err
    assert monitor("log", "--csv").out.splitlines()[0].startswith("id,observed_at,source")
    assert len(monitor("log", "--csv").out.splitlines()) == 4
