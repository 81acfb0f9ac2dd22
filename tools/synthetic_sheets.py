"""Make up the 287(g) sheets of ten years, two uploads a day: a plausible future, the same at every run.

The agencies and their places are real ones; which of them take part, and everything that happens to a row, is made up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from monitor.demo.agreements import MODELS
from monitor.demo.sheets import Agreement, linked, with_curly_apostrophes
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from random import Random

BEGIN, HALF_DAY = datetime(2016, 1, 1, 8, tzinfo=UTC), timedelta(hours=12)
# Uploads in a year, and in ten years.
UPLOADS, LAST = 730, 7_300
# Rows of the list of participating agencies, at first and in the end.
MIN_PARTICIPATING = 100
MAX_PARTICIPATING = 5_000
# Rows of the list of pending agencies.
PENDING_ROWS = 50


@dataclass(kw_only=True)
class Sheets:
    """Both lists as they stand after a number of uploads; `later` holds the agencies that will ask to join."""

    chance: Random = field(default_factory=partial(random.Random, 287))
    number: int = 0
    participating: list[Agreement] = field(default_factory=list)
    pending: list[Agreement] = field(default_factory=list)
    later: list[Agreement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.later = agencies(self.chance)
        self.pending = [self.later.pop() for _ in range(PENDING_ROWS)]
        self._sign(MIN_PARTICIPATING)

    @property
    def at(self) -> datetime:
        """The time of the latest upload."""
        return BEGIN + self.number * HALF_DAY

    def upload(self) -> None:
        """Make the next upload: a few new agencies and links, now and then something removed, renamed or corrected."""
        self.number += 1
        chance, rows = self.chance, self.participating
        due = MIN_PARTICIPATING * (MAX_PARTICIPATING / MIN_PARTICIPATING) ** (self.number / LAST) - len(rows)
        if due > 0 and chance.random() < 0.5:
            self._sign(min(len(self.pending), round(due) + chance.randint(0, 1)))
        if chance.random() < 0.1:
            rows.pop(chance.randrange(len(rows)))
        if chance.random() < 0.3:
            place = chance.randrange(len(rows))
            rows[place] = corrected(rows[place], chance)
        unlinked = [place for place, each in enumerate(rows[-60:], max(len(rows) - 60, 0)) if "/" not in each.moa]
        for place in unlinked[: chance.choice((0, 0, 1, 2, 3))]:
            rows[place] = linked(rows[place])
        if self.number % UPLOADS == 0:
            rows[:] = with_curly_apostrophes(rows)

    def _sign(self, count: int) -> None:
        """Let `count` pending agencies take part, and as many others ask."""
        for _ in range(count):
            signed = self.at.date() - timedelta(days=self.chance.randint(0, 9))
            self.participating.append(replace(self.pending.pop(0), signed=signed))
            self.pending.append(self.later.pop())


def agencies(chance: Random) -> list[Agreement]:
    """Return all sheriffs and the police of all places, each in a model or two, in a shuffled order."""
    found = []
    for code, (state, *_) in STATES.items():
        for entry in gazetteer.all_of(code):
            body = entry.jurisdiction
            county = body.level == "county"
            if not county and (
                body.level != "place" or len(body.fips or "") != 7 or entry.form == gazetteer.STATISTICAL
            ):
                continue
            office = "Sheriff's Office" if county else "Police Department"
            made = partial(
                Agreement, state=state.upper(), agency=f"{body.name} {office}", signed=None,
                type="County" if county else "Municipality", county=body.name if county else "#N/A",
            )  # fmt: skip
            models = list(MODELS.values())
            found += [made(model=model) for model in chance.sample(models, chance.choice((1, 1, 2)))]
    once = {each.order: each for each in found}
    return chance.sample(list(once.values()), len(once))


def corrected(row: Agreement, chance: Random) -> Agreement:
    """Return the row with one field changed."""
    which = chance.random()
    if which < 0.4:
        return replace(row, signed=(row.signed or BEGIN.date()) + timedelta(days=chance.choice((-30, -1, 1, 7))))
    if which < 0.7:
        at = chance.randrange(1, len(row.agency) - 12)
        return replace(row, agency=row.agency[:at] + row.agency[at + 1] + row.agency[at] + row.agency[at + 2 :])
    if which < 0.9:
        return replace(row, agency=row.agency.replace("Sheriff's Office", "Sheriff's Department"))
    return replace(row, moa=row.moa.replace(".pdf", "_amended.pdf"))
