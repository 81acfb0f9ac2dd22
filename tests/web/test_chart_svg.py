"""The charts: what they say, how long their bars are, and that their colours can be told apart."""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.activity import Activity
from monitor.web.chart_svg import BOTTOM, MAX_DATES, MIN_BAR_PIXELS, TOP, activity_chart
from monitor.web.map_svg import county_map, legend, state_map
from tests.web.test_activity import DAYS

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</desc></svg><script>alert(1)</script>\" onload='alert(2)' & x"
SOME = (
    Activity(on=date(2025, 3, 3), added=40, removed=10),
    Activity(on=date(2025, 3, 5), added=20, corrected=30),
    Activity(on=date(2025, 3, 9), removed=1),
)
BESIDE = {  # which colours have to be told from which
    "paper": (
        "level-1",
        "level-2",
        "level-3",
        "added",
        "removed",
        "corrected",
        "border",
        "mark",
        "focus",
        "ink",
        "faint",
    ),
    "land": ("level-1", "level-2", "level-3", "added", "removed", "corrected", "mark", "focus"),
}


def tree(svg: str) -> ET.Element:
    """An SVG as a browser would read it: well-formed XML."""
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def units(svg: str) -> list[ET.Element]:
    """The groups of each unit that has any amendment."""
    return [each for each in tree(svg).iter(f"{SVG}g") if each.attrib.get("class") == "chart-unit"]


def heights(svg: str, kind: str) -> list[float]:
    """The heights of a kind's bars, in order."""
    return [
        float(each.attrib["height"])
        for unit in units(svg)
        for each in unit.iter(f"{SVG}rect")
        if each.attrib["class"] == f"chart-{kind}"
    ]


def test_a_chart_says_what_it_shows() -> None:
    """A screen reader gets the span, the sums and the busiest day; a pointer each day's counts."""
    root = tree(activity_chart(SOME, heading="Amendments"))
    assert root.attrib["role"] == "img"
    assert root[0].text == "Amendments"
    assert root[1].text == (
        "3 March 2025 to 9 March 2025, by day: 60 added, 11 removed, 30 corrected. "
        "Busiest: 3 March 2025, 40 added, 10 removed, 0 corrected."
    )
    assert [each[0].text for each in units(activity_chart(SOME, heading="x"))] == [
        "3 March 2025: 40 added, 10 removed, 0 corrected",
        "5 March 2025: 20 added, 0 removed, 30 corrected",
        "9 March 2025: 0 added, 1 removed, 0 corrected",
    ]


def test_bars_are_in_proportion_and_on_their_side_of_the_axis() -> None:
    """Twice as many, twice as long: additions end at the axis, removals begin there, corrections stand on it."""
    svg = activity_chart(SOME, heading="x")
    (axis,) = [float(each.attrib["y1"]) for each in tree(svg) if each.attrib.get("class") == "chart-axis"]
    first, second = heights(svg, "added")
    assert first == pytest.approx(2 * second, abs=0.2)
    assert heights(svg, "removed")[0] == pytest.approx(first / 4, abs=0.2)
    for unit in units(svg):
        for each in unit.iter(f"{SVG}rect"):
            top, high = float(each.attrib["y"]), float(each.attrib["height"])
            if each.attrib["class"] == "chart-added":
                assert top + high == pytest.approx(axis)
            if each.attrib["class"] == "chart-removed":
                assert top == axis
    (pin,) = tree(svg).findall(f".//{SVG}g/{SVG}circle")
    assert float(pin.attrib["cy"]) == pytest.approx(axis - first * 30 / 40, abs=0.2)


@given(st.lists(DAYS))
def test_every_count_is_seen_and_within_the_plot(days: list[Activity]) -> None:
    """One removal beside nine hundred additions still has its mark; nothing leaves the picture."""
    svg = activity_chart(days, heading="x")
    for unit in units(svg):
        for each in unit.iter(f"{SVG}rect"):
            left, width = (float(each.attrib[name].removesuffix("%")) for name in ("x", "width"))
            top, high = float(each.attrib["y"]), float(each.attrib["height"])
            assert high >= MIN_BAR_PIXELS
            assert width > 0
            assert -0.01 <= left <= left + width <= 100.02
            assert TOP - MIN_BAR_PIXELS <= top <= top + high <= BOTTOM + MIN_BAR_PIXELS
        shown = {each.attrib.get("class") for each in unit}
        for kind, count in counts(unit):
            assert (f"chart-{kind}" in shown) == (count > 0)


def counts(unit: ET.Element) -> list[tuple[str, int]]:
    """A unit's counts, as its tooltip says them."""
    found = re.findall(r"([\d,]+) (added|removed|corrected)", unit[0].text or "")
    return [(kind, int(count.replace(",", ""))) for count, kind in found]


