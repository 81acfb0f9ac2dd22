"""Cards of a page that are published anew: what changed is told, what may be lost is held, the rest is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.published import STATES, Published, Row, Told, offices, stood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands

CONFIG = r"""
contact: tests
sources:
  cards:
    page: https://www.example.gov/cards
    reports:
      file:
        kind: page
        format: html
        lists:
          offices:
            card: 'div.office'
            columns:
              agency: { select: 'h3' }
              site: { select: 'h3 a', kind: link }
              code: { label: 'Code' }
              signed: { label: 'Signed', kind: date }
            group: [state]
            key: [state, agency]
            anchors: [code, signed]
            names: [agency]
            jurisdiction: { name: agency, state: state, level: county }
"""
ROWS = offices(60)
ADDED: Row = ("Texas", "Zavala County Jail", "9001", "4/5/2025")


def card(row: Row, more: str = "", attributes: str = "class='office'") -> str:
    """One office."""
    _, agency, code, signed = row
    return (
        f"<div {attributes}><h3><a href='/office/{code}'>{agency}</a></h3><dl><dt>Code</dt><dd>{code}</dd>"
        f"<dt>Signed</dt><dd>{signed}</dd></dl>{more}</div>"
    )


def page(rows: Sequence[Row], *, more: str = "", under: str = "", write: Callable[[Row], str] = card) -> bytes:
    """The offices under the headings of their states."""
    body = "".join(
        f"<h2>{state}</h2><section>{''.join(write(row) for row in rows if row[0] == state)}</section>"
        for state in STATES
    )
    return (
        f"<!DOCTYPE html><html><body><nav><a href='/'>Home</a></nav><main><h1>Offices</h1>{body}{under}</main>{more}"
        "</body></html>"
    ).encode()


def plain(row: Row) -> str:
    """One office in another markup of the same."""
    _, agency, code, signed = row
    return (
        f"<div class='office card-2'><div><h3> <a href='/office/{code}'><span>{agency}</span></a></h3></div>"
        f"<p><b>Code:</b> {code}<br><b>Signed:</b> {signed}</p></div>"
    )


def with_badge(row: Row) -> str:
    """One office, the last of which has a text that none had before."""
    return card(row, "<p class='badge'>Closed on May 1</p>" if row == ROWS[-1] else "")


def without_code(row: Row) -> str:
    """One office, the last of which has no code."""
    return card(row).replace("<dt>Code", "<dt>Number") if row == ROWS[-1] else card(row)


WITHOUT = [row for number, row in enumerate(ROWS) if number != 33]
REMOVED = [("removed", ROWS[33][1])]
CORRECTED = [(*row[:2], "4444", row[3]) if number == 40 else row for number, row in enumerate(ROWS)]
CHANGES = {
    "as before": (page(ROWS), []),
    "a card less": (page(WITHOUT), REMOVED),
    "a card more": (page([*ROWS, ADDED]), [("added", ADDED[1])]),
    "a card corrected": (page(CORRECTED), [("corrected", "site code")]),
    "another markup": (page(WITHOUT, write=plain), REMOVED),
    "a hidden card": (page(WITHOUT, under=card(ADDED, attributes="class='office' hidden")), REMOVED),
    "a card in the footer": (page(WITHOUT, more=f"<footer>{card(ADDED)}</footer>"), REMOVED),
    "another order": (page([*reversed(WITHOUT)]), REMOVED),
    "a further label": (page(WITHOUT, write=lambda row: card(row, "<p>Beds: 50</p>")), REMOVED),
}


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[bytes], Told]:
    """Publish a page after the list as it stood."""

    def publish(content: bytes) -> Told:
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        report = Published(monitor=replace(monitor, config=config), folder=tmp_path, source="cards", suffix="html")
        first = (*ROWS[0][:2], "1", *ROWS[0][3:])
        return stood(report, page([first, *ROWS[1:]]), page(ROWS)).come(content)

    return publish


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_told(come: Callable[[bytes], Told], change: str) -> None:
    """However the page is written."""
    content, expected = CHANGES[change]
    told = come(content)
    assert (told.held, told.short) == ("", expected)


HELD = {
    "a text in a new form": page(WITHOUT, write=with_badge),
    "a card without a field": page(WITHOUT, write=without_code),
    "a card of none of the fields": page(WITHOUT, under="<div class='office'><p>Zavala County Jail</p></div>"),
    "cards within a card": page(WITHOUT).replace(b"<section>", b"<section class='office'>").replace(
        b"<section", b"<div"
    ).replace(b"</section", b"</div").replace(b"<div class='office'><div", b"<div class='office'><p>All</p><div"),
    "another class": page(WITHOUT).replace(b"'office'", b"'site'"),
    "a card that is struck out": page(WITHOUT, under=f"<del>{card(ADDED)}</del>"),
    "a link to further cards": page(WITHOUT, under="<a href='?page=2'>Next</a>"),
}  # fmt: skip


@pytest.mark.parametrize("way", HELD)
def test_what_may_be_lost_is_held(come: Callable[[bytes], Told], way: str) -> None:
    """A person looks at it; nothing is told."""
    told = come(HELD[way])
    assert told.held
    assert told.entries == []
