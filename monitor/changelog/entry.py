"""Makes entries of the change log from amendments, and finds the places of their records on PDF pages.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import jurisdictions
from monitor.model import AmendmentKind
from monitor.store.entry import Locators, LogEntry
from monitor.store.rows import fields_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment, Jurisdiction, Locator, Record
    from monitor.store.entry import DocumentChange
    from monitor.store.rows import VersionRow


NOTICES = "notices"  # the list that holds what a page says about its own reports


def of_amendment(
    amendment: Amendment, description: ListDescription, *, name: str, version: VersionRow, previous: VersionRow | None
) -> LogEntry:
    """Make a log entry, without number and hash, from one amendment (difference) of a list.

    - `name`, `description`: the list's name, and its description in the configuration.
    - `version`: the version in which the amendment was found.
    - `previous`: the version that it was compared with; None if there was none.
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
    """Return the jurisdictions that are named in a publisher's notice.

    `record` is a record of the list `name`. For every list other than `notices` the result is ().
    """
    if record is None or name != NOTICES:
        return ()
    return jurisdictions.mentioned(record.values[0] or "")


def of_report(version: VersionRow, kind: AmendmentKind, *, at: str) -> LogEntry:
    """Make the log entry, without number and hash, that says that a whole report was taken down or is there again.

    - `version`: the last recorded version of the report.
    - `kind`: WITHDRAWN if it was taken down, RESTORED if it came back.
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


def of_document(
    change: DocumentChange,
    what: str,
    record: Record,
    description: ListDescription,
    *,
    name: str,
    version: VersionRow,
    at: str,
) -> LogEntry:
    """Make the log entry, without number and hash, that says what happened to a document that a record links to.

    - `change`, `what`: what happened, in detail and as one word, like `replaced`.
    - `record`, `description`: the record as it stands now, and the description of its list, which is called `name`.
    - `version`: the version of the report that has the record.
    - `at`: the time at which it was observed.

    It is minor, unless the document has another text than the one before at the same address.
    """
    replaced = change.sha256 is not None and change.previous is not None and change.same_text is not True
    return LogEntry(
        source=version.source,
        report=version.report_key,
        list=name,
        kind=AmendmentKind.DOCUMENT,
        reason=what,
        observed_at=at,
        version=version.sha256,
        previous=None,
        jurisdiction=record.jurisdiction,
        before=None,
        after=fields_value(description.fields, record),
        fields=(change.field,),
        minor=not replaced,
        confidence=1.0,
        reverts=None,
        evidence=Locators(after=record.locator),
        resolves_doubt=None,
        mentions=(),
        speaks_of=(),
        document=change,
    )


def on_pages(entry: LogEntry) -> Iterator[tuple[str, str, Locator]]:
    """Yield where an entry's record stands on PDF pages: the side, the version's SHA-256, and the record's locator.

    The side is `before` for the file of the older version and `after` for that of the newer one. A record that is in no
    PDF file yields nothing.
    """
    for side, sha256 in (("before", entry.previous), ("after", entry.version)):
        locator = entry.evidence.on(side)
        if sha256 and locator and locator.boxes:
            yield side, sha256, locator
