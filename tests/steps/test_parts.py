"""One list over several files: what is a version, what is not, and what is told."""

from __future__ import annotations

import csv as csv_module
import hashlib
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from monitor.alerts.writing import text
from monitor.changelog.verify import verify
from monitor.demo import ddor
from monitor.demo.ddor import ddor_pdf
from monitor.evidence.packet import packet
from monitor.history.exhibits import ExhibitContext, gather_exhibit
from monitor.history.subjects import subject_of_entry
from monitor.model import Locator
from monitor.sandbox.reader import Reader
from monitor.store.parts import parts_of_version
from monitor.store.search import LogFilter, log_entries
from tests.history.test_exhibits import failing
from tests.support.parted import COUNTIES, FILES, Watch, csv, links, names, publish, table, tagged
from tests.support.paths import ROOT
from tests.support.servers import Reply, Request, Server
from tests.support.striking import stages, strike
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Commands

NORTH, SOUTH, WEST = COUNTIES[:8], COUNTIES[8:16], COUNTIES[16:24]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker process for all tests."""
    with Reader() as reader:
        yield reader


@pytest.fixture
def watch(tmp_path: Path, reader: Reader) -> Iterator[Watch]:
    """A directory in three files by region, which was polled once."""
    with Server() as server:
        publish(server, directory_north=NORTH, directory_south=SOUTH, directory_west=WEST)
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=FILES.replace("KEY", ""))
        polled = watch.poll()
        assert (polled.faults, watch.faults) == ((), [])
        yield watch


def test_three_files_are_one_version_and_each_record_says_in_which_it_stands(watch: Watch) -> None:
    """The bytes of the version are the list of the parts, and each part is kept as it was served."""
    (version,) = watch.versions()
    assert version.file_name == "directory (3 files)"
    assert names(watch.listed()) == sorted([*NORTH, *SOUTH, *WEST])
    assert watch.listed()[0] == "Anderson County: directory-north.csv"
    with watch.program() as program:
        parts = parts_of_version(program.store, version.id)
        said = program.archive.get(version.sha256).decode().splitlines()
        assert said[0] == '{"list":"monitor-parts","version":1}'
        assert [json.loads(line)["sha256"] for line in said[1:]] == [part.sha256 for part in parts]
        for part in parts:
            served = watch.server.answer(Request(method="GET", path=f"/{part.name}", headers={}))
            assert isinstance(served, Reply)
            assert program.archive.get(part.sha256) == served.body
    assert watch.unsound() == ()


def test_an_unchanged_poll_asks_once_for_each_part_and_writes_nothing(watch: Watch) -> None:
    """Each by a conditional request; no table has a row more."""

    def rows() -> dict[str, int]:
        with watch.program() as program:
            tables = [row["name"] for row in program.store.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: len(program.store.all(f"SELECT 1 FROM {name}")) for name in tables}

    before, asked = rows(), len(watch.server.requests)
    polled = watch.poll()
    assert polled.is_quiet
    assert watch.server.paths()[asked:].count("/directory-north.csv") == 1
    assert len(watch.server.requests) - asked == 5
    assert all("if-none-match" in request.headers for request in watch.server.requests[asked:])
    assert rows() == before


def test_a_part_that_is_replaced_is_told(watch: Watch) -> None:
    """The other parts are the captures that they were."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH[1:], "Zavala"])
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == (["added Zavala County", "removed Bailey County"], [])
    first, second = watch.versions()
    with watch.program() as program:
        old, new = (parts_of_version(program.store, each.id) for each in (first, second))
    assert [a.capture_id == b.capture_id for a, b in zip(old, new, strict=True)] == [True, False, True]
    assert watch.unsound() == ()


