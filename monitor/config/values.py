"""The types of single values in the configuration: lengths of time, sizes, patterns, addresses, names.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
# A part of a web page: `#id`, `.class`, `element` or `element.class`.
SELECTION = re.compile(r"#[\w-]+|[a-z][a-z0-9]*(?:\.[\w-]+)?|\.[\w-]+")
# Of the states, the District of Columbia and the territories.
POSTAL_CODES = frozenset(
    (
        *("AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI", "IA", "ID", "IL", "IN"),
        *("KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM"),
        *("NV", "NY", "OH", "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI"),
        *("WV", "WY"),
    )
)
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def _duration(value: object) -> object:
    """Turn text like `30s`, `15m`, `6h` or `7d` into a timedelta. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d+)\s*([smhd])", str(value).strip())
    if not found or not 0 < int(found[1]) < 10**6:
        raise ValueError(f"{value!r} is no length of time; write it like 30s, 15m, 6h or 7d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _pause(value: object) -> object:
    """Turn text like `30s` into a timedelta, as `_duration` does, but allow `0s` too."""
    return timedelta() if re.fullmatch(r"0\s*[smhd]", str(value).strip()) else _duration(value)


def _in_seconds(duration: timedelta) -> str:
    """Write a duration as it may stand in the file, like `86400s`; the process that reads files is sent it so."""
    return f"{duration.total_seconds():.0f}s"


def _size(value: object) -> object:
    """Turn `50MB`, `200KB` or a plain number of bytes into an int. Raises ValueError."""
    found = re.fullmatch(r"(\d+)\s*(KB|MB|GB|)", str(value).strip(), re.IGNORECASE)
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is no size; write it like 50MB")
    return int(found[1]) * SIZES[found[2].upper()]


def _pattern(value: object) -> object:
    """Compile a regular expression that ignores case. Raises ValueError."""
    if isinstance(value, re.Pattern):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no regular expression")  # noqa: TRY004 - pydantic collects ValueError
    try:
        return re.compile(value, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as fault:
        raise ValueError(f"{value!r} is no regular expression: {fault}") from fault


def _selector(value: object) -> object:
    """Check a CSS selector. Raises ValueError if it is none, or if it can't be searched for."""
    from cssselect import HTMLTranslator, SelectorError  # noqa: PLC0415 - few files have a selector
    from lxml import etree  # noqa: PLC0415 - as above

    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no CSS selector; write one like 'div.facility h3'")  # noqa: TRY004 - as above
    try:
        etree.XPath(HTMLTranslator().css_to_xpath(value))(etree.Element("html"))
    except (SelectorError, etree.XPathError, ValueError, RecursionError) as fault:
        message = f"{value!r} is no CSS selector that is understood: {fault}; write one like 'div.facility h3'"
        raise ValueError(message) from fault
    return value


def _several(value: object) -> object:
    """Turn a single text into a tuple of one; used for keys that take either one value or a list."""
    return (value,) if isinstance(value, str) else value


def _selection(value: object) -> object:
    """Check that a text is `#id`, `.class`, the name of an element, or an element's name with a class."""
    if not isinstance(value, str) or not SELECTION.fullmatch(value):
        raise ValueError(f"{value!r} is no part of a page; write it like #teasers, .teaser or div.teaser")
    return value


def _web_address(value: object) -> object:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is no web address; write it like https://www.example.gov/page")
    return value


def site_address(value: object) -> str:
    """Return the address of web pages of this program: a scheme and a host, without a slash at the end.

    Raises ValueError if the value is no such address, for example if it has a path.
    """
    parts = urlsplit(value) if isinstance(value, str) else None
    try:
        usable = parts and parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not parts or not usable or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{value!r} is no address of web pages; write it like https://monitor.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _postal_code(value: object) -> object:
    """Check the postal code of a state, like `TX`. Raises ValueError."""
    if value not in POSTAL_CODES:
        raise ValueError(f"{value!r} is no postal code of a state; write it like TX")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("is no name of a variable; write it like SLACK_URL, without a dollar sign")
    return value


def _hours(value: object) -> object:
    """Turn text like `22:00-06:30` into two times of day. Raises ValueError."""
    begin, _, end = str(value).partition("-")
    try:
        return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError as fault:
        raise ValueError(f"{value!r} are no hours; write them like 22:00-06:30") from fault


_TEXT: dict[str, Any] = {"type": "string"}
# Each type with its JSON Schema: the form in which it is written in the file.
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(_in_seconds, return_type=str, when_used="json"),
    WithJsonSchema(_TEXT | {"pattern": r"^\s*\d+\s*[smhd]\s*$"}),
]
Pause = Annotated[timedelta, BeforeValidator(_pause), WithJsonSchema(_TEXT | {"pattern": r"^\s*\d+\s*[smhd]\s*$"})]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"type": ["string", "integer"]})]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern), WithJsonSchema(_TEXT | {"format": "regex"})]
Patterns = Annotated[
    tuple[Pattern, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT | {"format": "regex"}}]}),
]
Selections = Annotated[
    tuple[Annotated[str, BeforeValidator(_selection)], ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
]
Selector = Annotated[str, BeforeValidator(_selector), WithJsonSchema(_TEXT)]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
]
WebAddress = Annotated[str, BeforeValidator(_web_address), WithJsonSchema(_TEXT | {"pattern": "^https?://"})]
SiteAddress = Annotated[str, BeforeValidator(site_address), WithJsonSchema(_TEXT | {"pattern": "^https?://[^/]+/?$"})]
PostalCode = Annotated[str, BeforeValidator(_postal_code), WithJsonSchema(_TEXT | {"pattern": "^[A-Z]{2}$"})]
Hours = Annotated[tuple[time, time], BeforeValidator(_hours), WithJsonSchema(_TEXT)]
Variable = Annotated[str, AfterValidator(_variable)]
Name = Annotated[str, Field(pattern=NAME)]


class Model(BaseModel):
    """The base class of all sections of the configuration. An unknown key is an error, and values can't be changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True
    )


class WithSecrets(Model):
    """The base class of those sections of the configuration that can have secrets.

    A secret `x` is given by one of three keys: `x` (the secret itself), `x_file` (the path of a file with it) or
    `x_env` (the name of an environment variable with it). A section may lack some of these keys, and two of them must
    not be set at once.
    """

    @model_validator(mode="after")
    def _one_place_for_each_secret(self) -> Self:
        for secret, needed in self._secrets().items():
            ways = [key for key in (secret, f"{secret}_file", f"{secret}_env") if key in type(self).model_fields]
            given = [key for key in ways if getattr(self, key) is not None]
            if len(given) > 1:
                raise ValueError(f"say {' or '.join(given)}, not both")
            if needed and not given:
                raise ValueError(f"say {secret} by one of {', '.join(ways)}")
        return self

    def _secrets(self) -> Mapping[str, bool]:
        """Return the names of the secrets of this section; each with True if the secret must be given."""
        return {}
