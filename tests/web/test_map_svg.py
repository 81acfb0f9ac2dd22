"""The maps: what the atlas holds, what is drawn of it, and that nothing gets into a map but as text."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES, TERRITORIES
from monitor.web import map_svg as maps
from monitor.web import outlines
from monitor.web.assets import packed_asset

SVG = "{http://www.w3.org/2000/svg}"
STATE_CODES = {fips for code, (_, fips) in STATES.items() if code not in TERRITORIES}
COUNTIES = tuple(
    sorted(
        each.jurisdiction.fips or ""
        for code in STATES
        if code not in TERRITORIES
        for each in gazetteer.counties_of(code)
    )
)
PATH = re.compile(r"(M\d+ \d+|m-?\d+( |-)\d+)(l-?\d+[ -]-?\d+([ -]\d+[ -]-?\d+)*)z?")
HOSTILE = "</title></svg><script>alert(1)</script>\" onload='alert(2)' & x"


def tree(svg: str) -> ET.Element:
    """An SVG as a browser would read it: well-formed XML."""
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def country(shades: dict[str, str], **others: dict[str, str]) -> str:
    """The map of the country with some bodies in colour."""
    titles, links = others.get("titles", {}), others.get("links", {})
    return maps.county_map(shades, titles=titles, links=links, heading="What is listed")


def labels(svg: str) -> list[str]:
    """What is coloured, in order, as a screen reader says it."""
    return [each.attrib["aria-label"] for each in tree(svg).iter() if "aria-label" in each.attrib]


def test_every_county_of_the_gazetteer_is_in_the_atlas() -> None:
    """Whatever code a report's place has in the 50 states and the district, both maps can draw it."""
    assert len(COUNTIES) > 3_140
    assert [fips for fips in COUNTIES if not outlines.far().shape(fips)] == []
    assert [fips for fips in COUNTIES if not (frame := outlines.near(fips[:2])) or not frame.shape(fips)] == []
    assert {fips for fips in outlines.far().shapes if len(fips) == 2} == STATE_CODES


def test_the_atlas_has_no_county_that_the_gazetteer_lacks() -> None:
    """What can be drawn has a name; the district's one county goes by the district's."""
    assert {fips for fips in outlines.far().shapes if len(fips) == 5} - {*COUNTIES} == {"11001"}


def test_connecticut_is_drawn_as_it_is_and_as_it_was() -> None:
    """Nine planning regions, the eight counties before them, and the state, each with a shape of its own."""
    frame = outlines.near("09")
    assert frame
    now = {fips for fips in frame.shapes if "09110" <= fips <= "09190"}
    before = {fips for fips in frame.shapes if "09001" <= fips <= "09015"}
    assert (len(now), len(before), len({*frame.shapes.values()})) == (9, 8, 18)


@pytest.mark.parametrize(("renamed", "now"), [("02270", "02158"), ("46113", "46102"), ("11001", "11")])
def test_a_county_that_was_renamed_has_the_shape_of_what_it_is_now(renamed: str, now: str) -> None:
    """An old code is as good as a new one."""
    assert outlines.far().shape(renamed) == outlines.far().shape(now) is not None


@pytest.mark.parametrize("fips", ["48", "48453", "11", "11001", "02270", "09001", "09110", "4805000", "1150000"])
def test_what_is_in_the_fifty_states_is_on_the_map(fips: str) -> None:
    """States, counties old and new, cities: each is coloured, and none is left for the text."""
    assert maps.off_the_map([fips]) == ()
    assert labels(country({fips: "shade-listed"})) == [maps.body_name(fips)]


def test_territories_and_unknown_codes_are_left_for_the_text() -> None:
    """What can't be drawn is told, in order, and isn't drawn."""
    codes = ["78", "72127", "72", "66010", "48999", "4899999", "", "<", "48453"]
    assert maps.off_the_map(codes) == ("66010", "72", "72127", "48999", "4899999", "78", "", "<")
    assert labels(country(dict.fromkeys(codes, "shade-listed"))) == ["Travis County, Texas"]


def test_every_path_is_whole_numbers_within_its_frame() -> None:
    """The package data holds paths and nothing else, and none leaves its map."""
    frames = [outlines.far(), *(frame for fips in STATE_CODES if (frame := outlines.near(fips)))]
    assert len(frames) == 52
    for frame in frames:
        for path in (frame.land, frame.lines, frame.borders, *frame.shapes.values()):
            assert path in {"", "M"} or "".join(each[0] for each in PATH.finditer(path)) == path
        for fips, path in frame.shapes.items():
            points = list(walked(path))
            assert len(points) > 2, fips
            assert all(0 <= x <= frame.width and 0 <= y <= frame.height for x, y in points), fips


