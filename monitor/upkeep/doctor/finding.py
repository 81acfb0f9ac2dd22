"""A finding of the doctor: one sentence, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: OK needs nothing; WARNING should be looked at; FAULT does not work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of the doctor.

    about: the subject, for example `state` or `source ice-287g`.
    what: the sentence that is shown.
    remedy: the advice to the operator; empty where there is nothing to do.
    """

    about: str
    level: Level
    what: str
    remedy: str = ""


def ok(about: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(about=about, level=Level.OK, what=what)


def warning(about: str, what: str, remedy: str) -> Finding:
    """Return a finding that should be looked at."""
    return Finding(about=about, level=Level.WARNING, what=what, remedy=remedy)


def fault(about: str, what: str, remedy: str) -> Finding:
    """Return a finding that something does not work."""
    return Finding(about=about, level=Level.FAULT, what=what, remedy=remedy)
