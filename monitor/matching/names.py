"""Measures how alike two names of agencies or places are: by words, abbreviations and slips of spelling.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA, JaroWinkler

from monitor.jurisdictions.states import LOOK_ALIKES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Words for a body with a police of its own, which stands beside that of the city of its name: Sanford Airport Police.
BODIES = frozenset({"university", "college", "school", "campus", "airport"})
# Words that say what kind of body it is, not which one. They count, but little.
GENERIC = frozenset(
    {
        *("a", "and", "at", "for", "in", "of", "the"),
        *("county", "counties", "parish", "borough", "city", "town", "township", "village", "municipality"),
        *("municipal", "district", "precinct", "ward", "state", "national", "general", "attorney", "generals"),
        *("department", "dept", "bureau", "office", "division", "authority", "board", "commission", "service"),
        *("commissioner", "commissioners", "trustees", "services", "agency", "facility", "center", "public", "safety"),
        *("sheriff", "sheriffs", "police", "constable", "constables", "marshal", "marshals", "guard", "law"),
        *("enforcement", "investigation", "jail", "detention", "correction", "corrections", "correctional"),
        *BODIES,
        *("pd", "so", "dps", "doc", "da", "bocc", "bcc"),
    }
)
# Words that say whom a body serves; they tell a name from others, but two names that share one are not alike by it.
OF_SERVICES = frozenset({"regional", "international", "metropolitan", "community", "technical", "independent"})
# Words that say what a body of a whole state is for: its Department of Corrections is not that of Law Enforcement.
DUTIES = frozenset({"corrections", "correction", "correctional", "enforcement", "investigation", "guard", "attorney"})
# Words that make another place of a name: Melbourne and Melbourne Beach, Florida and West Florida.
MODIFIERS = frozenset(
    {
        *("north", "south", "east", "west", "northern", "southern", "eastern", "western", "northeast", "northwest"),
        *("northeastern", "northwestern", "southeastern", "southwestern"),
        *("southeast", "southwest", "upper", "lower", "new", "old", "little", "beach", "heights", "hills", "park"),
        *("springs", "shores", "gardens", "isles", "island", "key", "lake", "lakes", "bay"),
    }
)
# Words that only say what kind of place a name is of.
FORM_WORDS = frozenset({"a", "the", "of", "city", "town", "village", "township", "borough", "county", "parish"})
WORD_FORMS = {
    "saint": "st",
    "dept": "department",
    "mt": "mount",
    "ft": "fort",
    "co": "county",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}
NUMERALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINAL_WORDS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    "twentieth",
)
WORD_FORMS |= {word: str(number) for some in (NUMERALS, ORDINAL_WORDS) for number, word in enumerate(some, 1)}
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
POINTS = {  # of the compass, by the words that name them
    f"{point}{end}": point
    for point in ("north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest")
    for end in ("", "ern")
}
MAX_NAME_LETTERS = 500  # letters: longer values are texts, not names, and would fill the memory
SLIP = 0.86  # the least Jaro-Winkler likeness of a misspelt word to the right one
FILLERS = frozenset({"of", "and", "the", "for"})  # that initials may leave out
MAX_COMPARED_WORDS = (
    64  # of two names, once the words that both have are gone: more is a text, in which none stands for others
)
NUMBER_WORD = re.compile(r"\d+|[ivx]{1,4}")
# Raised digits after something, which refer to footnotes.
TRAILING_MARKS = re.compile("(?<=\\S)[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
# What is said behind a name in brackets or after a dash.
NOTE_BEHIND = re.compile(r"\s*(?:[(\[][^()\[\]]{1,60}[)\]]|\s[\u2013\u2014-]\s.{1,90})\s*$")
NOTE_MARK = re.compile(r"[(\[\u2013\u2014-]")  # none of the many names without one is looked at any longer
MISREAD_LETTERS = frozenset("ÂÃÅâ")  # with which most letters of UTF-8 begin where it is read in Windows' encoding
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")  # a letter as web pages write it
PLACEHOLDER = re.compile(r"\W*+(?:n[/?\\ ]*a|none|null|tbd)?+\W*+", re.IGNORECASE)  # never tries another way


def plain_value(value: str) -> str:
    """Reduce a value to its plain form, in which values of two versions are compared.

    Case, accents, apostrophes, punctuation, marks of footnotes and extra blanks are dropped. `&#39;`, `Ã±` and letters
    of other alphabets that look like Latin ones are the letters that they stand for. A placeholder like `N/A` becomes
    "". Codes lose the zeros in front, as in spreadsheets. Of a web address every character counts, but for what
    `comparable_address` leaves out. (`plain_words` in `jurisdictions.states` is for names alone: it keeps placeholders
    and takes addresses apart.)
    """
    return _plain_value(value) if len(value) <= MAX_NAME_LETTERS else _plain_value.__wrapped__(value)


@lru_cache(maxsize=200_000)
def _plain_value(value: str) -> str:
    if not value.isascii():
        value = TRAILING_MARKS.sub("", _decoded(value))
    text = unicodedata.normalize("NFKC", value).strip()
    if "://" in text:
        return comparable_address(text)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        text = text.translate(LOOK_ALIKES)
    if "&" in text and ENTITY.search(text):
        text = unescape(text)  # `Sheriff&#39;s`, as some programs write it into tables
    text = text.casefold()
    if PLACEHOLDER.fullmatch(text):
        return ""
    text = re.sub(r"['\u2018\u2019\u201b`\u00b4\u02bc]", "", text).replace("&", " and ")
    return without_zeros(" ".join(re.findall(r"[a-z0-9]+", text)) or text)


def without_zeros(plain: str) -> str:
    """Return a value in plain form without the zeros in front, if it consists of figures alone."""
    return plain.lstrip("0") or "0" if plain[:1] == "0" and plain.isdecimal() else plain


def comparable_address(text: str) -> str:
    """Return a web address in the form in which addresses are compared.

    It has no blanks around it, its host is in small letters and has no usual port, a blank within it is `%20`, and
    `http` is `https`: none of these makes it lead elsewhere. Any other text only loses the blanks around it.
    """
    text = text.strip()
    scheme, _, rest = text.partition("://")
    if scheme.casefold() not in {"http", "https"}:
        return text
    host, slash, path = rest.partition("/")
    host = host.casefold().removesuffix(":443").removesuffix(":80")
    return f"https://{host}{slash}{path.replace(' ', '%20')}"


def _decoded(value: str) -> str:
    """Return a value that was decoded wrongly, as `DoÃ±a Ana` or `Sheriffâ€™s`, as it was meant; any other unchanged.

    Its bytes were UTF-8, and were read as if they were in the encoding of Windows. No name is UTF-8 by chance.
    """
    if MISREAD_LETTERS.isdisjoint(value):
        return value
    try:
        return value.encode("cp1252").decode()
    except UnicodeError:
        return value


def words(name: str) -> tuple[str, ...]:
    """Split a name into words in plain form, with common abbreviations written out."""
    return _words(name) if len(name) <= MAX_NAME_LETTERS else _words.__wrapped__(name)


@lru_cache(maxsize=200_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(map(plain_word, plain_value(name).split()))


def without_note(name: str) -> str:
    """Return a name without the note behind it: `Kern County` for `Kern County (2)`."""
    return NOTE_BEHIND.sub("", name) if NOTE_MARK.search(name) and len(name) <= MAX_NAME_LETTERS else name


def plain_word(word: str) -> str:
    """Return a word of a plain value with its abbreviation written out, and without zeros in front."""
    if word[0].isdigit() and (ordinal := ORDINAL.fullmatch(word)):
        word = ordinal[1]
    return WORD_FORMS.get(word, word).lstrip("0") or word


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """How many records use each word in their names; rare words tell names apart, common words do not.

    `size` is the number of records, and `uses` has the number of records for each word. `passing` has the words that
    came or went altogether with the records that are compared: these may be misspelt in several records.
    """

    size: int
    uses: Mapping[str, int]
    passing: frozenset[str] = frozenset()

    def weight(self, word: str) -> float:
        """Return how much a word helps to tell names apart: from 0 for the commonest to 1 for the rarest."""
        rarity = math.log((self.size + 1) / (self.uses.get(word, 0) + 0.5)) / math.log(2 * self.size + 2)
        # A word that all use still tells something: a list of one county's jails has that county in every name.
        return (0.2 + 0.8 * rarity) * (0.12 if word in GENERIC else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two names are.

    - `share`: the share of their words that agree, from 0 to 1; rare words count more.
    - `contradicts`: they have different numbers, as in `Precinct 1` and `Precinct 2`, other points of the compass,
      as in `North Miami` and `South Miami`, or differ in one letter that is a word, as `Troop A` and `Troop B` do.
    - `elsewhere`: only one has a word that makes it another place, like `Beach`, or another body, like `Airport`.
    - `respelled`: they differ only by slips of spelling, abbreviations or blanks.
    - `apart`: each has words of its own, and all that both have says only what kind of body it is.
    """

    share: float
    contradicts: bool = False
    elsewhere: bool = False
    respelled: bool = False
    apart: bool = False


