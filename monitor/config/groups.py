"""Describes group fields: fields of a record whose values stand outside of its row, in a title, heading or sheet name.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_serializer, model_validator

from monitor.config.values import Model, Pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Where the value of a group field may be taken from.
GroupOrigin = Literal["title_row", "heading", "sheet", "merged_cell"]
ORIGINS = "title_row, heading, sheet or merged_cell"
# What files of a format do not have, of the places above, and what they have in its place.
NOT_IN_FORMAT = {
    ("csv", "sheet"): "a CSV file has no sheets; take it from heading or title_row",
    ("csv", "merged_cell"): "a CSV file has no merged cells; take it from title_row",
    ("html", "sheet"): "a web page has no sheets; take it from heading or title_row",
    ("pdf", "sheet"): "a PDF has no sheets; take it from heading or title_row",
}


def _short_form(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a group field allow the place alone, in place of the whole."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"enum": ["title_row", "heading", "sheet", "merged_cell"]}, whole]


def _also_names(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of groups allow names of fields alone, as lists with `item` have them."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, whole]


class GroupField(Model):
    """Where the value of one group field is taken from.

    - `origin` (in the configuration file: `from`): `title_row`, the nearest row above with one filled cell; `heading`,
      the heading, caption or title above the table; `sheet`, the name of the sheet; `merged_cell`, the nearest merged
      cell above that spans several columns. None for a list with `item`, which takes the heading above its own.
    - `pattern`: finds the value in that text: its first group, or all that it finds if it has no group. Without a
      pattern, the whole text is the value.
    """

    origin: Annotated[GroupOrigin | None, Field(alias="from")] = None
    pattern: Pattern | None = None

    model_config = ConfigDict(json_schema_extra=_short_form)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"from": value} if isinstance(value, str) else value

    @model_serializer
    def _as_written(self) -> dict[str, str | None]:
        return {"from": self.origin, "pattern": self.pattern.pattern if self.pattern else None}

    def value_in(self, text: str) -> str | None:
        """Return the value that a text holds for this field; None if it holds none."""
        if self.pattern is None:
            return text.strip() or None
        found = self.pattern.search(text)
        if found is None:
            return None
        return ((found[1] or "") if self.pattern.groups else found[0]).strip() or None


def _by_name(value: object) -> object:
    """Turn a name, or several, into group fields without a place."""
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        return {name: {} for name in names}
    return value


# The group fields of a list, by their names.
Groups = Annotated[
    dict[str, GroupField], BeforeValidator(_by_name), Field(default_factory=dict, json_schema_extra=_also_names)
]


def item_groups_fault(groups: Mapping[str, GroupField]) -> str | None:
    """Return a sentence on what is wrong with the group fields of a list with `item`; None if nothing is."""
    if any(each != GroupField() for each in groups.values()):
        names = ", ".join(groups)
        return f"group: with item and card, its fields take the heading above; write group: [{names}]"
    return None


def table_groups_fault(
    groups: Mapping[str, GroupField], *, columns: Collection[str], whole_row: str | None
) -> str | None:
    """Return a sentence on what is wrong with the group fields of a list with `columns`; None if nothing is.

    - `columns`: the names of its columns.
    - `whole_row`: the field that every row has, so that a row without it continues the row above, or None.
    """
    for name, group in groups.items():
        if name in columns:
            return f"group: {name!r} is the name of a column, too; give one of them another name"
        if group.origin is None:
            return f"group: say where the value of {name!r} stands: {ORIGINS}, like group: {{{name}: title_row}}"
        if group.origin == "title_row" and group.pattern is None:
            how = f"write group: {{{name}: {{from: title_row, pattern: '...'}}}}, with a pattern that only titles fit"
            if len(columns) == 1:
                return f"group: {name}: title_row: in a list with one column, each row has one filled cell; {how}"
            if whole_row:
                return f"group: {name}: title_row: a row that goes on, without {whole_row}, may have one cell; {how}"
    if whole_row in groups:
        return f"whole_row: {whole_row!r} is a group, and no column"
    return None


def format_groups_fault(groups: Mapping[str, GroupField], file_format: str, *, has_heading: bool) -> str | None:
    """Return a sentence on why the group fields of a list can't be found in files of a format; None if they can.

    `has_heading` is whether the list has the key `heading`.
    """
    for name, group in groups.items():
        why = NOT_IN_FORMAT.get((file_format, group.origin or ""))
        if why:
            return f"group: {name}: {group.origin}: {why}"
        if file_format == "pdf" and group.origin == "heading" and group.pattern is None and not has_heading:
            return (
                f"group: {name}: heading: a PDF does not say which of its lines are headings; give a pattern for the "
                f"line, like group: {{{name}: {{from: heading, pattern: '...'}}}}, or the key heading"
            )
    return None
