"""Adds a described source to the configuration file of the user, whose own text and comments stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.config.edits import accepted, with_source
from monitor.config.file import parse
from monitor.config.values import NAME
from monitor.errors import RefusedError
from monitor.files import sync, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.program import Program


def check_free(program: Program, name: str) -> None:
    """Raise RefusedError if a new source can't be called `name`, and ConfigError if the configuration has faults."""
    if not re.fullmatch(NAME, name):
        raise RefusedError(f"{name!r} is no name; use small letters, digits and single hyphens")
    if name in program.config.sources:
        raise RefusedError(f"the configuration has a source {name!r} already; take another name")


def add_source(path: Path, description: str) -> None:
    """Write the description of a source into the configuration file, as its last source.

    `description` is YAML, as `draft_text` returns it. Raises ConfigError, RefusedError.
    """
    try:
        text = path.read_bytes().decode()
        parse(text, path.name)
        added = with_source(text, description)
        parse(added, path.name)
        write_whole(path, added.encode(), mode=path.stat().st_mode & 0o777)
        sync(path.parent)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise RefusedError(f"{path}: {reason}; put the description into it by hand") from fault


def accept_drafts(path: Path, name: str) -> tuple[str, ...]:
    """Take the marks `checked: false` of a source out of the configuration file; return the reports that had one.

    `path` is the file, `name` the name of the source, which must be in it. Raises ConfigError, RefusedError.
    """
    try:
        text = path.read_bytes().decode()
        if name not in parse(text, path.name).sources:
            raise RefusedError(f"{path.name} has no source {name!r}")
        changed, reports = accepted(text, name)
        if not reports:
            raise RefusedError(f"{name} has no description that waits for a person to check it")
        left = [each for each, report in parse(changed, path.name).sources[name].reports.items() if not report.checked]
        if left:
            raise RefusedError(
                f"{path}: the mark of {', '.join(left)} stands elsewhere; take `checked: false` out by hand"
            )
        write_whole(path, changed.encode(), mode=path.stat().st_mode & 0o777)
        sync(path.parent)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise RefusedError(f"{path}: {reason}; take `checked: false` out of the reports of {name} by hand") from fault
    return reports