def name_likeness(one: str, other: str, vocabulary: Vocabulary, *, silent: frozenset[str] = frozenset()) -> Likeness:
    """Compare two names, and return how alike they are.

    vocabulary: how common each word is.
    silent: words that do not count, like those of the state's own name.
    """
    ours, theirs = words(one), words(other)

    def weight(word: str) -> float:
        return 0.0 if word in silent else vocabulary.weight(word)

    if sorted(ours) == sorted(theirs):
        return Likeness(share=1.0, respelled=True)
    left, right = _without(ours, theirs), _without(theirs, ours)
    if (mine := _numbers(left)) and (others := _numbers(right)) and mine != others:
        return Likeness(share=0.0, contradicts=True)
    lost = 0.0
    if len(left) + len(right) <= MAX_COMPARED_WORDS:
        for run in (_joined, _abbreviated):
            _drop_written_otherwise(left, right, run)
            _drop_written_otherwise(right, left, run)
        if _points_elsewhere(*([word for word in side if word not in silent] for side in (left, right))):
            return Likeness(share=0.0, contradicts=True)
        lost = _drop_slips(left, right, vocabulary, weight)
    rest = sum(map(weight, (*left, *right))) + lost
    total = sum(map(weight, (*ours, *theirs)))
    share = max(0.0, 1 - rest / total) if total else float(not left and not right)
    elsewhere = not (MODIFIERS | BODIES).isdisjoint({*left, *right} - silent)
    apart = bool(left and right) and _are_apart(_without(ours, left), left, right, silent)
    return Likeness(share=share, elsewhere=elsewhere, respelled=not left and not right, apart=apart)


