"""Turns an answer of the live pages into a file of the static site: its links lead to files, and its forms are gone.

It relies on how the templates write HTML: every quotation mark and angle bracket of a text is escaped, forms and links
are never inside each other, and the value of every attribute stands in double quotation marks.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Link = Callable[[str], str | None]  # from a live address to the link in this file; None if it has no file

FORM = re.compile(r"<form\b.*?</form>\s*", re.DOTALL)
EMPTY_BLOCK = re.compile(r'<div class="[^"]*">\s*</div>\s*')
ITEM = re.compile(r'<li>\s*<a\b[^>]*?\shref="(/[^"]*)"[^>]*>[^<]*</a>\s*</li>\s*')
ANCHOR = re.compile(r'<a\b([^>]*?)\shref="(/[^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
LOADING_TAG = re.compile(r'<(?!a\b)([a-z]+)\b([^>]*?)\s((?:xlink:)?href|src)="(/[^"]*)"([^>]*)>')
ADDRESS = re.compile(r'\s(?:(?:xlink:)?href|src)="(/[^"]*)"')
FEED_LINK = re.compile(r'<link [^>]*rel="(self|alternate)"[^>]*/>')
CHARSET = '<meta charset="utf-8">\n'
# What a server says in a header: nothing but files of the site itself is loaded.
POLICY_TAG = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; "
    "img-src 'self'; script-src 'self'; form-action 'none'; base-uri 'none'\">\n"
    '<meta name="referrer" content="no-referrer">\n'
)
NO_NAMES: MappingProxyType[str, str] = MappingProxyType({})
NO_PICTURE = '<span class="empty">The picture is not in this copy.</span>'
NO_FILE = '<span class="empty">not in this copy</span>'
# The keys of JSON whose values say how long ago something was, or change with each look; those of a source besides.
AGEING_KEYS = frozenset({"age_seconds", "last_seen_at", "asked_at", "due_at", "next_poll_at", "words"})
AGEING_KEYS_OF_SOURCE = AGEING_KEYS | {"fault", "state"}
# The keys of JSON under which the values of a record stand. The keys in these values are the publisher's, and stay.
PUBLISHED_VALUES = frozenset({"before", "after", "fields"})


def addresses_in(page: str) -> Iterator[str]:
    """Yield the addresses on the same site that a page links or loads, without what follows `#`; forms do not count."""
    for found in ADDRESS.finditer(FORM.sub("", page)):
        address = unescape(found[1]).partition("#")[0]
        if address and not address.startswith("//"):
            yield address


def static_page(page: str, link: Link, *, in_place_of_form: str = "", names: Mapping[str, str] = NO_NAMES) -> str:
    """Return the HTML of a page for the static site.

    - `page`: the HTML as the server sends it.
    - `link`: a function that returns the link to the file of a live address.
    - `in_place_of_form`: HTML that takes the place of the first form; the others are left out.
    - `names`: the names under which browsers are to save kept files, by the live addresses of the files.
    """
    page = FORM.sub(lambda _: in_place_of_form, page, count=1)
    page = EMPTY_BLOCK.sub("", FORM.sub("", page))
    page = ITEM.sub(lambda found: found[0] if _linked(found[1], link) else "", page)
    page = ANCHOR.sub(lambda found: _anchor(found, link, names), page)
    page = page.replace(CHARSET, CHARSET + POLICY_TAG, 1)
    return LOADING_TAG.sub(lambda found: _tag(found, link), page)


def _linked(value: str, link: Link) -> str | None:
    """Return the value of an attribute that links a file, from the value that links the live address."""
    address, mark, fragment = unescape(value).partition("#")
    target = link(address)
    return None if target is None else escape(target + mark + fragment)


def _anchor(found: re.Match[str], link: Link, names: Mapping[str, str]) -> str:
    before, value, after, inside = found.groups()
    target = _linked(value, link)
    if target is not None and (name := names.get(unescape(value))):
        return f'<a{before} href="{target}" download="{escape(name)}"{after}>{inside}</a>'
    if target is not None:
        return f'<a{before} href="{target}"{after}>{inside}</a>'
    if "<img" in inside:
        return NO_PICTURE
    return NO_FILE if value.startswith("/file/") and "<" not in inside else f"<span>{inside}</span>"


def _tag(found: re.Match[str], link: Link) -> str:
    name, before, attribute, value, after = found.groups()
    target = _linked(value, link)
    if target is None:
        return NO_PICTURE if name == "img" else ""
    return f'<{name}{before} {attribute}="{target}"{after}>'


def static_json(content: bytes, following: Link) -> bytes:
    """Return an answer of the API (JSON) for the static site, without values that are true only for a moment.

    `following` is a function that returns the link to the file of a live address. The address under `next` becomes such
    a link.
    """
    value = _lasting(json.loads(content))
    if isinstance(value, dict) and value.get("next"):
        address = re.sub(r"^https?://[^/]*", "", str(value["next"]))
        value["next"] = following(address)
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _lasting(value: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON value without AGEING_KEYS; `key` is the key that it stands under."""
    if isinstance(value, list):
        return [_lasting(each) for each in value]
    if not isinstance(value, dict) or (key in PUBLISHED_VALUES and "captured_at" not in value):
        return value
    ageing = AGEING_KEYS_OF_SOURCE if "age_seconds" in value else AGEING_KEYS
    return {name: _lasting(each, name) for name, each in value.items() if name not in ageing}


def static_feed(content: bytes, *, own: str, page: str) -> bytes:
    """Return an Atom feed whose links lead to the static site; its id and those of its entries stay as they are.

    `own` is the whole address of the feed's file, and `page` that of the page with the same entries.
    """
    head, mark, entries = content.decode().partition("<entry>")
    there = {"self": own, "alternate": page}

    def linked(found: re.Match[str]) -> str:
        return re.sub(r'href="[^"]*"', lambda _: f'href="{escape(there[found[1]])}"', found[0])

    return (FEED_LINK.sub(linked, head) + mark + entries).encode()
