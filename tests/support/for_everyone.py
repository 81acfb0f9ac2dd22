"""Looks at pages in a real browser as axe-core does, on a phone, by day and by night."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PHONE: Any = {"width": 390, "height": 844}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALIKE = 3  # siblings of one kind that are looked at
# What is cut off at the edge of the screen, or at its own, though it does not scroll.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((each) => {
  if (each.closest(".scroll, svg, .unseen, .skip-map:not(:focus), option, datalist")) return false;
  const box = each.getBoundingClientRect();
  return box.width > 1 && (box.right > innerWidth + 1 || each.scrollWidth > each.clientWidth + 1
    && ["hidden", "clip"].includes(getComputedStyle(each).overflowX));
}).map((each) => each.outerHTML.slice(0, 120))"""
# The rows of tables of which so many pixels are blank on the screen, because what fills them is off its edge.
BLANK_ROWS = """most => [...document.querySelectorAll("main tr")].filter((row) => {
  const heights = [...row.cells].filter((cell) => cell.getBoundingClientRect().left < innerWidth).map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return range.getBoundingClientRect().bottom - row.getBoundingClientRect().top;
  });
  return row.getBoundingClientRect().height - Math.max(0, ...heights) > most;
}).map((row) => row.innerText)"""
# Removes siblings that are as others are, and returns how many elements were removed. Axe-core takes seconds for each
# thousand elements. Elements are alike if they have the same tag, the same attributes (of those that style sheets and
# screen readers go by, with the same values), text or none, and if those within them are alike too. The first few of
# each kind stay, and the last child of each element. On a map each place stays: how near they are to each other counts.
LESS = """most => {
  const told = new Set("class role type scope colspan tabindex aria-current aria-hidden lang".split(" "));
  const own = (each) => [...each.attributes].filter(({name}) => name !== "href").map(
    ({name, value}) => told.has(name) ? `${name}=${value}` : `${name}${value ? "" : " is empty"}`).sort().join(" ");
  const has = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) ? "text" : "";
  let removed = 0;
  const kind = (each) => {
    if (each.closest("svg")) return each.outerHTML;
    const counts = new Map();
    const kinds = [...each.children].map((child) => {
      const found = kind(child);
      const count = (counts.get(found) || 0) + 1;
      counts.set(found, count);
      if (count > most && child.nextElementSibling) {
        removed += 1 + child.querySelectorAll("*").length;
        child.remove();
      }
      return count > most ? "" : found;
    });
    return `${each.localName} ${own(each)} ${has(each)} (${kinds.join("")})`;
  };
  kind(document.body);
  return removed;
}"""


@contextmanager
def on_a_phone(chromium: Browser, root: str | None = None) -> Iterator[Page]:
    """Open a page on the screen of a phone; the policy of a site would keep axe-core out, and is not minded."""
    with chromium.new_context(base_url=root, color_scheme="light", viewport=PHONE, bypass_csp=True) as context:
        yield context.new_page()


def is_for_everyone(page: Page, address: str) -> None:
    """Look at an address: nothing is cut off or wider than the phone, no row is blank, and axe-core finds no fault."""
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer
    assert answer.headers["content-type"].startswith("text/html")
    assert page.evaluate(CUT_OFF) == []
    page.eval_on_selector_all("details", "found => found.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(BLANK_ROWS, 200) == []
    page.evaluate(LESS, ALIKE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_no_violation(page, WCAG)
    page.emulate_media(color_scheme="dark")
    assert_no_violation(page, ["color-contrast"])


def assert_no_violation(page: Page, rules: list[str]) -> None:
    """Have axe-core look at a page as it is, by these rules; only faults are told in full, which takes less."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate(f"axe.run({json.dumps(options)}).then(found => [found.violations, found.passes.length])")
    violations, passed = found
    assert passed > 0  # it did look
    assert violations == [], "\n".join(_told(each) for each in violations)


def _told(violation: dict[str, Any]) -> str:
    """What axe-core says of one rule that is broken, and where."""
    places = [re.sub(r"\s+", " ", f"  {node['target']} {node['html']}: {node['failureSummary']}") for node in
              violation["nodes"]]  # fmt: skip
    return "\n".join([f"{violation['id']}: {violation['help']}", *places])