def _points_elsewhere(left: list[str], right: list[str]) -> bool:
    """Tell whether two names differ in points of the compass, or in nothing but one letter that is a word.

    left, right: the words that only one of them has. Of two names that differ so, neither is a slip of the other.
    """
    mine, others = ({POINTS[word] for word in side if word in POINTS} for side in (left, right))
    return bool(mine and others and mine != others) or (len(left) == len(right) == 1 == len(left[0]) == len(right[0]))


def _are_apart(common: Iterable[str], left: list[str], right: list[str], silent: frozenset[str]) -> bool:
    """Tell whether two names share no word that says which body is meant: Pensacola and Tallahassee State College.

    common: the words that both have, in this or another spelling. left, right: the words that only one of them has.
    """

    def tells(word: str) -> bool:
        return word not in GENERIC and word not in silent

    if any(word not in OF_SERVICES and tells(word) for word in common) or len(left) + len(right) > MAX_COMPARED_WORDS:
        return False
    if any(_slip(a, b) for a in left for b in right if not {a, b} <= MODIFIERS):
        return False
    if not DUTIES.isdisjoint(left) and not DUTIES.isdisjoint(right):
        return True
    return any(tells(word) or word == "state" for word in (*left, *right))  # Florida State University


class OneLabel:
    """Tells whether two labels, each given as its words, are one label in two spellings.

    They may differ in spelling, in abbreviations, and in the words in `silent`.
    """

    def __init__(self, label: tuple[str, ...], other: tuple[str, ...], *, silent: frozenset[str]) -> None:
        self._label, self._other, self._silent = label, other, silent

    @property
    def holds(self) -> bool:
        """Whether the two are one label in two spellings."""
        if len(self._label) + len(self._other) > MAX_COMPARED_WORDS:
            return False
        left, right = _without(self._label, self._other), _without(self._other, self._label)
        if _numbers(left) != _numbers(right):
            return False
        for run in (_joined, _abbreviated):
            _drop_written_otherwise(left, right, run)
            _drop_written_otherwise(right, left, run)
        for word in list(left):
            slips = [
                (_slip(word, each), each)
                for each in right
                if min(len(word), len(each)) > 2 and not (word.endswith(each) or each.endswith(word))  # `Disapproved`
            ]
            if slips and max(slips)[0]:
                left.remove(word)
                right.remove(max(slips)[1])
        return not [*self._said(left, self._other), *self._said(right, self._label)]

    def _said(self, rest: list[str], other: tuple[str, ...]) -> list[str]:
        """Return those words of `rest` that make the two labels differ; `rest` are words that the label `other` lacks.

        Words in `silent` make no difference, nor do initials of the whole label `other`: `(JEM)` for Jail Enforcement
        Model.
        """
        initials = "".join(word[0] for word in other)
        return [word for word in rest if word not in self._silent and (len(word) < 2 or word != initials)]


def _numbers(rest: Iterable[str]) -> set[str]:
    """Return the words that are numbers: digits, ordinals, Roman numerals.

    Two different numbers are never taken for a slip of spelling.
    """
    return {word for word in rest if NUMBER_WORD.fullmatch(word)}


def _without(name: Iterable[str], other: Iterable[str]) -> list[str]:
    """Return the words of `name` that are left after taking away the words of `other`.

    A word that `other` has twice is taken away twice.
    """
    spare = Counter(other)
    rest = []
    for word in name:
        if spare.get(word):
            spare[word] -= 1
        else:
            rest.append(word)
    return rest


