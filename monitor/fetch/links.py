"""Finds the links on a page that lead to a report, and the key by which each report is identified.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from monitor.model import Link, ReportKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from monitor.config.reports import ReportDescription

# The addresses that a page links as a report, in the order of the page: by the report's name, then by its key.
Chosen = dict[str, dict[str, tuple[str, ...]]]

# A word in a file's name that tells that it replaces another.
REVISED = re.compile(
    r"(?<![a-z])(?:revis(?:ed|ion)|correct(?:ed|ion)|updated?|amended|final|v[2-9])(?![a-z])", re.IGNORECASE
)
# A period from one day to another: `2017_02-04to02-10`, `2017_02-04-to-02-10`, `2017-02-04 to 2017-02-10`.
WEEK = re.compile(
    r"(\d{4})[\W_]+(\d\d?)[\W_]+(\d\d?)[\W_]*(?:to|thru|through)?[\W_]*(?:\d{4}[\W_]+)?(\d\d?)[\W_]+(\d\d?)",
    re.IGNORECASE,
)
# The ends of the names of files that may be reports.
FILE_ENDS = (".pdf", ".xlsx", ".xls", ".xlsm", ".csv", ".ods", ".zip", ".docx", ".doc")
MAX_SERVED_NAME_LETTERS = 150  # of a file's name that a server gives; a longer one is none
MIN_NAME_LETTERS = 6  # of a file's name by which it is known under another address
# An address that leads to a file and does not say to which: `/media/1407196/dl`, `/download/public/12345`.
# It has a number, and a word for files.
NAMELESS = re.compile(
    r"(?=.*[/=](?=[a-f-]*\d)[\da-f-]++(?:[/?&]|$)).*/(?:[a-z-]*download\w*|dl|getfile|files?|attachments?|documents?|media|assets?|export)\b",
    re.IGNORECASE,
)
# The number of a file in an address, and the last word of an address which is the same for all files of a server.
FILE_NUMBER = re.compile(r"[/=]((?=[a-f-]*\d)[\da-f-]++)(?=[/?&]|$)", re.IGNORECASE)
NAME_OF_ALL = re.compile(
    r"@?@?(?:get|view|download)?[-_]?(?:download|dl|view|file|document|attachment|inline|get)?", re.IGNORECASE
)
# A link that names its server, or begins like a path, or ends like the name of a document.
WEB_LINK = re.compile(r"(?:https?:)?//\S.*|\.{0,2}/.*|[^:\s]+\.pdf", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """The links on a source's page, and the choice of those that lead to reports.

    - `links`: all links. `chosen`: the choice; None if it was not made.
    - `described`: a hash of the configuration by which the choice was made (see `Source.links_mark`), or "".
    """

    links: tuple[Link, ...] = ()
    chosen: Chosen | None = None
    described: str = ""

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses that the page links."""
        return frozenset(link.url for link in self.links)

    @property
    def unclaimed_files(self) -> tuple[Link, ...]:
        """The links to files that no report in the configuration matches, if a file of that kind may be a report."""
        return tuple(link for link in self.unclaimed if unquote(urlsplit(link.url).path).lower().endswith(FILE_ENDS))

    @property
    def nameless_files(self) -> tuple[Link, ...]:
        """The links that no report in the configuration matches, and that may lead to files without naming them."""
        return tuple(link for link in self.unclaimed if is_nameless(link.url))

    @property
    def unclaimed(self) -> tuple[Link, ...]:
        """The links that no report in the configuration matches."""
        claimed = {url for by_key in (self.chosen or {}).values() for urls in by_key.values() for url in urls}
        return tuple(link for link in self.links if link.url not in claimed)

    def as_json(self) -> str:
        """Return the links as JSON, which `of_json` reads."""
        links = [{"url": link.url, "text": link.text} for link in self.links]
        return json.dumps({"links": links, "chosen": self.chosen or {}, "described": self.described})

    @classmethod
    def of_json(cls, text: str | None) -> PageLinks:
        """Make the object from the JSON that `as_json` returned, or from a plain list of links.

        An earlier release stored such a list.
        """
        said = json.loads(text or "[]")
        if isinstance(said, list):
            return cls(links=tuple(Link(**link) for link in said))
        chosen = {name: {key: tuple(urls) for key, urls in keys.items()} for name, keys in said["chosen"].items()}
        return cls(links=tuple(Link(**link) for link in said["links"]), chosen=chosen, described=said["described"])


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPage:
    """Where a list goes on: at `url`, or nowhere if that is None.

    `leads_back_to` is the address of a page that was read already, if the pager only leads there; else None.
    """

    url: str | None = None
    leads_back_to: str | None = None


