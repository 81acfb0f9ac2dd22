"""Fetches all parts of a report that consists of several files or pages, and makes one version of them.

The parts are fetched one after the other. While they are, a record may move from one part to another; it would then
seem lost, or seem to be there twice. So a version is made only if two looks in a row have found the same parts: then
all of them were online together in the time between the two looks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from monitor.errors import GoneError, LayoutError
from monitor.fetch.links import file_name, latest_link, next_page
from monitor.store.parts import (
    MissingPart,
    Part,
    digest_of_parts,
    missing_parts,
    note_missing_parts,
    part_of_capture,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from monitor.config.reports import Pager, ReportDescription
    from monitor.steps.captures import Captures, SourcePage

Shown = TypeVar("Shown")
MAX_LOOKS_AT_PARTS = 4  # at all parts in one poll, until two in a row find the same
MAX_PARTS_OF_REPORT = 100  # of a report that is several files
MAX_WHOLE_BYTES = 200_000_000  # bytes of all parts of a version together, which are read as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All parts of a report, as they were online together at one time.

    `in_order`: whether their order counts, as with the pages of a list.
    """

    parts: tuple[Part, ...]
    in_order: bool

    @property
    def digest(self) -> str:
        """The hash of the content of all parts."""
        return digest_of_parts(self.parts, in_order=self.in_order)

    def file_name(self, report: str) -> str:
        """Return the text that takes the place of the version's file name, like `directory (3 files)`."""
        what = "page" if self.in_order else "file"
        return f"{report} ({len(self.parts)} {what}{'' if len(self.parts) == 1 else 's'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Generic[Shown]):
    """One page of a list that fills several pages.

    - `url`, `digest`: its address, and the hash of its content.
    - `links`: the addresses of the links on it that fit the pager.
    - `sends_to`: the address to which the page redirects; None if it does not.
    - `page`: the page itself, in the form that the caller uses.
    """

    url: str
    digest: str
    links: tuple[str, ...]
    sends_to: str | None
    page: Shown


def follow_pager(
    first: ListPage[Shown],
    read: Callable[[str], ListPage[Shown]],
    pager: Pager,
    *,
    where: str,
    source: str,
    hosts: Collection[str],
) -> list[Shown]:
    """Return all pages of a list, in order.

    - `first`: the page on which it begins. `read`: a function that returns the page at an address.
    - `pager`: how the links to further pages are known. `where`: its place in the configuration, for messages.
    - `source`, `hosts`: the name of the source, and the servers that may be asked for it.

    Raises LayoutError if the pager leads in a circle or to another server, or if there are more than `at_most` pages.
    Errors of `read` are passed on.
    """
    pages, visited = [first], {first.url}
    while True:
        here, count = pages[-1], len(pages)
        step = next_page(here.links, here=here.url, visited=visited, by_text=pager.text is not None)
        if step.leads_back_to:
            raise _pager_fault(where, f"page {count} ({here.url}) leads back to {step.leads_back_to}")
        if step.url is None:
            return [each.page for each in pages]
        if urlsplit(step.url).hostname not in hosts:
            raise _pager_fault(
                where,
                f"page {count} leads to another server, {step.url}; if the list goes on there, name it in "
                f"sources.{source}.hosts",
            )
        if count >= pager.at_most or len(visited) >= 2 * pager.at_most:
            raise _pager_fault(
                where,
                f"goes on after {pager.at_most} pages, to {step.url}; if that is right, give it a larger `at_most`",
            )
        page = read(step.url)
        visited.add(step.url)
        if page.sends_to:
            raise _pager_fault(where, f"{step.url} sends its reader on to {page.sends_to}")
        same = next((number for number, each in enumerate(pages, start=1) if each.digest == page.digest), None)
        if same is None:
            pages.append(page)
        elif pager.text is not None:
            raise _pager_fault(where, f"page {count + 1} ({step.url}) says the same as page {same}")
        # Else a number that leads to a page by another address, as `?page=0` does to the first one.