def _drop_written_otherwise(
    short: list[str], long: list[str], run: Callable[[str, list[str], int], int | None]
) -> None:
    """Remove each word of `short` that stands for one or more words of `long`, together with those words.

    run: a function that is given a word, `long` and an index. If the word stands for the words from that index on, it
        returns the index after the last of them; else None.
    """
    for word in list(short):
        for start, first in enumerate(long):
            # Neither what is joined nor what is abbreviated begins with another letter, but for words left out of it.
            if (first[0] == word[0] or first in FILLERS) and (end := run(word, long, start)) is not None:
                short.remove(word)
                del long[start:end]
                break


def abbreviates(short: Iterable[str], long: Iterable[str]) -> bool:
    """Tell whether some words are abbreviations of others, all of which they stand for: `so` for `sheriffs office`."""
    left, right = list(short), list(long)
    _drop_written_otherwise(left, right, _abbreviated)
    return not left and not right


def _joined(word: str, long: list[str], start: int) -> int | None:
    """Return the index after the words from `start` on that make up `word` if written as one; None if they do not.

    So `dekalb` is made up by `de kalb`.
    """
    at = 0
    for place in range(start, len(long)):
        if not word.startswith(long[place], at):
            return None
        at += len(long[place])
        if at == len(word):
            return place + 1
    return None


def _abbreviated(word: str, long: list[str], start: int) -> int | None:
    """Return the index after the words from `start` on that `word` is an abbreviation of; None if it is none.

    Examples: `bocc` for `board of county commissioners`, `pd` for `police department`, `univ` for `university`.
    """
    if word[0] != long[start][0] and long[start] not in FILLERS:
        return None
    if _shortens(word, long[start]):
        return start + 1
    return _initials(word, long, start) if len(word) > 1 else None


def _initials(word: str, long: list[str], start: int) -> int | None:
    """Return the index after the words from `start` on whose initials make `word`; None if they do not.

    Words like `of` may have no initial in it.
    """
    end = start + len(word)
    if "".join(each[0] for each in long[start:end]) == word:
        return end
    at = 0
    for place in range(start, len(long)):
        if long[place] in FILLERS:
            continue
        if long[place][0] != word[at]:
            return None
        at += 1
        if at == len(word):
            return place + 1
    return None


def _shortens(word: str, full: str) -> bool:
    """Tell whether `word` is short for `full`, as `univ` for `university`.

    It must have the same first letter, the others in the same order, and be clearly shorter.
    """
    if not 2 < len(word) <= min(5, len(full) - 2) or word[0] != full[0] or word in MODIFIERS:
        return False
    rest = iter(full)
    return all(letter in rest for letter in word)


def _drop_slips(left: list[str], right: list[str], vocabulary: Vocabulary, weight: Callable[[str], float]) -> float:
    """Remove pairs of words that are misspellings of each other from both lists; return the weight that is lost so.

    left, right: the words of the two names.
    weight: a function that returns how much a word counts.

    Two words that both occur in several records are never taken for a misspelling, unless one of them came or went with
    these: `Pima` is no slip of `Pinal`.
    """
    cost = 0.0
    scored = ((_slip(a, b), a, b) for a in set(left) for b in set(right))
    for score, a, b in sorted((each for each in scored if each[0]), key=lambda each: (-each[0], each[1:])):
        if a not in left or b not in right:
            continue
        standing = vocabulary.passing.isdisjoint({a, b}) and a not in GENERIC
        if standing and vocabulary.uses.get(a, 0) > 1 and vocabulary.uses.get(b, 0) > 1:
            continue
        if {a, b} <= MODIFIERS and f"{a}s" != b and f"{b}s" != a:  # North and Northwest Florida
            continue
        left.remove(a)
        right.remove(b)
        cost += (1 - score) * (weight(a) + weight(b))
    return cost


def spelt_alike(one: str, other: str) -> float:
    """Return how alike two spellings are, from 0 to 1, by the Jaro-Winkler measure.

    Long texts are not measured: they are either equal (1) or not (0).
    """
    if max(len(one), len(other)) > MAX_NAME_LETTERS:
        return float(one == other)
    return float(JaroWinkler.similarity(one, other))


def _slip(one: str, other: str) -> float:
    """Return how likely it is that one of two words is the other one misspelt, from 0 to 1.

    For more than 0, they must be much alike, above all at the beginning, or differ by one letter or one swap of
    letters.
    """
    alike = spelt_alike(one, other)
    shorter = min(len(one), len(other))
    if shorter > 2 and OSA.distance(one, other, score_cutoff=1) == 1:
        return max(alike, 1 - 1 / shorter)
    return alike if alike >= SLIP else 0.0
