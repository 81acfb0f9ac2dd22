"""Walks through all pages of the change log, from the first one along the links, and writes them as files."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from monitor.errors import MonitorError
from monitor.store import changelog, leaves, pages, read_only
from monitor.store.drawn import is_served_page
from monitor.store.parts import name_of_part
from monitor.times import day_in_words, instant
from monitor.web import static_tables, static_tiles
from monitor.web.app import answered, log_of
from monitor.web.outlines import inlined
from monitor.web.page_notes import PageNote, can_be_noted
from monitor.web.parameters import LogParameters
from monitor.web.static_html import addresses_in, static_feed, static_json, static_page
from monitor.web.static_paths import (
    PACKAGE,
    PAGE_NAME,
    SITE_FILES,
    TILES_README,
    StaticPaths,
    Target,
    relative,
    safe_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from monitor.web.context import Site
    from monitor.web.page_inputs import PageInputs
    from monitor.web.page_notes import LinkNote
    from monitor.web.static_folder import StaticFolder

# The pages that are made again only where something that they are made of differs. The others say when the lists were
# last looked at, are made of more than the database and the kept files, or are wanted for the data package.
NOTED = re.compile(
    r"/(?:amendment|jurisdiction|record|version|report|document|compare|list|documents)(?:[/?]|$)"
    r"|/log(?:$|\?|\.\w+\?)|/api/(?:amendment|jurisdiction|record|version|report|document|documents)(?:[/?]|$)"
)
LIST_OF_API = re.compile(r"api/list/[^/]+/[^/]+\.json")
TELLS_LAST_SEEN = re.compile(r"/(?:api/)?(?:report|document)")  # the noted pages that tell when a version was last seen


class PublishError(MonitorError):
    """A page could not be made, so the publication was given up; what was published before stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContents:
    """What a static site has beside its pages.

    - `files`: which kept files: "none", "reports" (those of reports, not of linked documents) or "all".
    - `pictures`: which pictures of pages: "none", "entries" (those of entries of the log) or "all".
    """

    files: str = "reports"
    pictures: str = "entries"


