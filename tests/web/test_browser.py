"""The pages in a real browser: from the first page to the picture, by hand and by keyboard, for everyone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from lxml import etree
from playwright.sync_api import sync_playwright

from tests.support.for_everyone import ALIKE, CUT_OFF, LESS, WCAG, assert_no_violation, is_for_everyone, on_a_phone
from tests.web.conftest import serving_of
from tests.web.test_documents import PAPER_PAGES, address
from tests.web.test_pages import PAGES, TRAVIS
from tools.synthetic_log import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Served

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STATE = "/jurisdiction/ocd-division/country:us/state"
SAME = {  # pages that are made as others are, only longer: axe-core takes seconds for each thousand elements
    "/list/ice-287g/participating", "/list/ice-ddor/section-3?at=2017-04-01",
    "/map?source=dhs-sanctuary&at=2025-05-31", "/find?q=Travsi+County",
    TRAVIS, "/list/dhs-sanctuary/cities", "/map", "/find?q=Washington",
}  # fmt: skip
SHORT = (  # and shorter ones
    f"{STATE}:sc/county:kershaw", f"{STATE}:ga", "/list/dhs-sanctuary/states", "/map?source=doj-sanctuary",
    "/find?q=Clay+County", "/find?q=Washington+County",
)  # fmt: skip
LOOKED_AT = [
    *(path for path in PAGES if path not in SAME), *SHORT, "/list/doj-sanctuary/states?at=2025-09-01", "/log?q=zzz",
]  # fmt: skip

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; `apt-get install chromium`"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser, without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[Page]:
    """A phone, on which one page is looked at after the other."""
    with on_a_phone(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def texan(chromium: Browser, served: Served) -> Iterator[Page]:
    """A window in Texas."""
    with chromium.new_context(base_url=served.address, timezone_id="America/Chicago", locale="en-US") as context:
        yield context.new_page()


@pytest.fixture
def page(texan: Page, served: Served) -> Iterator[Page]:
    """That window, new; afterwards it has asked nobody but our server, and nothing was blocked or broken."""
    texan.goto("about:blank")
    texan.set_viewport_size({"width": 1280, "height": 720})
    asked: list[str] = []
    complaints: list[str] = []
    listening: dict[Any, Callable[[Any], None]] = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: complaints.append(message.text) if message.type == "error" else None,
        "pageerror": lambda fault: complaints.append(str(fault)),
    }
    for event, listener in listening.items():
        texan.on(event, listener)
    yield texan
    for event, listener in listening.items():
        texan.remove_listener(event, listener)
    own = urlsplit(served.address).netloc
    assert asked
    assert [url for url in asked if urlsplit(url).netloc != own] == []
    assert complaints == []


def test_from_the_first_page_to_the_picture(page: Page) -> None:
    """Look a county up, see that it is listed, open an amendment, see both pictures: by links alone."""
    page.goto("/")
    page.get_by_label("Is a place listed?").fill("Travis County, Texas")
    page.get_by_role("button", name="Look it up").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Travis County, Texas"
    assert "named in 175 rows of 3 reports" in page.locator(".standings").inner_text()
    page.get_by_role("link", name="Entry 1", exact=True).click()
    pictures = page.locator("figure img")
    pictures.nth(1).wait_for(state="attached")
    page.wait_for_load_state()
    assert pictures.count() == 2
    for each in pictures.all():
        each.scroll_into_view_if_needed()
        page.wait_for_function("each => each.complete && each.naturalWidth > 300", arg=each.element_handle())
    assert page.locator("del").first.inner_text().strip() == "State"
    assert page.url in page.locator("#citation").inner_text()


def test_was_it_listed_on_that_day_in_three_clicks(page: Page) -> None:
    """A record that never changed: looked up, asked for a day, and shown with its picture and how to cite it."""
    page.goto("/")
    page.get_by_label("Is a place listed?").fill("Travis County, Texas")
    page.get_by_role("button", name="Look it up").click()
    page.get_by_label("On this day").fill("2017-03-22")
    page.get_by_role("button", name="Show").click()
    assert "listed on 22 March 2017, since 20 March 2017" in page.locator(".standings").inner_text()
    page.get_by_role("link", name="Sheriff\u2019s Office Policy on Cooperation with ICE").first.click()
    page.get_by_label("On this day").wait_for()
    picture = page.locator("figure img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("each => each.complete && each.naturalWidth > 300", arg=picture.element_handle())
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "No entry of the change log is about it" in page.locator("main").inner_text()
    assert page.url.partition("?")[0] in page.locator("#citation").inner_text()


@pytest.mark.parametrize(
    ("label", "value", "address"),
    [
        ("Words", "escambia", "q=escambia"),
        ("Jurisdiction", "Travis County, Texas", "jurisdiction=Travis+County%2C+Texas"),
        ("Source", "doj-sanctuary", "source=doj-sanctuary"),
        ("List", "section-3", "list=section-3"),
        ("State", "TX", "state=TX"),
        ("From", "2025-09-01", "since=2025-09-01"),
        ("Before", "2017-04-01", "until=2017-04-01"),
        ("removed", None, "kind=removed"),
    ],
)
def test_each_filter_by_its_label(page: Page, label: str, value: str | None, address: str) -> None:
    """It goes into the address, alone, and only what it lets through is shown; another look keeps it."""
    page.goto("/log")
    field = page.get_by_label(label, exact=True)
    if value is None:
        field.check()
    elif field.evaluate("each => each.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**/log?{address}")
    assert page.locator("article.card").count() > 0
    assert page.get_by_label(label, exact=True).is_checked() if value is None else True
    page.get_by_role("link", name="Clear all").click()
    page.wait_for_url("**/log")


def test_the_slider_of_a_list_goes_to_a_version_by_keyboard(page: Page) -> None:
    """Its label follows, and the list is shown as it stood, with what changed since."""
    page.goto("/list/ice-287g/participating")
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator("label[for=stop]").inner_text() == "As first seen 2025-03-17, version 1"
    page.get_by_role("button", name="Go there").press("Enter")
    page.wait_for_url("**?stop=1")
    assert page.get_by_role("heading", name="What changed since").is_visible()
    assert "2025-03-17 20:00 UTC" in page.get_by_role("heading", level=1).inner_text()


def test_the_map_is_walked_by_keyboard(page: Page) -> None:
    """Tab leads past the map or from place to place, each with its name, and Enter to its page."""
    page.goto("/map?source=doj-sanctuary")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Past the map, to the table"
    assert page.locator("a.skip-map").evaluate("each => each.offsetHeight") > 24  # it is seen while it has the focus
    page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert ": " in name
    page.keyboard.press("Enter")
    page.wait_for_url("**/jurisdiction/**")
    assert page.get_by_role("heading", level=1).inner_text() == name.partition(":")[0]


@pytest.mark.parametrize("path", ["/", "/map"])
def test_the_keyboard_passes_a_map_by_one_link(page: Page, path: str) -> None:
    """The next stop is behind the map, and the map is drawn: its outlines come from a file of this site."""
    page.goto(path)
    page.wait_for_function("document.querySelector('.map use.map-area').getBBox().width > 0")
    page.locator("a.skip-map").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('svg')") is None
    assert page.evaluate("!!(document.querySelector('svg.map').compareDocumentPosition(document.activeElement) & 4)")


def test_a_list_is_searched_by_keyboard(page: Page) -> None:
    """Words and Enter; only records with them are left, and the words stay in the field."""
    page.goto("/list/ice-287g/participating")
    page.get_by_label("Find in this list").fill("bee county")
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=bee+county")
    assert page.get_by_label("Find in this list").input_value() == "bee county"
    assert 0 < page.locator("table.records tbody tr").count() < 10


def test_a_name_of_several_places_leads_on_by_keyboard(page: Page) -> None:
    """From the filters to the choice, and from there to the entries of one place."""
    page.goto("/log")
    page.get_by_label("Jurisdiction").fill("Washington")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Which one?").wait_for()
    page.get_by_role("link", name="Washington County, Utah").press("Enter")
    page.wait_for_url("**/log?jurisdiction=ocd-division*")
    assert page.get_by_role("heading", level=1).inner_text() == "Change log"


@pytest.mark.parametrize("path", sorted(SAME))
def test_nothing_is_cut_off_on_a_phone(phone: Page, served: Served, path: str) -> None:
    """Pills, badges, buttons and cards end within the screen; only tables that scroll go beyond it.

    The other pages are looked at for that too, when it is seen that they are for everyone.
    """
    phone.goto(served.address + path)
    assert phone.evaluate(CUT_OFF) == []


def test_times_are_told_in_the_readers_zone_beside_utc(page: Page) -> None:
    """In Texas, 19:00 UTC of that day is two in the afternoon."""
    page.goto("/amendment/1")
    assert "2017-03-20 19:00 UTC (Mon, Mar 20, 2:00 PM CDT)" in page.locator("main .facts").first.inner_text()


def test_the_keyboard_skips_to_the_content(page: Page) -> None:
    """The first stop of every page."""
    page.goto("/log")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_pages_work_without_scripts(chromium: Browser, served: Served) -> None:
    """Filters, slider and links are HTML alone."""
    context = chromium.new_context(base_url=served.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/list/doj-sanctuary/states")
    page.get_by_label("At the end of the day").fill("2025-09-01")
    page.get_by_role("button", name="Show").click()
    assert "13 records" in page.locator(".lead").inner_text()
    page.get_by_role("button", name="Go there").click()
    assert "stop=" in page.url
    context.close()


def shapes(served: Served, path: str) -> set[tuple[str, ...]]:
    """The elements of a page by what style sheets and screen readers go by: tag, class, role, and what is around."""
    found = etree.HTML(served.get(path).text).iter(etree.Element)
    own = [(each.getparent(), (each.tag, each.get("class", ""), each.get("role", ""))) for each in found]
    return {(*here, *((around.tag, around.get("class", "")) if around is not None else ())) for around, here in own}


def test_no_kind_of_element_is_left_out(served: Served) -> None:
    """Whatever stands on any page stands on one of those that axe-core looks at."""
    seen = set().union(*(shapes(served, path) for path in LOOKED_AT))
    for path in PAGES:
        assert shapes(served, path) - seen == set(), path


@pytest.mark.parametrize("path", [*LOOKED_AT, "/nowhere", "/log?kind=foo", "/log?jurisdiction=Clay+County"])
def test_nothing_stands_in_anybodys_way(phone: Page, served: Served, path: str) -> None:
    """Neither on the pages of the demo nor on those that say that something is wrong."""
    is_for_everyone(phone, served.address + path)


@pytest.mark.parametrize("path", [path for path in PAPER_PAGES if path not in {"/", "/doubts"}])
def test_nothing_stands_in_anybodys_way_to_the_documents(phone: Page, papers: Served, path: str) -> None:
    """Nor on the pages about documents."""
    is_for_everyone(phone, papers.address + address(papers, path))


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Lists with so many places that the map leads to states."""
    folder = tmp_path_factory.mktemp("crowded") / "state"
    make(folder, 1_000)
    with serving_of(folder) as found:
        yield found


