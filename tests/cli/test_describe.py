"""`monitor describe` drafts a description of files and pages that nobody has described, and tries it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openpyxl import Workbook
from reportlab.lib import colors
from reportlab.platypus import SimpleDocTemplate, Table

from monitor.config.file import load, parse
from monitor.demo.history import history_steps
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from monitor.demo.step import play
from monitor.extract.header import header_words
from monitor.extract.read import read_report
from tests.steps.test_corpus import CORPUS
from tests.support.paths import ROOT
from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.config.lists import ListDescription
    from monitor.config.sources import Config
    from monitor.demo.step import Step
    from tests.conftest import Commands, Ran
    from tests.support.servers import Page

CONFIG = ROOT / "config.yaml"
AT = datetime(2026, 1, 5, tzinfo=UTC)
COUNTIES = ("Bell", "Bowie", "Coke", "Cooke", "Falls", "Frio", "Gaines", "Garza", "Goliad", "Gray")
CSV = "Agency Name,County,State,Model,Effective Date,Agreement\n" + "".join(
    f"{name} County Sheriff's Office,{name} County,{'TX' if number % 2 else 'Texas'},"
    f"{'Jail' if number % 3 else 'Task force'},{number + 1}/3/2026,https://www.example.gov/{name}.pdf\n"
    for number, name in enumerate(COUNTIES)
)


def described(ran: Ran) -> Config:
    """The configuration that the command printed; it is a valid one."""
    return parse(ran.out)


def only_list(config: Config) -> ListDescription:
    """The one list of the one source, but for the notices."""
    (source,) = config.sources.values()
    (found,) = [each for report in source.reports.values() for name, each in report.lists.items() if name != "notices"]
    return found


def kinds(description: ListDescription) -> dict[str, str]:
    """The kind of each column."""
    return {name: column.kind for name, column in description.columns.items()}


def workbook(
    rows: Sequence[Sequence[object]], *, merged: Sequence[str] = (), links: Mapping[str, str] | None = None
) -> bytes:
    """A workbook with these rows; `merged` are ranges, and `links` addresses by cell."""
    book = Workbook()
    sheet = book.active
    assert sheet
    for row in rows:
        sheet.append(list(row))
    for each in merged:
        sheet.merge_cells(each)
    for cell, address in (links or {}).items():
        sheet[cell].hyperlink = address
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pdf(rows: Sequence[Sequence[str]]) -> bytes:
    """A PDF with one table of ruled cells, whose header stands on each of its pages."""
    out = io.BytesIO()
    table = Table(rows, repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    SimpleDocTemplate(out, invariant=1).build([table])
    return out.getvalue()


def test_a_csv_file_is_described_with_its_kinds_key_and_place(monitor: Commands, tmp_path: Path) -> None:
    """Kinds by the values; the key is the name and its state; what came of trying goes to standard error."""
    (tmp_path / "roster-17.csv").write_text(CSV, encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster-17.csv")
    assert ran.status == 0, ran.err
    found = only_list(described(ran))
    assert kinds(found) == {
        "agency_name": "text",
        "county": "text",
        "state": "class",
        "model": "class",
        "effective_date": "date",
        "agreement": "link",
    }
    assert found.key == ("agency_name", "state")
    assert found.names == ("agency_name",)
    assert found.minor == ("agreement",)
    place = found.jurisdiction
    assert (place.name, place.state, place.agency, place.level) == ("county", "state", "agency_name", "county")
    assert "# unsure: the page that links the files is not known" in ran.out
    assert "list roster: 10 records" in ran.err
    assert "[Bell County, TX]" in ran.err
    assert not monitor.state.exists()


def test_a_column_of_counties_names_no_cities(monitor: Commands, tmp_path: Path) -> None:
    """`Dallas` under `County` is the county, though the gazetteer has a city of that name; under `Place` it may be."""
    rows = "".join(f"{name} Jail,{name},TX\n" for name in ("Bexar", "Dallas", "Travis", "Harris", "Webb", "Hays"))
    for header, level, place in (("County", "county", "[Dallas County, TX]"), ("Place", None, "[Dallas, TX]")):
        (tmp_path / "roster-17.csv").write_text(f"Facility,{header},State\n{rows}", encoding="utf-8")
        ran = monitor("describe", tmp_path / "roster-17.csv")
        assert only_list(described(ran)).jurisdiction.level == level
        assert place in ran.err


def test_the_office_of_the_publisher_is_no_place_of_a_record(monitor: Commands, tmp_path: Path) -> None:
    """`Field Office` or `AOR` says who handled a case; under `Jurisdiction (AOR)` stands what it is about."""
    rows = "".join(
        f"{office},{name} Jail,TX\n" for office, name in (("Dallas", "Ellis County"), ("Houston", "Bay City")) * 3
    )
    for header, name in (("Field Office", None), ("AOR", None), ("Jurisdiction (AOR)", "jurisdiction")):
        (tmp_path / "roster-17.csv").write_text(f"{header},Facility,State\n{rows}", encoding="utf-8")
        assert only_list(described(monitor("describe", tmp_path / "roster-17.csv"))).jurisdiction.name == name


def test_rows_above_the_header_are_no_header(monitor: Commands, tmp_path: Path) -> None:
    """A merged title, a line about the date, titles of groups and a sum are no records; two headers may be the same."""
    rows: list[list[object]] = [
        ["Agencies with an agreement", None, None, None],
        ["As of", "2026-01-05", None, None],
        [],
        ["Agency (full name)", "State", "Signed", "Signed"],
        ["SOUTH"],
        *([f"{name} Police", "Texas", date(2026, 1, number), "yes"] for number, name in enumerate(COUNTIES, 1)),
        ["Total", None, None, 10],
    ]  # fmt: skip
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(rows, merged=["A1:D1"]))
    ran = monitor("describe", path)
    assert ran.status == 0, ran.err
    found = only_list(described(ran))
    assert {name: column.header for name, column in found.columns.items()} == {
        "agency": ("Agency (full name)",),
        "state": ("State",),
        "signed": ("Signed",),
        "signed_2": ("Signed",),
    }
    assert found.columns["signed"].kind == "date"
    assert "'SOUTH', are read as titles" in re.sub(r"\n\s*# ", " ", ran.out)
    assert "rows like 'Total' are read as sums" in ran.out
    assert "10 records" in ran.err


def test_links_of_a_workbook_are_told_from_names_that_lead_somewhere(monitor: Commands, tmp_path: Path) -> None:
    """A column whose cells all say `view` is one of links; a linked name stays a name, and a remark says so."""
    rows = [["Agency", "Document"], *([f"{name} Police", "view"] for name in COUNTIES)]
    links = {f"{column}{row}": f"https://example.gov/{column}{row}" for column in "AB" for row in range(2, 12)}
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(rows, links=links))
    ran = monitor("describe", path)
    assert kinds(only_list(described(ran))) == {"agency": "text", "document": "link"}
    assert "# unsure: its cells are links too" in ran.out


def test_a_semicolon_and_a_title_in_a_csv_file(monitor: Commands, tmp_path: Path) -> None:
    """The delimiter is the one that splits the rows evenly; a number in a column of its own identifies a record."""
    text = "List of offices, as of today\n\nCase Number;Office;Remarks\n" + "".join(
        f"{1000 + number};{name}, main office;open, as of today\n" for number, name in enumerate(COUNTIES)
    )
    (tmp_path / "offices.csv").write_text(text, encoding="utf-8")
    ran = monitor("describe", tmp_path / "offices.csv")
    assert ran.status == 0, ran.err
    found = only_list(described(ran))
    assert tuple(found.columns) == ("case_number", "office", "remarks")
    assert found.key == ("case_number",)
    assert "10 records" in ran.err


def test_numbers_of_rows_identify_nothing(monitor: Commands, tmp_path: Path) -> None:
    """They are others when a row is added; nor does a place come from offices whose state nobody says."""
    rows = "".join(f"{number},{name} Office,{number * 7 % 5}\n" for number, name in enumerate(COUNTIES, 1))
    (tmp_path / "offices.csv").write_text(f"Row Number,Office,Desks\n{rows}", encoding="utf-8")
    found = only_list(described(monitor("describe", tmp_path / "offices.csv")))
    assert found.key == ("office",)
    assert not any(found.jurisdiction.fields)


def test_a_table_of_a_pdf_that_goes_on_over_pages(monitor: Commands, tmp_path: Path) -> None:
    """It is one list; a period in the file's name makes it a series, with the figures as its key."""
    rows = [["Jurisdiction", "State", "Suspended"], *([f"{name} County", "Texas", "1/2/2026"] for name in COUNTIES * 8)]
    path = tmp_path / "bulletin-2026-01.pdf"
    path.write_bytes(pdf(rows))
    ran = monitor("describe", path)
    assert ran.status == 0, ran.err
    (source,) = described(ran).sources.values()
    report = source.reports["bulletin"]
    assert report.kind == "series"
    assert report.key is not None
    assert report.key.pattern == r"(\d+-\d+)"
    assert kinds(report.lists["bulletin"])["suspended"] == "date"
    assert "80 records" in ran.err
    assert "# unsure: no key" in ran.out  # each county stands there eight times