def walked(path: str) -> list[tuple[int, int]]:
    """The points of a path."""
    x = y = 0
    start = (0, 0)
    points = []
    for command, numbers in re.findall(r"([Mml z])([^Mmlz]*)", path):
        if command == "z":
            x, y = start
        steps = [int(each) for each in re.findall(r"-?\d+", numbers)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
            start = (x, y) if command in "Mm" else start
    return points


def test_a_city_lies_within_its_county() -> None:
    """The dots fit the outlines, on every projection and turned map: each is inside the box of its county's shape."""
    for city in ("4805000", "3651000", "0203000", "1571550", "5363000", "1714000", "1150000", "0820000"):
        entry = gazetteer.by_code(city)
        assert entry
        county = entry.counties[0] if entry.counties else city[:2]
        near = outlines.near(city[:2])
        assert near
        for frame in (outlines.far(), near):
            path, at = frame.shape(county), frame.point(city)
            assert path
            assert at
            xs, ys = zip(*walked(path), strict=True)
            slack = frame.width / 200  # a point is exact, an outline simplified
            assert min(xs) - slack <= at[0] <= max(xs) + slack, city
            assert min(ys) - slack <= at[1] <= max(ys) + slack, city


def test_what_is_coloured_is_a_link_with_a_name_and_a_tooltip() -> None:
    """A county leads to its page, by pointer, keyboard and screen reader alike."""
    svg = country(
        {"48453": "shade-2"}, titles={"48453": "Travis: section 1"}, links={"48453": "/jurisdiction/48453?a&b"}
    )
    root = tree(svg)
    (link,) = root.iter(f"{SVG}a")
    assert link.attrib == {"href": "/jurisdiction/48453?a&b", "aria-label": "Travis: section 1"}
    assert [each.tag.removeprefix(SVG) for each in link] == ["title", "use"]
    assert link[0].text == "Travis: section 1"
    assert link[1].attrib["class"] == "map-area shade-2"
    assert root.attrib["role"] == "group"
    assert root[0].text == "What is listed"
    assert root[1].text == "Map of the United States. 1 place is coloured."
    assert (root.attrib["aria-labelledby"], root.attrib["aria-describedby"]) == (
        root[0].attrib["id"],
        root[1].attrib["id"],
    )


def test_a_map_without_links_is_a_picture() -> None:
    """With nothing coloured, or nothing to follow, there is no group of links to announce."""
    assert tree(country({})).attrib["role"] == "img"
    assert tree(country({"48453": "shade-1"})).attrib["role"] == "img"


def test_what_is_not_coloured_is_one_element_each_for_land_county_lines_and_borders() -> None:
    """The page stays small: an empty map uses three parts of the file of outlines."""
    root = tree(country({}))
    assert [each.attrib["class"] for each in root.findall(f"{SVG}use")] == ["map-land", "map-lines", "map-borders"]


@pytest.mark.parametrize("name", outlines.file_names())
def test_every_part_that_a_map_names_is_in_its_file(name: str) -> None:
    """The land, the lines, the borders and each body, also under the codes of former counties; ids are not repeated."""
    content = outlines.outline_file(name)
    assert content
    ids = [each.attrib["id"] for each in ET.fromstring(content.decode()).iter(f"{SVG}path")]
    assert len(set(ids)) == len(ids)
    found = outlines.FILE_NAME.fullmatch(name)
    assert found
    frame = outlines.far() if found[1] == outlines.COUNTRY else outlines.near(found[1])
    assert frame
    former = [code for code in outlines.ATLAS_CODES if frame.shape(code)]
    for part in ("land", "lines", "borders", *frame.shapes, *former):
        address, _, mark = frame.address(part).partition("#")
        assert address.partition("?")[0] == f"/static/{name}"
        assert mark in ids


@pytest.mark.parametrize("name", ["outlines-72.svg", "outlines-xx.svg", "outlines-.svg", "../outlines-us.svg", ""])
def test_there_are_no_other_files_of_outlines(name: str) -> None:
    """Neither of a territory nor of anything that is no state."""
    assert outlines.outline_file(name) is None


def test_so_many_places_that_each_state_is_one_link() -> None:
    """Each link is named by its state and the number of its places, and leads to the state; a few more change that."""
    few, many = COUNTIES[: maps.MAX_LINKED_PLACES], (*COUNTIES[: maps.MAX_LINKED_PLACES], "4805000")
    links = {fips: f"/{fips}" for fips in (*COUNTIES, *STATE_CODES)}
    assert labels(country(dict.fromkeys(few, "shade-1"), links=links))[0] == "Autauga County, Alabama"
    svg = country(dict.fromkeys(many, "shade-1"), links=links)
    assert {"Alabama: 67 places", "Texas: 1 place"} <= set(labels(svg))
    assert len(labels(svg)) == len({fips[:2] for fips in many})
    link = next(each for each in tree(svg).iter(f"{SVG}a") if each.attrib["href"] == "/48")
    assert [each.attrib.get("class") for each in link] == [None, "map-reach", "map-area shade-1"]
    assert f"{len(many)} places are coloured" in (tree(svg)[1].text or "")


def test_counties_lie_over_their_state_and_cities_over_all() -> None:
    """In the order of states by name, so that the keyboard goes through them as a reader would."""
    codes = ["4805000", "56", "48453", "48", "01003", "01001", "0107000", "11", "48001"]
    expected = ["01001", "01003", "11", "48", "48001", "48453", "56", "0107000", "4805000"]
    assert labels(country(dict.fromkeys(codes, "shade-1"))) == [maps.body_name(fips) for fips in expected]


@settings(max_examples=20)
@given(st.permutations(["48453", "48", "06", "4805000", "11001", "09001", "09110", "72"]))
def test_order_does_not_matter(codes: list[str]) -> None:
    """The same bodies make the same map."""
    assert country(dict.fromkeys(codes, "shade-1")) == country(dict.fromkeys(sorted(codes), "shade-1"))


def test_hostile_text_stays_text() -> None:
    """Whatever a title, link, class, heading or key holds, the map has the same elements, and gives it back as text."""
    codes = {"48453": HOSTILE, "4805000": "shade-removed"}
    texts = dict.fromkeys(codes, HOSTILE)
    svg = maps.county_map(codes, titles=texts, links=texts, heading=HOSTILE, key=HOSTILE)
    plain = maps.county_map(dict.fromkeys(codes, "shade-removed"), titles=texts, links=texts, heading="x")
    root = tree(svg)
    assert [each.tag for each in root.iter()] == [each.tag for each in tree(plain).iter()]
    assert root[0].text == HOSTILE
    assert labels(svg) == [HOSTILE, HOSTILE]
    assert {each.attrib["href"] for each in root.iter(f"{SVG}a")} == {HOSTILE}
    state = maps.state_map("48", codes, titles=texts, links={}, heading=HOSTILE, here="48453", key=HOSTILE)
    assert state
    assert f"Marked: {HOSTILE}." in (tree(state)[1].text or "")
    assert tree(f"<svg >{maps.legend({HOSTILE: HOSTILE}, key=HOSTILE)}</svg>").find(f".//{SVG}script") is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_title_comes_back(title: str) -> None:
    """A name is neither lost nor changed on its way into the map."""
    svg = maps.state_map("44", {"44007": "shade-1"}, titles={"44007": title or "-"}, links={}, heading=title)
    assert svg
    assert labels(svg) == [title or "-"]


def test_no_style_and_no_script_stand_in_a_map() -> None:
    """A strict content security policy lets all of it through; outlines come from this site."""
    root = tree(country({"48453": "shade-removed", "11": "shade-1"}, links={"11": "/x"}))
    for each in root.iter():
        if each.tag == f"{SVG}use":
            assert each.attrib["href"].startswith("/static/outlines-us.svg?")
        assert each.tag.removeprefix(SVG) not in {"style", "script", "foreignObject", "image"}
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]


