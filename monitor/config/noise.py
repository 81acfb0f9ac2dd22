"""Leaves out parts of a web page that change without being news: dates of the last update, counters, tokens, clocks.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Stands in a text for what was left out of it.
LEFT_OUT_MARK = "[\u2026]"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*(?:utc|gmt|z|[ecmp][sd]?t)\b)?"
_DATE = (
    rf"{_WEEKDAY}?(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\s+{_MONTH}\s+\d{{4}}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})"
)
_MOMENT = rf"{_DATE}(?:[\s,t]*(?:at\s+)?{_TIME})?"
# What says that a date is that of the page, and not of what the page is about, as in `the rule was last revised on`.
_UPDATED = (
    r"(?:(?:\A|[.|;(\u2022\n])\W*|\b(?:page|site|content|document|date)\s+(?:was\s+)?)"
    r"(?:last\s+(?:page\s+)?(?:updated?|reviewed|modified|revised|changed|edited|refreshed|verified)|generated)"
    r"|\b(?:page|content|date)\s+(?:updated|reviewed|modified|refreshed)"
)
_SEEN = r"(?:views?|viewed|visits?|visited|hits?|read)"
# What is left out wherever it stands in a text.
COMMON_NOISE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:{_UPDATED})\b[\s:\u2013-]*(?:on|at)?[\s:]*(?:{_MOMENT}|{_TIME})",
        rf"\bcurrent (?:date|time)(?: and time)?[\s:]*(?:{_MOMENT}|{_TIME})",
        r"\b(?:page|document)\s+(?:was\s+)?generated\s+in\s+[\d.]+\s*(?:s|ms|seconds?|milliseconds?)\b",
        r"\b(?:about\s+)?(?:\d+|an?|one)\s+(?:second|minute|hour|day|week|month)s?\s+ago\b",
        r"\b(?:csrf|xsrf|session|request|trace|ray|correlation)[\s_-]?(?:id|token)\b[\s:#=]*(?=\S*\d)[\w.:+/=-]{6,}",
        rf"\b(?:this |the )?(?:page|article|item|document)\s+(?:has been |was )?{_SEEN}\b[\s:]*[\d,.]*\d(?:\s+times?)?",
        r"(?:\u00a9|\bcopyright)\s*(?:\u00a9\s*)?\d{4}(?:\s*[-\u2013]\s*\d{4})?",
    )
)
# A whole text that says nothing by itself.
SAYS_NOTHING = re.compile(
    r"\W*(?:(?:read|learn|see|view|show|load)\s+(?:more|all|less)|more|back to top|top|print(?: this page)?"
    r"|share(?: this(?: page)?)?|skip to (?:main )?content|e?mail|tweet|facebook|linkedin|close|menu|search"
    r"|(?:page )?(?:views?|hits?)\W*[\d,.]+|[\d,.]+\s+(?:page )?(?:views?|hits?))\W*",
    re.IGNORECASE,
)
# A heading over the date of a page's last update, and such a date alone.
UPDATED_HEADING = re.compile(rf"\W*(?:{_UPDATED}|updated)(?:\s+(?:on|date))?\W*", re.IGNORECASE)
MOMENT_ALONE = re.compile(rf"\W*{_MOMENT}\W*", re.IGNORECASE)
# A whole text that only says of which day the page, or all that is on it, is: `Updated May 4, 2026, 9:02 am`.
STAMP = re.compile(
    r"\W*(?:(?:this |the )?(?:page|list|table|data|information)?\s*(?:was |were )?(?:updated|revised)"
    r"|(?:(?:this |the |all )?(?:page|list|table|data|information|figures) )?(?:is |are )?(?:current |accurate )?as of)"
    rf"(?: on| at)?[\s:\u2013-]*{_MOMENT}\W*",
    re.IGNORECASE,
)
# A part of an address that tells one visit from another, and not one document from another.
VISIT_IN_ADDRESS = re.compile(
    r";jsessionid=[^?#/]*"
    r"|(?<=[?&])(?:utm_\w+|j?session_?id|phpsessid|sid|csrf\w*|xsrf\w*|token|nocache|cachebust\w*|cb|_|ts|timestamp)"
    r"=[^&#]*(?:&|(?=#)|$)",
    re.IGNORECASE,
)


def without_noise(text: str, ignore: Iterable[re.Pattern[str]] = (), *, heading: str = "") -> str:
    """Return a text of a page in which `LEFT_OUT_MARK` takes the place of each part that changes without being news.

    Return "" if no letter or figure is left, and for texts like `Read more` or `Back to top`.

    - `ignore`: further patterns of such parts, from the configuration.
    - `heading`: the heading above the text.
    """
    if SAYS_NOTHING.fullmatch(text) or UPDATED_HEADING.fullmatch(text) or STAMP.fullmatch(text):
        return ""
    if UPDATED_HEADING.fullmatch(heading) and MOMENT_ALONE.fullmatch(text):
        return ""
    for pattern in (*COMMON_NOISE, *ignore):
        text = pattern.sub(LEFT_OUT_MARK, text)
    words = text.replace(LEFT_OUT_MARK, " ")
    return text if any(map(str.isalnum, words)) else ""


def without_visit(address: str, ignore: Iterable[re.Pattern[str]] = ()) -> str:
    """Return a web address without the parts that change from visit to visit: sessions, tokens, matches of `ignore`."""
    for pattern in (VISIT_IN_ADDRESS, *ignore):
        address = pattern.sub("", address)
    return address.rstrip("?&")
