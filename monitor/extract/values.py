"""What a cell says: blanks, dates and links, the same in every format."""

from __future__ import annotations

import codecs
import re
import unicodedata
from base64 import urlsafe_b64decode
from datetime import date, datetime
from urllib.parse import parse_qs, unquote, urlsplit

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
ISO_DATE_OR_TIME = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ][\d:.]+Z?)?")
SLASHED_DATE = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?: \d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?)?")
WORDED_DATE = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
MONTH_WORDS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
BULLET_MARK = re.compile(
    r"^\s*(?:[\u2022\u2023\u25aa\u25ab\u25cf\u25cb\u25e6\u2043\u2219\u00b7\uf0b7\uf0a7]|[-\u2013*o](?=\s))\s*"
)
LINK_WRAPPERS = {
    "safelinks.protection.outlook.com": "url",
    "urldefense.com": "",
    "urldefense.us": "",
    "urldefense.proofpoint.com": "u",
}


def trimmed(text: str) -> str:
    """The text without blanks around it (no-break ones too), invisible marks and control codes; inner blanks stay."""
    if text.isprintable():
        return text.strip()
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cf", "Cc"}).strip()


def folded(text: str) -> str:
    """The text on one line: every run of blanks is one space."""
    return " ".join(trimmed(text).split())


def as_date(value: str | date | datetime) -> str:
    """A date as `YYYY-MM-DD`, months first as Americans write them; what can't be read stays as printed."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = folded(value)
    if found := ISO_DATE_OR_TIME.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := SLASHED_DATE.fullmatch(text):
        month, day, year = (int(part) for part in found.groups())
        year += 2000 if len(found[3]) == 2 else 0
    elif (found := WORDED_DATE.fullmatch(text)) and (month := _month(found[1])):
        day, year = int(found[2]), int(found[3])
    else:
        return text
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def _month(word: str) -> int:
    """The number of a month by its name or the beginning of it, at least three letters; 0 for another word."""
    return next((number for number, name in enumerate(MONTH_WORDS, 1) if name.startswith(word.lower())), 0)


def unwrapped(link: str) -> str:
    """The address that a link leads to, with the wrappers of mail filters (Outlook, Proofpoint) taken off."""
    link = link.strip()
    for _ in range(3):
        inner = _inside(link) if any(wrapper in link.lower() for wrapper in LINK_WRAPPERS) else None
        if not inner:
            break
        link = inner.strip()
    return link


def _inside(link: str) -> str | None:
    """The address in a wrapped link; None for one that is not wrapped, or is no proper address."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    key = next((key for wrapper, key in LINK_WRAPPERS.items() if host == wrapper or host.endswith("." + wrapper)), None)
    if key == "":
        return _defended(link)
    value = parse_qs(parts.query).get(key, [None])[0] if key else None
    if value and key == "u":  # Proofpoint v2 writes %xx as -xx and / as _
        value = unquote(re.sub(r"-([0-9A-Fa-f]{2})", r"%\1", value.replace("_", "/")))
    return value


def _defended(link: str) -> str | None:
    """The address in `urldefense.com/v3/__ADDRESS__;MARKS!!...`: each * in it stands for the next of the marks."""
    found = re.search(r"/v3/__(.+?)__;([\w-]*)", link)
    if not found:
        return None
    try:
        marks = urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4)).decode()
    except ValueError:
        return found[1]
    if found[1].count("*") != len(marks):
        return found[1]
    rest = iter(marks)
    return re.sub(r"\*", lambda _: next(rest), found[1])


def bullets(text: str) -> str:
    """The points of a bulleted cell, one a line, without their marks."""
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
