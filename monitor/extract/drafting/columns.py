"""Drafts the description of one table: finds its header row, and what its columns hold, by their values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from monitor.config.drafts import ColumnDraft, ListDraft, field_name
from monitor.extract.grid import printed
from monitor.extract.header import header_words
from monitor.extract.row_kinds import TOTAL
from monitor.extract.table import SERIAL_DATES
from monitor.extract.values import BULLET_MARK, as_date, folded, is_day_first, is_plain_date
from monitor.jurisdictions import resolve
from monitor.jurisdictions.states import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.config.drafts import ColumnKind, ColumnRole
    from monitor.extract.grid import Table, Value

# Of a table, so many rows and columns are looked at.
MAX_DRAFT_ROWS = 3_000
MAX_DRAFT_COLUMNS = 100
# The header is one of the first rows with values.
MAX_ROWS_ABOVE = 15
# A header has a cell over this share of the columns that are filled below it.
MIN_COVERED = 0.6
# Of its texts, this share is different from all others.
MIN_DIFFERENT = 0.6
MAX_HEADER_LETTERS = 120
# A table with so many rows may go on over a page break in another issue.
MIN_BROKEN_ROWS = 15
# Of the filled cells of a column, this share decides.
MOST = 0.8
# A column of labels has a value for several records each.
MIN_LABEL_ROWS = 6
MAX_COLUMN_LABELS = 60
MAX_LABEL_LETTERS = 60
# So many values are looked up in the gazetteer.
MAX_LOOKED_UP = 150
# Headers of these words alone say that a name like `Dallas` is the county's, and not the city's.
COUNTY_HEADER_WORDS = frozenset({"county", "counties", "parish", "parishes", "name", "of"})
MIN_KNOWN_PLACES = 0.5
MONTH_ONLY = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?,? \d{4}", re.IGNORECASE)
FIGURES = re.compile(r"[$(]?-?[\d,]+(?:\.\d+)?[%)]?")
WEB = re.compile(r"https?://\S+", re.IGNORECASE)
LINK_VALUE = re.compile(r"(?:link|url)\b|https?://", re.IGNORECASE)
DATE_WORDS = frozenset({"date", "dated", "signed", "since", "effective", "issued", "enacted", "updated", "expires"})
AGENCY_VALUE = re.compile(
    r"\b(?:sheriff|police|department|office|marshal|constable|corrections|detention|jail|pd|so|agency|bureau)\b",
    re.IGNORECASE,
)
NAME_WORDS = frozenset({"name", "agency", "jurisdiction", "facility", "office", "organization", "entity", "recipient"})
PLACE_WORDS = frozenset(
    {"county", "city", "jurisdiction", "place", "parish", "municipality", "town", "location", "locality"}
)
SAYING_NOTHING = frozenset({"#n/a", "n/a", "na", "-", "--", "none", "null", "#ref!", "tbd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table of a file, with what tells it from other tables.

    - `table`: its cells. `sheet`: the name of its sheet, or None. `headings`: its caption and the headings above it.
    - `has_months`: whether a month and a year count as a date, as in the tables of PDF files.
    """

    table: Table
    sheet: str | None = None
    headings: tuple[str, ...] = ()
    has_months: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """The cells of one column below the header, and how many of them are links."""

    header: str
    cells: Sequence[Value]
    links: int

    @property
    def values(self) -> list[Value]:
        """The values of the filled cells."""
        return [value for value in self.cells if value != ""]

    @property
    def texts(self) -> list[str]:
        """The values as texts on one line."""
        return [folded(printed(value)) for value in self.values]


def draft_table(found: FoundTable, name: str) -> ListDraft | None:
    """Return the draft of a list for a table; None if the table has no header or nothing below it.

    `name` is the name of the list. Its key, anchors and names are left to whoever has read its records.
    """
    at = header_row(found.table)
    if at is None:
        return None
    columns = list(_columns(found.table, at, has_months=found.has_months))
    if not columns:
        return None
    states = _states(columns)
    drafted = _named([_column(each, has_months=found.has_months, states=states) for each in columns])
    if not any(each.values for each in columns):
        return None
    unsure: list[str] = []
    by_header = {each.header: each for each in columns}
    drafted = _with_roles(drafted, by_header, states)
    whole = _whole_row(drafted, by_header) if found.has_months else None
    unsure += [] if whole else _remarks(found.table, at)
    unsure += [f"a row without {whole} goes on with the row above, as where a page breaks it"] if whole else []
    place = _place(drafted, by_header, states)
    return ListDraft(name=name, columns=tuple(drafted), place=place, whole_row=whole, unsure=tuple(unsure))


