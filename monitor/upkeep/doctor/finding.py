"""The type of a finding of the doctor: one sentence, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is. OK: all is well. WARNING: someone should look at it. FAULT: something does not work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of the doctor.

    about: what it is about, for example `state` or `source ice-287g`.
    level: how bad it is.
    what: the sentence that is shown.
    remedy: what the operator should do; "" if there is nothing to do.
    """

    about: str
    level: Level
    what: str
    remedy: str = ""


def ok(about: str, what: str) -> Finding:
    """Return a finding that says that all is well."""
    return Finding(about=about, level=Level.OK, what=what)


def warning(about: str, what: str, remedy: str) -> Finding:
    """Return a finding that someone should look at."""
    return Finding(about=about, level=Level.WARNING, what=what, remedy=remedy)


def fault(about: str, what: str, remedy: str) -> Finding:
    """Return a finding that says that something does not work."""
    return Finding(about=about, level=Level.FAULT, what=what, remedy=remedy)
