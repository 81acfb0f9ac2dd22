"""Counts the drawings that the forms of a PDF would make; a form is a drawing that can be used again and again.

Forms can be used to attack a reader: forms that draw forms again and again make a huge drawing from a small file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.extract.pdf.limits import PDF_LIMITS

if TYPE_CHECKING:
    from monitor.extract.pdf.limits import PdfLimits

# The entry that says that an object is a form.
FORM_OBJECT = re.compile(rb"/Subtype\s*/Form\b")
# The start of an object, with its number.
OBJECT_NUMBER = re.compile(rb"(\d+)\s+\d+\s+obj\b")
# A list of drawings inside a dictionary.
DRAWING_NAMES = re.compile(rb"/XObject\s*<<(.*?)>>", re.DOTALL)
# A reference to the object that holds the resources or drawings.
RESOURCES_ELSEWHERE = re.compile(rb"/(?:Resources|XObject)\s+(\d+)\s+\d+\s+R\b")
# A reference to another object, with its number.
OBJECT_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R\b")
# The operator that draws a form.
DRAW_OPERATOR = re.compile(rb"/[^\s/<>\[\]()]+\s+Do\b")
# Forms nested deeper are not counted: pdfium does not draw them.
MAX_NESTED_FORMS = 40
# No count goes higher: it stands for all larger numbers.
MAX_COUNTED_DRAWINGS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One form of a PDF.

    `draws` is how many drawings it makes itself. `names` has the numbers of the PDF objects that it may draw.
    """

    draws: int
    names: frozenset[int]


class Forms:
    """The forms of one PDF file that were found so far."""

    def __init__(self, content: bytes, limits: PdfLimits = PDF_LIMITS) -> None:
        self._content = content
        self._most_references = limits.form_references
        self._forms: dict[int, _Form] = {}

    def add(self, about: bytes, code: bytes) -> None:
        """Look at a stream (a block of data in a PDF), and keep it if it is a form.

        `about` is the text before the data: the number of its object, and its dictionary. `code` is the unpacked data.
        """
        number = OBJECT_NUMBER.search(about) if FORM_OBJECT.search(about) else None
        if number:
            self._forms[int(number[1])] = _Form(
                draws=len(DRAW_OPERATOR.findall(code)), names=_named(about[number.end() :])
            )

    def drawn(self) -> int:
        """Return how many drawings the form with the most drawings makes, together with all forms that it draws.

        No number above `MAX_COUNTED_DRAWINGS` is returned.
        """
        if all(form.draws < 2 for form in self._forms.values()):
            return len(self._forms)
        if sum(len(form.names) for form in self._forms.values()) > self._most_references:
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
        """Return for each form the forms that it may draw; forms are given by the numbers of their PDF objects.

        These are named in its dictionary, in its resources, or in lists of drawings to which the resources refer.
        """
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
    """Return the numbers of the PDF objects that a dictionary names as drawings, or as lists of drawings.

    If the dictionary is itself a list of drawings, these are all the objects that it names.
    """
    lists = DRAWING_NAMES.findall(code) or ([] if b"/XObject" in code or b"/Resources" in code else [code])
    names = [name for each in lists for name in OBJECT_REFERENCE.findall(each)] + RESOURCES_ELSEWHERE.findall(code)
    return frozenset(map(int, names))
