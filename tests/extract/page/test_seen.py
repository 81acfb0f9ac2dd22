"""What is seen on a page is what is read, and everything on it is accounted for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import html5lib
import pytest
import webencodings
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.lists import ListDescription
from monitor.errors import ReadError
from monitor.extract.account import Account
from monitor.extract.page.links import page_meaning
from monitor.extract.page.lists import read_page
from monitor.extract.values import folded
from tests.extract.page.test_lists import DHS, DOJ, doj, items

if TYPE_CHECKING:
    from collections.abc import Mapping


CITIES = tuple(f"{name}, TX" for name in ("Alva", "Bowie", "Cisco", "Delta", "Edna", "Freer", "Groves", "Hearne"))


def read(
    page: str | bytes, lists: Mapping[str, ListDescription] = DOJ, charset: str | None = None
) -> tuple[dict[str, list[str]], Account]:
    """The names of each list, and the account."""
    account = Account(charset=charset)
    found = read_page(page if isinstance(page, bytes) else page.encode(), lists, account)
    return {each.name: [record.values[0] or "" for record in each.records] for each in found}, account


def kinds(account: Account) -> set[tuple[str, str]]:
    """The parts that could hold records, by kind and place."""
    return {(str(part.kind), part.where) for part in account.parts.values() if part.holds}


def cities(content: str) -> str:
    """The page of the Department of Justice with other content under its last heading."""
    return doj({"STATES": items(("California",)), "COUNTIES": items(("Cook County, IL",)), "CITIES": content})


NAMES = [name.removesuffix(", TX") for name in CITIES]


@pytest.mark.parametrize(
    "content",
    [
        f"<div><div>{items(CITIES[:5])}</div><div>{items(CITIES[5:])}</div></div>",
        items(CITIES[:5]) + items(CITIES[5:]),
        f"{items(CITIES[:5])}<h2>CITIES (continued)</h2>{items(CITIES[5:])}",
        f"{items(CITIES[:5])}<h2>Cities, cont'd</h2>{items(CITIES[5:])}",
        items((*CITIES[:5], *CITIES[5:])).replace("<li>Edna", "</body><li>Edna"),
        items(CITIES).replace("<li>Edna", "</html></body><li>Edna"),
        items(CITIES).replace("</ul>", '<li hidden>Boston, MA</li><li style="display: none">Austin, TX</li></ul>'),
        items(CITIES).replace("Alva, TX", 'Alva, TX<span class="usa-sr-only">, opens in a new tab</span>'),
        items(CITIES).replace("Alva, TX", '<a href="/a">Alva, TX<span class="visually-hidden"> (link)</span></a>'),
    ],
)
def test_the_whole_list_is_read_as_it_is_shown(content: str) -> None:
    """In two columns, under a second heading, around a stray end tag, and without what nobody sees."""
    found, account = read(cities(content))
    assert found["cities"] == NAMES
    assert kinds(account) == set()
    assert account.suspicions == []


def test_links_after_other_text_are_no_items() -> None:
    """They are passed over, and no reason to hold the page."""
    found, account = read(cities(f"{items(CITIES)}<p>See also</p><ul><li><a href='/c'>Contact us, TX</a></li></ul>"))
    assert found["cities"] == NAMES
    assert kinds(account) == set()


def test_a_second_list_of_what_was_removed_is_not_read_as_listed() -> None:
    """The same headings under another one: held where it is new, and nothing of it is added."""
    more = f"<h1>Removed from the list on July 1</h1><h2>CITIES</h2>{items(CITIES[5:])}"
    found, account = read(cities(items(CITIES[:5]) + more))
    assert found["cities"] == NAMES[:5]
    assert kinds(account) == {("section", "cities: Removed from the list on July 1 / CITIES")}


def test_a_heading_that_no_list_claims_is_accounted_for() -> None:
    """Its items are places as those of the lists are; other sections with items are no reason to hold the page."""
    _, account = read(
        doj(after=f"<h2>TOWNSHIPS</h2>{items(CITIES)}<h2>Related</h2>{items(('About', 'Press', 'Data'))}")
    )
    assert ("section", "TOWNSHIPS") in kinds(account)
    assert ("section", "Related") not in kinds(account)
    assert any(part.where == "Related" for part in account.parts.values())


@pytest.mark.parametrize("end", ["</body>", "</html>", "</body></html>"])
def test_a_page_without_its_end_says_so(end: str) -> None:
    """Cut between two items with a right length, it looks whole otherwise."""
    whole = cities(items(CITIES))
    assert kinds(read(whole)[1]) == set()
    assert ("end", "end") in kinds(read(whole[: whole.index("<li>Edna")])[1])
    assert kinds(read(whole[: whole.rindex("</body>")] + end)[1]) == set()


@pytest.mark.parametrize(
    "tags", ["<s>{}</s>", "<del>{}</del>", "<span style='text-decoration: line-through'>{}</span>"]
)
def test_an_entry_that_is_struck_out_is_news(tags: str) -> None:
    """The page counts as another one, the entry is no longer listed, and the page waits for a person."""
    before, after = cities(items(CITIES)), cities(items((tags.format(CITIES[0]), *CITIES[1:])))
    assert page_meaning(before.encode()) != page_meaning(after.encode())
    found, account = read(after)
    assert found["cities"] == NAMES[1:]
    assert kinds(account) == {("struck", "Alva, TX")}


def test_what_nobody_sees_makes_no_other_page() -> None:
    """Text for screen readers, and what is not shown at all."""
    before = cities(items(CITIES))
    after = before.replace("Alva, TX", 'Alva, TX<span class="sr-only"> (external)</span>').replace(
        "</ul>", "<li hidden>Boston, MA</li></ul>"
    )
    assert page_meaning(before.encode()) == page_meaning(after.encode())


@pytest.mark.parametrize(
    "more", ['<a rel="next" href="?page=1">2</a>', "<button>Show more</button>", "<a href='?p=2'>Next &rsaquo;</a>"]
)
def test_further_pages_are_told(more: str) -> None:
    """They are not followed, so that a page that begins to have some is held."""
    assert ("pager", "pager") in kinds(read(doj(after=more))[1])


def test_the_server_names_the_encoding() -> None:
    """Its header wins over what the page says of itself, as in browsers."""
    page = doj({"STATES": items(("California",)), "COUNTIES": items(("Doña Ana County, NM",)), "CITIES": items(CITIES)})
    stale = page.replace('charset="utf-8"', 'charset="iso-8859-1"').encode()
    assert read(stale, charset="utf-8")[0]["counties"] == ["Doña Ana County"]


@pytest.mark.parametrize(
    "label", ["latin1", "l1", "iso8859-1", "iso_8859-1", "latin-1", "windows-1252", "us-ascii", "x-cp1252"]
)
def test_labels_of_encodings_are_those_of_browsers(label: str) -> None:
    """A curly apostrophe in Windows-1252 is one, under whatever name."""
    page = cities(items(("Land\u2019s End, TX", *CITIES))).replace("utf-8", label)
    assert read(page.encode("cp1252"))[0]["cities"][0] == "Land\u2019s End"


NATIVE = (
    "Doña Ana", "Peña\u2019s Blanca", "Łódź", "Αθήνα", "Москва", "ירושלים", "القاهرة", "กรุงเทพ", "東京", "北京", "臺北",
    "서울", "Ísafjörður", "İzmir",
)  # fmt: skip


def encoded(label: str, place: str) -> bytes:
    """A page in an encoding, with the names that it can hold, which is told by its label in some place."""
    encoding = webencodings.lookup(label)
    if not place.startswith("header") and encoding.name.startswith("utf-16"):
        encoding = webencodings.UTF8  # which a page that says so of itself is in
    told = {
        "meta": f"<meta charset='{label}'>",
        "http-equiv": f'<META content="text/html; charset={label}" http-equiv=content-type>',
        "header": "",
        "header beside meta": "<meta charset=utf-8>",
    }[place]
    names = []
    for name in NATIVE:
        with suppress(UnicodeError):
            encoding.codec_info.encode(name)
            names.append(name)
    listed = "".join(f"<li class=cities>{name}, TX</li>" for name in (*names, "Alva"))
    return bytes(
        encoding.codec_info.encode(f"<html><head>{told}</head><body><h2>CITIES</h2><ul>{listed}</ul></body>")[0]
    )


@pytest.mark.parametrize("place", ["meta", "http-equiv", "header", "header beside meta"])
def test_every_label_of_an_encoding_is_known(place: str) -> None:
    """Wherever it stands, a page is read as a browser reads it."""
    others = {}
    for label in webencodings.LABELS:
        page, charset = encoded(label, place), label if place.startswith("header") else None
        found, _ = read(page, {"cities": DOJ["cities"]}, charset=charset)
        expected = by_html5lib(page, charset)
        if found["cities"] != expected:
            others[label] = (found["cities"], expected)
    assert others == {}


BLOCK = """<h2>{state}</h2><h3>State</h3><ul><li>{line}</li></ul>
<h3>{heading}</h3><ul><li>Alameda County<ul><li>Alpine County</li></ul></li><li>Butte County</li></ul>"""
AS_PUBLISHED = f"""<!DOCTYPE html><html><body><main><h1>Sanctuary Jurisdictions</h1>
{BLOCK.format(state="California", line="Self-identification as a State Sanctuary Jurisdiction", heading="County")}
{BLOCK.format(state="Rhode Island", line="Court Order Requiring State Sanctuary Requirements", heading="Counties")}
<h2>District of Columbia</h2><h3>Cities</h3><ul><li>Self-Identification as Local Sanctuary Jurisdiction</li></ul>
</main></body></html>"""


def test_the_list_of_dhs_as_it_was_published() -> None:
    """One county under `County`, a state line in other words, a nested item, and the District under `Cities`."""
    found, account = read(AS_PUBLISHED, DHS)
    assert found["states"] == ["California", "Rhode Island"]
    assert found["counties"] == ["Alameda County", "Alpine County", "Butte County"] * 2
    assert found["cities"] == ["District of Columbia"]
    assert account.suspicions == []


def test_a_section_between_lists_that_no_list_claims_holds_the_page() -> None:
    """Also the first time: its heading is another word for one that is described."""
    _, account = read(AS_PUBLISHED.replace("<h3>County</h3>", "<h3>Local jurisdictions</h3>"), DHS)
    assert [suspicion.message for suspicion in account.suspicions] == [
        "under the heading 'Local jurisdictions' stand 3 items that no list takes, between lists that are described"
    ]


def test_a_heading_that_is_gone_is_no_empty_list() -> None:
    """A list that may be empty has its heading over no items, or none at all: the second is accounted for."""
    found, account = read(AS_PUBLISHED.replace("<h3>State</h3>", "<h3>Overall</h3>"), DHS)
    assert found["states"] == []
    assert ("section", "states: no heading") in kinds(account)


def test_state_headings_may_stand_at_a_lower_level() -> None:
    """Accordions have the levels of their looks."""
    page = AS_PUBLISHED.replace("<h2>", "<h4><button>").replace("</h2>", "</button></h4>")
    assert read(page, DHS)[0]["counties"] == ["Alameda County", "Alpine County", "Butte County"] * 2


def by_html5lib(page: bytes, charset: str | None = "utf-8") -> list[str]:
    """The items under the last heading as a browser's tree has them; `charset` is what the server named."""
    tree = html5lib.parse(
        page, treebuilder="lxml", namespaceHTMLElements=False, transport_encoding=charset, useChardet=False
    )
    found: dict[object, list[str]] = {item: [] for item in tree.iter("li") if "cities" in item.get("class", "")}
    for text in tree.xpath("//text()[not(parent::script)]"):
        around = text.getparent() if text.is_text else text.getparent().getparent()
        items = (each for each in (around, *around.iterancestors()) if each.tag == "li")
        found.get(next(items, None), []).append(text)
    return [name.removesuffix(", TX") for text in found.values() if (name := folded("".join(text)))]


