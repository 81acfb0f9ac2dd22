"""Whether a response is to be believed: block pages, takedowns and mistaken bodies, each by its own error. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal

from bs4 import BeautifulSoup

from monitor.errors import BlockedError, GoneError, MistakenBodyError, StatusError

Format = Literal["html", "xlsx", "pdf", "csv"]

HEAD = 200_000  # how much of a page is looked at; title and first heading stand there
THIN = 2_000  # characters that a reader sees: a block page says little
BARE = 600  # the same for pages that are told by nothing but a script
LONGEST_WAIT = 86_400.0  # a Retry-After beyond a day is no promise

# A front page, or that of a language or section with two letters: where a site sends those who ask for what is gone.
FRONT = re.compile(r"/(?:[a-z]{2}(?:-[a-z]{2})?(?:/|$))?(?:(?:index|default|home)(?:\.[a-z]{2,5})?)?/?", re.IGNORECASE)

NOT_FOUND = re.compile(
    r"""(?:(?:error|oops|sorry|we're\ sorry)\b\W*)?
    (?: 404 (?:\W*error)?
      | (?:404 (?:\W*error)? \W*)?
        (?:(?:the|this|that|requested)\ ){0,2} (?:(?:page|file|document|content|resource)\ (?:you\ .{1,60}\ )?)?
        (?: (?:was\ |is\ |could\ )?not\ (?:be\ )?found | (?:cannot|can't|couldn't)\ be\ found
          | (?:is\ )?no\ longer\ (?:available|exists) | (?:does\ not|doesn't)\ exist )
    ) \W*""",
    re.IGNORECASE | re.VERBOSE,
)
BLOCKED = re.compile(
    r"access (?:to this page )?(?:has been |is |was )?denied|(?:403 )?forbidden|"
    r"just a moment|attention required|(?:sorry, )?you have been blocked|"
    r"(?:error:? )?the request could not be satisfied|request (?:rejected|unsuccessful|blocked)|"
    r"pardon our interruption|human verification|verify(?:ing)? (?:that )?you are (?:a )?human",
    re.IGNORECASE,
)
AKAMAI_REFERENCE = re.compile(r"Reference #\d+\.[0-9a-f]+\.\d+\.[0-9a-f]+")
# Sites behind these firewalls carry some of their scripts on every page, so a script counts only on a page that has
# neither a title nor text; Cloudflare's belongs to its challenge alone.
CHALLENGE_SCRIPTS = ("_Incapsula_Resource", "awsWafCookieDomainList", "gokuProps")
CLOUDFLARE_CHALLENGE = "_cf_chl_opt"
FIREWALLS = {
    "edgesuite": "Akamai",
    "reference #": "Akamai",
    "cloudfront": "CloudFront",
    "cloudflare": "Cloudflare",
    "_cf_chl": "Cloudflare",
    "just a moment": "Cloudflare",
    "awswaf": "AWS WAF",
    "gokuprops": "AWS WAF",
    "incapsula": "Imperva",
    "imperva": "Imperva",
}

_A = {
    "html": "an HTML page",
    "xlsx": "an XLSX file",
    "pdf": "a PDF",
    "csv": "a CSV text",
    "text": "plain text",
    "other": "something of unknown format",
}

TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|script|style|h[1-6]|p|div|span|a|ul|ol|li|table|section|main|article"
    r"|header|nav|form|center|iframe)\b",
    re.IGNORECASE,
)
TITLE_JOINT = re.compile(r"\s+[|\u2013\u2014\u00b7\u00bb:-]+\s+")
OTHER_XML = re.compile(r"(?:\s*<[?!][^>]{0,300}>)*\s*<(?:rss|feed|svg|urlset|sitemapindex)\b", re.IGNORECASE)
XML_DECLARATION = re.compile(r"<\?xml", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response as it came, unpacked. `headers` are lower-case names with their values, in order."""

    status_code: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success (2xx)."""
        return 200 <= self.status_code < 300

    def header(self, name: str) -> str | None:
        """Return the first value under a lower-case name; None where there is none."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a person would see of an HTML page, blanks folded, and its source."""

    title: str
    heading: str
    text: str
    source: str


def check_response(response: Response, url: str, *, expect: Format, to_front: bool, now: datetime) -> None:
    """Pass a response that holds what was asked for; raise the error that names what it is instead.

    `to_front` says that a redirect led to a front page. `now` dates a Retry-After given as a time.
    """
    page = _page(response)
    refused = response.status_code in {401, 403}
    blocker = _blocker(response, page)
    if refused or (blocker and response.status_code != HTTPStatus.TOO_MANY_REQUESTS):
        by = f" ({blocker})" if blocker else ""
        raise BlockedError(
            url, f"{_status(response)}: the server refuses this program{by}; set `contact`, or ask less often"
        )
    if response.status_code in {404, 410}:
        raise GoneError(url, f"{_status(response)}: it is not there any more; see whether the publisher moved it")
    if response.status_code != HTTPStatus.OK:
        raise _odd_status(response, url, now=now)
    if to_front:
        raise GoneError(url, "the server sends to its front page instead; see whether the publisher moved it")
    if not response.content.strip():
        raise MistakenBodyError(url, f"empty where {_A[expect]} should be; it is asked again at the next poll")
    missing = next((name for name in _names(page) if NOT_FOUND.fullmatch(name)), None) if page else None
    if missing:
        raise GoneError(
            url, f"a page that says {missing!r}, though with status 200; see whether the publisher moved it"
        )
    found = _kind(response, expect)
    if found != expect:
        raise MistakenBodyError(url, f"{_A[found]} where {_A[expect]} should be; open it to see what the publisher did")


def is_front(path: str) -> bool:
    """Whether a path is that of a site's front page, in whatever language."""
    return FRONT.fullmatch(path or "/") is not None


def retry_after(response: Response, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, given as seconds or as a date (RFC 9110, 10.2.3); None without one."""
    value = (response.header("retry-after") or "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), LONGEST_WAIT)


def _status(response: Response) -> str:
    try:
        return f"answered {response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return f"answered {response.status_code}"


def _odd_status(response: Response, url: str, *, now: datetime) -> StatusError:
    wait = retry_after(response, now)
    asked = f" and asks to wait {wait:.0f} seconds" if wait is not None else ""
    message = f"{_status(response)}{asked}, which says nothing about the report; it is asked again at the next poll"
    return StatusError(url, message, status_code=response.status_code, retry_after=wait)


def _blocker(response: Response, page: _Page | None) -> str | None:
    """Who refuses this program, by header or by a page that says so; None where nobody does."""
    if (response.header("cf-mitigated") or "").lower() == "challenge":
        return "Cloudflare"
    if response.header("x-amzn-waf-action"):
        return "AWS WAF"
    if page is None:
        text = _fold(_decoded(response.content[:BARE]))
        return _firewall(text) if len(response.content) < BARE and BLOCKED.match(text) else None
    if len(page.text) > THIN:
        return None
    told = any(BLOCKED.fullmatch(name.strip(" .!")) for name in _names(page))
    if not told and len(page.text) <= BARE:
        scripts = [CLOUDFLARE_CHALLENGE, *(CHALLENGE_SCRIPTS if not page.title else ())]
        told = any(script in page.source and script not in page.text for script in scripts)
        told = told or AKAMAI_REFERENCE.search(page.text) is not None
    return _firewall(page.source) if told else None


def _firewall(text: str) -> str:
    """Whose block page it is, as far as it tells."""
    low = _fold(text).lower()
    return next((name for mark, name in FIREWALLS.items() if mark in low), "a block page")


def _names(page: _Page) -> tuple[str, ...]:
    """What the page calls itself: each part of its title and of its heading."""
    return tuple(part for name in (page.title, page.heading) for part in TITLE_JOINT.split(name) if part)


def _page(response: Response) -> _Page | None:
    """The page that a response holds; None where it holds no HTML."""
    source = _decoded(response.content[:HEAD])
    if not _is_html(source) and not ("<" in source and _says_html(response) and _is_text(response.content)):
        return None
    soup = BeautifulSoup(XML_DECLARATION.sub("<?", source), "lxml")  # which would warn of XML
    title, heading = (_fold(tag.get_text(" "))[:300] if (tag := soup.find(name)) else "" for name in ("title", "h1"))
    for unseen in soup(["title", "script", "style", "noscript", "template", "iframe"]):
        unseen.extract()
    return _Page(title=title, heading=heading, text=_fold(soup.get_text(" ")), source=source)


def _kind(response: Response, expect: Format) -> str:
    """What the bytes are, by their magic numbers first, and by what they claim only where text is text."""
    content = response.content
    if content.startswith(b"PK\x03\x04"):
        return "xlsx"
    source = _decoded(content[:HEAD])
    if _is_html(source):
        return "html"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if not _is_text(content):
        return "other"
    if expect == "html" and _says_html(response):
        return "html"
    return "csv" if expect == "csv" else "text"


def _says_html(response: Response) -> bool:
    return "html" in (response.header("content-type") or "").lower()


def _is_html(source: str) -> bool:
    """Whether text starts as a page: a first tag at once, and soon one that HTML has and feeds have not."""
    start = source[:4_096].lstrip("\ufeff \t\r\n")
    return start.startswith("<") and not OTHER_XML.match(start) and TAG.search(start) is not None


def _is_text(content: bytes) -> bool:
    """Whether bytes are text in any encoding that publishers use."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\0" in content:
        return False
    for encoding in ("utf-8", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _decoded(content: bytes) -> str:
    """Bytes as text, well enough to look for ASCII in it."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return content.decode(encoding, errors="replace")


def _fold(text: str) -> str:
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
