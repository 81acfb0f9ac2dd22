"""Makes entries of the change log from amendments, and finds the places of their records on PDF pages. Pure."""

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
    """Make a log entry, without number and hash, from one amendment of a list.

    - `name`, `description`: of the list.
    - `version`, `previous`: the version in which the amendment was found, and the version that it was compared with.
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
    """Return the jurisdictions that a notice mentions in its text; () for records of all lists but `notices`."""
    if record is None or name != NOTICES:
        return ()
    return jurisdictions.mentioned(record.values[0] or "")


def of_report(version: VersionRow, kind: AmendmentKind, *, at: str) -> LogEntry:
    """Make the log entry that says that a whole report was taken down, or is there again.

    - `version`: the last recorded version of the report.
    - `kind`: whether it was taken down or came back.
    - `at`: the time at which that was observed.
    """
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
    """Yield the places of an entry's record in PDF files: the side, the file's SHA-256, and the boxes on its pages.

    The side is `before` for the older version and `after` for the newer.
    """
    for side, sha256 in (("before", entry.previous), ("after", entry.version)):
        locator = entry.evidence.on(side)
        if sha256 and locator and locator.boxes:
            yield side, sha256, locator.boxes