@given(st.lists(DAYS, min_size=1))
def test_dates_are_few_and_numbers_are_round(days: list[Activity]) -> None:
    """There is room for what stands along the axes."""
    root = tree(activity_chart(days, heading="x"))
    dates = [each for each in root.iter(f"{SVG}text") if "text-anchor" in each.attrib]
    assert 1 <= len(dates) <= MAX_DATES
    assert [float(each.attrib["x"].removesuffix("%")) for each in dates] == sorted(
        float(each.attrib["x"].removesuffix("%")) for each in dates
    )
    numbers = [each for each in root.iter(f"{SVG}text") if each.attrib["class"] == "chart-number"]
    assert len(numbers) <= 5
    assert all(re.fullmatch(r"[1-9]\d?(,?0+)*|[1-9],[05]00(,000)*", (each.text or "")) for each in numbers)
    ys = sorted(float(each.attrib["y"]) for each in numbers)
    assert all(later - earlier >= 12 for earlier, later in pairwise(ys))


@given(st.lists(DAYS).flatmap(lambda days: st.tuples(st.just(days), st.permutations(days))))
def test_the_order_of_days_does_not_matter(both: tuple[list[Activity], list[Activity]]) -> None:
    """However the days come, the chart is the same."""
    assert activity_chart(both[0], heading="x") == activity_chart(both[1], heading="x")


def test_without_amendments_a_chart_says_so() -> None:
    """An empty chart is no blank."""
    root = tree(activity_chart([], heading="x"))
    assert root[1].text == "No amendments."
    assert root[2].text == "No amendments"
    assert units(activity_chart([Activity(on=date(2025, 1, 1))], heading="x")) == []


def test_hostile_text_stays_text() -> None:
    """Whatever a heading or key holds, there are the same elements, and it comes back as text."""
    svg = activity_chart(SOME, heading=HOSTILE, key=HOSTILE)
    assert tree(svg)[0].text == HOSTILE
    assert [each.tag for each in tree(svg).iter()] == [
        each.tag for each in tree(activity_chart(SOME, heading="x")).iter()
    ]


def test_no_style_and_no_script_stand_in_a_chart() -> None:
    """A strict content security policy lets all of it through."""
    for each in tree(activity_chart(SOME, heading="x")).iter():
        assert each.tag.removeprefix(SVG) not in {"style", "script", "foreignObject", "image", "use"}
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]


def test_kinds_differ_by_shape_and_hatching() -> None:
    """Removals are hatched and corrections are pins, so that colour alone never tells."""
    svg = activity_chart(SOME, heading="x", key="k")
    removed = [each for each in tree(svg).iter(f"{SVG}rect") if each.attrib["class"] == "chart-removed"]
    assert {each.attrib["fill"] for each in removed} == {"url(#k-hatch)"}
    assert [each.attrib["id"] for each in tree(svg).iter(f"{SVG}pattern")] == ["k-hatch"]
    assert {each.attrib["class"] for each in tree(svg).iter(f"{SVG}circle")} == {"chart-corrected"}


def test_ten_years_of_days_make_a_small_chart() -> None:
    """A chart has at most a hundred and twenty-odd units, whatever it is made from."""
    days = [
        Activity(on=date(2016, 12, 1) + timedelta(days=n), added=n % 7, removed=n % 5, corrected=1) for n in range(3650)
    ]
    assert len(activity_chart(days, heading="x")) < 80_000


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the style sheet by name: for light, dark and print."""
    text = files("monitor.web").joinpath("static/figures.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    found = [dict(re.findall(r"--figure-([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    """What carries meaning differs from what it stands on by 3:1, text by 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3)."""
    colours = palettes()[scheme]
    assert colours.keys() == palettes()["light"].keys()
    for ground, marks in BESIDE.items():
        for mark in marks:
            least = 4.5 if mark in {"ink", "faint"} else 3
            assert contrast(colours[ground], colours[mark]) >= least, f"{mark} on {ground}"


def test_every_class_that_is_drawn_has_a_look() -> None:
    """No class of a chart or map is without a rule in the style sheet: it would be left black."""
    shades = {"48453": "shade-1", "48001": "shade-removed", "11": "shade-3", "4805000": "shade-listed"}
    texas = state_map("48", shades, titles={}, links={}, heading="x", here="4805000")
    country = county_map(shades, titles={}, links={}, heading="x") + legend({"shade-2": "two lists"})
    drawn = f"{activity_chart(SOME, heading='x')}{country}{texas}"
    text = files("monitor.web").joinpath("static/figures.css").read_text(encoding="utf-8")
    classes = {name for names in re.findall(r'class="([^"]+)"', drawn) for name in names.split()}
    assert classes - set(re.findall(r"\.([a-z][\w-]+)", text)) == {"map-country"}
    assert len(classes) > 25
