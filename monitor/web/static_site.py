"""Writes the pages of the change log into a folder, as a static site that any web host can serve.

The pages are those of `monitor web`: the same application is asked for them, in this process and without a socket, and
their links are made to lead to files. Pages are found by following links from the first page.

The steps of a publication:

1. Ask for each page that a link leads to, and write it (`_Crawl.follow`). Files that it shows come first.
2. Write the lists and the log as data files, the tiles of the evidence log, and `datapackage.json`.
3. Write the checksums of all files, and last of all the first page; then remove what no longer belongs.

A killed publication leaves the first page of before, and whole files; the next one completes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import deque
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

from monitor.changelog import listed
from monitor.errors import MonitorError
from monitor.store import changelog, leaves, metrics, pages, read_only
from monitor.store.drawn import is_served_page
from monitor.store.parts import name_of_part
from monitor.times import day_in_words, instant, moment
from monitor.web import static_tables, static_tiles, templates
from monitor.web.app import application
from monitor.web.parameters import LogParameters
from monitor.web.static_folder import StaticFolder
from monitor.web.static_html import addresses_in, static_feed, static_json, static_page
from monitor.web.static_paths import OWN_FILES, PACKAGE, PAGE_NAME, TILES_README, StaticPaths, Target, named, relative

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from starlette.applications import Starlette

    from monitor.web.context import Site
    from monitor.web.static_folder import Published

LOCAL_HOST = "localhost"  # which the application takes for its own, whatever its address is
MAX_ROUNDS = 3  # in which all is written again because the log has grown meanwhile
DOCUMENT_STATES = ("missing", "changed")
LIST_OF_API = re.compile(r"api/list/[^/]+/[^/]+\.json")


class PublishError(MonitorError):
    """A page could not be made, so the publication was given up; what was published before stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a static site has beside its pages.

    - `files`: which kept files: "none", "reports" (those of reports, not of linked documents) or "all".
    - `pictures`: which pictures of pages: "none", "entries" (those of entries of the log) or "all".
    """

    files: str = "reports"
    pictures: str = "entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the application answers to a request: the status, the headers in small letters, and the content."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is an HTML page."""
        return self.headers.get("content-type", "").startswith("text/html")


def publish(
    site: Site, folder: Path, contents: Contents, *, tell: Callable[[int, int], None], if_changed: bool = False
) -> Published | None:
    """Write the static site into a folder; return what was done.

    - `site`: the pages; its `access.address` is where the static site will be, "" if that is not known.
    - `tell`: a function that is called with the number of pages that are done, and of those that are known.
    - `if_changed`: whether to do nothing, and return None, if the folder shows the present history already.

    Raises RefusedError if the folder is not ours or can't be written, and PublishError.
    """
    with StaticFolder.opened(folder) as there:
        for round_number in range(MAX_ROUNDS):
            mark = publication_mark(site, contents)
            if if_changed and mark == there.mark:
                return None
            there.begin()
            as_of = _last_look(site)
            copy = replace(site, is_copy=True, now=lambda as_of=as_of: as_of)
            asyncio.run(_Crawl(site=copy, folder=there, contents=contents, tell=tell).write(mark))
            if mark == publication_mark(site, contents) or round_number + 1 == MAX_ROUNDS:
                break
    return there.done


