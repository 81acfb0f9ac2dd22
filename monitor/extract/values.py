"""Turns the text of a cell into a value (text, date, link, list with bullets), in the same way for every format."""

from __future__ import annotations

import codecs
import re
import unicodedata
from base64 import urlsafe_b64decode
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

# The first bytes of a text, with the encoding that they announce.
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# A date like `2025-06-12`.
PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# A time of day after a date, with or without a zone.
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|GMT|E[SD]T|[+-]\d\d:?\d\d))?)?"
# A date like `2025-06-12`, `2025/6/12` or `2025.06.12`, perhaps with a time after it.
ISO_DATE_OR_TIME = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME)
# A date like `20250612`.
SOLID_DATE = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
# A date like `6/12/2025`, `06-12-25` or `6.12.2025`, perhaps with a time after it.
SLASHED_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
# The name of a day before a date.
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,? )?"
# A date like `June 12, 2025`, `Jun. 12th 2025` or `Thursday, June 12, 2025`.
WORDED_DATE = re.compile(
    _WEEKDAY + r"([A-Za-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})" + _TIME, re.IGNORECASE
)
# A date like `12 June 2025`, `12-Jun-25` or `12th of June, 2025`.
DAY_FIRST_DATE = re.compile(
    _WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})" + _TIME, re.IGNORECASE
)
MONTHS_A_YEAR = 12
# The beginning of a date whose first figure is no month.
DAY_BEFORE_MONTH = re.compile(r"\s*(?:1[3-9]|[23]\d)[-/.]\d")
# A column has the day first if this many of its dates, and this share of them, can't be read with the month first.
MIN_DAY_FIRST = 2
MIN_DAY_FIRST_SHARE = 0.25
# The names of the months in small letters, in order.
MONTH_WORDS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MAX_DATE_LETTERS = 50  # a longer text is hardly a date, and many of them would fill the memory
# Characters that break a line or a page, but for the line end itself.
OTHER_BREAKS = {ord(each): " " for each in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"}
# The same as a workbook writes what XML can't hold.
ESCAPED_BREAK = re.compile(r"_x00(?:0[BCD]|1[CDE]|85)_")
# A bullet at the start of a line; a dash, asterisk or `o` only with a blank after it.
BULLET_MARK = re.compile(
    r"^\s*(?:[\u2022\u2023\u25aa\u25ab\u25cf\u25cb\u25e6\u2043\u2219\u00b7\uf0b7\uf0a7]|[-\u2013*o](?=\s))\s*"
)
# Raised digits, which refer to footnotes.
RAISED_MARKS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
# Hosts of mail filters, and a page of Google that leads on, each with the parameter that holds the wrapped address; ""
# where it is part of the path.
LINK_WRAPPERS = {
    "safelinks.protection.outlook.com": "url",
    "urldefense.com": "",
    "urldefense.us": "",
    "urldefense.proofpoint.com": "u",
    "linkprotect.cudasvc.com": "a",
    "protect.fireeye.com": "u",
    "protect2.fireeye.com": "u",
    "www.google.com/url": "q",
}


def trimmed(text: str) -> str:
    """Return a text without invisible marks and control codes, and without blanks at its ends.

    Blanks inside it stay, and so do line ends. Other characters that break a line or page, also as workbooks write them
    (`_x000B_`), become blanks.
    """
    if "_x00" in text:
        text = ESCAPED_BREAK.sub(" ", text)
    if text.isprintable():
        return text.strip()
    text = text.translate(OTHER_BREAKS)
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cf", "Cc"}).strip()


def folded(text: str) -> str:
    """Return a text on one line, with each run of blanks and line ends as one blank."""
    return " ".join(trimmed(text).split())


def as_date(value: str | date | datetime, *, day_first: bool = False) -> str:
    """Return a date as `YYYY-MM-DD`; a text that is no date is returned on one line.

    A date in figures is read with the month first, as Americans write it: `6/12/2025` is 12 June 2025. With
    `day_first`, it is 6 December.
    """
    if isinstance(value, date):
        return value.isoformat()[:10]
    written = _as_date if len(value) <= MAX_DATE_LETTERS else _as_date.__wrapped__
    return written(value, day_first=day_first)


@lru_cache(10_000)  # a list has the same day in many rows
def _as_date(value: str, *, day_first: bool) -> str:
    printed = folded(value)
    text = printed.rstrip(RAISED_MARKS)
    if match := ISO_DATE_OR_TIME.fullmatch(text):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif match := SOLID_DATE.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := SLASHED_DATE.fullmatch(text):
        month, day, year = int(match[1]), int(match[3]), _year(match[4])
        month, day = (day, month) if day_first else (month, day)
    elif (match := WORDED_DATE.fullmatch(text)) and (month := _month(match[1])):
        day, year = int(match[2]), int(match[3])
    elif (match := DAY_FIRST_DATE.fullmatch(text)) and (month := _month(match[2])):
        day, year = int(match[1]), _year(match[3])
    else:
        return printed
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return printed


def is_day_first(values: Iterable[str]) -> bool:
    """Return whether the dates of a column have the day before the month.

    That is so if many of them can't be read with the month first, and all can be read with the day first.
    """
    values = list(values)
    if not any(map(DAY_BEFORE_MONTH.match, values)):
        return False
    matches = [match for value in values if (match := SLASHED_DATE.fullmatch(folded(value)))]
    pairs = [(int(match[1]), int(match[3])) for match in matches]
    other_way = sum(first > MONTHS_A_YEAR and 0 < second <= MONTHS_A_YEAR for first, second in pairs)
    if other_way < MIN_DAY_FIRST or other_way < MIN_DAY_FIRST_SHARE * len(pairs):
        return False
    return all(second <= MONTHS_A_YEAR for _, second in pairs)


def is_plain_date(value: str) -> bool:
    """Return whether a value is a date in the form that `as_date` returns: `YYYY-MM-DD`."""
    return PLAIN_DATE.fullmatch(value) is not None


def _year(digits: str) -> int:
    """Return a year as a number; a year of two digits is one of this century."""
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _month(word: str) -> int:
    """Return the number of a month from its English name or the beginning of it; 0 for any other word."""
    return next((number for number, name in enumerate(MONTH_WORDS, 1) if name.startswith(word.lower())), 0)


def unwrapped(link: str) -> str:
    """Return the address that a link leads to, without the wrappers of mail filters and of Google.

    Such a filter replaces a link in a mail by an address of its own, which has the real address packed inside.
    """
    link = link.strip()
    for _ in range(3):
        inner = _inside(link) if any(map(link.lower().__contains__, LINK_WRAPPERS)) else None
        if not inner:
            break
        link = inner.strip()
    return link


def _inside(link: str) -> str | None:
    """Return the address that is packed inside the address of a mail filter.

    Return None if `link` is not of a known mail filter, or if it is no proper address.
    """
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    places = (host, host + parts.path)
    key = next(
        (key for wrapper, key in LINK_WRAPPERS.items() if wrapper in places or host.endswith("." + wrapper)), None
    )
    if key == "":
        return _defended(link)
    value = parse_qs(parts.query).get(key, [None])[0] if key else None
    if value and host.endswith("proofpoint.com"):  # Proofpoint v2 writes %xx as -xx and / as _
        value = unquote(re.sub(r"-([0-9A-Fa-f]{2})", r"%\1", value.replace("_", "/")))
    return value


def _defended(link: str) -> str | None:
    """Return the address inside a link of a mail filter, of the form `urldefense.com/v3/__ADDRESS__;MARKS!!...`.

    In the address, each `*` stands for one of the marks, in their order. Return None for a link of another form.
    """
    match = re.search(r"/v3/__(.+?)__;([\w-]*)", link)
    if not match:
        return None
    try:
        marks = urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4)).decode()
    except ValueError:
        return match[1]
    if match[1].count("*") != len(marks):
        return match[1]
    rest = iter(marks)
    return re.sub(r"\*", lambda _: next(rest), match[1])


def bullets(text: str) -> str:
    """Return the points of a cell with bullets, one on each line and without the bullets.

    A text without bullets is returned on one line.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not any(BULLET_MARK.match(line) for line in lines):
        return folded(text)
    points: list[str] = []
    for line in lines:
        if BULLET_MARK.match(line) or not points:
            points.append(folded(BULLET_MARK.sub("", line)))
        else:
            points[-1] = f"{points[-1]} {folded(line)}"
    return "\n".join(point for point in points if point)
