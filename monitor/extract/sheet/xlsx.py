"""Reads Excel workbooks: the library calamine reads the values, and `xlsx_xml` the hyperlinks and error cells."""

from __future__ import annotations

import io
import posixpath
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract import table
from monitor.extract.account import Account
from monitor.extract.grid import MAX_SPANNED_ROWS, SHEET_EPOCH, Table
from monitor.extract.sheet import xlsx_xml, zip_guard
from monitor.extract.sheet.raised import RAISED, SHARED_TEXTS, raised_texts, strikes_out, struck_texts
from monitor.extract.sheet.xlsx_xml import CellStyles, NumberFormat
from monitor.model import Locator, PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from monitor.config.lists import ListDescription
    from monitor.extract.grid import Value
    from monitor.extract.sheet.xlsx_xml import CellPosition, SheetExtras
    from monitor.model import RecordList

# The part that every Excel workbook has, and the one with the formats of its cells.
WORKBOOK = "xl/workbook.xml"
WORKBOOK_STYLES = "xl/styles.xml"
# The formats of cells have one that changes what a number says: most workbooks have none, and parsing takes long.
PERCENTAGES = re.compile(rb'numFmtId="(?:9|10)"')
OTHER_NUMBERS = re.compile(rb'formatCode="0(?:0|\.0+%|%)')
STRIKES = re.compile(rb"<(?:\w+:)?strike\b")
# Of one sheet, at most so many rows that are struck out are accounted for one by one.
MAX_STRUCK_ROWS = 50


def read_xlsx(
    content: bytes, lists: Mapping[str, ListDescription], account: Account | None = None
) -> tuple[RecordList, ...]:
    """Return the lists of an Excel workbook; `lists` has the descriptions by the names of the lists.

    Each list is read from all sheets that have its header. Hidden rows are read like others. A hidden sheet is read
    only if no visible sheet has the list. Raises UnreadableError, BombError or LayoutError.
    """
    account = account or Account()
    tables = workbook_tables(content)
    if not tables:
        raise LayoutError("the workbook has no worksheet")
    read = tuple(
        table.read_table(name, description, tables=_among(tables, name, description=description), account=account)
        for name, description in lists.items()
    )
    table.account_for_others(tables, lists, account)
    for each in tables:
        _account_for_struck(each, account)
    return read


def workbook_tables(content: bytes, most: int = xlsx_xml.MAX_SHEET_CELLS) -> tuple[Table, ...]:
    """Return every sheet of a workbook as a table, whatever is in it.

    `most` is the largest number of cells of a sheet, counted out to the last row and column in use. Raises
    UnreadableError or BombError.
    """
    return tuple(_tables(zip_guard.unpack(content), most))


def _account_for_struck(sheet: Table, account: Account) -> None:
    """Note in the account the rows of a sheet with text that is struck out: they may no longer count.

    The account says which parts of a file were read into no list, and what is doubtful.
    """
    columns: dict[int, list[int]] = {}
    for row, column in sheet.struck:
        columns.setdefault(row, []).append(column)
    for row in sorted(columns)[:MAX_STRUCK_ROWS]:
        struck = " ".join(sheet.struck[row, column] for column in sorted(columns[row]))
        whole = " ".join(str(value) for value in sheet.rows[row] if value != "")
        message = f"{sheet.title}, row {row + 1}: {struck[:80]!r} is struck out"
        account.pass_over(PassedOverKind.STRUCK, f"{struck} in {whole}", [whole], message=message, holds=True)


def _among(tables: tuple[Table, ...], name: str, *, description: ListDescription) -> tuple[Table, ...]:
    """Return the sheets in which the list `name` may be: those whose name matches the list's description.

    Raises LayoutError if there is none.
    """
    if not description.sheet:
        return tables
    chosen = tuple(each for each in tables if description.sheet.search(sheet_of(each)))
    if not chosen:
        raise LayoutError(
            f"list {name!r}: no sheet is called like {description.sheet.pattern!r}; "
            f"there are {', '.join(repr(sheet_of(each)) for each in tables[:20])}"
        )
    return chosen


def sheet_of(each: Table) -> str:
    """Return the name of the sheet that a table of a workbook is."""
    return each.locate(0).sheet or ""


