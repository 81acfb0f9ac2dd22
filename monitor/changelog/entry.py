"""Makes entries of the change log from amendments, and finds where an entry's record stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.store.entry import Locators, LogEntry
from monitor.store.rows import fields_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.sources import ListDescription
    from monitor.model import Amendment, AmendmentKind, Box, Jurisdiction, Record
    from monitor.store.rows import VersionRow


NOTICES = "notices"  # the list that holds what a page says about its own reports


def of_amendment(
    amendment: Amendment, description: ListDescription, *, name: str, version: VersionRow, previous: VersionRow | None
) -> LogEntry:
    """Return an amendment as an entry without number and hash.

    `name` and `description` are those of its list; `version` brought it, and was compared with `previous`.
    """
    record = amendment.after or amendment.before
    before, after = (
        fields_value(description.fields, side) if side else None for side in (amendment.before, amendment.after)
    )
    return LogEntry(
        source=version.source,
        report=version.report_key,
        list=name,
        kind=amendment.kind,
        reason=str(amendment.reason) if amendment.reason else None,
        observed_at=version.captured_at,
        version=version.sha256,
        previous=previous.sha256 if previous else None,
        jurisdiction=record.jurisdiction if record else None,
        before=before,
        after=after,
        fields=amendment.fields,
        minor=amendment.minor,
        confidence=amendment.confidence,
        reverts=None,
        evidence=Locators(
            before=amendment.before.locator if amendment.before else None,
            after=amendment.after.locator if amendment.after else None,
        ),
        resolves_doubt=None,
        mentions=_mentioned(record, name),
        speaks_of=(),
        observed_by=version.memento,
    )


def _mentioned(record: Record | None, name: str) -> tuple[Jurisdiction, ...]:
    """Return the jurisdictions that a notice speaks of; other lists have a column for theirs."""
    if record is None or name != NOTICES:
        return ()
    return jurisdictions.mentioned(record.values[0] or "")


def of_report(version: VersionRow, kind: AmendmentKind, *, at: str) -> LogEntry:
    """Return the taking down, or coming back, of a whole report whose last recorded version this is."""
    return LogEntry(
        source=version.source,
        report=version.report_key,
        list=None,
        kind=kind,
        reason=None,
        observed_at=at,
        version=version.sha256,
        previous=None,
        jurisdiction=None,
        before=None,
        after=None,
        fields=(),
        minor=False,
        confidence=1.0,
        reverts=None,
        evidence=Locators(),
        resolves_doubt=None,
        mentions=(),
        speaks_of=(),
    )


def on_pages(entry: LogEntry) -> Iterator[tuple[str, str, tuple[Box, ...]]]:
    """Yield where an entry's record stands in PDF files: `before` or `after`, the file's SHA-256, and its boxes."""
    for side, sha256 in (("before", entry.previous), ("after", entry.version)):
        locator = entry.evidence.on(side)
        if sha256 and locator and locator.boxes:
            yield side, sha256, locator.boxes
