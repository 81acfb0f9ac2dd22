"""Compares the change log with the log that today's configuration would produce. Nothing is rewritten.

For that, the kept files of all recorded versions are read and compared once more, with a temporary ("scratch") database
that is deleted afterwards.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from monitor.steps.process import process
from monitor.store import reprocess
from monitor.store.database import Store
from monitor.store.rows import compact
from monitor.store.search import LogFilter, log_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from monitor.sandbox.pool import Workers
    from monitor.steps.context import Context
    from monitor.steps.outcomes import Processed
    from monitor.store.entry import LogEntry
    from monitor.store.reprocess import ListedRecord

# The fields by which two entries are the same, whatever their numbers and places in the files.
COMPARED_FIELDS = (
    *("source", "report", "list", "kind", "reason", "version", "previous"),
    *("jurisdiction", "before", "after", "fields", "minor"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDifference:
    """The difference between the change log as it is ("then") and as today's configuration would make it ("now").

    - `same`: the number of entries that both have.
    - `only_then`, `only_now`: the entries that only one of them has.
    - `records`: for each pair of report key and list name, two numbers: how many of its present records would differ,
      and how many records it would have.
    """

    same: int
    only_then: tuple[LogEntry, ...]
    only_now: tuple[LogEntry, ...]
    records: Mapping[tuple[str, str], tuple[int, int]]


@contextmanager
def scratch_context(context: Context, source: str) -> Iterator[tuple[Context, int]]:
    """Yield a context with a temporary database that has all recorded versions of a source, and their number.

    The database is deleted when the block ends. No alert is sent about anything in it.
    """
    with TemporaryDirectory(prefix="monitor-reprocess-") as folder, Store(Path(folder)) as scratch:
        count = reprocess.copy_versions(scratch, of=context.store.path, source=source)
        config = context.config.model_copy(update={"subscriptions": {}})  # nobody is told
        yield replace(context, config=config, store=scratch), count


def process_again(scratch: Context, source: str, *, workers: Workers) -> Iterator[Processed]:
    """Process all versions in the temporary database, and yield the result of each.

    - `scratch`: the context with that database.
    - `source`: the name of the source.

    No version is held (set aside for a person), however much it differs, because each was recorded before. Versions
    from a backfill that are not joined to the rest of the history come last, and are not joined here.
    """
    yield from process(scratch, source=source, believe=True, workers=workers)
    reprocess.leave_out_unread(scratch.store)
    yield from process(scratch, source=source, before_gap=True, believe=True, workers=workers)


def compare_logs(context: Context, scratch: Context, source: str) -> LogDifference:
    """Compare a source's change log with the log in the temporary database, where its history was processed again.

    `context` has the real database, `scratch` the temporary one.
    """
    then = [entry for entry in log_entries(context.store, LogFilter(source=source)) if entry.list]
    now = list(log_entries(scratch.store, LogFilter(source=source)))
    only_then, only_now = _without(then, now), _without(now, then)
    return LogDifference(
        same=len(then) - len(only_then),
        only_then=tuple(only_then),
        only_now=tuple(only_now),
        records=_records(reprocess.listed_now(context.store, source), reprocess.listed_now(scratch.store, source)),
    )


def _without(entries: Iterable[LogEntry], others: Iterable[LogEntry]) -> list[LogEntry]:
    """Return the entries that have no equal one in `others`; each of the others is used up by one entry."""
    said = Counter(_said(entry) for entry in others)
    found = []
    for entry in entries:
        if said[_said(entry)]:
            said[_said(entry)] -= 1
        else:
            found.append(entry)
    return found


def _said(entry: LogEntry) -> str:
    printed = entry.to_json()
    return compact({name: printed[name] for name in COMPARED_FIELDS})


def _records(then: Iterable[ListedRecord], now: Iterable[ListedRecord]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return for each report and list how many records would differ, and how many there would be.

    - `then`: the present records as the real database has them.
    - `now`: the present records as the temporary database has them.
    """
    before, after = _by_list(then), _by_list(now)
    found = {}
    for where in sorted(before.keys() | after.keys()):
        was, would_be = before.get(where, Counter()), after.get(where, Counter())
        found[where] = (max((was - would_be).total(), (would_be - was).total()), would_be.total())
    return found


def _by_list(records: Iterable[ListedRecord]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for record in records:
        place = json.loads(record.jurisdiction) if record.jurisdiction else None
        said = compact({"fields": json.loads(record.fields), "jurisdiction": place})
        found.setdefault((record.report_key, record.list), Counter())[said] += 1
    return found
