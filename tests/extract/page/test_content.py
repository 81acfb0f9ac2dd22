"""What any page has: its texts with the headings above them, and its files; noise and menus have no records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.file import parse
from monitor.config.noise import without_noise, without_visit
from monitor.errors import LayoutError
from monitor.extract.read import read_report, read_web_page

if TYPE_CHECKING:
    import random

    from monitor.config.reports import ReportDescription

URL = "https://www.example.gov/data/page"
MAIN = """<h1>Detention data</h1><p>The agency publishes <b>rosters</b> each month<br>for all counties of the state.</p>
<h2>Updates</h2><p><strong>Correction:</strong> one row was wrong.</p><ul><li>Adams County</li><li>Bell County</li></ul>
<h3>Numbers</h3><table><tr><th>County</th><th>Beds</th></tr><tr><td><p>Adams</p></td><td>12</td></tr></table>
<h2>Files</h2><ul><li><a href="/files/roster.xlsx?sid=1#top">Roster</a></li><li><a href="guide.pdf">Guide</a> (in
Spanish)</li><li><a href="/media/7/download">Terms (PDF, 2 MB)</a></li><li><a href="/about">About us</a></li></ul>"""
NOISE = (
    "<nav><p>Menu {0}</p></nav>", "<aside>Also {0}</aside>", "<div class='breadcrumbs'>Home {0}</div>",
    "<div role='navigation'>Go {0}</div>", "<p hidden>Hidden {0}</p>", "<p class='visually-hidden'>Unseen {0}</p>",
    "<script>let a = {0}</script>", "<style>p {{ width: {0}px }}</style>", "<!-- {0} -->",
    "<p>Last updated: January {0}, 2026</p>", "<p>This page was viewed {0} times.</p>", "<p>{0} minutes ago</p>",
    "<dl><dt>Last reviewed</dt><dd>January {0}, 2026</dd></dl>", "<input type='hidden' value='{0}'>",
    "<p>Session ID: ab{0}cd{0}ef</p>", "<p>Read more</p>", "<div class='social-share'>Share {0}</div>",
    "<template><p>{0}</p></template>", "<p><a href='#top'>Back to top</a></p>",
    "<form><select><option>{0}</select></form>",
)  # fmt: skip


def described(text: str = "", files: str = "") -> ReportDescription:
    """The report of a page with both lists."""
    lists = f"{{text: {{content: text{text}}}, files: {{content: files{files}}}}}"
    source = f"sources: {{a: {{page: '{URL}', reports: {{page: {{kind: page, format: html, lists: {lists}}}}}}}}}"
    return parse(source).sources["a"].reports["page"]


def page(main: str, before: str = "", after: str = "") -> bytes:
    """A page with this content, and what stands before and after it."""
    body = f"{before}<main>{main}</main>{after}"
    return f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>".encode()


def read(content: bytes, report: ReportDescription | None = None) -> list[list[tuple[str | None, ...]]]:
    """The values of the records of both lists."""
    found = read_report(content, report or described(), url=URL).lists
    return [[record.values for record in each.records] for each in found]


def test_texts_and_files_of_a_page() -> None:
    """Each text has the heading above it; a row is one text; a line that is only a link to a file is a file's."""
    texts, files = read(page(MAIN, "<header><p>Agency</p></header>", "<footer><a href='x.pdf'>Imprint</a></footer>"))
    assert texts == [
        ("", "Detention data"),
        ("Detention data", "The agency publishes rosters each month for all counties of the state."),
        ("Detention data", "Updates"),
        ("Updates", "Correction: one row was wrong."),
        ("Updates", "Adams County"),
        ("Updates", "Bell County"),
        ("Updates", "Numbers"),
        ("Numbers", "County | Beds"),
        ("Numbers", "Adams | 12"),
        ("Detention data", "Files"),
        ("Files", "Guide (in Spanish)"),
        ("Files", "About us"),
    ]
    assert files == [
        ("Roster", "https://www.example.gov/files/roster.xlsx", "xlsx"),
        ("Guide", "https://www.example.gov/data/guide.pdf", "pdf"),
        ("Terms (PDF, 2 MB)", "https://www.example.gov/media/7/download", "pdf"),
    ]


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("/media/1407196/dl?inline", True),
        ("/file-download/download/public/71", True),
        ("/download/3f2a-91", True),
        ("/downloads/", False),
        ("/downloads/2026", False),
        ("/download/form-i-247", False),
        ("/downloading/12", False),
        ("/media/12", False),
    ],
)
def test_links_that_give_out_a_file_without_naming_it(path: str, *, is_file: bool) -> None:
    """By what stands in the address; a link to a page is a text."""
    texts, files = read(page(f"<h1>Data</h1><p>The lists are published each week.</p><p><a href='{path}'>A</a></p>"))
    assert (files == [("A", f"https://www.example.gov{path}", "")], len(texts)) == (is_file, 2 if is_file else 3)


