"""A module imports only from rows above its own, or from its own row to its left: README, "Layout"."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from tests.lists import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = (
    ("errors", "model"),
    (
        *(
            "settings",
            "channels_config",
            "config",
            "schedule",
            "linked",
            "rows",
            "jurisdictions",
            "names",
            "extract",
            "judge",
        ),
        *("sides", "evidence", "match", "amend", "plausible", "doubts", "entry", "message", "writing"),
        *("subscriptions", "compose"),
    ),
    (
        "archive",
        "wire",
        "exchange",
        "fetch",
        "schema",
        "migrations",
        "store",
        "syscalls",
        "sandbox",
        "reading",
        "reader",
        "workers",
        "channels",
        "wayback",
        "supervisor",
    ),
    (
        *("telling", "operators", "record", "process", "polled", "poll", "deliver"),
        *("importing", "backfill", "joining", "reprocess", "pictures", "comparing", "verifying"),
        "saving",
        *("backing", "examining"),
    ),
    ("health", "daemon", "web"),
    ("log", "program", "demo", "cli", "__main__"),
)
PLACE = {name: (row, column) for row, names in enumerate(ROWS) for column, name in enumerate(names)}
MODULES = sorted((ROOT / "monitor").rglob("*.py"))


def part(dotted: str) -> str | None:
    """The module or package of monitor that a dotted name lies in; None for monitor itself and what is not ours."""
    pieces = dotted.split(".")
    return pieces[1] if pieces[0] == "monitor" and len(pieces) > 1 else None


def imports(path: Path) -> Iterator[str]:
    """The parts of monitor that a module imports, inside functions and for types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from filter(None, (part(alias.name) for alias in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module == "monitor":
            yield from (alias.name for alias in node.names if alias.name in PLACE)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from filter(None, (part(node.module),))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    """The rows hold: pure modules know no edge, edges know no step."""
    own = part(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own in {None, "__init__"}:
        assert list(imports(path)) == []
        return
    assert own in PLACE, f"{own} has no place in the rows"
    for other in imports(path):
        assert other == own or PLACE[other] < PLACE[own], f"{own} imports {other}, which stands after it"


def test_errors_and_model_need_the_standard_library_alone() -> None:
    """The first row imports nothing that has to be installed."""
    for name in ROWS[0]:
        for node in ast.walk(ast.parse((ROOT / "monitor" / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.module.split(".")[0] in {*sys.stdlib_module_names, "monitor"}