def test_an_alert_names_the_part_that_is_new(watch: Watch) -> None:
    """Nothing was replaced silently: the version is several files, each with an address of its own."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, "Zavala"])
    watch.at += timedelta(minutes=15)
    with watch.program() as program:
        list(program.poll(["places"]))
        (done,) = program.process()
        message = program.message_about(done)
        assert message
        words = text(message)
    assert "Some of its parts are new" in words
    assert "directory (3 files); new: directory-south.csv" in words
    assert "SILENT" not in words


def test_who_goes_from_one_file_to_another_is_not_removed_and_added(watch: Watch) -> None:
    """The record only stands in another part."""
    watch.server.pages["/directory-north.csv"] = csv(NORTH[1:])
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, NORTH[0]])
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == ([], [])
    assert watch.listed()[0] == "Anderson County: directory-south.csv"


def test_files_that_are_replaced_while_they_are_read_are_read_anew(watch: Watch) -> None:
    """The north is fetched with Anderson gone, the south before Anderson came: a look later both are new."""
    north, south = csv(NORTH[1:]), csv([*SOUTH, NORTH[0]])
    stale = watch.server.pages["/directory-south.csv"]
    asked = []

    def replaced(request: Request) -> Reply:
        asked.append(request)
        page = stale if len(asked) == 1 else south
        assert callable(page)
        reply = page(request)
        assert isinstance(reply, Reply)
        return reply

    watch.server.pages["/directory-north.csv"] = north
    watch.server.pages["/directory-south.csv"] = replaced
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults, len(watch.versions())) == ([], [], 2)
    assert len(asked) == 3


def test_files_that_change_at_each_look_make_no_version(watch: Watch) -> None:
    """The next poll tries again, and operators are told."""
    asked: list[Request] = []

    def restless(request: Request) -> Reply:
        asked.append(request)
        return csv(NORTH[len(asked) :])(request)

    watch.server.pages["/directory-north.csv"] = restless
    polled = watch.poll()
    assert (polled.kept, len(watch.versions())) == (0, 1)
    assert "change while they are read" in polled.faults[0]


def test_a_part_twice_is_held_where_it_stood_once(watch: Watch) -> None:
    """It was put into the new file, and not yet taken out of the old one: that is neither an addition nor a removal."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, NORTH[0]])
    watch.poll()
    assert watch.told() == []
    assert "as 'Anderson County, TX' in directory-north.csv and directory-south.csv" in watch.faults[0]
    watch.server.pages["/directory-north.csv"] = csv(NORTH[1:])
    watch.poll()
    assert (watch.told(), watch.faults) == ([], [])
    assert [str(version.status) for version in watch.versions()] == ["recorded", "rejected", "recorded"]


def test_a_part_that_is_renamed_is_no_change(watch: Watch) -> None:
    """The same bytes under another name are the same version."""
    publish(watch.server, directory_n=NORTH, directory_south=SOUTH, directory_west=WEST)
    assert (watch.poll().kept, watch.told(), len(watch.versions())) == (0, [], 1)


def test_a_part_that_is_renamed_and_changed_is_compared_with_the_one_before(watch: Watch) -> None:
    """What is new in it is told, and no more."""
    publish(watch.server, directory_n_2026=[*NORTH, "Zavala"], directory_south=SOUTH, directory_west=WEST)
    assert watch.poll().kept == 1
    assert (watch.told(), watch.faults) == (["added Zavala County"], [])
    assert watch.listed()[0] == "Anderson County: directory-n-2026.csv"


def test_a_new_part_brings_its_records(watch: Watch) -> None:
    """They are added, for the list did not have them."""
    publish(watch.server, directory_east=["Zapata", "Zavala"], directory_north=NORTH, directory_south=SOUTH,
            directory_west=WEST)  # fmt: skip
    assert watch.poll().kept == 1
    assert (sorted(watch.told()), watch.faults) == (["added Zapata County", "added Zavala County"], [])


def test_a_part_that_is_linked_no_more_is_gone_when_three_polls_have_found_it_so(watch: Watch) -> None:
    """Until then there is no version, and nothing is told."""
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
    for number in (1, 2):
        polled = watch.poll()
        assert (polled.kept, polled.faults, watch.told()) == (0, (), [])
        assert (
            f"no longer links directory-west.csv, a part of the report 'directory'; to be confirmed, found gone "
            f"{number} of 3 times" in polled.notes[0]
        )
    assert watch.poll().kept == 1
    assert [str(version.status) for version in watch.versions()] == ["recorded", "recorded"]
    assert sorted(watch.told()) == sorted(f"removed {name} County" for name in WEST)
    assert watch.unsound() == ()
    assert watch.poll().is_quiet


def test_a_part_that_is_back_before_the_third_poll_was_never_gone(watch: Watch) -> None:
    """The polls count only in a row."""
    everything = {"directory_north": NORTH, "directory_south": SOUTH, "directory_west": WEST}
    for _ in range(2):
        publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
        watch.poll()
        watch.poll()
        publish(watch.server, **everything)
        assert watch.poll().kept == 0
    assert (watch.told(), len(watch.versions())) == ([], 1)


