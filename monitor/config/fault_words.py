"""Says in plain words what is wrong with a value of the configuration, for the faults that pydantic finds by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_FAULT_VALUE_LETTERS = 60  # letters of a value
NO_SECTION = "a section is needed here: its keys on lines below it, further indented, each as `key: value`"
# Words of YAML that it reads as true or false, and how they are meant, as in a list of states.
READ_AS_LOGICAL = (
    "without quotation marks YAML reads yes, no, on and off as true or false; put a text into quotation marks"
)
# Messages by pydantic's names of faults; the value takes the place of the braces. Where a text is expected, the value
# is not shown, since it may be a secret.
FAULT_WORDS = {
    "bool_parsing": "{} is neither true nor false",
    "bool_type": "{} is neither true nor false",
    "dict_type": NO_SECTION,
    "float_parsing": "{} is no number",
    "float_type": "{} is no number",
    "int_from_float": "{} is no whole number",
    "int_parsing": "{} is no whole number",
    "int_type": "{} is no whole number",
    "list_type": "a list is needed here; write it in brackets, like [one, another]",
    "model_attributes_type": NO_SECTION,
    "model_type": NO_SECTION,
    "path_type": "the path of a file is needed here; put it into quotation marks",
    "string_too_short": "empty; give it a value, or leave the key out",
    "string_type": "a text is needed here; put it into quotation marks",
    "too_short": "empty; at least one is needed",
    "tuple_type": "a list is needed here; write it in brackets, like [one, another]",
    "union_tag_not_found": "its `kind` is missing",
}
BOUND_WORDS = {
    "greater_than": ("gt", "{} is too small; it must be more than {}"),
    "greater_than_equal": ("ge", "{} is too small; the smallest value is {}"),
    "less_than": ("lt", "{} is too large; it must be less than {}"),
    "less_than_equal": ("le", "{} is too large; the largest value is {}"),
}


def plain_fault(fault: ErrorDetails) -> str:
    """Return the message of one validation error in plain words; pydantic's own where nothing better is known."""
    kind, value, context = fault["type"], fault.get("input"), fault.get("ctx", {})
    shown = _shown(value)
    if kind in FAULT_WORDS:
        if isinstance(value, bool) and kind in {"string_type", "tuple_type", "list_type"}:
            return f"{shown} is no text; {READ_AS_LOGICAL}"
        return FAULT_WORDS[kind].format(shown)
    if kind in BOUND_WORDS:
        key, words = BOUND_WORDS[kind]
        return words.format(shown, context[key])
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        return _none_of(str(context.get("expected") or context.get("expected_tags")), context.get("tag", value))
    return fault["msg"].removeprefix("Value error, ")


def _none_of(expected: str, value: object) -> str:
    """Return a message about a value that is none of the expected ones, which pydantic gives as `'a', 'b' or 'c'`."""
    known = [each.strip(" '") for each in expected.replace(" or ", ",").split(",")]
    from rapidfuzz import process  # noqa: PLC0415 - only a mistake needs it

    near = process.extractOne(str(value).casefold(), known, score_cutoff=60)
    hint = (
        f"did you mean {near[0]}?" if near else f"write {' or '.join(filter(None, [', '.join(known[:-1]), known[-1]]))}"
    )
    return f"{_shown(value)} is not known here; {hint}"


def _shown(value: object) -> str:
    """Return a value as a message shows it, shortened; what the file has as `true` is no Python word."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= MAX_FAULT_VALUE_LETTERS else f"{text[: MAX_FAULT_VALUE_LETTERS - 3]}..."
