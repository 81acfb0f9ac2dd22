"""Drafts the report for the lists and notices that are on a web page itself; the lists may go on over further pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.config.drafts import ColumnDraft, FileDraft, ListDraft, ReportDraft, literal
from monitor.errors import FetchError
from monitor.fetch.fetcher import Answer
from monitor.history.drafted_files import DraftedFile
from monitor.history.drafted_reports import one_list, read_versions
from monitor.history.pairing import with_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.history.trial import TrialContext
    from monitor.model import Link

# Of a list that goes on over pages, so many pages are looked at.
MAX_DRAFTED_PAGES = 5
# The text of a link to the next page of a list, and what in its address tells the pages apart.
NEXT_TEXT = re.compile(r"\s*(next|older|more results)\b", re.IGNORECASE)
PAGE_IN_ADDRESS = re.compile(r"(?<=[?&])(\w*(?:page|p|start|offset))=\d+|/page/\d+(?=/?$)", re.IGNORECASE)
PAGE_NOTICES = ListDraft(
    name="notices",
    title="Notices on the page",
    paragraphs=(
        r"^\W*(?:corrections?|corrected|editor.s note|errat(?:a|um)|clarification|notice)\b.*[:.]"
        r"|temporarily suspended|on a (?:weekly|monthly|quarterly) basis"
    ),
    columns=(ColumnDraft(name="text"),),
    may_be_empty=True,
    names=("text",),
    unsure=("what the page says about its own reports",),
)


def page_report(
    context: TrialContext,
    versions: Sequence[DraftedFile],
    pager: FoundPager | None,
    hosts: frozenset[str],
) -> tuple[ReportDraft, FileDraft]:
    """Return the draft of the report that is the page itself, and the draft of all that was found on the page.

    - `versions`: the versions of the page, the oldest first.
    - `pager`: the link to the next page of the list; None if the list has one page.
    - `hosts`: the servers that may be asked for further pages.

    With a pager, some further pages are read too, and the notices are left out, since each page repeats them.
    """
    drafted = versions[-1].draft
    notices = () if pager and drafted.lists else (PAGE_NOTICES,)
    bare = ReportDraft(name="page", kind="page", format="html", lists=(*drafted.lists, *notices))
    remarks = list(drafted.unsure)
    read = read_versions(context, bare, versions, remarks)
    if pager and drafted.lists:
        bare = replace(bare, pager=(pager.text, pager.href))
        remarks.append(f"the list goes on at {pager.url}; at most 50 pages are read")
        more = _further_pages(context, pager, hosts, remarks)
        further = [read_versions(context, bare, [page], remarks) for page in more]
        read = {
            name: [*lists[:-1], one_list([lists[-1], *(each[name][0] for each in further if each.get(name))])]
            for name, lists in read.items()
        }
    lists = tuple(with_key(each, read.get(each.name, [])).draft for each in drafted.lists)
    return replace(bare, lists=(*lists, *notices), unsure=tuple(remarks)), drafted


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPager:
    """The link to the next page of a list: patterns for its text (`text`) and its address (`href`), and the address."""

    text: str
    href: str
    url: str


def find_pager(links: Sequence[Link], url: str) -> FoundPager | None:
    """Return the link to the next page of the list on a page; None if there is none.

    - `links`: the links on the page. `url`: the address of the page.

    The address of the next page differs from `url` only in a number.
    """
    for link in links:
        named, numbered = NEXT_TEXT.match(link.text), PAGE_IN_ADDRESS.search(link.url)
        own, other = urlsplit(url), urlsplit(link.url)
        if not named or not numbered or own.netloc != other.netloc:
            continue
        base = re.sub(r"/page/\d+/?$", "", other.path).rstrip("/")
        if base == re.sub(r"/page/\d+/?$", "", own.path).rstrip("/"):
            href = re.sub(r"\d+", lambda _: r"\d+", literal(numbered[0]))
            return FoundPager(text=f"^{literal(named[1].capitalize())}", href=href, url=link.url)
    return None


def _further_pages(
    context: TrialContext, pager: FoundPager, hosts: frozenset[str], unsure: list[str]
) -> list[DraftedFile]:
    """Fetch the next pages of a list, some of them; one that can't be fetched ends them, which is noted."""
    pages: list[DraftedFile] = []
    seen: set[str] = set()
    following: FoundPager | None = pager
    while following and following.url not in seen and len(pages) < MAX_DRAFTED_PAGES:
        seen.add(following.url)
        try:
            answer = context.fetcher().get(following.url, expect="html", allowed_hosts=hosts)
        except FetchError as fault:
            unsure.append(f"{following.url} can't be fetched: {fault}")
            break
        assert isinstance(answer, Answer)
        pages.append(
            DraftedFile(
                given=following.url,
                name="a further page",
                format="html",
                content=answer.content,
                charset=answer.charset,
            )
        )
        links = context.reader.page(answer.content, answer.url, charset=answer.charset, source="draft").links
        following = find_pager(links, following.url)
    return pages
