"""Describes one list of a report: where it stands, which fields it has, and when two records are the same."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from monitor.config.columns import WHOLE_DATE, Column
from monitor.config.groups import Groups, format_groups_fault, item_groups_fault, table_groups_fault
from monitor.config.values import Duration, Model, Names, Pattern, Patterns, PostalCode, Selections, Selector, Size
from monitor.times import day_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FIELD = re.compile(r"\{(\w+)\}")  # in `says`
MAX_NAME_VALUES = 5  # values that tell a record where its list has no sentence for that
# The fields of a list with `content`, and what tells its records apart.
CONTENT_FIELDS = {"text": ("heading", "text"), "files": ("file", "address", "format")}
CONTENT_SETTINGS: dict[str, dict[str, object]] = {
    "text": {"names": ("text",)},
    "files": {"key": ("address",), "names": ("file",), "anchors": ("address",), "may_be_empty": True},
}
CONTENT_KEYS = frozenset(
    {"title", "says", "content", "ignore", "not_in", "may_be_empty", "key", "names", "anchors", "minor"}
)
MAX_HEADER_ROWS_JOINED = 10  # rows that one header may take


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
    - `within`: for a list without a field for the state: the postal code of the state in which all its places lie.
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
    - `every`: the time between two looks at one document. A document that has not changed for long is looked at less
      often.
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
      that heading, or what a group of the same name in `heading` finds.
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
    def names_own_group(self) -> bool:
        """Whether no heading above that of the list is needed: its own has all group fields, or there are none."""
        return set(self.group) <= (set(self.heading.groupindex) if self.heading else set())

    def groups_in_heading(self, title: str) -> dict[str, str]:
        """Return the values of the group fields that `heading` finds in the heading of the list, given by its text."""
        found = self.heading.search(title) if self.heading else None
        return {name: found[name] or "" for name in self.group if found and name in found.re.groupindex}

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
