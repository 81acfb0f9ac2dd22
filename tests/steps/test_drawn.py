"""Pages that a script draws: what is kept of them, what is told, and what is never believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.drawn import ROWS, data, drawing, loading, needs_chromium
from tests.support.servers import Server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_chromium


def test_a_record_that_a_script_draws_is_told_when_it_comes_and_goes(tmp_path: Path) -> None:
    """The list comes as JSON; its page never changes, and still each amendment is told, and nothing else."""
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, drawing(server, tmp_path) as watch:
        first = watch.poll()
        assert (first.faults, first.kept, [version.status for version in watch.versions]) == ((), 1, ["recorded"])
        assert watch.poll().kept == 0
        server.pages["/camps.json"] = data((*ROWS[1:], ("Gulf Camp", "Gulf County")))
        assert watch.poll().kept == 1
        assert sorted(watch.told) == [("added", "Gulf Camp"), ("removed", "Bay Camp")]
