"""The pages and the API about documents that records link to: what they say is what the log and the files say."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from PIL import Image

from monitor.store.rows import locator_of
from tests.support.agreed import PARAGRAPHS, scanned
from tests.support.documents import COUNTIES, agreements
from tests.support.plain_words import no_words_in, text_of_page
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.support.documents import Agreements
    from tests.web.conftest import Served

BEE = "/jurisdiction/ocd-division/country:us/state:tx/county:bee"
PAPER_PAGES = (
    "/documents", "/documents?q=training", "/documents?q=%22legal+and+operational%22", "/documents?show=missing",
    "/documents?show=changed", "/documents?show=changed&page=2", "/document/Bee", "/document/Clay", "/document/Ector",
    "/document/Frio", "/document/Gaines", "/document/Irion", "/document/Jasper", "/document/Bee/compare?old=1&new=2",
    "/document/Bee/compare?old=2&new=3", "/document/Bee/compare?old=1&new=1", "/document/Ector/compare?old=1&new=2",
    "/amendment/1", "/amendment/2", "/amendment/3", "/", "/log?kind=document", BEE, "/doubts", "RECORD",
)  # fmt: skip


def documents(papers: Served) -> dict[str, dict[str, Any]]:
    """The documents of the API by their names."""
    found = papers.get("/api/documents").json()["documents"]
    return {each["url"].rpartition("/")[2].removesuffix(".pdf"): each for each in found}


def address(papers: Served, path: str) -> str:
    """The address of a page that names a document by its name, or the record of Bee County."""
    found = documents(papers)
    if path == "RECORD":
        record = found["Bee"]["records"][0]
        return f"/record/{record['first_version']}/{record['list']}/{locator_of(record['locator']).mark}"
    for name, each in found.items():
        path = path.replace(f"/document/{name}", f"/document/{each['id']}")
    return path


def said(papers: Served, path: str) -> str:
    """What a page says."""
    answer = papers.get(address(papers, path))
    assert answer.status_code == 200
    return text_of_page(answer.text)


@pytest.mark.parametrize("path", PAPER_PAGES)
def test_a_page_is_whole_and_speaks_in_words_for_readers(papers: Served, path: str) -> None:
    """One heading, a title, nothing from afar, and no name from the configuration."""
    answer = papers.get(address(papers, path))
    assert answer.status_code == 200
    page = etree.HTML(answer.text)
    assert len(page.findall(".//h1")) == 1
    assert page.findtext(".//title")
    assert not page.xpath("//*[@style] | //style | //script[not(@src)] | //@onclick")
    assert all(each.startswith("/") for each in page.xpath("//img/@src"))
    assert no_words_in(text_of_page(answer.text)) == []


def test_the_page_of_documents_names_those_that_are_missing_and_those_that_changed(papers: Served) -> None:
    """Each in its list, with its state and the record that links it."""
    page = etree.HTML(papers.get("/documents").text)
    rows = {
        kind: [each.text for each in page.xpath(f"//section[@aria-labelledby='{kind}']//tbody/tr/th/a")]
        for kind in ("missing", "changed")
    }
    assert rows == {"missing": ["Jasper.pdf", "Gaines.pdf", "Clay.pdf"], "changed": ["Bee.pdf", "Ector.pdf"]}
    text = said(papers, "/documents")
    assert "Of 7 that records link now, 4 are there, 2 are not at their address, 1 could not be had" in text
    assert "Gaines County Sheriff" in text


def test_words_are_found_with_page_place_and_date(papers: Served) -> None:
    """Also phrases; and nothing that is not there."""
    text = said(papers, "/documents?q=%22bear+all+costs%22")
    assert "1 document with these words" in text
    assert "Bee.pdf , page" in text
    assert "Bee County, Texas" in text
    assert "kept 2026-01-22" in text
    assert "No document has all these words on one page" in said(papers, "/documents?q=zebra")
    assert "Newer" not in said(papers, "/documents?q=%22%22")


def test_a_document_tells_its_files_its_records_and_its_entries(papers: Served, agreed: Agreements) -> None:
    """Three files, each with its hash and a link to exactly its bytes; the log's entries; its record."""
    answer = papers.get(address(papers, "/document/Bee"))
    for sha256 in agreed.files("Bee.pdf"):
        assert sha256 in answer.text
        kept = papers.get(f"/file/{sha256}")
        assert hashlib.sha256(kept.content).hexdigest() == sha256
        assert "Bee.pdf" in kept.headers["content-disposition"]
    page = etree.HTML(answer.text)
    assert len(page.xpath("//article")) == 2
    assert address(papers, "RECORD") in page.xpath("//section[@aria-labelledby='links']//a/@href")
    assert BEE in page.xpath("//section[@aria-labelledby='links']//a/@href")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Bee", "there It was there at the last look"),
        ("Clay", "gone It is gone from its address"),
        ("Gaines", "not there It was not at its address at any look so far"),
        ("Jasper", "could not be had It could not be had"),
        ("Frio", "can't be read: "),
        ("Irion", "the document is about another agency; likely Irion County Sheriff, TX"),
    ],
)
def test_the_state_of_a_document_is_told_in_words(papers: Served, name: str, words: str) -> None:
    """There, gone, never there, refused, unreadable, mislinked."""
    assert words in said(papers, f"/document/{name}")