STRAY = st.sampled_from(
    [
        "</body>",
        "</html>",
        "</div>",
        "</p>",
        "</span>",
        "</section>",
        "<p>",
        "</b>",
        "<b></b>",
        "</table>",
        "<br>",
        "</h3>",
        "</em>",
        "<a href=/x>",
        "</a>",
        "<a href=/y>",
        "<form>",
        "</form>",
        "<form action=/z>",
        "<i>",
        "<div>",
        "<span>",
        "</li></li>",
        "</tr>",
        "</td>",
        "<tr>",
        "<td>",
        "</select>",
        "</button>",
        "<center>",
        "</font>",
        "<h9>",
        "</ul>",
        "</main>",
        "<main>",
        "</article>",
        "<li>",
        "<ul>",
        "<button>",
    ]
)


@given(st.lists(st.tuples(st.integers(0, 7), STRAY), max_size=4), st.sampled_from(["", "</li>"]))
@settings(deadline=None)
def test_stray_and_missing_tags_lose_no_record(stray: list[tuple[int, str]], end: str) -> None:
    """The same names as in the tree that HTML's own rules make, or a page that is held."""
    listed = [f"<li class=cities>{name}{end}" for name in CITIES]
    for place, tag in stray:
        listed[place] += tag
    page = cities(f"<ul>{''.join(listed)}</ul>").encode()
    try:
        found, account = read(page)
    except ReadError:
        return
    assert found["cities"] == by_html5lib(page) or account.suspicions or kinds(account)


