"""Notes in the account what no list was read from on a web page: sections, further pages, struck-out text."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from monitor.config.gone_words import GONE_WORDS
from monitor.extract.account import MAX_PASSED_TEXTS
from monitor.extract.listed_no_more import DAILY_FIGURES, LISTED_THINGS
from monitor.extract.page.own_items import is_whole_link, names_a_place
from monitor.extract.page.sections import CELL_TAGS
from monitor.extract.page.tree import has_end
from monitor.extract.values import folded
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.page.flow import Block, Flow
    from monitor.extract.page.sections import Section

# The text of a link or button that leads to more of a list.
PAGER = re.compile(
    r"\W*(?:(?:next|more|older|load more|show more|view more|see more|show all|view all|see all)"
    r"(?: (?:page|results|items|entries|jurisdictions|records))?)\W*",
    re.IGNORECASE,
)
# The end of an address that tells which page of several it is: `?page=1`, `/page/2`.
PAGE_ADDRESS = re.compile(r"(?:[?&](?:page|pg|p|paged|start|offset)=|/page/)\d+", re.IGNORECASE)
# What a page says of the entries that it shows: `Showing 1 to 25 of 79 entries`, `Displaying 1 - 25 of 79`.
SHOWN_PART = re.compile(
    r"\b(?:showing|displaying|viewing)\W+(?:\w+\s){0,2}(\d[\d,]{0,8})\s*(?:to|through|-|\u2013|\u2014)\s*(\d[\d,]{0,8})"
    r" of (\d[\d,]{0,8})",
    re.IGNORECASE,
)
# A sentence by which a page says of itself, or of its list, that it is in effect no more.
OUT_OF_EFFECT = re.compile(
    r"\barchived content\b|\b(?:this|the) (?:web ?)?(?:page|list|document|publication|content|information)"
    rf"(?: of (?:\w+ ){{0,2}}(?:{LISTED_THINGS}))? (?:is|was|has been)(?: now| since| hereby)? (?:archived|superseded"
    rf"|retracted|outdated|out of date|{GONE_WORDS}|no longer (?:current|in effect|in force|updated|valid))\b",
    re.IGNORECASE,
)
MAX_STATEMENT_CHARACTERS = 120  # of a text that says it
MAX_NUMBER_CHARACTERS = 4  # of the number of a page
ENTRY_TAGS = frozenset({"li", "dd", "tr"})  # elements that hold one entry of a list or table
MIN_HIDDEN_ENTRIES = 2  # on a page: a single one is rather taken off the list than folded away
MAX_STRUCK = 50  # struck-out texts that are accounted for one by one
MAX_TRIED = 40  # items of a section that are looked up as places
MIN_ITEMS = 2  # a section with fewer items between described lists is no reason to hold a page that always had it
MIN_FITTING_SHARE = 0.8  # the share of items that must look like those of a list
MIN_PLACES_SHARE = 0.5  # the share of items that must be names of places


def account_for_page(
    content: bytes, root: Element, page: Flow, lists: Mapping[str, ListDescription], account: Account
) -> None:
    """Note in the account a missing end of the page, signs of further pages, and texts that are struck out.

    A page whose configuration describes only paragraphs, and no lists or tables, is not looked at.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    if not any(each.item or each.columns for each in lists.values()):
        return
    if not has_end(content):
        message = "the end of the page is missing; was it cut off on the way?"
        account.pass_over(PassedOverKind.END, "end", message=message, holds=True)
    pager = next(filter(_is_pager, root.iter("a", "link", "button")), None)
    if pager is not None:
        text = folded("".join(islice(pager.itertext(), 10)))[:80]
        message = f"the page has a link to further pages, {text!r}, and these are not read; see `pager`"
        account.pass_over(PassedOverKind.PAGER, "pager", message=message, holds=True)
    if part := next(filter(None, (_shown_part(block.text) for block in page.blocks)), None):
        message = f"the page says that it shows only a part of its list: {part!r}"
        account.pass_over(PassedOverKind.PAGER, "shown part", message=message, holds=True)
    for block in page.blocks:
        is_prose = not (block.item or block.chrome or block.element.tag in CELL_TAGS)
        if is_prose and (said := OUT_OF_EFFECT.search(text := folded(block.text))):
            message = (
                f"the page says {text[max(said.start() - 40, 0) : said.end() + 40]!r}; is its list still in effect?"
            )
            where = DAILY_FIGURES.sub("", text[:MAX_STATEMENT_CHARACTERS])
            account.pass_over(PassedOverKind.SECTION, where, message=message, holds=True)
    hidden = chain.from_iterable(element.iter(*ENTRY_TAGS, "p") for element in page.hidden)
    entries = list(islice(hidden, MAX_PASSED_TEXTS))
    if len(entries) >= MIN_HIDDEN_ENTRIES:
        message = "they are on the page, but hidden; is there a part that a reader unfolds?"
        cells = chain.from_iterable(each.iter("td", "th") if each.tag == "tr" else (each,) for each in entries)
        texts = [folded("".join(islice(each.itertext(), 10))) for each in cells]
        account.pass_over(PassedOverKind.ITEMS, "hidden", texts, message=message)
    for text, element in page.struck[:MAX_STRUCK]:
        entry = _is_entry(element) or _look_like_records([text], lists)
        account.pass_over(PassedOverKind.STRUCK, text, [text], message=f"{text[:80]!r} is struck out", holds=entry)


