"""Entries of the change log made for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from monitor import jurisdictions
from monitor.model import AmendmentKind, Jurisdiction
from monitor.store.entry import Locators, LogEntry

USUAL = LogEntry(
    source="ice-287g",
    report="participating",
    list="participating",
    kind=AmendmentKind.CORRECTED,
    reason=None,
    observed_at="2025-07-04T14:00:31Z",
    version="ab" * 32,
    previous="cd" * 32,
    jurisdiction=None,
    before={"state": "TEXAS", "agency": "Travis"},
    after={"state": "TEXAS", "agency": "Travis County"},
    fields=("agency",),
    minor=False,
    confidence=1.0,
    reverts=None,
    evidence=Locators(),
    resolves_doubt=None,
    mentions=(),
    speaks_of=(),
)


def entry(**given: Any) -> LogEntry:
    """A correction of an agency, with some fields otherwise."""
    return replace(USUAL, **given)


def place(name: str) -> Jurisdiction:
    """The one jurisdiction of a name."""
    (found,) = jurisdictions.find(name)
    return found
