"""Drifts of web pages: how lists and tables are marked up, what is hidden in them, and what stands around them."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from drifts import webpages
from drifts.drafts import Draft, Kind
from drifts.of_cells import ALL, PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ON_PAGES = {"doj": ALL, "dhs": ALL, "table": ALL}
DOJ: dict[str, Sequence[str]] = {"doj": ALL}
DHS: dict[str, Sequence[str]] = {"dhs": ALL}
TABLE: dict[str, Sequence[str]] = {"table": ALL}
ITEM = re.compile(r"<li>(?!<a)(.*)</li>")
LINE = re.compile(r"<tr><td>.*</tr>")
HEADINGS = {"counties": "COUNTIES", "cities": "CITIES"}
BODY_OF_ROWS = re.compile(r"<tbody>\n(.*?)\n</tbody>", re.DOTALL)


def content_of(page: str) -> re.Match[str]:
    """Return the part of a page in which its lists stand."""
    found = webpages.BODY.search(page)
    assert found
    return found


def in_content(change: Callable[[str], str]) -> Callable[[str], str]:
    """Return how a page is changed only where its lists stand, without the menus around them."""

    def apply(page: str) -> str:
        found = content_of(page)
        return page[: found.start()] + change(found[0]) + page[found.end() :]

    return apply


def at_chance(
    draft: Draft, pattern: re.Pattern[str], least: int, most: int, change: Callable[[str], str]
) -> Callable[[str], str]:
    """Return how some of the lines that fit a pattern, chosen by chance, are changed."""

    def apply(content: str) -> str:
        found = list(pattern.finditer(content))
        for each in sorted(
            draft.chance.sample(found, min(len(found), draft.chance.randint(least, most))),
            key=lambda each: -each.start(),
        ):
            content = content[: each.start()] + change(each[0]) + content[each.end() :]
        return content

    return in_content(apply)


def _lines(draft: Draft) -> re.Pattern[str]:
    return LINE if draft.base.ground.name == "table" else ITEM


def _list_under(draft: Draft) -> re.Pattern[str]:
    """Return a pattern of the list that drifts: its heading, and its items."""
    return re.compile(rf"(<h2>{HEADINGS[draft.name]}</h2>\n<ul>\n)(.*?)(\n</ul>)", re.DOTALL)


def _split(draft: Draft, between: str) -> None:
    """Put something between two halves of the list that drifts."""

    def split(found: re.Match[str]) -> str:
        items = found[2].split("\n")
        at = draft.chance.randint(len(items) // 3, 2 * len(items) // 3)
        return "\n".join((f"{found[1].rstrip()}", *items[:at], between, *items[at:])) + found[3]

    draft.reword(lambda page: _list_under(draft).sub(split, page))


def list_in_two_columns(draft: Draft) -> None:
    """The list stands in two columns: its second half is a list of its own, without a heading."""
    _split(draft, "</ul></div>\n<div class='grid-col'><ul>")


def continued_heading(draft: Draft) -> None:
    """The second half of the list stands under a heading `Cities (continued)`."""
    text = draft.chance.choice(("{} (continued)", "{} (cont.)", "{} continued", "{}, continued"))
    _split(draft, f"</ul>\n<h2>{text.format(HEADINGS[draft.name])}</h2>\n<ul>")


def second_half_under_another_heading(draft: Draft) -> None:
    """The second half of the list stands under a heading that the description does not know."""
    _split(draft, f"</ul>\n<h2>More {draft.name.title()}</h2>\n<ul>")
    draft.may_hold = True


def note_between_items(draft: Draft) -> None:
    """A paragraph stands between two halves of the list, as an advertisement or a note does."""
    _split(draft, "</ul>\n<p>The list goes on below.</p>\n<ul>")


def hidden_items(draft: Draft) -> None:
    """One to four entries that nobody sees stand among the others."""
    hidden = ("hidden", 'style="display:none"', 'style="display: none;"', 'aria-hidden="true" hidden')

    def with_hidden(line: str) -> str:
        row = draft.fresh()
        how = draft.chance.choice(hidden)
        if line.startswith("<tr"):
            cells = "".join(
                f"<td>{escape(row.cells.get(name, ''), quote=False)}</td>" for name, _ in draft.grid.columns
            )
            return f"{line}\n<tr {how}>{cells}</tr>"
        ending = f", {row.cells['state']}" if draft.base.ground.name == "doj" else ""
        return f"{line}\n<li {how}>{escape(row.cells['name'] + ending, quote=False)}</li>"

    draft.reword(at_chance(draft, _lines(draft), 1, 4, with_hidden))


def texts_for_screen_readers(draft: Draft) -> None:
    """Entries become links with a text that only a screen reader reads: ", opens in a new tab"."""
    names, texts = ("sr-only", "usa-sr-only", "visually-hidden"), (", opens in a new tab", " (link is external)")

    def link(text: str) -> str:
        hidden = f'<span class="{draft.chance.choice(names)}">{draft.chance.choice(texts)}</span>'
        return f'<a href="https://example.gov/{len(text)}">{text}{hidden}</a>'

    def linked(line: str) -> str:
        if line.startswith("<tr"):
            return re.sub(r"(<tr><td>[^<]*</td><td>)([^<]*)", lambda found: found[1] + link(found[2]), line)
        return ITEM.sub(lambda found: f"<li>{link(found[1])}</li>", line)

    draft.reword(at_chance(draft, _lines(draft), 1, 500, linked))


def struck_out_entries(draft: Draft) -> None:
    """One to three entries that are listed are struck out, which may mean that they are gone, or not."""
    tag = draft.chance.choice(("s", "del", "strike"))
    listed = {row.id for row in draft.base.old.lists[draft.name]}
    at = draft.few(1, 3, where=lambda row: row.id in listed)
    doj = draft.base.ground.name == "doj"
    names = [
        f"{row.cells['name']}, {row.cells['state']}" if doj else row.cells["name"]
        for row in map(draft.rows.__getitem__, at)
    ]

    def struck(page: str) -> str:
        for name in names:
            text = escape(name, quote=False)
            page = page.replace(f"<li>{text}</li>", f"<li><{tag}>{text}</{tag}></li>", 1)
        return page

    draft.reword(struck)


def stale_meta_charset(draft: Draft) -> None:
    """The page names an old encoding, and the server names the right one."""
    label = draft.chance.choice(("iso-8859-1", "windows-1252", "us-ascii", "latin1"))
    draft.reword(lambda page: page.replace('<meta charset="utf-8">', f'<meta charset="{label}">'))


def another_encoding(draft: Draft) -> None:
    """The page is sent in cp1252, and names it by one of its labels."""
    label = draft.chance.choice(("latin1", "iso-8859-1", "windows-1252", "l1", "iso8859-1", "iso_8859-1"))

    def encoded(content: bytes) -> bytes:
        text = content.decode().replace('<meta charset="utf-8">', f'<meta charset="{label}">')
        return text.replace("'", "\u2019").encode("cp1252", "xmlcharrefreplace")

    draft.rewrite(encoded, type_="text/html")


def stray_end_of_the_document(draft: Draft) -> None:
    """A `</body>` or `</html>` stands among the entries, left by a part that was included."""
    stray = draft.chance.choice(("</body>", "</html>", "</body></html>"))
    draft.reword(at_chance(draft, _lines(draft), 1, 2, lambda line: f"{line}\n{stray}"))


def end_tags_left_out(draft: Draft) -> None:
    """The end tags of items or cells are left out, as HTML allows."""
    draft.reword(in_content(lambda content: re.sub(r"</(?:li|td|tr)>", "", content)))


def entities(draft: Draft) -> None:
    """Letters are written as entities, by name or number, and blanks as `&nbsp;`."""
    written = {" ": "&nbsp;", "'": "&#39;", "\u00f1": "&ntilde;", "\u00e9": "&#xe9;"}
    text = re.compile(r">[^<]+<")

    def encoded(line: str) -> str:
        return text.sub(lambda found: "".join(written.get(letter, letter) for letter in found[0]), line)

    draft.reword(at_chance(draft, _lines(draft), 5, 1000, encoded))


def markup_within_entries(draft: Draft) -> None:
    """Entries are bold, stand in paragraphs or spans, or have a comment within."""
    ways = ("<strong>{}</strong>", "<p>{}</p>", "<span><span>{}</span></span>", "{}<!-- 2025 -->", "\n  {}\n", "{}<br>")
    way = draft.chance.choice(ways)
    cell = re.compile(r"<(li|td)>([^<\n]*)</\1>")
    draft.reword(
        in_content(lambda content: cell.sub(lambda found: f"<{found[1]}>{way.format(found[2])}</{found[1]}>", content))
    )


def numbered_list(draft: Draft) -> None:
    """The list of bullets turns into a numbered one, or gets classes and ids."""
    ways = (("<ul>", "<ol>"), ("<ul>", '<ul class="usa-list" id="l">'), ("<ul>", '<div class="field__items"><ul>'))
    old, new = draft.chance.choice(ways)
    ends = {"<ol>": "</ol>"}.get(new, "</ul></div>" if "<div" in new else "</ul>")
    draft.reword(in_content(lambda content: content.replace(old, new).replace("</ul>", ends)))


def headings_of_another_level(draft: Draft) -> None:
    """All headings stand one level lower, or are buttons of an accordion."""
    deeper = draft.chance.random() < 0.5

    def changed(content: str) -> str:
        if deeper:
            return re.sub(r"(</?h)([23])", lambda found: f"{found[1]}{int(found[2]) + 1}", content)
        return re.sub(r"<h([23])>(.*?)</h\1>", r"<h\1><button type='button'>\2</button></h\1>", content)

    draft.reword(in_content(changed))


def heading_reworded(draft: Draft) -> None:
    """The heading of the list is worded in another way that no description knows."""
    other = draft.chance.choice(("{}:", "{} (as of August)", "List of {}", "Sanctuary {}", "{} "))
    old = HEADINGS[draft.name]
    draft.reword(lambda page: page.replace(f"<h2>{old}</h2>", f"<h2>{other.format(old.title())}</h2>"))
    draft.may_hold = True


def links_after_the_list(draft: Draft) -> None:
    """After the last list stand a paragraph and a list of links: `Contact us`."""
    links = "\n".join(
        f'<li><a href="/{number}">{text}</a></li>'
        for number, text in enumerate(("Contact us", "Press room", "Archive"))
    )
    opening = draft.chance.choice(("More information:", "See also", "Was this page helpful?"))
    after = f"<p>{opening}</p>\n<ul>\n{links}\n</ul>"
    draft.reword(lambda page: webpages.BODY.sub(lambda found: f"{found[0][: -len(found[2])]}\n{after}{found[2]}", page))


def removed_from_the_list(draft: Draft) -> None:
    """A second section tells what was removed, with the same headings and names that are listed no more."""
    gone = [draft.fresh() for _ in range(2)]
    items = "".join(f"<li>{escape(row.cells['name'])}, {row.cells['state']}</li>\n" for row in gone)
    after = f"<h2>Removed from the list on July 1</h2>\n<h3>{HEADINGS[draft.name].title()}</h3>\n<ul>\n{items}</ul>"
    draft.reword(lambda page: webpages.BODY.sub(lambda found: f"{found[0][: -len(found[2])]}\n{after}{found[2]}", page))


def menu_with_the_same_names(draft: Draft) -> None:
    """The menu of the page gets a list of all states, or of some of the names."""
    names = [row.cells["name"] for row in draft.rows[:12]]
    menu = "".join(f'<li><a href="/{number}">{escape(name)}</a></li>' for number, name in enumerate(names))
    draft.reword(lambda page: page.replace('<nav aria-label="Main"><ul>', f'<nav aria-label="Main"><ul>{menu}'))


def pager(draft: Draft) -> None:
    """The list is cut after its first half, and the page links a second page with the rest."""
    link = draft.chance.choice(
        (
            '<a rel="next" href="?page=1">Next</a>',
            '<ul class="pager"><li><a href="?page=1" title="Go to next page">2</a></li></ul>',
        )
    )
    if draft.base.ground.name == "table":
        rows = draft.rows
        draft.lose(rows[len(rows) // 2 :])
        draft.reword(lambda page: page.replace("</table>", f"</table>\n<nav>{link}</nav>"))
    else:
        draft.lose(draft.rows[len(draft.rows) // 2 :])
        draft.reword(lambda page: _list_under(draft).sub(lambda found: f"{found[0]}\n<nav>{link}</nav>", page))


def page_cut_off(draft: Draft) -> None:
    """The page ends among the entries, and the server says that this is all."""

    def cut(content: bytes) -> bytes:
        text = content.decode()
        found = list(_lines(draft).finditer(content_of(text)[0]))
        at = content_of(text).start() + draft.chance.choice(found).end()
        return text[: at + draft.chance.choice((0, 0, 1, 5, 9))].encode()

    draft.rewrite(cut)


def record_in_the_foot(draft: Draft) -> None:
    """The last record stands in the foot of the table."""

    def moved(page: str) -> str:
        *_, last = LINE.finditer(page)
        page = page[: last.start()] + page[last.end() + 1 :]
        return page.replace("</tbody>", f"</tbody>\n<tfoot>\n{last[0]}\n</tfoot>")

    draft.reword(moved)


def total_in_the_foot(draft: Draft) -> None:
    """The foot of the table gives the number of records."""
    draft.reword(
        lambda page: page.replace(
            "</tbody>", f"</tbody>\n<tfoot><tr><td>Total</td><td>{len(draft.rows)}</td></tr></tfoot>"
        )
    )


def table_in_two(draft: Draft) -> None:
    """The table is split into two, each with the header."""

    def split(found: re.Match[str]) -> str:
        lines = found[1].split("\n")
        at = draft.chance.randint(len(lines) // 3, 2 * len(lines) // 3)
        header = "".join(f"<th>{text}</th>" for _, text in draft.grid.columns)
        between = f"</tbody></table>\n<table><thead><tr>{header}</tr></thead><tbody>"
        return "\n".join(("<tbody>", *lines[:at], between, *lines[at:], "</tbody>"))

    draft.reword(lambda page: BODY_OF_ROWS.sub(split, page))


def spanned_cells(draft: Draft) -> None:
    """Neighbouring records of one state share a cell for it."""

    def span(found: re.Match[str]) -> str:
        lines, made = found[1].split("\n"), []
        states = [line[len("<tr><td>") : line.index("</td>")] for line in lines]
        for index, line in enumerate(lines):
            if index and states[index] == states[index - 1]:
                made.append("<tr>" + line[line.index("</td>") + 5 :])
                continue
            size = next(
                (n for n in range(1, len(lines) - index) if states[index + n] != states[index]), len(lines) - index
            )
            made.append(line.replace("<td>", f'<td rowspan="{size}">', 1))
        return "<tbody>\n" + "\n".join(made) + "\n</tbody>"

    draft.rows.sort(key=lambda row: row.cells["state"])
    draft.reword(lambda page: BODY_OF_ROWS.sub(span, page))


def nested_item(draft: Draft) -> None:
    """One entry stands in a list within the entry before it."""
    pair = re.compile(r"<li>([^<\n]*)</li>\n<li>([^<\n]*)</li>")
    draft.reword(at_chance(draft, pair, 1, 2, lambda text: pair.sub(r"<li>\1<ul><li>\2</li></ul></li>", text)))


def empty_items(draft: Draft) -> None:
    """Empty items or rows stand among the others."""
    empty = (
        "<tr><td></td></tr>"
        if draft.base.ground.name == "table"
        else draft.chance.choice(("<li></li>", "<li>&nbsp;</li>"))
    )
    draft.reword(at_chance(draft, _lines(draft), 1, 5, lambda line: f"{line}\n{empty}"))


def items_in_another_order(draft: Draft) -> None:
    """The entries stand in another order."""
    draft.chance.shuffle(draft.rows)


KINDS = (
    Kind(apply=list_in_two_columns, grounds=DOJ, may_hold=True),
    Kind(apply=continued_heading, grounds=DOJ, may_hold=True),
    Kind(apply=second_half_under_another_heading, grounds=DOJ, may_hold=True),
    Kind(apply=note_between_items, grounds=DOJ, may_hold=True),
    Kind(apply=hidden_items, grounds=ON_PAGES),
    Kind(apply=texts_for_screen_readers, grounds=ON_PAGES),
    Kind(apply=struck_out_entries, grounds=PLACES, may_hold=True),
    Kind(apply=stale_meta_charset, grounds=ON_PAGES),
    Kind(apply=another_encoding, grounds=ON_PAGES),
    Kind(apply=stray_end_of_the_document, grounds=ON_PAGES),
    Kind(apply=end_tags_left_out, grounds=ON_PAGES),
    Kind(apply=entities, grounds=ON_PAGES),
    Kind(apply=markup_within_entries, grounds=ON_PAGES),
    Kind(apply=numbered_list, grounds=PLACES),
    Kind(apply=headings_of_another_level, grounds=PLACES),
    Kind(apply=heading_reworded, grounds=DOJ, may_hold=True),
    Kind(apply=links_after_the_list, grounds=PLACES, may_hold=True),
    Kind(apply=removed_from_the_list, grounds=DOJ, may_hold=True),
    Kind(apply=menu_with_the_same_names, grounds=PLACES),
    Kind(apply=pager, grounds=DOJ | TABLE, may_hold=True),
    Kind(apply=page_cut_off, grounds=ON_PAGES, may_hold=True),
    Kind(apply=record_in_the_foot, grounds=TABLE, may_hold=True),
    Kind(apply=total_in_the_foot, grounds=TABLE),
    Kind(apply=table_in_two, grounds=TABLE, may_hold=True),
    Kind(apply=spanned_cells, grounds=TABLE),
    Kind(apply=nested_item, grounds=PLACES, may_hold=True),
    Kind(apply=empty_items, grounds=ON_PAGES),
    Kind(apply=items_in_another_order, grounds=PLACES),
)
