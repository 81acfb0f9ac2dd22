"""One step of a published history: what an agency put on its site or took off, and what should come of it."""

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
    """These bytes stand at this path from now on."""

    path: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Nothing stands at this path any longer."""

    path: str


class Outcome(StrEnum):
    """What can be counted after a step, beside its amendments."""

    RECORDS = "records"  # the list holds so many records now; said of a first version, which has no amendments
    HELD = "held"  # so many new versions of the report with this list wait for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """So many of a kind come of this step, in this list; `list` is None where the whole report is meant.

    A step's expectations are all that comes of it: a kind or list that is not named has none. Where `reason` is given,
    each of them has it. `minor` tells which of the corrections are counted.
    """

    source: str
    list: str | None
    kind: AmendmentKind | Outcome
    count: int
    reason: Reason | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Changes made at `at` (UTC), in order, to what one source publishes; a poll after it should find `expected`.

    A step without changes is one more poll. `expected` says for a person what `expectations` say for a program.
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