def test_a_part_that_may_be_there_under_a_name_that_nothing_matches_is_not_gone(watch: Watch) -> None:
    """The file that may be it is named."""
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH)
    watch.server.pages["/page"] = links("/directory-north.csv", "/directory-south.csv", "/western-places.csv")
    for _ in range(4):
        polled = watch.poll()
        assert "but since then" in polled.faults[0]
        assert "/western-places.csv" in polled.faults[0]
    assert (watch.told(), len(watch.versions())) == ([], 1)


def test_a_part_whose_file_is_not_found_waits_for_three_polls(watch: Watch) -> None:
    """What is new in the others is told with it; when the file is back, so are its records."""
    del watch.server.pages["/directory-west.csv"]
    watch.server.pages["/directory-north.csv"] = csv([*NORTH, "Zavala"])
    for _ in range(2):
        polled = watch.poll()
        assert (polled.kept, polled.faults) == (0, ())
    assert watch.told() == []
    watch.poll()
    assert sorted(watch.told()) == sorted(["added Zavala County", *(f"removed {name} County" for name in WEST)])
    assert watch.poll().is_quiet
    watch.server.pages["/directory-west.csv"] = csv(WEST)
    watch.poll()
    assert watch.told()[9:] == [f"added {name} County" for name in WEST]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=503),
        Reply(status=403),
        Reply(headers=(("Content-Type", "text/html"),), body=b"<html><title>Access Denied</title>Access Denied</html>"),
        Reply(headers=(("Content-Type", "text/csv"),)),
    ],
    ids=["error", "forbidden", "block page", "empty"],
)
def test_a_part_that_cannot_be_had_makes_no_version(watch: Watch, reply: Reply) -> None:
    """However often it fails; the last good version stays."""
    watch.server.pages["/directory-north.csv"] = csv([*NORTH, "Zavala"])
    watch.server.pages["/directory-west.csv"] = reply
    for _ in range(4):
        polled = watch.poll()
        assert (polled.kept, watch.told(), len(watch.versions())) == (0, [], 1)
        assert "/directory-west.csv" in polled.faults[0]
    watch.server.pages["/directory-west.csv"] = csv(WEST)
    watch.poll()
    assert (watch.told(), watch.unsound()) == (["added Zavala County"], ())


def test_a_report_all_of_whose_parts_are_gone_is_taken_down_and_comes_back(watch: Watch) -> None:
    """No record of it is removed."""
    publish(watch.server)
    for _ in range(3):
        assert watch.poll().faults == ()
    assert watch.told() == ["withdrawn"]
    publish(watch.server, directory_north=NORTH, directory_south=SOUTH, directory_west=WEST)
    watch.poll()
    assert watch.told() == ["withdrawn", "restored"]
    assert watch.unsound() == ()


def test_with_a_key_the_latest_file_of_a_region_counts(tmp_path: Path, reader: Reader) -> None:
    """The older one is linked beside it."""
    with Server() as server:
        publish(server, directory_north_010126=NORTH, directory_south_010126=SOUTH)
        config = FILES.replace("KEY", r"key: 'directory-(\w+)-\d{6}'")
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=config)
        watch.poll()
        publish(server, directory_north_010126=NORTH, directory_north_020126=[*NORTH, "Zavala"],
                directory_south_010126=SOUTH)  # fmt: skip
        watch.poll()
        assert (watch.told(), watch.faults) == (["added Zavala County"], [])
        with watch.program() as program:
            parts = parts_of_version(program.store, watch.versions()[-1].id)
        assert [(part.key, part.name) for part in parts] == [
            ("north", "directory-north-020126.csv"),
            ("south", "directory-south-010126.csv"),
        ]


def test_files_of_one_name_in_two_folders_are_two_parts(tmp_path: Path, reader: Reader) -> None:
    """They go by their addresses."""
    with Server() as server:
        publish(server, **{"north/directory": NORTH, "south/directory": SOUTH})
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=FILES.replace("KEY", ""))
        watch.poll()
        assert names(watch.listed()) == sorted([*NORTH, *SOUTH])
        assert len({each.split(": ")[1] for each in watch.listed()}) == 2