def test_nothing_stands_in_anybodys_way_to_a_crowded_map(phone: Page, chromium: Browser, crowded: Served) -> None:
    """Neither on the map nor in its table, which counts the places of each state; both lead to the same states."""
    is_for_everyone(phone, f"{crowded.address}/map")
    with chromium.new_context(base_url=crowded.address) as context:
        page = context.new_page()
        page.goto("/map")
        assert page.locator(".map a").count() < 60
        names = page.eval_on_selector_all(".map a", "links => links.map(link => link.getAttribute('aria-label'))")
        rows = page.eval_on_selector_all(".counts tbody tr", "rows => rows.map(row => row.innerText.split('\\t'))")
        counts = {name: int(listed) + int(not_known) for name, listed, not_known in rows}
        for name in names:
            state, _, places = name.partition(": ")
            assert 0 < int(places.partition(" ")[0].replace(",", "")) <= counts[state]
        page.get_by_label("Texas:").press("Enter")
        page.wait_for_url("**/jurisdiction/**")
        assert page.get_by_role("heading", level=1).inner_text() == "Texas"


def test_two_files_are_compared_by_keyboard(chromium: Browser, papers: Served) -> None:
    """From the search to the comparison, and its pictures are drawn when they come into sight."""
    context = chromium.new_context(base_url=papers.address)
    page = context.new_page()
    page.goto("/documents")
    page.get_by_label("Words in them").fill('"bear all costs"')
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents?q=*")
    page.get_by_role("link", name="Bee.pdf", exact=True).press("Enter")
    page.wait_for_url("**/document/*")
    page.get_by_role("link", name="Compare with file 1").press("Enter")
    page.wait_for_url("**/compare?old=1&new=2")
    for picture in page.locator("figure img").all()[:2]:
        picture.scroll_into_view_if_needed()
        page.wait_for_function("each => each.complete && each.naturalWidth > 300", arg=picture.element_handle())
    assert page.locator("ins").first.inner_text().startswith("The agency shall bear all costs")
    context.close()


