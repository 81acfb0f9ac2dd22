"""The edits that break guards can be made, and the tool tells a test that notices from one that does not."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from tests.support.paths import ROOT
from tools.broken_guards import BROKEN_GUARDS, BrokenGuard
from tools.mutate import broken, drawn, named_tests


@pytest.mark.parametrize("guard", BROKEN_GUARDS, ids=lambda guard: guard.test)
def test_each_edit_changes_one_line_of_code_that_is_there(guard: BrokenGuard) -> None:
    """What comes of it is still Python, and the test that is to notice exists."""
    source = (ROOT / guard.path).read_text(encoding="utf-8")
    edited = broken(source, guard)
    changed = [(old, new) for old, new in zip(source.splitlines(), edited.splitlines(), strict=True) if old != new]
    assert [(old.strip(), new.strip()) for old, new in changed] == [(guard.line, guard.instead)]
    ast.parse(edited)
    path, _, name = guard.test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8")


def test_a_line_that_is_there_twice_or_not_at_all_is_not_edited() -> None:
    """Nothing would be known of which guard was broken."""
    guard = replace(BROKEN_GUARDS[0], line="if a:", instead="if b:")
    for source in ("", "if a:\n    pass\nif a:\n    pass\n", "if a: pass\n"):
        with pytest.raises(ValueError, match="times"):
            broken(source, guard)
    assert broken("if c:\n    if a:\n", guard) == "if c:\n    if b:\n"


def test_tests_are_drawn_by_the_seed() -> None:
    """The same seed draws the same tests, another one others; a test more changes at most one of them."""
    names = named_tests()
    first = drawn(names, seed=1, count=10)
    assert drawn(names[::-1], seed=1, count=10) == first
    assert drawn(names, seed=2, count=10) != first
    assert len(set(drawn([*names, "a/test_b.py::test_c"], seed=1, count=10)) - set(first)) <= 1
    assert set(first) <= set(names)
