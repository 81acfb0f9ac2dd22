"""Documents that records link to: each is kept, and what happens to it is told once, as it is."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.changelog.verify import verify
from monitor.config.file import parse
from monitor.errors import ConfigError
from monitor.store.document_search import search_documents
from monitor.store.doubts import doubts_of_amendment, listed_doubts
from tests.support.documents import CONFIG, COUNTIES, Agreements, agreement, agreements
from tests.support.servers import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers import Request

DAY = timedelta(days=1)
FILLER = ("pursuant to which ICE delegates to trained officers the authority to perform certain functions",) * 3
HTML = (("Content-Type", "text/html"),)
PDF = (("Content-Type", "application/pdf"),)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Agreements]:
    """Three agreements that were fetched once, of which nobody was told."""
    with agreements(tmp_path) as made:
        made.publish_usual(3)
        made.poll()
        made.look()
        made.asked()
        yield made


def test_what_is_there_at_first_is_kept_and_told_to_nobody(world: Agreements) -> None:
    """The first load is history."""
    assert world.told() == []
    assert {name: row.status for name, row in world.documents().items()} == {
        "Bee.pdf": "there",
        "Clay.pdf": "there",
        "Ector.pdf": "there",
    }
    assert world.files("Bee.pdf") == [hashlib.sha256(agreement("Bee")).hexdigest()]
    assert world.faults() == ()


def test_a_quiet_day_costs_a_conditional_request_each(world: Agreements) -> None:
    """A server that says "not modified" sends nothing, and nothing is written but the time."""

    def page(request: Request) -> Reply:
        assert request.headers["if-none-match"]
        return Reply(status=304)

    for name in COUNTIES[:3]:
        world.server.pages[f"/{name}.pdf"] = page
    assert [look.fault for look in world.look()] == [None] * 3
    assert sorted(world.asked()) == ["/Bee.pdf", "/Clay.pdf", "/Ector.pdf"]
    assert world.told() == []
    assert world.look(after=timedelta(hours=1)) == []  # none is due yet


def test_a_new_link_is_looked_at_at_once_and_posted(world: Agreements) -> None:
    """A minor entry about the record that links it."""
    world.publish_usual(4)
    world.poll()
    world.look(after=timedelta(seconds=1))
    assert world.told() == [("posted", "Frio.pdf")]
    (entry,) = world.log()
    assert entry.minor
    assert entry.jurisdiction
    assert (entry.jurisdiction.name, entry.fields, entry.list) == ("Frio County", ("moa",), "roster")
    assert entry.document
    assert (entry.document.pages, entry.document.sha256) == (1, hashlib.sha256(agreement("Frio")).hexdigest())
    assert world.faults() == ()


def test_a_document_that_is_not_there_yet_is_posted_when_it_is(tmp_path: Path) -> None:
    """Also where its row was there from the start: the file is news."""
    with agreements(tmp_path) as world:
        world.publish(("Bee", "/Bee.pdf"))
        world.poll()
        world.look()
        assert world.documents()["Bee.pdf"].status == "gone"
        world.post("/Bee.pdf", agreement("Bee"))
        world.look()
        assert world.told() == [("posted", "Bee.pdf")]


def test_a_document_replaced_at_its_address_is_told_to_all(world: Agreements) -> None:
    """With both hashes; it is not minor, so that a plain subscription is told."""
    world.post("/Clay.pdf", agreement("Clay", "as amended", pages=2))
    world.look()
    assert world.told() == [("replaced", "Clay.pdf")]
    (entry,) = world.log()
    assert entry.document
    assert not entry.minor
    assert (entry.document.previous, entry.document.sha256) == tuple(world.files("Clay.pdf"))
    assert (entry.document.pages, entry.document.same_text) == (2, False)
    world.look()
    assert world.told() == [("replaced", "Clay.pdf")]  # once
    assert world.faults() == ()


def test_other_bytes_with_the_same_text_are_minor_and_then_said_to_change_each_time(world: Agreements) -> None:
    """A server that stamps each download: replaced once, then "changes at each request", then nothing more."""
    numbers = itertools.count(1)

    def page(_: Request) -> Reply:
        return Reply(headers=PDF, body=agreement("Clay").replace(b"%PDF-1.3", b"%%PDF-1.%d" % (3 + next(numbers) % 5)))

    world.server.pages["/Clay.pdf"] = page
    for _ in range(6):
        world.look()
    assert world.told() == [("replaced", "Clay.pdf"), ("changes at each request", "Clay.pdf")]
    assert all(entry.minor for entry in world.log())
    assert len(world.files("Clay.pdf")) == 3
    world.post("/Clay.pdf", agreement("Clay", "as amended"))
    world.look()
    assert world.told()[2:] == [("replaced", "Clay.pdf")]
    assert not world.log()[-1].minor


def test_a_document_stamped_with_the_day_is_no_news_each_day(world: Agreements) -> None:
    """Its text differs in figures alone."""
    for day in range(1, 6):
        world.post("/Clay.pdf", agreement("Clay", f"downloaded on January {day}, 2026"))
        world.look()
    assert world.told() == [
        ("replaced", "Clay.pdf"),
        ("replaced", "Clay.pdf"),
        ("changes at each request", "Clay.pdf"),
    ]


def test_a_document_counts_as_gone_at_the_third_look(world: Agreements) -> None:
    """A single 404 is not believed; one that is back with its file is told as back."""
    page = world.server.pages.pop("/Bee.pdf")
    world.look()
    world.look(after=timedelta(hours=1))
    assert world.told() == []
    world.look(after=timedelta(hours=1))
    assert world.told() == [("gone", "Bee.pdf")]
    world.look()
    assert world.told() == [("gone", "Bee.pdf")]
    world.server.pages["/Bee.pdf"] = page
    world.look(after=40 * DAY)
    assert world.told() == [("gone", "Bee.pdf"), ("back", "Bee.pdf")]
    assert world.faults() == ()


def test_a_document_at_another_address_has_moved(world: Agreements) -> None:
    """The same bytes, linked by the same record: nothing was posted."""
    world.post("/new/Bee.pdf", agreement("Bee"))
    world.publish(("Bee", "/new/Bee.pdf"), ("Clay", "/Clay.pdf"), ("Ector", "/Ector.pdf"))
    world.poll()
    world.look(after=timedelta(seconds=1))
    assert world.told() == [("moved", "Bee.pdf")]
    (entry,) = world.log()
    assert entry.document
    assert entry.document.from_url == world.url("/Bee.pdf")


def test_what_no_record_links_any_more_is_left_alone(world: Agreements) -> None:
    """And looked at again when a record links it again."""
    rows = [(name, f"/{name}.pdf") for name in COUNTIES[:3]]
    world.publish(*rows[1:])
    world.poll()
    world.asked()
    world.look()
    assert sorted(world.asked()) == ["/Clay.pdf", "/Ector.pdf"]
    world.publish(*rows)
    world.poll()
    world.poll()  # an old file that comes again counts at the second poll
    world.look(after=timedelta(seconds=1))
    assert "/Bee.pdf" in world.asked()
    assert world.told() == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=403), "refuses this program"),
        (Reply(status=500), "500"),
        (
            Reply(headers=HTML, body=b"<html><title>Please log in</title></html>"),
            "HTML page",
        ),
        (Reply(headers=PDF, body=b""), "empty"),
        (Reply(headers=PDF, body=b"%PDF-" + b"0" * 1_100_000), "1,000,000"),
        (Reply(status=302, headers=(("Location", "http://elsewhere.example/x.pdf"),)), "elsewhere.example"),
    ],
)
def test_what_is_no_answer_is_no_change(world: Agreements, reply: Reply, said: str) -> None:
    """The fault is named, nothing is told, and the other documents are looked at all the same."""
    world.server.pages["/Clay.pdf"] = reply
    looks = {look.document.url.rpartition("/")[2]: look for look in world.look()}
    fault = looks["Clay.pdf"].fault or ""
    assert said in fault
    assert (world.documents()["Clay.pdf"].fault or "") == fault
    assert world.told() == []
    assert len(world.files("Clay.pdf")) == 1


def test_a_server_that_asks_for_patience_gets_it(world: Agreements) -> None:
    """All its documents wait as long as it asks."""
    world.server.pages["/Bee.pdf"] = Reply(status=429, headers=(("Retry-After", "36000"),))
    assert len([look for look in world.look() if look.fault]) == 1
    world.asked()
    assert world.look(after=timedelta(hours=9)) == []
    assert world.asked() == []
    world.look(after=timedelta(hours=2))
    assert world.asked()


def test_links_that_are_no_address_are_left_out(world: Agreements) -> None:
    """Nor is one to another host asked for: it is named as refused."""
    world.publish(
        ("Bee", "/Bee.pdf"), ("Clay", "mailto:clay@example.org"), ("Ector", "https://elsewhere.example/e.pdf")
    )
    world.poll()
    world.look(after=timedelta(seconds=1))
    row = world.documents()["e.pdf"]
    assert row.status == "refused"
    assert "`hosts` of the source" in (row.fault or "")


def test_a_file_that_cannot_be_read_is_kept_all_the_same(world: Agreements) -> None:
    """And is told as replaced, for its bytes are there."""
    world.post("/Clay.pdf", agreement("Clay")[:-40])
    (look,) = [each for each in world.look() if each.is_new]
    assert look.fault
    assert len(world.files("Clay.pdf")) == 2
    assert world.told() == [("replaced", "Clay.pdf")]


def test_looks_that_are_cut_off_are_made_again(world: Agreements) -> None:
    """One look at a time: what was kept is kept, and no document has a file twice."""
    world.publish_usual(8)
    world.poll()
    for _ in range(8):
        world.look(after=timedelta(seconds=1), limit=1)
    assert sorted(world.told()) == sorted(("posted", f"{name}.pdf") for name in COUNTIES[3:8])
    assert [len(world.files(f"{name}.pdf")) for name in COUNTIES] == [1] * 8


def test_documents_that_are_no_longer_described_are_left_alone(world: Agreements) -> None:
    """The configuration decides, at once."""
    text = (world.folder / "config.yaml").read_text(encoding="utf-8")
    line = "            documents: [{ field: moa, every: 1d, max_bytes: 1MB }]\n"
    assert line in text
    (world.folder / "config.yaml").write_text(text.replace(line, ""), encoding="utf-8")
    world.look()
    assert world.asked() == []
    assert {row.status for row in world.documents().values()} == {"there"}


def test_many_changed_links_make_all_due_again(tmp_path: Path) -> None:
    """Where a list was exchanged, what was looked at yesterday may be old."""
    with agreements(tmp_path) as world:
        names = [f"A{number:03}" for number in range(30)]
        for name in names:
            world.post(f"/{name}.pdf", agreement(name))
            world.post(f"/new-{name}.pdf", agreement(name))
        world.publish(*((name, f"/{name}.pdf") for name in names))
        world.poll()
        world.look()
        for _ in range(3):
            world.look(after=40 * DAY)  # by now they are asked for ever more rarely
        world.asked()
        world.publish(
            *((name, f"/new-{name}.pdf" if number < 25 else f"/{name}.pdf") for number, name in enumerate(names))
        )
        world.poll()
        world.look(after=timedelta(seconds=1))
        world.look(after=DAY)
        asked = {path for path in world.asked() if path.endswith(".pdf")}
        assert len(asked) == 30
        assert {what for what, _ in world.told()} == {"moved"}


def test_the_configuration_refuses_documents_without_links() -> None:
    """The message says which field and what to do."""
    for field, said in (("agency", "kind: link"), ("nothing", "no field 'nothing'")):
        with pytest.raises(ConfigError, match=said):
            parse(CONFIG.replace("ADDRESS", "https://example.gov").replace("field: moa", f"field: {field}"))


def test_documents_are_found_by_their_words(world: Agreements) -> None:
    """The latest file of each; replaced ones only where they are asked for."""
    world.post("/Clay.pdf", agreement("Clay", "with a Warrant Service Officer", pages=3))
    world.look()
    world.post("/Clay.pdf", agreement("Clay", "with a Task Force"))
    world.look()
    with world.program() as program:
        found = search_documents(program.store, "clay memorandum")
        assert [(each.file.url, each.page, each.is_latest) for each in found] == [(world.url("/Clay.pdf"), 1, True)]
        assert "between ICE and the Clay County" in found[0].excerpt
        assert len(found[0].line_ids) == 1
        assert search_documents(program.store, "warrant") == []
        (former,) = search_documents(program.store, '"Warrant Service Officer"', former=True)
        assert (former.is_latest, former.file.number) == (False, 2)
        assert search_documents(program.store, '"Service Warrant"', former=True) == []
        assert len(search_documents(program.store, "memorandum", limit=2)) == 2
        assert search_documents(program.store, "memorandum", source="other") == []
        for odd in ("", '"', "* NEAR(", "text:x", "'", "a OR", "-"):
            search_documents(program.store, odd)


def test_a_mislinked_document_is_doubted_until_it_is_mended(world: Agreements) -> None:
    """With the agency that it is likely of; the entry that tells of it has the doubt."""
    world.post("/Clay.pdf", agreement("Ector", *FILLER))
    world.look()
    assert world.told() == [("replaced", "Clay.pdf")]
    with world.program() as program:
        (entry,) = world.log()
        (doubt,) = doubts_of_amendment(program.store, entry.id or 0)
        assert (doubt.field, doubt.value, doubt.problem) == ("moa", world.url("/Clay.pdf"), "names-another")
        assert doubt.suggestions[0].name == "Ector County Sheriff"
        (listed,) = listed_doubts(program.store, "agreements")
        assert listed.fields["agency"] == "Clay County Sheriff"
    assert world.faults() == ()
    world.post("/Clay.pdf", agreement("Clay", *FILLER))
    world.look()
    with world.program() as program:
        assert listed_doubts(program.store, "agreements") == []


def test_a_document_of_two_agencies_is_doubted(world: Agreements) -> None:
    """Where its text tells nothing: a scan that stands at two addresses."""
    world.post("/Clay.pdf", agreement("Bee"))
    world.look()
    with world.program() as program:
        (listed,) = listed_doubts(program.store, "agreements")
        assert (listed.problem, listed.fields["agency"]) == ("same-file", "Clay County Sheriff")
    world.post("/Bee.pdf", agreement("Bee", "as amended"))
    world.look()
    with world.program() as program:
        assert listed_doubts(program.store, "agreements") == []


def test_a_record_that_is_dated_anew_has_its_document_checked_again(world: Agreements) -> None:
    """Also though the document is as it was."""
    world.post("/Bee.pdf", agreement("Bee", *FILLER, "Signed: June 3, 2025"))
    world.look()
    body = world.server.pages["/roster.csv"]
    assert isinstance(body, Reply)
    world.server.pages["/roster.csv"] = replace(body, body=body.body.replace(b"2025-06-03", b"2025-09-03"))
    world.poll()
    world.look(after=timedelta(seconds=1))
    with world.program() as program:
        (listed,) = listed_doubts(program.store, "agreements")
        assert (listed.problem, listed.suggestions[0].name) == ("other-date", "2025-06-03")


def test_a_document_that_settles_is_kept_and_told_again(world: Agreements) -> None:
    """After it changed at each request; what came meanwhile does not fill the disk."""
    for day in range(1, 7):
        world.post("/Clay.pdf", agreement("Clay", f"downloaded on January {day}, 2026"))
        world.look()
    assert [what for what, _ in world.told()] == ["replaced", "replaced", "changes at each request"][:3]
    kept = len(world.files("Clay.pdf"))
    world.look()  # the same bytes as at the look before
    assert world.told()[3:] == [("replaced", "Clay.pdf")]
    assert world.files("Clay.pdf")[-1] == hashlib.sha256(agreement("Clay", "downloaded on January 6, 2026")).hexdigest()
    assert len(world.files("Clay.pdf")) == kept + 1
    with world.program() as program:
        strays = verify(program.store, program.archive, program.config).remarks
    assert not [remark for remark in strays if "nothing names" in remark]
    assert world.faults() == ()


def test_the_file_of_another_agency_did_not_move(world: Agreements) -> None:
    """A new row with the bytes of an agreement that is gone elsewhere: it was posted."""
    world.post("/Frio.pdf", agreement("Bee"))
    world.publish(("Clay", "/Clay.pdf"), ("Ector", "/Ector.pdf"), ("Frio", "/Frio.pdf"))
    world.poll()
    world.look(after=timedelta(seconds=1))
    assert world.told() == [("posted", "Frio.pdf")]
