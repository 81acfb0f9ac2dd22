"""Pass the figures of a benchmark to the table of `make bench`: a line of JSON each, in the file `$BENCH_RESULTS`."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure of monitor's, beside one rival's on the same work in the same run, or beside none."""

    measure: str  # in words, with the amount of work: "CPU for each of 1,000 unchanged sources"
    unit: str  # "ms", "s", "MB", "%"
    ours: float
    rival: str | None = None  # with its version: "urlwatch 2.29"
    theirs: float | None = None  # None beside a rival: it can't do this, or was not measured; the remark says which
    most: float | None = None  # bounds: of ours, in its unit
    least: float | None = None
    most_ratio: float | None = None  # of ours / theirs
    remark: str = ""  # for a fair judgement: a task that the rival did not do, the reason why it was not measured

    @property
    def ratio(self) -> float | None:
        """Our figure over the rival's; None without a rival's."""
        if self.theirs is None:
            return None
        return self.ours / self.theirs if self.theirs else math.inf

    @property
    def held(self) -> bool:
        """Whether our figure is within every bound; a bound on the ratio counts only if there is a ratio."""
        return (
            (self.most is None or self.ours <= self.most)
            and (self.least is None or self.ours >= self.least)
            and (self.most_ratio is None or self.ratio is None or self.ratio <= self.most_ratio)
        )


def tell(figure: Figure) -> bool:
    """Pass a figure to the table, if one is being made, and return whether its bounds held."""
    results = os.environ.get("BENCH_RESULTS")
    if results:
        with Path(results).open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(figure)) + "\n")
    return figure.held


def told(path: Path) -> tuple[Figure, ...]:
    """Return the figures in a file; none if there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(Figure(**json.loads(line)) for line in lines)
