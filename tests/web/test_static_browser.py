"""The static site in a real browser, from a plain file server and from the disk: nothing is asked of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from tests.support.for_everyone import is_for_everyone
from tests.web.test_browser import CHROMIUM, chromium, phone
from tests.web.test_static_site import agreements, copied, files_of, hosted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["agreements", "chromium", "copied", "phone"]

PLACE = "jurisdiction/ocd-division/country:us/state:tx/county:travis"
SHOWN = [
    *("", "about", "amendment/1", "amendment/370", "log", "log/page/1", "log/source/doj-sanctuary", "documents"),
    *("list/doj-sanctuary/states", "map/source/doj-sanctuary", "jurisdiction/ocd-division/country:us/state:ga"),
    *("report/ice-ddor/2017_01-28to02-03", "version/ice-ddor/2017_01-28to02-03/2"),
    "compare/source/ice-ddor/report/2017_01-28to02-03/old/1/new/2",
]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; `apt-get install chromium`"),
]


@pytest.fixture(scope="module")
def site(copied: Path) -> Iterator[str]:
    """The static site, served by a plain file server; its address."""
    with hosted(copied) as root:
        yield root


def page_of(folder: Path, beginning: str) -> str:
    """The first page of those whose paths begin so."""
    return min(name for name in files_of(folder) if name.startswith(beginning) and name.endswith(".html"))


def walked(page: Page, root: str) -> list[str]:
    """Go from the first page by links alone to a picture, a place, a record and the map; what was asked for."""
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: complaints.append(f"{request.failure}: {request.url}"))
    page.goto(root)
    page.get_by_role("link", name="Change log", exact=True).click()
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="ICE Declined Detainer Outcome Report").first.click()
    page.get_by_role("link", name="Entry 1", exact=True).click()
    pictures = page.locator("figure img")
    assert pictures.count() == 2
    for each in pictures.all():
        each.scroll_into_view_if_needed()
        page.wait_for_function("each => each.complete && each.naturalWidth > 300", arg=each.element_handle())
    page.locator("h1 a").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Travis County, Texas"
    page.get_by_role("link", name="Sheriff\u2019s Office Policy on Cooperation with ICE").first.click()
    assert "No entry of the change log is about it" in page.locator("main").inner_text()
    page.get_by_role("link", name="Map", exact=True).click()
    land = page.locator("svg.map .map-land").bounding_box()
    assert land
    assert land["width"] > 300
    page.locator("svg a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/jurisdiction/**")
    page.get_by_role("link", name="monitor", exact=True).click()
    page.wait_for_load_state()  # its style is there by then, which on a busy machine comes after the page
    assert page.evaluate("getComputedStyle(document.querySelector('header.top')).borderBottomStyle") == "solid"
    # What was still on its way when a link was followed, as on a busy machine, was given up by the browser itself.
    assert [each for each in complaints if not each.startswith("net::ERR_ABORTED: ")] == []
    return asked


def test_from_the_first_page_to_the_picture(chromium: Browser, site: str) -> None:
    """On a plain file server, by links alone; no request leaves for anywhere else."""
    with chromium.new_context() as context:
        asked = walked(context.new_page(), site)
    own = urlsplit(site).netloc
    assert len(asked) > 15
    assert [url for url in asked if urlsplit(url).netloc != own] == []


def test_from_the_disk(chromium: Browser, copied: Path) -> None:
    """Opened as a file, without any server, with style and pictures: every request is for a file of the site."""
    root = f"file://{quote(str(copied))}/"
    with chromium.new_context() as context:
        asked = walked(context.new_page(), f"{root}index.html")
    assert [url for url in asked if not url.startswith(root)] == []


def test_without_scripts(chromium: Browser, site: str) -> None:
    """Nothing that is shown needs one."""
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site)
        page.get_by_role("link", name="Change log", exact=True).click()
        page.locator("article.card h2 a").first.click()
        assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.parametrize("path", SHOWN)
def test_nothing_stands_in_anybodys_way(phone: Page, site: str, path: str) -> None:
    """axe-core finds no violation on a phone and in the dark, and nothing is wider than the phone."""
    is_for_everyone(phone, f"{site}{path}")


@pytest.mark.parametrize("beginning", ["document/1/index", "document/", "record/"])
def test_nothing_stands_in_anybodys_way_to_documents(phone: Page, agreements: Path, beginning: str) -> None:
    """Nor on the pages of documents, of two files side by side, and of a record."""
    with hosted(agreements) as root:
        is_for_everyone(phone, root + quote(page_of(agreements, beginning)))
