"""Reads the answers of Save Page Now, the archive's service that saves a web page on request.

With a key, the requests use the service's API (https://archive.org/developers/ links its description). Without a key
they are like those of a browser, and the answer is a redirect, a header, or a page that names the job.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.errors import BlockedError, UnsavedError
from monitor.wayback.index import comparable, parse_timestamp
from monitor.wayback.replay import capture_at

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.fetch.verdict import Response

JOB = re.compile(r"[A-Za-z0-9_-]{1,200}")
JOB_ON_PAGE = re.compile(rb"spn\.watchJob\(\s*[\"']([A-Za-z0-9_-]{1,200})[\"']")
DAILY_LIMIT_SECONDS = 12 * 3600.0  # after which to ask again for an address that was saved too often in one day
NOT_REACHED = range(520, 531)  # statuses that are about the publisher's server, not about the archive
MAX_REASON_CHARACTERS = 300  # of the archive's words that are shown
DAILY_LIMIT = "error:too-many-daily-captures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The archive's statement that it has saved a web page.

    url: the address of the page.
    saved_at: when it was saved.
    memento: the address in the archive at which anyone can see the saved copy.
    """

    url: str
    saved_at: datetime
    memento: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The saving of a web page that the archive has begun and not finished; `id` is the archive's name for it."""

    url: str
    id: str


def begun(response: Response, url: str, *, archive: str) -> Receipt | Job:
    """Read the archive's answer to the request to save `url`: a receipt, or a job if it is not done yet.

    archive: the archive's address.

    Raises FetchError.
    """
    _refused(response, url)
    for name in ("location", "content-location"):
        capture = capture_at(response.header(name) or "", here=f"{archive}/", archive=archive)
        if capture and comparable(capture[1]) == comparable(url):
            return _receipt(capture[0], url, archive=archive)
    if on_page := JOB_ON_PAGE.search(response.content[:1_000_000]):
        return Job(url=url, id=on_page[1].decode("ascii"))
    answer = _answer(response, url)
    job = answer.get("job_id")
    if not isinstance(job, str) or not JOB.fullmatch(job):
        raise _unsaved(answer, url)
    return Job(url=url, id=job)


def looked(response: Response, job: Job, *, archive: str) -> Receipt | Job:
    """Read the archive's answer to the question whether `job` is done: a receipt, or `job` itself if it is not.

    archive: the archive's address.

    Raises FetchError.
    """
    _refused(response, job.url)
    answer = _answer(response, job.url)
    if answer.get("status") == "pending":
        return job
    timestamp = answer.get("timestamp")
    if answer.get("status") != "success" or not isinstance(timestamp, str):
        raise _unsaved(answer, job.url)
    return _receipt(timestamp, job.url, archive=archive)


def _receipt(timestamp: str, url: str, *, archive: str) -> Receipt:
    """Return the receipt for the saved page `url`. Raises UnsavedError if `timestamp` is no time.

    - `timestamp`: when it was saved, as the archive writes times.
    - `archive`: the archive's address, with which the address of the saved copy begins.

    If `url` redirects, the archive has saved the redirect as well.
    """
    at = parse_timestamp(timestamp)
    if at is None:
        raise UnsavedError(url, "the archive says that it saved it, but not when")
    return Receipt(url=url, saved_at=at, memento=f"{archive}/web/{timestamp}/{url}")


def _refused(response: Response, url: str) -> None:
    if response.status_code in {401, 403}:
        raise BlockedError(url, f"answered {response.status_code}: the archive refuses to save; see `wayback.key`")


def _answer(response: Response, url: str) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise UnsavedError(url, f"the archive did not save it: it answered {response.status_code} without a reason")
    return answer


def _unsaved(answer: dict[str, Any], url: str) -> UnsavedError:
    kind, words = (_plain(answer.get(name)) for name in ("status_ext", "message"))
    reason = ", ".join(filter(None, (kind, words))) or "no reason given"
    wait = DAILY_LIMIT_SECONDS if kind == DAILY_LIMIT else None
    return UnsavedError(url, f"the archive did not save it: {reason}", retry_after=wait)


def _plain(value: object) -> str:
    """Return a text from the archive on one line and shortened, so that it can be shown; "" if it is no text."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MAX_REASON_CHARACTERS]).split())
