"""PDFs of lines that are printed anew: what changed in the list is told, and nothing else.

Each file comes after the list as it stood in two files: sixty offices under their states, in columns or not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from tests.support.printed_lines import FONT, HIGH, Print, column, framed, leader, sheets
from tests.support.published import STATES, Published, Row, Told, offices, stood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands

CONFIG = r"""
contact: tests
sources:
  lines:
    page: https://www.example.gov/lines
    reports:
      file:
        kind: rolling
        format: pdf
        match: { href: '[.]pdf$' }
        lists:
          offices:
            heading: '^Agreements in force'
            until: '^Notes'
            item: '^(?P<agency>.+) \(no\. (?P<code>\d+)\)[ .]+(?P<signed>\d+/\d+/\d{4})$'
            group: [state]
            key: [state, agency]
            anchors: [code, signed]
            names: [agency]
            jurisdiction: { name: agency, state: state, level: county }
"""
ROWS = offices(60)
WIDTH = 235
FIRST, REST = "Office of the Sheriff and of the Board of Commissioners of", "Zavala County"
LONG: Row = ("Texas", f"{FIRST} {REST}", "9001", "4/5/2025")


def texts(rows: Sequence[Row], width: float = WIDTH) -> list[str]:
    """The lines of the list: each state in larger letters, and its rows, of which long ones go on in a second line."""
    lines = []
    for state in STATES:
        own = [row for row in rows if row[0] == state]
        lines += [f"# {state}"] if own else []
        for _, agency, code, signed in own:
            before = f"{agency} (no. {code})"
            if stringWidth(f"{before} ... {signed}", FONT, 9) <= width:
                lines.append(leader(before, signed, width))
            else:
                lines += [FIRST, f"> {leader(before.removeprefix(f'{FIRST} '), signed, width - 12)}"]
    return lines


def document(
    rows: Sequence[Row],
    *,
    per_column: int = 40,
    columns: int = 2,
    header: str = "Office of Agreements",
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    shift: float = 0,
    over: Sequence[Print] = (),
) -> bytes:
    """The list in columns of so many lines, with a title and notes around it."""
    lines = texts(rows, WIDTH if columns == 2 else 490)
    parts = [lines[start : start + per_column] for start in range(0, len(lines), per_column)]
    pages = [parts[start : start + columns] for start in range(0, len(parts), columns)]
    made = []
    for number, page in enumerate(pages, start=1):
        prints = [
            each
            for place, part in enumerate(page)
            for each in column(part, left=60 + 255 * place, top=100 + shift * place)
        ]
        if number == 1:
            prints = [
                *column(before, top=60),
                Print(text="Agreements in force", left=60, top=70, size=14),
                *prints,
                *over,
            ]
        if number == len(pages):
            prints += column(["Notes", *after], top=690)
        made.append(framed(number, prints, header=header, of=len(pages)))
    return sheets(*made)


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[bytes], Told]:
    """Publish a file after the list as it stood."""

    def publish(content: bytes) -> Told:
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        report = Published(monitor=replace(monitor, config=config), folder=tmp_path, source="lines", suffix="pdf")
        first = (*ROWS[0][:2], "1", *ROWS[0][3:])
        return stood(report, document([first, *ROWS[1:]]), document(ROWS)).come(content)

    return publish


WITHOUT = [row for number, row in enumerate(ROWS) if number != 33]
MORE = [*ROWS[:30], ("Kansas", "Zavala County Jail", "7000", "5/6/2025"), *ROWS[30:]]
CORRECTED = [(*row[:2], "4444", row[3]) if number == 40 else row for number, row in enumerate(ROWS)]
WRAPPED = [*ROWS, LONG]

CHANGES = {
    "as before": (document(ROWS), []),
    "a row less": (document(WITHOUT), [("removed", ROWS[33][1])]),
    "a row more": (document(MORE), [("added", "Zavala County Jail")]),
    "a row corrected": (document(CORRECTED), [("corrected", "code")]),
    "a row that wraps": (document(WRAPPED), [("added", LONG[1])]),
    "a row that wraps to the next column": (document(WRAPPED, per_column=16), [("added", LONG[1])]),
    "rows of another page": (document(WITHOUT, per_column=17), [("removed", ROWS[33][1])]),
    "one column": (document(WITHOUT, columns=1), [("removed", ROWS[33][1])]),
    "columns at other heights": (document(WITHOUT, shift=6), [("removed", ROWS[33][1])]),
    "another page header": (document(WITHOUT, per_column=17, header="Bureau of Agreements, April"),
                            [("removed", ROWS[33][1])]),
    "other notes": (document(WITHOUT, after=["Counties are as of 4 April 2026.", "See the site."]),
                    [("removed", ROWS[33][1])]),
    "white text": (document(WITHOUT, over=[Print(text=leader("Zavala County Jail (no. 1)", "1/2/2025", 200), left=60,
                                                 top=660, white=True)]), [("removed", ROWS[33][1])]),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_told(come: Callable[[bytes], Told], change: str) -> None:
    """However the file is printed."""
    content, expected = CHANGES[change]
    told = come(content)
    assert (told.held, told.short) == ("", expected)


HELD = {
    "a row in a new form": document([*WITHOUT, ("Texas", "Zavala County Jail (no. 9) - pending; (no. 1", "x", "-")]),
    "rows beyond the end": document(WITHOUT, after=[leader("Zavala County Jail (no. 12)", "1/2/2025", 235)]),
    "no heading": document(ROWS).replace(b"Agreements in force", b"Agreements of today"),
    "no text": sheets([Print(text=" ", left=60, top=60)]),
}


@pytest.mark.parametrize("way", HELD)
def test_what_may_be_lost_is_held(come: Callable[[bytes], Told], way: str) -> None:
    """A person looks at it; nothing is told."""
    told = come(HELD[way])
    assert told.held
    assert told.entries == []


def test_a_list_at_the_foot_of_the_page_is_told_with_its_place(come: Callable[[bytes], Told]) -> None:
    """The evidence of an entry is the box of the line on its page."""
    (entry,) = come(document(MORE)).entries
    place = entry["evidence"]["after"]
    assert place["page"] == 1
    assert 100 < place["box"][1] < place["box"][3] < HIGH


def test_a_trial_shows_lines_as_records(monitor: Commands, tmp_path: Path) -> None:
    """With the line that was read as no record."""
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    file = tmp_path / "file.pdf"
    file.write_bytes(document([*ROWS, ("Texas", "Zavala County Jail (no. 9) - pending; (no. 1", "x", "-")]))
    shown = replace(monitor, config=config)("try", "lines", file).out
    assert "list offices: 60 records" in shown
    assert "the line 'Zavala County Jail (no. 9) - pending;" in shown
