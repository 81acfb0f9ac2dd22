"""Writes an alert as HTML for mail clients, and as the content of a feed's entry. Pure but for its template.

Mail clients know tables and inline styles; scripts, style sheets and outside addresses are left out or blocked.
"""

from __future__ import annotations

import base64
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from monitor.alerts.writing import words
from monitor.alerts.writing.differences import marked
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
    """Return the name by which the HTML and the mail around it know a picture (RFC 2392)."""
    return f"{words.identity(picture.name)}@monitor"


def data_address(picture: Picture) -> str:
    """Return a picture as an address that holds it, for HTML that stands on its own."""
    return f"data:image/png;base64,{base64.b64encode(picture.content).decode('ascii')}"


def html(message: Message, *, picture: Callable[[Picture], str] = lambda each: f"cid:{content_id(each)}") -> str:
    """Return the whole alert as a page; `picture` gives the address of each picture."""
    return _template().render(message=message, picture=picture, whole=True)


def entry_html(message: Message) -> str:
    """Return the alert as a piece of HTML without its pictures, for a feed."""
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
    }
    return environment.get_template("alert.html")


def _final(value: object) -> object:
    """Each value on its way into the page: nothing hidden stays hidden, whatever the template forgets."""
    return words.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _runs(items: Sequence[Item]) -> list[tuple[str, tuple[Item, ...]]]:
    """Items in their order, those of one list that follow each other together."""
    return [(name, tuple(group)) for name, group in groupby(items, key=lambda item: item.list)]


def _sides(change: Change) -> tuple[tuple[str, Markup], tuple[str, Markup]]:
    """Both values of a change, with what differs marked."""
    before, after = marked(words.shown(change.before), words.shown(change.after))
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
    """Text with its line breaks, which not every client keeps by itself."""
    return Markup("<br>").join(escape(line) for line in value.split("\n"))
