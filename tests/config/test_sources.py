"""The configuration: its short forms, its faults all at once, and what the default file fixes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import yaml
from pydantic import ValidationError

from monitor.config.edits import with_source
from monitor.config.file import load, parse
from monitor.config.lists import ListDescription
from monitor.config.schema import config_schema
from monitor.config.titles import Titles
from monitor.errors import ConfigError
from monitor.model import ReportKind
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "config.yaml").read_text("utf-8")
DEFAULT = load(ROOT / "config.yaml")

PLACES: dict[str, tuple[str, ...]] = dict.fromkeys(("states", "counties", "cities"), ("name", "state"))
LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "ice-ddor": {
        "section-1": ("jurisdiction", "state", "detainers_issued"),
        "section-2": ("state", "jurisdiction", "citizenship", "issued_on", "declined_on", "activity"),
        "section-3": ("jurisdiction", "enacted", "policy", "criteria"),
    },
    "ice-287g": {
        "participating": ("state", "agency", "type", "county", "support_type", "signed", "moa", "addendum"),
        "pending": ("state", "agency", "type", "county", "support_type"),
    },
    "dhs-sanctuary": PLACES,
    "doj-sanctuary": PLACES,
}


def minimal(**changes: Any) -> dict[str, Any]:
    """A configuration with one source, one report and one list, as a tree; `changes` are the list's."""
    described = {"columns": {"state": "STATE", "agency": ["AGENCY", "LAW ENFORCEMENT AGENCY"]}} | changes
    report = {"kind": "rolling", "format": "xlsx", "match": {"href": r"\.xlsx$"}, "lists": {"all": described}}
    return {"sources": {"one": {"page": "https://www.example.gov/list", "reports": {"file": report}}}}


def as_text(tree: object) -> str:
    """A tree as a file has it."""
    return yaml.safe_dump(tree, sort_keys=False)


def faults(tree: object) -> dict[str, str]:
    """What is wrong with a configuration, by path."""
    with pytest.raises(ConfigError) as refused:
        parse(tree if isinstance(tree, str) else as_text(tree))
    assert all(line.startswith("config.yaml: ") and "\n" not in line for line in refused.value.faults)
    parts = [line.split(": ", 2) for line in refused.value.faults]
    return {path: what for _, path, what in parts}


def test_the_default_file_has_the_four_sources_and_their_lists() -> None:
    """Their names, the names of their lists and of the fields are fixed: people and programs rely on them."""
    found = {
        name: {each: described.fields for report in source.reports.values() for each, described in report.lists.items()}
        for name, source in DEFAULT.sources.items()
    }
    assert list(found) == list(LISTS)
    for name, lists in found.items():
        assert lists == LISTS[name] | {"notices": ("text",)}


def test_the_default_file_sends_nothing_and_is_careful() -> None:
    """No channel, no subscription, no private address; a quarter of an hour between polls."""
    assert (DEFAULT.channels, DEFAULT.subscriptions) == ({}, {})
    assert DEFAULT.poll.allow_private_addresses is False
    assert DEFAULT.poll.every == timedelta(minutes=15)
    assert str(DEFAULT.state) == "state"


def test_the_default_file_compares_and_matches_as_designed() -> None:
    """Weekly reports are a series with section III compared across; memoranda are minor; spreadsheets are rolling."""
    ddor, agreements = DEFAULT.sources["ice-ddor"].reports, DEFAULT.sources["ice-287g"].reports
    assert ddor["weekly"].kind == ReportKind.SERIES
    assert [name for name, each in ddor["weekly"].lists.items() if each.compare == "across"] == ["section-3"]
    assert ddor["weekly"].lists["section-2"].key == ()
    assert agreements["participating"].kind == agreements["pending"].kind == ReportKind.ROLLING
    assert agreements["participating"].lists["participating"].minor == ("moa", "addendum")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1234", "http://localhost:8000", "https://mirror.example.org"])
def test_another_server_in_the_default_file_is_a_working_configuration(address: str) -> None:
    """Nothing about hosts is hard-coded: with the address replaced, pages and allowed hosts are the new one's."""
    text = TEXT.replace("https://www.ice.gov", address)
    text = text.replace("allow_private_addresses: false", "allow_private_addresses: true")
    config = parse(text)
    assert config.poll.allow_private_addresses
    for name in ("ice-ddor", "ice-287g"):
        assert config.sources[name].page.startswith(f"{address}/")
        assert config.sources[name].allowed_hosts == {urlsplit(address).hostname}
    assert config.sources["dhs-sanctuary"] == DEFAULT.sources["dhs-sanctuary"]