@dataclass(kw_only=True)
class Crawl:
    """One walk through all pages, from the first one along the links.

    - `site`: the pages. `inputs`: notes what they are made of. `folder`: where the files are written.
    - `contents`: which kept files and pictures are written too.
    - `tell`: a function that is called with the number of pages that are done, and of those that are known.
    - `before`: what the files of the last publication were made of. `notes`: what those of this one are made of.
    """

    site: Site
    inputs: PageInputs
    folder: StaticFolder
    contents: SiteContents
    tell: Callable[[int, int], None]
    before: dict[str, PageNote] = field(default_factory=dict)
    notes: dict[str, PageNote] = field(default_factory=dict)
    _todo: deque[Target] = field(default_factory=deque)
    _seen: set[str] = field(default_factory=set)  # the files that were written, or will be
    _data: dict[str, bytes] = field(default_factory=dict)  # the files that the data package describes
    _names: dict[str, str] = field(default_factory=dict)  # of kept files, by their addresses
    _first: bytes = b""  # the first page of the site

    def __post_init__(self) -> None:
        self._ids: dict[str, list[int]] = {}
        self._paths = StaticPaths(
            ids_of=self._numbers, has_address=bool(self.site.access.address), is_left_out=self._is_left_out
        )

    def write(self, mark: str) -> None:
        """Write all files; the first page of the site is written last.

        `mark` says what is published (see `publication_mark`).

        Raises PublishError if a page can't be made, and OSError if a file can't be written.
        """
        for address in self._beginnings():
            self._meet(address)
        done = 0
        while self._todo:
            self._follow(self._todo.popleft())
            done += 1
            self.tell(done, done + len(self._todo))
        for name, content in self._of_data().items():
            self.folder.put(name, content)
        self.folder.finish(mark, last={PAGE_NAME: self._first})

    def _beginnings(self) -> list[str]:
        """Return the addresses from which all pages are found."""
        sources = [quote(name) for name in self.site.config.sources]
        head = changelog.head(self.site.store)[0]
        return [
            *("/", "/about", "/checkpoint", "/log", "/log.csv", "/log.json", "/log.atom", "/log.ics", "/api/sources"),
            *("/documents", "/api/documents"),
            *(f"/map?source={source}" for source in sources),
            *(f"/log?source={source}" for source in sources),
            *(f"/list/{source}/{name}" for source in sources for name in self.site.lists_of(source)),
            *(f"/api/list/{source}/{name}" for source in sources for name in self.site.lists_of(source)),
            *(f"/amendment/{number}" for number in range(1, head + 1)),
        ]

    def _numbers(self, scope: str) -> list[int]:
        """Return the numbers of the log entries that a query of the log asks for, in their order."""
        if scope not in self._ids:
            wanted = LogParameters.model_validate(dict(parse_qsl(scope))).log_filter()
            self._ids[scope] = read_only.entry_numbers(self.site.store, wanted)
        return self._ids[scope]

    def _is_left_out(self, address: str) -> bool:
        """Return whether an address is that of a kept file or a picture that this copy does not have."""
        path = unquote(address.partition("?")[0])
        if path.startswith("/file/"):
            wanted = self.contents.files
            return wanted == "none" or (wanted == "reports" and not self._is_of_report(path.removeprefix("/file/")))
        if is_picture(path):
            wanted = self.contents.pictures
            return wanted == "none" or (wanted == "entries" and not path.startswith("/amendment/"))
        return False

    def _is_of_report(self, sha256: str) -> bool:
        """Return whether a kept file is that of a version of a report, or a part of one."""
        store = self.site.store
        return bool(
            pages.version_with_hash(store, sha256) or name_of_part(store, sha256) or is_served_page(store, sha256)
        )

    def _meet(self, address: str) -> Target | None:
        """Return the file for an address, and note that it is to be written; None if it is left out."""
        target = self._paths.target(address)
        if target and target.file not in SITE_FILES and target.file not in self._seen and not is_shown(target):
            self._seen.add(target.file)
            if target.file.endswith(PAGE_NAME):
                self._todo.append(target)
            else:  # the data of a page are made right after it: they ask the database much the same
                self._todo.appendleft(target)
        return target

    def _follow(self, target: Target) -> None:
        """Make one page or file, unless it is as before, and note the pages that it links."""
        if self._is_as_before(target):
            return
        tells = not NOTED.match(target.address) or bool(TELLS_LAST_SEEN.match(target.address))
        answer, inputs = self.inputs.recorded(lambda: self._ask(target.address), tells_last_seen=tells)
        content, links = self._written(target, answer)
        if target.file == PAGE_NAME:
            self._first = content
            return
        self._note_data(target, content)
        digest = self.folder.put(target.file, content)
        if NOTED.match(target.address) and can_be_noted(inputs):
            noted = tuple(self._link_note(each) for each in links)
            self.notes[target.file] = PageNote(address=target.address, digest=digest, inputs=inputs, links=noted)

    def _is_as_before(self, target: Target) -> bool:
        """Return whether a page would be the same as in the last publication; if so, keep it, and meet its links."""
        note = self.before.get(target.file)
        if (
            note is None
            or note.address != target.address
            or not all(map(self.inputs.is_same, note.inputs))
            or not all(_leads_to(self._paths.target(address), file) for address, file, _ in note.links)
            or not self.folder.has(target.file, note.digest)
        ):
            return False
        for address, _, _ in note.links:
            self._meet_link(address)
        if any(self._link_note(each[0]) != each for each in note.links):
            return False  # a picture or a kept file can't be had any more
        self.folder.keep(target.file, note.digest)
        self.notes[target.file] = note
        return True

    def _link_note(self, address: str) -> LinkNote:
        """Return what is noted of a link in a page: where it leads, and under which name browsers save the file."""
        target = self._paths.target(address)
        return address, target.file if target else None, self._names.get(address, "")

    def _meet_link(self, address: str) -> None:
        """Note that the file for an address is to be written; write it at once if pages show it."""
        linked = self._meet(address)
        if linked and is_shown(linked):
            self._show(address, linked)

    def _written(self, target: Target, answer: Response) -> tuple[bytes, tuple[str, ...]]:
        """Return the content of a file, made from the answer of the live page; and the addresses that it links."""
        content = bytes(answer.body)
        links: dict[str, None] = {}

        def link(address: str) -> str | None:
            links[address] = None
            found = self._paths.target(address)
            return relative(found.file, of=target.file) if found else None

        def following(address: str) -> str | None:
            self._meet(address)
            return link(address)

        if answer.media_type == "text/html":
            page = inlined(content.decode())
            for address in addresses_in(page):
                links[address] = None
                self._meet_link(address)
            replacement = self._in_place_of_form(target.address)
            content = static_page(page, link, in_place_of_form=replacement, names=self._names).encode()
        elif target.file.startswith("api/"):
            content = static_json(content, following)
        elif target.file.endswith(".atom"):
            address = _page_of_feed(target.address)
            self._meet(address)
            links[address] = None
            content = self._feed(target, content, self._paths.target(address))
        return content, tuple(links)

    def _ask(self, address: str) -> Response:
        """Ask for a page. Raises PublishError if it could not be made."""
        try:
            answer = answered(self.site, address)
        except Exception as fault:  # whatever it is, the page is not published
            log_of.exception("web.failed")
            raise PublishError(f"the page {address} could not be made: {fault!r}; see what was logged") from fault
        if answer.status_code >= 500:
            said = bytes(answer.body)[:300].decode(errors="replace")
            raise PublishError(f"the page {address} could not be made: {said}")
        return answer

    def _show(self, address: str, target: Target) -> None:
        """Write a picture or a kept file; if it can't be had, take its address out of the static site.

        A file that is there is neither drawn nor copied again, as long as what it is made of is the same.
        """
        if target.file in self._seen:
            return
        self._seen.add(target.file)
        note = self.before.get(target.file) or self._note_of_picture(address, target)
        if note and all(map(self.inputs.is_same, note.inputs)) and self.folder.has(target.file, note.digest):
            self.folder.keep(target.file, note.digest)
        elif not note or note.digest or not all(map(self.inputs.is_same, note.inputs)):
            note = self._shown(address, target)
        self.notes[target.file] = note
        if not note.digest:
            self._paths.leave_out(address)
        if note.name:
            self._names[address] = note.name

    def _note_of_picture(self, address: str, target: Target) -> PageNote | None:
        """Return a note of a picture that another release, or another configuration, has drawn: it shows the same."""
        digest = self.folder.before.get(target.file, "")
        return PageNote(address=address, digest=digest, inputs=()) if digest and is_picture(f"/{target.file}") else None

    def _shown(self, address: str, target: Target) -> PageNote:
        """Make a picture or a kept file; return the note of it, which has no digest if it can't be had."""
        answer, inputs = self.inputs.recorded(lambda: answered(self.site, address))
        if answer.status_code != 200:
            return PageNote(address=address, digest="", inputs=inputs)
        digest = self.folder.put(target.file, bytes(answer.body))
        found = re.search(r'filename="([^"]*)"', answer.headers.get("content-disposition", ""))
        return PageNote(address=address, digest=digest, inputs=inputs, name=found[1] if found else "")

    def _feed(self, target: Target, content: bytes, page: Target | None) -> bytes:
        """Return a feed whose links lead to the static site: `page` is the page of its place, or of the log."""
        base = self.site.access.address
        addresses = {"own": target.file, "page": page.file if page else PAGE_NAME}
        return static_feed(
            content, **{name: f"{base}/{quote(file.removesuffix(PAGE_NAME))}" for name, file in addresses.items()}
        )

    def _in_place_of_form(self, address: str) -> str:
        """Return the HTML that stands where the live page has a form."""
        titles = self.site.titles
        sources = {name: escape(titles.of_source(name)) for name in self.site.config.sources}
        if address == "/":
            now = instant(self.site.now())
            return (
                f"<p>This is a copy of {day_in_words(now)}, {now[11:16]} UTC: what it says of the present was so then. "
                f"Is a place listed? These name all places: {_links('/map?source=', sources)}.</p>"
            )
        if address.partition("?")[0] == "/map":
            return f"<p>Maps: {_links('/map?source=', sources)}.</p>"
        if address.partition("?")[0] == "/log":
            every = '<a href="/log">all sources</a>'
            source = dict(parse_qsl(address.partition("?")[2])).get("source", "")
            lists = {name: escape(titles.of_list(source, name)) for name in self.site.lists_of(source)}
            named = f" Lists of this source: {_links(f'/list/{quote(source)}/', lists)}." if lists else ""
            return f"<p>Entries of {every}, or of one: {_links('/log?source=', sources)}.{named}</p>"
        return ""

    def _note_data(self, target: Target, content: bytes) -> None:
        """Keep in mind what the data package says of a file."""
        if target.file in {"log.csv", "log.json"} or LIST_OF_API.fullmatch(target.file):
            self._data[target.file] = content

    def _of_data(self) -> dict[str, bytes]:
        """Return the data package, its lists as CSV, and the tiles of the evidence log: their content by their path."""
        site, written = self.site, {}
        files = static_tables.log_files(self._data["log.csv"], self._data["log.json"])
        for source in site.config.sources:
            for name in site.lists_of(source):
                content = self._data.get(safe_path(f"/api/list/{source}/{name}") + ".json", b"{}")
                if "records" not in json.loads(content):
                    continue
                columns = description.columns if (description := site.config.list_description(source, name)) else ()
                fields = {each: site.titles.of_field(source, name, each) for each in columns}
                title = site.titles.where(source, name)
                file, table = static_tables.list_file(source, name, title=title, titles=fields, content=content)
                files.append(file)
                written[file.path] = table
        written[PACKAGE] = static_tables.package(files, head=changelog.head(site.store), address=site.access.address)
        written[TILES_README] = static_tiles.TILES_TEXT.encode()
        return written | dict(static_tiles.tiles(leaves.hashes(site.store, leaves.tree(site.store).size)))


def is_picture(path: str) -> bool:
    """Return whether a path is that of a picture: of a page of a PDF file, or of a record on it."""
    return path.endswith(".png") and path.startswith(("/amendment/", "/record/", "/document/"))


def is_shown(target: Target) -> bool:
    """Return whether a file is a picture or a kept file. If it can't be had, pages do without it."""
    return is_picture(f"/{target.file}") or target.file.startswith("file/")


def _leads_to(target: Target | None, file: str | None) -> bool:
    """Return whether a link leads to `file`, or can: a picture that could not be had is tried again."""
    return (target.file if target else None) == file or (file is None and target is not None and is_shown(target))


def _page_of_feed(address: str) -> str:
    """Return the address of the page with the same entries as a feed: that of its place, or of the log."""
    place = dict(parse_qsl(address.partition("?")[2])).get("jurisdiction")
    return f"/jurisdiction/{quote(place)}" if place else address.replace("/log.atom", "/log")


def _links(address: str, named: dict[str, str]) -> str:
    """Return links in HTML: to `address` followed by each name, with its title."""
    return " \u00b7 ".join(f'<a href="{address}{quote(name)}">{title}</a>' for name, title in named.items())
