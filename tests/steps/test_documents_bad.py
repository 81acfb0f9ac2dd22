"""Documents that can't be had, servers that fail, and disks that are full: named, bounded, nothing else delayed."""

from __future__ import annotations

import ctypes
import errno
import io
import itertools
import random
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from reportlab.pdfgen.canvas import Canvas

from monitor.cli.app import cli
from monitor.errors import StoreError
from monitor.store import documents
from tests.support.apart import apart
from tests.support.documents import CONFIG, COUNTIES, Agreements, agreement, agreements
from tests.support.paths import ROOT
from tests.support.servers import Reply, Server, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers import Request

SECOND = timedelta(seconds=1)
PDF = (("Content-Type", "application/pdf"),)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Agreements]:
    """Three agreements that were fetched once."""
    with agreements(tmp_path, CONFIG.replace("max_bytes: 1MB", "max_bytes: 1MB, hosts: [localhost]")) as made:
        made.publish_usual(3)
        made.poll()
        made.look()
        made.asked()
        yield made


def link(world: Agreements, *further: tuple[str, str]) -> None:
    """Publish the usual three rows, and further ones."""
    world.publish(*((name, f"/{name}.pdf") for name in COUNTIES[:3]), *further)
    world.poll()
    world.asked()


def test_redirects_that_go_round_are_named(world: Agreements) -> None:
    """And followed a few times only."""
    world.server.pages["/a.pdf"] = Reply(status=302, headers=(("Location", "/b.pdf"),))
    world.server.pages["/b.pdf"] = Reply(status=302, headers=(("Location", "/a.pdf"),))
    link(world, ("Frio", "/a.pdf"))
    (look,) = world.look(after=SECOND)
    assert "redirects" in (look.fault or "")
    assert len(world.asked()) < 20
    assert world.told() == []


def test_a_private_address_is_not_asked(world: Agreements) -> None:
    """Where the configuration forbids it, as it does by itself."""
    link(world, ("Frio", "/Frio.pdf"))
    path = world.folder / "config.yaml"
    path.write_text(path.read_text("utf-8").replace("allow_private_addresses: true", "every: 1h"), encoding="utf-8")
    (look,) = world.look(after=SECOND)
    assert "no public address" in (look.fault or "")
    assert world.asked() == []
    assert world.documents()["Frio.pdf"].status == "refused"


