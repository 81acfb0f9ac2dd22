"""Finds the horizontal lines that strike text out, and tells them from the lines of tables."""

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
# Of the letters of a page that a line may go through, so many are looked at.
MAX_CROSSED = 20_000


def struck_out(rules: Sequence[Rule], glyphs: Glyphs) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the lines that do not strike out any text, and the texts that the other lines strike out.

    - `rules`: all straight lines of a page. `glyphs`: its characters.

    A horizontal line through the middle of several letters strikes them out.
    """
    if not len(glyphs.codes):
        return tuple(rules), ()
    boxes = glyphs.boxes
    across, middle = glyphs.middles
    level = [(number, rule) for number, rule in enumerate(rules) if not rule.upright]
    heights = np.array(sorted(rule.at for _, rule in level))
    room = MAX_OFF_MIDDLE * (boxes[:, 3] - boxes[:, 1])
    # Letters in a row stand at the same height, so only the first of them is compared with the lines.
    firsts = np.concatenate(([True], (middle[1:] != middle[:-1]) | (room[1:] != room[:-1]))).nonzero()[0]
    upper, lower = middle[firsts] - room[firsts], middle[firsts] + room[firsts]
    crossed = heights.searchsorted(upper) != heights.searchsorted(lower)
    if not crossed.any():
        return tuple(rules), ()
    crossed = np.repeat(crossed, np.diff(firsts, append=len(middle)))
    near = (crossed & (glyphs.codes > BLANK)).nonzero()[0][:MAX_CROSSED]
    if len(near) < MIN_STRUCK_LETTERS:
        return tuple(rules), ()
    struck = np.zeros(len(glyphs.codes), bool)
    strikes = set()
    for number, rule in level:
        through = near[
            (np.abs(middle[near] - rule.at) <= room[near]) & (across[near] >= rule.start) & (across[near] <= rule.end)
        ]
        if len(through) >= MIN_STRUCK_LETTERS:
            strikes.add(number)
            struck[through] = True
    if not strikes:
        return tuple(rules), ()
    kept = glyphs.only(struck)
    lines = printed_lines(kept, np.zeros(len(kept.codes), np.int32))
    left = tuple(rule for number, rule in enumerate(rules) if number not in strikes)
    return left, tuple(line.text for line in lines.get(0, ()))
