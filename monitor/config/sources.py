"""Reads `config.yaml` into typed values: which sources are watched, how their lists are described, and how often.

A list is described in the file, not programmed: where it is, which columns it has, and what identifies a record. Only
`load` reads a file; the rest is pure.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from rapidfuzz import process

from monitor.config import cells
from monitor.config.channels import KINDS, ChannelDescription, SecretAddress, Variable, WithSecrets, is_this_machine
from monitor.config.evidence import EvidenceSettings
from monitor.config.groups import Groups, format_groups_fault, item_groups_fault, table_groups_fault
from monitor.config.values import (
    NAME,
    Duration,
    Hours,
    Model,
    Name,
    Names,
    Pattern,
    Patterns,
    Pause,
    PostalCode,
    Selections,
    Selector,
    Size,
    WebAddress,
)
from monitor.errors import ConfigError
from monitor.model import AmendmentKind, ReportKind
from monitor.times import day_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

TOLD = (
    AmendmentKind.ADDED,
    AmendmentKind.REMOVED,
    AmendmentKind.CORRECTED,
    AmendmentKind.MOVED,
    AmendmentKind.WITHDRAWN,
    AmendmentKind.RESTORED,
    AmendmentKind.DOCUMENT,
)
FIELD = re.compile(r"\{(\w+)\}")  # in `says`
MAX_NAME_VALUES = 5  # values that tell a record where its list has no sentence for that
# What usually mends an error of the YAML parser, by words of its message; `line` is where the unfinished part begins.
YAML_HINTS = {
    "escape character": "write a pattern in single quotation marks: in double ones, \\ has a meaning of its own",
    "flow mapping": "the brace that is opened in line {line} is not closed, or a comma is missing",
    "flow sequence": "the bracket that is opened in line {line} is not closed, or a comma is missing",
    "quoted scalar": "the quotation mark that is opened in line {line} is not closed, or is closed too early",
    "simple key": "line {line} needs a colon and a blank after its key",
    "block ": "lines of one level begin in the same column, all with - or none; see this line and those before it",
    "mapping values": (
        "this line is indented too far, or the one before it has no blank after its colon, or a text with a colon and "
        "a blank needs quotation marks"
    ),
    "cannot start any token": "a text that begins with this character needs quotation marks",
}
MAX_LINE_BEFORE, MAX_LINE_AFTER = 80, 40  # characters of a line that a message shows, around a fault of the YAML
# The fields of a list with `content`, and what tells its records apart.
CONTENT_FIELDS = {"text": ("heading", "text"), "files": ("file", "address", "format")}
CONTENT_SETTINGS: dict[str, dict[str, object]] = {
    "text": {"names": ("text",)},
    "files": {"key": ("address",), "names": ("file",), "anchors": ("address",), "may_be_empty": True},
}
CONTENT_KEYS = frozenset(
    {"title", "says", "content", "ignore", "not_in", "may_be_empty", "key", "names", "anchors", "minor"}
)
WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# The ways to describe a list, by the format of its report.
WAYS = {
    "xlsx": ("columns",),
    "csv": ("columns",),
    "pdf": ("columns", "item"),
    "html": ("columns", "item", "paragraphs", "card", "content"),
}
MAX_HEADER_ROWS_JOINED = 10  # rows that one header may take


def _also_as_header(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a column allow a header alone, or several, in place of the whole column."""
    whole = dict(schema)
    schema.clear()
    header = {"type": "string"}
    schema["anyOf"] = [header, {"type": "array", "items": header}, whole]


