"""`monitor sources` lists the descriptions that come with the program, and puts one into the configuration."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.config.file import load
from monitor.config.shelf import on_shelf
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


@pytest.fixture
def own(monitor: Commands, tmp_path: Path) -> Commands:
    """`monitor` with a configuration of its own, in which a person has written."""
    monitor.config = tmp_path / "config.yaml"
    shutil.copy(ROOT / "config.yaml", monitor.config)
    text = monitor.config.read_text(encoding="utf-8")
    monitor.config.write_text(text.replace("sources:\n", "sources: # mine\n", 1), encoding="utf-8")
    return monitor


def test_what_is_watched_and_what_could_be_is_listed(own: Commands) -> None:
    """Each with its page, and those that come with the program with what they were tried on."""
    ran = own("sources")
    assert ran.status == 0, ran.err
    assert "ice-287g: ICE 287(g) agreements" in ran.out
    said = " ".join(ran.out.split())
    for each in on_shelf().values():
        assert f"{each.name}: {each.title} {each.about} {each.page} tried on {each.tried_on}: {each.tried}" in said
    assert max(len(line) for line in ran.out.splitlines() if "://" not in line) <= 110
    rows = {row["name"]: row for row in own("sources", "--json").rows}
    assert [name for name, row in rows.items() if row["watched"]] == list(load(own.config).sources)
    assert rows["fdic-failed-banks"]["tried"].startswith("A made CSV file")


def test_one_is_shown_as_it_would_be_added(own: Commands, tmp_path: Path) -> None:
    """Its YAML is a configuration by itself; --json has it as a value."""
    ran = own("sources", "warn-texas")
    shown = tmp_path / "shown.yaml"
    shown.write_text(ran.out, encoding="utf-8")
    assert list(load(shown).sources) == ["warn-texas"]
    assert "# documented at https://github.com/biglocalnews/warn-scraper" in ran.out
    (row,) = own("sources", "warn-texas", "--json").rows
    assert row["description"] in ran.out


@pytest.mark.parametrize("name", sorted(on_shelf()))
def test_each_can_be_added(own: Commands, name: str) -> None:
    """As the last source; every line that stood there still stands there, in order; the next step is said."""
    before = own.config.read_text(encoding="utf-8").splitlines()
    ran = own("sources", "add", name)
    assert ran.status == 0, ran.err
    assert f"`monitor try {name}`" in ran.out
    assert on_shelf()[name].tried in ran.out
    assert list(load(own.config).sources)[-1] == name
    after = iter(own.config.read_text(encoding="utf-8").splitlines())
    assert all(line in after for line in before)


def test_a_name_that_is_taken_is_refused_and_another_can_be_given(own: Commands) -> None:
    """The configuration stays as it is then."""
    assert own("sources", "add", "fdic-failed-banks").status == 0
    before = own.config.read_bytes()
    again = own("sources", "add", "fdic-failed-banks")
    assert (again.status, own.config.read_bytes()) == (1, before)
    assert "has a source 'fdic-failed-banks' already" in again.err
    assert own("sources", "add", "fdic-failed-banks", "--as", "Banks!").status == 1
    assert own.config.read_bytes() == before
    assert own("sources", "add", "fdic-failed-banks", "--as", "banks").status == 0
    assert list(load(own.config).sources)[-2:] == ["fdic-failed-banks", "banks"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("add", "fdic-failed-bank"), 1, "did you mean 'fdic-failed-banks'?"),
        (("zzz",), 1, "`monitor sources` lists them"),
        (("add",), 2, "monitor sources add NAME"),
        (("one", "two"), 2, "monitor sources add NAME"),
        (("warn-texas", "--as", "texas"), 2, "--as belongs to add"),
    ],
)
def test_mistakes_are_told_with_what_would_work(own: Commands, words: tuple[str, ...], status: int, said: str) -> None:
    """And nothing is written."""
    before = own.config.read_bytes()
    ran = own("sources", *words)
    assert ran.status == status
    assert said in ran.err
    assert own.config.read_bytes() == before


def test_without_a_configuration_the_shelf_is_there_all_the_same(monitor: Commands, tmp_path: Path) -> None:
    """It is said that there is none, and adding is refused with the way to get one."""
    monitor.config = tmp_path / "none.yaml"
    ran = monitor("sources")
    assert ran.status == 0
    assert "fdic-failed-banks" in ran.out
    assert "monitor init" in ran.err
    assert monitor("sources", "add", "fdic-failed-banks").status == 2
    assert not monitor.config.exists()
