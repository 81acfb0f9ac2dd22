"""Tell the lines that strike text out from the rules of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monitor.extract.pdf.page import BLANK, Glyphs
from monitor.extract.pdf.text import printed_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.extract.pdf.page import Rule

# A line this near to the middle of letters goes through them, in heights of a letter.
MAX_OFF_MIDDLE = 0.22
# A line that goes through fewer letters is no strike.
MIN_STRUCK_LETTERS = 2
# At most so many letters away from a line's height are compared with it.
REACH_POINTS = 12.0


def struck_out(rules: Sequence[Rule], glyphs: Glyphs) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the rules that go through no text, and the texts that the others strike out.

    A line through the middle of letters is no rule of a table.
    """
    if not len(glyphs.codes):
        return tuple(rules), ()
    boxes = glyphs.boxes
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    across = (boxes[:, 0] + boxes[:, 2]) / 2
    order = np.argsort(middle, kind="stable")
    ordered = middle[order]
    level = [(number, rule) for number, rule in enumerate(rules) if not rule.upright]
    heights = np.array([rule.at for _, rule in level])
    nearest = MAX_OFF_MIDDLE * float(np.max(boxes[:, 3] - boxes[:, 1]))
    reach = min(nearest, REACH_POINTS)
    firsts, lasts = np.searchsorted(ordered, heights - reach), np.searchsorted(ordered, heights + reach)
    struck = np.zeros(len(glyphs.codes), bool)
    strikes = set()
    for (number, rule), first, last in zip(level, firsts.tolist(), lasts.tolist(), strict=True):
        if last - first < MIN_STRUCK_LETTERS:
            continue
        near = order[first:last]
        off = np.abs(middle[near] - rule.at) <= MAX_OFF_MIDDLE * (boxes[near, 3] - boxes[near, 1])
        through = near[off & (across[near] >= rule.start) & (across[near] <= rule.end) & (glyphs.codes[near] > BLANK)]
        if len(through) >= MIN_STRUCK_LETTERS:
            strikes.add(number)
            struck[through] = True
    if not strikes:
        return tuple(rules), ()
    kept = Glyphs(codes=glyphs.codes[struck], boxes=boxes[struck])
    lines = printed_lines(kept, np.zeros(len(kept.codes), np.int32))
    left = tuple(rule for number, rule in enumerate(rules) if number not in strikes)
    return left, tuple(line.text for line in lines.get(0, ()))
