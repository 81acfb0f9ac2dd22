"""Pages of which a part is opened by a tab: the tab is the heading of what it opens, wherever it stands."""

from __future__ import annotations

import pytest

from monitor.errors import LayoutError
from tests.extract.page.test_lists import DHS, DHS_VALUES, NAMED, doj, items, read
from tests.support.laid_out import page, reading, rows_of, tr

# How a tab, and the panel that it opens, are written: with a number, a title and what stands in the panel.
TABS = {
    "aria": (
        "<button role=tab id=b{0} aria-controls='t{0}'>{1}</button>",
        "<div role=tabpanel id=t{0} hidden>{2}</div>",
    ),
    "label": ("<button role=tab id=b{0}>{1}</button>", "<div role=tabpanel aria-labelledby=b{0} hidden>{2}</div>"),
    "link": ("<li><a data-toggle=tab href='#t{0}'>{1}</a></li>", "<div class=tab-pane id=t{0}>{2}</div>"),
    "target": (
        "<li><button data-bs-toggle=pill data-bs-target='#t{0}'>{1}</button></li>",
        "<div id=t{0} style='display:none'>{2}</div>",
    ),
    "item": ("<li role=tab aria-controls=t{0}>{1}</li>", "<section id=t{0} role=tabpanel>{2}</section>"),
}
# A tab directly above its panel.
ABOVE = {
    "plain": "<div role=tab id=b{0} aria-controls=t{0}>{1}</div><div role=tabpanel id=t{0}>{2}</div>",
    "heading": "<div role=tab id=b{0}><h4>{1}</h4></div><div role=tabpanel aria-labelledby=b{0}>{2}</div>",
    "button": "<button role=tab aria-controls=t{0}>{1}</button><div role=tabpanel id=t{0}>{2}</div>",
}


def tabbed(form: str, panels: dict[str, str]) -> str:
    """A part of a page in which each title opens what belongs to it."""
    numbered = [(number, title, content) for number, (title, content) in enumerate(panels.items())]
    if form in ABOVE:
        return "".join(ABOVE[form].format(*each) for each in numbered)
    tab, panel = ("".join(made.format(*each) for each in numbered) for made in TABS[form])
    return f"<ul role=tablist>{tab}</ul>{panel}"


FORMS = [*TABS, *ABOVE]


@pytest.mark.parametrize("form", FORMS)
def test_a_tab_is_the_heading_of_its_panel(form: str) -> None:
    """Its list belongs to it, also where the panel says the title once more; an empty panel is no empty list."""
    lists = {title: items(names) for title, names in NAMED.items()}
    whole = read(doj())
    assert read(doj({"": tabbed(form, lists)}, heading="{}")) == whole
    again = {title: f"<h2>{title}</h2>{content}" for title, content in lists.items()}
    assert read(doj({"": tabbed(form, again)}, heading="{}")) == whole
    with pytest.raises(LayoutError, match="its heading is there, but no list under it"):
        read(doj({"": tabbed(form, lists | {"COUNTIES": ""})}, heading="{}"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("intro", "kind"), [("", "<h4>{}</h4>"), ("<p>Listed here.</p>", "<p><strong>{}</strong></p>")]
)
def test_tabs_of_states_are_the_groups_of_the_lists_in_them(form: str, intro: str, kind: str) -> None:
    """Headings within a panel may be of any level."""
    states = dict.fromkeys(("Alaska", "California", "Virginia"), intro)
    for name, title in (("states", "State"), ("counties", "Counties"), ("cities", "Cities")):
        for state in states:
            own = tuple(values[0] or "" for values in DHS_VALUES[name] if values[1] == state)
            own = ("Self-identification as a State Sanctuary Jurisdiction",) if own and name == "states" else own
            if own:
                states[state] += kind.format(title) + items(own)
    found = read(f"<html><body><h1>Jurisdictions</h1>{tabbed(form, states)}</body></html>", DHS)
    assert found == DHS_VALUES


@pytest.mark.parametrize("form", FORMS)
def test_tabs_are_titles_of_the_tables_in_them(form: str) -> None:
    """The state of a record is the tab that opens its table."""
    head = tr("Agency", "Model", tag="th")
    tables = {
        state: f"<table>{head}{tr(name, 'Jail')}</table>" for state, name in (("Texas", "Bexar"), ("Utah", "Cache"))
    }
    described = {"columns": {"agency": "Agency", "model": "Model"}, "group": {"state": "heading"}, "key": ["agency"]}
    found = reading("html", page(f"<h1>Agencies</h1>{tabbed(form, tables)}"), tables="all", **described)
    assert rows_of(found) == [("Bexar", "Jail", "Texas"), ("Cache", "Jail", "Utah")]


def test_what_only_looks_like_a_tab_is_read_as_before() -> None:
    """One that holds its own panel, one with much text, and one that opens nothing; none of their text is lost."""
    inside = "".join(
        f"<div role=tab aria-controls=t{number}><h3>{title}</h3><div id=t{number}>{items(names)}</div></div>"
        for number, (title, names) in enumerate(NAMED.items())
    )
    assert read(doj({"": inside}, heading="{}")) == read(doj())
    long = "<div role=tab aria-controls=x>" + "Some words on what is listed. " * 8 + "</div>"
    assert read(
        doj(after=f"{long}<p>Text</p><div id=x>More</div><button role=tab aria-controls=y>Open</button>")
    ) == read(doj())