def test_what_differs_is_looked_at_and_what_is_in_the_way_is_found(chromium: Browser) -> None:
    """Of elements that are alike some are left, and each that is not; a colour that is lost in the dark is told."""
    style = "@media (prefers-color-scheme: dark) { body { background: #000; color: #fff } .dim { color: #222 } }"
    rows = ["<p>Bay Camp</p>"] * 9 + ["<p class=dim>Clay Camp</p>"] + ["<p>Bay Camp</p>"] * 9
    document = f"<!DOCTYPE html><html lang=en><title>Camps</title><style>{style}</style><main><h1>Camps</h1>"
    with on_a_phone(chromium) as page:
        page.set_content(f"{document}{''.join(rows)}</main></html>")
        assert page.evaluate(LESS, ALIKE) == len(rows) - ALIKE - len(("the one that differs", "the last one"))
        assert page.locator("p.dim").count() == 1
        assert_no_violation(page, WCAG)
        page.emulate_media(color_scheme="dark")
        with pytest.raises(AssertionError, match="Clay Camp"):
            assert_no_violation(page, ["color-contrast"])


def test_what_a_publisher_writes_is_never_code(page: Page) -> None:
    """A search for a script shows it as text: no element comes of it."""
    page.goto("/log?q=%3Cscript%3Ealert(1)%3C/script%3E&source=%22%3E%3Cimg%20src%3Dx%3E")
    assert page.get_by_label("Words").input_value() == "<script>alert(1)</script>"
    assert page.locator("main script, main img").count() == 0


def test_the_place_of_the_demo_is_there(served: Served) -> None:
    """What the tests above go by."""
    assert served.get(TRAVIS).status_code == 200
