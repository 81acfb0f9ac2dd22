"""Lists whose records are cards of a page: selectors, labels, what is hidden, nested, lacking or new."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from monitor.config.lists import ListDescription
from monitor.errors import LayoutError
from monitor.extract.account import Account
from monitor.extract.page import lists as page_lists
from monitor.model import PassedOverKind, RecordList

COLUMNS: dict[str, Any] = {
    "name": {"select": "h3"},
    "page": {"select": "h3 a", "kind": "link"},
    "phone": {"label": "Phone"},
    "address": {"select": ".address"},
}


def card(name: str, phone: str = "555", more: str = "", attributes: str = "") -> str:
    """A card as many pages have it."""
    return (
        f"<div class='facility' {attributes}><h3><a href='/{name.split(maxsplit=1)[0].lower()}'>{name}</a></h3>"
        f"<p class='address'>1 Main St<br>{name.split(maxsplit=1)[0]}, TX</p><p><b>Phone:</b> {phone}</p>{more}</div>"
    )


def page(*parts: str) -> bytes:
    """A page with these parts."""
    body = "".join(parts)
    return (
        "<!DOCTYPE html><html><body><nav><div class='facility'><h3>Menu</h3></div></nav><main><h1>Facilities</h1>"
        f"{body}</main></body></html>"
    ).encode()


def read(content: bytes, *, account: Account | None = None, **more: Any) -> RecordList:
    """The one list of a page."""
    tree = {"card": "div.facility", "columns": COLUMNS} | more
    (made,) = page_lists.read_page(content, {"list": ListDescription.model_validate(tree)}, account)
    return made


def values(content: bytes, **more: Any) -> list[tuple[str | None, ...]]:
    """The values of its records."""
    return [record.values for record in read(content, **more).records]


ADAMS = ("Adams Jail", "/adams", "555", "1 Main St\nAdams, TX")
BAKER = ("Baker Jail", "/baker", "556", "1 Main St\nBaker, TX")


def test_each_card_is_a_record() -> None:
    """With the text of what a selector finds, the address of a link, and the text after a label."""
    content = page(card("Adams Jail"), card("Baker Jail", "556"))
    account = Account()
    made = read(content, account=account)
    assert made.fields == ("name", "page", "phone", "address")
    assert [record.values for record in made.records] == [ADAMS, BAKER]
    assert (account.parts, account.suspicions) == ({}, [])
    soup = BeautifulSoup(content, "lxml")
    for record, name in zip(made.records, ("Adams Jail", "Baker Jail"), strict=True):
        (element,) = soup.select(record.locator.selector or "")
        assert element.h3 is not None
        assert element.h3.get_text() == name


@pytest.mark.parametrize(
    "part",
    [
        "<p><b>Phone:</b> 555</p>",
        "<p><strong>Phone</strong>: 555</p>",
        "<p>Phone: 555</p>",
        "<p>PHONE: 555; Fax: 7</p>",
        "<p>Call us<br>Phone:<br>555</p>",
        "<dl><dt>Fax</dt><dd>7</dd><dt>Phone</dt><dd>555</dd><dt>Hours</dt><dd>9</dd></dl>",
        "<dl><dt><b>Phone:</b></dt><dd>555</dd></dl>",
        "<div><span class=l>Phone</span><span>555</span><span class=l>Fax</span><span>7</span></div>",
        "<div><div>Phone</div><div>555</div></div>",
        "<table><tr><th>Phone</th><td>555</td></tr><tr><th>Fax</th><td>7</td></tr></table>",
        "<p><b>Phone:</b> 555 <b>Fax:</b> 7</p>",
        "<p><b>Phone:</b><br>555<br><b>Fax:</b> 7</p>",
        "<p><span hidden>Phone: 1</span><b>Phone:</b> <s>554</s> 555</p>",
        "<ul><li>Phone: 555</li><li>Fax: 7</li></ul>",
        "<h4>Phone</h4><p>555</p><h4>Fax</h4><p>7</p>",
        "<p><b>Phone:</b> <a href='tel:555'>555</a></p>",
    ],
)
def test_the_text_after_a_label(part: str) -> None:
    """In each way in which pages write it."""
    columns = {"name": {"select": "h3"}, "phone": {"label": "Phone"}, "fax": {"label": "Fax", "optional": True}}
    ((name, phone, fax),) = values(page(f"<div class=facility><h3>Adams</h3>{part}</div>"), columns=columns)
    assert (name, phone) == ("Adams", "555")
    assert fax == ("7" if "Fax" in part else None)


def test_a_label_without_a_value_is_empty() -> None:
    """And does not take that of the next label."""
    part = "<dl><dt>Phone</dt><dt>Fax</dt><dd>7</dd></dl>"
    columns = {"phone": {"label": "Phone"}, "fax": {"label": "Fax"}}
    assert values(page(f"<div class=facility>{part}</div>"), columns=columns) == [("", "7")]


def test_a_label_with_two_values_is_suspected() -> None:
    """It can't be told which is meant; the same value twice is one."""
    columns = {"phone": {"label": "Phone"}}
    for second, suspected in (("555", []), ("556", ["list: 'Phone' stands in a card before several values"])):
        account = Account()
        part = f"<dl><dt>Phone</dt><dd>555</dd></dl><p><b>Phone:</b> {second}</p>"
        made = read(page(f"<div class=facility>{part}</div>"), columns=columns, account=account)
        assert [record.values for record in made.records] == [("555",)]
        assert [each.message for each in account.suspicions] == suspected