def _tables(parts: dict[str, bytes], most: int) -> Iterator[Table]:
    if WORKBOOK not in parts:
        raise UnreadableError(f"no Excel workbook: the file has no {WORKBOOK}")
    elements = list(_tree(parts, WORKBOOK).iter())
    paths = _paths(parts, elements)
    styles = _styles(parts)
    epoch = _epoch(elements)
    shared = parts.get(SHARED_TEXTS, b"")  # parsing it takes long, and most workbooks have nothing raised or struck out
    raised = raised_texts(_tree(parts, SHARED_TEXTS)) if RAISED.encode() in shared else {}
    struck = struck_texts(_tree(parts, SHARED_TEXTS)) if STRIKES.search(shared) else {}
    for path in parts.keys() - paths.values():
        zip_guard.refuse_entities(path, parts[path])
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(zip_guard.repack(parts)))
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.name in paths:
                extras = _extras(parts, paths[sheet.name], styles, most)
                hidden = sheet.visible != SheetVisibleEnum.Visible
                read = _grid(workbook, sheet.name)
                within = _struck_within(read, struck)
                each = _table(
                    _with_raised(read, raised), extras, name=sheet.name, hidden=hidden, epoch=epoch, most=most
                )
                yield replace(each, struck={**within, **each.struck}) if within else each
    except CalamineError as fault:
        raise UnreadableError(f"no readable workbook: {fault}") from fault


