"""Web pages: items under headings, tables, paragraphs, and what does not count."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.file import load
from monitor.config.lists import ListDescription
from monitor.errors import BombError, LayoutError, UnreadableError
from monitor.extract.account import Account
from monitor.extract.page import lists as page_lists
from monitor.extract.page import tables, tree
from monitor.extract.page.flow import flow
from monitor.extract.values import folded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from monitor.model import RecordList

SOURCES = load(Path(__file__).parents[3] / "config.yaml").sources
DOJ = SOURCES["doj-sanctuary"].reports["page"].lists
DHS = SOURCES["dhs-sanctuary"].reports["page"].lists
NOTICES = {"notices": SOURCES["ice-ddor"].reports["page"].lists["notices"]}

STATES = ("California", "Colorado", "District of Columbia", "New York")
COUNTIES = ("Baltimore County, MD", "Cook County, IL", "San Diego County, CA")
CITIES = ("Albuquerque, NM", "East Lansing, MI", "San Francisco City, CA")
NAMED = {"STATES": STATES, "COUNTIES": COUNTIES, "CITIES": CITIES}
CHARACTERISTICS = (
    "<ul><li><strong>Public Declarations:</strong> Cities, states, or counties that publicly declare themselves ..."
    "<li><strong>Limits on ICE Detainers:</strong> ...</li></ul>"
)


def items(names: tuple[str, ...]) -> str:
    """An HTML list."""
    return "<ul>" + "".join(f"<li>{name}</li>\n" for name in names) + "</ul>"


def doj(lists: Mapping[str, str] | None = None, *, heading: str = "<h2>{}</h2>", after: str = "") -> str:
    """The page of the Department of Justice, with these headings and what stands under them."""
    body = lists or {title: items(names) for title, names in NAMED.items()}
    parts = "".join(heading.format(title) + content for title, content in body.items())
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Cities</title><style>h2 {{}}</style></head><body>
        <header><nav><h2>Cities</h2><ul><li>Menu</li></ul></nav></header><main><article id="content">
        <h1>U.S. Sanctuary Jurisdiction List Following Executive Order 14287</h1>
        <p>The following characteristics were considered:</p>{CHARACTERISTICS}{parts}{after}</article></main>
        <footer><ul><li>Contact</li></ul></footer><script>var a = "<li>Boston, MA</li>";</script></body></html>"""


def dhs(state: str = "h2", part: str = "h3") -> str:
    """The page of the Department of Homeland Security, with these elements as headings."""

    def head(element: str, text: str) -> str:
        ends = "".join(f"</{each}>" for each in reversed(element.split()))
        return "".join(f"<{each}>" for each in element.split()) + text + ends

    return f"""<html><body><main><h1>Sanctuary Jurisdictions Defying Federal Immigration Law</h1><p>May 29, 2025</p>
        <div>{head(state, "Alaska")}{head(part, "Cities")}{items(("City of Anchorage",))}</div>
        <div>{head(state, "California")}
        {head(part, "State")}{items(("Self-identification as a State Sanctuary Jurisdiction",))}
        {head(part, "Counties")}{items(("Alameda County", "Contra Costa County"))}
        {head(part, "Cities")}{items(("Berkeley",))}</div>
        <div>{head(state, "Virginia")}{head(part, "Counties")}{items(("Martinsville County",))}</div></main></html>"""


DHS_VALUES = {
    "states": [("California", "California")],
    "counties": [
        ("Alameda County", "California"),
        ("Contra Costa County", "California"),
        ("Martinsville County", "Virginia"),
    ],
    "cities": [("City of Anchorage", "Alaska"), ("Berkeley", "California")],
    "notices": [],
}


def read(page: str | bytes, lists: Mapping[str, ListDescription] = DOJ) -> dict[str, list[tuple[str | None, ...]]]:
    """The values of each list of a page, after a look that each locator leads back to its record."""
    content = page.encode() if isinstance(page, str) else page
    found = page_lists.read_page(content, lists)
    _check_locators(content, found)
    return {each.name: [record.values for record in each.records] for each in found}


