"""What Save Page Now answers: a capture that was made, one that is under way, or why there is none. Pure.

With a key it is asked as a program (its API's description is linked from https://archive.org/developers/), without
one as a browser asks it: then it answers by a redirect, a header, or a page that names the job.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.errors import BlockedError, UnsavedError
from monitor.wayback.index import parse_timestamp, place
from monitor.wayback.replay import capture_at

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.fetch.verdict import Response

JOB = re.compile(r"[A-Za-z0-9_-]{1,200}")
JOB_ON_PAGE = re.compile(rb"spn\.watchJob\(\s*[\"']([A-Za-z0-9_-]{1,200})[\"']")
NO_MORE_TODAY = 12 * 3600.0  # seconds after which to ask again for an address that was saved too often in one day
NOT_REACHED = range(520, 531)  # statuses that are about the publisher's server, not about the archive
LONGEST = 300  # characters of what the archive says
DAILY = "error:too-many-daily-captures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the archive says that it has saved: of which address, when, and where anyone can open it."""

    url: str
    saved_at: datetime
    memento: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A capture under way, by the archive's name for it."""

    url: str
    id: str


def begun(response: Response, url: str, *, archive: str) -> Receipt | Job:
    """What the answer to the request to save an address says. Raises FetchError."""
    _refused(response, url)
    for name in ("location", "content-location"):
        found = capture_at(response.header(name) or "", here=f"{archive}/", archive=archive)
        if found and place(found[1]) == place(url):
            return _receipt(found[0], url, archive=archive)
    if on_page := JOB_ON_PAGE.search(response.content[:1_000_000]):
        return Job(url=url, id=on_page[1].decode("ascii"))
    said = _said(response, url)
    job = said.get("job_id")
    if not isinstance(job, str) or not JOB.fullmatch(job):
        raise _unsaved(said, url)
    return Job(url=url, id=job)


def looked(response: Response, job: Job, *, archive: str) -> Receipt | Job:
    """What the answer to the question after a job says. Raises FetchError."""
    _refused(response, job.url)
    said = _said(response, job.url)
    if said.get("status") == "pending":
        return job
    timestamp = said.get("timestamp")
    if said.get("status") != "success" or not isinstance(timestamp, str):
        raise _unsaved(said, job.url)
    return _receipt(timestamp, job.url, archive=archive)


def _receipt(timestamp: str, url: str, *, archive: str) -> Receipt:
    """For the address that was asked for: if that redirected, the archive has kept the redirect as well."""
    at = parse_timestamp(timestamp)
    if at is None:
        raise UnsavedError(url, "the archive says that it saved it, but not when")
    return Receipt(url=url, saved_at=at, memento=f"{archive}/web/{timestamp}/{url}")


def _refused(response: Response, url: str) -> None:
    if response.status_code in {401, 403}:
        raise BlockedError(url, f"answered {response.status_code}: the archive refuses to save; see `wayback.key`")


def _said(response: Response, url: str) -> dict[str, Any]:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UnsavedError(url, f"the archive did not save it: it answered {response.status_code} without a reason")
    return said


def _unsaved(said: dict[str, Any], url: str) -> UnsavedError:
    kind, words = (_plain(said.get(name)) for name in ("status_ext", "message"))
    reason = ", ".join(filter(None, (kind, words))) or "no reason given"
    wait = NO_MORE_TODAY if kind == DAILY else None
    return UnsavedError(url, f"the archive did not save it: {reason}", retry_after=wait)


def _plain(value: object) -> str:
    """Words of the archive's, to be shown."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(each if each.isprintable() else " " for each in text[:LONGEST]).split())
