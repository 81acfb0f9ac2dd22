"""Builds records and lists of the configured kinds in few words, for tests of matching and of what follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.file import load
from monitor.matching.amend import amend
from monitor.matching.match import match
from monitor.model import Locator, Record, RecordList
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from monitor.config.lists import ListDescription
    from monitor.model import Amendment

CONFIG = load(ROOT / "config.yaml")


def description(source: str, report: str, name: str) -> ListDescription:
    """How the default configuration describes a list."""
    return CONFIG.sources[source].reports[report].lists[name]


PARTICIPATING = description("ice-287g", "participating", "participating")
PENDING = description("ice-287g", "pending", "pending")
DECLINED = description("ice-ddor", "weekly", "section-2")
COUNTIES = description("doj-sanctuary", "page", "counties")

USUAL = {
    "state": "FLORIDA",
    "type": "County",
    "support_type": "Task Force Model",
    "signed": "2025-02-26",
    "moa": "link pending",
}


def agreement(agency: str, **values: str) -> dict[str, str]:
    """A row of the participating list; the county is read off the agency's name where it has one."""
    county = agency.split(" County", maxsplit=1)[0] + " County" if " County" in agency else "#N/A"
    return USUAL | {"agency": agency, "county": county} | values


def made(rows: Iterable[Mapping[str, str]], described: ListDescription = PARTICIPATING) -> RecordList:
    """A list of these rows, in this order; a field that no row has is a column that the version lacks."""
    rows = list(rows)
    known = {field for row in rows for field in row}
    records = tuple(
        Record(
            values=tuple(row.get(field, "") if field in known else None for field in described.fields),
            locator=Locator(sheet="Sheet1", row=number),
        )
        for number, row in enumerate(rows, start=2)
    )
    return RecordList(name="list", fields=described.fields, records=records)


def amendments(
    before: Iterable[Mapping[str, str]], after: Iterable[Mapping[str, str]], described: ListDescription = PARTICIPATING
) -> tuple[Amendment, ...]:
    """What differs between two versions with these rows."""
    return amend(match(made(before, described), made(after, described), described), described)


def said(found: Iterable[Amendment], described: ListDescription = PARTICIPATING) -> list[tuple[str, str, str]]:
    """Kind, reason and telling fields of each amendment: short enough to compare."""
    short = []
    for each in found:
        fields = " ".join(each.fields)
        name = (each.after or each.before) if not each.fields else None
        at = described.fields.index("agency") if "agency" in described.fields else 0
        short.append((str(each.kind), str(each.reason or ""), fields or (name.values[at] or "" if name else "")))
    return short


def subscribed(text: str, folder: Path) -> str:
    """The default configuration's text with one subscription to everything, which goes into a feed in a folder."""
    feed = f"channels: {{ feed: {{ kind: atom, path: {folder}/feed.xml }} }}"
    everything = "subscriptions: { everything: { channels: [feed], minor: true } }"
    return text.replace("\nchannels: {}", f"\n{feed}").replace("\nsubscriptions: {}", f"\n{everything}")
