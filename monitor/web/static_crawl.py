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
from monitor.web.app import application
from monitor.web.in_process import asked
from monitor.web.outlines import inlined
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

    from monitor.web.context import Site
    from monitor.web.in_process import AppAnswer
    from monitor.web.static_folder import StaticFolder

LIST_OF_API = re.compile(r"api/list/[^/]+/[^/]+\.json")


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

    - `site`: the pages. `folder`: where the files are written.
    - `contents`: which kept files and pictures are written too.
    - `tell`: a function that is called with the number of pages that are done, and of those that are known.
    """

    site: Site
    folder: StaticFolder
    contents: SiteContents
    tell: Callable[[int, int], None]
    _todo: deque[Target] = field(default_factory=deque)
    _seen: set[str] = field(default_factory=set)  # the files that were written, or will be
    _data: dict[str, bytes] = field(default_factory=dict)  # the files that the data package describes
    _names: dict[str, str] = field(default_factory=dict)  # of kept files, by their addresses
    _first: bytes = b""  # the first page of the site

    def __post_init__(self) -> None:
        self._app = application(self.site)
        self._ids: dict[str, list[int]] = {}
        self._paths = StaticPaths(
            ids_of=self._numbers, has_address=bool(self.site.access.address), is_left_out=self._is_left_out
        )

    async def write(self, mark: str) -> None:
        """Write all files; the first page of the site is written last.

        `mark` says what is published (see `publication_mark`).

        Raises PublishError if a page can't be made, and OSError if a file can't be written.
        """
        for address in self._beginnings():
            self._meet(address)
        done = 0
        while self._todo:
            await self._follow(self._todo.popleft())
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
            self._todo.append(target)
        return target

    async def _follow(self, target: Target) -> None:
        """Make one page or file, and note the pages that it links."""
        answer = await self._ask(target.address)
        content = answer.content
        if answer.is_page:
            page = inlined(content.decode())
            for address in addresses_in(page):
                linked = self._meet(address)
                if linked and is_shown(linked):
                    await self._show(address, linked)
            content = static_page(
                page,
                lambda address: self._link(address, of=target.file),
                in_place_of_form=self._in_place_of_form(target.address),
                names=self._names,
            ).encode()
        elif target.file.startswith("api/"):
            content = static_json(content, lambda address: self._next(address, of=target.file))
        elif target.file.endswith(".atom"):
            content = self._feed(target, content)
        if target.file == PAGE_NAME:
            self._first = content
            return
        self._note_data(target, content)
        self.folder.put(target.file, content)

    async def _ask(self, address: str) -> AppAnswer:
        """Ask the application for a page. Raises PublishError if it could not be made."""
        try:
            answer = await asked(self._app, address)
        except Exception as fault:  # whatever it is, the page is not published
            raise PublishError(f"the page {address} could not be made: {fault!r}; see what was logged") from fault
        if answer.status >= 500:
            raise PublishError(f"the page {address} could not be made: {answer.content[:300].decode(errors='replace')}")
        return answer

    async def _show(self, address: str, target: Target) -> None:
        """Write a picture or a kept file; if it can't be had, take its address out of the static site.

        A picture that is there is not drawn again, since it never changes.
        """
        if target.file in self._seen:
            return
        self._seen.add(target.file)
        if is_picture(f"/{target.file}") and self.folder.keep(target.file):
            return
        answer = await asked(self._app, address)
        if answer.status == 200:
            self.folder.put(target.file, answer.content)
            if found := re.search(r'filename="([^"]*)"', answer.headers.get("content-disposition", "")):
                self._names[address] = found[1]
        else:
            self._paths.leave_out(address)

    def _link(self, address: str, *, of: str) -> str | None:
        target = self._paths.target(address)
        return relative(target.file, of=of) if target else None

    def _next(self, address: str, *, of: str) -> str | None:
        """Return the link to the next part of an answer of the API, which is written too."""
        self._meet(address)
        return self._link(address, of=of)

    def _feed(self, target: Target, content: bytes) -> bytes:
        """Return a feed whose links lead to the static site: to the page of its place, or of the log."""
        base = self.site.access.address
        place = dict(parse_qsl(target.address.partition("?")[2])).get("jurisdiction")
        page = self._meet(f"/jurisdiction/{quote(place)}" if place else target.address.replace("/log.atom", "/log"))
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


def _links(address: str, named: dict[str, str]) -> str:
    """Return links in HTML: to `address` followed by each name, with its title."""
    return " \u00b7 ".join(f'<a href="{address}{quote(name)}">{title}</a>' for name, title in named.items())
