"""Finds lists in a PDF without ruled tables, where the pieces of each line of text stand in columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.config.drafts import ColumnDraft, ListDraft, field_name, literal, slug
from monitor.extract.drafting.kinds import DraftedCells
from monitor.extract.drafting.places import AGENCY_VALUE, find_place, find_states, with_roles, within_remarks
from monitor.extract.header import header_words
from monitor.extract.row_kinds import TOTAL
from monitor.jurisdictions.states import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.extract.pdf.columns import Row

# A list has at least so many lines in the same columns.
MIN_LIST_LINES = 5
# Two pieces stand in one column if their left or right ends are no further apart, in points.
SAME_COLUMN_POINTS = 4.0
# Lines above and below the list that are no longer can be a heading, or an end.
MAX_LINE_HEADING_LETTERS = 80
MAX_END_LETTERS = 30
# A place with its state at the beginning of a line: the state as a code, or by its name.
PLACE_FORMS = (
    r"^(?P<name>[A-Z][^,]{1,80}), (?P<state>[A-Z]{2})\b",
    r"^(?P<name>[A-Z][^,]{1,80}), (?P<state>[A-Z][a-z]+(?: [A-Z][a-z]+)*)",
)
# Of the lines from the first place to the last, this share are places.
MIN_PLACE_LINES = 0.6
# The form of a piece, from the narrowest to the widest, with a name for the field.
FORMS = (
    ("date", r"\d{1,2}/\d{1,2}/\d{2,4}"),
    ("date", r"\d{4}-\d\d-\d\d"),
    ("date", r"\d{1,2}-[A-Z][a-z]{2}-\d{2,4}"),
    ("date", r"[A-Z][a-z]+ \d{1,2}, \d{4}"),
    ("code", r"[A-Z]{2}"),
    ("count", r"[$(]?-?[\d,]+(?:\.\d+)?[%)]?"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A row of a page: its pieces, and how high its letters are, in points."""

    row: Row
    page: int

    @property
    def text(self) -> str:
        """Its text, with single blanks."""
        return " ".join(piece.text for piece in self.row)

    @property
    def height(self) -> float:
        """The height of its letters."""
        return self.row[0].bounds[3] - self.row[0].bounds[1]


def draft_lines(pages: Sequence[Sequence[Row]], name: str) -> ListDraft | None:
    """Return the draft of the list that the lines of a PDF make; None if no list can be found in them.

    `pages` are the rows of text of each page. `name` is the name of the list.
    """
    lines = [_Line(row=row, page=number) for number, rows in enumerate(pages, 1) for row in rows]
    return _of_columns(lines, name) or _of_places(lines, name)


def _of_columns(lines: Sequence[_Line], name: str) -> ListDraft | None:
    """Return the draft of a list whose lines have pieces in columns; None for none."""
    members = _in_columns(lines)
    if len(members) < MIN_LIST_LINES:
        return None
    head = lines[members[0] - 1] if members[0] > 0 else None
    header = head if head and _is_header(head, lines[members[0]]) else None
    records = [index for index in members if not TOTAL.match(lines[index].text)]
    texts = [[piece.text for piece in lines[index].row] for index in records]
    columns = list(zip(*texts, strict=True))
    names = [piece.text for piece in header.row] if header else []
    forms = _forms(columns)
    if forms is None:
        return None
    fields = _names(columns, forms, names)
    item = f"^{' '.join(f'(?P<{field}>{form})' for field, form in zip(fields, forms, strict=True))}$"
    fits = [index for index, line in enumerate(lines) if re.search(item, line.text)]
    if not set(records) <= set(fits):
        return None
    first = members[0] - (1 if header else 0)
    heading = _heading(lines, first, item)
    return _draft(
        name,
        item,
        fields,
        columns,
        heading=heading,
        until=_end(lines, members[-1], item),
        extra=len(fits) - len(records),
    )


def _of_places(lines: Sequence[_Line], name: str) -> ListDraft | None:
    """Return the draft of a list of which each line, or piece of it, is a place with its state; None for none.

    What follows the state is a field of its own, if all lines have it in one form, like `(signed 3/4/2026)`.
    """
    texts = [piece.text for line in lines for piece in line.row]
    for place in PLACE_FORMS:
        found = [(number, match) for number, text in enumerate(texts) if (match := re.match(place, text))]
        found = [(number, match) for number, match in found if code_of(match["state"])]
        first, last = (found[0][0], found[-1][0]) if found else (0, 0)
        if len(found) < MIN_LIST_LINES or len(found) < MIN_PLACE_LINES * (last - first + 1):
            continue
        rest = _rest([texts[number][match.end() :] for number, match in found])
        item = f"{place}{rest}$"
        others = [match for text in texts if (match := re.search(item, text)) and not code_of(match["state"])]
        if rest is None or others or not all(re.search(item, texts[number]) for number, _ in found):
            continue
        names = list(re.compile(item).groupindex)
        rows = [re.search(item, texts[number]) for number, _ in found]
        columns = [[match[field] for match in rows if match] for field in names]
        at = next(index for index, line in enumerate(lines) if any(texts[first] == piece.text for piece in line.row))
        heading = _heading(lines, at, item)
        return _draft(name, item, names, columns, heading=heading, until=None, extra=0)
    return None


def _rest(texts: Sequence[str]) -> str | None:
    """Return the pattern of what follows a place, with a field for what differs in it; None if it has no one form."""
    if not any(texts):
        return ""
    for kind, form in FORMS:
        found = [re.search(rf"(?<![\w/]){form}(?![\w/])", text) for text in texts] if kind != "code" else []
        around = {(text[: each.start()], text[each.end() :]) for text, each in zip(texts, found, strict=False) if each}
        if all(found) and len(around) == 1:
            begin, end = around.pop()
            return f"{literal(begin)}(?P<{kind}>{form}){literal(end)}"
    return None