def chosen_links(links: Iterable[Link], reports: Mapping[str, ReportDescription]) -> Chosen:
    """Choose the links that lead to each of these reports; see `report_links`.

    The patterns come from the configuration, and may take long.
    """
    given = tuple(links)
    return {name: report_links(given, name, description) for name, description in reports.items()}


def report_links(links: Iterable[Link], name: str, description: ReportDescription) -> dict[str, tuple[str, ...]]:
    """Choose the links on a page that lead to a report, or to the reports of a series.

    name: the report's name in the configuration.
    description: the report's description in the configuration.

    Return the addresses in order, by the key of the report; for a report with `parts`, by the key of the part. A key
    has several addresses if the page links a revised file beside the earlier one.

    For a report with a `pager`, these are the links to further pages of its list.
    """
    given = tuple(links)
    addresses: dict[str, list[str]] = {}
    for link in [link for link in given if matches(description, link.url, link.text)] or _by_text(given, description):
        key = part_key(description, link.url) if description.parts else key_of(name, description, link.url)
        addresses.setdefault(key, []).append(link.url)
    return {key: tuple(urls) for key, urls in addresses.items()}


def _by_text(links: Iterable[Link], description: ReportDescription) -> list[Link]:
    """Return the links that only their text shows to lead to a report, as the configuration says by `else_text`.

    A link to a page often has such a text, too. It is no file, and must not stand for one that was taken down.
    """
    pattern = description.match and description.match.else_text
    end = f".{description.format}"
    may_be = [link for link in links if ending_of(link.url) == end or is_nameless(link.url)]
    return [link for link in may_be if pattern and pattern.search(link.text)]


def ending_of(url: str) -> str:
    """Return the ending of the file's name in an address, as `.xlsx`; "" if it is none of those of files."""
    end = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower()
    return end if end in FILE_ENDS else ""


def is_nameless(url: str) -> bool:
    """Return whether an address may lead to a file without naming it, as `/media/1407196/dl`."""
    return not ending_of(url) and NAMELESS.match(_asked(url)) is not None


def _asked(url: str) -> str:
    """Return what an address asks its server for: the path, and what stands after `?`."""
    parts = urlsplit(url)
    return unquote(f"{parts.path}?{parts.query}")


def latest_link(urls: Sequence[str], *, known: str | None, was_linked: Callable[[str], bool]) -> str:
    """Return the address of the latest of several files that a page links as one report.

    urls: the addresses, in the order of the page.
    known: the report's address in the last poll, or None.
    was_linked: a function that tells whether the page linked an address at the last poll.

    The known address is kept until another one is linked that was not linked before. If there are several of these, or
    no address is known, the names decide:
    1. A file that is called revised is later than one that is not.
    2. A file with a later date in its name is later than one with an earlier date.
    """
    new = [url for url in urls if known is not None and not was_linked(url)]
    if known is not None and known in urls and not new:
        return known

    def rank(url: str) -> tuple[bool, tuple[int, int, int]]:
        stem = PurePosixPath(unquote(urlsplit(url).path)).stem
        return REVISED.search(stem) is not None, _date_in(stem)

    return max(new or urls, key=rank)  # of equal ones the first


def may_be_renamed(link: Link, known: str, *, ending: str) -> bool:
    """Return whether a link that no report matches may lead to the file that was at the address `known`.

    It may if it has the ending of such files, like `xlsx`, or if its address or text has the words of the known file's
    name: `participatingAgencies0603.csv`, or `/media/12/download` with the text "Participating agencies".
    """
    if urlsplit(link.url).path.lower().endswith(f".{ending}"):
        return True
    stem = PurePosixPath(unquote(urlsplit(known).path)).stem
    words = max((_letters(part) for part in re.split(r"\d+", stem)), key=len)
    return len(words) >= MIN_NAME_LETTERS and any(words in _letters(text) for text in (unquote(link.url), link.text))


def _letters(text: str) -> str:
    """Return only the letters of a text, as small ones."""
    return "".join(letter for letter in text.casefold() if letter.isalpha())


def _date_in(stem: str) -> tuple[int, int, int]:
    """Return the year, month and day that a file's name (without ending) gives in figures; zeros if it gives none."""
    found = (0, 0, 0)
    for digits in re.findall(r"(?<!\d)(\d{8}|\d{6})(?!\d)", stem):
        month, day, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
        year += 2000 if len(digits) == 6 else 0
        if 1 <= month <= 12 and 1 <= day <= 31 and 2000 <= year <= 2100:
            found = max(found, (year, month, day))
    return found