def test_a_doubt_about_a_document_is_told_of_its_record_and_of_its_place(papers: Served) -> None:
    """That Hale County's record links the agreement of another county."""
    record = documents(papers)["Irion"]["records"][0]
    mark = locator_of(record["locator"]).mark
    own = f"/record/{record['first_version']}/{record['list']}/{mark}"
    for path in (own, BEE.replace("bee", "hale")):
        assert "the document is about another agency" in said(papers, path)


def test_a_scan_is_said_to_be_one(papers: Served) -> None:
    """Its words are not compared with those of the file that has some."""
    assert "1 page, a scan without text" in said(papers, "/document/Ector")
    answer = papers.get(address(papers, "/document/Ector/compare?old=1&new=2"))
    assert "is a scan without text, so their words can't be compared" in text_of_page(answer.text)
    assert etree.HTML(answer.text).xpath("//main//ins | //main//del") == []


def test_a_page_of_a_document_has_its_picture(papers: Served) -> None:
    """Each page of each file; another page has none, and neither has a file that can't be read."""
    found = documents(papers)
    bee, frio = found["Bee"]["id"], found["Frio"]["id"]
    answer = papers.get(f"/document/{bee}/2/4.png")
    assert answer.headers["content-type"] == "image/png"
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.width < picture.height
        assert min(picture.convert("L").tobytes()) < 100  # there is writing on it
    assert papers.get(f"/document/{bee}/2/5.png").status_code == 404
    assert papers.get(f"/document/{bee}/2/0.png").status_code == 404
    assert papers.get(f"/document/{bee}/4/1.png").status_code == 404
    assert papers.get(f"/document/{frio}/1/1.png").status_code == 404


def test_two_files_are_laid_side_by_side_with_the_words_that_differ(papers: Served) -> None:
    """The clause that was put in is marked, and the page that was added stands alone."""
    answer = papers.get(address(papers, "/document/Bee/compare?old=1&new=2"))
    page = etree.HTML(answer.text)
    marked = page.xpath("//main//ins/text()")
    assert marked[:2] == ["The agency shall bear all costs of such training, including travel."] * 2
    assert page.xpath("//main//del") == []
    assert "Page 4 of file 2 alone" in text_of_page(answer.text)
    assert len(page.xpath("//main//img[@loading='lazy']")) == 7


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/document/9999", 404, "There is no document 9999"),
        ("/document/99999999999999999999999", 404, "There is no document"),
        ("/document/Bee/compare", 400, "old: Field required"),
        ("/document/Bee/compare?old=1&new=9", 404, "has no file 9"),
        ("/document/Frio/compare?old=1&new=1", 400, "can't be read, so it can't be compared"),
        ("/documents?show=other", 400, "show"),
        (f"/file/{'0' * 64}", 404, "No file with the hash"),
    ],
)
def test_what_is_not_there_is_said(papers: Served, path: str, status: int, words: str) -> None:
    """A missing document, a missing file, a file that can't be read."""
    answer = papers.get(address(papers, path))
    assert answer.status_code == status
    assert words in text_of_page(answer.text)


def test_an_entry_about_a_document_shows_the_files_of_the_document(papers: Served, agreed: Agreements) -> None:
    """And not the roster's, which did not change, as the file before or after."""
    entry = next(each for each in agreed.log() if each.reason == "replaced" and "Bee" in str(each.document))
    answer = papers.get(f"/amendment/{entry.id}")
    text = text_of_page(answer.text)
    assert "MOA replaced" in text
    assert "The list itself did not change" in text
    assert "File of the list: version 1" in text
    page = etree.HTML(answer.text)
    assert [each.text for each in page.xpath("//section[@aria-labelledby='document']//h3")] == [
        "Before: file 1",
        "After: file 2",
    ]
    assert len(page.xpath("//section[@aria-labelledby='document']//img")) == 2
    assert f"{address(papers, '/document/Bee')}/compare?old=1&new=2" in page.xpath("//a/@href")


