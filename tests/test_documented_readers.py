"""The worked examples of docs/configuration.md for lines of a PDF and cards of a page read what stands beside them."""

from __future__ import annotations

import re

import yaml

from monitor.config.sources import Source
from monitor.extract.read import read_report
from tests.support.paths import ROOT
from tests.support.printed_lines import column, leader, sheets

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def documented(title: str, language: str) -> str:
    """The first block of a section of the page in a language."""
    section = PAGE.partition(f"\n### {title}\n")[2]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def values(title: str, content: bytes) -> list[dict[str, str | None]]:
    """The records that the description of a section reads."""
    (source,) = yaml.safe_load(documented(title, "yaml"))["sources"].values()
    (report,) = Source.model_validate(source).reports.values()
    (made,) = read_report(content, report).lists
    return [dict(zip(made.fields, record.values, strict=True)) for record in made.records]


def test_lines_of_a_pdf() -> None:
    """Two columns, headings in larger letters, a row that goes on, an end."""
    shown = documented("Lines of a PDF", "")
    assert "Travis County Sheriff (no. 1203) ........ 12 Feb 2025     Lee County Jail (no. 77) .... 3 Mar 2025" in shown
    left = ["# Texas", leader("Travis County Sheriff (no. 1203)", "12 Feb 2025", 235),
            "Board of Commissioners of the County and of the City of",
            f"> {leader('Saint John (no. 9)', '2 Apr 2025', 223)}"]  # fmt: skip
    right = [leader("Lee County Jail (no. 77)", "3 Mar 2025", 235), "# Florida",
             leader("Clay County Jail (no. 8)", "1 Mar 2025", 235)]  # fmt: skip
    title = column(["# Agreements in force"], top=60)
    content = sheets([*title, *column(left), *column(right, left=315), *column(["Notes"], top=300)])
    assert [
        (each["state"], each["agency"], each["number"], each["signed"]) for each in values("Lines of a PDF", content)
    ] == [
        ("Texas", "Travis County Sheriff", "1203", "12 Feb 2025"),
        ("Texas", "Board of Commissioners of the County and of the City of Saint John", "9", "2 Apr 2025"),
        ("Texas", "Lee County Jail", "77", "3 Mar 2025"),
        ("Florida", "Clay County Jail", "8", "1 Mar 2025"),
    ]


def test_cards_of_a_page() -> None:
    """The page that is shown, and a second card without a telephone."""
    shown = documented("Cards of a page", "html")
    other = re.sub(r"\n  <p><b>.*</p>", "", shown).replace("Travis", "Lee").replace("travis", "lee")
    content = f"<!DOCTYPE html><html><body><main>{shown}{other}</main></body></html>".encode()
    first, second = values("Cards of a page", content)
    assert first == {
        "name": "Travis County Jail",
        "page": "/travis",
        "address": "500 W 10th St\nAustin, TX",
        "phone": "512-555-0100",
        "state": "Texas",
    }
    assert (second["name"], second["phone"]) == ("Lee County Jail", "")