def publication_mark(site: Site, contents: Contents) -> str:
    """Return a text that changes when the static site would say anything else than when a list was last looked at."""
    looks = metrics.source_looks(site.store, site.config.pauses(), now=site.now())
    question = listed.Question.of(site.config, now=site.now())
    standings = [
        (source, name, version.id, str(state))
        for source in site.config.sources
        for name, version, state in listed.lists_at(site.store, question, source)
    ]
    parts = (
        read_only.lasting_mark(site.store), [(look.source, str(look.state)) for look in looks], standings,
        templates.fingerprint(), site.edition, site.access.address, site.published_mark, repr(contents),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _last_look(site: Site) -> datetime:
    """Return the time as of which a copy is true: that of the last look at anything, or now if there was none."""
    at = read_only.last_look(site.store)
    return moment(at) if at else site.now()


@dataclass(kw_only=True)
class _Crawl:
    """One walk through all pages, from the first one along the links."""

    site: Site
    folder: StaticFolder
    contents: Contents
    tell: Callable[[int, int], None]
    _todo: deque[Target] = field(default_factory=deque)
    _seen: set[str] = field(default_factory=set)  # the files that were written, or will be
    _data: dict[str, bytes] = field(default_factory=dict)  # the files that the data package describes
    _first: bytes = b""

    def __post_init__(self) -> None:
        self._app = application(self.site)
        self._ids: dict[str, list[int]] = {}
        self._paths = StaticPaths(
            ids_of=self._numbers, has_address=bool(self.site.access.address), is_left_out=self._is_left_out
        )

    async def write(self, mark: str) -> None:
        """Write all files; the first page is the last one."""
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
            *("/documents", *(f"/documents?show={each}" for each in DOCUMENT_STATES), "/api/documents"),
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
        if target and target.file not in OWN_FILES and target.file not in self._seen and not is_shown(target):
            self._seen.add(target.file)
            self._todo.append(target)
        return target

    async def _follow(self, target: Target) -> None:
        """Make one page or file, and note the pages that it links."""
        answer = await self._ask(target.address)
        content = answer.content
        if answer.is_page:
            page = content.decode()
            for address in addresses_in(page):
                linked = self._meet(address)
                if linked and is_shown(linked):
                    await self._show(address, linked)
            content = static_page(
                page,
                lambda address: self._link(address, of=target.file),
                in_place_of_form=self._in_place_of_form(target.address),
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

    async def _ask(self, address: str) -> Answer:
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

        One that is there is not made again, since it never changes.
        """
        if target.file in self._seen:
            return
        self._seen.add(target.file)
        if self.folder.keep(target.file):
            return
        answer = await asked(self._app, address)
        if answer.status == 200:
            self.folder.put(target.file, answer.content)
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
        base = self.site.access.address
        page = self._meet(target.address.replace("/log.atom", "/log"))
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
            return f"<p>Entries of {every}, or of one: {_links('/log?source=', sources)}.</p>"
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
                content = self._data.get(named(f"/api/list/{source}/{name}") + ".json", b"{}")
                if "records" not in json.loads(content):
                    continue
                description = site.config.list_description(source, name)
                fields = {each: site.titles.of_field(source, name, each) for each in description.columns}
                title = site.titles.where(source, name)
                file, table = static_tables.list_file(source, name, title=title, titles=fields, content=content)
                files.append(file)
                written[file.path] = table
        written[PACKAGE] = static_tables.package(
            files, head=changelog.head(site.store), address=site.access.address
        )
        written[TILES_README] = static_tiles.README.encode()
        return written | dict(static_tiles.tiles(leaves.hashes(site.store, leaves.tree(site.store).size)))


def is_picture(path: str) -> bool:
    """Return whether a path is that of a picture of a page of a file."""
    return path.endswith(".png") and path.startswith(("/amendment/", "/record/", "/document/"))


def is_shown(target: Target) -> bool:
    """Return whether a file is a picture or a kept file, which a page leaves out if it can't be had."""
    return is_picture(f"/{target.file}") or target.file.startswith("file/")


def _links(address: str, named: dict[str, str]) -> str:
    """Return links in HTML: to `address` followed by each name, with its title."""
    return " \u00b7 ".join(f'<a href="{address}{quote(name)}">{title}</a>' for name, title in named.items())


async def asked(application: Starlette, address: str) -> Answer:
    """Ask an application for an address, in this process, and return its answer."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", LOCAL_HOST.encode())],
        "client": None,
        "server": (LOCAL_HOST, 80),
    }
    status, headers, parts = 0, {}, []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # a request without a body, from somebody who never hangs up
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update({name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]})
        else:
            parts.append(message.get("body", b""))

    await application(scope, receive, send)
    return Answer(status=status, headers=headers, content=b"".join(parts))