def _grid(workbook: CalamineWorkbook, name: str) -> list[list[Value]]:
    """Return the values of a sheet by row and column, starting at cell A1 even if the first rows or columns are empty.

    So the index of a row or column is its number in Excel less one.
    """
    return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _with_raised(rows: list[list[Value]], raised: Mapping[str, str]) -> list[list[Value]]:
    """Return the rows with each text that is a key of `raised` in the form in which its raised digits are seen."""
    if not raised:
        return rows
    return [[raised.get(cell, cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def _struck_within(rows: list[list[Value]], struck: Mapping[str, str]) -> dict[CellPosition, str]:
    """Return what is struck out within the texts of cells, by the cells; `struck` has it for each such text."""
    if not struck:
        return {}
    return {
        (number, column): struck[cell]
        for number, row in enumerate(rows)
        for column, cell in enumerate(row)
        if isinstance(cell, str) and cell in struck
    }


def _table(rows: list[list[Value]], extras: SheetExtras, *, name: str, hidden: bool, epoch: date, most: int) -> Table:
    for (row, column), text in (*extras.errors.items(), *extras.printed.items()):
        _put(rows, row, column, text)
    for (row, column), text in extras.labels.items():
        if row >= len(rows) or column >= len(rows[row]) or rows[row][column] == "":
            _put(rows, row, column, text)
    _fill_down(rows, extras, most)
    return Table(
        title=f"sheet {name!r}",
        rows=rows,
        links=extras.links,
        across=frozenset(_notes(rows, extras)),
        locate=partial(_locate, name),
        hidden=hidden,
        epoch=epoch,
        struck={
            (row, column): str(rows[row][column])
            for row, column in extras.struck
            if row < len(rows) and column < len(rows[row])
        },
        spans=_spans(extras),
    )


def _locate(name: str, row: int) -> Locator:
    return Locator(sheet=name, row=row + 1)


def _put(rows: list[list[Value]], row: int, column: int, text: Value) -> None:
    """Set the value of one cell, and lengthen the rows if they end before it.

    The rows can end before an error cell, since calamine leaves such cells out.
    """
    while len(rows) <= row:
        rows.append([])
    rows[row].extend([""] * (column + 1 - len(rows[row])))
    rows[row][column] = text


def _fill_down(rows: list[list[Value]], extras: SheetExtras, most: int) -> None:
    """Copy the value of each cell that is merged over several rows into all of these rows."""
    room = most
    for (top, left), (bottom, _) in extras.merged:
        if top >= len(rows) or left >= len(rows[top]) or rows[top][left] == "":
            continue
        last = min(bottom, len(rows) - 1)
        room -= last - top
        if room < 0:
            raise BombError("the merged cells of a sheet cover too many rows")
        for row in range(top + 1, last + 1):
            _put(rows, row, left, rows[top][left])


def _spans(extras: SheetExtras) -> dict[CellPosition, int]:
    """Return the last column of each cell that is merged over several columns, keyed by its row and first column.

    Of a cell that is merged over many rows as well, only the first ones count: no header has more.
    """
    return {
        (row, left): right
        for (top, left), (bottom, right) in extras.merged
        if right > left
        for row in range(top, min(bottom + 1, top + MAX_SPANNED_ROWS))
    }


def _notes(rows: list[list[Value]], extras: SheetExtras) -> Iterator[int]:
    """Yield the numbers of the rows that are one merged cell over several columns: these are titles or notes."""
    for (top, left), (_, right) in extras.merged:
        if right > left and top < len(rows) and [i for i, cell in enumerate(rows[top]) if cell != ""] == [left]:
            yield top


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relation:
    """Where a part of an Office file points to: another part of the file, or (`external`) an address outside of it."""

    target: str
    external: bool


def _paths(parts: Mapping[str, bytes], elements: Sequence[Element]) -> dict[str, str]:
    """Return the name of the part of the file that has each worksheet, keyed by the name of the sheet.

    `elements` are the XML elements of the part WORKBOOK.
    """
    relations = _relations(parts, WORKBOOK)
    paths: dict[str, str] = {}
    for element in elements:
        if _local(element.tag) == "sheet":
            key = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
            if key in relations and relations[key].target in parts:
                paths[element.attrib.get("name", "")] = relations[key].target
    return paths


def _styles(parts: Mapping[str, bytes]) -> CellStyles:
    """Return the cell styles that matter for reading: number formats, and text that is struck out."""
    written = parts.get(WORKBOOK_STYLES, b"")
    has_percentages = PERCENTAGES.search(written, max(written.find(b"cellXfs"), 0))  # before, they are of named styles
    if not (has_percentages or OTHER_NUMBERS.search(written) or STRIKES.search(written)):
        return CellStyles()
    codes = {"9": "0%", "10": "0.00%"}
    struck_fonts: set[str] = set()
    formats: dict[str, NumberFormat] = {}
    struck: set[str] = set()
    for element in _tree(parts, WORKBOOK_STYLES):
        if _local(element.tag) == "numFmts":
            codes |= {each.get("numFmtId", ""): each.get("formatCode", "") for each in element}
        elif _local(element.tag) == "fonts":
            struck_fonts = {str(font) for font, each in enumerate(element) if strikes_out(each)}
        elif _local(element.tag) == "cellXfs":
            for style, each in enumerate(element):
                number_format = NumberFormat.of_code(codes.get(each.get("numFmtId", ""), ""))
                if number_format:
                    formats[str(style)] = number_format
                if each.get("fontId") in struck_fonts:
                    struck.add(str(style))
    return CellStyles(formats=formats, struck=frozenset(struck))


def _epoch(elements: Sequence[Element]) -> date:
    """Return the day from which a workbook counts its dates; in some files from Macs it is 1 January 1904.

    `elements` are the XML elements of the part WORKBOOK.
    """
    for element in elements:
        if _local(element.tag) == "workbookPr" and element.get("date1904", "0") in {"1", "true"}:
            return date(1904, 1, 1)
    return SHEET_EPOCH


def _extras(parts: Mapping[str, bytes], path: str, styles: CellStyles, most: int) -> SheetExtras:
    """Return the hyperlinks, error cells and merged cells of a sheet; `path` is the name of its part of the file."""
    external = {key: each.target for key, each in _relations(parts, path).items() if each.external}
    return xlsx_xml.scan_sheet(parts[path], path, targets=external, styles=styles, most=most)


def _relations(parts: Mapping[str, bytes], path: str) -> dict[str, _Relation]:
    """Return where the part `path` of the file points to, keyed by the ids that are used for that.

    A target within the file is given by the name of its part.
    """
    folder, _, name = path.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"
    if rels not in parts:
        return {}
    relations: dict[str, _Relation] = {}
    for attributes in _attributes_below_root(parts[rels], rels):
        target = attributes.get("Target", "")
        external = attributes.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        relations[attributes.get("Id", "")] = _Relation(target=target, external=external)
    return relations


def _attributes_below_root(part: bytes, path: str) -> list[dict[str, str]]:
    """Return the attributes of each element directly below the root of an XML document.

    `path` is its name, for messages. No tree is built, since a sheet may have very many hyperlinks.
    """
    parser = zip_guard.entity_free_parser(path, namespaces=True)
    found: list[dict[str, str]] = []
    depth = 0

    def start(_: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 1:
            found.append(attributes)
        depth += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(part, True)  # noqa: FBT003 - expat takes no names
    except expat.ExpatError as fault:
        raise UnreadableError(f"the part {path} is no valid XML: {fault}") from fault
    return found


def _tree(parts: Mapping[str, bytes], path: str) -> Element:
    try:
        root: Element = fromstring(parts[path], forbid_dtd=True)
    except DefusedXmlException as fault:
        raise UnreadableError(f"the part {path} declares a document type or entities, which is refused") from fault
    except ParseError as fault:
        raise UnreadableError(f"the part {path} is no valid XML: {fault}") from fault
    return root


def _local(tag: str) -> str:
    """Return a tag without its namespace, because the namespaces of transitional and strict Office files differ."""
    return tag.rpartition("}")[2]
