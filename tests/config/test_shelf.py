"""Each description on the shelf is a configuration of one source, and reads a file like the one that it is for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from monitor.config.file import parse
from monitor.config.shelf import on_shelf, shelved
from monitor.config.sources import TOLD
from monitor.config.values import POSTAL_CODES
from monitor.errors import RefusedError
from monitor.jurisdictions.states import STATES
from tests.support.shelf_files import MADE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

NAMES = sorted(on_shelf())
MUST_HAVE = {
    "ice-detention-facilities",
    "ice-detention-statistics",
    "fdic-failed-banks",
    "warn-california",
    "warn-idaho",
    "warn-maryland",
    "warn-texas",
}


def test_there_is_a_file_like_each() -> None:
    """No description without a file, and none of those that were promised is missing."""
    assert set(NAMES) == set(MADE)
    assert set(NAMES) >= MUST_HAVE


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_configuration_and_says_honestly_what_it_was_tried_on(name: str) -> None:
    """It has the name of its file, loads under another name, too, and claims nothing but a made file."""
    each = on_shelf()[name]
    config = parse(f"sources:\n{each.as_source('other-name')}")
    (source,) = config.sources.values()
    assert list(config.sources) == ["other-name"]
    assert (source.title, source.page) == (each.title, each.page)
    assert each.tried.startswith("A made ")
    assert "Not tried on" in each.tried
    assert each.tried_on <= date.today()  # noqa: DTZ011 - a day that somebody wrote down
    assert all(urlsplit(address).scheme == "https" for address in (*each.documented, each.page))
    assert each.documented
    assert all(
        described.key and described.says for report in source.reports.values() for described in report.lists.values()
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_reads_a_file_like_its_own(monitor: Commands, tmp_path: Path, name: str) -> None:
    """Every record, its place and its dates; columns left out on purpose; and between two versions what changed."""
    made = MADE[name]
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(f"sources:\n{on_shelf()[name].as_source(name)}", encoding="utf-8")
    for folder, content in (("older", made.older), ("newer", made.newer)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / made.file).write_bytes(content)
    files = [tmp_path / folder / made.file for folder in ("older", "newer")]
    ran = monitor("try", name, *files, "--json")
    assert ran.status == 0, ran.out + ran.err
    (found,) = ran.rows
    older, newer = found["files"][0], found["files"][-1]
    assert len(found["files"]) == (1 if made.are_pages else 2)
    assert older["report"] == made.report
    (read,) = [each for each in older["lists"] if each["name"] == made.list_name]
    assert read["records"] == made.records
    assert made.first.items() <= read["first"][0]["fields"].items()
    assert read["first"][0]["jurisdiction"] == made.place
    headers = {each.partition(": ")[0].strip("'\"") for each in read["undescribed"]}
    assert set(made.undescribed) <= headers
    assert bool(headers) == bool(made.undescribed)
    assert len(read["undated"]) == made.undated
    assert read["repeated"] == []
    assert told_in(newer["amendments"], ignored_fields(name)) == list(made.told)


def ignored_fields(name: str) -> set[str]:
    """The fields of a description whose changes are never told."""
    config = parse(f"sources:\n{on_shelf()[name].as_source(name)}")
    lists = [each for report in config.sources[name].reports.values() for each in report.lists.values()]
    return {
        field for each in lists for field, column in each.columns.items() if column.model_dump().get("ignore", False)
    }


def told_in(amendments: list[dict[str, Any]], ignored: set[str]) -> list[tuple[str, ...]]:
    """What readers would be told: each amendment as its kind, with the fields that differ and are not ignored."""
    found = [(each["kind"], *(field for field in each["fields"] if field not in ignored)) for each in amendments]
    return [each for each in found if each[0] in TOLD and (each[0] != "corrected" or len(each) > 1)]


def test_a_name_that_is_not_there_is_told() -> None:
    """With the one that may be meant."""
    with pytest.raises(RefusedError, match="did you mean 'fdic-failed-banks'"):
        shelved("fdic-failed-bank")
    with pytest.raises(RefusedError, match="monitor sources"):
        shelved("zzz")


def test_the_postal_codes_are_those_of_the_states() -> None:
    """The configuration knows the same states as the gazetteer."""
    assert set(STATES) == POSTAL_CODES