def _shown_part(text: str) -> str | None:
    """Return what a text says of the entries that the page shows, if it has more than these; else None."""
    found = SHOWN_PART.search(text) if len(text) <= MAX_STATEMENT_CHARACTERS else None
    if found is None:
        return None
    first, last, all_ = (int(number.replace(",", "")) for number in found.groups())
    return folded(text) if first <= last and (first > 1 or last < all_) else None


def _is_entry(element: Element) -> bool:
    """Return whether an element is an item of a list or a row of a table, or is inside one."""
    return element.tag in ENTRY_TAGS or any(above.tag in ENTRY_TAGS for above in element.iterancestors())


def account_for_sections(
    page: Sequence[Section], taken: set[int], lists: Mapping[str, ListDescription], account: Account
) -> None:
    """Note in the account the sections with items that no list was read from.

    `taken` has the indices of the sections that a list was read from. A section between two of these may have items
    that look like records. Then the page is suspected to be misread, even if the section was always there, since its
    heading is probably another word for a described one.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    for index, section in enumerate(page):
        blocks = [block for block in section.blocks if block.item]
        texts = [folded(block.text) for block in blocks]
        if index in taken or not texts or all(map(_leads_down, blocks)):
            continue
        fits = _look_like_records(texts, lists)
        stand = "stands 1 item" if len(texts) == 1 else f"stand {len(texts)} items"
        message = f"under the heading {section.title!r} {stand} that no list takes"
        account.pass_over(PassedOverKind.SECTION, section.title, texts, message=message, holds=fits)
        if fits and len(texts) >= MIN_ITEMS and taken and min(taken) < index < max(taken):
            account.suspect(f"{message}, between lists that are described")


def _leads_down(block: Block) -> bool:
    """Return whether an item is nothing but a link to another part of the same page, as in a table of contents."""
    link = next(block.owner.iter("a"), None)
    return link is not None and link.get("href", "").startswith("#") and is_whole_link(block)


def _look_like_records(texts: Sequence[str], lists: Mapping[str, ListDescription]) -> bool:
    """Return whether texts could be records: most look like the items of a list, and many are names of places."""
    patterns = [each.item for each in lists.values() if each.item and each.item.groupindex.keys() != {"_"}]
    fitting = max((sum(pattern.search(text) is not None for text in texts) for pattern in patterns), default=0)
    if fitting < MIN_FITTING_SHARE * len(texts):
        return False
    tried = list(islice(texts, MAX_TRIED))
    return sum(map(names_a_place, tried)) >= MIN_PLACES_SHARE * len(tried)


def _is_pager(element: Element) -> bool:
    """Return whether an element leads to the next page of a list, or makes the page show more of the list."""
    if element.get("rel", "").lower() == "next" or _is_page_number(element):
        return True
    if element.tag == "link" or any(each.tag in {"nav", "header", "footer"} for each in element.iterancestors()):
        return element.tag != "link" and "page=" in element.get("href", "") and _says_more(element)
    return _says_more(element)


def _is_page_number(element: Element) -> bool:
    """Return whether a link is a number that leads to another page of the list."""
    text = folded("".join(islice(element.itertext(), 10)))
    return (
        len(text) <= MAX_NUMBER_CHARACTERS
        and text.isdecimal()
        and PAGE_ADDRESS.search(element.get("href", "")) is not None
    )


def _says_more(element: Element) -> bool:
    return PAGER.fullmatch(folded("".join(islice(element.itertext(), 10)))) is not None
