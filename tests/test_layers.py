"""Each room of `monitor/` imports only rooms that stand before it: the order is told once, here."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tools import rooms

if TYPE_CHECKING:
    from pathlib import Path

ORDER = (
    *("errors", "model", "times", "standing", "files", "config", "jurisdictions", "extract"),
    *("matching", "fetch", "wayback", "store", "sandbox", "changelog", "evidence", "alerts", "channels", "steps"),
    *("history", "upkeep", "web", "daemon", "program", "demo", "cli", "__main__"),
)
MAX_ROOMS, MAX_ARROWS = 30, 160


@cache
def modules() -> rooms.Graph:
    """Which module imports which; read when it is first asked for, and not by each process that loads this file."""
    return rooms.module_graph()


def test_every_room_has_its_place() -> None:
    """The tuple names the rooms that exist, and no other."""
    assert set(ORDER) == set(rooms.room_graph(modules()))


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_rooms_before_it(room: str) -> None:
    """What decides knows no edge, and no edge knows a step."""
    assert rooms.room_graph(modules())[room] <= set(ORDER[: ORDER.index(room)])


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Neither rooms nor the modules within a room do, also for types alone."""
    assert rooms.circles(modules()) == []


def test_a_public_name_means_one_thing() -> None:
    """No function, class or constant is defined in two modules under the same public name."""
    assert rooms.defined_twice(rooms.PACKAGE.rglob("*.py")) == {}


def test_a_name_that_is_defined_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions, classes and constants count; private names, names of faces and names within functions do not."""
    monkeypatch.setattr(rooms, "PACKAGE", tmp_path)
    (tmp_path / "one.py").write_text("LIMIT = 1\n_own = 2\ndef read():\n    inner = 3\nclass Row: pass\n")
    (tmp_path / "two.py").write_text("LIMIT: int = 2\n_own = 2\nasync def read(): ...\nclass Table: pass\n")
    (tmp_path / "__init__.py").write_text("Row = 1\n")
    assert rooms.defined_twice(tmp_path.rglob("*.py")) == {"LIMIT": ["one", "two"], "read": ["one", "two"]}


def test_the_house_stays_small() -> None:
    """There are few rooms, and few imports between them."""
    assert len(rooms.room_graph(modules())) <= MAX_ROOMS
    assert sum(map(len, rooms.room_graph(modules()).values())) <= MAX_ARROWS


def test_the_first_rooms_need_the_standard_library_alone() -> None:
    """Errors, model, times, standing and files import nothing that has to be installed."""
    for room in ("errors", "model", "times", "standing", "files"):
        assert set(rooms.top_names(rooms.PACKAGE / f"{room}.py")) <= {*sys.stdlib_module_names, "monitor"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from monitor import model", {"model"}),
        ("from monitor.steps import poll, times", {"steps.poll", "steps"}),
        ("from monitor.steps.poll import look", {"steps.poll"}),
        ("import monitor.model", {"model"}),
        ("def late():\n    from monitor.model import Record", {"model"}),
        ("import monitoring, json\nfrom monitors.model import x", set()),
    ],
)
def test_what_a_module_imports_is_found(tmp_path: Path, text: str, names: set[str]) -> None:
    """Each import counts by the deepest name that is a module, wherever it stands."""
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    known = dict.fromkeys(("model", "steps", "steps.poll"), module)
    assert set(rooms.imported(module, known)) == names


def test_circles_are_found() -> None:
    """A group is all modules that reach each other, and nothing that only leads there."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e2"}, "e2": {"e"}}
    assert rooms.circles(graph) == [["b", "c"], ["e", "e2"]]