def test_a_part_that_cannot_be_read_holds_the_version_and_is_named(watch: Watch) -> None:
    """The last good version stays."""
    watch.server.pages["/directory-west.csv"] = tagged(b"Place,Where\nBell County,TX\n", "text/csv")
    watch.poll()
    assert watch.faults[0].startswith("directory-west.csv: ")
    assert names(watch.listed()) == sorted([*NORTH, *SOUTH, *WEST])


def test_parts_that_are_web_pages_count_by_what_they_say(tmp_path: Path, reader: Reader) -> None:
    """A token in their markup, which is new at each visit, is no change."""
    with Server() as server:
        visits = iter(range(1000))

        def page(counties: tuple[str, ...]) -> Callable[[Request], Reply]:
            def answer(_: Request) -> Reply:
                body = table(counties).replace(b"<title>", b"<meta name=token content=%d><title>" % next(visits))
                return Reply(headers=(("Content-Type", "text/html"),), body=body)

            return answer

        server.pages["/page"] = links("/directory-north.html", "/directory-south.html")
        server.pages |= {"/directory-north.html": page(NORTH), "/directory-south.html": page(SOUTH)}
        config = FILES.replace("KEY", "").replace("format: csv", "format: html", 1)
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=config)
        watch.poll()
        assert names(watch.listed()) == sorted([*NORTH, *SOUTH])
        assert watch.poll().kept == 0
        server.pages["/directory-south.html"] = page((*SOUTH, "Zavala"))
        watch.poll()
        assert (watch.told(), watch.faults, len(watch.versions())) == (["added Zavala County"], [], 2)


def test_an_exhibit_of_an_entry_holds_every_part_and_can_be_checked(watch: Watch) -> None:
    """With how each came, and what the program itself wrote is told from it."""
    watch.server.pages["/directory-north.csv"] = csv(NORTH[1:])
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, "Zavala"])
    watch.poll()
    with watch.program() as program:
        store, config = program.store, program.config
        entry = next(each for each in log_entries(store, LogFilter()) if each.kind == "removed")
        context = ExhibitContext(store=store, archive=program.archive, config=config, draw=lambda *_: b"")
        exhibit = gather_exhibit(context, [subject_of_entry(store, config, entry)])
        kept = {part.sha256 for version in watch.versions() for part in parts_of_version(store, version.id)}
    assert exhibit.faults == ()
    shown = {hashlib.sha256(file.content).hexdigest(): file for file in exhibit.files}
    assert len(kept) == 5
    assert kept | {version.sha256 for version in watch.versions()} <= shown.keys()
    lists = [file for file in exhibit.files if file.parts]
    assert [file.file_name for file in lists] == ["directory-parts.txt", "directory-parts.txt"]
    assert all(file.origin.startswith("the program wrote it") for file in lists)
    meanings = [statement.meaning for statement in exhibit.statements]
    assert sum("wrote this list of the files" in meaning for meaning in meanings) == 2
    assert sum("how the server was asked" in meaning for meaning in meanings) == 6  # five files, and the page
    folder = watch.folder / "packet"
    for path, content in packet(exhibit).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    assert failing(folder, "sha256sum") + failing(folder, "grep") + failing(folder, "sh verify.sh") == []


def test_verify_finds_a_part_that_was_exchanged(watch: Watch) -> None:
    """The list in the archive says otherwise."""
    with watch.program() as program, program.store.transaction():
        program.store.write("DROP TRIGGER parts_stay", {})
        program.store.write("UPDATE parts SET name = 'another.csv' WHERE position = 2", {})
    (fault,) = watch.unsound()
    assert fault.startswith("evidence: parts: those of ")


def test_verify_finds_a_version_whose_parts_were_taken_away(watch: Watch) -> None:
    """Its list is there, and its rows are not."""
    with watch.program() as program, program.store.transaction():
        program.store.write("DROP TRIGGER parts_remain", {})
        program.store.write("DELETE FROM parts", {})
    (fault,) = watch.unsound()
    assert fault.endswith("are missing")


def test_what_the_archive_has_lost_is_asked_for_again(watch: Watch) -> None:
    """The file from the server, and the list is written anew."""
    (version,) = watch.versions()
    with watch.program() as program:
        parts = parts_of_version(program.store, version.id)
        for sha256 in (version.sha256, parts[1].sha256):
            program.archive.path(sha256).unlink()
    assert watch.unsound() != ()
    polled = watch.poll()
    assert (polled.kept, len(polled.notes)) == (0, 2)
    assert watch.unsound() == ()


