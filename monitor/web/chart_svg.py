"""Draws charts as SVG: additions as bars upwards, removals as bars downwards, corrections as pins.

A chart is as wide as the page gives it room, and 240 pixels high; so widths are in percent and heights in pixels, and
the letters stay readable. Kinds differ by shape and hatching, not by colour alone. `static/figures.css` says how it
looks.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from monitor.times import MONTHS
from monitor.web.activity import Activity, Unit, grouped, named, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from monitor.web.activity import ActivitySpan

HEIGHT = 240
TOP, BOTTOM = 34, 214  # of the plot, in pixels; above it the kinds, below it the dates
MAX_LINES = 5  # across the plot, but for the axis
MAX_DATES = 8  # below the plot; on a narrow screen every other one
DATE_STEP_MONTHS = {  # the months from one date below the plot to the next
    Unit.WEEK: (1, 2, 3, 6),
    Unit.MONTH: (1, 3, 6, 12, 24),
    Unit.YEAR: (12, 24, 60, 120, 300),
}
DAY_STEPS = (1, 2, 7, 14)
MIN_BAR_PIXELS = 2.0  # pixels of what isn't nothing
MAX_BARS_PERCENT = 8.0  # percent of the width that one unit's bars take


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The scale of a chart.

    `up` and `down` are the largest counts above and below the axis; `step` is the difference between two lines of the
    chart.
    """

    up: int
    down: int
    step: int

    @classmethod
    def of(cls, bars: Sequence[Activity]) -> Scale:
        """Make the scale for a chart with these bars; it has a few lines, at round numbers."""
        up = max(max(bar.added, bar.corrected) for bar in bars)
        down = max(bar.removed for bar in bars)
        steps = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
        step = next(step for step in steps if up // step + down // step <= MAX_LINES)
        return cls(up=up if up + down else 1, down=down, step=step)

    def y(self, count: int) -> float:
        """Return how far below the top of the chart a count lies, in pixels."""
        return round(TOP + (self.up - count) * self.pixels, 1)

    @property
    def lines(self) -> range:
        """The counts at which the chart has a line; those below the axis are negative."""
        return range(-(self.down // self.step) * self.step, self.up + 1, self.step)

    @property
    def pixels(self) -> float:
        """The height of one amendment in pixels."""
        return (BOTTOM - TOP) / (self.up + self.down)


def activity_chart(
    days: Iterable[Activity],
    *,
    heading: str,
    since: date | None = None,
    until: date | None = None,
    key: str = "chart",
) -> Markup:
    """Draw a chart of the amendments from `since` to `until`, by day, week, month or year, as `grouped` decides.

    - `days`: the counts of single days. `heading`: the title.
    - `key`: the beginning of the ids in the SVG; charts on the same page need different keys.

    Long times without amendments are cut out, which the chart shows.
    """
    span = shortened(grouped(days, since=since, until=until))
    key, title = escape(key), escape(heading)
    head = (
        f'<svg class="chart" width="100%" height="{HEIGHT}" role="img" aria-labelledby="{key}-title" '
        f'aria-describedby="{key}-desc"><title id="{key}-title">{title}</title>'
        f'<desc id="{key}-desc">{escape(chart_in_words(span))}</desc>'
    )
    if not span.bars:
        return Markup(  # noqa: S704 - escaped above
            f'{head}<text class="chart-text" x="50%" y="{HEIGHT // 2}" text-anchor="middle">No amendments</text></svg>'
        )
    scale = Scale.of(span.bars)
    parts = (
        _hatch(key),
        *_key(key),
        *_lines(scale),
        *_gaps(span),
        *_bars(span, scale, key),
        *_numbers(scale),
        *_dates(span),
    )
    return Markup(f"{head}{''.join(parts)}</svg>")  # noqa: S704 - made of numbers, and of what was escaped above


def chart_in_words(span: ActivitySpan) -> str:
    """Describe in words what a chart shows."""
    bars = span.bars
    if not bars:
        return "No amendments."
    most = max(bars, key=lambda bar: bar.total)
    first, last = (named(bar.on, Unit.DAY if span.unit is Unit.WEEK else span.unit) for bar in (bars[0], bars[-1]))
    when = f"{first} to {last}, by {span.unit}" if len(bars) > 1 else span.name(bars[0])
    quiet = "".join(f" None from {span.gap_name(gap)}." for gap in span.gaps)
    told = f"{when}: {_counts(_sum(bars))}.{quiet}"
    return f"{told} Busiest: {span.name(most)}, {_counts(most)}." if len(bars) > 1 and most.total else told


def _counts(bar: Activity) -> str:
    return f"{bar.added:,} added, {bar.removed:,} removed, {bar.corrected:,} corrected"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sum(bars: Sequence[Activity]) -> Activity:
    return Activity(
        on=bars[0].on,
        added=sum(bar.added for bar in bars),
        removed=sum(bar.removed for bar in bars),
        corrected=sum(bar.corrected for bar in bars),
    )


def _hatch(key: str) -> str:
    return (
        f'<defs><pattern id="{key}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path class="chart-hatch-under" d="M0 0h5v5H0z"/>'
        f'<path class="chart-hatch-line" d="M2.5 0v5"/></pattern></defs>'
    )


def _key(key: str) -> Iterator[str]:
    """Yield the parts of the legend, which says what each shape means; `key` begins the ids."""
    yield f'<rect class="chart-added" x="0" y="3" width="12" height="12"/>{_text(18, 14, "added")}'
    yield (
        f'<rect class="chart-removed" fill="url(#{key}-hatch)" x="77" y="3" width="12" height="12"/>'
        f"{_text(95, 14, 'removed')}"
    )
    yield (
        f'<path class="chart-pin" d="M173 9v7"/><circle class="chart-corrected" cx="173" cy="7" r="3.5"/>'
        f"{_text(182, 14, 'corrected')}"
    )


def _lines(scale: Scale) -> Iterator[str]:
    """Yield the lines across the chart: the axis, and one at each round number."""
    for count in scale.lines:
        kind = "chart-line" if count else "chart-axis"
        yield f'<line class="{kind}" x1="0" x2="100%" y1="{scale.y(count):g}" y2="{scale.y(count):g}"/>'


def _numbers(scale: Scale) -> Iterator[str]:
    """Yield the numbers at the lines; they are drawn after the bars, so that no bar hides them."""
    return (_text(0, scale.y(count) - 3, f"{abs(count):,}", kind="chart-number") for count in scale.lines if count)


def _bars(span: ActivitySpan, scale: Scale, key: str) -> Iterator[str]:
    """Yield the bars and the pin for each unit of time, with the text that appears under the mouse pointer.

    `key` begins the ids in the SVG.
    """
    reach = 100 / len(span.bars)
    wide = min(reach, MAX_BARS_PERCENT)
    axis = scale.y(0)
    for n, bar in enumerate(span.bars):
        if not bar.total:
            continue
        left, shown = n * reach + (reach - wide) / 2, ""
        for count, kind in ((bar.added, "added"), (bar.removed, "removed")):
            if count:
                high = round(max(count * scale.pixels, MIN_BAR_PIXELS), 1)
                y = axis - high if kind == "added" else axis
                fill = f' fill="url(#{key}-hatch)"' if kind == "removed" else ""
                shown += (
                    f'<rect class="chart-{kind}"{fill} x="{left + wide * 0.1:.2f}%" y="{y:g}" '
                    f'width="{wide * 0.5:.2f}%" height="{high:g}"/>'
                )
        if bar.corrected:
            x, y = f"{left + wide * 0.78:.2f}%", min(scale.y(bar.corrected), axis - MIN_BAR_PIXELS)
            shown += f'<line class="chart-pin" x1="{x}" x2="{x}" y1="{axis:g}" y2="{y:g}"/>'
            shown += f'<circle class="chart-corrected" cx="{x}" cy="{y:g}" r="{3 if len(span.bars) < 60 else 2}"/>'
        yield (
            f'<g class="chart-unit"><title>{_capital(span.name(bar))}: {_counts(bar)}</title>'
            f'<rect class="chart-reach" x="{n * reach:.2f}%" y="{TOP}" width="{reach:.2f}%" height="{BOTTOM - TOP}"/>'
            f"{shown}</g>"
        )


def _gaps(span: ActivitySpan) -> Iterator[str]:
    """Yield the marks where a long time without amendments is cut out, with its name under the mouse pointer."""
    reach = 100 / len(span.bars)
    for gap in span.gaps:
        x = f"{(gap + 0.5) * reach:.2f}%"
        yield (
            f'<g class="chart-gap"><title>No amendments: {span.gap_name(gap)}</title>'
            f'<rect class="chart-quiet" x="{gap * reach:.2f}%" y="{TOP}" width="{reach:.2f}%" '
            f'height="{BOTTOM - TOP}"/><line class="chart-cut" x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM}"/></g>'
        )


def _dates(span: ActivitySpan) -> Iterator[str]:
    """Yield the dates below the chart: single days, or beginnings of months or years."""
    ticks = _ticks(span)
    for n, at in enumerate(ticks):
        x = (at + 0.5) * 100 / len(span.bars)
        anchor = "start" if x < 6 else "end" if x > 94 else "middle"
        rare = " chart-rare" if n % 2 and len(ticks) > MAX_DATES // 2 else ""
        yield f'<line class="chart-tick{rare}" x1="{x:.2f}%" x2="{x:.2f}%" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>'
        yield (
            f'<text class="chart-text{rare}" x="{x:.2f}%" y="{BOTTOM + 18}" text-anchor="{anchor}">'
            f"{_date(span, at, ticks)}</text>"
        )


def _ticks(span: ActivitySpan) -> tuple[int, ...]:
    """Return the positions of the bars that have a date below them; there are only as many as fit."""
    bars = span.bars
    if span.unit is Unit.DAY:
        step = next((step for step in DAY_STEPS if len(bars) <= step * MAX_DATES), DAY_STEPS[-1])
        return tuple(range(0, len(bars), step))
    months = [bar.on.year * 12 + bar.on.month - 1 for bar in bars]
    for step in DATE_STEP_MONTHS[span.unit]:
        found = tuple(
            n
            for n, month in enumerate(months)
            if month % step == 0 and (n == 0 or months[n - 1] != month) and n not in span.gaps
        )
        if len(found) <= MAX_DATES:
            break
    return found or (0,)


def _date(span: ActivitySpan, at: int, ticks: Sequence[int]) -> str:
    on = span.bars[at].on
    month = MONTHS[on.month - 1][:3]
    if span.unit is Unit.DAY:
        return f"{on.day} {month}"
    if all(span.bars[n].on.month == 1 for n in ticks):
        return f"{on.year}"
    return f"{month} {on.year}"


def _text(x: int, y: float, text: str, *, kind: str = "chart-text") -> str:
    return f'<text class="{kind}" x="{x}" y="{y:g}">{text}</text>'
