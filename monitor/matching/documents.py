"""Finds reasons to doubt that a document is the one that a record should link to, from the document's text.

False alarms are avoided first of all: a document is doubted only if its text clearly names another agency, or clearly
has another date.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.jurisdictions.faults import Problem
from monitor.jurisdictions.states import STATES, code_of, plain_words
from monitor.model import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MIN_JUDGED_LETTERS = 200  # a text with fewer is a cover page or a poor scan
MAX_JUDGED_LETTERS = 300_000  # of a text that are looked at
MAX_DAYS_OFF = 7  # by which a date in the text may differ from the record's, and still be the same
# Words that many agencies have in their names, so that they tell none from others.
GENERAL_WORDS = frozenset(
    """
    a an and the of for at in office offices department dept agency agencies authority bureau board commission district
    division county parish borough city town township village municipal municipality state states united police sheriff
    sheriffs constable constables marshal marshals jail jails correction corrections correctional detention public
    safety law enforcement highway patrol regional university college school precinct pct st attorney attorneys general
    government governmental national guard
    """.split()  # noqa: SIM905 - so it can be read
)
SIGNING_WORDS = re.compile(r"\b(?:sign(?:ed|ature)|dated?|executed|effective|enter(?:ed)? into|as of)\b", re.IGNORECASE)
MAX_AFTER_SIGNING = 80  # letters between such a word and the date that belongs to it
FIGURED_DATE = re.compile(r"\b(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?(\d{4}|\d{2})\b")
WRITTEN_DATE = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(\d{4})\b",
    re.IGNORECASE,
)
DAY_OF_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s*,?\s+(\d{4})\b",
    re.IGNORECASE,
)
SORTED_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED_COUNTY = re.compile(r"\b((?:[A-Z][\w.'-]+\s){0,2}[A-Z][\w.'-]+) (County|Parish)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAgency:
    """An agency as its record names it, which its document should name too; "" for each field that the list lacks.

    - `name`, `place`, `state`: the agency's own name, its county or city, and its state.
    - `signed`: the day on which its agreement was signed, as `YYYY-MM-DD`.
    """

    name: str
    place: str = ""
    state: str = ""
    signed: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name and place by which the agency differs from others, in plain letters."""
        said = f"{plain_words(self.name)} {plain_words(self.place)}".split()
        state = set(plain_words(_state_name(self.state)).split())
        return tuple(dict.fromkeys(word for word in said if word not in GENERAL_WORDS and word not in state))


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDoubt:
    """A reason to doubt a document: what seems wrong (`problem`), and what may be right (`suggestions`)."""

    problem: Problem
    suggestions: tuple[Suggestion, ...] = ()


def doubts_of_document(
    agency: LinkedAgency, pages: Sequence[str], *, others: Iterable[LinkedAgency], same_file: Iterable[LinkedAgency]
) -> tuple[DocumentDoubt, ...]:
    """Return the doubts about the document that the record of `agency` links.

    - `pages`: the text of each page of the document; "" for a page without text.
    - `others`: the other agencies of the list, to one of which the document may belong.
    - `same_file`: the agencies whose records link a document with the same bytes.
    """
    found = []
    text = " ".join(pages)[:MAX_JUDGED_LETTERS]
    if len("".join(text.split())) >= MIN_JUDGED_LETTERS:
        if (other := _of_another(agency, text, others)) is not None:
            found.append(DocumentDoubt(problem=Problem.NAMES_ANOTHER, suggestions=other))
        elif (signed := _other_date(agency, text)) is not None:
            found.append(DocumentDoubt(problem=Problem.OTHER_DATE, suggestions=(Suggestion(name=signed),)))
    strangers = [each for each in same_file if not _are_one(agency, each)]
    if strangers and not found:
        found.append(DocumentDoubt(problem=Problem.SAME_FILE, suggestions=tuple(map(_suggested, strangers[:3]))))
    return tuple(found)


def _of_another(agency: LinkedAgency, text: str, others: Iterable[LinkedAgency]) -> tuple[Suggestion, ...] | None:
    """Return the agencies that a document is about instead, if it is clearly about another than its record's.

    () means that it is about another that is not in the list; None that it may well be the right one.
    """
    if not agency.words:
        return None
    words, solid = set(plain_words(text).split()), plain_words(text).replace(" ", "")
    if _names(agency, words, solid):
        elsewhere = _other_state(agency, text)
        return (Suggestion(name=elsewhere),) if elsewhere else None
    named = [each for each in others if each.words and _is_named_whole(each, solid)]
    if named:
        return tuple(map(_suggested, named[:3]))
    counties = {f"{found[1]} {found[2]}" for found in NAMED_COUNTY.finditer(text)}
    place = plain_words(agency.place)
    strange = sorted(each for each in counties if plain_words(each) != place and not _is_general(each))
    return (Suggestion(name=strange[0]),) if len(strange) == 1 else () if strange else None


