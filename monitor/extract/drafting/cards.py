"""Finds the cards of a web page: elements with the same parts that are repeated, each of which may be a record."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import TYPE_CHECKING

from lxml import etree

from monitor.config.columns import Column
from monitor.config.drafts import ListDraft, slug
from monitor.extract.drafting.kinds import MOST, DraftedCells, draft_column
from monitor.extract.drafting.places import find_place, find_states, with_roles, within_remarks
from monitor.extract.page.cards import compiled
from monitor.extract.page.labels import LABEL, labelled
from monitor.extract.page.sight import PageSight
from monitor.extract.page.tree import HEADING_TAGS
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.drafts import ColumnDraft

# Fewer elements are no list, and more are not looked at.
MIN_CARDS, MAX_CARDS = 4, 2_000
MAX_CARD_ELEMENTS = 200
# So many cards of a list are looked at, and so many kinds of elements of a page.
MAX_DRAFTED_CARDS = 200
MAX_KINDS = 60
MAX_CARD_FIELDS = 25
# A card has at least so many fields, of which one names it.
MIN_CARD_FIELDS = 2
CARD_TAGS = frozenset({"div", "article", "section", "li", "dl", "details", "a", "span", "p"})
PART_TAGS = frozenset(
    {*HEADING_TAGS, "p", "span", "div", "strong", "b", "em", "time", "address", "a", "dd", "li", "td"}
)
LABEL_TAGS = frozenset({"b", "strong", "span", "dt", "label", "th"})
# What a part without a class is called.
PART_NAMES = {"a": "name", "strong": "name", "time": "date", "address": "address", "p": "text", "span": "text"}
# Words that content systems put before the names of fields.
SYSTEM_WORDS = frozenset({"views", "view", "field", "fields", "node", "wp", "block", "item", "card"})
CLASS_NAME = re.compile(r"[A-Za-z][\w-]*")
MAX_CARD_LABEL_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCards:
    """The cards of one list: the selector that finds them, the elements, and the draft of the list."""

    selector: str
    elements: Sequence[Element]
    draft: ListDraft


def find_cards(root: Element, title: str) -> list[FoundCards]:
    """Return the lists of cards of a page, the list with the most fields first; `title` is the title of the page.

    Where cards stand within other cards, only the kind with more fields is returned.
    """
    sight = PageSight(root)
    candidates = []
    for selector, elements in _repeated(root, sight):
        draft = _draft(selector, elements[:MAX_DRAFTED_CARDS], sight, title)
        if draft:
            candidates.append(FoundCards(selector=selector, elements=elements, draft=draft))
    candidates.sort(key=lambda each: (-len(each.draft.columns), -len(each.elements)))
    chosen: list[FoundCards] = []
    for each in candidates:
        if not any(_overlap(each.elements, other.elements) for other in chosen):
            chosen.append(each)
    return chosen


def _overlap(some: Sequence[Element], others: Sequence[Element]) -> bool:
    one, two = set(some), set(others)
    return any(not two.isdisjoint((each, *each.iterancestors())) for each in some) or any(
        not one.isdisjoint(each.iterancestors()) for each in others
    )


def _repeated(root: Element, sight: PageSight) -> Iterator[tuple[str, list[Element]]]:
    """Yield the elements that could be cards, with the selector that finds just them: a tag with a class."""
    kinds: dict[str, list[Element]] = defaultdict(list)
    for element in root.iter(etree.Element):
        if element.tag in CARD_TAGS:
            names = {name for name in element.get("class", "").split() if CLASS_NAME.fullmatch(name)}
            for name in names:
                kinds[f"{element.tag}.{name}"].append(element)
            if element.tag == "article" and not names:
                kinds["article"].append(element)
    most_first = sorted(kinds.items(), key=lambda each: -len(each[1]))
    for selector, found in [each for each in most_first if len(each[1]) >= MIN_CARDS][:MAX_KINDS]:
        elements = [each for each in found if sight.is_shown(each)] if len(found) <= MAX_CARDS else []
        nested = set(elements)
        if (
            len(elements) >= MIN_CARDS
            and all(1 < len(list(each.iter(etree.Element))) <= MAX_CARD_ELEMENTS for each in elements)
            and not any(above in nested or above.tag == "table" for each in elements for above in each.iterancestors())
        ):
            yield selector, elements


def _draft(selector: str, cards: Sequence[Element], sight: PageSight, title: str) -> ListDraft | None:
    """Return the draft of a list of cards; None if they do not have the parts of records in common."""
    labels = _labels(cards, sight)
    columns: dict[str, tuple[ColumnDraft, DraftedCells]] = {}
    taken: set[tuple[str, ...]] = set()
    for label in labels:
        texts = [_after(card, label, labels, sight) for card in cards]
        _add(columns, label, texts, label=label)
        taken.add(tuple(texts))
    for select, name in _without_frames(cards, list(_selects(cards, sight, labels))):
        texts = [_text(card, select, sight) for card in cards]
        if tuple(texts) not in taken and len(set(texts)) > 1 and len(columns) < MAX_CARD_FIELDS:
            _add(columns, name, texts, select=select)
            taken.add(tuple(texts))
    named = [name for name, (column, cells) in columns.items() if column.select and _is_named(column, cells)]
    if len(columns) < MIN_CARD_FIELDS or not named:
        return None
    link = _link(cards, sight, columns)
    cells = {name: each for name, (_, each) in columns.items()}
    states = find_states(cells)
    drafted = [column for column, _ in columns.values()]
    drafted = with_roles(
        [replace(each, role="state") if each.name == states else each for each in drafted], cells, states
    )
    drafted = sorted(drafted, key=lambda each: each.name != named[0])
    drafted = [
        replace(each, role="name" if each.name == named[0] else "" if each.role == "name" else each.role)
        for each in drafted
    ]
    place = find_place(drafted, cells, states)
    return ListDraft(
        name=slug(title) or slug(selector.rpartition(".")[2]) or "cards",
        title=title,
        card=selector,
        columns=(*drafted[:1], *([link] if link else ()), *drafted[1:]),
        place=place,
        unsure=(
            f"{len(cards)} elements {selector!r} have the same parts; each is taken for a record",
            *within_remarks(place),
        ),
    )


def _add(
    columns: dict[str, tuple[ColumnDraft, DraftedCells]],
    header: str,
    texts: Sequence[str],
    *,
    select: str | None = None,
    label: str = "",
) -> None:
    """Add the draft of one field of the cards, under a name of its own."""
    cells = DraftedCells(header=header, cells=[folded(text) for text in texts])
    column = draft_column(cells, has_months=False)
    name, number = column.name or "field", 2
    while name in columns:
        name, number = f"{column.name}_{number}", number + 1
    lacking = sum(not text for text in texts)
    column = replace(
        column, name=name, header="", title="", select=select, label=label, optional=column.optional or lacking > 0
    )
    columns[name] = (column, cells)


def _is_named(column: ColumnDraft, cells: DraftedCells) -> bool:
    """Return whether a field may name the cards: a different text in most of them, in a heading or a link."""
    texts = cells.texts
    different = len(set(texts)) >= MOST * len(cells.cells)
    return different and column.kind == "text" and re.split(r"[.: ]", column.select or "")[0] in HEAD_SELECTS


HEAD_SELECTS = frozenset({*HEADING_TAGS, "a", "strong", "b", "summary"})


def _labels(cards: Sequence[Element], sight: PageSight) -> list[str]:
    """Return the labels that most cards have, once each, in the order of the first card that has them."""
    count: Counter[str] = Counter()
    for card in cards:
        own = Counter(_labels_of(card, sight))
        count.update(label for label, times in own.items() if times == 1)
    return [label for label, number in count.items() if number >= MOST * len(cards)]


def _labels_of(card: Element, sight: PageSight) -> Iterator[str]:
    for element in card.iter(etree.Element):
        if element.tag not in LABEL_TAGS or len(element) or not sight.is_shown(element):
            continue
        text = folded("".join(element.itertext()))
        bare = text.rstrip(" :")
        if bare and len(bare) <= MAX_CARD_LABEL_LETTERS and (element.tag == "dt" or text.endswith(":")):
            yield bare
    for element, text in sight.blocks(card):
        if element.tag in LABEL_TAGS or len(element):
            continue
        for line in text.split("\n"):
            if found := LABEL.match(line):
                yield found[0].rstrip(": ")


def _after(card: Element, label: str, labels: Sequence[str], sight: PageSight) -> str:
    found = labelled(card, Column(label=label), labels, sight)
    return folded(found.text) if found else ""


def _text(card: Element, select: str, sight: PageSight) -> str:
    found = [each for each in compiled(select)(card) if each is not card and sight.is_shown(each)]
    return folded(sight.text(found[0])) if found else ""


def _selects(cards: Sequence[Element], sight: PageSight, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield selectors of parts that most cards have once, with a name for the field; headings first."""
    count: Counter[tuple[str, str]] = Counter()
    known = {label.casefold() for label in labels}
    for card in cards:
        own: Counter[tuple[str, str]] = Counter()
        for element in card.iter(etree.Element):
            if element is not card and element.tag in PART_TAGS and sight.is_shown(element):
                text = folded(sight.text(element))
                if text and text.rstrip(" :").casefold() not in known and not _has_label(text, known):
                    own.update(_selectors(element))
        count.update(each for each, times in own.items() if times == 1)
    often = [each for each, number in count.items() if number >= MOST * len(cards)]
    yield from sorted(often, key=lambda each: each[0].split(" ")[0] not in HEADING_TAGS)


