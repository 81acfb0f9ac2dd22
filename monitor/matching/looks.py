"""Compares several looks at a page, and finds the parts that differ though the page has not changed.

Such parts are counters, clocks, tokens, and pieces of text that take turns.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

from monitor.matching.texts import paired_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model import Record, RecordList

MAX_WORDS_BEFORE, MAX_WORDS_AFTER = 4, 2  # words around what changes that stand in a pattern
MAX_PATTERNS = 20  # of one page: where more of its texts differ, a person has to look at it
MAX_PART_SHARE = 0.34  # the share of a page's texts that a part with a name may have to be left out
SPECIAL_LETTERS = re.compile(r"([.^$*+?{}\[\]\\|()])")
ANY_FIGURE = r"\d[\d.,:/-]*"
ANY_SIGNS = r"[\w=+/-]+"
FIGURE_IN_TEXT = re.compile(ANY_FIGURE)
# A word that no writer chose: it has a figure in it, or is very long.
CHANCE_WORD = re.compile(r"(?=[\w=+/-]*\d)[\w=+/-]{6,}|[\w=+/-]{24,}")
WORDS_AND_BLANKS = re.compile(r"\s+|\S+")
NAMED_PART = re.compile(r"#[A-Za-z][\w-]*(?=$| >)")
PARAMETER = re.compile(r"[?&]([\w.~-]+)=([^&#]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsteady:
    """The values of the configuration that leave out what differed between several looks at a page.

    - `patterns`, `parts`: values for the keys `ignore` and `not_in` of the list with `content: text`.
    - `parameters`: values for the key `ignore` of the list with `content: files`.
    - `others`: texts and addresses that differed, and that none of these values leaves out.
    """

    patterns: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def unsteady(texts: Sequence[RecordList], files: Sequence[RecordList]) -> Unsteady:
    """Return the values of the configuration that leave out what differs between several looks at a page.

    `texts` and `files` have for each look the list of the page's texts and the list of its files.

    A figure or a token is left out if it differs once. Other words are left out only if they differ from each look to
    the next, since words that differ only once may be a correction by the publisher.
    """
    patterns: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    others: dict[str, None] = {}
    named = _parts_of(texts)
    for before, after in pairwise(texts):
        found = paired_texts(before.records, after.records)
        unnamed = [*(before.records[i] for i in found.removed), *(after.records[j] for j in found.added)]
        for i, j, _ in found.pairs:
            old, new = before.records[i].values[1] or "", after.records[j].values[1] or ""
            if old != new:
                made = set(_patterns(old, new))
                patterns.update(made)
                unnamed += [] if made else [after.records[j]]
        for record in unnamed:
            part = NAMED_PART.match(record.locator.selector or "")
            if part and named.get(part[0], 1.0) <= MAX_PART_SHARE:
                parts[part[0]] += 1
            else:
                others[record.values[1] or ""] = None
    changes = len(texts) - 1
    sure = [each for each, count in patterns.items() if ANY_FIGURE in each or ANY_SIGNS in each or count >= changes]
    parameters = dict.fromkeys(name for before, after in pairwise(files) for name in _parameters(before, after))
    return Unsteady(
        patterns=tuple(sure[:MAX_PATTERNS]),
        parts=tuple(parts),
        parameters=tuple(f"{_literal(name)}=[^&#]*&?" for name in parameters),
        others=tuple(others),
    )


def _patterns(old: str, new: str) -> Iterator[str]:
    """Yield a pattern for each part in which two readings of a text differ, with the words around it.

    Parts with few words between them have one pattern together.
    """
    pieces = _pieces(old, new)
    made, words = "", ""
    for number, (piece, same) in enumerate(pieces):
        if not same:
            left = (
                ""
                if made
                else "".join(WORDS_AND_BLANKS.findall(pieces[number - 1][0])[-2 * MAX_WORDS_BEFORE :] if number else [])
            )
            made += f"{_literal(left)}{_variable(piece, ends=number == len(pieces) - 1)}"
            words += left
            continue
        inside = WORDS_AND_BLANKS.findall(piece)
        if made and number < len(pieces) - 1 and len(inside) <= 2 * (MAX_WORDS_BEFORE + MAX_WORDS_AFTER):
            made, words = made + _literal(piece), words + piece
        elif made:
            right = "".join(inside[: 2 * MAX_WORDS_AFTER])
            yield from _named(made + _literal(right), words + right)
            made, words = "", ""
    yield from _named(made, words)


def _named(pattern: str, words: str) -> Iterator[str]:
    """Yield a pattern if words stand around what changes, without which it would take any figure or word."""
    if any(map(str.isalpha, words)):
        yield pattern.strip()


def _pieces(old: str, new: str) -> list[tuple[str, bool]]:
    """Return the old text in pieces, each with whether the new one has it too.

    A blank between two pieces that differ belongs to these.
    """
    ours, theirs = WORDS_AND_BLANKS.findall(old), WORDS_AND_BLANKS.findall(new)
    pieces: list[tuple[str, bool]] = []
    for step in Indel.opcodes(ours, theirs):
        text = "".join(ours[step.src_start : step.src_end])
        same = step.tag == "equal" and (bool(text.strip()) or not pieces)
        if pieces and pieces[-1][1] == same:
            pieces[-1] = (pieces[-1][0] + text, same)
        else:
            pieces.append((text, same))
    return [each for each in pieces if each[0]]


def _variable(gone: str, *, ends: bool) -> str:
    """Return a pattern for a part of a text that changes; `ends` says whether the text ends with it."""
    figure, token = FIGURE_IN_TEXT.search(gone), CHANCE_WORD.search(gone)
    if token and not FIGURE_IN_TEXT.fullmatch(token[0]) and len(token[0]) == len(gone.strip(" .,;:()[]#'\"")):
        return f"{_literal(gone[: token.start()])}{ANY_SIGNS}{_literal(gone[token.end() :])}"
    if figure and " " not in gone.strip():
        end = figure.end() - (len(figure[0]) - len(figure[0].rstrip(".,:/-")))
        return f"{_literal(gone[: figure.start()])}{ANY_FIGURE}{_literal(gone[end:])}"
    return ".*" if ends else f".*?{' ' if gone.endswith(' ') else ''}"


def _literal(text: str) -> str:
    return SPECIAL_LETTERS.sub(r"\\\1", text)


def _parts_of(texts: Sequence[RecordList]) -> dict[str, float]:
    """Return the parts of the page that have an id in every look, with the largest share of its texts in one look."""
    shares: list[dict[str, float]] = []
    for look in texts:
        counts = Counter(
            part[0] for record in look.records if (part := NAMED_PART.match(record.locator.selector or ""))
        )
        shares.append({name: count / len(look.records) for name, count in counts.items()})
    return {name: max(each[name] for each in shares) for name in shares[0] if all(name in each for each in shares)}


def _parameters(before: RecordList, after: RecordList) -> Iterator[str]:
    """Yield the names of parameters of addresses that alone differ between two looks at a page's files."""
    ours, theirs = ({_bare(record): record.values[1] or "" for record in each.records} for each in (before, after))
    for bare, address in ours.items():
        old, new = dict(PARAMETER.findall(address)), dict(PARAMETER.findall(theirs.get(bare, "")))
        if new:
            yield from (name for name, value in old.items() if new.get(name, value) != value)


def _bare(record: Record) -> tuple[str, str]:
    return record.values[0] or "", (record.values[1] or "").partition("?")[0]