def test_a_backup_has_every_part(watch: Watch, monitor: Commands) -> None:
    """And a state folder that is made of it."""
    state, folder = watch.folder / "state", watch.folder / "backup"
    config = ("--config", watch.folder / "config.yaml")
    assert monitor(*config, "--state", state, "backup", folder).status == 0
    restored = monitor(*config, "--state", watch.folder / "restored", "restore", folder)
    assert (restored.status, restored.err) == (0, "")
    (version,) = watch.versions()
    with watch.program() as program:
        for part in parts_of_version(program.store, version.id):
            path = program.archive.path(part.sha256)
            assert (watch.folder / "restored" / path.relative_to(state)).read_bytes() == path.read_bytes()


def test_versions_and_holds_name_the_parts(watch: Watch, monitor: Commands) -> None:
    """A person can open them."""
    config = ("--config", watch.folder / "config.yaml", "--state", watch.folder / "state")
    listed = [json.loads(line) for line in monitor(*config, "versions", "--json").out.splitlines()]
    (directory,) = [each for each in listed if each["report"] == "directory"]
    assert [part["part"] for part in directory["parts"]] == [
        f"directory-{region}.csv" for region in ("north", "south", "west")
    ]
    assert all("parts" not in each for each in listed if each["report"] != "directory")
    watch.server.pages["/directory-west.csv"] = tagged(b"Place,Where\nBell County,TX\n", "text/csv")
    watch.poll()
    said = monitor(*config, "holds").out
    assert all(f"directory-{region}.csv: /" in said for region in ("north", "south", "west"))


def test_a_web_archive_is_not_asked_to_save_a_list_of_parts(watch: Watch) -> None:
    """It has no address of its own there."""
    with watch.program() as program:
        rows = program.store.all("SELECT report_key FROM unsaved_versions")
    assert [row["report_key"] for row in rows] == ["other"]


def test_files_of_one_time_are_imported_as_one_version(tmp_path: Path, monitor: Commands) -> None:
    """A part that is not among those of a later time stays as it was."""
    (tmp_path / "config.yaml").write_text(
        FILES.replace("KEY", "").replace("ADDRESS", "https://www.example.gov"), encoding="utf-8"
    )
    rows = ["file,captured_at,url"]
    for number, (day, region, counties) in enumerate(
        [("05", "north", NORTH), ("05", "south", SOUTH), ("06", "south", [*SOUTH, "Zavala"])]
    ):
        body = "Name,State\n" + "".join(f"{name} County,TX\n" for name in counties)
        (tmp_path / f"{number}.csv").write_text(body, encoding="utf-8")
        rows.append(f"{number}.csv,2026-01-{day},https://www.example.gov/directory-{region}.csv")
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    config = ("--config", tmp_path / "config.yaml", "--state", tmp_path / "state")
    ran = monitor(*config, "import", "places", "--manifest", tmp_path / "manifest.csv")
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "places: 3 files, 2 new versions, 0 already known")
    log = [json.loads(line) for line in monitor(*config, "log", "--json").out.splitlines()]
    assert [(each["kind"], each["after"]["name"]) for each in log] == [("added", "Zavala County")]
    assert log[0]["evidence"]["after"] == {"line": 10, "part": "directory-south.csv"}
    assert monitor(*config, "verify").status == 0
    again = monitor(*config, "import", "places", "--manifest", tmp_path / "manifest.csv")
    assert again.out.splitlines()[-1] == "places: 3 files, 0 new versions, 2 already known"


def test_the_same_part_twice_at_one_time_is_refused(tmp_path: Path, monitor: Commands) -> None:
    """Which of the two counts can't be known."""
    (tmp_path / "config.yaml").write_text(
        FILES.replace("KEY", "").replace("ADDRESS", "https://www.example.gov"), encoding="utf-8"
    )
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(
            f"Name,State\nBell County,TX\nBee{number} County,TX\n", encoding="utf-8"
        )
    url = "https://www.example.gov/directory-north.csv"
    rows = ["file,captured_at,url", f"1.csv,2026-01-05,{url}", f"2.csv,2026-01-05,{url}"]
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    config = ("--config", tmp_path / "config.yaml", "--state", tmp_path / "state")
    ran = monitor(*config, "import", "places", "--manifest", tmp_path / "manifest.csv")
    assert ran.status == 1
    assert "both were captured at one time; leave one out" in ran.err