def test_a_column_may_be_a_header_or_several() -> None:
    """The short forms mean what the long one says."""
    described = parse(as_text(minimal())).sources["one"].reports["file"].lists["all"]
    assert described.columns["state"].header == ("STATE",)
    assert described.columns["agency"].header == ("AGENCY", "LAW ENFORCEMENT AGENCY")
    long = minimal(columns={"state": {"header": "STATE"}, "agency": {"header": ["AGENCY", "LAW ENFORCEMENT AGENCY"]}})
    assert parse(as_text(long)).sources["one"].reports["file"].lists["all"] == described


def test_one_name_may_stand_where_several_may() -> None:
    """`key: state` is `key: [state]`."""
    described = parse(as_text(minimal(key="state", names="agency"))).sources["one"].reports["file"].lists["all"]
    assert (described.key, described.names) == (("state",), ("agency",))


@pytest.mark.parametrize(
    ("written", "seconds"), [("30s", 30), ("15m", 900), ("6h", 21600), ("7d", 604800), ("15 m", 900), (" 1h ", 3600)]
)
def test_a_length_of_time_has_a_unit(written: str, seconds: int) -> None:
    """Seconds, minutes, hours, days."""
    assert parse(as_text({"poll": {"every": written}} | minimal())).poll.every == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", [15, "15", "0m", "-5m", "1.5h", "often", "5w", "", None, True, "9" * 12 + "d"])
def test_what_is_no_length_of_time_is_a_fault(written: object) -> None:
    """It is told how to write one."""
    what = faults({"poll": {"every": written}} | minimal())["poll.every"]
    assert what.endswith("is no length of time; write it like 30s, 15m, 6h or 7d")


@pytest.mark.parametrize(
    ("written", "size"), [("50MB", 50_000_000), ("200KB", 200_000), ("1GB", 10**9), ("5 mb", 5_000_000), (7, 7)]
)
def test_a_size_may_have_a_unit(written: object, size: int) -> None:
    """Powers of a thousand, in either case; a bare number is bytes."""
    assert parse(as_text({"poll": {"max_bytes": written}} | minimal())).poll.max_bytes == size


@pytest.mark.parametrize("written", ["0MB", "-1", "1.5MB", "big", "", None, False])
def test_what_is_no_size_is_a_fault(written: object) -> None:
    """It is told how to write one."""
    assert "is no size; write it like 50MB" in faults({"poll": {"max_bytes": written}} | minimal())["poll.max_bytes"]


@pytest.mark.parametrize("pattern", ["(", "[", "(?P<a>x)(?P<a>y)", "a{99999999999}", "(" * 3000 + ")" * 3000, 5, ["a"]])
def test_what_is_no_pattern_is_a_fault(pattern: object) -> None:
    """Also where it is too much for the library that reads it."""
    assert "is no regular expression" in faults(minimal(heading=pattern))["sources.one.reports.file.lists.all.heading"]


def test_patterns_disregard_case() -> None:
    """Publishers don't keep to theirs."""
    match = DEFAULT.sources["ice-287g"].reports["participating"].match
    assert match is not None
    assert match.href is not None
    assert match.href.search("/doclib/PARTICIPATINGAgencies07032025pm.XLSX")


