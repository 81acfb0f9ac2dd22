"""Makes JSON Schemas from the Python types of the values that the API returns.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from monitor.model import Jurisdiction, Locator
from monitor.store.entry import LEFT_OUT, DocumentChange, LogEntry

if TYPE_CHECKING:
    from collections.abc import Collection

Schema = dict[str, Any]  # of JSON Schema, or a part of an OpenAPI description

TEXT: Schema = {"type": "string"}
OF_TYPE: dict[object, Schema] = {
    str: TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Jurisdiction: {"$ref": "#/components/schemas/Jurisdiction"},
    Locator: {"type": "object"},
}


def object_of(optional: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """Return the schema of an object that has exactly these properties; only the `optional` ones may be absent."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def properties_of(described: type, *, without: tuple[str, ...] = ()) -> dict[str, Schema]:
    """Return the schema of each field of the dataclass `described`, by name, except for the fields in `without`."""
    hints = get_type_hints(described, include_extras=True)
    return {name: schema_of(hint) for name, hint in hints.items() if name not in without}


def properties_of_entry(*, without: tuple[str, ...] = ()) -> dict[str, Schema]:
    """Return the schema of each field of a log entry, by name, except for the fields in `without`.

    The JSON of an entry leaves some fields out if they are None, so these fields are never null.
    """
    found = _never_null(LogEntry, LEFT_OUT)
    return {name: schema for name, schema in found.items() if name not in without}


def _never_null(described: type, names: Collection[str]) -> dict[str, Schema]:
    """Return the schema of each field of a dataclass, by name; the fields in `names` are left out rather than null."""
    hints = get_type_hints(described, include_extras=True)
    for name in names:
        (hints[name],) = (part for part in get_args(hints[name]) if part is not NoneType)
    return {name: schema_of(hint) for name, hint in hints.items()}


def schema_of(hint: Any) -> Schema:  # noqa: ANN401 - a type, or what `typing` makes of types
    """Return the JSON schema of a Python type: it describes the JSON into which values of that type are written."""
    if hint in OF_TYPE:
        return OF_TYPE[hint]
    parts = get_args(hint)
    if parts:
        return _of_parts(hint, parts)
    if hint is DocumentChange:
        optional = tuple(each.name for each in fields(DocumentChange) if each.default is None)
        return object_of(optional, **_never_null(DocumentChange, optional))
    if isinstance(hint, type) and is_dataclass(hint):
        return object_of(**properties_of(hint))
    assert issubclass(hint, StrEnum)
    return {"type": "string", "enum": list(hint)}


def _of_parts(hint: Any, parts: tuple[Any, ...]) -> Schema:  # noqa: ANN401 - the same
    """Return the schema of a type with parts, for example `str | None`, `tuple[str, ...]` or `Annotated[str, ...]`."""
    origin = get_origin(hint)
    if origin is Annotated:
        rules = {rule: value for rule, value in asdict(parts[1]).items() if value is not None}
        return schema_of(parts[0]) | rules
    if origin is tuple:
        return {"type": "array", "items": schema_of(parts[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(parts[1])}
    (given,) = (schema_of(part) for part in parts if part is not NoneType)
    if "type" in given and "enum" not in given:
        return given | {"type": [given["type"], "null"]}
    return {"oneOf": [given, {"type": "null"}]}
