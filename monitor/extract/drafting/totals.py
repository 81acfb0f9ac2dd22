"""Finds figures in the text of a report that equal the number or a sum of the records in an unknown table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitor.config.drafts import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A figure between words, like `a total of 1,204 declined detainers`; nothing is told by a smaller one than this.
STATED = re.compile(
    r"(?P<before>(?:[A-Za-z]+ )?[A-Za-z]+) (?P<figure>\d{1,3}(?:,\d{3})+|\d+) (?P<after>(?:[a-z]+ )?[a-z]+s)\b"
)
MIN_STATED = 10
# Numbers of years stand everywhere, and so do figures of these.
YEARS = range(1900, 2100)
TIMES = frozenset({"days", "hours", "weeks", "months", "years", "minutes", "pages"})


def stated_totals(prose: Sequence[str], *, count: int, sums: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """Yield each figure in the text that is a total: its pattern, the field that it sums up, and the figure.

    The field is "" where the figure is the number of records. A figure that equals two totals is left out.

    - `prose`: the lines of text outside of tables. `count`: the number of records.
    - `sums`: the sum of each field that holds numbers, by the field's name.
    """
    fields = [("", count), *sums.items()]
    seen: set[str] = set()
    for line in prose:
        for found in STATED.finditer(line):
            figure = int(found["figure"].replace(",", ""))
            meant = [field for field, total in fields if total == figure]
            is_year = "," not in found["figure"] and figure in YEARS
            if len(meant) != 1 or meant[0] in seen or figure < MIN_STATED or is_year or not _counts(found["after"]):
                continue
            pattern = rf"{literal(found['before'])} ([\d,]+) {literal(found['after'])}"
            if sum(len(re.findall(pattern, each, re.IGNORECASE)) for each in prose) == 1:
                seen.add(meant[0])
                yield pattern, meant[0], found["figure"]


def _counts(after: str) -> bool:
    return TIMES.isdisjoint(after.split())