@pytest.mark.parametrize(
    "page", ["www.ice.gov", "ftp://www.ice.gov/", "https://", "//www.ice.gov", "http://[x", "", 5, None]
)
def test_a_page_is_a_web_address(page: object) -> None:
    """With http or https, and a host."""
    tree = minimal()
    tree["sources"]["one"]["page"] = page
    assert list(faults(tree)) == ["sources.one.page"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"key": ["county"]}, "key: no field 'county'; this list has state, agency"),
        ({"anchors": ["stat"]}, "anchors: no field 'stat'"),
        ({"names": ["name"]}, "names: no field 'name'"),
        ({"minor": ["moa"]}, "minor: no field 'moa'"),
        ({"whole_row": "x"}, "whole_row: no field 'x'"),
        ({"jurisdiction": {"name": "county"}}, "jurisdiction: no field 'county'"),
        ({"totals": [{"text": "(\\d+)", "sum": "count"}]}, "totals: no field 'count'"),
        (
            {"item": "(?P<name>.+)", "heading": "x"},
            "exactly one of columns, item, paragraphs, content, or card with columns",
        ),
        ({"columns": {}}, "exactly one of columns, item, paragraphs, content, or card with columns"),
        ({"columns": {}, "item": ".+", "heading": "x"}, "item needs at least one named group"),
        ({"until": "Notes"}, "until ends the lines of a PDF that item reads, and does nothing without item"),
        ({"columns": {}, "card": "div"}, "card needs columns that say by select or label where"),
        ({"card": "div"}, "columns: state needs exactly one of select or label, and no header, within a card"),
        (
            {"card": "div", "columns": {"a": {"select": "b", "label": "A"}}},
            "columns: a needs exactly one of select or label, and no header",
        ),
        ({"columns": {"a": {"select": "b"}}}, "columns: a has select, which needs card"),
        ({"columns": {"a": {"label": "A"}}}, "columns: a has label, which needs card"),
        ({"card": "div", "columns": {"a": {"select": "b"}}, "item": "(?P<a>.)"}, "exactly one of columns, item"),
        ({"card": "div", "columns": {"a": {"select": "b"}}, "key": ["b"]}, "key: no field 'b'; this list has a"),
        ({"group": ["state"]}, "group: 'state' is the name of a column, too"),
        (
            {"group": ["month"]},
            "group: say where the value of 'month' stands: title_row, heading, sheet or merged_cell",
        ),
        ({"group": {"month": {"pattern": "x"}}}, "group: say where the value of 'month' stands"),
        ({"group": {"month": "title_row"}, "columns": {"a": "A"}}, "title_row: in a list with one column, each row"),
        ({"group": {"month": "title_row"}, "whole_row": "agency"}, "title_row: a row that goes on, without agency,"),
        ({"group": {"month": "sheet"}, "whole_row": "month"}, "whole_row: 'month' is a group, and no column"),
        ({"columns": {}, "paragraphs": "x", "group": ["month"]}, "group is for tables; this list has no columns"),
        (
            {"columns": {}, "item": "(?P<a>.+)", "heading": "x", "group": {"b": "heading"}},
            "group: with item and card, its fields take the heading above; write group: [b]",
        ),
        ({"columns": {}, "paragraphs": "x", "tables": "all"}, "tables is for tables"),
        ({"columns": {}, "paragraphs": "x", "header_row": 3}, "header_row is for tables"),
        ({"columns": {}, "paragraphs": "x", "header_rows": 3}, "header_rows is for tables"),
        ({"columns": {}, "paragraphs": "x", "skip_rows": {"text": "x"}}, "skip_rows is for tables"),
        ({"skip_rows": {"name": "x"}}, "skip_rows: no field 'name'"),
        ({"header_row": 1, "header_rows": 2}, "header_row: 1 can't be the last of header_rows: 2"),
        (
            {"columns": {"a": {"header": "A", "fill_down": True}, "b": "B"}, "whole_row": "a"},
            "whole_row: 'a' can't have fill_down",
        ),
    ],
)
def test_a_list_that_makes_no_sense_is_a_fault(change: dict[str, Any], what: str) -> None:
    """Fields that it does not have, ways of reading that exclude each other."""
    assert what in faults(minimal(**change))["sources.one.reports.file.lists.all"]


CARD = {"card": "div", "columns": {"a": {"select": "b"}}}


@pytest.mark.parametrize(
    ("format_", "change", "what"),
    [
        ("pdf", CARD, "lists: all: card is not read in pdf; describe the list by columns or item"),
        ("pdf", {"columns": {}, "paragraphs": "x"}, "lists: all: paragraphs is not read in pdf"),
        (
            "csv",
            {"columns": {}, "item": "(?P<a>.)"},
            "lists: all: item is not read in csv; describe the list by columns",
        ),
        ("xlsx", CARD, "lists: all: card is not read in xlsx"),
        (
            "html",
            {"columns": {}, "item": "(?P<name>.+)"},
            "lists: all: a list with item needs the heading that it stands under",
        ),
        ("html", {"columns": {}, "item": "(?P<a>.)", "heading": "x", "until": "y"}, "until is for PDFs only"),
    ],
)
def test_a_list_that_its_format_can_not_have_is_a_fault(format_: str, change: dict[str, Any], what: str) -> None:
    """Each format is read in its own ways, and the fault names these."""
    tree = minimal(**change)
    tree["sources"]["one"]["reports"]["file"]["format"] = format_
    assert what in faults(tree)["sources.one.reports.file"]


