"""What a web archive sent has the exchange with the archive beside it, and an imported file has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import exchanges
from monitor.store.database import Store
from tests.support.backfilled import FIRST, archive, captured, files, story, take

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.exchanges import ExchangeRow
    from tests.conftest import Commands
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

BACKFILL = ("backfill", "ice-287g", "--workers", "1")


def test_a_capture_of_the_archive_has_the_exchange_with_the_archive(monitor: Commands, archive: ArchiveServer) -> None:
    """It says the archive's address and headers, and never that the publisher answered."""
    archive.captures = captured(story())
    assert monitor(*BACKFILL).status == 0
    found = exchanges_by_address(monitor)
    assert len(found) > 7
    for address, exchange in found.items():
        assert exchange is not None
        assert (exchange.url, exchange.server_address) == (address, "127.0.0.1")
        assert "Memento-Datetime" in dict(exchange.headers)
    assert {address.removeprefix(archive.address) for address in found} <= set(archive.paths("/web/"))
    assert monitor("verify").status == 0


def test_bytes_that_were_fetched_for_another_capture_have_no_exchange(
    monitor: Commands, archive: ArchiveServer
) -> None:
    """The archive was not asked for this one, so nothing is said of an answer."""
    text = monitor.config.read_text("utf-8")
    assert "per_host: 2" in text
    monitor.config.write_text(text.replace("per_host: 2", "per_host: 1"), encoding="utf-8")  # one after the other
    one, two = files(FIRST, FIRST[1:])
    archive.captures = captured([one, two._replace(name=one.name), one._replace(at="2025-03-03T12:00:00Z")])
    assert monitor(*BACKFILL).status == 0
    kept = {address: exchange for address, exchange in exchanges_by_address(monitor).items() if "xlsx" in address}
    assert [exchange is None for _, exchange in sorted(kept.items())] == [False, False, True]


def exchanges_by_address(monitor: Commands) -> dict[str, ExchangeRow | None]:
    """The exchange of each capture that has an address in the archive, by that address."""
    with Store(monitor.state) as store:
        rows = store.all("SELECT id, memento FROM captures WHERE memento IS NOT NULL")
        return {row["memento"]: exchanges.exchange_of(store, row["id"]) for row in rows}


def test_an_imported_file_has_no_exchange(monitor: Commands, tmp_path: Path) -> None:
    """Nobody asked a server for it."""
    take(monitor, tmp_path, story())
    with Store(monitor.state) as store:
        assert store.one("SELECT count(*) AS n FROM exchanges") == {"n": 0}
        assert store.one("SELECT count(*) > 0 AS n FROM captures") == {"n": 1}
