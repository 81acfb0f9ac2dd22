"""Checks that a server's answer is the wanted document, and not a block page, an error page or another format.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from monitor.errors import BlockedError, GoneError, MistakenBodyError, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from monitor.model import Exchange

Format = Literal["html", "xlsx", "pdf", "csv"]
Expected = Format | Literal["file"]  # "file" is any of these formats but a page, where an address does not tell which

MAX_START_BYTES = 200_000  # of a page that are looked at: its title and first heading stand there
MAX_BLOCK_PAGE_CHARACTERS = 2_000  # that a reader sees: a page with more of them is no block page
MAX_BARE_PAGE_CHARACTERS = 600  # the same for a page that nothing but a script gives away
MAX_RETRY_AFTER_SECONDS = 86_400.0  # a Retry-After of more than a day counts as one of a day

# The path of a front page, also of a language or section with two letters: many sites redirect there from a page that
# is gone.
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
    "file": "an XLSX file, a PDF or a CSV text",
    "text": "plain text",
    "other": "something of unknown format",
}

FORMATS_OF_FILES: dict[str, Format] = {"xlsx": "xlsx", "pdf": "pdf", "csv": "csv"}

TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|script|style|h[1-6]|p|div|span|a|ul|ol|li|table|section|main|article"
    r"|header|nav|form|center|iframe)\b",
    re.IGNORECASE,
)
LAST_TAG = re.compile(rb"</(?:body|html)\s*>", re.IGNORECASE)
TITLE_JOINT = re.compile(r"\s+[|\u2013\u2014\u00b7\u00bb:-]+\s+")
OTHER_XML = re.compile(r"(?:\s*<[?!][^>]{0,300}>)*\s*<(?:rss|feed|svg|urlset|sitemapindex)\b", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
# Elements whose text no reader sees.
UNREAD_TAGS = ("title", "script", "style", "noscript", "template", "iframe")
# A page without any of these can't say that it refuses or that something is gone: of each such sentence above a word is
# here, the scripts and the mark of a firewall are, and so is what a parser may read as other letters.
SUSPICIOUS = re.compile(
    "|".join(
        (
            *("404", "found", "exist", "available"),
            *("denied", "forbidden", "moment", "attention", "blocked", "satisfied", "rejected", "unsuccessful"),
            *("interruption", "verif", "reference", "&#", r"[\x00-\x08\x0b\x0e-\x1f\x7f]"),
            *map(re.escape, (CLOUDFLARE_CHALLENGE, *CHALLENGE_SCRIPTS)),
        )
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A server's answer, with its body unpacked. `headers` are pairs of a name in lower case and a value, in order.

    exchange: how the answer came, where that is to be kept.
    """

    status_code: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    exchange: Exchange | None = field(default=None, compare=False, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is a success (2xx)."""
        return 200 <= self.status_code < 300

    def header(self, name: str) -> str | None:
        """Return the first value of a header; None where there is none. `name` is in lower case."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The words of an HTML page as a person sees them, with single blanks; `source` is the HTML itself."""

    title: str
    heading: str
    text: str
    source: str


def check_response(
    response: Response, url: str, *, expect: Expected, to_front: bool, now: datetime, if_refused: str
) -> None:
    """Check that an answer is the wanted document; raise an error if it is not.

    url: the address that answered, for error messages.
    expect: the format that the document should have.
    to_front: whether the document's address redirected to the front page of the site.
    now: the present time, to work out a Retry-After header that is a date.
    if_refused: what to do where the server refuses this program, for the error message.

    Raises BlockedError if the server refuses this program, GoneError if the document is no longer there,
    MistakenBodyError for an empty body or another format, StatusError for any other status than 200.
    """
    page = _suspect(response)
    refused = response.status_code in {401, 403}
    blocker = _blocker(response, page)
    if refused or (blocker and response.status_code != HTTPStatus.TOO_MANY_REQUESTS):
        by = f" ({blocker})" if blocker else ""
        raise BlockedError(url, f"{_status(response)}: the server refuses this program{by}; {if_refused}")
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
    kind = _kind(response, expect)
    wanted = FORMATS_OF_FILES if expect == "file" else {expect}
    if kind not in wanted:
        raise MistakenBodyError(
            url,
            f"{_A[kind]} where {_A[expect]} should be; open it to see what the publisher did, "
            "and whether `format` is right",
        )


def format_of_file(content: bytes) -> Format | None:
    """Return the format of a file by its first bytes, where its address does not tell; None if it is none of a file."""
    kind = _kind(Response(status_code=200, headers=(), content=content), "file")
    return FORMATS_OF_FILES.get(kind)


def ends_well(content: bytes, expect: Format) -> bool:
    """Return whether a document has a proper end: a web page its end tag, a text file a line end.

    For a workbook or a PDF it is always True, since these can't be read without their end.
    """
    if expect == "html":
        return LAST_TAG.search(content[-MAX_START_BYTES:]) is not None
    return expect != "csv" or content.endswith((b"\n", b"\r", b"\n\0"))


def is_drawn_by_script(content: bytes) -> bool:
    """Return whether a web page has scripts and hardly any text: its content is then drawn by a script in a browser."""
    source = _source(Response(status_code=200, headers=(("content-type", "text/html"),), content=content))
    return (
        source is not None and SCRIPT.search(source) is not None and len(_page(source).text) <= MAX_BARE_PAGE_CHARACTERS
    )


def charset_of(content_type: str | None) -> str | None:
    """Return the encoding that a header `Content-Type` names, in small letters; None where it names none."""
    message = Message()
    message["content-type"] = content_type or ""
    return message.get_content_charset()


def is_front(path: str) -> bool:
    """Return whether a path leads to a site's front page, for example `/`, `/es/` or `/index.html`."""
    return FRONT.fullmatch(path or "/") is not None


def retry_after(response: Response, now: datetime) -> float | None:
    """Return the seconds to wait that the header Retry-After asks for (RFC 9110, 10.2.3); None without the header.

    now: the present, because the header may name a date.
    """
    value = (response.header("retry-after") or "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), MAX_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)


def _status(response: Response) -> str:
    try:
        return f"answered {response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return f"answered {response.status_code}"


def _odd_status(response: Response, url: str, *, now: datetime) -> StatusError:
    wait = retry_after(response, now)
    request = f" and asks to wait {wait:.0f} seconds" if wait is not None else ""
    message = f"{_status(response)}{request}, which says nothing about the report; it is asked again at the next poll"
    return StatusError(url, message, status_code=response.status_code, retry_after=wait)


def _blocker(response: Response, page: _Page | None) -> str | None:
    """Return the name of the firewall that refused the request, as a header or a block page tells; None if none did."""
    if (response.header("cf-mitigated") or "").lower() == "challenge":
        return "Cloudflare"
    if response.header("x-amzn-waf-action"):
        return "AWS WAF"
    if page is None:
        text = _fold(_decoded(response.content[:MAX_BARE_PAGE_CHARACTERS]))
        return _firewall(text) if len(response.content) < MAX_BARE_PAGE_CHARACTERS and BLOCKED.match(text) else None
    if len(page.text) > MAX_BLOCK_PAGE_CHARACTERS:
        return None
    blocked = any(BLOCKED.fullmatch(name.strip(" .!")) for name in _names(page))
    if not blocked and len(page.text) <= MAX_BARE_PAGE_CHARACTERS:
        scripts = [CLOUDFLARE_CHALLENGE, *(CHALLENGE_SCRIPTS if not page.title else ())]
        blocked = any(script in page.source and script not in page.text for script in scripts)
        blocked = blocked or AKAMAI_REFERENCE.search(page.text) is not None
    return _firewall(page.source) if blocked else None


def _firewall(text: str) -> str:
    """Return the name of the firewall that wrote a block page; "a block page" where the page does not tell."""
    low = _fold(text).lower()
    return next((name for mark, name in FIREWALLS.items() if mark in low), "a block page")


def _names(page: _Page) -> tuple[str, ...]:
    """Return the parts of a page's title and heading, split at separators, as in `Page not found | ICE`."""
    return tuple(part for name in (page.title, page.heading) for part in TITLE_JOINT.split(name) if part)


def _suspect(response: Response) -> _Page | None:
    """Return the HTML page in a response, with its words if any of them may matter; None where there is no HTML.

    To parse a page takes long, and the library for it ten megabytes. Most pages have no word that matters.
    """
    source = _source(response)
    if source is None:
        return None
    return _page(source) if SUSPICIOUS.search(source) else _Page(title="", heading="", text=source, source=source)


def _source(response: Response) -> str | None:
    """Return the beginning of the HTML page in a response; None where there is no HTML."""
    source = _decoded(response.content[:MAX_START_BYTES])
    if not _is_html(source) and not ("<" in source and _says_html(response) and _is_text(response.content)):
        return None
    return source


def _page(source: str) -> _Page:
    """Parse an HTML page."""
    root = _root(source)
    if root is None:
        return _Page(title="", heading="", text="", source=source)
    title, heading = (
        _fold(" ".join(_strings(element)))[:300] if (element := next(root.iter(name), None)) is not None else ""
        for name in ("title", "h1")
    )
    for unseen in list(root.iter(*UNREAD_TAGS)):
        unseen.text = None
        del unseen[:]
    return _Page(title=title, heading=heading, text=_fold(" ".join(_strings(root))), source=source)


def _root(source: str) -> Element | None:
    """Parse HTML into a tree; return None where it has no element."""
    from lxml import etree  # noqa: PLC0415 - slow to load, and few answers are pages

    try:
        return etree.fromstring(source.encode(), etree.HTMLParser(encoding="utf-8"))
    except etree.XMLSyntaxError:
        return None


def _strings(element: Element) -> Iterator[str]:
    """Yield the texts in an element in their order, as comments and tags part them; the texts of comments are none."""
    if isinstance(element.tag, str) and element.text:
        yield element.text
    for child in element:
        yield from _strings(child)
        if child.tail:
            yield child.tail


def _kind(response: Response, expect: Expected) -> str:
    """Return the format of a response's body, from its first bytes, and for text from the Content-Type."""
    content = response.content
    if content.startswith(b"PK\x03\x04"):
        return "xlsx"
    source = _decoded(content[:MAX_START_BYTES])
    if _is_html(source):
        return "html"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if not _is_text(content):
        return "other"
    if expect == "html" and _says_html(response):
        return "html"
    return "csv" if expect in {"csv", "file"} else "text"


def _says_html(response: Response) -> bool:
    return "html" in (response.header("content-type") or "").lower()


def _is_html(source: str) -> bool:
    """Return whether a text is an HTML page, judging by its beginning: it has tags of HTML, and is no other XML."""
    start = source[:4_096].lstrip("\ufeff \t\r\n")
    return start.startswith("<") and not OTHER_XML.match(start) and TAG.search(start) is not None


def _is_text(content: bytes) -> bool:
    """Return whether bytes are text in one of the encodings that publishers use."""
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
    """Return bytes as text, decoded as UTF-16 or UTF-8.

    Bytes that are not valid are replaced; that does no harm, because only English words are looked for in the text.
    """
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return content.decode(encoding, errors="replace")


def _fold(text: str) -> str:
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
