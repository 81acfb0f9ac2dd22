"""Lists on pages that are published in other ways: the same is not told, what may be lost is held, changes are told.

Each page comes after one that has stood twice. Beside most ways stand true removals, which are told at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.extract.page.test_lists import doj, items
from tests.support.published import Published, Told, stood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Commands

STATES = ("California", "Colorado", "Connecticut", "Illinois", "Nevada", "New York", "Oregon", "Vermont", "Washington")
COUNTIES = (
    "Baltimore County, MD", "Cook County, IL", "Lane County, OR", "San Diego County, CA", "Travis County, TX",
)  # fmt: skip
CITIES = (
    "Albuquerque, NM", "Austin, TX", "Berkeley, CA", "Boston, MA", "Chicago, IL", "Denver, CO", "East Lansing, MI",
    "Hoboken, NJ", "Houston, TX", "Jersey City, NJ", "Los Angeles, CA", "New Orleans, LA", "Newark, NJ",
    "Paterson, NJ", "Philadelphia, PA", "Portland, OR", "Rochester, NY", "Seattle, WA",
)  # fmt: skip
LEFT = tuple(city for city in CITIES if city not in {"Boston, MA", "Jersey City, NJ", "Newark, NJ"})
REMOVED = [("removed", "Boston"), ("removed", "Jersey City"), ("removed", "Newark")]
DALLAS = "Dallas, TX"


def page(cities: str = items(CITIES), *, after: str = "") -> str:
    """The page of the Department of Justice with this under the heading of its cities."""
    return doj({"STATES": items(STATES), "COUNTIES": items(COUNTIES), "CITIES": cities}, after=after)


def instead(part: str) -> str:
    """The page with something else in the place of the heading and the list of its cities."""
    return page().replace(f"<h2>CITIES</h2>{items(CITIES)}", part)


def lines(names: Sequence[str], tag: str = "p") -> str:
    """Names, each in an element of its own."""
    return "".join(f"<{tag}>{name}</{tag}>" for name in names)


@pytest.fixture
def come(monitor: Commands, tmp_path: Path) -> Callable[[str], Told]:
    """Publish the list of the Department of Justice anew, after the page as it stood."""

    def publish(content: str) -> Told:
        report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
        first = page(items((*CITIES, "Waco, TX")))
        return stood(report, first.encode(), page().encode()).come(content.encode())

    return publish


SAME = {
    "as before": page(items(LEFT)),
    "two columns": page(f"<div><div>{items(LEFT[:8])}</div><div>{items(LEFT[8:])}</div></div>"),
    "three lists": page("".join(items(LEFT[start : start + 5]) for start in (0, 5, 10))),
    "the heading in the first of two columns": instead(
        f"<div><div><h2>CITIES</h2>{items(LEFT[:8])}</div><div>{items(LEFT[8:])}</div></div>"
    ),
    "columns of a table": instead(
        f"<h2>CITIES</h2><table><tr><td>{items(LEFT[:8])}<td>{items(LEFT[8:])}</table>"
    ),
    "a rule between": page(f"{items(LEFT[:8])}<hr>{items(LEFT[8:])}"),
    "text between": page(f"{items(LEFT[:8])}<p>Further cities:</p>{items(LEFT[8:])}"),
    "an item outside of its list": page(f"{items(LEFT[:-1])}<li>{LEFT[-1]}</li>"),
    "an item inside another": page(
        items(LEFT).replace(f"{LEFT[4]}</li>\n<li>{LEFT[5]}</li>", f"{LEFT[4]}<ul><li>{LEFT[5]}</li></ul></li>")
    ),
    "a heading that goes on": page(f"{items(LEFT[:8])}<h2>CITIES (cont.)</h2>{items(LEFT[8:])}"),
    "a list that unfolds": instead(f"<details><summary>CITIES</summary>{items(LEFT)}</details>"),
    "a button that unfolds": instead(
        f"<h2><button aria-expanded=false aria-controls=c>CITIES</button></h2><div id=c hidden>{items(LEFT)}</div>"
    ),
    "other levels": page(items(LEFT)).replace("h2>", "h4>"),
    "the number of items behind headings": page(items(LEFT)).replace("</h2>", " (15)</h2>"),
    "the number of items behind bold lines": (
        page(items(LEFT)).replace("<h2>", "<p><b>").replace("</h2>", " (5)</b></p>")
    ),
    "the number of items after a dash": page(items(LEFT)).replace("</h2>", " \u2013 15</h2>"),
    "the number of items after a colon": page(items(LEFT)).replace("</h2>", ": 15 listed</h2>"),
    "headings as items": page("".join(("<ul>", *(f"<li><h3>{name}</h3></li>" for name in LEFT), "</ul>"))),
    "cards": page(
        "".join(("<ul>", *(f"<li><div><div><h4><a href=/x>{name}</a></h4></div></div>" for name in LEFT), "</ul>"))
    ),
    "letters as headings": page("".join(f"<h3>{name[0]}</h3>{items((name,))}" for name in LEFT)),
    "ranges of letters as headings": page(f"<h3>A\u2013H</h3>{items(LEFT[:8])}<h3>J to S</h3>{items(LEFT[8:])}"),
    "badges before names": page(items(tuple(f"<strong>NEW:</strong> {name}" for name in LEFT))),
    "badges": page(items(tuple(f"{name} <span class=usa-tag>NEW</span>" for name in LEFT))),
    "comments within names": page(items(tuple(f"{name}<!-- 2025 -->" for name in LEFT))),
    "bold badges": page(items((*LEFT[:9], *(f"{name}<b> New!</b>" for name in LEFT[9:])))),
    "the day of a change": page(items((*LEFT, "Last updated: October 31, 2025"))),
    "the number of items behind plain lines": page(items(LEFT)).replace("<h2>", "<p>").replace("</h2>", " (5)</p>"),
    "bold headings": page(items(LEFT)).replace("<h2>", "<p><b>").replace("</h2>", ":</b></p>"),
    "names are links": page(items(tuple(f"<a href='/{number}'>{name}</a>" for number, name in enumerate(LEFT)))),
    "marks of footnotes": page(items(tuple(f"{name}<sup>1</sup>*" for name in LEFT))),
    "the body ends too early": page(items(LEFT)).replace("<li>Hoboken", "</body><li>Hoboken"),
    "the page ends too early": page(items(LEFT)).replace("<li>Hoboken", "</html></body><li>Hoboken"),
    "for screen readers": page(items(tuple(f"{name}<span class='sr-only'> (external)</span>" for name in LEFT))),
    "for screen readers of Drupal": page(
        items(tuple(f"<a href=/x>{n}<span class=ext><span class='visually-hidden'>(external)</span></span></a>"
                    for n in LEFT))
    ),
    "for screen readers of others": page(
        items(tuple(f"{name}<span class='cdk-visually-hidden'> new tab</span>" for name in LEFT))
    ),
    "a title in a picture": page(items(tuple(f"{name}<svg><title>external</title></svg>" for name in LEFT))),
    "links after other text": page(f"{items(LEFT)}<p>See also</p><ul><li><a href='/c'>Contact us</a></li></ul>"),
    "links in a list behind": page(f"{items(LEFT)}{items(('<a href=/p>Print</a>', '<a href=/m>Email</a>'))}"),
    "lines, and the day of a change": instead(
        f"<h2>CITIES</h2><p>{'<br>'.join(LEFT)}</p><p>Updated October 31, 2025</p>"
    ),
    "numbers before names": page(items(tuple(f"{number}. {name}" for number, name in enumerate(LEFT, 1)))),
    "a way back to the top": page(items((*LEFT, "<a href=#top>Back to top</a> \u2191"))),
    "a sentence on earlier lists": page(items(LEFT), after="<p>Earlier versions of this list are archived.</p>"),
    "a sentence on a list that is shorter": page(items(LEFT), after="<p>The list no longer includes Newark, NJ.</p>"),
    "another section": page(items(LEFT), after=f"<h2>Related</h2>{items(('Press release', 'About'))}"),
    "a longer menu": page(items(LEFT)).replace("<li>Menu</li>", f"<li>Menu</li><li>{DALLAS}</li>"),
    "a longer foot": page(items(LEFT)).replace("<li>Contact</li>", f"<li>Contact</li><li>{DALLAS}</li>"),
    "a link to read more": page(items(LEFT), after="<p><a href='/news'>Read more</a> <a href='/7?p=about'>7</a></p>"),
    "text that was changed": page(items(LEFT)).replace("<p>The following", "<p><s>Aug 5</s> Aug 6</p><p>The following"),
}  # fmt: skip


@pytest.mark.parametrize("way", SAME)
def test_the_same_list_in_another_way_is_the_same(come: Callable[[str], Told], way: str) -> None:
    """Only the three cities that are gone in truth are told, at once."""
    told = come(SAME[way])
    assert (told.held, told.short) == ("", REMOVED)


HIDDEN = (
    "<li hidden>{}</li>", "<li style='display:none'>{}</li>", "<li style='Display : None !important'>{}</li>",
    "<li style='visibility: hidden'>{}</li>", "<li class='usa-sr-only'>{}</li>", "<li class=hidden>{}</li>",
    "<li class='d-none'>{}</li>", "</ul><ul hidden><li>{}</li>", "</ul><div hidden><ul><li>{}</li></ul></div><ul>",
    "</ul><template><ul><li>{}</li></ul></template><ul>", "</ul><!-- <li>{}</li> --><ul>",
    "</ul><dialog><ul><li>{}</li></ul></dialog><ul>", "</ul><ul style='position:absolute; left:-9999px'><li>{}</li>",
    "<li><span style='font-size:0'>{}</span></li>", "</ul><ul popover><li>{}</li>",
)  # fmt: skip


@pytest.mark.parametrize("words", ["and 3 others", "See the list (PDF)", "All other states"])
def test_words_for_states_are_held(come: Callable[[str], Told], words: str) -> None:
    """They stand for three states that were listed."""
    told = come(page(items(LEFT)).replace(items(STATES), items((*STATES[:4], words, *STATES[7:]))))
    assert "which names no known place" in told.held
    assert told.entries == []


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_hidden_is_not_listed_until_it_is_shown(monitor: Commands, tmp_path: Path, hidden: str) -> None:
    """A new city is told on the day on which a reader of the page sees it, and gone when it is hidden again."""
    report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
    stood(report, page(items((*CITIES, "Waco, TX"))).encode(), page().encode())
    with_hidden = page(items(LEFT).replace("</ul>", f"{hidden.format(DALLAS)}</ul>")).encode()
    for content, expected in (
        (with_hidden, REMOVED),
        (page(items((*LEFT, DALLAS))).encode(), [("added", "Dallas")]),
        (with_hidden, [("removed", "Dallas")]),
    ):
        told = report.come(content)
        assert (told.held, told.short) == ("", expected)


SHOWN = (
    "<li>{}</li>", "<li aria-hidden=true>{}</li>", "<li class='hidden md:block'>{}</li>",
    "</ul><dialog open><ul><li>{}</li></ul></dialog><ul>", "<li style='font-size:0.9em; left:-1px'>{}</li>",
    "<li><ins>{}</ins></li>", "<li style='opacity:1'>{}</li>",
)  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_shown_is_listed(come: Callable[[str], Told], shown: str) -> None:
    """However it is marked."""
    told = come(page(items(LEFT).replace("</ul>", f"{shown.format(DALLAS)}</ul>")))
    assert (told.held, told.short) == ("", [("added", "Dallas"), *REMOVED])


HELD = {
    "two sections": instead(f"<section><h2>CITIES</h2>{items(LEFT[:8])}</section><section>{items(LEFT[8:])}</section>"),
    "two articles": instead(f"<article><h2>CITIES</h2>{items(LEFT[:8])}</article><article>{items(LEFT[8:])}</article>"),
    "another heading over the rest": page(f"{items(LEFT[:8])}<h2>More cities</h2>{items(LEFT[8:])}"),
    "another heading over one": page(items(LEFT[:-1]), after=f"<h2>Also</h2>{items(LEFT[-1:])}"),
    "a numbered heading": page(f"{items(LEFT[:8])}<h2>Cities (2 of 2)</h2>{items(LEFT[8:])}"),
    "the last one in a paragraph": page(f"{items(LEFT[:-1])}<p>{LEFT[-1]}</p>"),
    "the last two in lines": page(f"{items(LEFT[:-2])}<p>{'<br>'.join(LEFT[-2:])}</p>"),
    "the first one in a paragraph": page(f"<p>{LEFT[0]}</p>{items(LEFT[1:])}"),
    "the rest in paragraphs": page(f"{items(LEFT[:8])}{lines(LEFT[8:])}"),
    "the rest in parts": page(f"{items(LEFT[:8])}{lines(LEFT[8:], 'div')}"),
    "the last six are gone": page(items(CITIES[:-6])),
    "a new section": page(items(LEFT), after=f"<h2>TOWNSHIPS</h2>{items(('Edison, NJ', 'Bridgewater, NJ'))}"),
    "links in a list behind, one of them a place": page(
        f"{items(LEFT)}{items(('<a href=/p>Print</a>', '<a>Dallas</a>'))}"
    ),
    "a sentence that says so of the page": page(items(LEFT), after="<p>Archived Content: kept for reference.</p>"),
    "a sentence that says so of the list": page(
        items(LEFT), after="<p>This list of sanctuary jurisdictions was rescinded on June 1.</p>"
    ),
    "numbers before names, of which one is missing": page(
        items(tuple(f"{number}. {name}" for number, name in enumerate(LEFT, 1) if number != 4))
    ),
    "links of topics in a list behind": page(
        items(LEFT), after="<ul><li><a href=/i>Immigration, US</a></li><li><a href=/d>Dallas, TX</a></li></ul>"
    ),
    "a new section of one": page(items(CITIES), after=f"<h2>ADDITIONAL CITIES</h2>{items((DALLAS,))}"),
    "a new part that unfolds": page(f"{items(CITIES)}<details><summary>more</summary>{items((DALLAS,))}</details>"),
    "a link to the next page": page(items(LEFT), after="<a rel='next' href='?page=1'>2</a>"),
    "a pager of numbers": page(items(LEFT), after="<nav><a href='?page=0'>1</a><a href='?page=1'>2</a></nav>"),
    "a pager in words": page(items(LEFT), after="<div><a href='/list/page/2'>Older entries</a><a>2</a></div>"),
    "a button for more": page(items(LEFT), after="<button>Load more</button>"),
    "the end is missing": page(items(LEFT)).partition("<li>Hoboken")[0],
    "struck out": page().replace("<li>Denver, CO", "<li><s>Denver, CO</s>"),
    "deleted": page().replace("<li>Denver, CO", "<li><del>Denver, CO</del>"),
    "struck out by a style": page().replace("<li>Denver", "<li style='text-decoration: line-through'>Denver"),
    "struck out by a class": page().replace("<li>Denver", "<li class='line-through'>Denver"),
    "a heading in another word": page(items(LEFT)).replace("<h2>STATES", "<h2>STATEWIDE"),
    "a heading of another kind": page(items(LEFT)).replace("<h2>CITIES", "<h2>TOWNS"),
    "an item of another kind": page(items((*LEFT, "Dallas, TX (new)"))),
    "a list without items": page("<ul></ul>"),
    "a list of none": page("<p>None</p>"),
    "removed, under a higher heading": page(
        items(LEFT), after=f"<h1>Removed from the list on July 1</h1><h2>CITIES</h2>{items(('Boston, MA', DALLAS))}"
    ),
    "removed, under a heading of its own": page(
        items(LEFT), after=f"<h2>Removed on July 1</h2><h3>Cities</h3>{items(('Boston, MA',))}"
    ),
    "removed, after a paragraph": page(
        items(LEFT), after=f"<h2>Formerly listed</h2><p>No more.</p><h2>CITIES</h2>{items(('Boston, MA',))}"
    ),
    "removed, in a list that none describes": page(
        items(LEFT), after=f"<h2>Removed jurisdictions</h2>{items(('Boston, MA',))}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", HELD)
def test_what_may_be_misread_is_held(come: Callable[[str], Told], way: str) -> None:
    """And nothing is told of it."""
    told = come(HELD[way])
    assert told.held
    assert told.entries == []


@pytest.mark.parametrize("gone", [slice(-1, None), slice(0, 1), slice(-3, None), slice(5, 9)])
def test_a_few_cities_may_go(come: Callable[[str], Told], gone: slice) -> None:
    """Also the last one, and some that stood together."""
    told = come(page(items(tuple(city for city in CITIES if city not in CITIES[gone]))))
    assert (told.held, told.short) == ("", sorted(("removed", city[:-4]) for city in CITIES[gone]))


def test_a_paragraph_that_tells_of_a_removal_holds_nothing(come: Callable[[str], Told]) -> None:
    """The page says it in words as well."""
    told = come(page(items(CITIES[1:]), after="<p>On July 1, Albuquerque, NM was removed from this list.</p>"))
    assert (told.held, told.short) == ("", [("removed", "Albuquerque")])


@pytest.mark.parametrize("mark", ["", "</ul>", "</main></div>"])
def test_a_page_that_was_cut_anywhere_tells_no_removal(monitor: Commands, tmp_path: Path, mark: str) -> None:
    """In the middle of an item, between two, or with tags that a proxy added; the whole page tells nothing more."""
    report = Published(monitor=monitor, folder=tmp_path, source="doj-sanctuary", suffix="html")
    whole = page()
    stood(report, page(items((*CITIES, "Waco, TX"))).encode(), whole.encode())
    begin = whole.index("<h2>STATES")
    for place in range(begin + 3, whole.rindex("</html>"), (len(whole) - begin) // 12):
        assert report.come(f"{whole[:place]}{mark}".encode()).entries == []
    told = report.come(page(items(LEFT)).encode())
    assert (told.held, told.short) == ("", REMOVED)


# A list by states, as of the Department of Homeland Security.

BLOCKS = (
    ("Alaska", (), ("Anchorage",)),
    ("California", ("Alameda", "Contra Costa", "Fresno", "Kern", "Marin", "Napa", "Sonoma"), ("Berkeley", "Oakland")),
    ("Colorado", ("Boulder", "Denver", "Eagle", "Grand"), ("Aurora", "Boulder")),
    ("Illinois", ("Cook", "DuPage"), ("Chicago", "Evanston", "Urbana")),
    ("New York", ("Albany", "Bronx", "Kings", "Tompkins"), ("Ithaca",)),
    ("Oregon", ("Lane", "Linn", "Polk", "Yamhill"), ("Ashland", "Portland")),
    ("Washington", ("King", "Pierce"), ("Seattle", "Tacoma")),
)
Block = tuple[str, tuple[str, ...], tuple[str, ...]]
LINE = "Self-identification as a State Sanctuary Jurisdiction"
GONE = {"Kern", "Grand"}
LEFT_BLOCKS = [
    (state, tuple(county for county in counties if county not in GONE), cities) for state, counties, cities in BLOCKS
]
GONE_TOLD = [("removed", "Grand County"), ("removed", "Kern County")]


def block(state: str, counties: Sequence[str], cities: Sequence[str], *, levels: tuple[str, str] = ("h2", "h3")) -> str:
    """The part of the page for one state."""

    def head(level: str, text: str) -> str:
        tags = level.split()
        return "".join(f"<{tag}>" for tag in tags) + text + "".join(f"</{tag}>" for tag in reversed(tags))

    parts = [head(levels[0], state)]
    if counties:
        parts += [head(levels[1], "State"), items((LINE,))]
        parts += [head(levels[1], "Counties"), items(tuple(f"{county} County" for county in counties))]
    if cities:
        parts += [head(levels[1], "Cities"), items(tuple(cities))]
    return f"<div>{''.join(parts)}</div>"


def by_states(blocks: Sequence[Block] = BLOCKS, *, after: str = "", levels: tuple[str, str] = ("h2", "h3")) -> str:
    """The whole page."""
    parts = "".join(block(*each, levels=levels) for each in blocks)
    return (
        "<!DOCTYPE html><html><body><main><h1>Sanctuary Jurisdictions</h1><p>May 29, 2025</p>"
        f"{parts}{after}</main></body></html>"
    )


def in_block(state: str, old: str, new: str) -> str:
    """The page with a text replaced in the part of one state."""
    whole = block(*next(each for each in LEFT_BLOCKS if each[0] == state))
    assert old in whole
    return by_states(LEFT_BLOCKS).replace(whole, whole.replace(old, new))


@pytest.fixture
def come_by_states(monitor: Commands, tmp_path: Path) -> Callable[[str], Told]:
    """Publish the list by states anew, after the page as it stood."""

    def publish(content: str) -> Told:
        report = Published(monitor=monitor, folder=tmp_path, source="dhs-sanctuary", suffix="html")
        first = by_states([*BLOCKS, ("Vermont", (), ("Burlington",))])
        return stood(report, first.encode(), by_states().encode()).come(content.encode())

    return publish


SAME_BY_STATES = {
    "as before": by_states(LEFT_BLOCKS),
    "other levels": by_states(LEFT_BLOCKS, levels=("h3", "h4")),
    "paragraphs": by_states(LEFT_BLOCKS, levels=("p strong", "p")),
    "states on a lower level": by_states(LEFT_BLOCKS, levels=("h4 button", "h3")),
    "statewide": by_states(LEFT_BLOCKS).replace("<h3>State<", "<h3>Statewide<"),
    "colons": by_states(LEFT_BLOCKS).replace("</h3>", ":</h3>"),
    "one county": in_block("Illinois", "<h3>Counties", "<h3>County"),
    "parishes": in_block("Illinois", "<h3>Counties", "<h3>Parishes"),
    "one city": in_block("Alaska", "<h3>Cities", "<h3>City"),
    "a state by order of a court": in_block("Illinois", LINE, "Court Order Requiring State Sanctuary Requirements"),
    "a county inside another": by_states(LEFT_BLOCKS).replace(
        "Fresno County</li>\n<li>Marin County</li>", "Fresno County<ul><li>Marin County</li></ul></li>"
    ),
    "two columns": by_states(LEFT_BLOCKS).replace("<li>Marin", "</ul></div><div><ul><li>Marin"),
    "the body ends too early": by_states(LEFT_BLOCKS).replace("<li>Marin", "</body><li>Marin"),
    "for screen readers": by_states(LEFT_BLOCKS).replace(
        "County</li>", "County<span class='visually-hidden'> (external)</span></li>"
    ),
    "a badge": by_states(LEFT_BLOCKS).replace("Marin County<", "Marin County <sup>New</sup><"),
    "the day of a change": in_block("Illinois", "<li>Urbana</li>", "<li>Urbana</li><li><i>Updated 6/3/2025</i></li>"),
    "a hidden county": by_states(LEFT_BLOCKS).replace("<li>Marin", "<li hidden>Hidden County</li><li>Marin"),
    "links after a paragraph": by_states(
        LEFT_BLOCKS, after="<p>Questions?</p><ul><li><a href=/c>Contact us</a></li></ul>"
    ),
    "links after the list": by_states(LEFT_BLOCKS, after="<ul><li><a href=/c>Contact us</a></li></ul>"),
    "the number of items behind a state": by_states(LEFT_BLOCKS).replace("<h2>California", "<h2>California (8)"),
    "the number of items behind all headings": re.sub(r"</h([23])>", r" (12)</h\1>", by_states(LEFT_BLOCKS)),
    "the number of items after a dash": re.sub(r"</h2>", " - 6 places</h2>", by_states(LEFT_BLOCKS)),
    "the number of items after a colon": re.sub(r"</h([23])>", r": 12</h\1>", by_states(LEFT_BLOCKS)),
    "unfolded by an id with blanks": re.sub(
        r"<h2>(.*?)</h2>(.*?)</div>",
        r"<h2><button aria-controls='\1'>\1</button></h2><div id='\1' hidden>\2</div></div>",
        by_states(LEFT_BLOCKS),
        flags=re.DOTALL,
    ),
    "lists inside lists": re.sub(
        r"<h3>(.*?)</h3>(<ul>.*?</ul>)",
        r"<li>\1\2</li>",
        re.sub(
            r"<div><h2>(.*?)</h2>(.*?)</div>", r"<li><b>\1</b><ul>\2</ul></li>", by_states(LEFT_BLOCKS), flags=re.DOTALL
        ),
        flags=re.DOTALL,
    )
    .replace("May 29, 2025</p>", "May 29, 2025</p><ul>")
    .replace("</main>", "</ul></main>"),
    "a tooltip": in_block("Illinois", "Cook County<", "Cook County<span role=tooltip>Added May 29</span><"),
    "a plain heading below one that is marked up": in_block(
        "Illinois", "<h3>Counties</h3>", "<p><strong>Counties</strong> (2)</p>"
    ),
    "a heading that stands twice": in_block("California", "<h3>Counties</h3>", "<h3>Counties</h3><h3>Counties</h3>"),
    "a hidden copy": by_states(LEFT_BLOCKS, after=f"<div hidden>{items(('Marin County', 'Napa County'))}</div>"),
    "states in cards": re.sub("<div><h2>(.*?)</h2>", r"<ul><li><h2>\1</h2></li></ul><div>", by_states(LEFT_BLOCKS)),
    "the number of items in a badge": re.sub(
        r"</h([23])>", r" <span class=badge>12</span></h\1>", by_states(LEFT_BLOCKS)
    ),
    "links to headings": re.sub(r"</h([23])>", r"<a href=#x>&para;</a></h\1>", by_states(LEFT_BLOCKS)),
    "other links to headings": re.sub(r"</h([23])>", r" <a href=#x>#</a></h\1>", by_states(LEFT_BLOCKS)),
    "signs that unfold": re.sub(r"</h([23])>", r" <i class=icon>&#9660;</i></h\1>", by_states(LEFT_BLOCKS)),
    "a way back to the top in each list": by_states(LEFT_BLOCKS).replace(
        "</ul>", "<li><a href=#>Return to top</a></li></ul>"
    ),
    "numbers that differ": in_block("New York", "<h3>Cities", "<h3>Cities [1]").replace("Oregon<", "Oregon (1,006)<"),
    "regions": by_states(LEFT_BLOCKS[:3], after=f"<h1>East</h1>{''.join(block(*each) for each in LEFT_BLOCKS[3:])}"),
}


@pytest.mark.parametrize("way", SAME_BY_STATES)
def test_the_same_list_by_states_in_another_way_is_the_same(come_by_states: Callable[[str], Told], way: str) -> None:
    """Only the two counties that are gone in truth are told, at once."""
    told = come_by_states(SAME_BY_STATES[way])
    assert (told.held, told.short) == ("", GONE_TOLD)


def test_numbers_that_tell_headings_apart_stay(monitor: Commands, tmp_path: Path) -> None:
    """Two states may not get one name; nor does a year count items."""
    report = Published(monitor=monitor, folder=tmp_path, source="dhs-sanctuary", suffix="html")
    titles = ("Region (1)", "Region (2)", "Area - 7", "Area - 8", "Texas (2025)")
    stood(report, by_states([(title, ("Kern",), ("Dallas",)) for title in titles]).encode())
    listed = monitor("list", "dhs-sanctuary", "cities", "--json").rows
    assert sorted(row["fields"]["state"] for row in listed) == sorted(titles)


def test_a_number_that_ends_one_heading_alone_stays(monitor: Commands, tmp_path: Path) -> None:
    """It may be a part of its name."""
    report = Published(monitor=monitor, folder=tmp_path, source="dhs-sanctuary", suffix="html")
    stood(report, by_states([("Texas", ("Bee",), ("Dallas",)), ("Region - 4", ("Kern",), ("Davis",))]).encode())
    listed = monitor("list", "dhs-sanctuary", "cities", "--json").rows
    assert sorted(row["fields"]["state"] for row in listed) == ["Region - 4", "Texas"]


def test_places_of_one_name_in_several_states_are_told(come_by_states: Callable[[str], Told]) -> None:
    """The same words name a place in each."""
    listed = {"Oregon", "Illinois", "Washington"}
    blocks = [(state, names, (*cities, "Salem") if state in listed else cities) for state, names, cities in LEFT_BLOCKS]
    told = come_by_states(by_states(blocks))
    assert (told.held, told.short) == ("", sorted([*[("added", "Salem")] * 3, *GONE_TOLD]))


def test_a_link_to_a_place_in_another_list_is_a_place(come: Callable[[str], Told]) -> None:
    """Though the other places are no links."""
    told = come(page(f"{items(LEFT)}{items((f'<a href=/d>{DALLAS}</a>',))}"))
    assert (told.held, told.short) == ("", [("added", "Dallas"), *REMOVED])


@pytest.mark.parametrize("name", ["New", "Village of New", "Updated Springs", "Newark <b>Old</b>"])
def test_a_city_with_such_a_word_is_told_as_it_is_called(come_by_states: Callable[[str], Told], name: str) -> None:
    """Nothing says that the word is none of its name."""
    told = come_by_states(in_block("Illinois", "<li>Urbana</li>", f"<li>Urbana</li><li>{name}</li>"))
    assert (told.held, told.short) == ("", sorted([("added", re.sub("<.*?>", "", name)), *GONE_TOLD]))


CALIFORNIAN = items(tuple(f"{county} County" for county in LEFT_BLOCKS[1][1]))
HELD_BY_STATES = {
    "a list that is fetched by a script": in_block("California", CALIFORNIAN, "<div data-src=/x>Loading</div>"),
    "a list in a frame": in_block("California", CALIFORNIAN, "<iframe src=/x></iframe>"),
    "a list without scripts": in_block("California", CALIFORNIAN, f"<noscript>{CALIFORNIAN}</noscript>"),
    "a list in a file": in_block("California", CALIFORNIAN, "<p><a href=/x.pdf>See the list of counties</a></p>"),
    "words for all": in_block("California", CALIFORNIAN, items(("All counties",))),
    "words for the rest": in_block(
        "California", "<li>Marin County</li>\n<li>Napa County</li>\n<li>Sonoma County</li>", "<li>and 3 others</li>"
    ),
    "a heading that is gone, so that cities stand among counties": in_block("Illinois", "<h3>Cities</h3>", ""),
    "another heading for all states": by_states(LEFT_BLOCKS).replace("<h3>State<", "<h3>Entire State<"),
    "another heading for one list": in_block("Illinois", "<h3>Counties", "<h3>Local jurisdictions"),
    "another heading for some cities": in_block("Illinois", "<h3>Cities", "<h3>Municipalities"),
    "another line for all states": by_states(LEFT_BLOCKS).replace(LINE, "Declared itself a sanctuary state"),
    "another line for one state": in_block("Illinois", LINE, "By the TRUST Act"),
    "words below each list of cities": re.sub(
        "(<h3>Cities</h3><ul>.*?)</ul>",
        r"\1<li><a href=/p>Print it</a></li></ul>",
        by_states(LEFT_BLOCKS),
        flags=re.DOTALL,
    ),
    "a part that is hidden": in_block("New York", "</h2>", "</h2><div style='display:none'>"),
    "items that are hidden, one by one": re.sub("<li>(Marin|Napa)", r"<li style='display:none'>\1", by_states()),
    "struck out": in_block("California", "<li>Oakland</li>", "<li><del>Oakland</del></li>"),
    "text and items after the list": by_states(LEFT_BLOCKS, after=f"<p>Topics</p>{items(('Law', 'Borders'))}"),
    "removed, a state that is listed": by_states(
        LEFT_BLOCKS, after=f"<h1>Removed since May 29</h1>{block('California', ('Kern',), ())}"
    ),
    "removed, a state that is not listed any more": by_states(
        LEFT_BLOCKS[1:], after=f"<h1>No longer listed</h1>{block(*BLOCKS[0])}"
    ),
    "removed, on other levels": by_states(
        LEFT_BLOCKS[1:], after=f"<h2>Former jurisdictions</h2>{block(*BLOCKS[0], levels=('h3', 'h4'))}"
    ),
}


@pytest.mark.parametrize("way", HELD_BY_STATES)
def test_what_may_be_misread_by_states_is_held(come_by_states: Callable[[str], Told], way: str) -> None:
    """And nothing is told of it."""
    told = come_by_states(HELD_BY_STATES[way])
    assert told.held
    assert told.entries == []


def test_a_single_place_that_changes_lists_is_told(come_by_states: Callable[[str], Told]) -> None:
    """It had stood in the wrong one."""
    told = come_by_states(
        in_block("Illinois", "<li>Urbana</li>", "").replace("DuPage County<", "DuPage County<li>Urbana<")
    )
    assert told.held == ""
    assert told.short == sorted([("added", "Urbana"), ("removed", "Urbana"), *GONE_TOLD])


def test_two_counties_that_go_where_another_comes_are_told(come_by_states: Callable[[str], Told]) -> None:
    """The new one is a county of the state."""
    told = come_by_states(
        in_block("California", "<li>Marin County</li>\n<li>Napa County</li>", "<li>San Mateo County</li>")
    )
    assert told.held == ""
    names = [("added", "San Mateo County"), ("removed", "Marin County"), ("removed", "Napa County")]
    assert told.short == sorted([*names, *GONE_TOLD])


@pytest.mark.parametrize(
    "title",
    [
        "Califronia",
        "CA",
        "State of California",
        "California State",
        "California (under review)",
        "California \u2013 litigation pending",
    ],
)
def test_a_state_in_other_words_is_no_other_state(come_by_states: Callable[[str], Told], title: str) -> None:
    """Its heading is one correction of the state; its counties and cities are told as rewritten, once for each list."""
    told = come_by_states(in_block("California", "<h2>California", f"<h2>{title}"))
    assert told.held == ""
    kinds = sorted((entry["list"], entry["kind"]) for entry in told.entries)
    assert kinds == [
        ("cities", "corrected"), ("cities", "corrected"), ("counties", "reformatted"), ("counties", "removed"),
        ("counties", "removed"), ("states", "corrected"),
    ]  # fmt: skip


def test_a_new_state_is_told(come_by_states: Callable[[str], Told]) -> None:
    """With its counties and cities; the District of Columbia stands for itself."""
    new = [("Vermont", ("Windham",), ("Winooski",)), ("District of Columbia", (), (LINE.replace("a State", "Local"),))]
    told = come_by_states(by_states([*LEFT_BLOCKS, *new]))
    assert told.held == ""
    added = [("added", name) for name in ("District of Columbia", "Vermont", "Windham County", "Winooski")]
    assert told.short == sorted([*added, *GONE_TOLD])


def test_a_state_without_any_place_left_is_removed(come_by_states: Callable[[str], Told]) -> None:
    """One place or two can go with their state."""
    told = come_by_states(by_states(LEFT_BLOCKS[1:]))
    assert (told.held, told.short) == ("", [("removed", "Anchorage"), *GONE_TOLD])
