"""A finding of the doctor: one sentence, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: nothing to do; something to see to; something that does not work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. `about` is its subject, for example `state` or `source ice-287g`; `what` is the sentence."""

    about: str
    level: Level
    what: str
    remedy: str = ""


def ok(about: str, what: str) -> Finding:
    """Return a finding of something that is well."""
    return Finding(about=about, level=Level.OK, what=what)


def warning(about: str, what: str, remedy: str) -> Finding:
    """Return a finding of something to see to."""
    return Finding(about=about, level=Level.WARNING, what=what, remedy=remedy)


def fault(about: str, what: str, remedy: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(about=about, level=Level.FAULT, what=what, remedy=remedy)
