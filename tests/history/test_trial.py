"""A trial reads each file once, though it shows what is in it and runs the real steps on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.config.shelf import on_shelf
from monitor.history.trial import try_files
from monitor.program import Program
from monitor.sandbox.reader import Reader
from tests.support.shelf_files import MADE

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from monitor.config.sources import ReportDescription
    from monitor.sandbox.reader import Understood


@dataclass
class CountingReader(Reader):
    """A reader that counts the files that it reads."""

    reader: Reader
    files: list[bytes] = field(default_factory=list)

    def understand(
        self, content: bytes, report: ReportDescription, *, on: date, charset: str | None = None, source: str = ""
    ) -> Understood:
        """Note the file, and read it."""
        self.files.append(content)
        return self.reader.understand(content, report, on=on, charset=charset, source=source)


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
    with Program(config_path=config) as program, program.trial() as context:
        counting = CountingReader(reader=program.reader)
        found = try_files(replace(context, reader=counting), name, files)
    assert counting.files == [made.older, made.newer]
    assert [len(each.lists[0].first) for each in found.files] == [2, 3]
    assert len(found.files[1].amendments) == 1
