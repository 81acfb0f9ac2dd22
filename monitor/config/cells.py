"""Reads the numbers and dates in the cells of a column, in the forms that the configuration gives, and never guesses.

A text that could mean two numbers or two dates is read as neither; it is kept as a text.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from monitor.times import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A longer text is no number.
MAX_FIGURE_CHARACTERS = 40
# A greater number of a spreadsheet, or one that is nearer to 0, is no figure that somebody publishes.
MAX_EXPONENT = 20
# A spreadsheet computes with this many digits; what stands behind them is noise.
SURE_DIGITS = 15
# A number with fewer decimals than this is no result of such a computation: each of its digits counts.
MIN_NOISY_DECIMALS = 6
# Two results of a computation are the same if they differ by no more than this share.
MAX_NOISE = Decimal("1e-13")
# Digits in groups of three after commas or blanks, or without groups; then the decimals.
_DIGITS = r"(?P<whole>[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+|\d+)?(?P<decimals>\.\d+)?"
# A number as Americans write it: a minus, or parentheses for one below zero; a dollar sign; a percent sign.
WRITTEN_NUMBER = re.compile(
    rf"(?P<sign>[-+(])? ?(?:\$ *(?P<late>[-+(])?)? ?{_DIGITS} ?(?P<percent>%)? ?(?P<close>\))?", re.ASCII
)
# Blanks that do not break a line, and the minus of mathematics.
OTHER_SIGNS = {ord(each): " " for each in "\u00a0\u2007\u2009\u202f"} | {0x2212: "-"}
# A number that can only be written in the European way: `1.234,56`, `1.234.567`; or that probably is: `12,5`, `0,125`.
SURELY_EUROPEAN = re.compile(r"\D*\d{1,3}(?:\.\d{3})+,\d+\D*|\D*\d{1,3}(?:\.\d{3}){2,}\D*", re.ASCII)
PROBABLY_EUROPEAN = re.compile(r"\D*\d+,(?:\d{1,2}|\d{4,})\D*|\D*0,\d{3}\D*", re.ASCII)
# A number that can only be written in the American way: `1,234.5`, `1,234,567`, `12.5`.
AMERICAN = re.compile(
    r"\D*\d{1,3}(?:,\d{3})+\.\d+\D*|\D*\d{1,3}(?:,\d{3}){2,}\D*|\D*\d*\.(?:\d{1,2}|\d{4,})\D*", re.ASCII
)
# A number that is either: `1,234`, `1.234`.
EITHER = re.compile(r"\D*\d{1,3}[.,]\d{3}\D*", re.ASCII)
# What publishers write in place of a number or a date: nothing, a dash, a star, a limit, or that they don't tell.
USUAL_MARK = re.compile(
    r"[-$\u2010-\u2015*\u2020\u2021.\s]*|#?n[/. ]?a\.?|#n/a|(?:[<>\u2264\u2265]|[<>]=) ?\$?[\d,]+(?:\.\d+)? ?%?|"
    r"none|null|nil|unknown|pending|suppressed|redacted|withheld|tbd|tba|\([ds]\)|[dsx]|no data|"
    r"(?:data )?not (?:available|applicable|reported|yet known)",
    re.IGNORECASE,
)

# ---------------------------------------------------------------------------------------------------------- numbers


def plain_number(text: str, *, is_european: bool = False) -> str | None:
    """Return a number that is written as text as a plain decimal: `1,234.50` as `1234.5`, `(12)` as `-12`.

    Commas or blanks between groups of three digits, a dollar sign and blanks around the number are dropped. A
    percentage becomes a share of 1: `12%` is `0.12`. Return None for every other text, such as `<10`, `1.234,56`,
    `1,23`, two numbers, or a number over two lines.

    `is_european`: whether the column has numbers with a comma before the decimals (see `is_european`). Then `1,234` and
    `1.234` are no numbers, since they could be either.
    """
    text = text.strip()
    if not text or len(text) > MAX_FIGURE_CHARACTERS:
        return None
    text = text.translate(OTHER_SIGNS).strip()
    match = WRITTEN_NUMBER.fullmatch(text)
    if match is None or not (match["whole"] or match["decimals"]):
        return None
    signs = f"{match['sign'] or ''}{match['late'] or ''}"
    if len(signs) > 1 or ("(" in signs) != bool(match["close"]):
        return None
    if is_european and EITHER.fullmatch(text):
        return None
    number = Decimal(re.sub("[ ,]", "", match["whole"] or "0") + (match["decimals"] or ""))
    if match["percent"]:
        number = number.scaleb(-2, _EXACT)
    return _plain(_EXACT.minus(number) if signs in {"(", "-"} else number)


def number_of_cell(value: float) -> str | None:
    """Return the number in a spreadsheet's cell as a plain decimal.

    Errors of a computer's arithmetic are rounded away: `0.30000000000000004` becomes `0.3`. Return None for a value
    that is infinite or not a number, and for one whose size is beyond ten to the power of `MAX_EXPONENT`.
    """
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value) or (value and not -MAX_EXPONENT <= math.log10(abs(value)) <= MAX_EXPONENT):
        return None
    return _plain(Decimal(repr(value)))


def is_european(texts: Iterable[str]) -> bool:
    """Return whether the numbers of a column have a comma before the decimals, as in `1.234,56`.

    `texts` are the texts of the column's cells. The answer is True if one of them can only be European, like
    `1.234,56`, or if two probably are, like `12,5`. It is False if as many or more can only be American, like
    `1,234.5`.
    """
    sure = probable = american = 0
    for text in texts:
        if len(text) > MAX_FIGURE_CHARACTERS or not ("," in text or "." in text):
            continue
        sure += bool(SURELY_EUROPEAN.fullmatch(text))
        probable += bool(PROBABLY_EUROPEAN.fullmatch(text))
        american += bool(AMERICAN.fullmatch(text))
    return (sure >= 1 or probable >= 2) and sure + probable > american


def is_same_number(one: str, other: str, *, unit: float | None = None) -> bool:
    """Return whether two texts are the same number; False if one of them is no number.

    Two results that a spreadsheet computed are the same number if they differ only in their last digits.

    `unit`: the number to whose multiples both are rounded before they are compared, a half away from zero. With None,
    they are not rounded.
    """
    first, second = plain_number(one), plain_number(other)
    if first is None or second is None:
        return False
    if unit is not None:
        return rounded(first, unit) == rounded(second, unit)
    mine, theirs = Decimal(first), Decimal(second)
    if mine == theirs:
        return True
    are_noisy = all(_is_computed(number, SURE_DIGITS - 1) for number in (mine, theirs))
    return are_noisy and abs(mine - theirs) <= MAX_NOISE * max(abs(mine), abs(theirs))


def rounded(number: str, unit: float) -> str:
    """Return a plain decimal rounded to a multiple of `unit`; a half goes away from zero, so with 10, 15 becomes 20."""
    step = Decimal(repr(unit))
    times = _EXACT.divide(Decimal(number), step).quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_EXACT)
    return _plain(_EXACT.multiply(times, step))


# No figure has more digits than this holds, so that nothing is lost in computing with it.
_EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)
_SURE = Context(prec=SURE_DIGITS, rounding=ROUND_HALF_EVEN)


def _is_computed(number: Decimal, least_digits: int) -> bool:
    """Return whether a number has so many digits and decimals that it is the result of a computation."""
    _, digits, exponent = number.as_tuple()
    return len(digits) > least_digits and isinstance(exponent, int) and -exponent >= MIN_NOISY_DECIMALS


def _plain(number: Decimal) -> str:
    """Return a number without an exponent, without zeros that say nothing, and without the noise of computing."""
    if _is_computed(number, SURE_DIGITS):
        number = _SURE.plus(number)
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def is_usual_mark(text: str) -> bool:
    """Return whether a text is one of those that publishers write in place of a number or date: `N/A`, `*`, `<10`."""
    return USUAL_MARK.fullmatch(text.strip()) is not None


# ------------------------------------------------------------------------------------------------------------ dates

# What each directive of a date's format stands for. Those of one digit or two take two if digits stand beside them.
DIRECTIVES = {
    "d": r"(?P<day>[0-9]{1,2})",
    "m": r"(?P<month>[0-9]{1,2})",
    "b": r"(?P<word>[a-z]{3,9})\.?",
    "B": r"(?P<word>[a-z]{3,9})\.?",
    "Y": r"(?P<year>[0-9]{4})",
    "y": r"(?P<short>[0-9]{2})",
    "a": r"[a-z]{3,9}\.?",
    "A": r"[a-z]{3,9}\.?",
    "H": "[0-9]{1,2}",
    "I": "[0-9]{1,2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{1,6}",
    "p": r"[ap]\.?m\.?",
    "%": "%",
}
DIGIT_DIRECTIVES = frozenset("dmYyHIMSf")
# The directives of which a format needs exactly one each: for the day, the month, the year.
NEEDED = {"day (%d)": "d", "month (%m, %b or %B)": "mbB", "year (%Y or %y)": "Yy"}
# A year of two digits from this one on is of the last century, as in POSIX: 69 is 1969, 68 is 2068.
FIRST_SHORT_YEAR = 69


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormat:
    """A form in which dates are written, like `%d-%b-%y`, as a regular expression for whole texts on one line."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the date format that a text like `%d-%b-%y` describes.

        The directives are those of Python's `strptime`: day, month, year, weekday and time of day, in English. Raises
        ValueError if a directive is not known, or if day, month or year is missing or stands twice.
        Raises ValueError also for a format that reads `2001-02-03` as 2 March: dates are stored in that form, as
        `YYYY-MM-DD`, and a text that was not read could not be told from them.
        """
        parts = re.findall(r"%.?|[^%]+", text, re.DOTALL)
        kinds = [part[1:] if part.startswith("%") else "" for part in parts]
        for part, kind in zip(parts, kinds, strict=True):
            if part.startswith("%") and kind not in DIRECTIVES:
                known = ", ".join(f"%{each}" for each in DIRECTIVES)
                raise ValueError(f"{text!r} has the unknown directive {part!r}; there are {known}")
        for what, directives in NEEDED.items():
            count = sum(kinds.count(each) for each in directives)
            if count != 1:
                raise ValueError(f"{text!r} has {'no' if not count else 'more than one'} {what}; it needs one")
        form = cls(pattern=re.compile("".join(_expressions(parts, kinds)), re.IGNORECASE | re.ASCII))
        if form.day("2001-02-03") not in {None, date(2001, 2, 3)}:
            raise ValueError(f"{text!r} reads 2001-02-03 as 2 March, but dates are kept as YYYY-MM-DD; leave it out")
        return form

    def day(self, text: str) -> date | None:
        """Return the day that a text on one line names in this form; None if it has another form or names no day."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        parts = match.groupdict()
        month = _month(parts["word"]) if parts.get("word") else int(parts["month"])
        short = parts.get("short")
        century = 1900 if short and int(short) >= FIRST_SHORT_YEAR else 2000
        try:
            return date(century + int(short) if short else int(parts["year"]), month, int(parts["day"]))
        except ValueError:
            return None


