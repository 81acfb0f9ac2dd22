"""Tells a person once when the description of a list was changed after its latest version was read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from monitor.config.outline import reading_mark
from monitor.store import descriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.config.lists import ListDescription
    from monitor.config.reports import ReportDescription
    from monitor.steps.context import Context, PollContext
    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def judging_mark(report: ReportDescription, description: ListDescription) -> str:
    """Return a hash of all that decides which values of a list are doubted, and what its names mean.

    It changes with the list's description, and with the program.
    """
    from monitor.matching.doubts import judging_code  # noqa: PLC0415 - most polls have nothing to judge

    return hashlib.sha256(f"{reading_mark(report, description)}\n{judging_code()}".encode()).hexdigest()


def is_judged(store: Store, version: VersionRow, report: ReportDescription, name: str) -> bool:
    """Return whether the list `name` of a version was judged as it would be judged now.

    It is also False if a later version of another report of the series was recorded since.
    """
    mark = descriptions.judged_as(store, version, name)
    return mark is not None and mark == judging_mark(report, report.lists[name])


def note_reading(context: Context, version: VersionRow, names: Iterable[str]) -> None:
    """Note by which descriptions the lists `names` of a version were read. Call this within a transaction.

    Nothing is noted for a version that a backfill found before a gap in the history, because newer versions are not
    compared with it.
    """
    report = context.config.report_description(version.source, version.report_name)
    if report is None or version.gap_after_version_id is not None:
        return
    for name in names:
        described = report.lists[name]
        descriptions.note_description(
            context.store, version, name, mark=reading_mark(report, described), judged=judging_mark(report, described)
        )


def changed_descriptions(context: PollContext, source_name: str) -> Iterator[str]:
    """Yield a sentence for each list of a source whose description was changed since its latest version was read.

    Each change is told once.
    """
    reports = context.outline(source_name).reports.values()
    marks = {name: mark for report in reports for name, mark in report.lists.items()}
    for noted in descriptions.noted_descriptions(context.store, source_name):
        mark = marks.get(noted.list)
        if mark is None or mark == noted.told_as:
            continue
        with context.store.transaction():
            descriptions.note_told_description(context.store, source_name, noted.list, mark)
        if mark != noted.described_as:
            from monitor.config.titles import Titles  # noqa: PLC0415 - most polls have nothing to tell

            where = Titles(context.config).of_report(source_name, noted.report_key)
            yield (
                f"the description of {noted.list} changed since version {noted.number} of {where} was read. The next "
                "version is read by the new description, and compared with what was read by the old one; "
                f"`monitor reprocess {source_name}` shows what the new one would have found"
            )