def test_kinds_are_read_as_in_tables() -> None:
    """Dates, bullets, links."""
    more = "<ul><li>Jail</li><li>Court</li></ul><p>Opened: June 12, 2025</p>"
    columns = {
        "opened": {"label": "Opened", "kind": "date"},
        "rooms": {"select": "ul", "kind": "bullets"},
        "items": {"select": "li"},
        "site": {"select": "h3", "kind": "link"},
    }
    assert values(page(card("Adams Jail", more=more)), columns=columns) == [
        ("2025-06-12", "Jail\nCourt", "Jail\nCourt", "/adams")
    ]


def test_a_card_that_is_a_link_itself() -> None:
    """Its own address, and no other."""
    content = page("<a class=facility href='/1'><h3>Adams</h3></a><a class=facility href='/2'><h3>Baker</h3></a>")
    columns = {"name": {"select": "h3"}, "page": {"select": "a.facility", "kind": "link"}}
    assert values(content, card="a.facility", columns=columns) == [("Adams", "/1"), ("Baker", "/2")]


@pytest.mark.parametrize(
    "attributes", ["hidden", "style='display:none'", "class2 aria-hidden=false hidden", "style='visibility: hidden'"]
)
def test_hidden_cards_are_not_read(attributes: str) -> None:
    """Nor those in menus."""
    content = page(card("Adams Jail"), card("Baker Jail", attributes=attributes), f"<div hidden>{card('Clay')}</div>")
    assert values(content) == [ADAMS]


def test_a_card_that_a_reader_can_unfold_is_read() -> None:
    """A button elsewhere shows it."""
    content = page("<button aria-controls=more>More</button>", card("Adams Jail", attributes="id=more hidden"))
    assert values(content) == [ADAMS]


def test_a_card_that_is_struck_out_is_held() -> None:
    """It is no record, and is noted."""
    account = Account()
    content = page(card("Adams Jail"), f"<del>{card('Baker Jail')}</del>")
    assert [record.values for record in read(content, account=account).records] == [ADAMS]
    assert (PassedOverKind.STRUCK, True) in [(part.kind, part.holds) for part in account.parts.values()]


def test_heading_narrows_and_group_names() -> None:
    """Headings within cards are none of the page."""
    content = page(
        "<h2>Texas</h2>", card("Adams Jail"), card("Baker Jail", "556"), "<h2>Florida</h2>", card("Clay Jail"),
        "<h2>Closed</h2><h3>Texas</h3>", card("Dade Jail"),
    )  # fmt: skip
    made = read(content, group=["state"])
    assert made.fields[-1] == "state"
    names = [(record.values[0], record.values[-1]) for record in made.records]
    assert names == [("Adams Jail", "Texas"), ("Baker Jail", "Texas"), ("Clay Jail", "Florida"), ("Dade Jail", "Texas")]
    assert [values_[0] for values_ in values(content, heading="^Closed$")] == ["Dade Jail"]
    closed = read(content, heading="^Closed$", group="state")
    assert [record.values[-1] for record in closed.records] == ["Texas"]


def test_a_card_under_no_heading_has_no_group() -> None:
    """So its list is refused."""
    content = page(card("Adams Jail")).replace(b"<h1>Facilities</h1>", b"")
    with pytest.raises(
        LayoutError, match=r"the card 'Adams Jail .*' stands under no heading, which should name its group"
    ):
        read(content, group="state")


def test_no_card_is_refused_with_what_is_there() -> None:
    """The elements with classes first."""
    with pytest.raises(
        LayoutError, match=r"no element of the page is like card 'li.site'; there are div.facility \(2\), "
    ):
        read(page(card("Adams Jail")), card="li.site")
    account = Account()
    assert read(page("<p>None</p>"), may_be_empty=True, account=account).records == ()
    assert all(part.holds for part in account.parts.values())
    with pytest.raises(
        LayoutError, match="no card is under a heading like 'Gone'; the headings of the page are 'Facil"
    ):
        read(page(card("Adams Jail")), heading="Gone")


