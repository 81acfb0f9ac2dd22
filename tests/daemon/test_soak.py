"""Polls that find nothing new leave nothing behind.

The short form; `python -m tests.support.soak --polls 20000` is the long one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.soak import grown, soak

if TYPE_CHECKING:
    from pathlib import Path


def test_polling_what_does_not_change_makes_nothing_grow(tmp_path: Path) -> None:
    """Memory, open files and database are after 300 polls what they were after 100."""
    before, after = soak(300, 100, tmp_path)
    assert grown(before, after) == []