def test_the_district_has_a_circle_beside_it_on_the_map_of_the_country() -> None:
    """What is two pixels wide can still be seen and pointed at; on its own map it needs none."""
    assert len(list(tree(country({"11": "shade-1"})).iter(f"{SVG}circle"))) == 1
    own = maps.state_map("11", {"11": "shade-1"}, titles={}, links={}, heading="x")
    assert own
    assert list(tree(own).iter(f"{SVG}circle")) == []


def test_the_map_of_a_state_shows_its_own_alone_and_marks_the_place() -> None:
    """Others' counties are left out; a city is marked by a ring, with the county that it lies in."""
    shades = {"48453": "shade-1", "06001": "shade-1", "48": "shade-1"}
    svg = maps.state_map("48", shades, titles={}, links={}, heading="Austin", here="4805000")
    assert svg
    assert labels(svg) == ["Texas", "Travis County, Texas"]
    marks = [each for each in tree(svg) if each.attrib.get("class") == "map-here"]
    assert [each.tag.removeprefix(SVG) for each in marks] == ["use", "circle"]
    assert tree(svg)[1].text == "Map of Texas. 2 places are coloured. Marked: Austin, Texas."


@pytest.mark.parametrize("state", sorted(STATE_CODES))
def test_every_state_has_a_map(state: str) -> None:
    """Each is well-formed and shows its name."""
    svg = maps.state_map(state, {state: "shade-1"}, titles={}, links={}, heading="x", here=state)
    assert svg
    assert labels(svg) == [maps.NAMES[state]]


def test_a_territory_has_no_map() -> None:
    """The page then has text alone."""
    assert maps.state_map("72", {}, titles={}, links={}, heading="Puerto Rico") is None


def test_the_atlas_is_small() -> None:
    """The outlines weigh under half a megabyte in the package, the country's under 200 KB on the way, a map under 2."""
    assert len(files("monitor.web").joinpath("atlas.json.gz").read_bytes()) < 500_000
    assert len(packed_asset("outlines-us.svg")) < 200_000
    assert len(country({})) < 2_000


def test_every_county_makes_a_map_of_some_kilobytes() -> None:
    """With links and titles as long as a page's own; and as many as have a link each."""
    titles = {fips: f"{maps.body_name(fips)}: participating, pending" for fips in COUNTIES}
    links = {
        fips: f"/jurisdiction/ocd-division/country:us/state:xx/county:{fips}" for fips in (*COUNTIES, *STATE_CODES)
    }
    for some in (COUNTIES, COUNTIES[:: len(COUNTIES) // maps.MAX_LINKED_PLACES + 1]):
        svg = country(dict.fromkeys(some, "shade-listed"), titles=titles, links=links)
        assert len(gzip.compress(svg.encode())) < 20_000