def test_two_versions_that_pair_are_a_rolling_report(monitor: Commands, tmp_path: Path) -> None:
    """The amendments between them are shown; a column that one version lacks is optional."""
    (tmp_path / "roster-1.csv").write_text(CSV, encoding="utf-8")
    later = [line.rpartition(",")[0] for line in CSV.replace("5/3/2026", "5/4/2026").splitlines()]
    (tmp_path / "roster-2.csv").write_text("\n".join(later) + "\n", encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster-1.csv", tmp_path / "roster-2.csv")
    (source,) = described(ran).sources.values()
    assert source.reports["roster"].kind == "rolling"
    found = only_list(described(ran))
    assert [name for name, column in found.columns.items() if column.optional] == ["agreement"]
    assert "corrected Falls County Sheriff's Office" in ran.err
    assert "pair" not in ran.out


def test_a_key_that_pairs_nothing_is_replaced_by_one_that_does(monitor: Commands, tmp_path: Path) -> None:
    """Here the names are written in another way in the later version, and the counties are not."""
    (tmp_path / "roster-1.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "roster-2.csv").write_text(CSV.replace(" County Sheriff's Office", " Sheriff"), encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster-1.csv", tmp_path / "roster-2.csv")
    found = only_list(described(ran))
    assert found.key == ("county",)
    assert "the key agency_name, state pairs only 0% of the records" in re.sub(r"\n\s*# ", " ", ran.out)


def test_two_files_that_share_no_record_are_doubted(monitor: Commands, tmp_path: Path) -> None:
    """Then they may be reports of a series, and a remark says so."""
    (tmp_path / "roster-1.csv").write_text(CSV, encoding="utf-8")
    header, *rows = CSV.splitlines()
    other = [re.sub(r"^\w+ County|(?<=,)\w+(?= County)", "Loving", row) for row in rows]
    other = [row.replace("Loving", f"Place {number}") for number, row in enumerate(other)]
    (tmp_path / "roster-2.csv").write_text("\n".join([header, *other]) + "\n", encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster-1.csv", tmp_path / "roster-2.csv")
    assert "0% of the records pair; are these two versions of one list?" in re.sub(r"\n\s*# ", " ", ran.out)
    assert next(iter(described(ran).sources.values())).reports["roster"].kind == "series"


def test_sheets_that_are_different_lists_are_told_apart(monitor: Commands, tmp_path: Path) -> None:
    """A sheet with a further column is another list; one with the same columns is more of the same."""
    book = Workbook()
    first = book.active
    assert first
    first.title = "Active"
    for title, header, names in (
        ("Active", ["Agency", "State"], COUNTIES),
        ("Ended agreements", ["Agency", "State", "Ended"], COUNTIES[:4]),
        ("Also active", ["Agency", "State"], ("Hays", "Hill")),
    ):
        sheet = first if title == "Active" else book.create_sheet(title)
        sheet.append(header)
        for name in names:
            sheet.append([f"{name} Police", "Texas", "1/2/2026"][: len(header)])
    book.save(tmp_path / "agencies.xlsx")
    ran = monitor("describe", tmp_path / "agencies.xlsx")
    (source,) = described(ran).sources.values()
    lists = source.reports["agencies"].lists
    assert {name: each.not_columns for name, each in lists.items()} == {"agencies": ("Ended",), "ended-agreements": ()}
    assert "list agencies: 12 records" in ran.err
    assert "list ended-agreements: 4 records" in ran.err
    assert "from sheet 'Active' to sheet 'Also active': they are one list" in re.sub(r"\n\s*# ", " ", ran.out)


def test_a_saved_page_is_a_report_of_kind_page(monitor: Commands, tmp_path: Path) -> None:
    """A list for each state, with the state in the heading above; prose, menus and further bullets are no lists."""
    parts = {"Texas": COUNTIES[:4], "Kansas": ("Allen", "Barber", "Butler"), "Iowa": ("Adair", "Cass")}
    lists = "".join(
        f"<h2>{state}</h2><h3>Counties</h3><ul>{''.join(f'<li>{name} County</li>' for name in names)}</ul>"
        for state, names in parts.items()
    )
    bullets = "".join(f"<li>{word}: places that {word.lower()} in public, and say so.</li>" for word in "ABCDEF")
    menu = "".join(f"<li><a href='/{name}'>{name} County</a></li>" for name in COUNTIES)
    path = tmp_path / "list.html"
    path.write_text(
        f"<!DOCTYPE html><html><body><nav><h2>Menu</h2><ul>{menu}</ul></nav><main><h1>Counties that decline</h1>"
        f"<h2>What counts</h2><ul>{bullets}</ul>{lists}</main></body></html>",
        encoding="utf-8",
    )
    ran = monitor("describe", path)
    assert ran.status == 0, ran.err
    (source,) = described(ran).sources.values()
    (report,) = source.reports.values()
    assert (report.kind, report.match) == ("page", None)
    (found,) = report.lists.values()
    assert tuple(found.group) == ("state",)
    assert found.key == ("name", "state")
    assert "list counties: 9 records" in ran.err
    assert "[Allen County, KS]" in ran.err


@pytest.fixture
def local(monitor: Commands, tmp_path: Path) -> Iterator[Publisher]:
    """A server on this machine, which the configuration allows to ask."""
    with Publisher() as publisher:
        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(localized(CONFIG.read_text("utf-8"), load(CONFIG), publisher.address), "utf-8")
        yield publisher


PAGE = f"""<!DOCTYPE html><html><head><title>Agreements</title></head><body><nav><ul><li>Home</li></ul></nav><main>
<h1>Agreements</h1><p><a href="/files/roster-2.csv">Roster</a> <a href="/files/letter.docx">Letter</a>
<a href="https://elsewhere.example/more.csv">More</a> <a href="/files/bulletin-2026-01.pdf">January</a>
<a href="/files/bulletin-2026-02.pdf">February</a></p>
<h2>Offices</h2><table><tr><th>Office</th><th>Telephone</th></tr>
<tr><td>Austin</td><td>555-0101</td></tr><tr><td>Waco</td><td>555-0102</td></tr></table>
<h2>Suspended counties</h2><ul>{"".join(f"<li>{name} County, TX</li>" for name in COUNTIES)}</ul></main></body>
</html>"""


def test_a_page_is_described_with_its_files_tables_and_lists(monitor: Commands, local: Publisher) -> None:
    """Links are grouped by their names; what another host has is not asked; what is not read is named."""
    local.publish("/agreements", PAGE.encode(), content_type=HTML_TYPE, at=AT)
    local.publish("/files/roster-2.csv", CSV.encode(), content_type="text/csv", at=AT)
    for month, name in (("01", "Bell"), ("02", "Coke")):
        rows = [["Jurisdiction", "Reason"], [f"{name} County, Texas", "late"], ["Frio County, Texas", "later"]]
        local.publish(f"/files/bulletin-2026-{month}.pdf", pdf(rows), content_type="application/pdf", at=AT)
    ran = monitor("describe", f"{local.address}/agreements")
    assert ran.status == 0, ran.err
    source = described(ran).sources["agreements"]
    assert source.page == f"{local.address}/agreements"
    assert {name: (each.kind, each.format) for name, each in source.reports.items()} == {
        "roster": ("rolling", "csv"),
        "bulletin": ("series", "pdf"),
        "page": ("page", "html"),
    }
    page = source.reports["page"].lists
    assert tuple(page["offices"].columns) == ("office", "telephone")
    counties = page["suspended-counties"]
    assert counties.heading is not None
    assert counties.heading.pattern == "^Suspended counties$"
    assert counties.fields == ("name", "state")
    assert counties.jurisdiction.level == "county"
    assert "letter.docx has a format that is not read" in ran.out
    assert "more.csv is on elsewhere.example, which was not asked" in ran.out
    assert "report bulletin: 2 links match" in ran.err
    assert "list suspended-counties: 10 records" in ran.err


def test_files_that_their_addresses_do_not_name_are_known_by_the_texts_of_their_links(
    monitor: Commands, tmp_path: Path
) -> None:
    """Called as the server calls them, or by the text; what is a page, and what no text tells apart, is left out."""
    texts = {
        "/download/public/71": "View Participating Agencies (XLSX, 90 KB)",
        "/media/1407196/dl": "Detainer bulletin, as of November 2026",
        "/documents?id=12": "Suspended offices",
        "/documents?id=12#open": "Open",
        "/media/2026/award": "An award was given",
        "/media/81/dl": "Download",
        "/media/82/dl": "Download",
        "/media/83/dl": "Annual report",
    }
    site: dict[str, Page] = {
        "/agreements": Reply(
            headers=(("Content-Type", HTML_TYPE),),
            body="".join(f'<p><a href="{address}">{text}</a></p>' for address, text in texts.items()).encode(),
        ),
        "/download/public/71": Reply(
            headers=(("Content-Disposition", 'attachment; filename="rosterOfAgencies-2026-11.xlsx"'),),
            body=workbook(list(csv.reader(CSV.splitlines()))),
        ),
        "/media/1407196/dl": Reply(
            body=pdf([["Jurisdiction", "Reason"], *([f"{name} County, Texas", "late"] for name in COUNTIES)])
        ),
        "/documents?id=12": Reply(status=302, headers=(("Location", "/f/suspended.csv"),)),
        "/f/suspended.csv": Reply(headers=(("Content-Type", "text/csv"),), body=CSV.encode()),
        "/media/2026/award": Reply(headers=(("Content-Type", HTML_TYPE),), body=b"<html><p>An award</p></html>"),
    }
    with Server(site) as server:
        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(localized(CONFIG.read_text("utf-8"), load(CONFIG), server.address("")), "utf-8")
        ran = monitor("describe", server.address("/agreements"))
        alone = monitor("describe", server.address("/download/public/71"))
    assert ran.status == 0, ran.err
    reports = described(ran).sources["agreements"].reports
    found = {
        name: (each.kind, each.format, each.match.href.pattern, each.match.else_text.pattern)
        for name, each in reports.items()
        if each.match and each.match.href and each.match.else_text
    }
    assert found == {
        "roster-of-agencies": ("rolling", "xlsx", r"/[^/]*rosterofagencies[^/]*\.xlsx$", "participating agencies"),
        "detainer-bulletin": ("rolling", "pdf", r"/[^/]*detainer bulletin[^/]*\.pdf$", "detainer bulletin"),
        "suspended": ("rolling", "csv", r"/[^/]*suspended[^/]*\.csv$", "suspended offices"),
    }
    assert len(reports["roster-of-agencies"].lists) == 1
    assert [text for text in ran.out.splitlines() if "unsure" in text and "award" in text] == []
    assert "with the text 'Download', may lead to a file" in ran.out
    assert "(2 such links)" in ran.out
    assert ran.out.count("# unsure: kind: rolling, since the address does not name the file") == 3
    assert "dl can't be fetched" in ran.out
    assert "10 records" in ran.err
    assert alone.status == 0, alone.err
    assert (
        only_list(described(alone)).columns.keys()
        == next(iter(reports["roster-of-agencies"].lists.values())).columns.keys()
    )


def test_private_addresses_are_refused(monitor: Commands) -> None:
    """As by a poll."""
    ran = monitor("describe", "http://127.0.0.1:9/agreements")
    assert ran.status == 1
    assert "127.0.0.1" in ran.err
    assert ran.out == ""


def test_a_draft_is_added_to_the_configuration(monitor: Commands, tmp_path: Path) -> None:
    """As the last source; every line that was there before is there still, in its order; a second time is refused."""
    (tmp_path / "roster.csv").write_text(CSV, encoding="utf-8")
    monitor.config = tmp_path / "config.yaml"
    before = CONFIG.read_text(encoding="utf-8")
    monitor.config.write_text(before, encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster.csv", "--add", "example-agreements")
    assert ran.status == 0, ran.err
    after = monitor.config.read_text(encoding="utf-8")
    assert list(load(monitor.config).sources) == [*load(CONFIG).sources, "example-agreements"]
    begin, _, rest = after.partition("\n  example-agreements:\n")
    assert before.startswith(begin.rstrip("\n"))
    assert before[len(begin.rstrip("\n")) :].strip() == rest[rest.index("\n\n#") :].strip()
    again = monitor("describe", tmp_path / "roster.csv", "--add", "example-agreements")
    assert again.status == 1
    assert "has a source 'example-agreements' already" in again.err
    assert monitor.config.read_text(encoding="utf-8") == after


@pytest.mark.parametrize(
    "text",
    [
        "# mine\nsources:\n    a: {0}\nchannels: {{}}\n",
        "sources: # these\n  a: {0}\n  # the end",
        "channels: {{}}\r\nsources:\r\n  a: {0}\r\n\r\n# note\r\nsubscriptions: {{}}\r\n",
    ],
)
def test_a_draft_fits_into_other_ways_of_writing(monitor: Commands, tmp_path: Path, text: str) -> None:
    """Deeper indents, comments, line ends of Windows, and a file without a line end; nothing is lost."""
    source = (
        "{page: 'https://a.example/', reports: {page: {kind: page, format: html, "
        "lists: {n: {paragraphs: '^Note', may_be_empty: true}}}}}"
    )
    (tmp_path / "roster.csv").write_text(CSV, encoding="utf-8")
    monitor.config = tmp_path / "config.yaml"
    before = text.format(source)
    monitor.config.write_bytes(before.encode())
    ran = monitor("describe", tmp_path / "roster.csv", "--add", "b")
    assert ran.status == 0, ran.err
    after = monitor.config.read_bytes().decode()
    assert list(load(monitor.config).sources) == ["a", "b"]
    kept = iter(after.splitlines())
    assert all(line in kept for line in before.splitlines() if line.strip())
    assert ("\r" in before) == ("\r" in after)
    assert after.count("\n") == after.count("\r\n") or "\r" not in after


def test_sources_on_one_line_are_left_to_a_person(monitor: Commands, tmp_path: Path) -> None:
    """The draft is printed all the same, and the file stays as it is."""
    (tmp_path / "roster.csv").write_text(CSV, encoding="utf-8")
    monitor.config = tmp_path / "config.yaml"
    text = yaml.safe_dump(yaml.safe_load(CONFIG.read_text(encoding="utf-8")), default_flow_style=True)
    monitor.config.write_text(text, encoding="utf-8")
    ran = monitor("describe", tmp_path / "roster.csv", "--add", "b")
    assert ran.status == 1
    assert "no line `sources:`" in ran.err
    assert monitor.config.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "No such file or directory; name a file or a web address"),
        ("letter.docx", b"Dear", "its format is not known"),
        ("broken.xlsx", b"no workbook", "can't be read: "),
        ("prose.csv", b"Nothing here is a table.\nIt is prose.\n", "no list was found in it"),
        ("story.html", b"<html><body><h1>A story</h1><p>Once.</p></body></html>", "no list was found in it"),
    ],
)
def test_what_can_not_be_described_is_said(
    monitor: Commands, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    """In one line, with the reason."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ran = monitor("describe", tmp_path / name)
    assert ran.status == 1
    assert words in ran.err
    assert ran.out == ""


def test_a_version_that_can_not_be_read_leaves_the_draft_of_the_others(monitor: Commands, tmp_path: Path) -> None:
    """It is named in the draft, the exit status is 1, and nothing is added."""
    (tmp_path / "roster-1.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "roster-2.csv").write_text('Agency Name,"State\n', encoding="utf-8")
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_bytes(CONFIG.read_bytes())
    ran = monitor("describe", tmp_path / "roster-1.csv", tmp_path / "roster-2.csv", "--add", "roster")
    assert ran.status == 1
    assert only_list(described(ran)).key == ("agency_name", "state")
    assert "# unsure: roster-2.csv can't be read" in ran.out
    assert "does not read all of its own files, and was not added" in ran.err
    assert monitor.config.read_bytes() == CONFIG.read_bytes()


def test_texts_of_a_file_are_only_texts_in_the_draft(monitor: Commands, tmp_path: Path) -> None:
    """Headers with quotes, braces, colons and comment signs, or that YAML would read as something else."""
    headers = ["It's {odd}: # yes", "no", "null", "- item", "x\ty", "[a, b]", "100% & more", "*star", "State"]
    rows = [headers, *([f"{name} {place}" for place in range(len(headers))] for name in COUNTIES)]
    (tmp_path / "odd name's: #1 {x}.xlsx").write_bytes(workbook(rows))
    ran = monitor("describe", tmp_path / "odd name's: #1 {x}.xlsx")
    assert ran.status == 0, ran.err
    found = only_list(described(ran))
    assert [header_words(column.header[0]) for column in found.columns.values()] == [*map(header_words, headers)]
    assert "10 records" in ran.err


def steps_of(source: str) -> list[Step]:
    """The steps of the demo's history in which a source publishes something; DHS takes its list down in June."""
    return [
        each for each in history_steps() if each.source == source and (source, each.at.month) != ("dhs-sanctuary", 6)
    ]


def same_list(own: ListDescription, others: Mapping[str, ListDescription]) -> ListDescription:
    """The drafted list that is most like one of the configuration: by headers, or by headings."""

    def likeness(other: ListDescription) -> int:
        if own.heading and other.heading:
            return int(bool(own.heading.search(other.heading.pattern.strip("^$"))))
        return 2 * len(by_header(own, other)) - len(other.columns)

    return max(others.values(), key=likeness)


def by_header(own: ListDescription, other: ListDescription) -> dict[str, str]:
    """The fields of a list that another description has too, with their names there."""
    if own.item:
        return {name: name for name in own.fields if name in other.fields}
    known = {header_words(header): name for name, column in own.columns.items() for header in column.header}
    return {
        known[header_words(column.header[0])]: name
        for name, column in other.columns.items()
        if header_words(column.header[0]) in known
    }


def agreement(own: ListDescription, drafted: ListDescription) -> tuple[dict[str, bool], str]:
    """What a draft has as the configuration has it, point by point; and the list as it was drafted."""
    there = by_header(own, drafted)
    points: dict[str, bool] = {}
    for name in own.fields:
        points[f"field {name}"] = name in there
        if own.columns and name in there:
            points[f"kind of {name}"] = own.columns[name].kind == drafted.columns[there[name]].kind
    points["key"] = tuple(there.get(name) for name in own.key) == drafted.key or {
        there.get(name) for name in own.key
    } == set(drafted.key)
    points["names"] = tuple(there.get(name) for name in own.names) == drafted.names
    for role, name in own.jurisdiction.model_dump(exclude={"level"}).items():
        points[f"jurisdiction {role}"] = (there.get(name) if name else None) == getattr(drafted.jurisdiction, role)
    return points, ", ".join(drafted.fields)


@pytest.mark.parametrize("name", ["ice-ddor", "ice-287g", "dhs-sanctuary", "doj-sanctuary"])
def test_drafts_of_the_shipped_sources_agree_with_their_descriptions(
    monitor: Commands, local: Publisher, name: str
) -> None:
    """From the page alone: every record is read, and four fifths of all points are as a person described them."""
    for step in steps_of(name):
        play(step, local)
    own = load(monitor.config).sources[name]
    tried: Any = monitor("try", name, "--json").rows[0]
    ran = monitor("describe", own.page)
    assert ran.status == 0, ran.err
    (draft,) = described(ran).sources.values()
    drafted = {list_name: each for report in draft.reports.values() for list_name, each in report.lists.items()}
    points: dict[str, bool] = {}
    table: list[str] = []
    for report in own.reports.values():
        for list_name, described_list in report.lists.items():
            if list_name == "notices":
                continue
            found = same_list(described_list, drafted)
            agreed, fields = agreement(described_list, found)
            points |= {f"{list_name}: {point}": each for point, each in agreed.items()}
            (read,) = [
                each["records"] for file in tried["files"] for each in file["lists"] if each["name"] == list_name
            ]
            called = next(other for other, each in drafted.items() if each is found)
            assert f"list {called}: {read:,} records" in ran.err
            table.append(f"{name:14} {list_name:14} {read:5} {sum(agreed.values()):3} of {len(agreed):3}  {fields}")
            table += [f"{'':34} not {point}" for point, each in agreed.items() if not each]
    print("\n".join(table))  # noqa: T201 - pytest -rP shows it
    assert sum(points.values()) >= 0.8 * len(points), [point for point, each in points.items() if not each]


@pytest.mark.parametrize("words", ["participating", "pending"])
def test_real_issues_are_described_as_a_person_would(monitor: Commands, words: str) -> None:
    """Two adjacent issues each, from first to last: the key of the configuration, and as many records as it reads."""
    files = sorted((CORPUS / "files").glob(f"*_{words}_*.xlsx"))
    if not files:
        pytest.skip(f"no files in {CORPUS}")
    own = load(CONFIG).sources["ice-287g"].reports[words]
    table: list[str] = []
    for before, after in list(pairwise(files))[::12]:
        ran = monitor("describe", before, after)
        ((drafted,),) = [each.reports.values() for each in described(ran).sources.values()]
        found = only_list(described(ran))
        there = by_header(own.lists[words], found)
        (read,), (again,) = (read_report(after.read_bytes(), each).lists for each in (own, drafted))
        for field, name in there.items():
            as_described = [record.values[read.fields.index(field)] for record in read.records]
            as_drafted = [record.values[again.fields.index(name)] for record in again.records]
            assert as_drafted == as_described, (after.name, field)
        agreed, _ = agreement(own.lists[words], found)
        wrong = [point for point, each in agreed.items() if not each]
        table.append(
            f"{after.name}: {len(again.records)} records, {sum(agreed.values())} of {len(agreed)}, not {wrong}"
        )
        assert sum(agreed.values()) >= 0.8 * len(agreed), table[-1]
    print("\n".join(table))  # noqa: T201 - pytest -rP shows it
