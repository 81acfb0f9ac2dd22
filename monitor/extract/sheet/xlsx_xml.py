"""Reads from a sheet's XML what calamine leaves out: hyperlinks, error cells, merged cells, and number formats."""

from __future__ import annotations

import re
import string
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from xml.parsers import expat

from monitor.errors import BombError, UnreadableError
from monitor.extract.sheet import plain_cells, zip_guard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.extract.sheet.plain_cells import PlainCells

# A sheet is refused if the rectangle around its filled cells has more cells, since a reader lays it out whole.
MAX_SHEET_CELLS = 5_000_000
# Excel's own limits.
MAX_EXCEL_ROWS = 1_048_576
MAX_EXCEL_COLUMNS = 16_384
# A reference to a cell: `B7` or `$B$7`.
CELL_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
# A formula that makes a hyperlink, with the address and the text, where that is given, as its groups.
HYPERLINK = re.compile(r'\s*=?\s*HYPERLINK\(\s*"((?:[^"]|"")*)"\s*(?:,\s*"((?:[^"]|"")*)"\s*\)|[,)])', re.IGNORECASE)

# So many references of cells are kept before they are taken apart.
MAX_UNSORTED_CELLS = 10_000
# A larger number is left as it is.
MAX_PRINTED = 10**15

# Row and column, both counted from 0.
CellPosition = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetExtras:
    """What calamine leaves out when it reads a sheet. A cell is given by its row and column, from 0.

    - `links`: the addresses of hyperlinks, keyed by cell.
    - `errors`: the texts of error cells (`#N/A`), keyed by cell.
    - `merged`: the first and the last cell of each merged range.
    - `labels`: the texts of formulas that make a hyperlink, for cells whose value was never worked out.
    - `printed`: the values of number cells as they are shown, for formats that change what is read (`00000`, `0%`).
    - `struck`: the cells with struck-out text.
    """

    links: Mapping[CellPosition, str]
    errors: Mapping[CellPosition, str]
    merged: tuple[tuple[CellPosition, CellPosition], ...]
    labels: Mapping[CellPosition, str] = field(default_factory=dict)
    printed: Mapping[CellPosition, str] = field(default_factory=dict)
    struck: tuple[CellPosition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStyles:
    """The cell styles that matter for reading a sheet, by their numbers in the file.

    `formats` has the number formats that change what a number says. `struck` has the styles of text that is struck out.
    """

    formats: Mapping[str, NumberFormat] = field(default_factory=dict)
    struck: frozenset[str] = frozenset()


def scan_sheet(
    part: bytes,
    name: str,
    *,
    targets: Mapping[str, str],
    styles: CellStyles | None = None,
    most: int = MAX_SHEET_CELLS,
) -> SheetExtras:
    """Return the hyperlinks, error cells and merged cells of a worksheet.

    - `part`, `name`: its XML, and the name of that part of the file, for messages.
    - `targets`: the addresses that hyperlinks refer to, keyed by id.
    - `styles`: the cell styles that matter.
    - `most`: the largest number of cells of a sheet, counted out to the last row and column in use.

    Raises BombError if the sheet is too large, UnreadableError if it is broken.
    """
    scanner = _scanned(part, name, styles or CellStyles())
    height, width = scanner.extent()
    if height * width > most:
        raise BombError(f"the part {name} has cells out to row {height:,}, column {width:,}")
    links = {_cell(reference): target for reference, target in scanner.formulas.items()}
    links.update(_spread(scanner.hyperlinks, targets, height=height, width=width, most=most))
    errors = {_cell(reference): text for reference, text in scanner.errors.items()}
    labels = {_cell(reference): text for reference, text in scanner.labels.items()}
    printed = {_cell(reference): text for reference, text in scanner.printed.items()}
    merged = tuple(_range(each) for each in scanner.merged)
    return SheetExtras(
        links=links,
        errors=errors,
        merged=merged,
        labels=labels,
        printed=printed,
        struck=tuple(map(_cell, scanner.struck)),
    )


def _scanned(part: bytes, name: str, styles: CellStyles) -> _Scanner:
    """Go through a sheet's XML, or through what is left of it without its plain cells. Raises UnreadableError."""
    plain = None if styles.formats or styles.struck else plain_cells.take_out(part)
    if plain:
        scanner = _Scanner(zip_guard.entity_free_parser(name), styles)
        with suppress(expat.ExpatError):  # the whole part is parsed then, for the fault's place in it
            scanner.scan(plain.rest)
            if scanner.is_without_cells:  # a value outside of all cells counts to the cell before it
                scanner.add(plain)
                return scanner
    scanner = _Scanner(zip_guard.entity_free_parser(name), styles)
    try:
        scanner.scan(part)
    except expat.ExpatError as fault:
        raise UnreadableError(f"the part {name} is no valid XML: {fault}") from fault
    return scanner


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """How a number is shown: with at least `digits` figures, or as a percentage.

    `decimals` is the number of figures after the point in a percentage; None for numbers that are no percentage.
    """

    digits: int = 0
    decimals: int | None = None

    @classmethod
    def of_code(cls, code: str) -> NumberFormat | None:
        """Make the number format for one of Excel's format codes; None if the format does not change what is read."""
        plain = code.split(";", maxsplit=1)[0].strip()
        if re.fullmatch("0{2,15}", plain):
            return cls(digits=len(plain))
        if match := re.fullmatch(r"0(?:\.(0{1,6}))?%", plain):
            return cls(decimals=len(match[1] or ""))
        return None

    def print(self, value: str) -> str | None:
        """Return a number as it is shown; `value` is the number as it is stored. Return None if it is no number."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        if not number.is_finite() or abs(number) >= MAX_PRINTED:
            return None
        if self.decimals is not None:
            return f"{number * 100:.{self.decimals}f}%"
        return f"{number:.0f}".zfill(self.digits) if number >= 0 and number == number.to_integral() else None


def _spread(
    hyperlinks: list[dict[str, str]], targets: Mapping[str, str], *, height: int, width: int, most: int
) -> dict[CellPosition, str]:
    """Return the address of each cell that a hyperlink covers, keyed by cell.

    - `targets`: the addresses that hyperlinks refer to, keyed by id.
    - `height`, `width`: the number of rows and columns in use. A hyperlink may cover whole columns; cells beyond are
      left out.
    - `most`: the largest number of cells that hyperlinks may cover together.

    Raises BombError if there are too many cells.
    """
    links: dict[CellPosition, str] = {}
    room = most
    for hyperlink in hyperlinks:
        address = _address(hyperlink, targets)
        if not address:
            continue
        (top, left), (bottom, right) = _range(hyperlink.get("ref", ""))
        bottom, right = min(bottom, height - 1), min(right, width - 1)
        room -= max(bottom - top + 1, 1) * max(right - left + 1, 1)
        if room < 0:
            raise BombError("the hyperlinks of a sheet cover too many cells")
        if (top, left) == (bottom, right):
            links[top, left] = address
            continue
        links.update(((row, column), address) for row in range(top, bottom + 1) for column in range(left, right + 1))
    return links


def _address(hyperlink: Mapping[str, str], targets: Mapping[str, str]) -> str | None:
    """Return the address of a hyperlink that leads out of the workbook; None for any other hyperlink.

    Excel keeps the part of the address after `#` separately, in `location`.
    """
    target = targets.get(next((value for name, value in hyperlink.items() if name.endswith(":id")), ""))
    location = hyperlink.get("location")
    return f"{target}#{location}" if target and location else target


def _range(reference: str) -> tuple[CellPosition, CellPosition]:
    first, _, last = reference.partition(":")
    cell = _cell(first)
    return cell, _cell(last) if last else cell


@lru_cache(maxsize=20_000)  # the links of the next version mostly stand in the same cells
def _cell(reference: str) -> CellPosition:
    """Return the row and column, from 0, of the cell that a reference names: `B7` gives (6, 1).

    Raises UnreadableError if no sheet can have such a cell.
    """
    match = CELL_REFERENCE.fullmatch(reference)
    if not match:
        raise UnreadableError(f"a sheet names a cell {reference[:20]!r}, which there can't be")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    if not (1 <= row <= MAX_EXCEL_ROWS and column <= MAX_EXCEL_COLUMNS):
        raise UnreadableError(f"a sheet names a cell {reference[:20]!r}, further out than any sheet reaches")
    return row - 1, column - 1


class _Scanner:
    """Collects hyperlinks, error cells and merged cells while the parser expat goes through a sheet's XML.

    A sheet is mostly cells, so as little as possible is done at each cell. A cell without a reference comes right after
    the cell before it; such cells are only counted, by row.
    """

    def __init__(self, parser: expat.XMLParserType, styles: CellStyles) -> None:
        self.labels: dict[str, str] = {}
        self.printed: dict[str, str] = {}
        self._formats = styles.formats
        self._struck = styles.struck
        self.struck: list[str] = []
        self.hyperlinks: list[dict[str, str]] = []
        self.formulas: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.merged: list[str] = []
        self._columns: set[str] = set()  # letters
        self._rows: set[str] = set()  # digits
        self._references: list[str] = []  # of filled cells, not yet among the columns and rows
        self._rows_begun = self._unplaced = self._most_unplaced = 0  # all, in this row, in any
        self._row = ""  # digits, of the row in hand
        self._cell: dict[str, str] = {}  # attributes of the cell in hand
        self._text: list[str] = []
        self._shared: dict[str, str] = {}  # formulas that several cells share, by their index
        self._parser = parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start

    def scan(self, part: bytes) -> None:
        """Go through a sheet's XML. Raises ExpatError if it is not well-formed, UnreadableError if it is refused."""
        self._parser.Parse(part, True)  # noqa: FBT003 - expat takes no names

    @property
    def is_without_cells(self) -> bool:
        """Whether no cell with a value has come so far."""
        return not (self._references or self._rows or self._columns)

    def add(self, cells: PlainCells) -> None:
        """Add the plain cells that were taken out of the sheet's XML."""
        self._columns.update(cells.columns)
        self._rows.update([str(cells.height)] if cells.height else [])
        self.errors.update(cells.errors)

    def extent(self) -> tuple[int, int]:
        """Return the number of rows and of columns in use."""
        self._place_cells()
        height = max((_cell(f"A{digits}")[0] + 1 for digits in self._rows), default=0)
        width = max((_cell(f"{letters}1")[1] + 1 for letters in self._columns), default=0)
        return height + (self._rows_begun if self._most_unplaced else 0), width + self._most_unplaced

    def _start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: C901 - a call at each cell costs too much
        if ":" in name:
            name = name.rpartition(":")[2]  # producers differ in the prefix
        if name == "c":
            self._cell = attributes
        elif name in {"v", "is", "f"}:
            reference = self._cell.get("r")
            if reference is None:
                self._unplaced += 1
                self._most_unplaced = max(self._most_unplaced, self._unplaced)
                self._rows.add(self._row or "1")
                return
            self._references.append(reference)
            if self._struck and name != "f" and self._cell.get("s") in self._struck:
                self.struck.append(reference)
            if len(self._references) >= MAX_UNSORTED_CELLS:
                self._place_cells()
            if (
                name == "f"
                or (name == "v" and self._cell.get("t") == "e")
                or (self._formats and name == "v" and self._is_printed_otherwise())
            ):
                self._start_text(reference, attributes)
        elif name == "row":
            self._row = attributes.get("r", "")
            self._rows_begun += 1
            self._unplaced = 0
        elif name == "hyperlink":
            self.hyperlinks.append(attributes)
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))

    def _place_cells(self) -> None:
        """Work out the places of the filled cells from their references, many at a time, which is faster."""
        letters = [reference.rstrip(string.digits) for reference in self._references]
        self._columns.update(letters)
        self._rows.update(reference[len(column) :] for reference, column in zip(self._references, letters, strict=True))
        self._references.clear()

    def _start_text(self, reference: str, attributes: dict[str, str]) -> None:
        """Begin to collect the text of an element: of a formula, an error, or a number that is shown in another way."""
        self._text = []
        self._parser.CharacterDataHandler = self._text.append
        self._parser.EndElementHandler = partial(self._end, reference, attributes.get("si", ""))

    def _is_printed_otherwise(self) -> bool:
        """Return whether the current cell has a number whose format changes what it says."""
        return self._cell.get("s") in self._formats and self._cell.get("t", "n") == "n"

    def _end(self, reference: str, shared: str, name: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        text = "".join(self._text)
        if name.endswith("v"):
            number_format = self._formats.get(self._cell.get("s", "")) if self._cell.get("t", "n") == "n" else None
            if number_format is None:
                self.errors[reference] = text
            elif (printed := number_format.print(text)) is not None:
                self.printed[reference] = printed
            return
        formula = self._shared.setdefault(shared, text) if shared else text
        match = HYPERLINK.match(formula)
        if match:
            self.formulas[reference] = match[1].replace('""', '"')
            if match[2]:
                self.labels[reference] = match[2].replace('""', '"')