@given(st.lists(st.tuples(st.sampled_from(NOISE), st.integers(1, 28)), max_size=12), st.randoms(use_true_random=False))
def test_noise_anywhere_reads_the_same(added: list[tuple[str, int]], chance: random.Random) -> None:
    """Noise elements in any number, order and place change no record, and not the hash by which a page is new."""
    pieces = MAIN.replace("\n", " ").replace("><h", ">\0<h").split("\0")
    for noise, figure in added:
        at = chance.randrange(len(pieces) + 1)
        pieces.insert(at, noise.format(figure))
    plain, noisy = page(MAIN), page("".join(pieces))
    assert read(noisy) == read(plain)
    both = [read_web_page(each, URL, report=described()).digest for each in (plain, noisy)]
    assert both[0] == both[1]


def test_the_order_of_a_page_makes_no_new_page_and_a_word_does() -> None:
    """The hash is that of the records without their order."""
    sections = ("<h2>One</h2><p>The first text of the page.</p>", "<h2>Two</h2><p>The second text of the page.</p>")
    digests = [
        read_web_page(page(main), URL, report=described()).digest
        for main in ("".join(sections), "".join(reversed(sections)), "".join(sections).replace("first", "third"))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_what_the_configuration_leaves_out() -> None:
    """By a pattern within a text or an address, and by the part of the page."""
    main = (
        "<h1>Data</h1><p>Seen by 12 people of the office, who wrote to us.</p><div id='tip'><p>A tip</p></div>"
        "<p class='teaser'>Teaser</p><p>Words that stay where they are.</p><a href='/a.pdf?ticket=77&amp;id=3'>A</a>"
    )
    report = described(", ignore: 'by \\d+ people', not_in: ['#tip', p.teaser]", ", ignore: 'ticket=[^&]*&?'")
    texts, files = read(page(main), report)
    assert texts == [
        ("", "Data"),
        ("Data", "Seen […] of the office, who wrote to us."),
        ("Data", "Words that stay where they are."),
    ]
    assert files == [("A", "https://www.example.gov/a.pdf?id=3", "pdf")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!doctype html><html><body><nav>Menu</nav></body></html>", "no text of its own"),
        (b"<html><body><div id=root></div><script src=a.js></script></body></html>", "draws its content by a script"),
        (
            b"<html><body><p>Loading</p><noscript>Please enable JavaScript</noscript><script>a</script></body></html>",
            "draws its content by a script",
        ),
    ],
)
def test_a_page_without_text_is_a_fault(content: bytes, said: str) -> None:
    """Unless its list may be empty; a short page without a script is none."""
    with pytest.raises(LayoutError, match=said):
        read(content)
    assert read(content, described(", may_be_empty: true"))[1] == []
    assert read(b"<html><body><p>Closed.</p><script>a</script></body></html>")[0] == [("", "Closed.")]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Last updated: January 5, 2026", ""),
        ("Page last reviewed on 01/05/2026 at 3:15 p.m. EST. Call us.", "[…]. Call us."),
        ("The rule was last revised on January 5, 2026.", "The rule was last revised on January 5, 2026."),
        ("Updated: the deadline is now May 5", "Updated: the deadline is now May 5"),
        ("As of January 5, 2026 there are 12 agreements", "As of January 5, 2026 there are 12 agreements"),
        ("Updated November 27, 2026, 9:02 am", ""),
        ("Revised 11/28/2026", ""),
        ("Data as of 11/20/2026", ""),
        ("This list was updated on January 5, 2026.", ""),
        ("All information is current as of January 5, 2026", ""),
        ("Signed January 5, 2026", "Signed January 5, 2026"),
        ("The rule was revised January 5, 2026", "The rule was revised January 5, 2026"),
        ("Revised rule effective January 5, 2026", "Revised rule effective January 5, 2026"),
        ("Updated rates apply from January 5, 2026", "Updated rates apply from January 5, 2026"),
        ("January 5, 2026", "January 5, 2026"),
        ("60 facility visits", "60 facility visits"),
        ("This page has been viewed 1,234 times", ""),
        ("Generated at 14:05:33", ""),
        ("\u00a9 2026 The agency", "[…] The agency"),
        ("Section 12 (c) 2024 applies", "Section 12 (c) 2024 applies"),
        ("Read more \u00bb", ""),
        ("***", ""),
    ],
)
def test_what_is_noise_and_what_is_news(text: str, left: str) -> None:
    """Only dates that are those of the page itself are noise."""
    assert without_noise(text) == left


def test_a_date_under_a_heading_that_says_what_it_is() -> None:
    """Noise under `Last reviewed`, and news under any other heading."""
    assert without_noise("January 5, 2026", heading="Last reviewed:") == ""
    assert without_noise("January 5, 2026", heading="Deadline") == "January 5, 2026"


def test_what_tells_one_visit_from_another_is_left_out_of_an_address() -> None:
    """And what tells one file from another stays."""
    assert without_visit("https://a.gov/x.pdf?utm_source=mail&id=5&_=12") == "https://a.gov/x.pdf?id=5"
    assert without_visit("https://a.gov/x.pdf;jsessionid=77?v=3") == "https://a.gov/x.pdf?v=3"