def test_cards_say_what_happened(papers: Served) -> None:
    """In the log, on the first page, in the feed and in the calendar."""
    badges = etree.HTML(papers.get("/log?kind=document").text).xpath("//article//span[@class='badge document']/text()")
    assert sorted(badges) == ["MOA gone", "MOA replaced", "MOA replaced", "MOA replaced"]
    front = said(papers, "/")
    assert "2 documents replaced in Texas" in front
    assert "MOA gone Clay County, Texas" in front
    assert "Texas, Clay County, MOA gone: Clay.pdf" in papers.get("/log.atom").text
    assert "MOA gone" in papers.get("/log.ics").text.replace("\r\n ", "")


def test_the_record_the_place_and_its_story_name_the_document(papers: Served) -> None:
    """With its state and its files."""
    for path in ("RECORD", BEE):
        assert "MOA: Bee.pdf there 4 pages, file 3 of 2026-01-22; compare with the file before" in said(papers, path)
        assert "(as it is now)" in said(papers, f"{address(papers, path)}?at=2026-01-06")
    assert "MOA replaced on 10 January 2026, MOA replaced on 22 January 2026" in said(papers, BEE)


def test_the_api_has_what_the_pages_have(papers: Served, agreed: Agreements) -> None:
    """All documents, the missing ones, and those with some words; one with its entries."""
    found = documents(papers)
    assert [each["sha256"] for each in found["Bee"]["files"]] == agreed.files("Bee.pdf")
    assert {each["status"] for each in papers.get("/api/documents?missing=true").json()["documents"]} == {
        "gone",
        "refused",
    }
    (hit,) = papers.get("/api/documents?q=%22bear+all+costs%22").json()["documents"]
    assert hit["id"] == found["Bee"]["id"]
    assert "bear all costs" in hit["found"]["excerpt"]
    assert papers.get("/api/documents?source=other").json()["documents"] == []
    one = papers.get(f"/api/document/{found['Bee']['id']}").json()
    assert [each["reason"] for each in one["entries"]] == ["replaced", "replaced"]
    assert one["records"][0]["fields"]["agency"] == "Bee County Sheriff"
    assert papers.get("/api/documents?missing=maybe").status_code == 400
    amendment = papers.get(f"/api/amendment/{one['entries'][0]['id']}").json()
    assert [amendment["document_files"][end]["sha256"] for end in ("before", "after")] == agreed.files("Bee.pdf")[1:]
    assert amendment["files"]["after"]["file_name"] == "roster.csv"
    assert amendment["files"]["before"] is None


def test_a_document_that_no_record_links_any_more_is_kept_and_said_to_be_so(tmp_path: Path) -> None:
    """Its page stays, and so does that of the record that is gone; the API tells since when."""
    with agreements(tmp_path) as world:
        world.publish_usual(8)
        world.poll()
        world.look()
        record = documents_of(world)["Bee"]["records"][0]
        own = f"/record/{record['first_version']}/{record['list']}/{locator_of(record['locator']).mark}"
        world.publish(*((name, f"/{name}.pdf") for name in COUNTIES[1:]))
        world.poll()
        world.look()
        (world.folder / "state/config.yaml").write_bytes((world.folder / "config.yaml").read_bytes())
        with serving_of(world.folder / "state") as pages:
            bee = documents(pages)["Bee"]
            assert bee["unlinked_at"]
            assert bee["records"] == []
            text = text_of_page(pages.get(f"/document/{bee['id']}").text)
            assert "no longer linked It was there at the last look" in text
            assert "No record links it now" in text
            text = text_of_page(pages.get(own).text)
            assert "Moa: Bee.pdf no longer linked" in text
            assert "Bee.pdf" not in text_of_page(pages.get("/documents").text)


def documents_of(world: Agreements) -> dict[str, Any]:
    """The documents by their names, as the API has them now."""
    (world.folder / "state/config.yaml").write_bytes((world.folder / "config.yaml").read_bytes())
    with serving_of(world.folder / "state") as pages:
        return documents(pages)


def test_what_the_fixture_is_made_of() -> None:
    """The words and the scan that the tests above go by."""
    assert any("training" in each for each in PARAGRAPHS)
    assert scanned().startswith(b"%PDF")
