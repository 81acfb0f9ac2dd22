"""Keeps an outline of a checked configuration in the state folder.

To check a configuration takes longer than to answer most questions about the history, and than to see that three pages
have not changed. So a command uses the outline of the last check, as long as that is enough, if the file still has the
same bytes and the program is the same. Otherwise it checks again. The outline is JSON, with a hash of itself. It has no
secrets, and nothing that is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor import PACKAGE, __version__
from monitor.config.outline import Outline, PollLimits, ReportOutline, SourceOutline
from monitor.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTLINE = ".checked-configuration"  # in the state folder
MAX_OUTLINE_BYTES = 1_000_000  # of such a file: a longer one is not read
STATE_LINE = re.compile(rb"""^state:[ \t]*(["']?)([^"'#\r\n]+?)\1[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
DEFAULT_STATE = "state"
# What decides whether a configuration is without faults: files of the package, and the libraries that check.
CHECKING_FOLDERS = ("config", "jurisdictions")
CHECKING_MODULES = ("alerts/subscriptions.py", "model.py", "times.py")
CHECKING_LIBRARIES = ("pydantic", "pydantic_core", "yaml", "apscheduler", "cssselect", "lxml")


def kept_outline(content: bytes | None, state: Path | None) -> Outline | None:
    """Return the outline of a configuration file if it was checked before; None if it must be checked.

    content: the bytes of the file, by `bytes_of`.
    state: the state folder; None for the one that the configuration names.

    With None, the folder is taken from the line that seems to name it, before the file is checked. A wrong guess does
    no harm: the outline is used only if it belongs to the same bytes and names the same folder.
    """
    try:
        if content is None:
            return None
        folder = state or guessed_state(content)
        file = folder / OUTLINE
        if not file.is_file() or file.stat().st_size > MAX_OUTLINE_BYTES:
            return None
        value = json.loads(file.read_bytes())
        if value["checked"] != check_hash(content) or value["sum"] != _sum(value["outline"]):
            return None
        outline = _outline(value["outline"])
        return outline if state or Path(outline.state) == folder else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def keep_outline(config_path: Path, state: Path, outline: Outline, *, content: bytes | None) -> None:
    """Write the outline of a configuration into a state folder, if there is such a folder and it may be written.

    content: the result of `bytes_of` before the file was checked. Nothing is written if the file has other bytes by
        now, since it is then unknown which bytes were checked.
    """
    with suppress(OSError):
        if content is not None and state.is_dir() and bytes_of(config_path) == content:
            value = json.loads(json.dumps(asdict(outline), default=_as_json))
            whole = {"checked": check_hash(content), "sum": _sum(value), "outline": value}
            write_whole(state / OUTLINE, json.dumps(whole).encode(), mode=0o600)


def _as_json(value: object) -> object:
    """Return a value of an outline that JSON has no form for in one that it has. Raises TypeError."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in an outline")


def _sum(value: object) -> str:
    """Return a hash of an outline as JSON, by which a damaged file is known."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _outline(value: dict[str, Any]) -> Outline:
    """Return an outline from its form as JSON. Raises KeyError, TypeError or ValueError if it has another form."""
    limits = value["limits"] and PollLimits(
        **value["limits"] | {"timeout": timedelta(seconds=value["limits"]["timeout"])}
    )
    sources = {name: _source(each) for name, each in value["sources"].items()}
    return Outline(**value | {"limits": limits, "sources": sources})


def _source(value: dict[str, Any]) -> SourceOutline:
    reports = {name: ReportOutline(**each) for name, each in value["reports"].items()}
    return SourceOutline(**value | {"allowed_hosts": frozenset(value["allowed_hosts"]), "reports": reports})


def bytes_of(config_path: Path) -> bytes | None:
    """Return the bytes of a configuration file; None if it is no regular file: a pipe could be read only once."""
    return config_path.read_bytes() if config_path.is_file() else None


def guessed_state(content: bytes) -> Path:
    """Return the state folder that the bytes of a configuration file seem to name."""
    found = STATE_LINE.search(content)
    return Path(os.fsdecode(found[2])) if found else Path(DEFAULT_STATE)


def check_hash(content: bytes) -> str:
    """Return a hash of the configuration's bytes and of the program and libraries that check it. Raises OSError."""
    return hashlib.sha256(_checkers_hash() + hashlib.sha256(content).digest()).hexdigest()


@cache
def _checkers_hash() -> bytes:
    """Return a hash of the program and libraries that check, as they are when this process first asks. Raises OSError.

    A daemon that was begun before an upgrade still checks as it did then.
    """
    known = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for part in _checkers():
        known.update(hashlib.sha256(part).digest())
    return known.digest()


def _checkers() -> Iterator[bytes]:
    """Yield the bytes of the modules that check a configuration, and what tells one release of a library from others.

    Raises OSError.
    """
    modules = [
        f"{folder}/{name}"
        for folder in CHECKING_FOLDERS
        for name in sorted(each.name for each in (PACKAGE / folder).iterdir())
    ]
    for name in (*modules, *CHECKING_MODULES):
        if name.endswith(".py"):
            yield (PACKAGE / name).read_bytes()
        elif not name.endswith("__pycache__"):
            yield _release(PACKAGE / name)
    for name in CHECKING_LIBRARIES:
        found = PathFinder.find_spec(name)
        if found and found.origin:
            yield _release(Path(found.origin))


def _release(path: Path) -> bytes:
    """Return what tells one release of a file from others, without reading it: its path, its size and its time."""
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}".encode()
