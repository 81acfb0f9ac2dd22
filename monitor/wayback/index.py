"""The web archive's index of captures (CDX): writes queries, and reads the lines of the answers.

https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server describes the format. The queries ask for
plain text and not JSON, so that one bad line can be left out and the other lines read.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from monitor.errors import MistakenBodyError
from monitor.times import CLOCK_SKEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.fetch.verdict import Response

MAX_PAGE_LINES = 1_000  # for one query: of more lines the server may leave some out without a word
MAX_INDEX_BYTES = 8_000_000  # of one response of the index
MAX_LINE_BYTES = 8_192  # of a line that can make sense
# With `urlkey`, without which the resumption key is wrong: https://github.com/internetarchive/wayback/issues/121
INDEX_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
REVISIT = "warc/revisit"  # the media type of a capture whose bytes are those of an earlier one

TIMESTAMP = re.compile(r"[12]\d{13}", re.ASCII)
DIGEST = re.compile(r"[A-Z2-7]{32}")
MEDIA_TYPE = re.compile(r"[!-~]{1,200}")
EXCLUDED = re.compile(
    rb"(?:Administrative|Robot)AccessControlException|blocked site|url has been excluded", re.IGNORECASE
)
# An exclusion under status 200 is told by its first words: no line of the index begins so, but an address may hold any.
EXCLUSION = re.compile(rb"\s*(?:org\.archive\.[\w.]+:\s+)*org\.archive\.[\w.]+\.(?:Administrative|Robot)AccessControl")
RUNTIME_ERROR = "x-archive-wayback-runtime-error"  # a header that says why the archive can't show something
WWW = re.compile(r"^www\d*\.")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """One capture in the web archive: a copy of a web address, made at some time.

    url: the address that was copied.
    captured_at: when the copy was made.
    digest: the SHA-1 of the copied bytes as they were sent, in base 32.
    media_type: the type of file; `warc/revisit` if the archive found the bytes of an earlier capture again.
    address: the address in the archive at which the copied bytes can be fetched.
    """

    url: str
    captured_at: datetime
    digest: str
    media_type: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to the index of the archive: which captures it has of an address.

    prefix: whether to include all addresses that begin with `url`.
    since, until: ask only for captures made at `since` or later, and before `until`; None for no limit.
    """

    url: str
    prefix: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def encoded(self, resume_key: str | None) -> str:
        """Return the query string (the part after `?`) of the address that asks for one page of the index.

        resume_key: the key that the page before gave; None for the first page.
        """
        pairs = [
            ("url", self.url),
            ("matchType", "prefix" if self.prefix else "exact"),
            ("fl", ",".join(INDEX_FIELDS)),
            ("filter", "statuscode:(200|-)"),
            ("limit", str(MAX_PAGE_LINES)),
            ("showResumeKey", "true"),
        ]
        if self.since:
            pairs.append(("from", format_timestamp(self.since)))
        if self.until:
            pairs.append(("to", format_timestamp(self.until)))
        if resume_key:
            pairs.append(("resumeKey", resume_key))
        return urlencode(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The captures on one page of the index.

    nonsense: how many lines were left out because they made no sense.
    resume_key: the key by which the next page is asked for; None on the last page.
    """

    mementos: tuple[Memento, ...]
    nonsense: int
    resume_key: str | None


def format_timestamp(at: datetime) -> str:
    """Write a time in UTC as the archive does, for example `20250704151659`."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def parse_timestamp(text: str) -> datetime | None:
    """Read a time that the archive wrote as fourteen digits; return None where the text is no time."""
    if not TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_excluded(response: Response) -> bool:
    """Return whether the index answers that the captures of an address were taken out at its owner's wish."""
    if response.status_code == HTTPStatus.OK:
        return EXCLUSION.match(response.content) is not None
    reason = (response.header(RUNTIME_ERROR) or "").encode()
    return any(map(EXCLUDED.search, (reason, response.content[:MAX_LINE_BYTES])))


def parse_index_page(content: bytes, query: Query, *, archive: str, where: str, now: datetime) -> IndexPage:
    """Read the captures from a page of the index, in the page's order.

    content: the page.
    query: the query that the page answers; captures that it did not ask for are left out.
    archive: the archive's address, from which the addresses of the captures are made.
    where: the address of the page, for error messages.
    now: the present; a line whose capture is later by more than `CLOCK_SKEW` makes no sense.

    Raises MistakenBodyError where the content is no page of the index.
    """
    if content.count(b"\n") > MAX_PAGE_LINES + 3:
        raise MistakenBodyError(
            where, f"more lines than the {MAX_PAGE_LINES:,} asked for; see what became of the archive"
        )
    lines = [line.strip() for line in content.rstrip(b"\r\n").split(b"\n")] if content.strip() else []
    resume_key = None
    if len(lines) > 2 and not lines[-2]:
        resume_key = _text(lines[-1])
        lines = lines[:-2]
    found = [_memento(line, query, archive=archive, now=now) for line in lines]
    nonsense = sum(each is None for each in found)
    if nonsense and nonsense == len(found):
        raise MistakenBodyError(where, "no index of captures, but something else; open it to see what")
    return IndexPage(mementos=tuple(_wanted(found, query)), nonsense=nonsense, resume_key=resume_key)


def _wanted(found: list[tuple[str, Memento] | None], query: Query) -> Iterator[Memento]:
    """Yield the captures that can be a document and were made in the query's range of time; repeated lines count once.

    found: the status and the capture of each line; None for a line that makes no sense.
    """
    last = None
    for status, memento in filter(None, found):
        wanted = status == "200" or memento.media_type == REVISIT
        early = query.since and memento.captured_at < query.since.replace(microsecond=0)
        late = query.until and memento.captured_at >= query.until
        if wanted and not early and not late and memento != last:
            last = memento
            yield memento


def _memento(line: bytes, query: Query, *, archive: str, now: datetime) -> tuple[str, Memento] | None:
    """Read the status and the capture from a line of the index; None if it makes no sense or was not asked for."""
    fields = (_text(line) or "").split(" ")
    if len(fields) != len(INDEX_FIELDS):
        return None
    _, timestamp, original, media_type, status, digest = fields
    at, url = parse_timestamp(timestamp), plain_address(original)
    if at is None or at > now + CLOCK_SKEW or url is None or not MEDIA_TYPE.fullmatch(media_type):
        return None
    if not DIGEST.fullmatch(digest) or not _asked_for(url, query):
        return None
    address = f"{archive}/web/{timestamp}id_/{original}"
    return status, Memento(url=url, captured_at=at, digest=digest, media_type=media_type, address=address)


def _text(line: bytes) -> str | None:
    """Decode a line of the index; return None where it is no text, empty, or too long."""
    try:
        text = line.decode() if len(line) <= MAX_LINE_BYTES else ""
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and text else None


def plain_address(original: str) -> str | None:
    """Remove the usual port (80, 443) from a web address; return None where the text is no web address."""
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


def comparable(url: str) -> tuple[str, str, str]:
    """Return the host, path and query of an address in a form in which addresses can be compared.

    As in the archive, `http` or `https`, a leading `www.`, capital letters and a last slash make no difference.
    """
    parts = urlsplit(url.casefold())
    host = WWW.sub("", parts.netloc.rpartition("@")[2])
    return host, parts.path.rstrip("/"), parts.query


def _asked_for(url: str, query: Query) -> bool:
    """Return whether the address on a line of the index is one that `query` asked for.

    The part of the addresses after the question mark is not compared, because the archive reorders it.
    """
    known = plain_address(query.url) or query.url
    host, path, _ = comparable(known)
    there, found, _ = comparable(url)
    if query.prefix:
        return host == there and urlsplit(url.casefold()).path.startswith(urlsplit(known.casefold()).path)
    return (host, path) == (there, found)