def _pager_fault(where: str, why: str) -> LayoutError:
    return LayoutError(f"{where}: {why}; no version was made of it")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsPoll:
    """Fetches the parts of one report during one poll.

    - `captures`: fetches and keeps the parts.
    - `name`, `description`: the report's name in the configuration, and its description.
    - `latest`, `digest`: the parts of its latest version and the hash of their content; () and None without a version.
    - `check_time`: a function that raises LayoutError if the poll must stop now.
    - `min_misses`: how many polls in a row must find a part gone before a version goes on without it.
    - `faults`: sentences about what failed and did no harm; the methods add to them.
    """

    captures: Captures
    name: str
    description: ReportDescription
    latest: tuple[Part, ...]
    digest: str | None
    check_time: Callable[[], None]
    min_misses: int
    faults: list[str]

    @property
    def known(self) -> dict[str, Part]:
        """The parts of the latest version whose files are in the archive, by the hash of their content."""
        archive = self.captures.context.archive
        return {each.digest: each for each in self.latest if archive.has(each.sha256)}

    @property
    def _page(self) -> str:
        return self.captures.context.config.sources[self.captures.source].page

    def of_pages(self, first: SourcePage) -> Whole:
        """Follow the pager from the source's page, `first`, and return all pages of the list.

        If a page has changed while others were read, all pages are read again. Raises FetchError if a page can't be
        fetched. Raises LayoutError if the pager leads in a circle, to another server or to too many pages, or if the
        pages change at each look.
        """
        try:
            found = self._pages_from(first)
            for _ in range(MAX_LOOKS_AT_PARTS - 1):
                if found.digest == self.digest:
                    return found
                before, found = found, self._pages_from(self.captures.page())
                if before.digest == found.digest:
                    return found
        except GoneError as gone:  # the first page is there, so the report is not gone
            raise _pager_fault(self._where, str(gone)) from gone
        raise LayoutError(f"{first.url}: the list changes while its pages are read; the next poll tries again")

    def _pages_from(self, first: SourcePage) -> Whole:
        pager, known = self.description.pager, self.known
        assert pager is not None

        def shown(page: SourcePage) -> ListPage[SourcePage]:
            links = (page.links.chosen or {}).get(self.name, {})
            return ListPage(
                url=page.url,
                digest=page.digest,
                links=tuple(url for urls in links.values() for url in urls),
                sends_to=page.sends_to,
                page=page,
            )

        def read(url: str) -> ListPage[SourcePage]:
            self.check_time()
            return shown(self.captures.page(url, known))

        pages = follow_pager(
            shown(first), read, pager, where=self._where, source=self.captures.source, hosts=self.captures.allowed_hosts
        )
        store = self.captures.context.store
        parts = (
            part_of_capture(store, page.capture_id, key=str(number), name=f"web page {number}")
            for number, page in enumerate(pages, start=1)
        )
        return Whole(parts=tuple(parts), in_order=True)

    @property
    def _where(self) -> str:
        return f"sources.{self.captures.source}.reports.{self.name}.pager"

    def linked(self, page: SourcePage | None) -> dict[str, str]:
        """Return the address of each part that the page links, by the part's key.

        If the page links several files for one part, the latest one counts. If `page` is None, because the page is
        gone, return the addresses in the latest version, as far as their servers may be asked.
        """
        last = {each.key: each.url for each in self.latest}
        if page is None:
            return {key: url for key, url in last.items() if urlsplit(url).hostname in self.captures.allowed_hosts}
        linked_before = page.before.addresses if page.before else None
        chosen = (page.links.chosen or {}).get(self.name, {})
        return {
            key: latest_link(
                list(dict.fromkeys(urls)),
                known=last.get(key),
                was_linked=lambda url: linked_before is None or url in linked_before,
            )
            for key, urls in chosen.items()
        }

    def of_files(self, linked: Mapping[str, str], page: SourcePage | None) -> Whole | None:
        """Fetch all files of the report and return them; None if some are missing, which may be only for a while.

        - `linked`: the addresses of the files that the page links, by the key of the part.
        - `page`: the page; None if it is gone.

        A missing part counts as gone only after `min_misses` polls in a row have missed it; a note in `captures.notes`
        says so each time.

        Raises FetchError if a part can't be fetched, GoneError if all parts are gone, and LayoutError if there are too
        many parts or if they change at each look.
        """
        if len(linked) > MAX_PARTS_OF_REPORT:
            raise LayoutError(
                f"{self._page}: links {len(linked):,} files as {self.name!r}; at most {MAX_PARTS_OF_REPORT} are parts "
                f"of one report; narrow sources.{self.captures.source}.reports.{self.name}.match"
            )
        found, gone = self._look(linked)
        if linked and not found:
            raise next(iter(gone.values()))
        if page:
            names = {each.key: each.name for each in self.latest}
            gone |= {
                key: GoneError(page.url, f"no longer links {names[key]}, a part of the report {self.name!r}")
                for key in self._unlinked(linked, found)
            }
        if not self._may_go_without(gone, page):
            return None
        whole = self._whole(found)
        for _ in range(MAX_LOOKS_AT_PARTS - 1):
            if whole.digest == self.digest:
                return whole
            found, gone = self._look({key: url for key, (url, _) in found.items()})
            if gone:
                break
            before, whole = whole, self._whole(found)
            if before.digest == whole.digest:
                return whole
        raise LayoutError(
            f"{self._page}: the files of the report {self.name!r} change while they are read; the next poll tries again"
        )

    def _look(self, linked: Mapping[str, str]) -> tuple[dict[str, tuple[str, int]], dict[str, GoneError]]:
        """Fetch each file; return the address and the capture of each by its key, and why others are not there.

        Where the page links a part at a new address, and nothing is there, the part is asked for at its last address.
        """
        found: dict[str, tuple[str, int]] = {}
        gone: dict[str, GoneError] = {}
        known = self.known
        for key, url in sorted(linked.items()):
            last = next((each.url for each in self.latest if each.key == key), url)
            for address in dict.fromkeys((url, last)):
                self.check_time()
                try:
                    found[key] = address, self._fetched(address, known)
                    break
                except GoneError as fault:
                    gone.setdefault(key, fault)
        for key in sorted(found.keys() & gone.keys()):
            told = f"{gone.pop(key)}; the part is still at {found[key][0]}"
            if told not in self.faults:
                self.faults.append(told)
        return found, gone

    def _fetched(self, url: str, known: Mapping[str, Part]) -> int:
        """Fetch one file, and return the id of its capture. Of a web page, what it says counts, and not its bytes."""
        if self.description.format == "html":
            return self.captures.page(url, known).capture_id
        return self.captures.file(url, self.description.format, known)

    def _unlinked(self, linked: Mapping[str, str], found: Collection[str]) -> list[str]:
        """Return the keys of the parts of the latest version that the page links no more.

        Without a pattern `key`, a part that was renamed has a new key. So nothing counts as gone where at least as many
        new parts were `found`.
        """
        known = {each.key for each in self.latest}
        unlinked = sorted(known - linked.keys())
        if self.description.key is None and len(unlinked) <= len(set(found) - known):
            return []
        return unlinked

    def _may_go_without(self, gone: Mapping[str, GoneError], page: SourcePage | None) -> bool:
        """Note which parts are gone, and return whether a version may be made without them.

        It may if polls enough in a row have found each of them gone. Raises LayoutError where the page links another
        file since one went, which no report matches: that may be the part.
        """
        store, source = self.captures.context.store, self.captures.source
        before = missing_parts(store, source, self.name)
        if not gone and not before:
            return True
        others = self._unclaimed(page)
        was_linked = page.before.addresses if page and page.before else frozenset(others)
        new = next((url for url in others if url not in was_linked), None)
        missing = {
            key: MissingPart(misses=before[key].misses + 1, instead=before[key].instead)
            if key in before
            else MissingPart(misses=1, instead=new)
            for key in gone
        }
        with store.transaction():
            note_missing_parts(store, source, self.name, missing)
        for key, each in missing.items():
            if each.instead in others:
                raise LayoutError(
                    f"{gone[key]}, but since then {each.instead}, which no report matches; if that is the part, change "
                    f"sources.{source}.reports.{self.name}.match"
                )
        for key, each in missing.items():
            how = "to be confirmed" if each.misses < self.min_misses else "it counts as gone now"
            if each.misses <= self.min_misses:
                self.captures.notes.append(f"{gone[key]}; {how}, found gone {each.misses} of {self.min_misses} times")
        return all(each.misses >= self.min_misses for each in missing.values())

    def _unclaimed(self, page: SourcePage | None) -> list[str]:
        """Return the addresses on the page that no report matches, and that have the ending of this report's files."""
        ending = f".{self.description.format}"
        unclaimed = page.links.unclaimed if page else ()
        return [link.url for link in unclaimed if urlsplit(link.url).path.lower().endswith(ending)]

    def _whole(self, found: Mapping[str, tuple[str, int]]) -> Whole:
        """Return the files that were found as a whole, each with a name of its own, in the order of their keys.

        Raises LayoutError if they are too large to be read as one.
        """
        store = self.captures.context.store
        parts = (
            part_of_capture(store, capture_id, key=key, name=file_name(url))
            for key, (url, capture_id) in sorted(found.items())
        )
        whole = Whole(parts=named_apart(parts), in_order=False)
        if (size := sum(part.bytes for part in whole.parts)) > MAX_WHOLE_BYTES:
            raise LayoutError(
                f"{self._page}: the files of the report {self.name!r} have {size:,} bytes together; at most "
                f"{MAX_WHOLE_BYTES:,} are read as one list"
            )
        return whole


def named_apart(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts with a different name for each: files that share a name are named by their addresses."""
    given = tuple(parts)
    count = Counter(part.name for part in given)
    return tuple(part if count[part.name] == 1 else replace(part, name=part.url) for part in given)