def _whole_row(drafted: Sequence[ColumnDraft], columns: Mapping[str, _Column]) -> str | None:
    """Return the field that every whole row of a table in a PDF has, where other rows go on with the row above.

    It is one with short values, which no page breaks: the state, else a date, else labels, else the first field. Return
    None for a short table without such rows, and where no field is in all whole rows.
    """
    rows = range(max((len(each.cells) for each in columns.values()), default=0))
    broken = {row for row in rows if 2 * sum(each.cells[row] != "" for each in columns.values()) <= len(drafted)}
    if not broken and len(rows) < MIN_BROKEN_ROWS:
        return None
    whole = [
        each for each in drafted if all((columns[each.header].cells[row] == "") == (row in broken) for row in rows)
    ]
    order = {"date": 1, "class": 2}
    best = min(whole, key=lambda each: 0 if each.role == "state" else order.get(each.kind, 3), default=None)
    return best.name if best else None


def header_row(table: Table) -> int | None:
    """Return the number of the row that is most likely the header of a table; None if no row looks like one.

    It is the first row that has short, different texts, no figures or dates, over most of the columns that are filled
    below it.
    """
    rows = list(islice(table.rows, MAX_DRAFT_ROWS))
    filled = [(number, row) for number, row in enumerate(rows) if any(cell != "" for cell in row)]
    for place, (number, row) in enumerate(filled[:MAX_ROWS_ABOVE]):
        below = [each for _, each in filled[place + 1 :]]
        if len(below) < 1 or number in table.across:
            continue
        widths = sorted(sum(cell != "" for cell in each) for each in below)
        usual = widths[len(widths) // 2]
        texts = [folded(printed(cell)) for cell in row[:MAX_DRAFT_COLUMNS] if cell != ""]
        if len(texts) >= max(2, MIN_COVERED * usual) and _are_headers(row, texts):
            return number
    return None


def _are_headers(row: Sequence[Value], texts: Sequence[str]) -> bool:
    """Return whether the filled cells of a row may be headers: short, different texts that are no values."""
    words = [header_words(text) for text in texts]
    return (
        all(isinstance(cell, str) for cell in row)
        and all(words)
        and len(set(words)) >= MIN_DIFFERENT * len(words)
        and all(len(text) <= MAX_HEADER_LETTERS for text in texts)
        and not any(FIGURES.fullmatch(text) or WEB.match(text) or is_plain_date(as_date(text)) for text in texts)
        and not TOTAL.fullmatch(texts[0])
    )


def _columns(table: Table, at: int, *, has_months: bool) -> Iterator[_Column]:
    header = table.rows[at]
    below = [
        (number, row)
        for number, row in enumerate(islice(table.rows, at + 1, at + 1 + MAX_DRAFT_ROWS), at + 1)
        if number not in table.across and _is_record(row, header, with_short=has_months)
    ]
    for index, cell in enumerate(header[:MAX_DRAFT_COLUMNS]):
        text = folded(printed(cell))
        if header_words(text):
            cells = [row[index] if index < len(row) else "" for _, row in below]
            links = sum((number, index) in table.links for number, _ in below)
            yield _Column(header=text, cells=cells, links=links)


def _is_record(row: Sequence[Value], header: Sequence[Value], *, with_short: bool) -> bool:
    """Return whether a row below the header may be a record: no sum, no title, and not the header again.

    `with_short` is true where a row with one value may be the rest of the row above.
    """
    filled = [folded(printed(cell)) for cell in row if cell != ""]
    if not filled or TOTAL.fullmatch(filled[0]):
        return False
    wide = sum(cell != "" for cell in header)
    return (len(filled) > 1 or wide <= 2 or with_short) and filled != [
        folded(printed(cell)) for cell in header if cell != ""
    ]


def _remarks(table: Table, at: int) -> Iterator[str]:
    """Yield remarks about a table: columns without a header, titles of groups, sums."""
    header = table.rows[at]
    below = list(islice(table.rows, at + 1, MAX_DRAFT_ROWS))
    width = max(map(len, below), default=0)
    for index in range(min(width, MAX_DRAFT_COLUMNS)):
        named = index < len(header) and header_words(printed(header[index]))
        values = [folded(printed(row[index])) for row in below if index < len(row) and row[index] != ""]
        if not named and values:
            yield f"column {index + 1} has no header and is left out; it has {values[0][:60]!r}"
    wide = sum(cell != "" for cell in header)
    single = [texts[0] for row in below if len(texts := [printed(cell) for cell in row if cell != ""]) == 1]
    if wide > 2 and single:
        yield f"{len(single)} rows with one value, like {single[0][:60]!r}, are read as titles or notes"
    sums = [texts[0] for row in below if (texts := [printed(cell) for cell in row if cell != ""])]
    if total := next((text for text in sums if TOTAL.fullmatch(text)), None):
        yield f"rows like {total[:60]!r} are read as sums, and as no records"


def _column(each: _Column, *, has_months: bool, states: str | None) -> ColumnDraft:
    """Draft one column by its values; `states` is the header of the column of states, or None."""
    texts = each.texts
    kept = [text for text in texts if text.casefold() not in SAYING_NOTHING]
    hide = tuple(dict.fromkeys(text for text in texts if text.casefold() in SAYING_NOTHING))[:5]
    kind, unsure = _kind(each, kept, has_months=has_months)
    role: ColumnRole = "state" if each.header == states else ""
    if kind == "text" and kept and sum(bool(FIGURES.fullmatch(text)) for text in kept) >= MOST * len(kept):
        role = "number"
    name = field_name(each.header)
    title = each.header if name.replace("_", " ") != " ".join(header_words(each.header)) else ""
    return ColumnDraft(
        name=name,
        header=each.header,
        kind=kind,
        role=role,
        optional=not each.values,
        title=_sentence_case(title),
        hide=hide,
        unsure=unsure,
    )


def _sentence_case(title: str) -> str:
    """Return a title without capital letters, unless some word of it is written in capitals on purpose."""
    words = title.split()
    return title if any(word.isupper() and len(word) > 1 for word in words) else title.lower()


def _kind(each: _Column, kept: Sequence[str], *, has_months: bool) -> tuple[ColumnKind, str]:
    """Return the kind of a column, and a remark if that is doubtful; `kept` are its values that say something."""
    if not kept:
        return "text", "the column has no values by which its kind could be told"
    dates = sum(_is_date(value, each.header) for value in each.values)
    months = sum(bool(MONTH_ONLY.fullmatch(text)) for text in kept) if has_months else 0
    if dates + months >= MOST * len(kept):
        return "date", ""
    if is_day_first(kept):
        return "date", "the day seems to stand before the month"
    if sum(_has_bullets(value) for value in each.values) >= len(kept) / 4:
        return "bullets", ""
    kind, unsure = _link_or_label(each, kept)
    some = f"{dates} of {len(kept)} values are dates" if 2 * dates > len(kept) else ""
    return kind, unsure or some


def _link_or_label(each: _Column, kept: Sequence[str]) -> tuple[ColumnKind, str]:
    """Return whether a column has links, labels or other texts, and a remark if that is doubtful."""
    count = len(kept)
    labels = {text.casefold() for text in kept}
    kind: ColumnKind = "text"
    unsure = ""
    if sum(bool(WEB.match(text)) for text in kept) >= MOST * count:
        kind = "link"
    elif 10 * each.links >= count or any(LINK_VALUE.match(text) for text in kept):
        kind = "link" if len(labels) <= max(3, count / 4) else "text"
        texts_count = "its cells are links too; kind: link would read their addresses in place of their texts"
        unsure = "" if kind == "link" else texts_count
    elif sum(bool(FIGURES.fullmatch(text)) for text in kept) < MOST * count:
        short = max(map(len, labels)) <= MAX_LABEL_LETTERS
        if short and count >= MIN_LABEL_ROWS and len(labels) <= min(MAX_COLUMN_LABELS, count / 2):
            kind = "class" if 3 * len(labels) <= count else "text"
            unsure = "" if kind == "class" else "few of its values come again; kind: class, if they are labels"
    return kind, unsure


def _is_date(value: Value, header: str) -> bool:
    if isinstance(value, date):
        return True
    text = folded(printed(value))
    if text.isdecimal() and len(text) == 5:
        return int(text) in SERIAL_DATES and not DATE_WORDS.isdisjoint(header_words(header))
    return is_plain_date(as_date(text))


def _has_bullets(value: Value) -> bool:
    return isinstance(value, str) and any(BULLET_MARK.match(line) for line in value.split("\n"))


def _states(columns: Sequence[_Column]) -> str | None:
    """Return the header of the column that has the names or codes of states, or None."""
    best: tuple[bool, float, str] | None = None
    for each in columns:
        texts = each.texts[:MAX_LOOKED_UP]
        known = sum(code_of(text) is not None for text in texts) / max(len(texts), 1)
        if known >= MOST:
            rank = ("state" in header_words(each.header), known, each.header)
            best = max(best or rank, rank)
    return best[2] if best else None


def _named(columns: Sequence[ColumnDraft]) -> list[ColumnDraft]:
    """Return the columns with a name of its own for each: a second `date` is `date_2`."""
    seen: Counter[str] = Counter()
    result = []
    for each in columns:
        name = each.name or "column"
        seen[name] += 1
        result.append(replace(each, name=name if seen[name] == 1 else f"{name}_{seen[name]}"))
    return result


def _with_roles(
    drafted: Sequence[ColumnDraft], columns: Mapping[str, _Column], states: str | None
) -> list[ColumnDraft]:
    """Return the columns with the one that names a record, and the one with the type of agency, marked as such."""
    ranked = [
        (_name_rank(columns[each.header], each), -place, each.name)
        for place, each in enumerate(drafted)
        if each.kind in {"text", "class"} and each.role == ""
    ]
    named = max(ranked)[2] if ranked else states and next(c.name for c in drafted if c.header == states)
    result = []
    typed = False
    for each in drafted:
        role: ColumnRole = each.role
        if each.name == named and role == "":
            role = "name"
        elif each.kind == "class" and role == "" and "type" in header_words(each.header) and not typed:
            role, typed = "type", True
        result.append(replace(each, role=role))
    return result


def _name_rank(column: _Column, drafted: ColumnDraft) -> float:
    """Rate how well a column names its records: by its header, and by how many different short texts it has."""
    texts = [text for text in column.texts if text.casefold() not in SAYING_NOTHING]
    if not texts:
        return -1.0
    different = len({text.casefold() for text in texts}) / len(texts)
    words = set(header_words(drafted.header))
    long = sum(map(len, texts)) / len(texts) > MAX_LABEL_LETTERS
    agencies = sum(bool(AGENCY_VALUE.search(text)) for text in texts) / len(texts)
    bare = sum(any(letter.isdecimal() for letter in text) for text in texts) / len(texts)
    told = bool(words & NAME_WORDS) - ("type" in words)
    return different + told + agencies + 0.5 * bool(words & PLACE_WORDS) - long - bare


def _place(drafted: Sequence[ColumnDraft], columns: Mapping[str, _Column], states: str | None) -> dict[str, str]:
    """Return the fields that name the jurisdiction, by their roles in the configuration."""
    place: dict[str, str] = {}
    level: str | None = None
    state = next((each for each in drafted if each.header == states), None)
    best = 0.0
    for each in drafted:
        if each.kind not in {"text", "class"} or each.role in {"state", "number", "type"}:
            continue
        texts = list(dict.fromkeys(columns[each.header].texts))
        levels, known = _levels(columns[each.header], columns[states] if states else None)
        agencies = sum(bool(AGENCY_VALUE.search(text)) for text in texts) >= len(texts) / 3
        words = set(header_words(each.header))
        if agencies and "jurisdiction" not in words:
            if each.role == "name" and (state or known >= MIN_KNOWN_PLACES):
                place["agency"] = each.name
            continue
        known = max(known, MIN_KNOWN_PLACES if agencies else 0.0)
        rank = known + 0.3 * bool(words & PLACE_WORDS)
        if known >= MIN_KNOWN_PLACES and rank > best:
            best = rank
            place["name"] = each.name
            level = levels
    if state:
        place["state"] = state.name
    if "agency" in place and (kind := next((each.name for each in drafted if each.role == "type"), None)):
        place["type"] = kind
    if "name" in place and level:
        place["level"] = level
    order = ("name", "state", "agency", "type", "level")
    return {role: place[role] for role in order if role in place}


def _levels(column: _Column, states: _Column | None) -> tuple[str | None, float]:
    """Return the one level of the places that a column names, or None, and the share of its values that are places."""
    names = [folded(printed(value)) for value in column.cells]
    codes = [folded(printed(value)) for value in states.cells] if states else [""] * len(names)
    pairs = list(dict.fromkeys(zip(names, codes, strict=True)))
    pairs = [pair for pair in pairs if pair[0] and pair[0].casefold() not in SAYING_NOTHING][:MAX_LOOKED_UP]
    found = [resolve(name[:200], code or None).jurisdiction for name, code in pairs]
    levels = {each.level for each in found if each}
    words = set(header_words(column.header))
    if len(levels) > 1 and words <= COUNTY_HEADER_WORDS:
        counties = [resolve(name[:200], code or None, level="county").jurisdiction for name, code in pairs]
        if all(each is None or each.level == "county" for each in counties):
            found, levels = counties, {"county"}
    share = sum(each is not None for each in found) / max(len(pairs), 1)
    own = levels.pop() if len(levels) == 1 else None
    return (own if own in {"county", "place"} and share >= MOST else None), share
