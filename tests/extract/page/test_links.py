"""What a page links to, and whether it says anything new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.page.links import page_links, page_meaning
from monitor.model import Link

BASE = "https://www.ice.gov/identify-and-arrest/287g?x=1#top"


def urls(page: str, base: str = BASE) -> list[str]:
    """The addresses on a page."""
    return [link.url for link in page_links(page.encode(), base)]


@pytest.mark.parametrize(
    ("address", "absolute"),
    [
        ("/doclib/a.xlsx", "https://www.ice.gov/doclib/a.xlsx"),
        ("a.xlsx#sheet", "https://www.ice.gov/identify-and-arrest/a.xlsx"),
        ("?page=2&amp;b=1", "https://www.ice.gov/identify-and-arrest/287g?page=2&b=1"),
        ("//cdn.example.org/a b.pdf", "https://cdn.example.org/a%20b.pdf"),
        (" \n/a\t\r\n.pdf ", "https://www.ice.gov/a.pdf"),
        ("HTTPS://WWW.ICE.GOV/Doclib/A.pdf", "https://www.ice.gov/Doclib/A.pdf"),
        ("../../../a", "https://www.ice.gov/a"),
        ("", "https://www.ice.gov/identify-and-arrest/287g?x=1"),
    ],
)
def test_address_is_made_absolute(address: str, absolute: str) -> None:
    """Addresses are taken as a browser takes them, and lose their fragment."""
    assert urls(f'<p><a href="{address}">x</a>') == [absolute]


@pytest.mark.parametrize(
    "address", ["mailto:a@b.c", "javascript:x()", "tel:1", "http://[bad", "http://", "data:,x", "/" + "a" * 5000]
)
def test_what_leads_to_no_page_is_no_link(address: str) -> None:
    """Only http and https addresses count, and broken or endless ones don't."""
    assert urls(f'<a href="{address}">x</a>') == []


def test_links_are_distinct_and_in_order() -> None:
    """An address that is linked twice stands where it is linked first, with the first text that there is."""
    page = '<a href="/b"><img src=x></a><a href="/a"> A <b>file</b>\n </a><a href="/b#x">B</a><a>c</a><area href="/d">'
    assert page_links(page.encode(), "https://www.ice.gov/") == (
        Link(url="https://www.ice.gov/b", text="B"),
        Link(url="https://www.ice.gov/a", text="A file"),
        Link(url="https://www.ice.gov/d", text=""),
    )


def test_base_of_the_page_is_honoured() -> None:
    """A page may say what its addresses are relative to."""
    assert urls('<head><base href="/other/"></head><a href="a">x</a>') == ["https://www.ice.gov/other/a"]


def test_links_in_scripts_and_comments_do_not_count() -> None:
    """What a browser does not show as a link is none."""
    assert urls("<script>'<a href=/a>'</script><!-- <a href=/b>b</a> --><textarea><a href=/c></textarea>") == []


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<button onclick=\"location.href='/a.xlsx'\">x</button>", ["/a.xlsx"]),
        ("<a href=/b>b</a><tr data-href='/a.pdf?v=1'>", ["/b", "/a.pdf?v=1"]),
        ("<form action=/a.csv><button formaction=/c.zip>x</button></form>", ["/a.csv", "/c.zip"]),
        ("<button onclick=\"show('files', 'a')\">x</button><form action=/search><a data-url=/share>s</a>", []),
        ("<a href='https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fa.xlsx&data=7'>x</a>",
         ["/a.xlsx"]),
        ("<a href='https://urldefense.com/v3/__https://www.ice.gov/a.xlsx__;!!x'>x</a>", ["/a.xlsx"]),
    ],
)  # fmt: skip
def test_a_file_behind_a_button_or_in_a_wrapped_link(markup: str, found: list[str]) -> None:
    """The address is the one that a reader comes to; scripts and forms without a file are no links."""
    assert urls(markup) == [f"https://www.ice.gov{path}" for path in found]


def test_a_file_behind_a_button_makes_no_other_page() -> None:
    """Such an attribute may have what is new at each visit."""
    pages = [f"<p>Cook County</p><div data-url='/{number}.pdf'></div>".encode() for number in (1, 2)]
    assert page_meaning(pages[0]) == page_meaning(pages[1])


def test_number_of_links_is_bounded() -> None:
    """Five thousand links are kept of a page, the first ones."""
    page = "".join(f"<a href=/{number}>x</a>" for number in range(30_000))
    assert urls(page)[-1] == "https://www.ice.gov/4999"


@pytest.mark.parametrize(
    "content", [b"", b"\0\x01", b"<", b"%PDF-1.7", b"<a href=", "\ufeff<a href=/x>".encode("utf-16")]
)
def test_anything_may_be_read(content: bytes) -> None:
    """What is no page has no links, and still a meaning of its own."""
    assert len(page_links(content, BASE)) <= 1
    assert len(page_meaning(content)) == 64


@given(st.binary(max_size=200))
def test_junk_is_read(junk: bytes) -> None:
    """No bytes make it fail."""
    assert page_links(junk, BASE) == page_links(junk, BASE)
    assert page_meaning(junk) == page_meaning(junk)


def test_deep_nesting_does_no_harm() -> None:
    """A page is read as a stream; how deep it is does not matter."""
    page = "<div>" * 3_000 + "<a href=/x>x</a>"
    assert urls(page) == ["https://www.ice.gov/x"]


PAGE = """<html><head><meta name="csrf" content="a1"><script nonce="a1">x=1</script><style>p {}</style></head>
<body class="a1"><!-- a1 --><form><input type="hidden" name="token" value="a1"><p id="a1">Cook <b>County</b>, IL</p>
<a href="/a.pdf" data-id="a1">File</a></form><noscript>a1</noscript></body></html>"""


def test_what_says_nothing_does_not_change_the_meaning() -> None:
    """Nonces, tokens, scripts, styles, comments, attributes and blanks may differ."""
    other = PAGE.replace("a1", "b2").replace("x=1", "x=2").replace("p {}", "").replace("\n", "   ")
    assert page_meaning(PAGE.encode()) == page_meaning(other.encode())
    assert page_meaning(PAGE.encode()) == page_meaning(PAGE.encode("utf-16"))


@pytest.mark.parametrize(
    ("before", "after"),
    [("Cook", "cook"), ("/a.pdf", "/b.pdf"), ("File", "File 2"), ("</p>", "*</p>"), ("<b>County", "<b>Cou<br>nty")],
)
def test_what_says_something_changes_the_meaning(before: str, after: str) -> None:
    """Another text or another address is another page."""
    assert page_meaning(PAGE.encode()) != page_meaning(PAGE.replace(before, after).encode())
