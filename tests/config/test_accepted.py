"""The mark `checked: false` is taken out of the text of a configuration, which else stays as it is."""

from __future__ import annotations

import pytest

from monitor.config.edits import accepted
from monitor.config.file import parse

SOURCE = """sources:
  one: # mine
    page: https://a.gov/
    reports:
      first:
        kind: rolling
        format: csv
        match: {{ href: x }}
        {0}
        lists: {{ a: {{ columns: {{ name: [Name] }} }} }} # checked: false
  two:
    page: https://b.gov/
    reports:
      other:
        {{ kind: rolling, format: csv, match: {{ href: y }}, checked: no, lists: {{ b: {{ columns: {{ n: N }} }} }} }}
"""


@pytest.mark.parametrize("mark", ["checked: false", "checked: no # a draft", "checked:   False", '"checked": off'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_goes_as_a_whole(mark: str, end: str) -> None:
    """With the remark behind it; the marks of other sources stay, and so do words in comments."""
    text = SOURCE.format(mark).replace("\n", end)
    changed, reports = accepted(text, "one")
    assert reports == ("first",)
    assert changed == SOURCE.replace("        {0}\n", "").format().replace("\n", end)
    assert parse(changed).sources["one"].reports["first"].checked
    assert not parse(changed).sources["two"].reports["other"].checked


@pytest.mark.parametrize(
    ("report", "left"),
    [
        ("{ kind: page, checked: false, format: html }", "{ kind: page, format: html }"),
        ("{ checked: false, kind: page }", "{ kind: page }"),
        ("{ kind: page, checked: false }", "{ kind: page }"),
    ],
)
def test_within_braces_the_comma_goes_too(report: str, left: str) -> None:
    """Wherever it stands in them."""
    text = "sources:\n  one:\n    reports:\n      a: {}\n      b: {}\n"
    changed, reports = accepted(text.replace("{}", report), "one")
    assert reports == ("a", "b")
    assert changed == text.replace("{}", left)


def test_what_has_no_mark_stays_as_it_is() -> None:
    """So does a mark that says `true`, and one that stands alone in its braces is a fault."""
    text = SOURCE.format("checked: true")
    assert accepted(text, "one") == (text, ())
    assert accepted(text, "three") == (text, ())
    assert accepted("", "one") == ("", ())
    with pytest.raises(ValueError, match="alone in its braces"):
        accepted("sources: {one: {reports: {a: {checked: false}}}}", "one")