def test_try_reads_all_parts_as_one(watch: Watch, monitor: Commands) -> None:
    """Each record is shown with its part."""
    watch.server.pages["/page"] = links("/directory-north.csv", "/directory-south.csv")
    ran = monitor("--config", watch.folder / "config.yaml", "try", "places", "--json")
    (directory,) = [each for each in json.loads(ran.out)["files"] if each["report"] == "directory"]
    (shown,) = directory["lists"]
    assert (shown["records"], shown["first"][0]["where"]) == (16, "directory-north.csv, line 2")


def test_a_part_whose_new_address_is_dead_is_asked_for_at_the_last_one(tmp_path: Path, reader: Reader) -> None:
    """Only the link may be wrong; operators are told of it."""
    with Server() as server:
        publish(server, directory_north_010126=NORTH, directory_south_010126=SOUTH)
        config = FILES.replace("KEY", r"key: 'directory-(\w+)-\d{6}'")
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=config)
        watch.poll()
        server.pages["/page"] = links("/directory-north-020126.csv", "/directory-south-010126.csv")
        for _ in range(4):
            polled = watch.poll()
            assert polled.kept == 0
            assert "the part is still at" in polled.faults[0]
        assert (watch.told(), len(watch.versions())) == ([], 1)


def test_a_dead_link_in_place_of_a_part_does_not_make_it_gone(watch: Watch) -> None:
    """A new link that was dead for long is no new name of a part that is linked no more since today."""
    paths = [f"/directory-{region}.csv" for region in ("north", "south", "west")]
    watch.server.pages["/page"] = links(*paths, "/directory-east.csv")
    for _ in range(4):
        watch.poll()
    watch.server.pages["/page"] = links(*paths[:2], "/directory-east.csv")
    polled = watch.poll()
    assert (polled.kept, watch.told()) == (0, [])
    assert "no longer links directory-west.csv" in polled.notes[0]


def test_too_many_files_are_no_version(watch: Watch) -> None:
    """A pattern that fits everything is the likeliest cause."""
    watch.server.pages["/page"] = links(*(f"/directory-{number}.csv" for number in range(101)))
    polled = watch.poll()
    assert (polled.kept, len(watch.versions())) == (0, 1)
    assert "links 101 files as 'directory'; at most 100" in polled.faults[0]


