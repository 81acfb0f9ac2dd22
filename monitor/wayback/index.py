"""The archive's index of captures (CDX): what to ask, and what its lines say. Pure; no line is trusted.

The format is that of https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server. Plain text is asked
for, not JSON: so one line that makes no sense is left out, and not the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from monitor.errors import MistakenBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.fetch.verdict import Response

PAGE = 1_000  # lines that are asked for at a time: of more, the server may leave some out without a word
PAGE_BYTES = 8_000_000
LINE_BYTES = 8_192
# With `urlkey`, without which the resumption key is wrong: https://github.com/internetarchive/wayback/issues/121
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
AHEAD = timedelta(days=1)  # by which this machine's clock may be wrong
REVISIT = "warc/revisit"  # the media type of a capture whose bytes are those of an earlier one

TIMESTAMP = re.compile(r"[12]\d{13}", re.ASCII)
DIGEST = re.compile(r"[A-Z2-7]{32}")
MEDIA_TYPE = re.compile(r"[!-~]{1,200}")
EXCLUDED = re.compile(
    rb"(?:Administrative|Robot)AccessControlException|blocked site|url has been excluded", re.IGNORECASE
)
# Under status 200 only as the first words: no line of the index begins so, but an address on one may hold any words.
EXCLUSION = re.compile(rb"\s*(?:org\.archive\.[\w.]+:\s+)*org\.archive\.[\w.]+\.(?:Administrative|Robot)AccessControl")
RUNTIME_ERROR = "x-archive-wayback-runtime-error"  # a header that says why the archive can't show something
WWW = re.compile(r"^www\d*\.")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """One capture in the archive: of which address, when, and where its bytes are to be had.

    `digest` is the SHA-1 of the body as it was sent, in base 32. `media_type` is `warc/revisit` where the archive found
    the bytes of an earlier capture again.
    """

    url: str
    captured_at: datetime
    digest: str
    media_type: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which captures are asked for: of an address, or with `prefix` of all that begin with it; `until` is not in."""

    url: str
    prefix: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def encoded(self, resume_key: str | None) -> str:
        """As the query of an address, from where the last page ended."""
        pairs = [
            ("url", self.url),
            ("matchType", "prefix" if self.prefix else "exact"),
            ("fl", ",".join(FIELDS)),
            ("filter", "statuscode:(200|-)"),
            ("limit", str(PAGE)),
            ("showResumeKey", "true"),
        ]
        if self.since:
            pairs.append(("from", stamp(self.since)))
        if self.until:
            pairs.append(("to", stamp(self.until)))
        if resume_key:
            pairs.append(("resumeKey", resume_key))
        return urlencode(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one answer of the index holds; `nonsense` counts the lines that were left out."""

    mementos: tuple[Memento, ...]
    nonsense: int
    resume_key: str | None


def stamp(at: datetime) -> str:
    """A time as the archive writes it."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def parse_timestamp(text: str) -> datetime | None:
    """The archive's fourteen digits as a time; None where they are none."""
    if not TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_excluded(response: Response) -> bool:
    """Whether an answer of the index says that the owner of what was asked for had it taken out."""
    if response.status_code == HTTPStatus.OK:
        return EXCLUSION.match(response.content) is not None
    said = (response.header(RUNTIME_ERROR) or "").encode()
    return any(map(EXCLUDED.search, (said, response.content[:LINE_BYTES])))


def page(content: bytes, query: Query, *, archive: str, where: str, now: datetime) -> Page:
    """The captures that a page of the index names, in its order. Raises FetchError where it is no such page."""
    if content.count(b"\n") > PAGE + 3:
        raise MistakenBodyError(where, f"more lines than the {PAGE:,} asked for; see what became of the archive")
    lines = [line.strip() for line in content.rstrip(b"\r\n").split(b"\n")] if content.strip() else []
    resume_key = None
    if len(lines) > 2 and not lines[-2]:
        resume_key = _text(lines[-1])
        lines = lines[:-2]
    found = [_memento(line, query, archive=archive, now=now) for line in lines]
    nonsense = sum(each is None for each in found)
    if nonsense and nonsense == len(found):
        raise MistakenBodyError(where, "no index of captures, but something else; open it to see what")
    return Page(mementos=tuple(_wanted(found, query)), nonsense=nonsense, resume_key=resume_key)


def _wanted(found: list[tuple[str, Memento] | None], query: Query) -> Iterator[Memento]:
    """Those that can be a document, within the times asked for, each once: the index repeats lines."""
    last = None
    for status, memento in filter(None, found):
        wanted = status == "200" or memento.media_type == REVISIT
        early = query.since and memento.captured_at < query.since.replace(microsecond=0)
        late = query.until and memento.captured_at >= query.until
        if wanted and not early and not late and memento != last:
            last = memento
            yield memento


def _memento(line: bytes, query: Query, *, archive: str, now: datetime) -> tuple[str, Memento] | None:
    """The status and the capture that a line names; None where it makes no sense, or is about another address."""
    fields = (_text(line) or "").split(" ")
    if len(fields) != len(FIELDS):
        return None
    _, timestamp, original, media_type, status, digest = fields
    at, url = parse_timestamp(timestamp), plain_address(original)
    if at is None or at > now + AHEAD or url is None or not MEDIA_TYPE.fullmatch(media_type):
        return None
    if not DIGEST.fullmatch(digest) or not _asked_for(url, query):
        return None
    address = f"{archive}/web/{timestamp}id_/{original}"
    return status, Memento(url=url, captured_at=at, digest=digest, media_type=media_type, address=address)


def _text(line: bytes) -> str | None:
    """A line as text; None where it is none, or beyond sense."""
    try:
        text = line.decode() if len(line) <= LINE_BYTES else ""
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and text else None


def plain_address(original: str) -> str | None:
    """A web address without the port that goes without saying; None for what is none."""
    try:
        parts = urlsplit(original)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc or set(original) & set(' \\"<>'):
        return None
    if port == DEFAULT_PORTS[parts.scheme]:
        parts = parts._replace(netloc=parts.netloc.rpartition(":")[0])
    return parts.geturl()


def place(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address as the archive compares them: without scheme, www, case or a last slash."""
    parts = urlsplit(url.casefold())
    host = WWW.sub("", parts.netloc.rpartition("@")[2])
    return host, parts.path.rstrip("/"), parts.query


def _asked_for(url: str, query: Query) -> bool:
    """Whether the address of a line is one that was asked for. The query is left aside: the archive reorders it."""
    asked = plain_address(query.url) or query.url
    host, path, _ = place(asked)
    there, found, _ = place(url)
    if query.prefix:
        return host == there and urlsplit(url.casefold()).path.startswith(urlsplit(asked.casefold()).path)
    return (host, path) == (there, found)
