"""Writes an alert as HTML, for mail programs and for the entries of a feed. Pure, except that it loads a template.

Mail programs understand tables and inline styles. Scripts, style sheets and outside addresses are not used, because
they are blocked or dropped there.
"""

from __future__ import annotations

import base64
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from monitor.alerts.writing import words
from monitor.alerts.writing.differences import excerpts
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jinja2 import Template

    from monitor.alerts.message import Change, Item, Message, Picture
    from monitor.alerts.writing.differences import Piece

# Each is readable in white on itself, and as a line on white and on black.
KIND_COLOURS = {AmendmentKind.ADDED: "#1a7f37", AmendmentKind.REMOVED: "#c62828", AmendmentKind.CORRECTED: "#1565c0"}
OTHER_COLOUR = "#8a6100"
GONE_STYLE = "background-color:#fbd3d0;color:#7a1712;text-decoration:line-through"
COME_STYLE = "background-color:#c9efcf;color:#0f4d20;text-decoration:underline"


def content_id(picture: Picture) -> str:
    """Return the Content-ID of a picture (RFC 2392), by which the HTML refers to a picture in the same mail."""
    return f"{words.identity(picture.name)}@monitor"


def data_address(picture: Picture) -> str:
    """Return a picture as a `data:` address, which contains the whole picture, for HTML outside of a mail."""
    return f"data:image/png;base64,{base64.b64encode(picture.content).decode('ascii')}"


def html(message: Message, *, picture: Callable[[Picture], str] = lambda each: f"cid:{content_id(each)}") -> str:
    """Return the whole alert as an HTML page; `picture` is a function that returns the address of a picture."""
    return _template().render(message=message, picture=picture, whole=True)


def entry_html(message: Message) -> str:
    """Return the alert as a piece of HTML without pictures, for an entry of a feed."""
    return _template().render(message=message, picture=lambda _: "", whole=False)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - most commands write no HTML

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )
    environment.globals |= {
        "words": words,
        "colour": lambda kind: KIND_COLOURS.get(kind, OTHER_COLOUR),
        "sides": _sides,
        "runs": _runs,
        "noted": _noted,
    }
    return environment.get_template("alert.html")


def _final(value: object) -> object:
    """Return a value for the template with its invisible characters made visible; Jinja calls this for every value."""
    return words.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _runs(items: Sequence[Item]) -> list[tuple[str, tuple[Item, ...]]]:
    """Group neighbouring items of the same list; return each group with the list's name, in the same order."""
    return [(name, tuple(group)) for name, group in groupby(items, key=lambda item: item.list)]


def _noted(note: str, log: str) -> Markup:
    """Return a note as HTML; if it ends with an address of this program's own pages, that becomes a link.

    `log` is the address of the log on these pages, or a command. Other addresses may come from a publisher, and are not
    linked.
    """
    said, _, address = words.shown(note).rpartition(" ")
    own = urlsplit(log) if words.is_link(log) else None
    if own and words.is_link(address) and urlsplit(address)[:2] == own[:2]:
        return Markup('{} <a href="{}" style="color:#1a73c7;word-break:break-all">{}</a>').format(
            said, address, address
        )
    return escape(words.shown(note))


def _sides(change: Change) -> tuple[tuple[str, Markup], tuple[str, Markup]]:
    """Return both values of a change as HTML with the differing parts marked, each after its label `was` or `now`."""
    before, after = excerpts(words.shown(change.before), words.shown(change.after), short=change.is_prose)
    return ("was", _marked(before, "del", GONE_STYLE)), ("now", _marked(after, "ins", COME_STYLE))


def _marked(pieces: Sequence[Piece], tag: str, style: str) -> Markup:
    if not pieces:
        return Markup("<i>{}</i>").format(words.EMPTY_VALUE)
    return Markup("").join(
        Markup('<{0} style="{1}">{2}</{0}>').format(Markup(tag), style, _lines(piece.text))  # noqa: S704 - our own tag
        if piece.changed
        else _lines(piece.text)
        for piece in pieces
    )


def _lines(value: str) -> Markup:
    """Return a text as HTML with `<br>` for line breaks, because not every mail client keeps line breaks."""
    return Markup("<br>").join(escape(line) for line in value.split("\n"))