CELL_STRAY = st.sampled_from(
    [
        "</body>", "</html>", "</div>", "</p>", "<p>", "</b>", "<br>", "<a href=/x>", "</a>", "<form>", "</form>",
        "<i>", "<div>", "<span>", "</li>", "<center>", "<input type=hidden>", "<!-- x -->", "</font>", "</section>",
    ]
)  # fmt: skip
OFFICES = {"offices": ListDescription.model_validate({"columns": {"state": "State", "agency": "Agency"}})}


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3), CELL_STRAY), max_size=3), st.booleans())
@settings(deadline=None)
def test_stray_tags_in_a_table_lose_no_row(stray: list[tuple[int, int, str]], ends: bool) -> None:  # noqa: FBT001
    """Around rows, cells and their text, with or without their end tags: the rows are those of a browser."""
    rows = [["<tr><td>Texas", "</td>" * ends, f"<td>{name} Office", "</td></tr>\n" * ends] for name in NAMES]
    for row, place, tag in stray:
        rows[row][place] += tag
    body = "".join(map("".join, rows))
    page = f"<!DOCTYPE html><html><body><table><tr><th>State<th>Agency{body}</table></body></html>".encode()
    tree = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False, transport_encoding="utf-8")
    expected = [folded("".join(row.findall("td")[1].itertext())) for row in list(tree.iter("tr"))[1:]]
    account = Account()
    (found,) = read_page(page, OFFICES, account)
    assert [record.values[1] for record in found.records] == expected == [f"{name} Office" for name in NAMES]
