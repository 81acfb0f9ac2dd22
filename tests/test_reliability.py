"""What docs/reliability.md says is shown by a test is shown by a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.paths import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "reliability.md").read_text("utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("| fault", "|---"))
]


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests of a module."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_fault_is_shown_by_tests_that_exist(row: list[str]) -> None:
    """Each row of the tables has three cells, and in the last one nothing but tests."""
    _, happens, shown = row
    assert happens
    for each in shown.split(", "):
        named = re.fullmatch(r"`([\w/]+\.py)::(test_\w+)`", each)
        assert named, each
        assert named[2] in names_in(named[1]), each


def test_there_are_faults() -> None:
    """Both tables were found."""
    assert len(ROWS) > 35
