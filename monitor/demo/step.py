"""Define a step of the demo's history: the changes to an agency's site, and the amendments that must follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.demo.publisher import Publisher
    from monitor.model import AmendmentKind, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A change of a site: from now on, it serves these bytes at this path."""

    path: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """A change of a site: from now on, it has nothing at this path."""

    path: str


class Outcome(StrEnum):
    """A result of a step that can be counted and is not an amendment."""

    RECORDS = "records"  # counts the records of a first version, which has no amendments
    HELD = "held"  # counts the new versions of the report with this list that wait for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The number of amendments of one kind that a step must cause in one list; `list` is None for a whole report.

    A step must cause no amendments apart from its expectations. If `reason` is given, all of these amendments must have
    it. `minor` says whether they must be minor corrections.
    """

    source: str
    list: str | None
    kind: AmendmentKind | Outcome
    count: int
    reason: Reason | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The changes, in order, that a source's publisher makes to its site at the time `at` (UTC), and their results.

    The results that a poll after the step should find are given twice: `expected` in words for a person, `expectations`
    in numbers for a program. A step without changes is only one more poll.
    """

    at: datetime
    source: str
    caption: str
    changes: tuple[Publish | Withdraw, ...] = ()
    expected: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()


def play(step: Step, publisher: Publisher) -> None:
    """Make the changes of a step on the publisher's site, with the step's time as the time of change."""
    for change in step.changes:
        if isinstance(change, Publish):
            publisher.publish(change.path, change.content, content_type=change.content_type, at=step.at)
        else:
            publisher.withdraw(change.path)
