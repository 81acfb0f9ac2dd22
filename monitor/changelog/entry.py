"""An amendment as the change log has it, and what its record is about. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import jurisdictions
from monitor.store.rows import fields_value, locator_of, locator_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.config.sources import ListDescription
    from monitor.model import Amendment, AmendmentKind, Box, Jurisdiction, Record
    from monitor.store.rows import VersionRow


NOTICES = "notices"  # the list that holds what a page says about its own reports


def of_amendment(
    each: Amendment, description: ListDescription, *, name: str, version: VersionRow, previous: VersionRow | None
) -> dict[str, Any]:
    """An amendment as `monitor log --json` prints it, without id and hash."""
    told = each.after or each.before
    jurisdiction = told.jurisdiction if told else None
    fields = description.fields
    observed_by = {"observed_by": version.memento} if version.memento else {}
    return observed_by | {
        "source": version.source,
        "report": version.report_key,
        "list": name,
        "kind": str(each.kind),
        "reason": str(each.reason) if each.reason else None,
        "observed_at": version.captured_at,
        "version": version.sha256,
        "previous": previous.sha256 if previous else None,
        "jurisdiction": jurisdiction.as_value() if jurisdiction else None,
        "before": fields_value(fields, each.before) if each.before else None,
        "after": fields_value(fields, each.after) if each.after else None,
        "fields": list(each.fields),
        "minor": each.minor,
        "confidence": each.confidence,
        "reverts": None,
        "evidence": {
            side: locator_value(record.locator) if record else None
            for side, record in (("before", each.before), ("after", each.after))
        },
        "resolves_doubt": None,
        "mentions": [place.as_value() for place in _mentioned(told, name)],
        "speaks_of": [],
    }


def on_pages(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[Box, ...]]]:
    """Where an amendment's record stands in PDF files: "before" or "after", the file's SHA-256, and its boxes."""
    for side, sha256 in (("before", entry["previous"]), ("after", entry["version"])):
        locator = entry["evidence"][side]
        if sha256 and locator and "box" in locator:
            yield side, sha256, locator_of(locator).boxes


def _mentioned(record: Record | None, name: str) -> tuple[Jurisdiction, ...]:
    """The jurisdictions that a notice speaks of; other lists have a column for theirs."""
    if record is None or name != NOTICES:
        return ()
    return jurisdictions.mentioned(record.values[0] or "")


def of_report(version: VersionRow, kind: AmendmentKind, *, at: str) -> dict[str, Any]:
    """The taking down, or coming back, of a whole report whose last recorded version this is."""
    nothing = dict.fromkeys(
        ("list", "reason", "previous", "jurisdiction", "before", "after", "reverts", "resolves_doubt")
    )
    return nothing | {
        "source": version.source,
        "report": version.report_key,
        "kind": str(kind),
        "observed_at": at,
        "version": version.sha256,
        "fields": [],
        "minor": False,
        "confidence": 1.0,
        "evidence": {"before": None, "after": None},
        "mentions": [],
        "speaks_of": [],
    }
