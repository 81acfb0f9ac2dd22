"""Checks the documents that records link to, for the command `monitor doctor`.

The checks are: which documents are missing, whether a process looks at them, and how much disk space they need.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store import backup, document_needs
from monitor.upkeep.doctor.finding import fault, ok, warning
from monitor.upkeep.doctor.machine import is_daemon_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

ABOUT = "documents"  # the subject of these findings
STATUS_WORDS = {"gone": "not at their address", "refused": "could not be had", "new": "not fetched yet"}
YEAR = timedelta(days=365)
MIN_KNOWN = timedelta(days=30)  # a shorter history says nothing about a year
MAX_OVERDUE = timedelta(days=1)  # documents that are due for longer are looked at by nobody


def document_findings(config: Config, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield the findings on the documents in a state folder, and on the disk space that a year needs with them.

    `state` is the state folder, and `now` the present time.
    """
    if not (state / "monitor.db").exists():
        return
    try:
        with backup.Copy(state / "monitor.db") as store:
            if not document_needs.has_documents(store):
                return
            yield from _disk_need(store, state, now=now)
            reports = (report for source in config.sources.values() for report in source.reports.values())
            if any(each.documents for report in reports for each in report.lists.values()):
                yield from _missing(store, config)
                yield from _looked_at(store, state, now=now)
    except StoreError as broken:
        yield fault(ABOUT, str(broken), "see `monitor verify`; restore a backup with `monitor restore`")


def _missing(store: backup.Copy, config: Config) -> Iterator[Finding]:
    """Yield a finding on the documents that records link and that are not there, and since when."""
    counts = document_needs.missing_counts(store, tuple(config.sources))
    linked = document_needs.linked_count(store, tuple(config.sources))
    if not counts:
        yield ok(ABOUT, f"{linked:,} that records link, all there")
        return
    parts = (
        f"{each.documents:,} {STATUS_WORDS[each.status]}, since {each.since[:10]} at the longest" for each in counts
    )
    what = f"of {linked:,} that records link, {'; '.join(parts)}"
    yield warning(ABOUT, what, "`monitor documents --missing` names them, with the reason")


def _looked_at(store: backup.Copy, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding if documents are long due, because nothing looks at them."""
    overdue = document_needs.due_count(store, _text(now - MAX_OVERDUE))
    runs = is_daemon_running(state)
    if overdue and not runs:
        what = f"nobody looks at them: {overdue:,} are due for more than a day, and the daemon does not run"
        yield warning(
            ABOUT, what, "run `monitor run`, or `monitor fetch-documents` once a day; `monitor poll` does not"
        )
    elif overdue:
        what = f"{overdue:,} are due for more than a day, although the daemon runs"
        yield warning(ABOUT, what, "a server may have asked for patience; see the daemon's log for `document.failed`")


def _disk_need(store: backup.Copy, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding on how much the state folder grows in a year at the present rate, with its documents."""
    begun = document_needs.first_capture(store)
    if begun is None:
        return
    known = min(now - datetime.fromisoformat(begun), YEAR)
    waiting, size = document_needs.waiting_bytes(store)
    load = f"; {waiting:,} documents that were not fetched yet need about {size / 1e6:,.0f} MB more" if waiting else ""
    free = shutil.disk_usage(state).free
    if known < MIN_KNOWN:
        yearly = 0.0
        what = f"how much a year needs is not known yet: the history began on {begun[:10]}{load}"
    else:
        kept, of_documents = document_needs.kept_bytes_since(store, _text(now - known))
        share = YEAR / known
        age = now - datetime.fromisoformat(begun)
        yearly = kept * share + backup.database_bytes(store) * (YEAR / age)
        what = (
            f"at the present rate a year needs about {yearly / 1e6:,.0f} MB, {of_documents * share / 1e6:,.0f} MB of "
            f"them for documents{load}"
        )
    if yearly + size > free:
        yield warning("disk need", f"{what}; {free / 1e6:,.0f} MB are free", "move the state folder to a larger disk")
    else:
        yield ok("disk need", what)


def _text(at: datetime) -> str:
    """Return a time as the database has it: ISO 8601 in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