def _names(agency: LinkedAgency, words: set[str], solid: str) -> bool:
    """Return whether a text may be about an agency: it has its name, its place, or the words that tell it from others.

    `words` are the plain words of the text, and `solid` are these words without blanks, since the lines of a PDF may
    break a word.
    """
    name, place = plain_words(agency.name).replace(" ", ""), plain_words(agency.place).replace(" ", "")
    if (name and name in solid) or (place and place in solid):
        return True
    own = [word for word in plain_words(agency.name).split() if word in agency.words] or list(agency.words)
    return all(word in words or (len(word) > 4 and word in solid) for word in own)


def _is_named_whole(agency: LinkedAgency, solid: str) -> bool:
    """Return whether a text has the whole name of an agency."""
    name = plain_words(agency.name).replace(" ", "")
    return len(name) >= 10 and name in solid


def _is_general(county: str) -> bool:
    """Return whether what stands before `County` is no name, like `the County`."""
    return all(word in GENERAL_WORDS for word in plain_words(county).split())


def _other_state(agency: LinkedAgency, text: str) -> str | None:
    """Return the name of the one other state that a text speaks of, if it does not speak of the agency's own."""
    own = code_of(agency.state)
    if own is None:
        return None
    plain = f" {plain_words(text)} "
    pattern, codes = _named_states()
    named = {codes[name] for name in pattern.findall(plain)}
    own_words = f" {plain_words(STATES[own][0])} "
    if own in named or own_words in plain or not named or len(named) > 1:
        return None
    (code,) = named
    return STATES[code][0]


@lru_cache(1)
def _named_states() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for a text in plain words that speaks of a state, like `state of texas` or `county texas`.

    With it come the codes of the states by their names in plain words. One pattern for all of them reads a long text
    once, where a pattern for each would read it fifty times.
    """
    codes = {plain_words(name): code for code, (name, _) in STATES.items()}
    names = "|".join(sorted(map(re.escape, codes), key=len, reverse=True))
    before = r"(?:(?:state|commonwealth) of|(?:county|parish|city|town|office|department|sheriff))"
    return re.compile(rf"(?<= ){before} (?:of )?({names})(?= )"), codes


def _other_date(agency: LinkedAgency, text: str) -> str | None:
    """Return the last signing date of a text, as `YYYY-MM-DD`, if the record says another day than all of them."""
    try:
        signed = date.fromisoformat(agency.signed)
    except ValueError:
        return None
    dates = sorted(set(_signing_dates(text)))
    if not dates or any(abs(each - signed) <= timedelta(days=MAX_DAYS_OFF) for each in set(_dates(text))):
        return None
    return dates[-1].isoformat()


def _signing_dates(text: str) -> Iterator[date]:
    """Yield the dates that follow a word like `signed` or `date`."""
    for word in SIGNING_WORDS.finditer(text):
        yield from _dates(text[word.end() : word.end() + MAX_AFTER_SIGNING])


def _dates(text: str) -> Iterator[date]:
    """Yield the dates in a text; in figures, the month stands before the day, as Americans write it."""
    for month, day, year in FIGURED_DATE.findall(text):
        yield from _date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    for name, day, year in WRITTEN_DATE.findall(text):
        yield from _date(int(year), SORTED_MONTHS.index(name.lower()) + 1, int(day))
    for day, name, year in DAY_OF_MONTH.findall(text):
        yield from _date(int(year), SORTED_MONTHS.index(name.lower()) + 1, int(day))


def _date(year: int, month: int, day: int) -> Iterator[date]:
    """Yield the date, if there is such a day."""
    try:
        yield date(year, month, day)
    except ValueError:
        return


def _are_one(agency: LinkedAgency, other: LinkedAgency) -> bool:
    """Return whether two records are of one agency, or of agencies of one place, which may share a document."""
    if plain_words(agency.name) == plain_words(other.name):
        return True
    same_state = code_of(agency.state) == code_of(other.state)
    return same_state and bool(agency.place) and plain_words(agency.place) == plain_words(other.place)


def _suggested(agency: LinkedAgency) -> Suggestion:
    """Return an agency as a suggestion."""
    return Suggestion(name=agency.name, state=code_of(agency.state))


def _state_name(text: str) -> str:
    """Return the whole name of a state; "" for what is none."""
    code = code_of(text)
    return STATES[code][0] if code else ""