def test_reprocess_reads_the_parts_again(watch: Watch, monitor: Commands) -> None:
    """The log would be the same."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH[1:], "Zavala"])
    watch.poll()
    config = ("--config", watch.folder / "config.yaml", "--state", watch.folder / "state")
    ran = monitor(*config, "reprocess", "places")
    assert (ran.status, ran.out) == (0, "3 versions read again: 2 entries would be the same\n")


def test_the_pages_lead_from_a_record_to_the_part_in_which_it_stands(watch: Watch) -> None:
    """A version is its list of parts, each of which can be downloaded as it came."""
    watch.server.pages["/directory-south.csv"] = csv([*SOUTH, "Zavala"])
    watch.poll()
    version = watch.versions()[-1]
    with watch.program() as program:
        parts = parts_of_version(program.store, version.id)
    shutil.copy(watch.folder / "config.yaml", watch.folder / "state")
    with serving_of(watch.folder / "state") as served:
        page = served.get(f"/version/places/directory/{version.number}").text
        assert all(f'href="/file/{part.sha256}">{part.name}' in page for part in parts)
        assert served.get(f"/file/{parts[1].sha256}").content.endswith(b"Zavala County,TX\n")
        whole = served.get(f"/file/{version.sha256}")
        assert 'filename="directory-parts.txt"' in whole.headers["content-disposition"]
        assert whole.content.startswith(b'{"list":"monitor-parts","version":1}\n')
        told = served.get(f"/api/version/places/directory/{version.number}").json()
        assert [part["sha256"] for part in told["parts"]] == [part.sha256 for part in parts]
        (entry,) = served.get("/api/log").json()["entries"]
        assert entry["evidence"]["after"] == {"line": 10, "part": "directory-south.csv"}
        mark = Locator(line=10, part="directory-south.csv").mark
        record = served.get(f"/record/{version.sha256}/directory/{mark}").text
        assert "directory-south.csv, line 10" in record
        assert f'/file/{parts[1].sha256}">directory-south.csv</a>' in record


def test_pdf_files_can_be_parts_and_their_records_are_drawn(tmp_path: Path, reader: Reader, monitor: Commands) -> None:
    """A picture is made of the file in which the record stands, and says its name."""
    week = ddor.history()[0]
    north, south = (replace(week, declined=week.declined[:5], policies=week.policies[at : at + 8]) for at in (0, 8))
    described = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["sources"]["ice-ddor"]["reports"]["weekly"]
    lists = {"section-3": described["lists"]["section-3"]}
    lists["section-3"].pop("compare")
    report = {"kind": "rolling", "format": "pdf", "match": {"href": "directory"}, "parts": True, "lists": lists}
    tree = {
        "poll": {"allow_private_addresses": True},
        "sources": {"places": {"page": "ADDRESS/page", "reports": {"directory": report}}},
    }
    with Server() as server:
        server.pages["/page"] = links("/directory-north.pdf", "/directory-south.pdf")
        server.pages["/directory-north.pdf"] = tagged(ddor_pdf(north), "application/pdf")
        server.pages["/directory-south.pdf"] = tagged(ddor_pdf(south), "application/pdf")
        watch = Watch(server=server, folder=tmp_path, reader=reader, config=yaml.safe_dump(tree))
        assert (watch.poll().faults, watch.faults) == ((), [])
        changed = replace(south.policies[-1], year=2016)
        server.pages["/directory-south.pdf"] = tagged(
            ddor_pdf(replace(south, policies=(*south.policies[:-1], changed))), "application/pdf"
        )
        watch.poll()
        assert watch.faults == []
    config = ("--config", tmp_path / "config.yaml", "--state", tmp_path / "state")
    log = [json.loads(line) for line in monitor(*config, "log", "--json").out.splitlines()]
    assert {each["evidence"]["after"]["part"] for each in log if each["after"]} == {"directory-south.pdf"}
    ran = monitor(*config, "pictures", tmp_path / "pictures")
    assert (ran.status, ran.err) == (0, "")
    with (tmp_path / "pictures" / "pictures.csv").open(encoding="utf-8") as index:
        rows = list(csv_module.DictReader(index))
    assert rows
    assert {row["file_name"] for row in rows} == {"directory-south.pdf"}
    exhibited = monitor(*config, "exhibit", log[0]["id"], "--folder", tmp_path / "packet")
    assert (exhibited.status, exhibited.err) == (0, "")
    assert list((tmp_path / "packet" / "pictures").iterdir())


@pytest.mark.parametrize("modules", ["steps/parts,steps/captures", "steps/poll,store/parts,store/versions"])
def test_a_poll_killed_between_the_parts_is_finished_by_the_next(
    tmp_path: Path, reader: Reader, monitor: Commands, modules: str
) -> None:
    """Anderson goes from one file to another: a half of that would be a removal or an addition that never was.

    It is killed once in each state in which it leaves the disk.
    """
    with Server() as server:
        publish(server, directory_north=NORTH, directory_south=SOUTH, directory_west=WEST)
        begun = Watch(server=server, folder=tmp_path / "begun", reader=reader, config=FILES.replace("KEY", ""))
        begun.folder.mkdir()
        begun.poll()
        server.pages["/directory-north.csv"] = csv(NORTH[1:])
        server.pages["/directory-south.csv"] = csv([*SOUTH, NORTH[0], "Zavala"])

        def anew(name: str) -> Watch:
            shutil.copytree(begun.folder, tmp_path / name)
            return Watch(server=server, folder=tmp_path / name, reader=reader, config=begun.config)

        def command(watch: Watch) -> tuple[object, ...]:
            return ("--config", watch.folder / "config.yaml", "--state", watch.folder / "state", "poll", "places")

        whole = anew("whole")
        places = stages(modules, [whole.folder / "state"], *command(whole))
        assert len(places) > 2  # there is something between the parts
        for number in places:
            watch = anew(f"killed-{number}")
            assert strike(number, modules, *command(watch))
            assert monitor(*command(watch)).status == 0
            assert watch.told() == ["added Zavala County"]
            with watch.program() as program:
                assert verify(program.store, program.archive, program.config).faults == ()
