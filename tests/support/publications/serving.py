"""Puts the issues of a made publication on a server of this machine, and writes a configuration that watches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.publications.publication import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.demo.publisher import Publisher
    from tests.support.publications.publication import Publication

FIRST_AT = datetime(2026, 4, 6, 12, tzinfo=UTC)


def publish(server: Publisher, publication: Publication, number: int) -> None:
    """Put an issue on the server, in place of the one before; `number` is 0 for the first."""
    issue = publication.issues[number]
    for file in issue.files:
        at = FIRST_AT + timedelta(days=7 * number)
        server.publish(file.path, file.content, content_type=file.content_type, at=at)
    before = publication.issues[number - 1].files if number else ()
    for path in {file.path for file in before} - {file.path for file in issue.files}:
        server.withdraw(path)


def configured(folder: Path, description: str, address: str) -> Path:
    """A configuration with this description alone, whose page is on the server at `address`."""
    path = folder / "config.yaml"
    text = f"poll: {{ allow_private_addresses: true }}\nsources:\n{description}"
    path.write_text(text.replace(f"page: {HOST}", f"page: {address}"), encoding="utf-8")
    return path
