"""Fills the templates of the pages, and writes values in them as HTML; every value is escaped.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from monitor import __version__
from monitor.alerts.items import item_of
from monitor.alerts.writing import words
from monitor.alerts.writing.differences import CONTEXT_LETTERS, excerpts, unmarked
from monitor.jurisdictions.states import STATES
from monitor.model import AmendmentKind
from monitor.times import age_in_words, period_in_words
from monitor.web import document_words
from monitor.web.document_words import deed, document_gist

if TYPE_CHECKING:
    from monitor.alerts.message import Change
    from monitor.alerts.writing.differences import Piece
    from monitor.config.titles import Titles
    from monitor.model import Jurisdiction
    from monitor.store.entry import LogEntry
    from monitor.store.queries import RecordDetails

LINK = Markup('<a class="outside" rel="noreferrer nofollow" href="{}">{}</a>')
QUOTED_CONTEXT = 30  # letters around a difference of prose in one line
FILE_KINDS = frozenset({"pdf", "xlsx", "xls", "csv", "docx", "zip"})  # that a link in a table is named by
SHORT, LONG = 120, 400  # characters of a value, and of all that is said of an entry in one line
MAX_AGE_SECONDS = 2 * 86_400  # of a time that is told by its age; older ones are told by their day
MEANINGS = {
    "respelled": "a name with other letters",
    "renamed": "a name with other words",
    "reattributed": "another jurisdiction",
    "redated": "another date",
    "relinked": "another link",
    "reclassified": "another type",
    "other": "other values",
}


def fill_template(template: str, **values: object) -> str:
    """Return the HTML of a page, made from the template with this file name and from `values`."""
    return _environment().get_template(template).render(values)


def fill_part(template: str, **values: object) -> Markup:
    """Return the HTML of a part of a page, made from the template with this file name and from `values`."""
    return Markup(fill_template(template, **values))  # noqa: S704 - the template escapes every value


@cache
def fingerprint() -> str:
    """Return a hash of the program's release, the templates and the static files; if it changes, so may all pages."""
    found = hashlib.sha256(__version__.encode())
    for folder in ("templates", "static"):
        for each in sorted(files("monitor.web").joinpath(folder).iterdir(), key=lambda each: each.name):
            found.update(each.read_bytes())
    return found.hexdigest()[:16]


def when(value: str | None) -> Markup:
    """Return a time as HTML, in UTC and to the minute; a script adds the reader's own time beside it."""
    if not value:
        return Markup("<span>never</span>")
    try:
        at = datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        return escape(words.one_line(value))
    return Markup('<time datetime="{}">{}</time>').format(value, f"{at:%Y-%m-%d %H:%M} UTC")


def age(value: str | None, now: datetime) -> Markup:
    """Return how long before `now` a time was, as HTML: the age of the last two days, before that the day.

    The exact time appears under the mouse pointer.
    """
    if not value:
        return Markup("<span>never</span>")
    at = datetime.fromisoformat(value).astimezone(UTC)
    seconds = max((now - at).total_seconds(), 0)
    said = age_in_words(seconds) if seconds < MAX_AGE_SECONDS else f"{at:%Y-%m-%d}"
    return Markup('<time class="age" datetime="{}" title="{}">{}</time>').format(
        value, f"{at:%Y-%m-%d %H:%M} UTC", said
    )


def utc_day(value: str | None) -> Markup:
    """Return the day of a time as HTML, in UTC."""
    return Markup('<time datetime="{0}">{0}</time>').format(value[:10]) if value else Markup("<span>never</span>")


def at_end(value: str) -> Markup:
    """Return the time for which a list is shown, as HTML; the last second of a day becomes `at the end of` that day."""
    return Markup("at the end of {}").format(utc_day(value)) if value.endswith("T23:59:59Z") else when(value)


def date(value: str | None) -> str:
    """Return the day of a time, like `2025-07-04`, for a date field of a form; "" for no time."""
    return value[:10] if value else ""


def address_link(value: str) -> Markup:
    """Return an address as a link in HTML; as plain text if it is no web address."""
    said = words.shown(value)
    return LINK.format(value, said) if words.is_link(value) else escape(said)