def _draft(
    name: str,
    item: str,
    fields: Sequence[str],
    columns: Sequence[Sequence[str]],
    *,
    heading: str | None,
    until: str | None,
    extra: int = 0,
) -> ListDraft:
    cells = {field: DraftedCells(header=field, cells=column) for field, column in zip(fields, columns, strict=True)}
    states = find_states(cells)
    drafted = [
        ColumnDraft(
            name=field, kind="class" if _are_labels(column) else "text", role="state" if field == states else ""
        )
        for field, column in zip(fields, columns, strict=True)
    ]
    drafted = with_roles(drafted, cells, states)
    unsure = [f"the file has no ruled table; {len(columns[0])} lines of its text are taken for records"]
    unsure += [f"{extra} further lines fit, which stand elsewhere"] * (extra > 0)
    unsure += ["the list ends at this line, if it is there"] * (until is not None)
    place = find_place(drafted, cells, states)
    unsure += within_remarks(place)
    return ListDraft(
        name=slug(heading.strip("^$")) or name if heading else name,
        title=heading.strip("^$").replace("\\", "") if heading else "",
        heading=heading,
        until=until,
        item=item,
        columns=tuple(drafted),
        place=place,
        unsure=tuple(unsure),
    )


def _in_columns(lines: Sequence[_Line]) -> list[int]:
    """Return the indexes of the lines with as many pieces, in the same columns, as most lines with several pieces."""
    best: list[int] = []
    for count in sorted({len(line.row) for line in lines if len(line.row) > 1}):
        alike = [index for index, line in enumerate(lines) if len(line.row) == count]
        for seed in alike[:: max(1, len(alike) // 10)]:
            own = [index for index in alike if _same_columns(lines[index].row, lines[seed].row)]
            if len(own) * count > len(best) * (len(lines[best[0]].row) if best else 0):
                best = own
    if best and _is_header(lines[best[0]], lines[best[-1]]):
        best = [index for index in best if lines[index].text != lines[best[0]].text]
    return best


def _same_columns(row: Row, other: Row) -> bool:
    return all(
        abs(one.bounds[0] - two.bounds[0]) <= SAME_COLUMN_POINTS
        or abs(one.bounds[2] - two.bounds[2]) <= SAME_COLUMN_POINTS
        for one, two in zip(row, other, strict=True)
    )


def _is_header(line: _Line, record: _Line) -> bool:
    """Return whether a line has a header over each piece of a record: words, where the record has some figures."""
    if len(line.row) != len(record.row):
        return False
    texts = [piece.text for piece in line.row]
    plain = all(header_words(text) and not any(map(str.isdecimal, text)) for text in texts)
    return plain and any(any(map(str.isdecimal, piece.text)) for piece in record.row)


def _forms(columns: Sequence[Sequence[str]]) -> list[str] | None:
    """Return a pattern for the texts of each column; None if it could not be told where one column ends.

    A column of free text must be followed by one with a narrower form.
    """
    forms = [_form(texts) for texts in columns]
    open_ended = [form == ".+" for form in forms]
    if any(one and other for one, other in pairwise(open_ended)):
        return None
    return forms


def _form(texts: Sequence[str]) -> str:
    for _, form in FORMS:
        if all(re.fullmatch(form, text) for text in texts):
            return form
    words = {len(text.split()) for text in texts}
    if len(words) == 1 and _are_labels(texts):
        return r"\S+" + r" \S+" * (words.pop() - 1)
    if _are_labels(texts):
        return "|".join(literal(text) for text in sorted(set(texts), key=len, reverse=True))
    return ".+"


def _are_labels(texts: Sequence[str]) -> bool:
    """Return whether texts are a few labels, which come again."""
    return 3 * len(set(texts)) <= len(texts)


def _names(columns: Sequence[Sequence[str]], forms: Sequence[str], headers: Sequence[str]) -> list[str]:
    """Return a name for each field: from its header, or by what its texts are."""
    seen: Counter[str] = Counter()
    result = []
    kinds = {form: kind for kind, form in FORMS}
    for place, (texts, form) in enumerate(zip(columns, forms, strict=True)):
        own = field_name(headers[place]) if headers else ""
        if not own and all(code_of(text) for text in texts):
            own = "state"
        if not own and form == ".+":
            agencies = sum(bool(AGENCY_VALUE.search(text)) for text in texts)
            own = "agency" if 2 * agencies > len(texts) else "name"
        own = own or kinds.get(form) or "type"
        seen[own] += 1
        result.append(own if seen[own] == 1 else f"{own}_{seen[own]}")
    return result


def _heading(lines: Sequence[_Line], first: int, item: str) -> str | None:
    """Return the pattern of the nearest line above the list that may be its heading; None for none."""
    for line in reversed(lines[:first]):
        short = len(line.row) == 1 and len(line.text) <= MAX_LINE_HEADING_LETTERS
        if short and not any(map(str.isdecimal, line.text)) and not line.text.endswith((".", ";", ",")):
            again = sum(other.text == line.text for other in lines) > 1
            return None if again or re.search(item, line.text) else f"^{literal(line.text)}$"
        if len(line.row) == 1:
            return None
    return None


def _end(lines: Sequence[_Line], last: int, item: str) -> str | None:
    """Return the pattern of the line after the list that ends it, like `Notes`; None for none."""
    following: Iterator[_Line] = iter(lines[last + 1 :])
    line = next(following, None)
    if line is None or len(line.row) > 1 or len(line.text) > MAX_END_LETTERS or any(map(str.isdecimal, line.text)):
        return None
    return None if re.search(item, line.text) else f"^{literal(line.text)}$"
