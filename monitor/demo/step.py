"""The types of a step of the demo's history: the changes to an agency's site, and what the program must find then."""

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
    """A result of a step that is counted, but is no amendment.

    RECORDS counts the records of a list that is seen for the first time. HELD counts new versions that wait for a
    person.
    """

    RECORDS = "records"  # counts the records of a first version, which has no amendments
    HELD = "held"  # counts the new versions of the report with this list that wait for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How many amendments of one kind a step must cause in one list.

    - `list`: the name of the list; None for a whole report.
    - `kind`, `count`: the kind of amendment, or another result, and the number.
    - `reason`: if it is given, all these amendments must have it. For a document it is what happened, like `posted`.
    - `minor`: whether they must be minor corrections.

    A step must cause no other amendments than its expectations say.
    """

    source: str
    list: str | None
    kind: AmendmentKind | Outcome
    count: int
    reason: Reason | str | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a source's publisher changes on its site at one time, and what a poll must find afterwards.

    - `at`: the time, in UTC. `caption`: what the step is about, for a person.
    - `changes`: the changes, in order; without any, the step is just one more poll.
    - `expected`, `expectations`: what a poll must find, in words for a person and in numbers for a program.
    - `looks`: whether the documents that its records link to are looked at after the poll.
    """

    at: datetime
    source: str
    caption: str
    changes: tuple[Publish | Withdraw, ...] = ()
    expected: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    looks: bool = False


def play(step: Step, publisher: Publisher) -> None:
    """Make the changes of a step on the publisher's site, with the step's time as the time of change."""
    for change in step.changes:
        if isinstance(change, Publish):
            publisher.publish(change.path, change.content, content_type=change.content_type, at=step.at)
        else:
            publisher.withdraw(change.path)