def _check_locators(content: bytes, found: tuple[RecordList, ...]) -> None:
    soup = BeautifulSoup(content, "lxml")
    for each in found:
        for record in each.records:
            (element,) = soup.select(record.locator.selector or "")
            text = folded(element.get_text())
            assert (record.values[0] or "") in text or element.name == "tr" or text.startswith("Self-identification")


def test_lists_of_the_doj_page() -> None:
    """States, counties and cities come from under their headings, and from nowhere else on the page."""
    assert read(doj()) == {
        "states": [(name, name) for name in STATES],
        "counties": [("Baltimore County", "MD"), ("Cook County", "IL"), ("San Diego County", "CA")],
        "cities": [("Albuquerque", "NM"), ("East Lansing", "MI"), ("San Francisco City", "CA")],
        "notices": [],
    }


@pytest.mark.parametrize(
    "heading",
    [
        "<h3>{}:</h3>",
        "<h2><span>{}</span><sup>1</sup></h2>",
        "<p><strong>{}</strong></p>",
        "<p><b>{}:</b>&nbsp;</p>",
        "<div><strong>{}</strong></div>",
        "<p>{}</p>",
        "<details><summary>{}</summary></details>",
        "<h4><button aria-expanded=false>{}</button></h4>",
        "<button class='usa-accordion__button'>{}</button>",
        "<div role=heading aria-level=3>{}</div>",
        "<dl><dt>{}</dt></dl>",
    ],
)
def test_heading_is_one_however_it_is_marked_up(heading: str) -> None:
    """Content systems write headings as bold paragraphs, buttons and more."""
    assert read(doj(heading=heading)) == read(doj())


@pytest.mark.parametrize(
    "item",
    [
        "<li>Cook&nbsp;County,\n  IL</li>",
        "<li><p>Cook County, IL</p></li>",
        "<li><a href='/cook'><em>Cook</em> County</a>, IL<sup>2</sup></li>",
        "<li>Cook County, IL*</li>",
        "<li>Cook County, IL [a]</li>",
        "<li><!-- new -->Cook<span></span> County, <span>IL</span></li>",
        "<li>Cook County,<br>IL</li>",
        "<li>Cook County, IL<script>x</script><template>y</template></li>",
        "</ul><ul><li>Cook County, IL</li>",
        "</ul><p>&nbsp;</p><ol><li>Cook County, IL</li></ol><ul>",
        "<li></li><li>Cook County, IL</li><li>*</li>",
    ],
)
def test_item_is_read_however_it_is_marked_up(item: str) -> None:
    """Links, notes, blanks and markup in and around an item don't change what it says."""
    lists = {title: items(names) for title, names in NAMED.items()}
    lists["COUNTIES"] = lists["COUNTIES"].replace("<li>Cook County, IL</li>", item)
    assert read(doj(lists))["counties"] == read(doj())["counties"]


@pytest.mark.parametrize(
    "content",
    [
        "<p>Baltimore County, MD<br>Cook County, IL<br/>\nSan Diego County, CA</p>",
        "<p>Baltimore County, MD</p><p>Cook County, IL</p><p>San Diego County, CA</p>",
        "<div>\u2022 Baltimore County, MD<br><br>\u2022 Cook County, IL<br>\u2022 San Diego County, CA</div>",
        "<dl><dd>Baltimore County, MD</dd><dd>Cook County, IL</dd><dd>San Diego County, CA</dd></dl>",
    ],
)
def test_lines_count_where_there_is_no_list(content: str) -> None:
    """Names that stand in paragraphs or lines of their own are read too."""
    lists = {title: items(names) for title, names in NAMED.items()} | {"COUNTIES": content}
    assert read(doj(lists))["counties"] == read(doj())["counties"]


def test_heading_may_be_the_first_line_of_its_list() -> None:
    """A paragraph that begins with a described heading holds its list, line by line."""
    parts = [f"<p><strong>{title}:</strong><br>{'<br>'.join(names)}</p>" for title, names in NAMED.items()]
    assert read(f"<html><body><h1>List</h1>{''.join(parts)}</body></html>") == read(doj())


