"""Counts what the forms of a PDF (drawings that it uses again) would draw, one within the other.

Nine forms that each draw the next one ten times are a thousand million drawings, in two kilobytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FORM_OBJECT = re.compile(rb"/Subtype\s*/Form\b")
OBJECT_NUMBER = re.compile(rb"(\d+)\s+\d+\s+obj\b")
DRAWING_NAMES = re.compile(rb"/XObject\s*<<(.*?)>>", re.DOTALL)
RESOURCES_ELSEWHERE = re.compile(rb"/(?:Resources|XObject)\s+(\d+)\s+\d+\s+R\b")
OBJECT_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R\b")
DRAW_OPERATOR = re.compile(rb"/[^\s/<>\[\]()]+\s+Do\b")
MAX_NESTED_FORMS = 40  # forms within forms; pdfium draws none further in
MAX_FORM_REFERENCES = 200_000  # references of all forms together
MAX_COUNTED_DRAWINGS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How often a form draws others, and which objects its dictionary names."""

    draws: int
    names: frozenset[int]


class Forms:
    """The forms of one file, as far as its streams have been seen."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._forms: dict[int, _Form] = {}

    def add(self, about: bytes, code: bytes) -> None:
        """Take a stream: its dictionary, from before the number of its object on, and its code."""
        number = OBJECT_NUMBER.search(about) if FORM_OBJECT.search(about) else None
        if number:
            self._forms[int(number[1])] = _Form(
                draws=len(DRAW_OPERATOR.findall(code)), names=_named(about[number.end() :])
            )

    def drawn(self) -> int:
        """How much the busiest form draws, with all that is drawn within it; a million million is the most."""
        if all(form.draws < 2 for form in self._forms.values()):
            return len(self._forms)
        if sum(len(form.names) for form in self._forms.values()) > MAX_FORM_REFERENCES:
            return MAX_COUNTED_DRAWINGS
        within = self._within()
        drawn = dict.fromkeys(self._forms, 1)
        for _ in range(MAX_NESTED_FORMS):
            drawn = {
                number: min(
                    MAX_COUNTED_DRAWINGS, 1 + form.draws * max((drawn[each] for each in within[number]), default=1)
                )
                for number, form in self._forms.items()
            }
        return max(drawn.values())

    def _within(self) -> dict[int, frozenset[int]]:
        """The forms that each form may draw, named in its dictionary, its resources, or the drawings of those."""
        through: dict[int, frozenset[int]] = {}
        for piece in self._content.split(b"endobj"):
            number = None if b"stream" in piece else OBJECT_NUMBER.search(piece)
            if number:
                through[int(number[1])] = _named(piece[number.end() :])
        within = {}
        for form, description in self._forms.items():
            named = description.names
            for _ in range(2):
                named = named.union(*(through.get(name, ()) for name in named if name not in self._forms))
            within[form] = named & self._forms.keys()
        return within


def _named(code: bytes) -> frozenset[int]:
    """The objects that a dictionary, or its resources, names as drawings; all of them, where it is a list of those."""
    lists = DRAWING_NAMES.findall(code) or ([] if b"/XObject" in code or b"/Resources" in code else [code])
    names = [name for each in lists for name in OBJECT_REFERENCE.findall(each)] + RESOURCES_ELSEWHERE.findall(code)
    return frozenset(map(int, names))
