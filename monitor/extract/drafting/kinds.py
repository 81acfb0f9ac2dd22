"""Tells from a column's values whether it holds dates, numbers, links, labels, bullets or texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.config.drafts import NO_VALUES, ColumnDraft, field_name, literal, parted
from monitor.extract.drafting.heads import FIGURES, WEB
from monitor.extract.grid import printed
from monitor.extract.header import header_words
from monitor.extract.table import SERIAL_DATES
from monitor.extract.values import BULLET_MARK, as_date, folded, is_day_first, is_plain_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.drafts import ColumnKind
    from monitor.extract.grid import Value

# Of the filled cells of a column, this share decides.
MOST = 0.8
# A column of labels has a value for several records each.
MIN_LABEL_ROWS = 6
MAX_COLUMN_LABELS = 60
MAX_LABEL_LETTERS = 60
# A column whose header speaks of labels has fewer labels than records: this share.
MAX_TOLD_LABELS = 2 / 3
MAYBE_LABELS = "few of its values come again; kind: class, if they are labels"
MONTH_ONLY = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?,? \d{4}", re.IGNORECASE)
LINK_VALUE = re.compile(r"(?:link|url)\b|https?://", re.IGNORECASE)
DATE_WORDS = frozenset({"date", "dated", "signed", "since", "effective", "issued", "enacted", "updated", "expires"})
# A year, or a fiscal year, in a header.
YEAR_MARK = re.compile(r"\bFY ?\d{2,4}\b|\b(?:19|20)\d\d\b")
# Words of headers over labels, and over figures that are no amounts.
LABEL_WORDS = frozenset(
    {"type", "status", "state", "region", "category", "class", "model", "program", "level", "aor", "gender"}
    | {"sex", "reason", "cause", "rating"}
)
# The last word of a header over figures that are labels.
CLASS_WORDS = frozenset({"class", "rating", "region", "category", "type"})
CODE_WORDS = frozenset(
    {"zip", "zipcode", "postal", "fips", "cert", "certificate", "id", "ein", "uei", "npi", "phone", "telephone"}
    | {"tel", "fax", "code", "year", "district", "ori", "room", "case", "docket", "identifier", "award", "grant"}
)
# The same, as the last word of a header.
LAST_CODE_WORDS = frozenset({"no", "number", "num", "nr"})
COUNTED_WORDS = frozenset({"of", "count", "total", "sum", "average"})
# Figures that stand for yes and no.
FLAGS = frozenset({"0", "1"})
# Forms of dates that are read only if the description names them, each with what its dates look like.
OTHER_FORMS = {
    "%d%b%Y": re.compile(r"\d{1,2}[A-Za-z]{3}\d{4}"),
    "%d%b%y": re.compile(r"\d{1,2}[A-Za-z]{3}\d{2}"),
    "%m%d%Y": re.compile(r"\d{8}"),
    "%Y-%b-%d": re.compile(r"\d{4}-[A-Za-z]{3}-\d{1,2}"),
}
SAYING_NOTHING = frozenset({"#n/a", "n/a", "na", "-", "--", "none", "null", "#ref!", "tbd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedCells:
    """The cells of one column in a table's records.

    - `header`: the header of the column. `links`: how many of the cells are links.
    - `is_yearly`: whether the header names a year, like `FY2026 total`, and no other header of the table differs from
      it only in the year.
    """

    header: str
    cells: Sequence[Value]
    links: int = 0
    is_yearly: bool = False

    @property
    def values(self) -> list[Value]:
        """The values of the filled cells."""
        return [value for value in self.cells if value != ""]

    @property
    def texts(self) -> list[str]:
        """The values of the filled cells, each as a text on one line."""
        return [folded(printed(value)) for value in self.values]

    @property
    def lines(self) -> list[str]:
        """The values of all cells, each as a text on one line; "" for an empty cell."""
        return [folded(printed(value)) for value in self.cells]


def draft_column(each: DraftedCells, *, has_months: bool) -> ColumnDraft:
    """Return the draft of a column, made from its values; `has_months` is whether `May 2026` counts as a date."""
    texts = each.texts
    kept = [text for text in texts if text.casefold() not in SAYING_NOTHING]
    hide = tuple(dict.fromkeys(text for text in texts if text.casefold() in SAYING_NOTHING))[:5]
    kind, unsure = _kind(each, kept, has_months=has_months)
    formats = _formats(each, kept) if kind == "text" else ()
    name = field_name(YEAR_MARK.sub(" ", each.header)) if each.is_yearly else field_name(each.header)
    title = each.header if not each.is_yearly and name.replace("_", " ") != " ".join(header_words(each.header)) else ""
    return ColumnDraft(
        name=name,
        header=each.header,
        kind="date" if formats else kind,
        formats=formats,
        optional=not each.values,
        title=_sentence_case(title),
        hide=hide,
        unsure=unsure or ("its header names a year, which is left open" if each.is_yearly else ""),
        header_pattern=year_pattern(each.header) if each.is_yearly else None,
    )


def year_pattern(header: str) -> str:
    """Return a pattern that fits a header with a year in it, and the same header with any other year."""
    marks = iter(re.sub(r"\d", r"\\d", literal(mark)) for mark in YEAR_MARK.findall(header))
    return f"^{''.join(literal(text) + next(marks, '') for text in YEAR_MARK.split(header))}$"


def _sentence_case(title: str) -> str:
    """Return a title without capital letters, unless some word of it is written in capitals on purpose."""
    words = title.split()
    return title if any(word.isupper() and len(word) > 1 for word in words) else title.lower()


def _kind(each: DraftedCells, kept: Sequence[str], *, has_months: bool) -> tuple[ColumnKind, str]:
    """Return the kind of a column, and a remark if that is doubtful; `kept` are its values that say something."""
    if not kept:
        return "text", NO_VALUES
    found = _days(each, kept, has_months=has_months)
    if found is None and sum(_has_bullets(value) for value in each.values) >= len(kept) / 4:
        found = "bullets", ""
    figures = sum(_is_number(value, text) for value, text in zip(each.values, each.texts, strict=True))
    if found is None and figures >= MOST * len(kept) and _is_amount(each.header, kept):
        others = [text for text in kept if not FIGURES.fullmatch(text)]
        found = "number", f"{others[0][:40]!r} is no number" if others else ""
    return found or _links(each, kept) or _labels(each, kept)


def _days(each: DraftedCells, kept: Sequence[str], *, has_months: bool) -> tuple[ColumnKind, str] | None:
    """Return that a column has dates, with a remark if that is doubtful; None if it has none."""
    days = sum(_is_date(value, each.header) for value in each.values)
    months = sum(bool(MONTH_ONLY.fullmatch(text)) for text in kept) if has_months else 0
    if days + months >= MOST * len(kept):
        return "date", ""
    if header_words(parted(each.header))[-1:] == ("date",) and 2 * days >= len(kept):
        return "date", f"{days} of {len(kept)} values are dates"
    return ("date", "the day seems to stand before the month") if is_day_first(kept) else None


def _links(each: DraftedCells, kept: Sequence[str]) -> tuple[ColumnKind, str] | None:
    """Return that a column has links, or that its texts lead somewhere, with a remark; None if it has none."""
    labels = {text.casefold() for text in kept}
    named = any(map(LINK_VALUE.match, kept))
    if sum(bool(WEB.match(text)) for text in kept) >= MOST * len(kept):
        return "link", ""
    if 10 * each.links < len(kept) and not named:
        return None
    if len(labels) <= max(3, len(kept) / 4) and (named or len(labels) < len(kept)):
        return "link", ""
    return "text", "its cells are links too; kind: link would read their addresses in place of their texts"


def _labels(each: DraftedCells, kept: Sequence[str]) -> tuple[ColumnKind, str]:
    """Return whether a column has labels or other texts, and a remark if that is doubtful."""
    count = len(kept)
    labels = {text.casefold() for text in kept}
    figures = sum(bool(FIGURES.fullmatch(text)) for text in kept) >= MOST * count
    words = header_words(parted(each.header))
    told = not (CLASS_WORDS.isdisjoint(words[-1:]) if figures else LABEL_WORDS.isdisjoint(words))
    kind: ColumnKind = "text"
    unsure = ""
    if max(map(len, labels)) > MAX_LABEL_LETTERS:
        pass
    elif told and count < MIN_LABEL_ROWS:
        kind, unsure = "class", "few values show that it has labels, as its header says"
    elif (told and len(labels) <= MAX_TOLD_LABELS * count) or (labels <= FLAGS and count > 1):
        kind = "class"
    elif count >= MIN_LABEL_ROWS and not figures and len(labels) <= min(MAX_COLUMN_LABELS, count / 2):
        kind = "class" if 3 * len(labels) <= count else "text"
        unsure = "" if kind == "class" else MAYBE_LABELS
    days = sum(_is_date(value, each.header) for value in each.values)
    return kind, unsure or (f"{days} of {count} values are dates" if 2 * days > count else "")


def _is_date(value: Value, header: str) -> bool:
    if isinstance(value, date):
        return True
    text = folded(printed(value))
    if text.isdecimal() and len(text) == 5:
        return int(text) in SERIAL_DATES and not DATE_WORDS.isdisjoint(header_words(header))
    return is_plain_date(as_date(text))


def _has_bullets(value: Value) -> bool:
    return isinstance(value, str) and any(BULLET_MARK.match(line) for line in value.split("\n"))


def _is_number(value: Value, text: str) -> bool:
    """Return whether a cell holds a number, or a text that is written like one."""
    if isinstance(value, str | date | datetime | bool):
        return bool(FIGURES.fullmatch(text)) and any(map(str.isdecimal, text))
    return isinstance(value, int | float)


def _is_amount(header: str, kept: Sequence[str]) -> bool:
    """Return whether figures are amounts that can be compared, and no codes: zip codes, numbers of awards, years."""
    words = header_words(parted(header))
    coded = not CODE_WORDS.isdisjoint(words) or not LAST_CODE_WORDS.isdisjoint(words[-1:])
    zeros = any(len(text) > 1 and text[0] == "0" and text.isdecimal() for text in kept)
    flags = len(kept) > 1 and set(kept) <= FLAGS
    classes = not CLASS_WORDS.isdisjoint(words[-1:]) and all(text.isdecimal() and len(text) <= 2 for text in kept)
    return not (coded and COUNTED_WORDS.isdisjoint(words)) and not zeros and not flags and not classes


def _formats(each: DraftedCells, kept: Sequence[str]) -> tuple[str, ...]:
    """Return the form of the dates of a column whose header speaks of dates, where all have an unusual one; else ()."""
    if DATE_WORDS.isdisjoint(header_words(each.header)) or not kept:
        return ()
    for form, shape in OTHER_FORMS.items():
        if all(shape.fullmatch(text) and _is_day(text, form) for text in kept):
            return (form,)
    return ()


def _is_day(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True
