"""A trial reads each file once, though it shows what is in it and runs the real steps on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.config.shelf import on_shelf
from monitor.history.trial import try_files
from monitor.program import Program
from monitor.sandbox.reader import Reader
from tests.support.shelf_files import MADE

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.sandbox.worker import Reply, Request


class CountingReader(Reader):
    """A reader that notes which files it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[bytes] = []

    def _ask(self, request: Request, content: bytes, source: str) -> Reply:
        self.files.append(content)
        return super()._ask(request, content, source)


def test_each_file_is_read_once(tmp_path: Path) -> None:
    """Also one that is the same as the file before it; a changed one is read anew."""
    name, made = "fdic-failed-banks", MADE["fdic-failed-banks"]
    config = tmp_path / "config.yaml"
    config.write_text(f"sources:\n{on_shelf()[name].as_source(name)}", encoding="utf-8")
    files = []
    for number, content in enumerate((made.older, made.newer)):
        path = tmp_path / str(number) / made.file
        path.parent.mkdir()
        path.write_bytes(content)
        files.append(str(path))
    with Program(config_path=config) as program, CountingReader() as counting, program.trial() as context:
        found = try_files(replace(context, reader=counting), name, files)
    assert counting.files == [made.older, made.newer]
    assert [len(each.lists[0].first) for each in found.files] == [2, 3]
    assert len(found.files[1].amendments) == 1