def _without_frames(cards: Sequence[Element], selects: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return selectors without those of elements that are only around several others, as in the first card with all."""
    found = {select: compiled(select) for select, _ in selects}
    for card in cards:
        elements = {select: each[0] for select, find in found.items() if (each := find(card))}
        if len(elements) == len(found):
            inside = {
                select: {other for other in elements.values() if element in other.iterancestors()}
                for select, element in elements.items()
            }
            return [each for each in selects if len(inside[each[0]]) < 2]
    return list(selects)


def _called(name: str) -> str:
    """Return what a class calls a part, without the words of the content system before it."""
    words = re.split(r"[-_]+", name)
    own = list(dropwhile(lambda word: word in SYSTEM_WORDS, words))
    return "_".join(own) or name


def _has_label(text: str, known: set[str]) -> bool:
    return any(text.casefold().startswith(f"{label}:") or f" {label}:" in text.casefold() for label in known)


def _selectors(element: Element) -> Iterator[tuple[str, str]]:
    """Yield the selectors by which a part of a card can be found, each with a name: by its class, or its tag."""
    names = [name for name in element.get("class", "").split() if CLASS_NAME.fullmatch(name)]
    if element.tag in HEADING_TAGS:
        yield str(element.tag), "name"
    elif names:
        telling = sorted(names, key=lambda name: SYSTEM_WORDS.issuperset(re.split(r"[-_]+", name)))
        yield from ((f"{element.tag}.{name}", _called(name)) for name in telling)
    elif element.tag in PART_NAMES and not len(element):
        alike = list(element.itersiblings(element.tag, preceding=True))
        more = alike or any(True for _ in element.itersiblings(element.tag))
        place = f":nth-of-type({len(alike) + 1})" if more else ""
        yield f"{element.tag}{place}", PART_NAMES[str(element.tag)]


def _link(cards: Sequence[Element], sight: PageSight, columns: Mapping[str, object]) -> ColumnDraft | None:
    """Return the field of the links of the cards, if most have one link, and each another one; else None."""
    for select in (*(f"{tag} a" for tag in HEADING_TAGS), "a"):
        found = [sight.links(compiled(select)(card)) for card in cards]
        targets = [each[0] for each in found if len(set(each)) == 1]
        if len(targets) >= MOST * len(cards) and len(set(targets)) >= MOST * len(targets):
            cells = DraftedCells(header="Link", cells=targets)
            name = "link" if "link" not in columns else "link_of_card"
            column = replace(draft_column(cells, has_months=False), name=name, header="", title="", kind="link")
            return replace(column, select=select, optional=len(targets) < len(cards), unsure="")
    return None
