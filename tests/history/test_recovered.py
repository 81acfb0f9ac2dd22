"""Documents that their publisher does not have: the web archive's copy is kept, and always said to be one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor.cli.app import cli
from monitor.errors import WaybackError
from monitor.history.recovered import documents_to_recover, recover_documents
from monitor.store import documents
from monitor.store.document_search import search_documents
from monitor.wayback.client import WebArchive
from tests.support.documents import CONFIG, Agreements, agreement, agreements
from tests.support.web_archive import ArchiveServer, Captured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.steps.documents import DocumentLook
    from monitor.store.documents import DocumentFile

HOUR = timedelta(hours=1)
PDF = (("Content-Type", "application/pdf"),)
SOURCES = ["agreements"]


@dataclass(kw_only=True)
class Lost:
    """A publisher that lacks the document of its second row, and an archive."""

    world: Agreements
    archive: ArchiveServer

    @property
    def url(self) -> str:
        """The address of the document that is missing."""
        return self.world.url("/Clay.pdf")

    def recover(self) -> list[DocumentLook]:
        """Look for what is missing in the archive, asking at once."""
        with self.world.program() as program:
            web = WebArchive(program.fetcher, program.config.wayback, tries=1, sleep=lambda _: None)
            return list(recover_documents(program.recovering(web), SOURCES, limit=-1))

    def files(self) -> list[DocumentFile]:
        """The files of the missing document."""
        with self.world.program() as program:
            return documents.files_at(program.store, "agreements", self.url)


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    """One document that is there, and one that answers 404."""
    with ArchiveServer() as archive:
        config = CONFIG.replace(
            "sources:\n", f"wayback: {{ url: '{archive.address}', per_minute: 600 }}\nsources:\n", 1
        )
        with agreements(tmp_path, config) as world:
            world.post("/Bee.pdf", agreement("Bee"))
            world.publish(("Bee", "/Bee.pdf"), ("Clay", "/Clay.pdf"))
            world.poll()
            world.look()
            yield Lost(world=world, archive=archive)


def test_the_latest_copy_is_kept_and_said_to_be_the_archives(lost: Lost) -> None:
    """It is never said to be posted, and the document stays gone."""
    lost.archive.captures += [
        Captured(lost.url, "20250601120000", agreement("Clay"), PDF),
        Captured(lost.url, "20250704151659", agreement("Clay", "as amended"), PDF),
    ]
    (done,) = lost.recover()
    assert done.is_new
    assert lost.world.told() == [("recovered", "Clay.pdf")]
    (file,) = lost.files()
    assert file.captured_at == "2025-07-04T15:16:59Z"
    assert "/web/20250704151659" in (file.memento or "")
    row = lost.world.documents()["Clay.pdf"]
    assert row.status == "gone"
    (entry,) = lost.world.log()
    assert entry.minor
    assert entry.document
    assert entry.document.from_url == file.memento
    with lost.world.program() as program:
        (found,) = search_documents(program.store, "Clay amended")
        assert found.file.memento == file.memento
    assert lost.world.faults() == ()
    assert lost.recover() == []
    for _ in range(4):
        lost.world.look(after=timedelta(days=2))
    assert lost.world.told() == [("recovered", "Clay.pdf")]  # what was never there is not told as gone


@pytest.mark.parametrize("amended", [(), ("as amended",)])
def test_what_the_publisher_posts_afterwards_is_posted(lost: Lost, amended: tuple[str, ...]) -> None:
    """Not replaced and not back: the publisher never had the file that was recovered, as far as is known."""
    lost.archive.captures.append(Captured(lost.url, "20250601120000", agreement("Clay"), PDF))
    lost.recover()
    lost.world.post("/Clay.pdf", agreement("Clay", *amended))
    lost.world.look()
    assert lost.world.told() == [("recovered", "Clay.pdf"), ("posted", "Clay.pdf")]
    assert lost.world.documents()["Clay.pdf"].status == "there"
    assert lost.world.faults() == ()


def test_a_copy_that_is_no_document_is_passed_over(lost: Lost) -> None:
    """An error page that was saved with status 200 is none; an older copy is."""
    lost.archive.captures += [
        Captured(lost.url, "20250601120000", agreement("Clay"), PDF),
        Captured(lost.url, "20250704151659", b"<html><title>Page not found</title></html>"),
    ]
    (done,) = lost.recover()
    assert done.is_new
    (file,) = lost.files()
    assert file.captured_at == "2025-06-01T12:00:00Z"


def test_what_the_archive_does_not_have_is_looked_for_again_after_a_month(lost: Lost) -> None:
    """And not before, for the archive is asked by many."""
    (done,) = lost.recover()
    assert "the archive has no copy" in (done.fault or "")
    assert lost.recover() == []
    lost.world.at += timedelta(days=31)
    lost.archive.captures.append(Captured(lost.url, "20260120120000", agreement("Clay"), PDF))
    (done,) = lost.recover()
    assert done.is_new


def test_an_archive_that_does_not_answer_is_asked_again_the_next_time(lost: Lost) -> None:
    """Nothing is taken for missing there."""
    lost.archive.captures.append(Captured(lost.url, "20250601120000", agreement("Clay"), PDF))
    lost.archive.refuse(503)
    with pytest.raises(WaybackError, match="try again later"):
        lost.recover()
    with lost.world.program() as program:
        web = WebArchive(program.fetcher, program.config.wayback)
        assert documents_to_recover(program.recovering(web), SOURCES) == 1
    (done,) = lost.recover()
    assert done.is_new


def test_the_command_recovers_what_cannot_be_had(lost: Lost) -> None:
    """After the publisher was asked; it says how many."""
    lost.archive.captures.append(Captured(lost.url, "20250601120000", agreement("Clay"), PDF))
    options = ["--config", str(lost.world.folder / "config.yaml")]
    said = CliRunner().invoke(cli, [*options, "fetch-documents", "--recover"], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    assert "1 of 1 documents recovered from the archive" in said.output
    shown = CliRunner().invoke(cli, [*options, "documents", "--missing"], catch_exceptions=False).output
    assert "[gone]" in shown
    assert "the archive's copy, 1 page," in shown
    logged = CliRunner().invoke(cli, [*options, "log", "--kind", "document"], catch_exceptions=False).output
    assert "the archive's copy of 2025-06-01" in logged


def test_the_daemon_recovers_documents_of_sources_that_are_saved(lost: Lost) -> None:
    """One at a time; of other sources none is looked for."""
    lost.archive.captures.append(Captured(lost.url, "20250601120000", agreement("Clay"), PDF))
    with lost.world.program() as program:
        assert program.steps.recover is None
    path = lost.world.folder / "config.yaml"
    path.write_text(path.read_text("utf-8").replace("    page:", "    save: true\n    page:", 1), encoding="utf-8")
    with lost.world.program() as program:
        recover = program.steps.recover
        assert recover
        done = recover()
        assert done
        assert done.is_new
        assert recover() is None
    assert lost.world.told() == [("recovered", "Clay.pdf")]