def test_item_that_is_not_as_described_is_an_error() -> None:
    """An item under the right heading is never dropped: that would make a removal of it."""
    lists = {title: items(names) for title, names in NAMED.items()}
    lists["COUNTIES"] += "<ul><li>Cook County</li></ul>"
    with pytest.raises(LayoutError, match="under 'COUNTIES' stands 'Cook County', which is no item as described"):
        read(doj(lists))


def test_prose_under_a_heading_is_no_list() -> None:
    """Where a heading has text instead of a list, nothing is made up from it."""
    lists = {title: items(names) for title, names in NAMED.items()} | {"STATES": "<p>Updated on August 5, 2025</p>"}
    with pytest.raises(LayoutError, match="no list under 'STATES', but 'Updated on August 5, 2025'"):
        read(doj(lists))


def test_page_without_the_headings_is_refused() -> None:
    """What was not found is said, and what headings there are."""
    with pytest.raises(
        LayoutError, match=r"list 'states': no heading like '\^states\$'; the headings .* 'Page Not Found'"
    ):
        read("<html><body><h1>Page Not Found</h1><p>Sorry.</p></body></html>")
    with pytest.raises(LayoutError, match="list 'counties': no heading"):
        read("<html><body><p>Access Denied</p></body></html>", DHS)


def test_heading_without_a_list_is_refused() -> None:
    """An empty list is a fault where the description does not allow it."""
    lists = {title: items(names) for title, names in NAMED.items()}
    with pytest.raises(LayoutError, match="list 'cities': its heading is there, but no list under it"):
        read(doj(lists | {"CITIES": ""}))
    with pytest.raises(LayoutError, match="list 'cities': its heading is there, but no list under it"):
        read(doj(lists | {"CITIES": "<p>None</p>"}))


def test_list_outside_of_the_part_with_the_heading_does_not_count() -> None:
    """The last list of a page ends where the part of the page ends that it stands in."""
    page = doj().replace("</main>", "</main><div><ul><li>Related, XX</li></ul></div>")
    assert read(page) == read(doj())


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("h2", "h3"),
        ("h3", "h4"),
        ("h2 button", "p strong"),
        ("p strong", "p"),
        ("p strong", "p b"),
        ("h2", "h2"),
        ("summary", "h3"),
        ("summary", "p strong"),
    ],
)
def test_lists_of_the_dhs_page(state: str, part: str) -> None:
    """Each list takes its state from the heading above it, and the state itself is listed, whatever the levels."""
    assert read(dhs(state, part), DHS) == DHS_VALUES


@pytest.mark.parametrize(
    "state",
    [
        "<details><summary>California</summary><p>As of May 29</p>{}</details>",
        "<button aria-controls=ca>California</button><div id=ca hidden><p>As of May 29</p>{}</div>",
    ],
)
def test_part_that_unfolds_is_a_group_whatever_the_levels(state: str) -> None:
    """What opens a part of the page is above the headings in it, also where they claim a higher level."""
    page = f"<html><body><h1>List</h1>{state}</body></html>".format(f"<h3>Counties</h3>{items(('Alameda County',))}")
    assert read(page, {"counties": DHS["counties"]}) == {"counties": [("Alameda County", "California")]}


def test_two_lists_of_a_kind_under_one_heading_are_refused() -> None:
    """Where the page's headings can't tell the states apart, no state is put into a record."""
    page = dhs().replace("<h2>", "<p>As of May 29:</p><p>").replace("</h2>", "</p>")
    with pytest.raises(LayoutError, match="'Counties' stands twice under 'Sanctuary Jurisdictions"):
        read(page, DHS | {"states": DHS["counties"]})


def test_items_none_of_which_is_as_described_are_an_error() -> None:
    """A reworded `Self-identification` is a fault, though other items than that are passed over."""
    with pytest.raises(LayoutError, match="none of its items is like"):
        read(dhs().replace("Self-identification", "Self identified"), DHS)