def test_half_a_gigabyte_is_refused_before_it_is_sent(world: Agreements) -> None:
    """By what the server announces; the words say which key to change."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 500000000\r\n\r\n%PDF-1.4 "
    world.server.pages["/Frio.pdf"] = raw(head)
    link(world, ("Frio", "/Frio.pdf"))
    (look,) = world.look(after=SECOND)
    assert "over 1,000,000 bytes; raise `max_bytes` under `documents`" in (look.fault or "")
    assert world.look(after=timedelta(hours=2)) == []  # it is as large an hour later


def test_a_file_with_a_password_is_kept_and_said_to_be_unreadable(world: Agreements) -> None:
    """Its bytes are there, its text is not."""
    target = io.BytesIO()
    canvas = Canvas(target, encrypt="a word")
    canvas.drawString(72, 720, "MEMORANDUM OF AGREEMENT")
    canvas.save()
    world.post("/Frio.pdf", target.getvalue())
    link(world, ("Frio", "/Frio.pdf"))
    (look,) = world.look(after=SECOND)
    assert look.is_new
    assert look.fault
    assert world.told() == [("posted", "Frio.pdf")]
    assert world.faults() == ()


def test_a_cell_that_has_other_text_in_place_of_a_link_is_none(tmp_path: Path) -> None:
    """As long as the document is not posted; a link may be written as a path, and have blanks in it."""
    texts = ("link pending", "N/A", "doc/Irion.pdf", "/doc/Irion.pdf", "/a b.pdf")
    rows = [
        f"TX,{name} County Sheriff,{name} County,2025-06-05,{text}"
        for name, text in zip(COUNTIES[3:8], texts, strict=True)
    ]
    body = "\n".join(["State,Agency,County,Signed,MOA", *rows, ""]).encode()
    with agreements(tmp_path) as world:
        world.post("/doc/Irion.pdf", agreement("Irion"))
        world.server.pages["/roster.csv"] = Reply(headers=(("Content-Type", "text/csv"),), body=body)
        world.poll()
        world.asked()
        world.look(after=SECOND)
        assert set(world.asked()) == {"/doc/Irion.pdf", "/a%20b.pdf"}


def test_ten_thousand_links_in_one_list_are_noted_and_looked_at_by_and_by(tmp_path: Path) -> None:
    """No more at once than was asked for."""
    with agreements(tmp_path) as world:
        world.publish(*((f"Place {number}", f"/{number}.pdf") for number in range(10_000)))
        world.poll()
        assert len(world.look(after=SECOND, limit=5)) == 5
        assert len([path for path in world.asked() if path.endswith(".pdf")]) == 5
        with world.program() as program:
            due, missing = documents.count_due(program.store, at="9", sources=["agreements"])
        assert (due, missing) == (10_000, 10_000)


def test_a_server_that_asks_for_a_day_delays_no_other(world: Agreements) -> None:
    """Its own documents wait for that day, and no longer."""
    elsewhere = world.server.address("/Frio.pdf", host="localhost")
    world.server.pages["/Frio.pdf"] = Reply(status=503, headers=(("Retry-After", "86400"),))
    link(world, ("Frio", elsewhere))
    world.look(after=SECOND)
    assert world.asked() == ["/Frio.pdf"]
    world.look(after=timedelta(hours=23))
    assert "/Frio.pdf" not in (asked := world.asked())
    assert "/Bee.pdf" in asked
    world.server.pages["/Frio.pdf"] = Reply(status=503, headers=(("Retry-After", "86400000"),))
    world.look(after=timedelta(hours=1))
    assert world.asked() == ["/Frio.pdf"]
    world.look(after=timedelta(hours=25))
    assert "/Frio.pdf" in world.asked()


def test_a_server_that_is_away_is_left_alone_for_a_while(world: Agreements) -> None:
    """One request finds out, not one for each of its documents."""
    with Server() as away:
        there = away.address("", host="localhost")
    link(world, *((name, f"{there}/{name}.pdf") for name in COUNTIES[3:8]))
    looks = world.look(after=SECOND)
    assert len([look for look in looks if look.fault]) == 1
    assert {row.status for row in world.documents().values()} == {"there", "new"}
    assert world.look(after=timedelta(minutes=10)) == []
    assert len(world.look(after=timedelta(minutes=6))) == 1


def test_two_processes_that_look_at_once_keep_a_file_once(world: Agreements) -> None:
    """The one that comes second tells nothing."""
    content = agreement("Clay", "as amended")
    again = [True]

    def page(_: Request) -> Reply:
        if again.pop() if again else False:
            world.look(after=SECOND)  # another process, while this one waits for its answer
        return Reply(headers=PDF, body=content)

    world.server.pages["/Clay.pdf"] = page
    world.look()
    assert world.told() == [("replaced", "Clay.pdf")]
    assert len(world.files("Clay.pdf")) == 2
    assert world.faults() == ()


def test_an_unchanged_document_sent_as_a_whole_is_asked_for_by_its_new_tag(world: Agreements) -> None:
    """Else a server that names its files anew would send each of them at each look, for ever."""
    tags = []

    def page(request: Request) -> Reply:
        tags.append(request.headers.get("if-none-match"))
        return Reply(headers=(*PDF, ("ETag", '"new"')), body=agreement("Clay"))

    world.server.pages["/Clay.pdf"] = page
    world.look()
    world.look()
    assert tags[1:] == ['"new"']
    assert world.told() == []


def test_documents_of_a_source_that_is_gone_do_not_stand_before_others(tmp_path: Path) -> None:
    """Though they have been due for longer."""
    with agreements(tmp_path) as world:
        world.publish_usual(3)
        world.poll()
        with world.program() as program:
            program.note_documents(["agreements"])
        path = world.folder / "config.yaml"
        path.write_text(path.read_text("utf-8").replace("  agreements:", "  others:"), encoding="utf-8")
        world.at += timedelta(hours=1)
        with world.program() as program:
            list(program.poll(["others"]))
            list(program.process())
            looks = list(program.look_at_documents(limit=1, stopping=lambda: False))
        assert [look.document.source for look in looks] == ["others"]


def full_disk(start: str, step: str) -> list[list[str]]:
    """A scene: a disk on which one call fails for want of room while documents are looked at, and then none."""
    disk = ctypes.CDLL(None)
    disk.disk_failed.restype = ctypes.c_char_p
    outcomes: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in itertools.count(int(start), int(step)):
            own = Path(folder) / str(number)
            own.mkdir()
            with agreements(own) as world:
                world.publish_usual(2)
                world.poll()
                faults = []
                disk.disk_fails(str(own / "state").encode(), number, errno.ENOSPC)
                try:
                    world.look(after=SECOND)
                except StoreError as fault:
                    faults.append(str(fault))
                disk.disk_mended()
                if not disk.disk_failed():
                    return outcomes
                world.look(after=SECOND)
                assert [len(world.files(f"{name}.pdf")) for name in COUNTIES[:2]] == [1, 1]
                assert world.told() == []
                assert world.faults() == ()
                outcomes.append(faults)
    raise AssertionError


def test_a_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    """Every 31st call that writes below the state folder; other ones each time."""
    shim = tmp_path / "failing_disk.so"
    source = ROOT / "tests" / "support" / "failing_disk.c"
    try:
        subprocess.run(
            ("cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"), check=True, capture_output=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no C compiler that makes a library here: {fault}")
    outcomes = apart(full_disk, random.randint(1, 31), 31, preload=shim)
    assert len(outcomes) >= 3
    assert all("\n" not in fault for faults in outcomes for fault in faults)
    assert any("full" in fault for faults in outcomes for fault in faults)


def test_a_first_load_that_its_server_interrupts_says_when_to_go_on(tmp_path: Path) -> None:
    """The command does not wait, and does not ask for the other documents of that server."""
    with agreements(tmp_path) as world:
        world.publish_usual(5)
        for name in COUNTIES[:5]:
            world.server.pages[f"/{name}.pdf"] = Reply(status=429, headers=(("Retry-After", "1800"),))
        world.poll()
        world.asked()
        options = ["--config", str(world.folder / "config.yaml")]
        done = CliRunner().invoke(cli, [*options, "fetch-documents"], catch_exceptions=False)
        assert done.exit_code == 0
        assert len(world.asked()) == 1
        assert "5 documents wait, for their server asked for that" in done.output
        assert "0 new files, 0 unchanged, 1 not had" in done.output
