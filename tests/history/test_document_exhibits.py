"""Packets about documents that records link to have their files, and can be checked with public tools alone."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.history.test_exhibits import failing
from tests.support.agreed import written_agreements
from tests.support.authority import needs_openssl
from tests.support.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands
    from tests.support.documents import Agreements


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agreements]:
    """Agreements that were replaced, gone and so on. Only to be read."""
    with Server() as server:
        yield written_agreements(tmp_path_factory.mktemp("agreements"), server)


@pytest.fixture
def exhibit(monitor: Commands, agreed: Agreements) -> Commands:
    """`monitor` on their history."""
    monitor.state, monitor.config = agreed.folder / "state", agreed.folder / "config.yaml"
    return monitor


def statements(packet: Path) -> list[dict[str, object]]:
    """The statements of a packet."""
    return [json.loads(leaf.read_text(encoding="utf-8")) for leaf in sorted(packet.glob("log/*.leaf"))]


def kept(packet: Path) -> set[str]:
    """The SHA-256 of the files of a packet."""
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in packet.glob("files/*")}


@needs_openssl
def test_a_packet_about_a_replaced_document_has_both_files(
    exhibit: Commands, agreed: Agreements, tmp_path: Path
) -> None:
    """The captures, the exchanges, the statements about both files, and commands that check them."""
    entry = next(each for each in agreed.log() if each.reason == "replaced" and "Bee" in str(each.document))
    first, second, _ = agreed.files("Bee.pdf")
    ran = exhibit("exhibit", entry.id, "--folder", tmp_path / "packet")
    assert ran.status == 0, ran.err
    assert kept(tmp_path / "packet") >= {first, second}
    told = statements(tmp_path / "packet")
    assert [each["version"] for each in told if each.get("leaf") == "document"] == [first, second]
    captures = {each.get("version", each.get("sha256")) for each in told if each.get("leaf") == "capture"}
    assert captures >= {first, second}
    assert sum(each.get("leaf") == "exchange" for each in told) >= 3
    assert any(each.get("document") for each in told)  # the entry of the change log
    text = (tmp_path / "packet/COVER.html").read_text(encoding="utf-8")
    assert "MOA replaced" in text
    assert first in text
    assert second in text
    assert failing(tmp_path / "packet") == []


def test_a_packet_about_a_document_that_is_gone_has_the_file_that_was_there(
    exhibit: Commands, agreed: Agreements, tmp_path: Path
) -> None:
    """And says that nothing is at its address."""
    entry = next(each for each in agreed.log() if each.reason == "gone")
    assert exhibit("exhibit", entry.id, "--folder", tmp_path / "packet").status == 0
    (clay,) = agreed.files("Clay.pdf")
    assert clay in kept(tmp_path / "packet")
    text = (tmp_path / "packet/COVER.html").read_text(encoding="utf-8")
    assert "nothing is at its address" in text


def test_a_packet_about_a_place_has_the_document_that_its_record_links(
    exhibit: Commands, agreed: Agreements, tmp_path: Path
) -> None:
    """As a ZIP file too; as of a day, the file of that day."""
    first, second, third = agreed.files("Bee.pdf")
    assert exhibit("exhibit", "--jurisdiction", "Bee County, Texas", "--zip", tmp_path / "now.zip").status == 0
    with zipfile.ZipFile(tmp_path / "now.zip") as packet:
        names = " ".join(packet.namelist())
    assert third[:12] in names
    ran = exhibit("exhibit", "--jurisdiction", "Bee County, Texas", "--at", "2026-01-05", "--folder", tmp_path / "then")
    assert ran.status == 0, ran.err
    assert not kept(tmp_path / "then") & {first, second, third}  # it was looked at two days later