def matches(description: ReportDescription, url: str, text: str) -> bool:
    """Return whether a link leads to the report that `description` describes.

    url: the link's address.
    text: the link's text on the page.
    """
    match = description.match or description.pager
    if match is None:
        return False
    path = unquote(urlsplit(url).path)
    fits = match.href is None or match.href.search(path) or match.href.search(url)
    return bool(fits and (match.text is None or match.text.search(text)))


def key_of(name: str, description: ReportDescription, url: str) -> str:
    """Return the key of a report, which tells it from the other reports of its source.

    name: the report's name in the configuration.
    url: the address of the report's file.

    For a report of a series, the key is the period in the address, for example `2025-07`, or the file's name if the
    address has no period, or the number of the file if all files are called alike, as in `/media/1407196/dl`. For any
    other report it is `name`.
    """
    if description.kind != ReportKind.SERIES:
        return name
    path = unquote(urlsplit(url).path)
    period = description.key.search(path) if description.key else None
    if period:
        return _plain_key(period[1] if period.re.groups else period[0])
    # Without a period it must not pass for the latest one: a hyphen sorts before all digits and letters.
    stem = PurePosixPath(path).stem
    numbers = FILE_NUMBER.findall(_asked(url)) if NAME_OF_ALL.fullmatch(stem) else []
    return ("-" if description.key else "") + _plain_key(numbers[-1] if numbers else stem)


def part_key(description: ReportDescription, url: str) -> str:
    """Return the key of one part of a report with `parts: true`, which tells it from the other parts.

    It is what the pattern `key` finds in the address `url`. Without a pattern, or where it finds nothing, it is made of
    the whole address: two files of the same name in two folders are two parts.
    """
    path = unquote(urlsplit(url).path)
    found = description.key.search(path) if description.key else None
    if found:
        return _plain_key(found[1] if found.re.groups else found[0])
    return f"{_plain_key(PurePosixPath(path).stem)}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def next_page(links: Sequence[str], *, here: str, visited: Collection[str], by_text: bool) -> NextPage:
    """Say which page of a list comes after the page at the address `here`.

    links: the addresses of the links on that page which fit the pager, in its order.
    visited: the addresses that were read already, or found to be a page that was read, `here` among them.
    by_text: whether the pager is known by the text of its link, such as "Next", and not by its address alone.

    A link to `here` itself leads nowhere. A row of numbers leads to pages that were read, too; so the first page that
    was not is the next one. But a single link with a text that leads back is a loop: what stands after it can't be
    reached.
    """
    leading = list(dict.fromkeys(url for url in links if url != here))
    new = [url for url in leading if url not in visited]
    if new:
        return NextPage(url=new[0])
    return NextPage(leads_back_to=leading[0] if by_text and len(leading) == 1 else None)


def _plain_key(text: str) -> str:
    """Return a key with only letters, digits, `_` and `-` in it; a week is always written in the same form."""
    week = WEEK.fullmatch(text)
    if week:
        year, *days = week.groups()
        return "{}_{}-{}to{}-{}".format(year, *(day.zfill(2) for day in days))
    return re.sub(r"[^\w-]+", "-", text)


def without_query(url: str) -> str:
    """Return an address without the part after `?`, which may have a token that changes at each visit."""
    return url.partition("?")[0]


def file_name(url: str, disposition: str = "") -> str:
    """Return the name of the file at an address, to show to a person.

    disposition: the header `Content-Disposition` of the server's answer (RFC 6266). The name that it gives counts where
    the address ends like that of no file, as `/download/12345`.
    """
    parts = urlsplit(url)
    name = (not ending_of(url) and _served_name(disposition)) or _last(unquote(parts.path, errors="replace"))
    return "".join(letter if letter.isprintable() else "?" for letter in name or parts.hostname or url)


def _served_name(disposition: str) -> str:
    header = Message()
    header["content-disposition"] = disposition
    try:
        name = _last(header.get_filename("").replace("\\", "/"))
    except (TypeError, ValueError):  # by parameters that contradict each other
        return ""
    return name if name != ".." and len(name) <= MAX_SERVED_NAME_LETTERS else ""


def _last(path: str) -> str:
    return PurePosixPath(path).name


def document_address(page: str, link: str) -> str | None:
    """Return the whole address of a link on a page, without the part after `#`; None if it is no web address.

    Where a link is still missing, its cell often has other text, like `link pending` or `N/A`.
    """
    if not WEB_LINK.fullmatch(link.strip()):
        return None
    try:
        parts = urlsplit(urljoin(page, link.strip()))
        return parts._replace(fragment="").geturl() if parts.scheme in {"http", "https"} and parts.hostname else None
    except ValueError:
        return None
