"""What is remembered of the front page and the map is thrown away when the history changes, and not at each look."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from monitor.store import read_only
from monitor.store.read_only import ReadOnlyStore
from monitor.web.remembered import MAX_PARTS, RememberedParts
from tests.steps.test_untold import centers, watched
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


def test_a_part_is_made_once_for_each_key() -> None:
    """Another key is another part; the one that was not asked for longest makes room."""
    made: list[int] = []

    def part(key: int) -> int:
        made.append(key)
        return key * 10

    parts = RememberedParts()
    asked = [1, 2, 1, *range(3, MAX_PARTS + 2), 1, 2]
    assert [parts.get(key, partial(part, key)) for key in asked] == [key * 10 for key in asked]
    assert made == [1, 2, *range(3, MAX_PARTS + 2), 2]


def test_a_part_that_could_not_be_made_is_made_again() -> None:
    """A fault is not remembered."""
    parts, faults = RememberedParts(), [ValueError("once")]

    def part() -> str:
        if faults:
            raise faults.pop()
        return "made"

    with pytest.raises(ValueError, match="once"):
        parts.get("key", part)
    assert parts.get("key", part) == "made"


def test_the_front_page_follows_the_history(monitor: Commands, tmp_path: Path) -> None:
    """A look that finds nothing new changes no remembered part; a new version changes the news and the chart."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    state = list_.report.monitor.state
    shutil.copy(tmp_path / "config.yaml", state)

    def mark() -> str:
        with ReadOnlyStore(state) as store:
            return read_only.lasting_mark(store)

    first_mark = mark()
    with serving_of(state) as served:
        first = BeautifulSoup(served.get("/").text, "html.parser")
        assert "Nothing has changed yet" in first.get_text()
        list_.come(centers())
        again = mark()
        list_.come(centers(Guards={0: "77"}))
        later = BeautifulSoup(served.get("/").text, "html.parser")
    assert first_mark == again != mark()
    assert "Nothing has changed yet" not in later.get_text()
    news = later.select_one("article.event h3")
    assert news
    assert "1 corrected" in news.get_text()
    described = later.select_one("svg.chart desc")
    assert described
    assert "0 added, 0 removed, 1 corrected" in described.get_text()
