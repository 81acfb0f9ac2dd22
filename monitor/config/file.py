"""Reads the file `config.yaml`, and says every mistake in it at once, each with the key that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from monitor.config.channels import KINDS
from monitor.config.fault_words import plain_fault
from monitor.config.network import Networked, authority_fault
from monitor.config.sources import Config
from monitor.config.values import NAME, Model
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

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


def load(path: Path, content: bytes | None = None) -> Config:
    """Read and check a configuration file. Raises ConfigError, which lists every mistake in the file at once.

    content: the bytes of the file if they have been read already; None to read it.
    """
    try:
        text = path.read_text(encoding="utf-8") if content is None else content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        advice = "name another file with --config or $MONITOR_CONFIG"
        if isinstance(fault, UnicodeDecodeError):
            reason, advice = "it is no text in UTF-8", "save it in that encoding, which every editor offers"
        elif isinstance(fault, FileNotFoundError):
            advice += ", or write the default one with `monitor init`"
        raise ConfigError((f"{path}: {reason}; {advice}",)) from fault
    config = parse(text, path.name)
    if faults := tuple(f"{path.name}: {key}: {why}" for key, why in _authority_faults(config)):
        raise ConfigError(faults)
    return config


def _authority_faults(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each key that names a file of certificate authorities which can't be used, and why it can't."""
    channels = ((f"channels.{name}", described) for name, described in config.channels.items())
    for section, described in (("poll", config.poll), ("run", config.run), *channels):
        path = getattr(described, "ca_file", None)
        if path and (why := authority_fault(path)):
            yield f"{section}.ca_file", why


def parse(text: str, file_name: str = "config.yaml") -> Config:
    """Check the text of a configuration file. Raises ConfigError, which lists every mistake at once, each with its key.

    file_name: the name of the file, for the messages.
    """
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as fault:  # ValueError: what looks like a date and is none
        raise ConfigError((_yaml_fault(fault, text, file_name),)) from fault
    if tree is None:
        raise ConfigError((f"{file_name}: empty; it needs at least `sources`",))
    if not isinstance(tree, dict):
        raise ConfigError(
            (f"{file_name}: this is no configuration: it needs keys like `sources:`, each on a line of its own",)
        )
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
    message = plain_fault(fault)
    if fault["type"] == "extra_forbidden":
        known = list(kind.model_fields if kind else _keys_beside(Config, loc[:-1]))
        known.sort(key=Networked.model_fields.__contains__)  # what a section has of its own comes first
        from rapidfuzz import process  # noqa: PLC0415 - only a mistake needs it

        near = process.extractOne(str(loc[-1]), known, score_cutoff=60)
        message = "no such key" + (f"; did you mean {near[0]!r}?" if near else f"; here stand {', '.join(known)}")
    elif fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "string_pattern_mismatch" and fault.get("ctx", {}).get("pattern") == NAME:
        message = (
            f"{loc[-2] if loc[-1] == '[key]' else loc[-1]!r} is no name; use small letters, digits and single hyphens"
        )
    return f"{file_name}: {'.'.join(str(part) for part in loc if part != '[key]')}: {message}"


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