def test_heading_without_one_above_it_is_refused() -> None:
    """A list that should take its state from above is not read without."""
    with pytest.raises(LayoutError, match="'Counties' stands under no other heading"):
        read("<html><body><h2>Counties</h2><ul><li>Alameda County</li></ul><h2>Cities</h2></body></html>", DHS)


@pytest.mark.parametrize(
    "paragraph",
    [
        "<p>Correction: detainers were wrongly attributed to\n Franklin County, Iowa.</p>",
        "<div><b>Correction:</b> detainers were wrongly attributed to Franklin&nbsp;County, Iowa.</div>",
        "<ul><li>Correction: detainers were wrongly attributed to Franklin County, Iowa.</li></ul>",
        "<table><tr><td>Correction: detainers were wrongly attributed to Franklin County, Iowa.</td></tr></table>",
        "<p>Weekly report.<br><br>Correction: detainers were wrongly attributed to Franklin County, Iowa.<br><br>x</p>",
        "<p><strong>Correction: detainers were wrongly attributed to Franklin County, Iowa.</strong></p>",
        "<blockquote>Correction: detainers were wrongly attributed to Franklin County, Iowa.</blockquote>",
    ],
)
def test_paragraph_that_matches_is_a_record(paragraph: str) -> None:
    """A notice is found in any block of text, and reads on one line."""
    text = "Correction: detainers were wrongly attributed to Franklin County, Iowa."
    assert read(f"<html><body><p>Read on.</p>{paragraph}</body></html>", NOTICES) == {"notices": [(text,)]}


@pytest.mark.parametrize("around", ["nav", "footer", "header", "script", "style", "template", "noscript", "select"])
def test_what_is_no_content_holds_no_paragraphs(around: str) -> None:
    """Menus, footers, scripts and comments don't speak for the publisher."""
    page = f"<html><body><{around}><p>Correction: wrong.</p></{around}><!-- <p>Correction: wrong.</p> --></body></html>"
    assert read(page + "<p>x</p>", NOTICES) == {"notices": []}


def test_header_of_an_article_is_content() -> None:
    """Only the header of the page as a whole is the site's."""
    page = "<html><body><article><header><p>Correction: wrong.</p></header></article></body></html>"
    assert read(page, NOTICES) == {"notices": [("Correction: wrong.",)]}


TABLE = ListDescription.model_validate(
    {
        "columns": {
            "state": "State",
            "agency": "Agency",
            "signed": {"header": "Signed", "kind": "date"},
            "terms": {"header": "Terms", "kind": "bullets", "optional": True},
            "moa": {"header": "MOA", "kind": "link", "optional": True},
        }
    }
)
ROWS = """<table><caption>Agreements</caption>
    <thead><tr><th rowspan=2>State<th colspan=2>Agency<th>Terms<th rowspan=2>MOA
    <tr><th>Agency<th>Signed<th>Terms</thead>
    <tbody><tr><td rowspan=2>TEXAS<td>Bee <b>County</b><td>3/1/2025<td><ul><li>One<li>Two</ul><td>
    <a href="/a.pdf">MOA</a>
    <tr><td>Bay County<td>n/a<td>None<td><a href="#top">up</a></tr>
    <tr><td colspan=5>Agencies in Utah</tr>
    <tr><td>UTAH<td>Utah County<td>3/2/2025</tbody><tfoot><tr><td>Total<td>3<td>3</tfoot></table>"""


def test_table_is_read_by_its_header() -> None:
    """Spans are laid out, links and lists in cells read, foot and rows across all columns left out."""
    found = read(f"<html><body><table><tr><td>{ROWS}</td></tr></table></body></html>", {"agencies": TABLE})
    assert found["agencies"] == [
        ("TEXAS", "Bee County", "2025-03-01", "One\nTwo", "/a.pdf"),
        ("TEXAS", "Bay County", "n/a", "None", "up"),
        ("UTAH", "Utah County", "2025-03-02", "", ""),
    ]


