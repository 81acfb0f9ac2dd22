"""The page on which a description is tried, in a real browser: by hand, without scripts, on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.config.shelf import on_shelf
from tests.support.for_everyone import PHONE, WCAG, assert_no_violation
from tests.support.paths import ROOT
from tests.support.shelf_files import MADE
from tests.web.test_browser import CHROMIUM, chromium
from tests.web.test_trial_page import DESCRIPTION, HOSTILE, NEWER, OLDER, TrialPage, serving_trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["chromium"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; `apt-get install chromium`"),
]


@pytest.fixture
def trial_page(tmp_path: Path) -> Iterator[TrialPage]:
    """The page with the default configuration, and a source from the shelf."""
    config = tmp_path / "config.yaml"
    default = (ROOT / "config.yaml").read_text(encoding="utf-8")
    shelved = on_shelf()["warn-texas"].as_source("warn-texas")
    config.write_text(default.replace("sources:\n", f"sources:\n{shelved}\n", 1), encoding="utf-8")
    with serving_trial(config) as found:
        yield found


@pytest.mark.parametrize("scripts", [False, True])
def test_a_file_is_tried_by_hand(chromium: Browser, trial_page: TrialPage, tmp_path: Path, *, scripts: bool) -> None:
    """A source is chosen, two files are given, and the page shows what they hold; on a phone nothing is too wide."""
    context = chromium.new_context(java_script_enabled=scripts, viewport=PHONE, color_scheme="dark")
    page = context.new_page()
    page.goto(trial_page.address)
    page.get_by_label("Source", exact=True).select_option("warn-texas")
    made = MADE["warn-texas"]
    for label, folder, content in (("A file", "1", made.older), ("A later version of it", "2", made.newer)):
        path = tmp_path / folder / made.file
        path.parent.mkdir()
        path.write_bytes(content)
        page.get_by_label(label, exact=True).set_input_files(path)
    page.get_by_role("button", name="Try it").click()
    assert page.get_by_role("heading", level=1).inner_text() == "What warn-texas reads"
    shown = page.locator("main").inner_text()
    assert "notices: 2 records" in shown
    assert "Travis County, TX" in shown
    assert "1 amendment would be told" in shown
    if scripts:
        look(page)
    context.close()


def look(page: Page) -> None:
    """axe-core finds no violation, and nothing is wider than the screen."""
    assert_no_violation(page, WCAG)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def test_a_description_is_mended_until_it_reads(chromium: Browser, trial_page: TrialPage, tmp_path: Path) -> None:
    """A fault is named with its place, the text stays in the field, and what is mended there is read."""
    page = chromium.new_page(viewport=PHONE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(trial_page.address)
    look(page)
    page.get_by_label("Or a description").fill(DESCRIPTION.replace("kind: rolling", "kind: rollin"))
    page.get_by_role("button", name="Try it").click()
    assert "banks.reports.failed.kind" in page.locator("main").inner_text()
    look(page)
    field = page.get_by_label("Or a description")
    field.fill(field.input_value().replace("rollin", "rolling"))
    paths = [tmp_path / f"banks-{number}.csv" for number in (1, 2)]
    hostile = OLDER.replace("Second Bank", HOSTILE.replace('"', ""))
    for path, label, text in zip(paths, ("A file", "A later version of it"), (hostile, NEWER), strict=True):
        path.write_text(text, encoding="utf-8")
        page.get_by_label(label, exact=True).set_input_files(path)
    page.get_by_role("button", name="Try it").click()
    shown = page.locator("main").inner_text()
    assert "failed: 3 records" in shown
    assert "<script>alert(1)</script>" in shown
    assert page.locator("main script, main img").count() == 0
    look(page)
    assert complaints == []
    page.close()
