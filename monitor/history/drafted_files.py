"""Takes the files for which a description is drafted, reads each in a sandboxed process, and groups versions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from monitor.config.drafts import FileDraft, slug
from monitor.errors import MistakenBodyError, ReadError, RefusedError
from monitor.fetch.fetcher import Answer
from monitor.fetch.links import is_nameless
from monitor.fetch.verdict import format_of_file
from monitor.history.trial import PAGES
from monitor.model import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.fetch.verdict import Format
    from monitor.history.trial import TrialContext

FORMATS: dict[str, Format] = {
    **dict.fromkeys((".xlsx", ".xlsm"), "xlsx"),
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    ".pdf": "pdf",
    **dict.fromkeys(sorted(PAGES), "html"),
}
# The part of a file's name that says which period it is about: a week, a quarter, a month, a day.
PERIOD_IN_NAME = re.compile(r"\d{4}[-_]\d\d|\d{4}[-_]?q[1-4]|(?<!\d)q[1-4][-_]?\d{4}", re.IGNORECASE)
# The words of a file's name, without figures.
WORDS_IN_NAME = re.compile(r"[A-Za-z]{3,}(?:[ _-]?[A-Za-z]+)*")
# What stands beside the words of a link that say which list it leads to: date and format in `List as of May (XLSX)`.
NO_WORDS = re.compile(
    r"""\b(?: as\ of | effective | updated | dated | through
      | jan(?:uary)? | feb(?:ruary)? | mar(?:ch)? | apr(?:il)? | may | june? | july? | aug(?:ust)? | sept(?:ember)?
      | oct(?:ober)? | nov(?:ember)? | dec(?:ember)?
      | xlsx? | excel | pdf | csv | spreadsheet | file | document | [kmg]b | (?:down)?load | view | open | click | here
      )\b | [^A-Za-z'\ /&-]+""",
    re.IGNORECASE | re.VERBOSE,
)
VERSION_MARK = re.compile(r"(?:[ _-]?(?:am|pm|rev|final|v)|[ _-][a-z])+$", re.IGNORECASE)
EMPTY_DRAFT = FileDraft()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedFile:
    """A file for which a description is drafted.

    - `given`: the path or web address that a person gave. `name`: the file's name without folders.
    - `format`, `content`: its format and its bytes.
    - `charset`: the encoding that the server named, or None.
    - `draft`: the description that was drafted from it; empty before that.
    """

    given: str
    name: str
    format: Format
    content: bytes
    charset: str | None = None
    draft: FileDraft = EMPTY_DRAFT

    @property
    def stem(self) -> str:
        """The name of the file without its ending, like `.csv`."""
        return PurePosixPath(self.name).stem

    @property
    def words(self) -> str:
        """The longest run of words in the file's name, without figures; "" if it has no words."""
        return words_of(self.stem)

    @property
    def headers(self) -> frozenset[str]:
        """The headers of the columns in all lists of the draft."""
        return frozenset(column.header for each in self.draft.lists for column in each.columns if column.header)


def is_address(text: str) -> bool:
    """Return whether a text is a web address."""
    return urlsplit(text).scheme in {"http", "https"}


def host_of(url: str) -> str:
    """Return the host of a web address, in small letters."""
    return (urlsplit(url).hostname or "").lower()


def format_of(text: str) -> Format:
    """Return the format of a file by the ending of its name; a web address without a known ending is a page.

    Raises RefusedError for any other file without a known ending.
    """
    path = unquote(urlsplit(text).path) if is_address(text) else text
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if is_address(text):
        return "html"
    endings = ", ".join(each for each in FORMATS if each not in PAGES)
    raise RefusedError(f"{text}: its format is not known; name a file that ends with {endings} or .html")


def is_file(context: TrialContext, url: str) -> bool:
    """Return whether there is a file at an address that does not name it; an address like that of a page has none.

    Raises FetchError if the address can't be fetched.
    """
    if not is_nameless(url):
        return False
    try:
        context.fetcher().get(url, expect="file", allowed_hosts=frozenset({host_of(url)}))
    except MistakenBodyError:
        return False
    return True