def test_lines_of_a_pdf_need_no_heading() -> None:
    """They may be all that the file has."""
    tree = minimal(columns={}, item="(?P<name>.+), (?P<state>[A-Z]{2})", until="^Notes$")
    tree["sources"]["one"]["reports"]["file"]["format"] = "pdf"
    described = parse(as_text(tree)).sources["one"].reports["file"].lists["all"]
    assert described.fields == ("name", "state")


@pytest.mark.parametrize("selector", ["div >", "", "p::text", "div:foo", "@x", "x|y", 5, ["a"], "a{}", "(" * 3000])
def test_what_is_no_selector_is_a_fault(selector: object) -> None:
    """Also what cssselect takes and nothing can follow."""
    path = "sources.one.reports.file.lists.all"
    assert "is no CSS selector" in faults(minimal(card=selector, columns={"a": {"select": "b"}}))[f"{path}.card"]
    within = faults(minimal(card="div", columns={"a": {"select": selector}}))
    assert "is no CSS selector" in within[f"{path}.columns.a.select"]


@pytest.mark.parametrize(
    ("format_", "change", "what"),
    [
        ("csv", {"group": {"month": "sheet"}}, "lists.all: group: month: sheet: a CSV file has no sheets"),
        ("csv", {"group": {"month": "merged_cell"}}, "merged_cell: a CSV file has no merged cells"),
        ("html", {"group": {"month": "sheet"}}, "sheet: a web page has no sheets; take it from heading or title_row"),
        ("pdf", {"group": {"month": "sheet"}}, "sheet: a PDF has no sheets"),
        ("pdf", {"group": {"month": "heading"}}, "heading: a PDF does not say which of its lines are headings"),
        ("pdf", {"header_row": 3}, "lists.all: header_row: the tables of a PDF have no numbered rows"),
        ("pdf", {"header_rows": 2}, "lists.all: header_rows: in a PDF, the header is one row of cells"),
    ],
)
def test_what_a_format_does_not_have_is_a_fault(format_: str, change: dict[str, Any], what: str) -> None:
    """Nothing is described in vain."""
    tree = minimal(**change)
    tree["sources"]["one"]["reports"]["file"]["format"] = format_
    assert what in faults(tree)["sources.one.reports.file"]


@pytest.mark.parametrize("column", [{}, {"header": []}, {"header": "A", "header_pattern": "A"}, {"kind": "date"}])
def test_a_column_has_a_header_or_a_pattern(column: dict[str, Any]) -> None:
    """One of the two, and not both."""
    assert faults(minimal(columns={"state": column})) == {
        "sources.one.reports.file.lists.all": (
            "columns: state: say by exactly one of header or header_pattern what stands above the column"
        )
    }


def test_groups_are_fields_and_have_a_short_form() -> None:
    """They come after the columns, and are the same when they are handed on as JSON."""
    groups = {"month": "sheet", "area": {"from": "title_row", "pattern": "(.+) area"}}
    described = ListDescription.model_validate({"columns": {"agency": "Agency"}, "group": groups, "key": ["month"]})
    assert described.fields == ("agency", "month", "area")
    assert described.group["month"].value_in("May 2026") == "May 2026"
    assert described.group["area"].value_in("Dallas area") == "Dallas"
    assert described.group["area"].value_in("Dallas") is None
    assert ListDescription.model_validate_json(described.model_dump_json()) == described


def test_a_slip_in_a_group_is_named_with_the_key_that_was_meant() -> None:
    """As it is written in the file, in which `from` is a key."""
    path = "sources.one.reports.file.lists.all.group.month"
    told = faults(minimal(group={"month": {"from": "sheet", "patern": "x"}, "state": {"form": "sheet"}}))
    assert told[f"{path}.patern"] == "no such key; did you mean 'pattern'?"
    assert told["sources.one.reports.file.lists.all.group.state.form"] == "no such key; did you mean 'from'?"


def test_the_schema_knows_the_forms_of_groups_and_columns() -> None:
    """Short and long, and what there is not."""
    checker = jsonschema_rs.validator_for(config_schema())
    columns = {"a": {"header_pattern": "x", "fill_down": True}, "b": ["B", "C"]}
    for group in ("state", ["state"], {"state": "sheet"}, {"state": {"from": "heading", "pattern": "x"}}, {}):
        tree = minimal(columns=columns, group=group, header_row=7, header_rows=2, skip_rows={"b": "x"}, tables="all")
        assert list(checker.iter_errors(tree)) == []
    for change in ({"group": {"state": "sheets"}}, {"tables": "two"}, {"header_row": 0}, {"header_rows": 11}):
        assert len(list(checker.iter_errors(minimal(**change)))) == 1


