"""Edits the text of a configuration file: adds a drafted source, and takes away the marks of drafts that were checked.

Pure. All else in the text stays as it is, with the comments of the person who wrote it.
"""

from __future__ import annotations

import re

import yaml

YAML_NO = frozenset({"false", "no", "off"})
NO_SOURCES = re.compile(r"^sources:[ \t]*\{[ \t]*\}", re.MULTILINE)
SOURCES_LINE = re.compile(r"^sources:[ \t\r]*(?:#.*)?$", re.MULTILINE)


def with_source(text: str, draft: str) -> str:
    """Return the text of a configuration file with a draft as the last of its sources; all else stays as it is.

    `draft` is the draft's text. Raises ValueError if the file has no line `sources:` that it could follow.
    """
    text = NO_SOURCES.sub("sources:", text)
    found = SOURCES_LINE.search(text)
    if not found:
        raise ValueError("there is no line `sources:` of its own")
    following = re.compile(r"^[^\s#]", re.MULTILINE).search(text, found.end())
    own = text[found.end() : following.start() if following else len(text)]
    inside = list(re.finditer(r"^([ \t]+)[^\s#].*$", own, re.MULTILINE))
    at = found.end() + (inside[-1].end() if inside else 0)
    deeper = " " * max(len(inside[0][1]) - 2 if inside else 0, 0)
    end = "\r\n" if "\r\n" in text else "\n"
    added = end.join(deeper + line for line in draft.rstrip().split("\n"))
    before = text[:at].removesuffix("\r")
    rest = text[len(before) :]
    return f"{before}{end}{end if inside else ''}{added}{rest or end}"


def accepted(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a configuration file without the marks `checked: false` of a source, and its marked reports.

    `name` is the name of the source. All else stays as it is, with the person's comments. Raises ValueError if a mark
    stands where it can't be taken away.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    marked = [
        (report.value, key, value)
        for _, source in _pairs(_under(root, "sources"), name)
        for _, reports in _pairs(source, "reports")
        for report, body in _pairs(reports)
        for key, value in _pairs(body, "checked")
        if value.value.lower() in YAML_NO
    ]
    for _, key, value in reversed(marked):
        text = _cut(text, key.start_mark.index, value.end_mark.index)
    return text, tuple(report for report, _, _ in marked)


def _under(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for _, value in _pairs(node, name)), None)


def _pairs(node: yaml.Node | None, name: str | None = None) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the keys and values of a mapping; with `name`, only those of the key that is called so."""
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if name is None or key.value == name]


def _cut(text: str, begin: int, end: int) -> str:
    """Return a text of YAML without the entry of a mapping from `begin` to `end`: its whole line, or within braces."""
    line = text.rfind("\n", 0, begin) + 1
    following = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)").match(text, end)
    if not text[line:begin].strip() and following:
        return text[:line] + text[following.end() :]
    if comma := re.compile(r"\s*,\s*").match(text, end):
        return text[:begin] + text[comma.end() :]
    before = text[:begin].rstrip()
    if before.endswith(","):
        return before[:-1] + text[end:]
    raise ValueError("the mark `checked: false` stands alone in its braces")
