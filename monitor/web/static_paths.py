"""Says in which file of the static site each page is, and how one file links to another.

An address is what a link of the live pages has: a path, and perhaps a query, like `/map?source=ice-287g`. A page is
written to `index.html` in a folder of its name, so that its live address also leads to it on any web host.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE_NAME = "index.html"
ENTRIES_ON_A_PAGE = 100  # of the log; the first page has up to twice as many
MAX_NAME_BYTES = 200  # of the name of a file or folder; a longer one is cut, and gets a hash
# The pages that need a server, or that only help those who run the program; and packets of evidence.
NEEDS_SERVER = re.compile(
    r"/(?:find|health|holds|doubts|healthz|metrics|api/(?:log|compare|holds|doubts|openapi\.json))(?:/|$)|.*/exhibit\.zip$"
)
# The parameters with which a page is written; with others, like a date, only a server can answer.
KEPT_PARAMETERS: dict[str, tuple[str, ...]] = {
    "/map": ("source",),
    "/documents": ("source", "show", "page"),
    "/compare": ("source", "report", "old", "new"),
    "/report": ("before",),
    "/document": ("old", "new", "page"),
    "/api/documents": ("after",),
    "/api/report": ("before",),
}
# The files of the static site that are not made from an address.
SUMS, PACKAGE, TILES_README = "SHA256SUMS", "datapackage.json", "tile/README.txt"
SITE_FILES = frozenset({SUMS, PACKAGE, TILES_README})
NEEDS_ADDRESS = (".atom", ".ics")  # these name entries by whole addresses, which have to be known


@dataclass(frozen=True, slots=True)
class Target:
    """A page or file of the static site: the live address that it is made from, and its path in the folder."""

    address: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPaths:
    """Finds the file of each address.

    - `ids_of`: a function that returns the numbers of the log entries of a source or a place, in their order; its
      argument is the query of the log that asks for them, like `source=ice-287g`, or "" for all.
    - `has_address`: whether it is known where the site will be.
    - `is_left_out`: a function that says of an address whether it is left out for any other reason.
    """

    ids_of: Callable[[str], list[int]]
    has_address: bool = True
    is_left_out: Callable[[str], bool] = lambda _: False
    _known: dict[str, Target | None] = field(default_factory=dict)

    def target(self, address: str) -> Target | None:
        """Return the file for a live address; None if it is no part of the static site."""
        if address not in self._known:
            self._known[address] = self._target(address)
        return self._known[address]

    def leave_out(self, address: str) -> None:
        """Take an address out of the static site, because it can't be had."""
        self._known[address] = None

    def _target(self, address: str) -> Target | None:
        path, _, query = address.partition("?")
        path = unquote(path)
        if NEEDS_SERVER.match(path) or self.is_left_out(address):
            return None
        asked = dict(parse_qsl(query))
        if path.startswith("/static/") or path[1:] in SITE_FILES:
            return Target(address, path[1:])
        if path == "/log":
            return self._page_of_log(asked)
        if path.startswith("/log."):
            return self._download(path, asked)
        allowed = _parameters(path)
        if not set(asked) <= set(allowed):
            return None
        folder = path + "".join(f"/{name}/{asked[name]}" for name in allowed if name in asked)
        return Target(address, file_at(folder))

    def _page_of_log(self, asked: dict[str, str]) -> Target:
        """Return the page of the log with the entries that a query asks for, or with more than these."""
        scope = _scope(asked)
        numbers = self.ids_of(scope)
        begin = _first_page(len(numbers))
        end = len(numbers)
        if asked.get("before", "").isdigit():
            end = bisect_left(numbers, int(asked["before"]))
        elif asked.get("after", "").isdigit():
            end = bisect_right(numbers, int(asked["after"])) + 1
        folder = _folder_of(scope)
        if end > begin or end <= 0:
            query = urlencode({**dict(parse_qsl(scope)), "limit": max(len(numbers) - begin, 1)})
            return Target(f"/log?{query}", file_at(folder))
        page = (end - 1) // ENTRIES_ON_A_PAGE + 1
        query = urlencode(
            {
                **dict(parse_qsl(scope)),
                "limit": ENTRIES_ON_A_PAGE,
                "before": numbers[page * ENTRIES_ON_A_PAGE],
            }
        )
        return Target(f"/log?{query}", file_at(f"{folder}/page/{page}"))

    def _download(self, path: str, asked: dict[str, str]) -> Target | None:
        """Return the file of the whole log, or of a source or place, as CSV, JSON, feed or calendar."""
        asked = {name: value for name, value in asked.items() if name != "limit"}
        if path.endswith(NEEDS_ADDRESS) and not self.has_address:
            return None
        scope = _scope(asked)
        if urlencode(asked) != scope:
            return None
        if not scope:
            return Target(path, path[1:])
        return Target(f"{path}?{scope}", f"{safe_path(_folder_of(scope))}/{path[1:]}")