class Column(Model):
    """One column of a table.

    - `header`: the header of the column, or all headers that it has had over time. In the configuration file, these may
      be given alone, in place of a whole column.
    - `header_pattern`: in place of `header`, a pattern that must be found in the header, for one that changes.
    - `fill_down`: whether an empty cell takes the value above it.
    - `kind`: what its cells hold: text, one of a few labels (`class`), a number, a date, a link, or a list with
      bullets.
    - `optional`: whether a table without the column is still the list.
    - `title`: the name of the field for readers.
    - `hide`: values that say nothing, like `#N/A`. They are kept, but left out when a record is put into a sentence.
    - `ignore`: whether its changes are never told.
    - `round`: for numbers, the unit to which both are rounded before a difference between them is told.
    - `format`: for dates, the forms in which they are written, like `%d-%b-%y`; without any, all usual forms are read.

    In a list of cards, one of these takes the place of `header`:
    - `select`: a CSS selector for the elements within the card that have the value.
    - `label`: the text within the card after which the value stands, like `Phone`.
    """

    header: Names = ()
    header_pattern: Pattern | None = None
    fill_down: bool = False  # an empty cell takes the value above it
    select: Selector | None = None
    label: str = ""
    kind: Literal["text", "class", "number", "date", "link", "bullets"] = "text"  # class: one of few values
    optional: bool = False
    title: str = ""  # for readers
    hide: Names = ()  # values that say nothing, such as `#N/A`: they are kept, and not shown in sentences
    ignore: bool = False  # its changes are kept and shown, and never told
    round: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] | None = None
    format: Names = ()

    model_config = ConfigDict(json_schema_extra=_also_as_header)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"header": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.round is not None and self.kind != "number":
            raise ValueError(f"round: only numbers are rounded; this column is of kind {self.kind}, write kind: number")
        if self.round is not None and self.ignore:
            raise ValueError("round does nothing beside ignore: true, by which no change is told; take one of them out")
        if self.format and self.kind != "date":
            raise ValueError(f"format: only dates have one; this column is of kind {self.kind}, write kind: date")
        for each in self.format:
            try:
                cells.date_format(each)
            except ValueError as fault:
                raise ValueError(f"format: {fault}; write it like '%d-%b-%y' for 5-Feb-10") from fault
        return self

    def number(self, value: str | float, *, is_european: bool = False) -> str | None:
        """Return a number as a plain decimal, like `1234.5` for `$1,234.50`; None for what is none.

        - `value`: the text of a cell, or the number that a spreadsheet has in it.
        - `is_european`: whether the column has numbers like `1.234,56` (see `cells.is_european`).
        """
        if isinstance(value, str):
            return cells.plain_number(value, is_european=is_european)
        return cells.number_of_cell(value)

    def day(self, text: str) -> str | None:
        """Return the date that a text is in one of the forms of `format`, as `YYYY-MM-DD`; None if it has none."""
        return cells.plain_day(text, self.format)

    def is_day(self, text: str) -> bool:
        """Return whether a text is a date in one of the forms of `format`; without a format, it is not."""
        return self.day(text) is not None

    def is_unread(self, value: str) -> bool:
        """Return whether a value of a record is none of what the column holds: no number, or no date in its format.

        Marks that stand in place of a value, like `N/A` or `<10`, are not meant; nor is anything in other columns.
        """
        if self.kind == "number":
            is_read = cells.plain_number(value) == value
        elif self.kind == "date" and self.format:
            is_read = WHOLE_DATE.fullmatch(value) is not None
        else:
            return False
        return not is_read and value not in self.hide and not cells.is_usual_mark(value)

    def compared(self, value: str) -> str | None:
        """Return a number or date in the form in which it is compared with that of another version; None for others.

        Numbers are rounded as `round` says. Values that were read before the description of the column was changed are
        understood as well.
        """
        if self.kind == "date" and self.format:
            return value if WHOLE_DATE.fullmatch(value) else self.day(value)
        number = cells.plain_number(value) if self.kind == "number" else None
        return number if number is None or self.round is None else cells.rounded(number, self.round)

    def never_tells(self, before: str, after: str) -> bool:
        """Return whether nobody is told that a value became another, as `ignore` or `round` says.

        So it is also for two numbers that differ in no more than the noise of a spreadsheet, but not for one number in
        two forms.
        """
        if self.ignore or self.kind != "number":
            return self.ignore
        is_other = cells.plain_number(before) != cells.plain_number(after)
        return is_other and cells.is_same_number(before, after, unit=self.round)

    @property
    def called(self) -> str:
        """What the column is called in messages: its first header, label or selector, in quotes, or its pattern."""
        if self.header_pattern is not None:
            return f"like {self.header_pattern.pattern!r}"
        return repr(self.header[0] if self.header else self.label or str(self.select))


class Total(Model):
    """A figure in the text of a report that must equal a total of the list; it proves that every row was read.

    `text` is a pattern; its first group is the figure. The figure must be the sum of the field `sum`, or the number of
    records if `sum` is not given.
    """

    text: Pattern
    sum: str | None = None


class Place(Model):
    """The fields of a list that tell which jurisdiction a record is about.

    - `name`, `state`: the fields with the jurisdiction's name and its state.
    - `agency`, `type`: the fields with the agency's own name and the type of agency.
    - `level`: `state`, `county` or `place`, if every value of the field `name` is of that level; else None.
    - `within`: the postal code of the state in which all places of a list lie that does not say its state.
    """

    name: str | None = None
    state: str | None = None
    agency: str | None = None
    type: str | None = None
    level: Literal["state", "county", "place"] | None = None
    within: PostalCode | None = None

    @property
    def fields(self) -> tuple[str | None, ...]:
        """The fields for name, state, agency and type, in this order; None for each that is not set."""
        return (self.name, self.state, self.agency, self.type)

    def among(self, fields: Collection[str]) -> Place:
        """Return a copy in which each field that is not in `fields` is None."""
        known = {
            role: field if field in fields else None
            for role, field in self.model_dump(exclude={"level", "within"}).items()
        }
        return self.model_copy(update=known)