def given_file(context: TrialContext, given: str) -> DraftedFile:
    """Read or fetch the file at a path or web address, and return it with its draft.

    Raises RefusedError if its format is not known or the path can't be read, and FetchError if it can't be fetched.
    """
    file_format = format_of(given)
    if is_address(given):
        hosts = frozenset({host_of(given)})
        if file_format != "html" or is_file(context, given):
            return linked_file(context, Link(url=given, text=""), hosts)
        answer = context.fetcher().get(given, expect="html", allowed_hosts=hosts)
        assert isinstance(answer, Answer)
        name = PurePosixPath(unquote(urlsplit(given).path)).name or host_of(given)
        file = DraftedFile(given=given, name=name, format="html", content=answer.content, charset=answer.charset)
        return read_draft(context, file)
    path = Path(given)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}; name a file or a web address") from fault
    return read_draft(context, DraftedFile(given=given, name=path.name, format=file_format, content=content))


def words_of(stem: str) -> str:
    """Return the longest run of words in a file's name, without figures and marks like `rev`; "" if it has none.

    `stem` is the name without its ending.
    """
    found = [VERSION_MARK.sub("", each) if len(each) > 5 else each for each in WORDS_IN_NAME.findall(stem)]
    return max(found, key=len, default="")


def words_of_link(text: str) -> str:
    """Return the words of a link's text that say which list it leads to, without dates and formats; "" if none do."""
    return max((each.strip(" '/&-") for each in NO_WORDS.split(text)), key=len, default="")


def linked_file(context: TrialContext, link: Link, hosts: frozenset[str]) -> DraftedFile:
    """Fetch a file that a page links, from one of the servers `hosts`, and return it with its draft.

    Where the address does not name it, it is called as the server calls it, or else by the words of the link. Raises
    FetchError if it can't be fetched, MistakenBodyError if there is no file.
    """
    known = FORMATS.get(PurePosixPath(unquote(urlsplit(link.url).path)).suffix.lower())
    answer = context.fetcher().get(link.url, expect=known or "file", allowed_hosts=hosts)
    assert isinstance(answer, Answer)
    file_format = known or format_of_file(answer.content)
    assert file_format is not None  # the fetcher has looked
    name = answer.file_name
    if FORMATS.get(PurePosixPath(name).suffix.lower()) != file_format:
        name = f"{words_of_link(link.text) or 'list'}.{file_format}"
    file = DraftedFile(given=link.url, name=name, format=file_format, content=answer.content, charset=answer.charset)
    return read_draft(context, file)


def is_same_report(file: DraftedFile, other: DraftedFile) -> bool:
    """Return whether two files may be versions of one report: the same words in their names, or the same headers."""
    if file.format != other.format:
        return False
    same = file.words and file.words.casefold() == other.words.casefold()
    return bool(same or (file.headers and file.headers == other.headers))


def latest_last(files: Iterable[DraftedFile]) -> list[DraftedFile]:
    """Return files that a page links, the latest one last.

    They are ordered by the periods in their names. If a name has no period, the order of the links is reversed, since
    pages usually have the latest file first.
    """
    listed = list(files)[::-1]
    if all(PERIOD_IN_NAME.search(file.stem) for file in listed):
        return sorted(listed, key=lambda file: tuple(map(int, re.findall(r"\d+", file.stem))))
    return listed


def versions_together(files: Iterable[DraftedFile]) -> list[list[DraftedFile]]:
    """Return the files in groups; the files of each group are versions of one report.

    They have the same words in their names, or the same headers. All web pages are taken for versions of one page.
    """
    groups: list[list[DraftedFile]] = []
    for file in files:
        for group in groups:
            both_pages = file.format == group[0].format == "html"
            if both_pages or is_same_report(file, group[0]):
                group.append(file)
                break
        else:
            groups.append([file])
    return groups


def read_draft(context: TrialContext, file: DraftedFile) -> DraftedFile:
    """Return a file with its draft; if it can't be read, the draft is empty but for a remark that says so."""
    called = slug(file.words) or "list"
    try:
        draft = context.reader.draft(file.content, file.format, called=called, charset=file.charset, source="draft")
    except ReadError as fault:
        draft = FileDraft(unsure=(f"{file.name} can't be read: {fault}",))
    return replace(file, draft=draft)