def _first_page(count: int) -> int:
    """Return where in the log its first page begins: all older entries are on full pages, which stay as they are."""
    return max(count // ENTRIES_ON_A_PAGE - 1, 0) * ENTRIES_ON_A_PAGE


def _parameters(path: str) -> tuple[str, ...]:
    """Return the parameters with which the page at `path` is written, in the order in which its folder names them."""
    parts = path.split("/")
    for depth in (2, 3):
        if found := KEPT_PARAMETERS.get("/".join(parts[:depth])):
            return found
    return ()


def _scope(asked: dict[str, str]) -> str:
    """Return the part of a query of the log that chooses the page: a source, a place, or "" for all entries.

    Other filters have no pages of their own; the page of all their entries has those that they let through.
    """
    chosen: dict[str, str] = {}
    for name in ("source", "jurisdiction"):
        if name in asked:
            chosen = {name: asked[name]}
    return urlencode(chosen)


def _folder_of(scope: str) -> str:
    ((name, value),) = parse_qsl(scope) or [("", "")]
    if name == "jurisdiction":
        return f"/jurisdiction/{value}/log"
    return f"/log/source/{value}" if name else "/log"


def file_at(path: str) -> str:
    """Return the path in the folder of the file with the page at a live path."""
    name = safe_path(path)
    last = name.rpartition("/")[2]
    if path.startswith("/api/"):
        return f"{name}.json"
    if path == "/checkpoint" or path.startswith("/file/") or re.fullmatch(r".+\.(png|svg|css|js|txt|json)", last):
        return name
    return f"{name}/{PAGE_NAME}" if name else PAGE_NAME


def safe_path(path: str) -> str:
    """Return a path without a slash at its beginning, and with only such names as every file system on Linux takes."""
    return "/".join(map(_safe, path.strip("/").split("/"))) if path.strip("/") else ""


def _safe(part: str) -> str:
    """Return one part of a path as the name of a file or folder."""
    if part in {"", ".", "..", PAGE_NAME}:
        return f"%{part.encode().hex()}"
    part = re.sub(r"[\x00-\x1f\\\x7f]", lambda found: f"%{ord(found[0]):02x}", part)
    if len(part.encode(errors="replace")) <= MAX_NAME_BYTES:
        return part
    digest = hashlib.sha256(part.encode()).hexdigest()[:16]
    return f"{part.encode()[: MAX_NAME_BYTES - 30].decode(errors='ignore')}-{digest}"


def relative(file: str, *, of: str) -> str:
    """Return the relative link from the file `of` to another file, with all odd characters as %XX."""
    here, there = of.split("/")[:-1], file.split("/")
    shared = 0
    for one, other in zip(here, there[:-1], strict=False):
        if one != other:
            break
        shared += 1
    return quote("/".join([".."] * (len(here) - shared) + there[shared:]), safe="/~")