def _field_alone(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of documents allow the name of their field alone."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, whole]


class Documents(Model):
    """The documents that the records of a list link to, such as signed agreements; they are fetched and watched too.

    - `field`: the field with the links. In the configuration file it may be given alone, in place of the whole.
    - `every`: the time between two looks at one document; at those that have not changed for long it is looked more
      rarely.
    - `max_bytes`: the largest document that is taken.
    - `hosts`: further servers on which the documents may be.
    """

    field: str
    every: Duration = timedelta(days=1)
    max_bytes: Size = 30_000_000
    hosts: Names = ()

    model_config = ConfigDict(json_schema_extra=_field_alone)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"field": value} if isinstance(value, str) else value


def _in_list(value: object) -> object:
    """Turn a single text or mapping into a list of one."""
    return [value] if isinstance(value, str | dict) else value


class ListDescription(Model):
    """The description of one list of a report: where it is, what it has, and when two records are the same.

    A list is described in one of four ways:
    - `columns`: a table (in a workbook, CSV, PDF or web page), recognised by its header row. `sheet` and `heading`
      narrow the search.
    - `item`: an HTML list under a `heading`. `item` is a pattern whose named groups are the fields, except a group
      called `_`, which only helps to pick the items. `group` names the fields that get the text of the heading above
      that heading.
      In a PDF, each line of text that matches `item` is a record; the list ends where a line matches `until`.
    - `card`: each element of a web page that this CSS selector finds is a record, and `columns` say where its values
      are in it. `heading` and `group` are as with `item`.
    - `paragraphs`: each paragraph that matches this pattern is a record with the single field `text`.
    - `content`: what any web page has. `text`: each of its paragraphs, headings, items and rows is a record with the
      heading above it and its text. `files`: each link to a file is a record with its text, address and format. Menus,
      headers, footers and asides have no records.

    Further settings:
    - `ignore`: patterns of what changes without being news, like a counter; what they match is left out of `content`.
    - `not_in`: the parts of the page that `content` leaves out, as `#id`, `.class` or the name of an element.
    - `title`: the name of the list for readers.
    - `says`: a sentence that tells a record to readers, with its fields in braces.
    - `group`: further fields, with where their values stand: in titles, headings or names of sheets.
    - `header_row`: the number, from 1, of the row with the header, or of its last row. `header_rows`: how many rows the
      header takes.
    - `skip_rows`: fields with patterns; a row in which one matches is no record.
    - `tables`: `all` if every table with this header is part of the list, however much they have in common.
    - `not_columns`: headers that show that a table is another list.
    - `whole_row`: the field that every whole row has, so that a row without it continues the row above.
    - `totals`: figures in the report with which the list must agree.
    - `key`: the fields that identify a record. `anchors`: fields whose agreement is evidence that two records are the
      same. `names`: the fields that name a record.
    - `minor`: fields whose corrections matter little.
    - `documents`: the documents that its records link to.
    - `compare`: `across` if the first version of a period is compared with the period before.
    - `rows`: `events` if a row is something that happened, so that nothing is "listed" in it.
    """

    title: str = ""
    says: str = ""
    heading: Pattern | None = None
    sheet: Pattern | None = None
    item: Pattern | None = None
    until: Pattern | None = None
    card: Selector | None = None
    group: Groups
    paragraphs: Pattern | None = None
    content: Literal["text", "files"] | None = None
    ignore: Patterns = ()  # what changes without being news, in a list with `content`
    not_in: Selections = ()  # parts of the page without content
    columns: dict[str, Column] = Field(default_factory=dict)
    header_row: Annotated[int, Field(ge=1)] | None = None  # as the spreadsheet program numbers them
    header_rows: Annotated[int, Field(ge=1, le=MAX_HEADER_ROWS_JOINED)] = 1
    skip_rows: dict[str, Pattern] = Field(default_factory=dict)
    tables: Literal["one", "all"] = "one"
    not_columns: Names = ()  # headers that tell that a table is another list
    whole_row: str | None = None  # a row without this field continues the row before it
    totals: tuple[Total, ...] = ()
    may_be_empty: bool = False
    key: Names = ()
    anchors: Names = ()
    names: Names = ()
    minor: Names = ()
    jurisdiction: Place = Place()
    documents: Annotated[tuple[Documents, ...], BeforeValidator(_in_list)] = ()
    compare: Literal["versions", "across"] = "versions"
    rows: Literal["standing", "events"] = "standing"  # what a row says: that something is listed, or that it happened

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the values of each record, in order."""
        if self.paragraphs:
            return ("text",)
        if self.content:
            return CONTENT_FIELDS[self.content]
        if self.item:
            return tuple(dict.fromkeys(each for each in (*self.item.groupindex, *self.group) if each != "_"))
        return (*self.columns, *self.group)

    @property
    def way(self) -> str:
        """The key that says how the list is described: `columns`, `item`, `paragraphs`, `card` or `content`."""
        return next(
            (key for key in ("item", "paragraphs", "card", "content") if getattr(self, key) is not None), "columns"
        )

    @property
    def ignored(self) -> tuple[str, ...]:
        """The fields whose changes are never told (`ignore`)."""
        return tuple(name for name, column in self.columns.items() if column.ignore)

    def sentence(self, fields: Mapping[str, str]) -> str:
        """Return a record, given by its fields, in one line for readers.

        The line is made from `says`. A part between commas is left out if none of its fields has a value. Without
        `says`, the line has the first values (see `first_values`).
        """
        if self.content:
            return _content_sentence({name: self._shown(name, value) for name, value in fields.items()})
        if not self.says:
            return first_values(self._shown(name, value.split("\n", maxsplit=1)[0]) for name, value in fields.items())
        shown = {name: self._shown(name, value) for name, value in fields.items()}
        parts = []
        for part in self.says.split(", "):
            named = FIELD.findall(part)
            if not named or any(shown.get(name) for name in named):
                parts.append(FIELD.sub(lambda found: shown.get(found[1], ""), part).strip())
        return ", ".join(parts)

    def hides(self, name: str, value: str) -> bool:
        """Return whether a value of a field says nothing to readers (`hide`), like `#N/A`."""
        column = self.columns.get(name)
        return column is not None and value in column.hide

    def _shown(self, name: str, value: str) -> str:
        """Return a value as it is written in a sentence: on one line, a date in words, and "" for a hidden value."""
        column = self.columns.get(name)
        if self.hides(name, value):
            return ""
        if column and column.kind == "date" and WHOLE_DATE.fullmatch(value):
            return day_in_words(value)
        return " ".join(value.split())

    def kind_of(self, field: str) -> str:
        """Return the kind of a field's values, as `Column.kind` names it; `text` for a field that is no column."""
        if self.content == "files" and field == "address":
            return "link"
        return self.columns[field].kind if field in self.columns else "text"

    @model_validator(mode="before")
    @classmethod
    def _known_content(cls, value: object) -> object:
        """Add to a list with `content` what tells its records apart, which need not be written."""
        known = CONTENT_SETTINGS.get(str(value.get("content"))) if isinstance(value, dict) else None
        return {**known, **value} if known and isinstance(value, dict) else value

    @model_validator(mode="after")
    def _columns_are_found(self) -> Self:
        if self.card and (both := [each for each in self.group if each in self.columns]):
            raise ValueError(f"group: {both[0]} is a column too; a field has its value from one place")
        if self.card and not self.columns:
            raise ValueError("card needs columns that say by select or label where in a card their values are")
        for name, column in self.columns.items():
            headers = (bool(column.header), column.header_pattern is not None)
            given = [any(headers), column.select is not None, bool(column.label)]
            if self.card and given not in ([False, True, False], [False, False, True]):
                raise ValueError(f"columns: {name} needs exactly one of select or label, and no header, within a card")
            if not self.card and any(given[1:]):
                raise ValueError(
                    f"columns: {name} has {'select' if given[1] else 'label'}, which needs card, the selector of the "
                    "elements that are the records; for a column of a table say header"
                )
            if not self.card and sum(headers) != 1:
                raise ValueError(
                    f"columns: {name}: say by exactly one of header or header_pattern what stands above the column"
                )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_way()
        if why := self._table_fault():
            raise ValueError(why)
        if not self.fields:
            raise ValueError("item needs at least one named group, like (?P<name>.+)")
        named = {
            "key": self.key,
            "anchors": self.anchors,
            "names": self.names,
            "minor": self.minor,
            "skip_rows": tuple(self.skip_rows),
            "whole_row": (self.whole_row,),
            "jurisdiction": self.jurisdiction.fields,
            "totals": tuple(total.sum for total in self.totals),
            "says": tuple(FIELD.findall(self.says)),
            "documents": tuple(each.field for each in self.documents),
        }
        for where, given in named.items():
            for each in given:
                if each is not None and each not in self.fields:
                    raise ValueError(f"{where}: no field {each!r}; this list has {', '.join(self.fields)}")
        self._check_untold(named)
        for each in self.documents:
            column = self.columns.get(each.field)
            if column is None or column.kind != "link":
                raise ValueError(f"documents: the field {each.field!r} has no links; give its column `kind: link`")
        return self

    def _check_way(self) -> None:
        """Raise ValueError if the list is not described in exactly one way, or has a key of another way."""
        ways = [bool(self.columns) and not self.card, self.item is not None, self.paragraphs is not None]
        if sum([*ways, self.card is not None, self.content is not None]) != 1:
            raise ValueError(
                "say what the list holds by exactly one of columns, item, paragraphs, content, or card with columns"
            )
        if self.content:
            self._check_content()
        elif self.ignore or self.not_in:
            raise ValueError("ignore and not_in are for a list with content only; take them out")
        if self.until and not self.item:
            raise ValueError(
                "until ends the lines of a PDF that item reads, and does nothing without item; take it out"
            )

    def _check_untold(self, named: Mapping[str, tuple[str | None, ...]]) -> None:
        """Raise ValueError if a field whose changes are not told says which record it is, or whom it is about.

        `named`: the fields that each setting of the list names, by the setting.
        """
        for where in ("key", "names", "jurisdiction"):
            for each in named[where]:
                column = self.columns.get(each or "")
                if column and column.ignore:
                    raise ValueError(
                        f"{where}: the field {each!r} has ignore: true, but by {where} records are told apart; "
                        f"take it out of {where}, or take ignore out of the column"
                    )
                if column and column.round is not None and where == "key":
                    raise ValueError(
                        f"key: the field {each!r} has round, but a record with another key is another record; "
                        "take it out of key, or take round out of the column"
                    )

    def _table_fault(self) -> str | None:
        """Return what is wrong with the keys that only a table has; None if nothing is."""
        if not self.columns or self.card:
            given = {
                "header_row": self.header_row is not None,
                "header_rows": self.header_rows > 1,
                "skip_rows": bool(self.skip_rows),
                "tables": self.tables == "all",
                "group": bool(self.group) and not (self.item or self.card),
                "fill_down": any(column.fill_down for column in self.columns.values()),
            }
            why = "its records are cards" if self.card else "this list has no columns"
            for key in (key for key, is_given in given.items() if is_given):
                return f"{key} is for tables; {why}, so take it out"
            return item_groups_fault(self.group)
        if self.header_row is not None and self.header_row < self.header_rows:
            return (
                f"header_row: {self.header_row} can't be the last of header_rows: {self.header_rows}; give the number "
                f"of the header's last row, which is {self.header_rows} or more"
            )
        if self.whole_row in self.columns and self.columns[self.whole_row].fill_down:
            return (
                f"whole_row: {self.whole_row!r} can't have fill_down: a row without it goes on with the row above, or "
                "takes its value; take one of them out"
            )
        return table_groups_fault(self.group, columns=self.columns, whole_row=self.whole_row)

    def format_fault(self, file_format: str) -> str | None:
        """Return why the list can't be read from files of a format (`xlsx`, `csv`, `pdf`, `html`); None if it can."""
        if file_format == "pdf":
            if self.header_row is not None:
                return "header_row: the tables of a PDF have no numbered rows; their header is found by its words"
            if self.header_rows > 1:
                return (
                    "header_rows: in a PDF, the header is one row of cells; describe each column by the words of that "
                    "row, whatever stands above it"
                )
        return format_groups_fault(self.group, file_format, has_heading=self.heading is not None)

    def _check_content(self) -> None:
        """Raise ValueError if a list with `content` has a setting that would do nothing."""
        known = type(self).model_fields.items()
        changed = {name for name, key in known if getattr(self, name) != key.get_default(call_default_factory=True)}
        idle = sorted(changed - CONTENT_KEYS)
        if idle:
            raise ValueError(
                f"{idle[0]} does nothing with content, which reads the whole page; take it out (ignore and not_in say "
                "what is left out)"
            )


