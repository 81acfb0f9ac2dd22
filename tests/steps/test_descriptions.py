"""`monitor poll` says once that the description of a list changed since its latest version was read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor.demo.publisher import HTML_TYPE, Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands

AT = datetime(2026, 1, 5, tzinfo=UTC)
CONFIG = """\
poll: {{ allow_private_addresses: true }}
sources:
  banks:
    page: {address}/banks
    reports:
      failed:
        kind: rolling
        format: csv
        match: {{ href: 'banks[^/]*\\.csv$' }}
        lists:
          failed:
            title: Failed banks
            columns: {{ bank: [Bank], city: [City], closed: [Closed] }}
            key: [bank]
"""
ROWS = ("Bank,City,Closed", "First Bank,Waco,5-Feb-10", "Second Bank,Austin,6-Feb-10", "Third Bank,Bell,7-Feb-10")
CHANGED = "the description of failed changed since version 1 of Failed banks was read"


class Watched:
    """One source at a local server, and its description."""

    def __init__(self, monitor: Commands, server: Publisher, folder: Path) -> None:
        self.monitor, self.server = monitor, server
        self.monitor.config = folder / "config.yaml"
        self.describe()
        self.publish(1, *ROWS)

    def describe(self, *changes: tuple[str, str]) -> None:
        """Write the description, with some texts in it replaced."""
        text = CONFIG.format(address=self.server.address)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.monitor.config.write_text(text, encoding="utf-8")

    def publish(self, number: int, *rows: str) -> None:
        """Put a new file on the page."""
        page = f'<!DOCTYPE html><html><body><main><a href="/banks-{number}.csv">Banks</a></main></body></html>'
        self.server.publish("/banks", page.encode(), content_type=HTML_TYPE, at=AT)
        self.server.publish(f"/banks-{number}.csv", "\n".join(rows).encode(), content_type="text/csv", at=AT)

    def poll(self) -> str:
        """Look once, and return what is printed, errors too."""
        ran = self.monitor("poll", "banks")
        return ran.out + ran.err


@pytest.fixture
def watched(monitor: Commands, tmp_path: Path) -> Iterator[Watched]:
    """The source before its first poll."""
    with Publisher() as server:
        yield Watched(monitor, server, tmp_path)


DATED = ("closed: [Closed]", "closed: { header: [Closed], kind: date }")
WORDS = (("title: Failed banks", "title: Banks that failed"), ("city: [City]", "city: { header: [City], title: town }"))


def test_a_changed_description_is_told_once(watched: Watched) -> None:
    """Not before it changed, not again by the next poll; a further change is told again, one that was undone is not."""
    assert CHANGED not in watched.poll()
    assert CHANGED not in watched.poll()
    watched.describe(DATED)
    said = watched.poll()
    assert CHANGED in said
    assert "`monitor reprocess banks` shows" in said
    assert CHANGED not in watched.poll()
    watched.describe(DATED, ("key: [bank]", "key: [bank, city]"))
    assert CHANGED in watched.poll()
    watched.describe()
    assert CHANGED not in watched.poll()


def test_the_next_version_is_read_by_the_new_description(watched: Watched) -> None:
    """After that there is nothing to say, until it changes again; then the newer version is named."""
    watched.poll()
    watched.describe(DATED)
    watched.publish(2, *ROWS, "Fourth Bank,Waco,8-Feb-10")
    assert CHANGED in watched.poll()
    assert "changed" not in watched.poll()
    watched.describe()
    assert CHANGED.replace("version 1", "version 2") in watched.poll()


def test_words_for_readers_are_no_change(watched: Watched) -> None:
    """Nothing would be read otherwise."""
    watched.poll()
    watched.describe(*WORDS)
    assert "changed since" not in watched.poll()


def test_what_is_held_is_read_again_by_itself(watched: Watched) -> None:
    """A header that the description does not know holds the version; a mended description ends that."""
    watched.poll()
    watched.publish(2, ROWS[0].replace("Bank", "Institution"), *ROWS[1:], "Fourth Bank,Waco,8-Feb-10")
    assert "is held" in watched.poll()
    watched.describe(("bank: [Bank]", "bank: [Bank, Institution]"))
    said = watched.poll()
    assert CHANGED in said
    assert "Fourth Bank" in said
    assert watched.monitor("holds").out.count("banks") == 0
    assert "changed since" not in watched.poll()


def test_a_list_that_is_no_longer_described_is_no_fault(watched: Watched) -> None:
    """Its name is simply gone from the configuration."""
    watched.poll()
    watched.describe(("          failed:\n            title", "          closed:\n            title"))
    assert "changed since" not in watched.poll()
