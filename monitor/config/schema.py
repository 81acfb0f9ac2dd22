"""The JSON Schema of the configuration file, by which editors complete and check it. Pure."""

from __future__ import annotations

from typing import Any

from monitor.config.sources import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"  # the one that pydantic writes


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of `config.yaml`, as a JSON object.

    It knows keys, kinds of values and forms; what several keys have to do with each other, only `load` checks.
    """
    schema = Config.model_json_schema()
    _strip(schema)
    return {"$schema": DIALECT} | schema | {"title": "config.yaml of monitor"}


def _strip(schema: object, *, of_names: bool = False) -> None:
    """Remove defaults, which stand there in another form than people write them, and titles, which repeat the names.

    - `of_names`: whether the object's keys are names of properties, and not words of the schema language.
    """
    if isinstance(schema, list):
        for each in schema:
            _strip(each)
    elif isinstance(schema, dict):
        for word in () if of_names else ("default", "title"):
            schema.pop(word, None)
        for key, value in schema.items():
            _strip(value, of_names=not of_names and key in {"properties", "$defs"})