def value(text: str | None) -> Markup:
    """Return a publisher's value as HTML: a web address becomes a link, line breaks are kept, dates get a CSS class."""
    if not text:
        return Markup('<span class="empty">(empty)</span>')
    if words.is_link(text):
        return address_link(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return Markup('<span class="date">{}</span>').format(text)
    return Markup("<br>").join(escape(line) for line in words.shown(text).split("\n"))


def cell(text: str | None) -> Markup:
    """Return a publisher's value as HTML for a table; of a web address, only the kind and the host are shown.

    The whole address appears under the mouse pointer.
    """
    if not text or not words.is_link(text):
        return value(text)
    try:
        parts = urlsplit(text)
    except ValueError:  # a host that can't be one
        return value(text)
    ending = parts.path.rpartition(".")[2].lower()
    said = f"{ending.upper() if ending in FILE_KINDS else 'link'}, {(parts.hostname or '').removeprefix('www.')}"
    return Markup('<a class="outside" rel="noreferrer nofollow" href="{0}" title="{0}">{1}</a>').format(text, said)


def sides(before: str, after: str, *, short: bool = False, context: int = CONTEXT_LETTERS) -> tuple[Markup, Markup]:
    """Return both values of a change as HTML, with the parts that differ marked.

    `short` says that of long values only the words around these parts are shown, in about `context` letters.
    """
    old, new = excerpts(words.shown(before), words.shown(after), short=short, context=context)
    return _pieces(old, "del"), _pieces(new, "ins")


def marked_text(pieces: tuple[Piece, ...], tag: str) -> Markup:
    """Return a text in pieces as HTML; those that differ are within elements called `tag`: `del` or `ins`."""
    return _pieces(tuple(replace(piece, text=words.shown(piece.text)) for piece in pieces), tag)


def _pieces(pieces: tuple[Piece, ...], tag: str) -> Markup:
    if not pieces:
        return Markup('<span class="empty">(empty)</span>')
    return Markup("").join(
        Markup("<{0}>{1}</{0}>").format(Markup(tag), value(piece.text))  # noqa: S704 - our own tag
        if piece.changed
        else Markup("<br>").join(escape(line) for line in piece.text.split("\n"))
        for piece in pieces
    )


def told(entry: LogEntry, titles: Titles, *, verb: bool = True) -> str:
    """Return an entry of the log as one line of text, with these words for readers.

    `verb` is False if a badge beside the line already shows the kind of the change (`added`, `removed`).
    """
    found = item_of(entry, titles=titles)
    place, what = words.one_line(found.place), words.one_line(found.what)
    if entry.document:
        name = ", ".join(filter(None, (place or words.cut(what, SHORT), deed(entry, titles) if verb else "")))
        return f"{name}: {words.cut(document_gist(entry.document, is_recovered=entry.reason == 'recovered'), LONG)}"
    said = "; ".join(map(_changed, found.changes)) or what
    name = place or words.cut(what, SHORT)
    ways = (words.KIND_WORDS[found.kind] if verb else "", found.reason if found.kind == AmendmentKind.MOVED else "")
    happened = ", ".join(filter(None, (name, " ".join(filter(None, ways)))))
    return f"{happened}: {words.cut(said, LONG)}" if said != name else happened


def _changed(change: Change) -> str:
    """Return a changed field in words: its value before and after; of long prose only what stands around the change."""
    both = excerpts(change.before, change.after, short=change.is_prose, context=QUOTED_CONTEXT)
    before, after = map(unmarked, both)
    return f"{change.field} {_quoted(before)} to {_quoted(after)}"


def _quoted(text: str) -> str:
    said = words.one_line(text)
    return f"\u201c{words.cut(said, SHORT)}\u201d" if said else words.EMPTY_VALUE


def path(*parts: object) -> str:
    """Return an address of this site made of `parts`, joined by slashes; slashes within a part stay as they are."""
    return "/" + "/".join(quote(str(part), safe="/:@") for part in parts)


def day_query(at: str | None) -> str:
    """Return the end of an address that asks for the time `at`, or for the end of its day; "" for None."""
    return f"?at={quote(at.removesuffix('T23:59:59Z'))}" if at else ""


def place_path(place: Jurisdiction) -> str | None:
    """Return the address of a jurisdiction's page; None if it has no Open Civic Data id."""
    return path("jurisdiction", place.ocd_id) if place.ocd_id else None


def place_name(place: Jurisdiction) -> str:
    """Return the name of a place with its state, for example `Travis County, Texas`."""
    state = STATES.get(place.state, (place.state,))[0]
    return str(state) if place.level == "state" else f"{place.name}, {state}"


def size_in_words(count: int) -> str:
    """Return a number of bytes in words, for example `1.4 MB`."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} KB"


def _final(value: object) -> object:
    """Return a value for the template with its invisible characters made visible; Jinja calls this for every value."""
    return words.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def record_path(line: RecordDetails) -> str:
    """Return the permanent address of a record: it names the first file that has it, its list, and its place there."""
    return path("record", line.first_version, line.list, line.locator.mark)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )
    environment.filters |= {
        "when": when, "age": age, "day_query": day_query,
        "day": utc_day, "date": date, "at_end": at_end, "address": address_link, "value": value,
        "cell": cell, "size": size_in_words,
        "told": told, "place_path": place_path, "place_name": place_name, "one_line": words.one_line,
        "number": "{:,}".format, "period": period_in_words,
        "deed": deed, "document_gist": document_gist, "document_name": document_words.document_name,
        "document_state": document_words.document_state, "document_looks": document_words.document_looks,
        "document_standing": document_words.document_standing, "file_words": document_words.file_in_words,
        "files_words": document_words.files_in_words, "pieces": marked_text,
        "sentence_case": lambda text: text[:1].upper() + text[1:],
    }  # fmt: skip
    environment.globals |= {
        "sides": sides, "path": path, "record_path": record_path,
        "verbs": words.KIND_WORDS, "problems": words.PROBLEMS, "meanings": MEANINGS,
        "words": words,
        "program": __version__, "fingerprint": fingerprint(), "kinds": list(AmendmentKind), "STATES": STATES,
    }  # fmt: skip
    return environment
