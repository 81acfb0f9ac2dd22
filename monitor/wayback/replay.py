"""Reads a captured document from the archive's answer, after checking that it is the wanted capture.

A capture is a copy that the archive made of a web address at some time.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from hashlib import sha1
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from monitor.errors import BlockedError, GoneError, MistakenBodyError, WaybackError
from monitor.fetch.body import encodings
from monitor.fetch.fetcher import KEPT_HEADERS, Answer
from monitor.fetch.verdict import Response, check_response
from monitor.wayback.index import EXCLUDED, RUNTIME_ERROR, comparable, format_timestamp, parse_timestamp, plain_address

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.fetch.verdict import Format
    from monitor.wayback.index import Memento

ORIGINAL = "x-archive-orig-"  # the prefix that the archive gives to each header of the publisher
UNPREFIXED = ("content-type", "content-encoding")  # headers that it also sends, or only sends, without the prefix
REPLAY = re.compile(r"/web/(\d{14})(?:id_)?/(.+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(Answer):
    """A document as the archive captured it, with the headers that its publisher sent.

    as_indexed: whether its bytes have the hash that the archive's index gives. If not, the publisher has usually sent
        them packed, and the hash in the index is that of the packed bytes.
    """

    as_indexed: bool


def next_address(here: str, target: str, memento: Memento, *, archive: str) -> str:
    """Return the address that a redirect within the archive leads to.

    here: the address that redirects.
    target: the value of its Location header.
    memento: the capture that is wanted.
    archive: the archive's address.

    Raises FetchError where the redirect leads to anything else than that capture.
    """
    capture = capture_at(target, here=here, archive=archive)
    if not capture:
        message = f"redirects to {target[:500]!r}, which is no capture of the archive's; try again later"
        raise WaybackError(memento.address, message)
    timestamp, url = capture
    if comparable(url) != comparable(memento.url):
        raise GoneError(memento.address, f"leads to a capture of another address: {url[:500]!r}")
    if timestamp != format_timestamp(memento.captured_at):
        raise GoneError(memento.address, f"can't be played back; the archive offers its capture of {timestamp} instead")
    return f"{archive}/web/{timestamp}id_/{url}"


def capture_at(target: str, *, here: str, archive: str) -> tuple[str, str] | None:
    """Read the time and the captured address from a link to a capture; return None for any other link.

    The time is as the archive writes it, for example `20250704151659`.

    target: the link, as a header of the answer gives it.
    here: the address that sent the header.
    archive: the archive's address.
    """
    # Location is UTF-8 where it is not ASCII, though headers are read as Latin-1.
    text = target.encode("latin-1", errors="replace").decode("utf-8", errors="replace")
    try:
        there, own = urlsplit(urljoin(here, text)), urlsplit(archive)
    except ValueError:
        return None
    rest = urlunsplit(("", "", there.path, there.query, "")).removeprefix(own.path)
    found = REPLAY.fullmatch(rest) if there.netloc.lower() == own.netloc.lower() else None
    return (found[1], found[2]) if found and plain_address(found[2]) else None


def replayed(response: Response, memento: Memento, *, expect: Format, now: datetime) -> Replay:
    """Return the document of a capture from the archive's response, checked like a document from its publisher.

    memento: the capture that was asked for.
    expect: the format that the document should have.
    now: the present.

    Raises WaybackError where the response is no capture at all. Raises another FetchError where it is another capture,
    or holds no whole document of the expected format.
    """
    original = check_whole(response, memento)
    other = "another capture may have the page"
    check_response(original, memento.address, expect=expect, to_front=False, now=now, if_refused=other)
    return Replay(
        url=memento.url,
        requested_url=memento.url,
        status_code=response.status_code,
        headers=tuple((key, value) for key, value in original.headers if key in KEPT_HEADERS),
        content=response.content,
        etag=original.header("etag"),
        last_modified=original.header("last-modified"),
        exchange=response.exchange,
        as_indexed=b32encode(sha1(response.content, usedforsecurity=False).digest()).decode() == memento.digest,
    )


def check_whole(response: Response, memento: Memento) -> Response:
    """Check that a response of the archive is a certain capture, and whole; return it with its publisher's headers.

    memento: the capture that was asked for.

    Raises WaybackError where the response is no capture at all. Raises another FetchError where it is another capture,
    or was captured only in part.
    """
    _capture_asked_for(response, memento)
    original = _original(response)
    announced = original.header("content-length") or ""
    packed = bool({*encodings(original), *encodings(response)} - {"identity"})
    if announced.isdecimal() and len(announced) < 20 and not packed and len(response.content) < int(announced):
        message = f"was captured only in part: {len(response.content):,} of {int(announced):,} bytes"
        raise MistakenBodyError(memento.address, message)
    return original


def _capture_asked_for(response: Response, memento: Memento) -> None:
    """Check that an answer is the capture (copy of a web page) that was asked for. Raises FetchError if it is not."""
    fault = (response.header(RUNTIME_ERROR) or "")[:500]
    at = _played_at(response)
    if EXCLUDED.search(fault.encode()) or (at is None and EXCLUDED.search(response.content[:100_000])):
        raise BlockedError(memento.address, "the archive does not show it: its owner asked for that")
    if fault and (at is None or response.status_code >= 500):
        raise WaybackError(memento.address, f"the archive can't play it back: {fault}; try again later")
    if fault:
        raise GoneError(memento.address, f"the archive can't play it back: {fault}")
    if at is None:
        message = f"answered {response.status_code} with something else than a capture; open it to see why"
        raise WaybackError(memento.address, message)
    if at != memento.captured_at:
        raise GoneError(memento.address, f"the archive gives its capture of {format_timestamp(at)} instead")


def _played_at(response: Response) -> datetime | None:
    """Return the time of the capture in an answer, from its header Memento-Datetime (RFC 7089); None if it has none."""
    try:
        at = parsedate_to_datetime(response.header("memento-datetime") or "")
        return parse_timestamp(format_timestamp(at)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _original(response: Response) -> Response:
    """Return the response as the publisher sent it, with the publisher's headers in place of the archive's."""
    headers = [(key.removeprefix(ORIGINAL), value) for key, value in response.headers if key.startswith(ORIGINAL)]
    names = {key for key, _ in headers}
    headers += [(key, value) for key, value in response.headers if key in UNPREFIXED and key not in names]
    return replace(response, headers=tuple(headers))