def _expressions(parts: list[str], kinds: list[str]) -> Iterator[str]:
    """Yield the regular expression for each part of a date's format: for a directive (`kinds`), or for other text."""
    for at, (part, kind) in enumerate(zip(parts, kinds, strict=True)):
        if not kind:
            yield re.sub(r"(?:\\?\s)+", " +", re.escape(part))
            continue
        beside = [(kinds[near], parts[near]) for near in (at - 1, at + 1) if 0 <= near < len(parts)]
        are_digits = [each in DIGIT_DIRECTIVES if each else any(map(str.isdigit, text)) for each, text in beside]
        yield DIRECTIVES[kind].replace("{1,2}", "{2}" if any(are_digits) else "{1,2}")


# `June 2014`, `Jun. 2014`, `Jun-14`, `06/2014`, `2014-06`; not `Jun 14`, which is a day.
MONTH_OF_YEAR = re.compile(
    r"(?P<word>[A-Za-z]{3,9})(?:\.?,?[ -](?P<year>[0-9]{4})|-(?P<short>[0-9]{2}))"
    r"|(?P<month>[0-9]{1,2})[/-](?P<after>[0-9]{4})|(?P<before>[0-9]{4})[/-](?P<late>[0-9]{1,2})"
)


def plain_month(text: str) -> str | None:
    """Return the month that a text without a day names, as `YYYY-MM`: `June 2014` as `2014-06`; else None."""
    match = MONTH_OF_YEAR.fullmatch(" ".join(text.split()))
    if match is None:
        return None
    parts = match.groupdict()
    month = _month(parts["word"]) if parts["word"] else int(parts["month"] or parts["late"])
    year = parts["year"] or parts["after"] or parts["before"]
    if year is None:
        year = ("19" if int(parts["short"]) >= FIRST_SHORT_YEAR else "20") + parts["short"]
    return f"{year}-{month:02}" if 0 < month <= len(MONTHS) else None


def _month(word: str) -> int:
    """Return the number of a month from its English name or the beginning of it; 0 for any other word."""
    return next((number for number, name in enumerate(MONTHS, 1) if name.casefold().startswith(word.casefold())), 0)


@lru_cache(maxsize=1_000)
def date_format(text: str) -> DateFormat:
    """Return the date format with this text (see `DateFormat.of`). Raises ValueError."""
    return DateFormat.of(text)


def plain_day(text: str, formats: Iterable[str]) -> str | None:
    """Return the day that a text names in one of these forms, as `YYYY-MM-DD`.

    Return None if the text has none of the forms, or if it means different days in two of them.
    """
    line = " ".join(text.split())
    days = {day for each in formats if (day := date_format(each).day(line))}
    return days.pop().isoformat() if len(days) == 1 else None