@pytest.mark.parametrize("group", [{"month": "sheets"}, {"month": {"from": "sheet", "patern": "x"}}, {"month": 3}])
def test_a_group_from_nowhere_is_a_fault(group: dict[str, Any]) -> None:
    """Places and keys that there are not."""
    (path,) = faults(minimal(group=group))
    assert path.startswith("sources.one.reports.file.lists.all.group.month")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"kind": "page"}, "the page itself: format html, and no match"),
        ({"match": None}, "say by match which links are this report"),
        ({"key": "x"}, "key is for a series only"),
        ({"parts": True, "kind": "series"}, "parts: true is for kind rolling, where all files that match are one list"),
        ({"parts": True, "kind": "page", "match": None, "format": "html"}, "parts: true is for kind rolling"),
        ({"pager": {"text": "Next"}}, "pager is for kind page, whose list goes on on further pages; this is rolling"),
        ({"pager": {"text": "Next"}, "kind": "series"}, "pager is for kind page"),
        ({"pager": {"text": "Next"}, "parts": True}, "several files that are one list take parts: true"),
    ],
)
def test_a_report_that_makes_no_sense_is_a_fault(change: dict[str, Any], what: str) -> None:
    """What belongs to another kind of report."""
    tree = minimal()
    tree["sources"]["one"]["reports"]["file"] |= change
    assert what in faults(tree)["sources.one.reports.file"]


@pytest.mark.parametrize(
    ("pager", "where", "what"),
    [
        ({}, "", "say href, text or both"),
        ({"text": "("}, ".text", "is no regular expression"),
        ({"text": "Next", "at_most": 1}, ".at_most", "the smallest value is 2"),
        ({"text": "Next", "most": 5}, ".most", "did you mean 'at_most'?"),
    ],
)
def test_a_pager_that_makes_no_sense_is_a_fault(pager: dict[str, Any], where: str, what: str) -> None:
    """With the key at fault."""
    tree = minimal()
    report = tree["sources"]["one"]["reports"]["file"]
    report |= {"kind": "page", "format": "html", "pager": pager}
    del report["match"]
    assert what in faults(tree)[f"sources.one.reports.file.pager{where}"]


def test_parts_may_have_a_key() -> None:
    """As a series has."""
    tree = minimal()
    tree["sources"]["one"]["reports"]["file"] |= {"parts": True, "key": r"file-(\w+)"}
    (report,) = parse(as_text(tree)).sources["one"].reports.values()
    assert (report.parts, report.is_in_parts, report.pager) == (True, True, None)


def test_two_lists_of_a_source_can_not_have_one_name() -> None:
    """`monitor list SOURCE LIST` must mean one."""
    tree = minimal()
    reports = tree["sources"]["one"]["reports"]
    reports["other"] = reports["file"]
    assert "two lists are called 'all'" in faults(tree)["sources.one"]


@pytest.mark.parametrize("name", ["Ice", "ice_287g", "ice 287g", "-ice", "ice--g", "\u00e9"])
def test_names_are_plain(name: str) -> None:
    """They stand in commands and addresses: small letters, digits, single hyphens."""
    tree = minimal()
    tree["sources"] = {name: tree["sources"]["one"]}
    (what,) = faults(tree).values()
    assert what.endswith("is no name; use small letters, digits and single hyphens")


@pytest.mark.parametrize(
    ("tree", "path", "near"),
    [
        ({"contcat": "a"} | minimal(), "contcat", "contact"),
        ({"poll": {"evry": "5m"}} | minimal(), "poll.evry", "every"),
        (minimal(jurisdictions={}), "sources.one.reports.file.lists.all.jurisdictions", "jurisdiction"),
        (minimal(columns={"a": {"headers": "A"}}), "sources.one.reports.file.lists.all.columns.a.headers", "header"),
    ],
)
def test_a_misspelt_key_is_told_with_the_likely_one(tree: dict[str, Any], path: str, near: str) -> None:
    """At every depth of the file."""
    assert faults(tree)[path] == f"no such key; did you mean {near!r}?"


def test_an_unknown_key_is_told_with_those_that_there_are() -> None:
    """Where none is near."""
    what = faults({"poll": {"zzz": 1}} | minimal())["poll.zzz"]
    assert what.startswith("no such key; here stand every, soonest, timeout")