def test_a_selector_that_finds_nothing_in_any_card_is_refused_with_what_is_there() -> None:
    """The message is enough to mend it."""
    with pytest.raises(
        LayoutError, match=r"select 'h2' finds name in none of the 2 cards; in the first are p.address \(1\), "
    ):
        read(page(card("Adams Jail"), card("Baker Jail")), columns=COLUMNS | {"name": {"select": "h2"}})
    with pytest.raises(LayoutError, match="label 'Fax' finds name in none of the 1 cards"):
        read(page(card("Adams Jail")), columns=COLUMNS | {"name": {"label": "Fax"}})


def test_an_optional_field_that_no_card_has_is_absent() -> None:
    """And not empty, so that its values are not told as gone."""
    columns = COLUMNS | {"fax": {"label": "Fax", "optional": True}}
    assert values(page(card("Adams Jail")), columns=columns) == [(*ADAMS, None)]
    content = page(card("Adams Jail"), card("Baker Jail", "556", "<p>Fax: 7</p>"))
    assert values(content, columns=columns) == [(*ADAMS, ""), (*BAKER, "7")]


def test_a_card_that_lacks_a_field_is_suspected() -> None:
    """The record is read without it."""
    account = Account()
    content = page(card("Adams Jail"), card("Baker Jail").replace("<b>Phone:</b> 555", ""))
    assert [record.values[2] for record in read(content, account=account).records] == ["555", ""]
    (suspicion,) = account.suspicions
    assert suspicion.message.startswith(
        "list: 1 of 2 cards have no phone (label 'Phone'), the first of them 'Baker Jail"
    )


def test_a_card_without_any_field_is_no_record_and_is_noted() -> None:
    """Such as an advertisement of the same class."""
    account = Account()
    content = page(card("Adams Jail"), "<div class=facility><p>Find a facility near you</p></div>")
    assert len(read(content, account=account).records) == 1
    (part,) = account.parts.values()
    assert (part.kind, part.holds, part.texts) == (PassedOverKind.ITEMS, True, ("Find a facility near you",))
    assert not account.suspicions


def test_cards_within_cards_are_refused() -> None:
    """A record can't be within another."""
    content = page(f"<div class='facility all'>{card('Adams Jail')}</div>")
    with pytest.raises(
        LayoutError, match=r"'div.facility' finds div.facility within div.facility.all, and a record can't"
    ):
        read(content)


def test_several_links_where_one_is_meant_are_suspected() -> None:
    """The first is read."""
    account = Account()
    read(page(card("Adams Jail").replace("</h3>", "<a href='/x'>x</a></h3>")), account=account)
    assert [each.message for each in account.suspicions] == ["list: 'h3 a' finds several links in one card; say which"]


def test_texts_of_no_field_are_noted() -> None:
    """By their label, or by their element, which holds a version in which it is new."""
    account = Account()
    more = "<p>Capacity: 50</p><p class=address>TX 1</p><dl><dt>Owner</dt><dd>County</dd></dl>"
    more += "<span class='badge new'>Closed by Adams Jail in May</span>"
    read(page(card("Adams Jail", more=more)), account=account)
    assert not account.suspicions
    parts = [(part.kind, part.where, part.texts, part.holds) for part in account.parts.values()]
    assert parts == [
        (PassedOverKind.COLUMN, "list: Capacity", ("50",), False),
        (PassedOverKind.COLUMN, "list: Owner", ("County",), False),
        (PassedOverKind.ITEMS, "list: in a card: div.facility", ("Closed by Adams Jail in May",), True),
    ]


def test_cards_beside_other_lists() -> None:
    """One page may have a table, items and cards."""
    content = page(
        card("Adams Jail"), "<table><tr><th>State<th>Count<tr><td>TX<td>1</table>", "<h2>Closed</h2><ul><li>Clay</ul>"
    )
    described = {
        "cards": ListDescription.model_validate({"card": "div.facility", "columns": COLUMNS}),
        "counts": ListDescription.model_validate({"columns": {"state": "State", "count": "Count"}}),
        "closed": ListDescription.model_validate({"item": "(?P<name>.+)", "heading": "Closed"}),
    }
    made = page_lists.read_page(content, described)
    assert [[record.values for record in each.records] for each in made] == [[ADAMS], [("TX", "1")], [("Clay",)]]