@pytest.mark.parametrize("title", ["Agreements", "Current"])
def test_table_is_chosen_by_heading_or_caption(title: str) -> None:
    """Where the description names a heading, tables elsewhere don't count."""
    old = ROWS.replace("UTAH", "OHIO").replace("Agreements", "Old")
    page = f"<html><body><h2>Archive</h2>{old}<h2>Current</h2><h3>Signed</h3>{ROWS}</body></html>"
    chosen = TABLE.model_copy(update={"heading": re.compile(title)})
    assert [values[0] for values in read(page, {"agencies": chosen})["agencies"]] == ["TEXAS", "TEXAS", "UTAH"]
    with pytest.raises(LayoutError, match="no table under a heading or caption like"):
        read(f"<html><body>{old}</body></html>", {"agencies": chosen})


def test_table_with_wide_spans_is_refused_where_it_has_more_cells_than_allowed() -> None:
    """A cell counts for each place that it spans; the usual limit allows these."""
    root = tree.parse_page(f"<table>{'<tr><td colspan=9 rowspan=9>x' * 5}</table>".encode())
    assert tables.page_tables(flow(root), tree.Selectors(root))
    with pytest.raises(BombError, match="more than 100 cells"):
        tables.page_tables(flow(root), tree.Selectors(root), most=100)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "<meta charset=utf-8>"),
        ("utf-8-sig", "<meta charset=iso-8859-1>"),
        ("utf-16", ""),
        ("cp1252", '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'),
        ("cp1252", "<meta charset=windows-1252>"),
        ("cp1252", ""),
        ("cp1252", "<meta charset=utf-8>"),
        ("utf-8", "<meta charset=nonsense>"),
        ("utf-8", "<meta charset=utf-16>"),
        ("shift_jis", "<meta charset=shift_jis>"),
    ],
)
def test_encoding_is_found(encoding: str, declared: str) -> None:
    """Byte order mark, declaration, then UTF-8 with Windows-1252 for what is none: names keep their accents."""
    name = "\u5c71" if encoding == "shift_jis" else "Ca\u00f1on City \u2013 Pe\u00f1a\u2019s"
    page = f"<html><head>{declared}</head><body><h2>CITIES</h2><ul><li>{name}, CO</li></ul></body></html>"
    found = page_lists.read_page(page.encode(encoding), {"cities": DOJ["cities"]})
    assert found[0].records[0].values == (name, "CO")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x14\0", b"%PDF-1.4 <</Type", b"just text", bytes(range(256))])
def test_what_is_no_page_is_unreadable(content: bytes) -> None:
    """Other formats under a page's address are not a page without notices."""
    with pytest.raises(UnreadableError, match="no web page"):
        page_lists.read_page(content, NOTICES)


@pytest.mark.parametrize("element", ["div", "ul><li", "b", "table><tr><td", "blockquote"])
def test_deep_nesting_is_a_bomb(element: str) -> None:
    """More than the two thousand nested elements that the parser takes end in an error."""
    page = f"<html><body>{f'<{element}>' * 2_500}<h2>CITIES</h2>"
    with pytest.raises(BombError, match="inside each other"):
        page_lists.read_page(page.encode(), DOJ)


def long_page(count: int, *, words: int = 0) -> bytes:
    """Return a page that lists so many counties, with so many more words in each name."""
    names = tuple(f"County of the Great Number {number}{' of' * words}, TX" for number in range(count))
    return doj({"STATES": items(STATES), "COUNTIES": items(names), "CITIES": items(CITIES)}).encode()


def test_ten_megabytes_are_read_whole() -> None:
    """A very long list is no matter."""
    page = long_page(30_000, words=100)
    assert len(page) > 10_000_000
    found = page_lists.read_page(page, DOJ)
    assert len(found[1].records) == 30_000


def test_the_work_grows_with_the_length_of_a_list() -> None:
    """Each record takes as many calls in a list of four thousand as in one of five hundred."""

    def calls(count: int) -> int:
        page, made = long_page(count), 0

        def counted(_: FrameType, event: str, __: object) -> None:
            nonlocal made
            made += event in {"call", "c_call"}

        sys.setprofile(counted)
        try:
            page_lists.read_page(page, DOJ)
        finally:
            sys.setprofile(None)
        return made

    calls(1)  # what is prepared at the first reading
    few, many = calls(1000) - calls(500), calls(4000) - calls(3500)
    assert few > 500
    assert many <= 1.1 * few


NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="<&>*[]\u2020\u2021\u00a7"),
    min_size=1,
    max_size=12,
)
MARKUP = st.sampled_from(
    ["<p>{}</p>", "<div>{}", "<b>{}</b>", "{}<br>", "<li>{}", "<i id=a>{}</i>", "<table><td>{}", "</div>{}"]
)


@given(st.lists(st.tuples(MARKUP, NAME), max_size=12), st.lists(NAME, min_size=1, max_size=5))
def test_selector_finds_the_element_again(around: list[tuple[str, str]], names: list[str]) -> None:
    """Whatever disorder stands before a list, each record's selector matches one element, with the record's text."""
    before = "".join(markup.format(text) for markup, text in around)
    marked = [f"x{name}x" for name in names]
    page = f"<html><body>{before}</table></div></ul><h2>States</h2>{items(tuple(marked))}</body></html>"
    (found,) = page_lists.read_page(page.encode(), {"states": DOJ["states"]})
    soup = BeautifulSoup(page.encode(), "lxml", from_encoding="utf-8")
    for record in found.records:
        (element,) = soup.select(record.locator.selector or "")
        assert folded(element.get_text()) == record.values[0]
    assert [record.values[0] for record in found.records][-len(names) :] == marked


def divided(*titles: str, level: str = "h3") -> str:
    """The page, with its cities under so many further headings."""
    parts = "".join(f"<{level}>{title}</{level}>{items((name,))}" for title, name in zip(titles, CITIES, strict=True))
    return doj({"STATES": items(STATES), "COUNTIES": items(COUNTIES), "CITIES": parts})


def test_a_list_may_be_divided_by_further_headings() -> None:
    """They are lower than its own, items stand under each, and none of them says that it is another list."""
    assert read(divided("West", "Midwest", "San Francisco Bay Area")) == read(doj())
    assert read(
        divided("West", "Midwest", "South", level="p><strong").replace("</p><strong>", "</strong></p>")
    ) == read(doj())
    for titles in (("West", "East", "Under review"), ("West", "East", "No longer listed"), ("Texas", "Ohio", "Iowa")):
        with pytest.raises(LayoutError, match="its heading is there, but no list under it"):
            read(divided(*titles))
    with pytest.raises(LayoutError, match="its heading is there, but no list under it"):
        read(
            divided("West", "East", "Contact")
            .replace("<h3>East</h3>", "<h3>East</h3><p>None.</p>")
            .replace("<li>East L", "<p>East L")
        )
    with pytest.raises(LayoutError, match="its heading is there, but no list under it"):
        read(divided("West", "Midwest", "South", level="h2"))


def doubts(page: str) -> list[str]:
    """What holds a version of the page if it is new."""
    account = Account()
    page_lists.read_page(page.encode(), DOJ, account)
    return [each.message for each in account.parts.values() if each.holds]


def test_what_is_said_over_a_list_or_within_it_may_make_it_another_one() -> None:
    """A title that says that it is in effect no more, and a sentence after which further places stand."""
    title = "<h1>U.S. Sanctuary Jurisdiction List Following Executive Order 14287</h1>"
    assert doubts(doj()) == []
    assert doubts(doj().replace(title, f"<h1>Rescinded</h1><h2>List</h2>{title}")) == []  # of another part of the page
    (said, *_) = doubts(doj().replace(title, "<h1>No longer in effect: Jurisdictions</h1>"))
    assert said == "states: over 'STATES' stands 'No longer in effect: Jurisdictions'"
    letters = "<p>Letters were sent to these 3:</p>" + items(("Waco, TX", "Austin, TX"))
    (said,) = doubts(doj(after=letters))
    assert "'Letters were sent to these 3:' stands between items; is what follows another list?" in said
    for between in ("<p>West</p>", "<p>Last updated: June 3, 2025</p>", ""):
        assert doubts(doj(after=between + items(("Waco, TX",)))) == []
