"""Knows the addresses of the web pages that alerts link to, and the commands that show the same without web pages.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.store.entry import LogEntry

MARK_DIGITS = 16  # of a file's SHA-256 that a command names; no two files of an archive share them


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPages:
    """The addresses of the pages about one entry of the change log.

    - `entry`: the number of the entry. `page`: the address of its own page.
    - `record`: the page of the record that it is about; "" for an entry that is about none.
    - `place`: the page of the record's jurisdiction; "" where that is not known.
    """

    entry: int
    page: str
    record: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class PageAddresses:
    """Gives the addresses of web pages, or else commands.

    `address` is the beginning of all addresses, like `https://monitor.example.org`, from the configuration's key
    `web.address`; "" if there are no web pages.
    """

    address: str = ""

    def of_entry(self, entry: LogEntry, record: tuple[str, str, str] | None) -> EntryPages | None:
        """Return the addresses of the pages about an entry; None without web pages, or if the entry has no number.

        `record` names the entry's record: the SHA-256 of the file in which this form of it first appeared, its list,
        and its place in that file. None if the entry is about no record.
        """
        if not self.address or entry.id is None:
            return None
        place = entry.jurisdiction.ocd_id if entry.jurisdiction else None
        return EntryPages(
            entry=entry.id,
            page=self._page("amendment", str(entry.id)),
            record=self._page("record", *record) if record else "",
            place=self._page("jurisdiction", place) if place else "",
        )

    def of_version(self, source: str, report: str, number: int) -> str:
        """Return the address of a version's page; "" without web pages."""
        return self._page("version", source, report, str(number)) if self.address else ""

    def of_kept_file(self, sha256: str) -> str:
        """Return where a kept file can be had: its address, or the command that writes it into a ZIP file."""
        if self.address:
            return self._page("file", sha256)
        return f"monitor exhibit --version {sha256[:MARK_DIGITS]} --zip {sha256[:8]}.zip"

    def of_kept_document(self, sha256: str, entry: int | None) -> str:
        """Return where a kept file of a linked document can be had: its address, or the command for its entry's packet.

        `entry` is the number of the entry of the change log that tells of it.
        """
        return self.of_kept_file(sha256) if self.address else f"monitor exhibit {entry} --zip entry-{entry}.zip"

    def of_log(self, sources: Sequence[str], *, since: str = "") -> str:
        """Return how to see the part of the change log that an alert is about: an address, or a command.

        - `sources`: the names of the sources; the log is narrowed if there is one alone.
        - `since`: the time of the first entry, in ISO 8601; "" for the whole log.
        """
        chosen = {"source": sources[0]} if len(set(sources)) == 1 else {}
        if self.address:
            asked = urlencode(chosen | ({"since": since[:10]} if since else {}))
            return f"{self.address}/log" + (f"?{asked}" if asked else "")
        options = [
            f"--{name} {shlex.quote(value)}" for name, value in (chosen | ({"since": since} if since else {})).items()
        ]
        return " ".join(("monitor log", *options))

    def of_place(self, name: str, ocd_id: str | None) -> str:
        """Return how to see all that is known of a place: an address, or a command with its name."""
        if self.address and ocd_id:
            return self._page("jurisdiction", ocd_id)
        return f"monitor show {shlex.quote(name)}"

    def _page(self, *parts: str) -> str:
        """Return the address of a page; slashes within a part stay as they are."""
        return f"{self.address}/{'/'.join(quote(part, safe='/:@') for part in parts)}"