def _content_sentence(shown: Mapping[str, str]) -> str:
    """Return a record of a list with `content` in one line: `Heading: its text`, or a file's text and address."""
    if "address" in shown:
        return ", ".join(filter(None, (shown.get("file"), shown.get("format"), shown["address"])))
    return ": ".join(filter(None, (shown.get("heading"), shown.get("text"))))


def first_values(values: Iterable[str]) -> str:
    """Return the first values of a record in one line, for readers; links and repeated values are left out."""
    return ", ".join(list(dict.fromkeys(each for each in values if each and "://" not in each))[:MAX_NAME_VALUES])


class Match(Model):
    """The pattern by which the links to a report are found on the source's page.

    `href` must be found in the address of a link and `text` in its text; if only one is given, only that one counts.
    """

    href: Pattern | None = None
    text: Pattern | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.href is None and self.text is None:
            raise ValueError("say href, text or both")
        return self


class Pager(Match):
    """The pattern by which the link to the next page of a list is found, on each page of the list.

    `at_most` is the largest number of pages, the first included. A list that goes on after them is not read.
    """

    at_most: Annotated[int, Field(ge=2, le=1_000)] = 50


class ReportDescription(Model):
    """The description of one report of a source, or of one series of reports.

    - `kind`, `format`: how its files follow each other, and their format.
    - `match`: which links on the page lead to it.
    - `key`: the part of an address that identifies a report of a series, or one of the `parts`.
    - `parts`: whether all files that match are parts of one list, and a version is all of them.
    - `pager`: how the list on the page goes on on further pages; None if it does not.
    - `lists`: the descriptions of its lists, by name.
    - `checked`: whether a person has looked at the description; if not, each alert says so.
    """

    kind: ReportKind
    format: Literal["xlsx", "csv", "pdf", "html"]
    match: Match | None = None
    key: Pattern | None = None  # what in the address tells one report of a series, or one part, from another
    parts: bool = False
    pager: Pager | None = None
    lists: Annotated[dict[Name, ListDescription], Field(min_length=1)]
    checked: bool = True  # False: its description was drafted by the program, and no person has looked at it

    @property
    def is_in_parts(self) -> bool:
        """Whether a version of the report can be several files or pages."""
        return self.parts or self.pager is not None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.is_in_parts and any(each.content for each in self.lists.values()):
            raise ValueError("content reads one page as it is; take parts or pager out")
        if self.kind == ReportKind.PAGE and (self.match or self.format != "html"):
            raise ValueError("a report of kind page is the page itself: format html, and no match")
        if self.kind != ReportKind.PAGE and not self.match:
            raise ValueError("say by match which links are this report")
        if self.parts and self.kind != ReportKind.ROLLING:
            raise ValueError(
                f"parts: true is for kind rolling, where all files that match are one list; this is {self.kind}"
            )
        if self.pager and self.kind != ReportKind.PAGE:
            raise ValueError(
                f"pager is for kind page, whose list goes on on further pages; this is {self.kind}"
                + ("; several files that are one list take parts: true" if self.kind == ReportKind.ROLLING else "")
            )
        if self.key and self.kind != ReportKind.SERIES and not self.parts:
            raise ValueError("key is for a series only, or for a rolling report with parts: true")
        for name, each in self.lists.items():
            if why := each.format_fault(self.format):
                raise ValueError(f"lists.{name}: {why}")
        return self

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        for name, each in self.lists.items():
            if each.way not in WAYS[self.format]:
                ways = " or ".join(WAYS[self.format])
                raise ValueError(f"lists: {name}: {each.way} is not read in {self.format}; describe the list by {ways}")
            if each.until and self.format != "pdf":
                raise ValueError(f"lists: {name}: until is for PDFs only; in a page the next heading ends the list")
            if each.item and not each.heading and self.format == "html":
                raise ValueError(f"lists: {name}: a list with item needs the heading that it stands under")
        return self


