"""Reads lists whose records are cards: elements of a web page that a CSS selector finds, one for each record.

In a card, a value is the text of the elements that a second selector finds, or the text after a label like `Phone:`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cssselect import HTMLTranslator
from lxml import etree

from monitor.errors import LayoutError
from monitor.extract.grid import Table
from monitor.extract.page.flow import joined
from monitor.extract.page.labels import CardText, labelled
from monitor.extract.page.sections import title_of
from monitor.extract.page.sight import PageSight
from monitor.extract.table import cell_values
from monitor.extract.values import BULLET_MARK, folded
from monitor.model import Locator, PassedOverKind, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lxml.etree import _Element as Element

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.extract.account import Account
    from monitor.extract.page.flow import Flow
    from monitor.extract.page.tree import Selectors

MAX_SHOWN_FORMS = 8  # kinds of elements that a message names
MAX_SHOWN_TITLES = 12
MIN_REST_CHARACTERS = 3  # a shorter rest of a line, beside what is in fields, is a mark or a unit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """An element of a page that is one record; `titles` are the headings above it, the highest level first."""

    element: Element
    titles: tuple[str, ...]


class PageCards:
    """The cards of a page, for each of its lists.

    - `root`: the root element of the page. `page`: its blocks of text.
    - `lists`: the descriptions of its lists, by name.
    """

    def __init__(self, root: Element, page: Flow, lists: Mapping[str, ListDescription]) -> None:
        self.root = root
        self.sight = PageSight(root)
        self.titles: list[str] = []
        self._found = {name: compiled(each.card)(root) for name, each in lists.items() if each.card}
        self._titled: dict[str, list[Card]] = {}
        if not self._found:
            return
        everywhere = {each for elements in self._found.values() for each in elements}
        order = {each: number for number, each in enumerate(root.iter())}
        headings = [
            (order[block.owner], block.level, title_of(block.text))
            for block in joined(block for block in page.blocks if not block.chrome)
            if block.level is not None and everywhere.isdisjoint((block.owner, *block.owner.iterancestors()))
        ]
        self.titles = [title for _, _, title in headings]
        for name, elements in self._found.items():
            shown = [each for each in elements if self.sight.is_shown(each) and folded(self.sight.text(each))]
            self._titled[name] = list(_titled(shown, headings, order))

    def of(self, name: str) -> list[Card]:
        """Return the cards of the list `name` that a reader of the page sees, in the order of the page."""
        return self._titled[name]

    def struck(self, name: str) -> list[Element]:
        """Return the cards of the list `name` that are struck out."""
        return [each for each in self._found[name] if self.sight.is_struck(each)]


def compiled(selector: str) -> Callable[[Element], list[Element]]:
    """Return a function that takes an element, and returns it and the elements within it that a CSS selector fits."""
    path = etree.XPath(HTMLTranslator().css_to_xpath(selector))

    def find(element: Element) -> list[Element]:
        found: list[Element] = path(element)
        return found

    return find


def _titled(
    elements: Sequence[Element], headings: Sequence[tuple[int, int, str]], order: Mapping[Element, int]
) -> list[Card]:
    """Return the cards with the headings above them; `headings` have their order, level and title."""
    stack: list[tuple[int, str]] = []
    result, at = [], 0
    for element in sorted(elements, key=order.__getitem__):
        while at < len(headings) and headings[at][0] < order[element]:
            _, level, title = headings[at]
            stack = [each for each in stack if each[0] < level] + [(level, title)]
            at += 1
        result.append(Card(element=element, titles=tuple(title for _, title in stack)))
    return result


@dataclass(slots=True)
class _Values:
    """What was found in the cards of a list: the text of each field, its link, and which fields a card lacks."""

    texts: list[list[str]] = field(default_factory=list)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    lacking: list[set[str]] = field(default_factory=list)


def read_cards(
    name: str, description: ListDescription, *, page: PageCards, selectors: Selectors, account: Account
) -> RecordList:
    """Return the list `name`: one record for each card that its description finds.

    - `page`: the cards of the page.
    - `selectors`: makes for each record the selector by which it is found on the page again.
    - `account`: gets the texts of cards that are in no field, and a warning for cards that lack a field.

    Raises LayoutError if there are no cards, if cards are within cards, or if no card has a field that is not optional.
    """
    for element in page.struck(name):
        text = folded("".join(element.itertext()))
        message = f"{name}: the card {text[:80]!r} is struck out"
        account.pass_over(PassedOverKind.STRUCK, text, [text], message=message, holds=True, list_name=name)
    cards = _under_heading(name, description, page)
    if not cards:
        message = f"{name}: no element of the page is like {description.card!r}"
        account.pass_over(PassedOverKind.SECTION, "no card", message=message, holds=True, list_name=name)
        return RecordList(name=name, fields=description.fields, records=())
    _refuse_nested(name, description, cards)
    found = _values(name, description, cards, page, account)
    _judge(name, description, cards, found, sight=page.sight, account=account)
    table = Table(title=f"cards of {name}", rows=found.texts, links=found.links, locate=lambda _: Locator())
    required = _required(description)
    nowhere = [all(field in lacking for lacking in found.lacking) for field in description.columns]
    records = []
    for card, values, lacking in zip(cards, cell_values(table, description.columns), found.lacking, strict=True):
        if required and required <= lacking:
            continue
        read = [None if absent else value for value, absent in zip(values, nowhere, strict=True)]
        groups = [
            _group(name, card, description, page.sight) for each in description.group if each not in description.columns
        ]
        records.append(Record(values=(*read, *groups), locator=Locator(selector=selectors.of(card.element))))
    return RecordList(name=name, fields=description.fields, records=tuple(records))


def _required(description: ListDescription) -> set[str]:
    return {field for field, column in description.columns.items() if not column.optional}


def _under_heading(name: str, description: ListDescription, page: PageCards) -> list[Card]:
    """Return the cards that have text, under the described heading if there is one. Raises LayoutError for none."""
    heading, cards = description.heading, page.of(name)
    chosen = [card for card in cards if heading is None or any(heading.search(title) for title in card.titles)]
    if chosen or description.may_be_empty:
        return chosen
    if cards and heading is not None:
        there = ", ".join(repr(title[:60]) for title in page.titles[:MAX_SHOWN_TITLES]) or "none"
        raise LayoutError(
            f"list {name!r}: no card is under a heading like {heading.pattern!r}; the headings of the page are {there}"
        )
    body = page.root.find("body")
    there = _forms(page.root if body is None else body)
    raise LayoutError(f"list {name!r}: no element of the page is like card {description.card!r}; there are {there}")


def _forms(element: Element) -> str:
    """Return the kinds of elements within another, like `div.facility (12)`, the most frequent first; with classes."""
    inside = [each for each in element.iter(etree.Element) if each is not element]
    count = Counter(_form(each) for each in inside)
    classed = [each for each in count.most_common() if "." in each[0]]
    plain = [each for each in count.most_common() if "." not in each[0]]
    shown = [f"{form} ({number})" for form, number in (*classed, *plain)[:MAX_SHOWN_FORMS]]
    return ", ".join(shown) or "no elements in it"


def _form(element: Element) -> str:
    return ".".join((str(element.tag), *element.get("class", "").split()))[:80]


def _refuse_nested(name: str, description: ListDescription, cards: Sequence[Card]) -> None:
    elements = {card.element for card in cards}
    for card in cards:
        outer = next((each for each in card.element.iterancestors() if each in elements), None)
        if outer is not None:
            raise LayoutError(
                f"list {name!r}: {description.card!r} finds {_form(card.element)} within {_form(outer)}, and a record "
                "can't be within another; make card narrower, like 'ul > li.facility'"
            )


def _group(name: str, card: Card, description: ListDescription, sight: PageSight) -> str:
    """Return the heading that names the group of a card: the nearest above it that is not the list's own.

    Raises LayoutError if there is none.
    """
    heading = description.heading
    titles = [title for title in card.titles if heading is None or not heading.search(title)]
    if not titles:
        text = folded(sight.text(card.element))
        raise LayoutError(f"list {name!r}: the card {text[:80]!r} stands under no heading, which should name its group")
    return titles[-1]


def _values(
    name: str, description: ListDescription, cards: Sequence[Card], page: PageCards, account: Account
) -> _Values:
    """Return what the fields of the list are in each card, and note in the account the texts that are in none."""
    finders = {key: compiled(column.select) for key, column in description.columns.items() if column.select}
    labels = [column.label for column in description.columns.values() if column.label]
    found = _Values()
    for number, card in enumerate(cards):
        texts: list[str] = []
        lacking = set()
        for place, (key, column) in enumerate(description.columns.items()):
            if key in finders:
                value = _selected(card.element, finders[key], column, page.sight)
            else:
                value = labelled(card.element, column, labels, page.sight)
            if value is None:
                lacking.add(key)
            elif column.kind == "link" and value.links:
                found.links[number, place] = value.links[0]
                if len(set(value.links)) > 1:
                    where = column.select or column.label
                    account.suspect(f"{name}: {where!r} finds several links in one card; say which", list_name=name)
            if value and value.several:
                account.suspect(f"{name}: {column.label!r} stands in a card before several values", list_name=name)
            texts.append(value.text if value else "")
        found.texts.append(texts)
        found.lacking.append(lacking)
        if not _required(description) <= lacking:
            _account_for_rest(name, card.element, [*texts, *labels], page.sight, account)
    return found


def _selected(
    card: Element, find: Callable[[Element], list[Element]], column: Column, sight: PageSight
) -> CardText | None:
    """Return the text and links of the elements in a card that a selector finds; None if it finds none that is seen.

    The card itself counts only if nothing else is found.
    """
    seen = [each for each in find(card) if sight.is_shown(each)]
    inner = dict.fromkeys(each for each in seen if each is not card) or dict.fromkeys(seen)
    outermost = [each for each in inner if not any(above in inner for above in each.iterancestors())]
    if not outermost:
        return None
    texts = (sight.text(each, bullets=column.kind == "bullets") for each in outermost)
    return CardText(text="\n".join(filter(None, texts)), links=sight.links(outermost))


def _judge(
    name: str,
    description: ListDescription,
    cards: Sequence[Card],
    found: _Values,
    *,
    sight: PageSight,
    account: Account,
) -> None:
    """Suspect the list if some cards lack a field. Raises LayoutError if all do; cards without any field are noted."""
    required = _required(description)
    whole = [(card, lacking) for card, lacking in zip(cards, found.lacking, strict=True) if not required <= lacking]
    for key in required:
        column = description.columns[key]
        where = f"select {column.select!r}" if column.select else f"label {column.label!r}"
        without = [card for card, lacking in whole if key in lacking]
        if len(without) == len(whole):
            raise LayoutError(
                f"list {name!r}: {where} finds {key} in none of the {len(cards)} cards; in the first are "
                f"{_forms(cards[0].element)}"
            )
        if without:
            first = folded(sight.text(without[0].element))[:80]
            message = f"{len(without)} of {len(whole)} cards have no {key} ({where}), the first of them {first!r}"
            account.suspect(f"{name}: {message}; if that is right, say optional", list_name=name)
    for card, lacking in zip(cards, found.lacking, strict=True):
        if required and required <= lacking:
            lines = sight.text(card.element).split("\n")
            message = f"{name}: the card {folded(lines[0])[:80]!r} has none of the fields, and was not read"
            account.pass_over(
                PassedOverKind.ITEMS, "cards without fields", lines, message=message, holds=True, list_name=name
            )


def _account_for_rest(name: str, card: Element, known: Sequence[str], sight: PageSight, account: Account) -> None:
    """Note in the account the texts of a card that are in no field: under their label, or else by their element.

    `known` are the card's values, and the labels of the list.
    """
    parts = {folded(BULLET_MARK.sub("", line)).casefold() for text in known for line in (text, *text.split("\n"))}
    plain = sorted(parts - {""}, key=len, reverse=True)
    label = ""  # of a definition
    for element, block in sight.blocks(card):
        if element.tag == "dt":
            label = folded(block).rstrip(" :")
        for line in block.split("\n"):
            text = folded(line)
            bare = text.casefold()
            for each in plain:
                bare = bare.replace(each, " ")
            if sum(map(str.isalnum, bare)) < MIN_REST_CHARACTERS:
                continue
            before, colon, after = text.partition(":")
            named = label if element.tag in {"dt", "dd"} else before if colon and len(before) < 40 else ""
            if named:
                message = f"{name}: {named!r} in a card is described nowhere"
                values = [after] if colon else [text] if text.rstrip(" :") != named else []
                account.pass_over(PassedOverKind.COLUMN, named, values, message=message, list_name=name)
                continue
            message = f"{name}: a card has the text {text[:80]!r} in {_form(element)}, which is of no field"
            where = f"in a card: {_form(element)}"
            account.pass_over(PassedOverKind.ITEMS, where, [text], message=message, holds=True, list_name=name)