def yaml_fault(text: str) -> str:
    """The one fault of a text that is no YAML."""
    with pytest.raises(ConfigError) as refused:
        parse(text)
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize(
    "text",
    [
        "contact: a\ncontact: b",
        "sources:\n  one: {page: https://x, page: https://y}",
        "poll:\n  every: 5m\n  timeout: 5s\n  every: 6m",
    ],
)
def test_a_key_given_twice_is_a_fault(text: str) -> None:
    """It is no silent choice of the last one; line and column are told, and the line is shown."""
    what = yaml_fault(text)
    place, _, said = what.partition(": no valid YAML: ")
    assert re.fullmatch(r"config\.yaml:\d+:\d+", place)
    assert "stands twice" in said
    assert said.endswith("^")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n  b: 1\n c: 2", "lines of one level begin in the same column"),
        ("a:\n  - b: 1\n  c: 2", "all with - or none"),
        ("a:\n  b:1\n  c: 2", "the one before it has no blank after its colon"),
        ("a: 1\nb:1\nc:\n  d: 2", "line 2 needs a colon and a blank after its key"),
        ("a:\n  b: [1\nc: 2", "the bracket that is opened in line 2 is not closed"),
        ("a:\n  b: {c: 1\n  d: 2\n", "the brace that is opened in line 2 is not closed"),
        ("a: 1\nb: 'it''s\nc: 2\n", "the quotation mark that is opened in line 2 is not closed"),
        ("a: 1\n\tb: 2", "blanks are needed before a line, and no tabs"),
        ("a: @b", "a text that begins with this character needs quotation marks"),
        ("a: Notice: gone", "a text with a colon and a blank needs quotation marks"),
        ('a: "\\d+"', "write a pattern in single quotation marks: in double ones, \\ has a meaning of its own"),
    ],
)
def test_a_fault_of_the_yaml_says_how_it_is_mended(text: str, hint: str) -> None:
    """The words of the library that reads YAML are for programmers; the line after the caret is for everybody."""
    assert hint in yaml_fault(text).splitlines()[-1]


@pytest.mark.parametrize(
    "text",
    ["a: b: c", "\tx", "[", "? [1, 2]\n: 3", "? {a: b}\n: 3", "x: 2025-13-45", "x: !!python/name:os.system", "\0"],
)
def test_what_is_no_yaml_is_one_fault(text: str) -> None:
    """Whatever the library that reads it raises."""
    assert "no valid YAML" in yaml_fault(text)


def test_yaml_that_is_nested_beyond_sense_is_one_short_fault() -> None:
    """It does not end the program, and a line of thousands of letters is not shown whole."""
    fault = yaml_fault("x: " + "[" * 5000)
    assert "no valid YAML" in fault
    assert max(map(len, fault.splitlines())) < 250


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]", "5", "a text"])
def test_what_is_no_mapping_is_one_line(text: str) -> None:
    """An empty file as well."""
    with pytest.raises(ConfigError) as refused:
        parse(text)
    (fault,) = refused.value.faults
    empty = "config.yaml: empty; it needs at least `sources`"
    other = "config.yaml: this is no configuration: it needs keys like `sources:`, each on a line of its own"
    assert fault == (other if text.strip("# \n") and not text.startswith("#") else empty)


@pytest.mark.parametrize("text", ["sources:\n", "sources: {}\n", "sources: # none yet\n"])
def test_a_configuration_may_begin_without_a_source(text: str) -> None:
    """A draft can then be put into it."""
    assert parse(text).sources == {}
    added = with_source(text, "  one:\n    page: https://www.example.gov/\n")
    assert yaml.safe_load(added) == {"sources": {"one": {"page": "https://www.example.gov/"}}}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("states", False, "false is no text; without quotation marks YAML reads yes, no, on and off as true or false"),
        ("states", [False], "false is no text; without"),
        ("minor", "perhaps", "'perhaps' is neither true nor false"),
        ("channels", [], "empty; at least one is needed"),
        ("lists", {"a": "b"}, "a list is needed here; write it in brackets, like [one, another]"),
        ("kinds", ["aded"], "'aded' is not known here; did you mean added?"),
        ("sources", [7], "a text is needed here; put it into quotation marks"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(key: str, value: object, said: str) -> None:
    """Whatever is wrong with it: its kind, its size, or that it is none of the known ones."""
    tree = {"sources": {"one": minimal()["sources"]["one"]}, "subscriptions": {"all": {"channels": [], key: value}}}
    with pytest.raises(ConfigError) as refused:
        parse(yaml.safe_dump(tree))
    assert f"config.yaml: subscriptions.all.{key}" in "\n".join(refused.value.faults)
    assert said in "\n".join(refused.value.faults)
    assert not re.search(r"Input should|valid (?:string|tuple|dictionary)|validation", str(refused.value.faults))


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        ({"per_host": 99}, "poll.per_host: 99 is too large; the largest value is 16"),
        ({"per_host": 0}, "poll.per_host: 0 is too small; the smallest value is 1"),
        ({"per_host": "two"}, "poll.per_host: 'two' is no whole number"),
        ([], "poll: a section is needed here: its keys on lines below it"),
    ],
)
def test_a_number_or_section_that_is_wrong_is_told_in_plain_words(poll: object, said: str) -> None:
    """With the smallest or the largest value that is allowed."""
    with pytest.raises(ConfigError) as refused:
        parse(yaml.safe_dump({**minimal(), "poll": poll}))
    assert said in refused.value.faults[0]


