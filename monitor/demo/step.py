"""Describe one step of a published history: the changes to an agency's site, and the amendments expected from them."""

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
    """Publish these bytes at this path from now on."""

    path: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take this path off the site."""

    path: str


class Outcome(StrEnum):
    """A result other than an amendment that can be counted after a step."""

    RECORDS = "records"  # counts the records of a first version, which has no amendments
    HELD = "held"  # counts the new versions of the report with this list that wait for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The number of amendments of one kind that a step must lead to in a list; `list` is None for a whole report.

    A step leads to its expectations and nothing else: a kind or list that is not named has none. If `reason` is given,
    all of these amendments have it. `minor` says whether they are minor corrections.
    """

    source: str
    list: str | None
    kind: AmendmentKind | Outcome
    count: int
    reason: Reason | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Changes at the time `at` (UTC), in order, to the publications of one source.

    A poll after the step should find `expected`, in words for a person, and `expectations`, in figures for a program. A
    step without changes is one more poll.
    """

    at: datetime
    source: str
    caption: str
    changes: tuple[Publish | Withdraw, ...] = ()
    expected: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()


def play(step: Step, publisher: Publisher) -> None:
    """Make the step's changes on the publisher's site, as of the step's time."""
    for change in step.changes:
        if isinstance(change, Publish):
            publisher.publish(change.path, change.content, content_type=change.content_type, at=step.at)
        else:
            publisher.withdraw(change.path)