class Move(Model):
    """Two lists of a source between which records move: from the list `from` to the list `to`.

    So an agreement moves from the pending ones to the others when it is signed.
    """

    from_list: Annotated[Name, Field(alias="from")]
    to: Name


class Source(Model):
    """One publication page of an agency, with the reports found on it.

    - `title`: its name for readers. `page`: the address of the page.
    - `every`: the longest time between two polls; None for the usual one.
    - `hosts`: further servers on which its files may be.
    - `moves`: between which of its lists records move.
    - `save`: whether a web archive is asked to save its new versions.
    - `reports`: the descriptions of its reports, by name.
    """

    title: str = ""
    page: WebAddress
    every: Duration | None = None
    hosts: Names = ()  # further hosts that its links and redirects may lead to
    moves: tuple[Move, ...] = ()
    save: bool = False  # the daemon asks the web archive to save what is new
    reports: Annotated[dict[Name, ReportDescription], Field(min_length=1)]

    @cached_property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that may be asked for this source, in lower case: that of its page, and those listed in `hosts`."""
        own = urlsplit(self.page).hostname or ""
        return frozenset(host.lower() for host in (own, *self.hosts))

    @cached_property
    def links_mark(self) -> str:
        """A hash of everything in the configuration that decides which links on the page are reports.

        When it changes, the links of a known page must be chosen again.
        """
        said = [
            (
                name,
                report.kind,
                report.match and report.match.model_dump_json(),
                report.key and report.key.pattern,
                *(["parts"] if report.parts else []),
                *([report.pager.model_dump_json(exclude={"at_most"})] if report.pager else []),
            )
            for name, report in self.reports.items()
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @cached_property
    def reads_links(self) -> bool:
        """Whether a list on the source's page itself has a column of links.

        If so, the part of an address after `?` counts as content of the page; else it is ignored.
        """
        on_page = [report for report in self.reports.values() if report.kind == ReportKind.PAGE]
        return any(
            column.kind == "link"
            for report in on_page
            for each in report.lists.values()
            for column in each.columns.values()
        )

    @cached_property
    def content_page(self) -> ReportDescription | None:
        """The report on the source's page itself, if the page is read by its `content` alone; else None.

        Such a page is another one only if what is read from it differs, and not if a counter goes on.
        """
        on_page = [report for report in self.reports.values() if report.kind == ReportKind.PAGE]
        read_so = all(each.content for report in on_page for each in report.lists.values())
        return on_page[0] if len(on_page) == 1 and read_so else None

    @property
    def tells_files(self) -> bool:
        """Whether a list of the source has the files that its page links, so that each new one is told anyway."""
        return any(each.content == "files" for report in self.reports.values() for each in report.lists.values())

    @model_validator(mode="after")
    def _lists_are_told_apart(self) -> Self:
        names = [name for report in self.reports.values() for name in report.lists]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two lists are called {name!r}; a list's name must be its own within a source")
        for move in self.moves:
            for name in (move.from_list, move.to):
                if name not in names:
                    raise ValueError(f"moves: no list {name!r}; this source has {', '.join(names)}")
        return self


class Poll(Model):
    """How often the sources are polled, and within which limits.

    - `every`, `soonest`: the longest and the shortest time between two polls of a source.
    - `timeout`, `max_bytes`: how long one request may take, and the largest answer.
    - `per_host`: how many requests to one server may run at the same time.
    - `allow_private_addresses`: whether servers in a private network may be asked.
    """

    every: Duration = timedelta(minutes=15)
    soonest: Duration = timedelta(minutes=5)  # a source that changes often is polled more often, but not more than this
    timeout: Duration = timedelta(seconds=60)  # of one exchange, from the first byte sent to the last received
    max_bytes: Size = 50_000_000
    per_host: Annotated[int, Field(ge=1, le=16)] = 2
    allow_private_addresses: bool = False


class Subscription(Model):
    """Which amendments are sent to which channels, and when. A selection that is left empty lets everything through.

    - `sources`, `lists`, `kinds`, `states`, `jurisdictions`, `fields`: the selections.
    - `minor`, `doubts`, `notices`: whether minor corrections, doubts about values, and publisher's notices are sent.
    - `documents`: whether all is sent that happens to linked documents; without it, only what concerns one of its
      `jurisdictions`, and documents that were replaced by others under the same address.
    - `operator`: whether news about failures of the program is sent, too.
    - `when`: `immediate`, or a cron expression for a digest. `time_zone` is the zone that it is meant in.
    - `settle`: how long an immediate alert waits, so that further amendments can be added to it.
    - `quiet`: the hours of the day in which nothing is sent.
    """

    channels: Annotated[Names, Field(min_length=1)]
    sources: Names = ()
    lists: Names = ()
    kinds: Annotated[tuple[AmendmentKind, ...], Field(min_length=1)] = TOLD
    states: Names = ()
    jurisdictions: Names = ()
    fields: Names = ()
    minor: bool = False
    documents: bool = False
    doubts: bool = True
    notices: bool = True
    operator: bool = False
    when: str = "immediate"
    time_zone: str = "UTC"
    settle: Pause = timedelta(seconds=60)
    quiet: Hours | None = None


class Run(WithSecrets):
    """How the daemon shows that it is alive.

    `port` is a port of this machine on which it answers at `/healthz` and `/metrics`. `ping_url` is an address that it
    calls at intervals.
    """

    port: Annotated[int, Field(ge=0, le=65535)] = 9287  # 0: none
    ping_url: SecretAddress | None = None
    ping_url_file: Path | None = None
    ping_url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"ping_url": False}


class Wayback(WithSecrets):
    """The settings for the web archive (the Internet Archive's Wayback Machine).

    - `url`: its address. `per_minute`: how many requests a minute are allowed.
    - `key`: written as `ACCESS:SECRET`; it is needed only to save more than a few pages a day.
    """

    url: WebAddress = "https://web.archive.org"
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 15
    key: SecretStr | None = None
    key_file: Path | None = None
    key_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"key": False}

    @model_validator(mode="after")
    def _no_key_in_the_clear(self) -> Self:
        parts = urlsplit(self.url)
        clear = parts.scheme == "http" and not is_this_machine(parts.hostname or "")
        if clear and (self.key or self.key_file or self.key_env):
            raise ValueError("url: http would send the key in the clear; write https://")
        return self


class Config(Model):
    """The whole configuration file, as typed values; each field is a section or a setting of the file."""

    contact: str = ""
    state: Path = Path("state")
    poll: Poll = Poll()
    run: Run = Run()
    wayback: Wayback = Wayback()
    evidence: EvidenceSettings = EvidenceSettings()
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    channels: dict[Name, ChannelDescription] = Field(default_factory=dict)
    subscriptions: dict[Name, Subscription] = Field(default_factory=dict)

    @property
    def watches_documents(self) -> bool:
        """Whether the documents that records link to are watched for any list."""
        reports = (report for source in self.sources.values() for report in source.reports.values())
        return any(each.documents for report in reports for each in report.lists.values())

    def report_description(self, source_name: str, report_name: str) -> ReportDescription | None:
        """Find the description of a source's report, or None if the configuration no longer has it."""
        source = self.sources.get(source_name)
        return source.reports.get(report_name) if source else None

    def list_description(self, source_name: str, list_name: str) -> ListDescription | None:
        """Find the description of a source's list, or None if the configuration no longer has it."""
        source = self.sources.get(source_name)
        reports = source.reports.values() if source else ()
        return next((report.lists[list_name] for report in reports if list_name in report.lists), None)


if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:  # the one in C, where PyYAML has it: several times as fast
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """A reader of YAML 1.1 without custom tags. A key that is given twice is an error; neither value is picked."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping. Raises ConstructorError if a key is given twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # no key at all, which is said below
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Config:
    """Read and check a configuration file. Raises ConfigError, which lists every mistake in the file at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        advice = "name another file with --config or $MONITOR_CONFIG"
        if isinstance(fault, FileNotFoundError):
            advice += ", or write the default one with `monitor init`"
        raise ConfigError((f"{path}: {reason}; {advice}",)) from fault
    return parse(text, path.name)


def parse(text: str, file_name: str = "config.yaml") -> Config:
    """Check the text of a configuration file. Raises ConfigError, which lists every mistake at once, each with its key.

    file_name: the name of the file, for the messages.
    """
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as fault:  # ValueError: what looks like a date and is none
        raise ConfigError((_yaml_fault(fault, text, file_name),)) from fault
    if not isinstance(tree, dict):
        raise ConfigError((f"{file_name}: empty; it needs at least `sources`",))
    try:
        return Config.model_validate(tree)
    except ValidationError as fault:
        raise ConfigError(tuple(_line(each, file_name) for each in fault.errors())) from fault


def _yaml_fault(fault: Exception, text: str, file_name: str) -> str:
    """Write an error of the YAML parser as a message with the line that it is in, and a caret under the place."""
    mark = getattr(fault, "problem_mark", None)
    problem = getattr(fault, "problem", None)
    if mark is None or not problem:
        return f"{file_name}: no valid YAML: {' '.join(str(fault).split())}"
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    context = f" {fault.context}" if getattr(fault, "context", None) else ""  # type: ignore[attr-defined]
    begin = max(0, mark.column - MAX_LINE_BEFORE)
    shown = f"    {line[begin : mark.column + MAX_LINE_AFTER]}\n    {' ' * (mark.column - begin)}^"
    start = getattr(fault, "context_mark", None)
    hint = _yaml_hint(f"{problem}{context}", line[mark.column : mark.column + 1], start.line + 1 if start else 0)
    return f"{file_name}:{mark.line + 1}:{mark.column + 1}: no valid YAML: {problem}{context}\n{shown}{hint}"


def _yaml_hint(problem: str, letter: str, start: int) -> str:
    """Return a line that says how an error of the YAML parser is usually mended; empty where that is not known.

    letter: the letter at the place of the error; start: the line in which the unfinished part begins, from 1.
    """
    hint = next((hint for words, hint in YAML_HINTS.items() if words in problem), "")
    if letter == "\t":
        hint = "blanks are needed before a line, and no tabs"
    return f"\n    {hint.format(line=start)}" if hint else ""


def _line(fault: ErrorDetails, file_name: str) -> str:
    """Write one validation error as one line: `file: path of the key: message`."""
    loc = fault["loc"]
    kind = KINDS.get(str(loc[2])) if loc[0] == "channels" and len(loc) > 2 else None
    loc = (*loc[:2], *loc[3:]) if kind else loc  # the kind is no part of the path
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = list(kind.model_fields if kind else _keys_beside(Config, loc[:-1]))
        near = process.extractOne(str(loc[-1]), known, score_cutoff=60)
        message = "no such key" + (f"; did you mean {near[0]!r}?" if near else f"; here stand {', '.join(known)}")
    elif fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "string_pattern_mismatch" and fault.get("ctx", {}).get("pattern") == NAME:
        message = (
            f"{loc[-2] if loc[-1] == '[key]' else loc[-1]!r} is no name; use small letters, digits and single hyphens"
        )
    return f"{file_name}: {'.'.join(str(part) for part in loc)}: {message}"


def _keys_beside(model: type[Model], path: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that are allowed in a section of the configuration.

    `model` is the class of the whole configuration, and `path` leads from there to the section.
    """
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    yield from (field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: object) -> type[Model] | None:
    """Find the model class inside a type annotation, like `Source` in `dict[str, Source]`; None if there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found:
            return found
    return None