def test_the_name_of_a_source_that_is_no_name() -> None:
    """The place is the name itself."""
    with pytest.raises(ConfigError) as refused:
        parse(yaml.safe_dump({"sources": {"VA Contracts": minimal()["sources"]["one"]}}))
    assert refused.value.faults[0] == (
        "config.yaml: sources.VA Contracts: 'VA Contracts' is no name; use small letters, digits and single hyphens"
    )


def test_a_text_that_is_wrong_is_not_shown_since_it_may_be_secret() -> None:
    """An address of a channel in brackets."""
    room = {"kind": "slack", "url": ["https://hooks.slack.com/services/T0/B0/secret"]}
    with pytest.raises(ConfigError) as refused:
        parse(yaml.safe_dump({**minimal(), "channels": {"room": room}}))
    assert "secret" not in str(refused.value.faults)


def test_a_file_that_is_no_utf_8_says_so(tmp_path: Path) -> None:
    """As some editors save it."""
    path = tmp_path / "config.yaml"
    path.write_text("contact: Se\u00f1or\n", encoding="latin-1")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.faults == (
        f"{path}: it is no text in UTF-8; save it in that encoding, which every editor offers",
    )


def test_all_faults_are_told_at_once() -> None:
    """Wherever in the file they are, each with its path."""
    tree = {"contcat": "a", "poll": {"every": 5, "max_bytes": "x", "per_host": 0}} | minimal(heading="(", key=["none"])
    tree["sources"]["two"] = {"page": "x", "reports": {}}
    tree["sources"]["Three"] = minimal()["sources"]["one"]
    assert set(faults(tree)) == {
        *("contcat", "poll.every", "poll.max_bytes", "poll.per_host", "sources.Three"),
        *("sources.one.reports.file.lists.all.heading", "sources.two.page", "sources.two.reports"),
    }


def test_a_description_is_found_by_the_names_of_its_source_and_itself() -> None:
    """A report or list that the file does not describe has none."""
    config = load(ROOT / "config.yaml")
    weekly = config.sources["ice-ddor"].reports["weekly"]
    assert config.report_description("ice-ddor", "weekly") is weekly
    assert config.list_description("ice-ddor", "section-2") is weekly.lists["section-2"]
    assert config.report_description("ice-ddor", "participating") is None
    assert config.report_description("nobody", "weekly") is None
    assert config.list_description("ice-287g", "section-2") is None
    assert config.list_description("nobody", "section-2") is None


SAYS = {
    "columns": {
        "agency": "Agency",
        "county": {"header": "County", "hide": ["#N/A"]},
        "signed": {"header": "Signed", "kind": "date"},
    }
}


@pytest.mark.parametrize(
    ("says", "fields", "told"),
    [
        (
            "{agency}, {county}, signed {signed}",
            ("Bay Police", "Bay County", "2025-07-01"),
            "Bay Police, Bay County, signed 1 July 2025",
        ),
        ("{agency}, {county}, signed {signed}", ("Bay Police", "#N/A", ""), "Bay Police"),
        ("{agency}, signed {signed}", ("Bay Police", "#N/A", "soon"), "Bay Police, signed soon"),
        ("{agency}, a police agency", ("Bay\nPolice", "x", ""), "Bay Police, a police agency"),
        ("", ("Bay Police", "Bay Police", "2025-07-01"), "Bay Police, 1 July 2025"),
        ("{agency}", ("{county}", "Bay County", ""), "{county}"),
    ],
)
def test_a_record_is_told_in_a_sentence(says: str, fields: tuple[str, ...], told: str) -> None:
    """Parts without a value are left out, and so are values that say nothing; dates are written in words."""
    described = ListDescription.model_validate(SAYS | {"says": says})
    assert described.sentence(dict(zip(("agency", "county", "signed"), fields, strict=True))) == told


