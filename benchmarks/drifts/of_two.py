"""Two drifts at once, chosen by chance among those that need no hold: publishers rarely change one thing alone."""

from __future__ import annotations

from drifts import of_cells, of_layout, of_pages, of_reports
from drifts.drafts import Draft, Kind

OF_ROWS = (*of_cells.KINDS, *of_layout.KINDS)
OF_MARKS = (*of_pages.KINDS, *of_reports.KINDS)
EVERY = {name: () for kind in (*OF_ROWS, *OF_MARKS) for name in kind.grounds}
WEIGHT = 24  # for there are many pairs


def _fitting(kinds: tuple[Kind, ...], draft: Draft) -> list[Kind]:
    return [kind for kind in kinds if kind.fits(draft.base) and kind.mixed and not kind.may_hold]


def two_drifts_at_once(draft: Draft) -> None:
    """Two other kinds meet in one file: one of cells or layout, and one of these or of markup."""
    first = draft.chance.choice(_fitting(OF_ROWS, draft))
    others = [kind for kind in _fitting((*OF_ROWS, *OF_MARKS), draft) if kind is not first]
    for kind in (first, draft.chance.choice(others)):
        kind.apply(draft)


KINDS = (Kind(apply=two_drifts_at_once, grounds=EVERY, weight=WEIGHT),)