def test_a_sentence_with_an_unknown_field_is_a_fault() -> None:
    """It is named, with those that the list has."""
    with pytest.raises(ValidationError, match="says: no field 'name'; this list has agency, county, signed"):
        ListDescription.model_validate(SAYS | {"says": "{name}"})


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("participating: 146 of 226 records would be gone", "Participating agencies: 146 of 226 records would be gone"),
        ("superseded; pending: no records", "superseded; Pending agencies: no records"),
        ("list 'participating': no header of it", "list Participating agencies: no header of it"),
        ("agencies participating: none", "agencies participating: none"),
    ],
)
def test_why_a_version_is_held_names_lists_by_their_titles(reason: str, told: str) -> None:
    """Where it names a list; other words stay."""
    assert Titles(DEFAULT).of_lists_in("ice-287g", reason) == told


@pytest.mark.parametrize(
    ("report", "list_", "where", "in_text"),
    [
        (
            "participating",
            "participating",
            "ICE 287(g) agreements, Participating agencies",
            "the list Participating agencies",
        ),
        ("page", None, "ICE 287(g) agreements, the page", "the page"),
        ("gone", "gone", "ICE 287(g) agreements, gone", "the report gone"),
    ],
)
def test_a_report_has_words_for_readers(report: str, list_: str | None, where: str, in_text: str) -> None:
    """Those of its lists, of its period, or that it is the page; its name where the configuration lacks it."""
    titles = Titles(DEFAULT)
    assert titles.where("ice-287g", list_, report=report) == where
    assert titles.report_in_text("ice-287g", report) == in_text


@pytest.mark.parametrize("key", ["2017_02-11to02-17", "2017_02-11_02-17", "2017_02-11_to_02-17"])
def test_a_report_of_a_series_is_called_by_its_period(key: str) -> None:
    """However its key is written."""
    assert Titles(DEFAULT).report_in_text("ice-ddor", key) == "the report of 11 to 17 February 2017"


def test_a_field_of_a_moved_record_has_the_title_of_the_other_list() -> None:
    """Without a configuration, names stay, with blanks."""
    assert Titles(DEFAULT).of_field("ice-287g", "pending", "moa") == "MOA"
    assert Titles(DEFAULT).of_field("nobody", "pending", "support_type") == "support type"
    assert Titles().of_field("ice-287g", "pending", "moa") == "moa"


def test_the_state_of_a_whole_list_is_a_postal_code() -> None:
    """Another text is a fault that names the key and what would work."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    (config,) = [
        parse(text.replace("jurisdiction: { name: jurisdiction }", "jurisdiction: { name: jurisdiction, within: CA }"))
    ]
    described = config.list_description("ice-ddor", "section-3")
    assert described is not None
    assert described.jurisdiction.within == "CA"
    with pytest.raises(ConfigError) as fault:
        parse(
            text.replace(
                "jurisdiction: { name: jurisdiction }", "jurisdiction: { name: jurisdiction, within: California }"
            )
        )
    assert "section-3.jurisdiction.within: 'California' is no postal code of a state; write it like TX" in str(
        fault.value
    )


@pytest.mark.parametrize(
    "given", ["https://monitor.example.org", "https://monitor.example.org/", "http://127.0.0.1:8080"]
)
def test_the_address_of_the_pages_has_no_slash_at_its_end(given: str) -> None:
    """It is the beginning of every address that an alert links to."""
    assert parse(f"web: {{address: '{given}'}}\n{TEXT}").web.address == given.rstrip("/")


@pytest.mark.parametrize(
    "given",
    ["monitor.example.org", "https://monitor.example.org/pages", "ftp://x", "https://a:b@x", "https://x?a=1", "", "1"],
)
def test_an_address_of_pages_that_is_none_is_refused(given: str) -> None:
    """The fault names the key and shows a right address."""
    with pytest.raises(ConfigError) as raised:
        parse(f"web: {{address: '{given}'}}\n{TEXT}")
    (fault,) = raised.value.faults
    assert "web.address" in fault
    assert "https://monitor.example.org" in fault
